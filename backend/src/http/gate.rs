//! Whoever opens a page and has not signed in is sent to where one does, before a browser fetches what it then could not show.

use axum::{extract::Request, http::Uri, response::Response};
use berth_shared::api::{page_of, project_of};
use reqwest::Url;

use super::{App, oidc, session, visitor::Visitor};
use crate::access::ports::opens_page_with_cookies;

const LOGIN: &str = "/login";

/// The way to *Login*, for a page that is opened by somebody without a session; `None` if the page is to be shown. One whose session
/// has ended, or whose browser does not say how it came here, is sent there by the page itself.
pub(super) fn way_in(app: &App, request: &Request) -> Option<Response> {
    let headers = request.headers();
    let visitor = *request.extensions().get::<Visitor>()?;
    // The cookie is strict: behind a link on somebody else's page it stays at home, and the page finds it.
    if !opens_page_with_cookies(headers) || session::is_claimed(app, visitor, headers) {
        return None;
    }
    Some(oidc::to(&login(request.uri())?))
}

/// Where one signs in to see this page, as the page itself says it; `None` if it is that one already.
fn login(uri: &Uri) -> Option<String> {
    let (project, page) = project_of(uri.path());
    if page.trim_end_matches('/') == LOGIN {
        return None;
    }
    let login = page_of(project, LOGIN);
    let next = match uri.query() {
        Some(query) => format!("{page}?{query}"),
        None => page.to_owned(),
    };
    if matches!(next.as_str(), "" | "/") {
        return Some(login);
    }
    // Only for what it writes behind the `?`.
    let url = Url::parse_with_params("http://berth", [("next", next)]).ok()?;
    Some(format!("{login}?{}", url.query()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_to_sign_in_is_led_back_to_where_they_wanted_to_go() {
        let way = |uri: &str| login(&uri.parse().expect("an address")).unwrap_or_else(|| "stays".to_owned());
        let ways = [
            "/",
            "/runs/fox",
            "/team?by=gpu&show=table",
            "/p/vision",
            "/p/vision/",
            "/p/vision/runs?state=active",
            "/p/main/runs",
            "/a%20b",
            "/login",
            "/login?token=0",
            "/p/vision/login/",
            "//elsewhere.example",
        ]
        .map(|uri| format!("{uri} -> {}", way(uri)));
        insta::assert_snapshot!(ways.join("\n"), @"
        / -> /login
        /runs/fox -> /login?next=%2Fruns%2Ffox
        /team?by=gpu&show=table -> /login?next=%2Fteam%3Fby%3Dgpu%26show%3Dtable
        /p/vision -> /p/vision/login
        /p/vision/ -> /p/vision/login
        /p/vision/runs?state=active -> /p/vision/login?next=%2Fruns%3Fstate%3Dactive
        /p/main/runs -> /login?next=%2Fp%2Fmain%2Fruns
        /a%20b -> /login?next=%2Fa%2520b
        /login -> stays
        /login?token=0 -> stays
        /p/vision/login/ -> stays
        //elsewhere.example -> /login?next=%2F%2Felsewhere.example
        ");
    }
}
