//! What of a request reaches the program behind a preview, and what of its answer reaches the browser.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};

/// Names of cookies that begin so are ours; programs neither see nor set them.
const OURS: [&str; 2] = ["berth_", "__host-berth_"];

/// Headers that are said to the next one on the way alone (RFC 9110, section 7.6.1), and those that older programs use so.
const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// What others on the way say about the browser. What comes with a request is its sender's to invent.
const FORWARDED: [&str; 8] = [
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-prefix",
    "x-forwarded-proto",
    "x-forwarded-server",
    "x-real-ip",
];

/// The name of a preview's cookie. With `__Host-` a browser takes it from no other host, and from no script; that wants HTTPS.
pub(super) const fn cookie_name(is_https: bool) -> &'static str {
    if is_https { "__Host-berth_preview" } else { "berth_preview" }
}

/// The values of cookies of this name.
pub(super) fn cookies<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> {
    let pairs = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = pairs.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(move |(found, _)| *found == name).map(|(_, value)| value)
}

/// What a connection is to become, where a request asks for that: `websocket`.
pub(super) fn upgrade(headers: &HeaderMap) -> Option<HeaderValue> {
    let asks = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|word| word.trim().eq_ignore_ascii_case("upgrade"));
    headers.get(header::UPGRADE).filter(|_| asks).cloned()
}

/// A header as a text.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Whether a browser says that it opens a page, in a tab or window of its own.
fn opens_page(headers: &HeaderMap) -> bool {
    text(headers, "sec-fetch-mode") == Some("navigate") && text(headers, "sec-fetch-dest") == Some("document")
}

/// Whether a browser says that it opens a page by itself, or from one of this very origin. Then strict cookies come along.
pub(crate) fn opens_page_with_cookies(headers: &HeaderMap) -> bool {
    opens_page(headers) && matches!(text(headers, "sec-fetch-site"), Some("none" | "same-origin"))
}

/// Whether a page that is not this run's sent the request by itself. People follow links to previews from anywhere; a page elsewhere
/// may neither send to one nor read it with the cookies of whoever looks at it. `is_own` knows the origins of this run's previews.
pub(super) fn is_from_elsewhere(method: &Method, headers: &HeaderMap, is_own: impl Fn(&str) -> bool) -> bool {
    if let Some(origin) = headers.get(header::ORIGIN) {
        return !origin.to_str().is_ok_and(is_own);
    }
    let follows_link = opens_page(headers) && matches!(*method, Method::GET | Method::HEAD);
    match text(headers, "sec-fetch-site") {
        Some("same-site" | "cross-site") => !follows_link,
        // A browser that does not say, or a program.
        _ => false,
    }
}

/// Makes of a browser's request what the program is to get.
pub(super) fn to_program(headers: &mut HeaderMap, from: IpAddr, is_https: bool) {
    let upgrade = upgrade(headers);
    drop_hop_by_hop(headers);
    // It is answered here already.
    headers.remove(header::EXPECT);
    for name in FORWARDED {
        headers.remove(name);
    }
    if let Some(upgrade) = upgrade {
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, upgrade);
    }
    if let Some(host) = headers.get(header::HOST).cloned() {
        headers.insert("x-forwarded-host", host);
    }
    let scheme = if is_https { "https" } else { "http" };
    headers.insert("x-forwarded-proto", HeaderValue::from_static(scheme));
    if let Ok(from) = HeaderValue::try_from(from.to_canonical().to_string()) {
        headers.insert("x-forwarded-for", from);
    }
    let is_ours = |value: &HeaderValue| {
        let token = value.to_str().ok().and_then(|value| value.split_once(' '));
        token.is_some_and(|(scheme, token)| {
            scheme.eq_ignore_ascii_case("bearer") && token.trim_start().starts_with("berth_")
        })
    };
    if headers.get(header::AUTHORIZATION).is_some_and(is_ours) {
        headers.remove(header::AUTHORIZATION);
    }
    drop_our_cookies(headers);
}

/// Makes of a program's answer what the browser is to get.
pub(super) fn to_browser(headers: &mut HeaderMap, is_upgraded: bool) {
    let upgrade = headers.get(header::UPGRADE).cloned().filter(|_| is_upgraded);
    drop_hop_by_hop(headers);
    if let Some(upgrade) = upgrade {
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, upgrade);
    }
    let set: Vec<HeaderValue> = headers.get_all(header::SET_COOKIE).iter().filter_map(own_cookie).collect();
    headers.remove(header::SET_COOKIE);
    for value in set {
        headers.append(header::SET_COOKIE, value);
    }
}

fn drop_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        // One that says so would have the program believe another name.
        .filter(|name| name != header::HOST)
        .collect();
    for name in named {
        headers.remove(name);
    }
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
}

/// Whether a cookie of this name is ours.
fn is_ours(name: &str) -> bool {
    let name = name.trim().as_bytes();
    OURS.iter()
        .any(|ours| name.get(..ours.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(ours.as_bytes())))
}

fn drop_our_cookies(headers: &mut HeaderMap) {
    let kept: Vec<HeaderValue> = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| {
            let bytes = value.as_bytes();
            let pairs = bytes.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
            let pairs: Vec<&[u8]> = pairs
                .filter(|pair| {
                    let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default();
                    !pair.is_empty() && !std::str::from_utf8(name).is_ok_and(is_ours)
                })
                .collect();
            let mut value = HeaderValue::from_bytes(&pairs.join(&b"; "[..])).ok()?;
            value.set_sensitive(true);
            (!pairs.is_empty()).then_some(value)
        })
        .collect();
    headers.remove(header::COOKIE);
    for value in kept {
        headers.append(header::COOKIE, value);
    }
}

/// A cookie as a program may set it: not one of ours, and for its own host alone, since other previews and perhaps the dashboard are
/// below the same domain.
fn own_cookie(value: &HeaderValue) -> Option<HeaderValue> {
    let mut parts = value.as_bytes().split(|byte| *byte == b';');
    let pair = parts.next().unwrap_or_default();
    let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default();
    if std::str::from_utf8(name).is_ok_and(is_ours) {
        return None;
    }
    let mut kept = pair.to_vec();
    for part in parts {
        let name = part.split(|byte| *byte == b'=').next().unwrap_or_default().trim_ascii();
        if !name.eq_ignore_ascii_case(b"domain") {
            kept.push(b';');
            kept.extend_from_slice(part);
        }
    }
    HeaderValue::from_bytes(&kept).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let lines = lines.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(name, value);
        }
        headers
    }

    fn told(headers: &HeaderMap) -> String {
        let mut lines: Vec<_> =
            headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        lines.sort();
        lines.join("\n")
    }

    #[test]
    fn a_program_gets_the_request_without_what_is_ours() {
        let mut request = headers(&[
            ("host", "8888--sly-fox-1.localhost:8080"),
            ("origin", "http://8888--sly-fox-1.localhost:8080"),
            ("connection", "keep-alive, X-Secret-Of-The-Proxy, Host"),
            ("x-secret-of-the-proxy", "1"),
            ("te", "trailers"),
            ("expect", "100-continue"),
            ("x-forwarded-for", "1.2.3.4"),
            ("forwarded", "for=1.2.3.4"),
            ("cookie", "a=1; berth_preview=secret; b=2"),
            ("cookie", "berth_session=secret"),
            ("cookie", "Berth_other=1; __HOST-berth_preview=secret; berth=stays"),
            ("authorization", "bearer  berth_0123"),
        ]);
        to_program(&mut request, "::ffff:10.0.0.7".parse().unwrap(), false);
        insta::assert_snapshot!(told(&request), @r"
        cookie: a=1; b=2
        cookie: berth=stays
        host: 8888--sly-fox-1.localhost:8080
        origin: http://8888--sly-fox-1.localhost:8080
        x-forwarded-for: 10.0.0.7
        x-forwarded-host: 8888--sly-fox-1.localhost:8080
        x-forwarded-proto: http
        ");
    }

    #[test]
    fn an_upgrade_and_a_programs_own_token_are_passed_on() {
        let mut request = headers(&[
            ("connection", "keep-alive, Upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-key", "x"),
            ("authorization", "token abc"),
        ]);
        to_program(&mut request, "127.0.0.1".parse().unwrap(), true);
        insta::assert_snapshot!(told(&request), @r"
        authorization: token abc
        connection: upgrade
        sec-websocket-key: x
        upgrade: websocket
        x-forwarded-for: 127.0.0.1
        x-forwarded-proto: https
        ");
        let mut not_asked = headers(&[("connection", "keep-alive"), ("upgrade", "h2c")]);
        to_program(&mut not_asked, "127.0.0.1".parse().unwrap(), true);
        assert!(!not_asked.contains_key("upgrade"));
    }

    #[test]
    fn a_program_sets_cookies_for_its_own_host_and_none_of_ours() {
        let mut answer = headers(&[
            ("set-cookie", "a=1; Domain=example.com; Path=/; HttpOnly"),
            ("set-cookie", "berth_session=x"),
            ("set-cookie", " BERTH_preview=x; Path=/"),
            ("set-cookie", "__Host-berth_preview=x; Secure"),
            ("set-cookie", "b=domain=1"),
            ("location", "/lab?"),
            ("transfer-encoding", "chunked"),
            ("connection", "close"),
        ]);
        to_browser(&mut answer, false);
        insta::assert_snapshot!(told(&answer), @r"
        location: /lab?
        set-cookie: a=1; Path=/; HttpOnly
        set-cookie: b=domain=1
        ");
    }

    #[test]
    fn pages_elsewhere_may_link_to_a_preview_and_nothing_else() {
        let own = |origin: &str| origin == "http://own";
        let asks =
            |method: Method, lines: &[(&'static str, &str)]| is_from_elsewhere(&method, &headers(lines), own);
        let link = [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
        ];
        let frame =
            [("sec-fetch-site", "same-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")];
        let image =
            [("sec-fetch-site", "same-site"), ("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")];
        assert!(!asks(Method::GET, &link));
        assert!(asks(Method::POST, &link));
        assert!(asks(Method::GET, &frame));
        assert!(asks(Method::GET, &image));
        assert!(asks(Method::GET, &[("origin", "http://other")]));
        assert!(asks(Method::POST, &[("origin", "null")]));
        assert!(!asks(Method::POST, &[("origin", "http://own"), ("sec-fetch-site", "cross-site")]));
        assert!(!asks(Method::GET, &[("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "no-cors")]));
        assert!(!asks(Method::GET, &[("sec-fetch-site", "none"), ("sec-fetch-mode", "navigate")]));
        assert!(!asks(Method::POST, &[]));
    }
}
