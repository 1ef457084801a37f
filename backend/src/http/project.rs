//! Which project a request is about: `/api/v1/projects/NAME/…` is `/api/v1/…` of that project, and without it the first one is meant.

use axum::{
    extract::Request,
    http::{Uri, uri::PathAndQuery},
    middleware::Next,
    response::Response,
};
use berth_shared::api::{DEFAULT_PROJECT, is_project_name};

const API: &str = "/api/v1/";
const PROJECTS: &str = "/api/v1/projects/";

/// The project that an address names. Every request that names one has it among its extensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named(String);

/// The project that is asked, and whether the address named it.
pub(super) fn of(request: &Request) -> (&str, bool) {
    match request.extensions().get::<Named>() {
        Some(Named(project)) => (project, true),
        None => (DEFAULT_PROJECT, false),
    }
}

/// The project that an address names, and the address without it.
fn parts(uri: &Uri) -> Option<(String, Uri)> {
    let (project, rest) = uri.path().strip_prefix(PROJECTS)?.split_once('/')?;
    if !is_project_name(project) || rest.is_empty() {
        return None;
    }
    let path = match uri.query() {
        Some(query) => format!("{API}{rest}?{query}"),
        None => format!("{API}{rest}"),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(path).ok()?);
    Some((project.to_owned(), Uri::from_parts(parts).ok()?))
}

/// Takes the project out of the address, before anything else is made of it.
pub(super) async fn part(mut request: Request, next: Next) -> Response {
    if let Some((project, uri)) = parts(request.uri()) {
        *request.uri_mut() = uri;
        request.extensions_mut().insert(Named(project));
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(uri: &str) -> Option<(String, String)> {
        parts(&uri.parse().expect("an address")).map(|(project, uri)| (project, uri.to_string()))
    }

    #[test]
    fn an_address_of_a_project_is_the_same_without_it() {
        let of = |rest: &str| Some(("vision".to_owned(), format!("/api/v1/{rest}")));
        for rest in ["runs", "runs/fox/logs?after=7", "secrets/a%20b", "me"] {
            assert_eq!(read(&format!("/api/v1/projects/vision/{rest}")), of(rest));
        }
        for other in [
            "/api/v1/projects",
            "/api/v1/projects/",
            "/api/v1/projects/vision",
            "/api/v1/projects/vision/",
            "/api/v1/projects/Vision/runs",
            "/api/v1/projects//runs",
            "/api/v1/runs/projects/vision/runs",
            "/projects/vision/runs",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
