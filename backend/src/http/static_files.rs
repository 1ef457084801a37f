//! The dashboard: files from `frontend/dist`, inside the program in optimised builds, read from disk in
//! others.

use std::borrow::Cow;

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::{App, gate, problem::Failure};

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../frontend/dist"]
#[allow_missing = true]
struct Dashboard;

/// May be kept for ever.
pub(super) const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// May be kept, but asked for each time.
const REVALIDATE: &str = "no-cache";

/// What is answered while there is no dashboard.
const MISSING: &str = include_str!("missing.html");

/// Everything that is no route: a file of the dashboard, or its page, which knows its own addresses.
pub(super) async fn serve(State(app): State<App>, request: Request) -> Result<Response, Failure> {
    let path = request.uri().path();
    if path.starts_with("/api/") || path == "/api" {
        return Err(Failure::new(
            StatusCode::NOT_FOUND,
            "no-such-endpoint",
            "there is nothing at this address; `/api/docs` lists what there is",
        ));
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(Failure::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "wrong-method",
            "this address can only be read",
        ));
    }
    if let Some(published) = app.catalogues.at(path) {
        return Ok(super::catalog::answer(&published, request.headers()));
    }
    let name = path.trim_start_matches('/');
    if name.is_empty() || name == "index.html" || !looks_like_file(name) {
        if let Some(way) = gate::way_in(&app, &request) {
            return Ok(way);
        }
        return Ok(if app.demo { demo_page() } else { page(request.headers()) });
    }
    file(name, request.headers())
        .ok_or_else(|| Failure::new(StatusCode::NOT_FOUND, "no-such-file", "the dashboard has no such file"))
}

/// A last part with a dot is a file; of the page's own addresses only those of keys have one:
/// `reference/resources.gpu`.
fn looks_like_file(name: &str) -> bool {
    !name.starts_with("reference/") && name.rsplit('/').next().is_some_and(|last| last.contains('.'))
}

fn page(asked: &HeaderMap) -> Response {
    let Some(index) = Dashboard::get("index.html") else {
        let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
        return (StatusCode::SERVICE_UNAVAILABLE, headers, MISSING).into_response();
    };
    answer("index.html", index, asked, REVALIDATE)
}

/// The page with a mark that nothing here is real, so that it says so before anybody has signed in.
fn demo_page() -> Response {
    let Some(index) = Dashboard::get("index.html") else { return page(&HeaderMap::new()) };
    let headers = [(header::CONTENT_TYPE, content_type("index.html")), (header::CACHE_CONTROL, REVALIDATE)];
    (headers, marked(&String::from_utf8_lossy(&index.data))).into_response()
}

fn marked(page: &str) -> String {
    page.replacen("<head>", "<head><meta name=\"berth-demo\" content=\"yes\">", 1)
}

fn file(name: &str, asked: &HeaderMap) -> Option<Response> {
    let file = Dashboard::get(name)?;
    let caching = if is_hashed(name) { IMMUTABLE } else { REVALIDATE };
    Some(answer(name, file, asked, caching))
}

/// The file itself, or the compressed one beside it.
fn answer(name: &str, file: EmbeddedFile, asked: &HeaderMap, caching: &'static str) -> Response {
    let hash = u128::from_be_bytes(file.metadata.sha256_hash()[..16].try_into().unwrap_or_default());
    let tag = format!("\"{hash:032x}\"");
    let (encoding, data) = compressed(name, asked).unwrap_or((None, file.data));
    let mut response = if asked.get(header::IF_NONE_MATCH).is_some_and(|known| holds(known, &tag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Body::from(match data {
            Cow::Borrowed(data) => Bytes::from_static(data),
            Cow::Owned(data) => Bytes::from(data),
        })
        .into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(name)));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    if let Ok(tag) = HeaderValue::from_str(&format!("W/{tag}")) {
        headers.insert(header::ETAG, tag);
    }
    response
}

/// Whether `If-None-Match` names `tag`; compared weakly, since encodings share a tag.
fn holds(known: &HeaderValue, tag: &str) -> bool {
    known.to_str().is_ok_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag))
}

type Encoded = (Option<&'static str>, Cow<'static, [u8]>);

fn compressed(name: &str, asked: &HeaderMap) -> Option<Encoded> {
    [("br", "br"), ("gzip", "gz")].into_iter().find_map(|(encoding, extension)| {
        if !accepts(asked, encoding) {
            return None;
        }
        let file = Dashboard::get(&format!("{name}.{extension}"))?;
        Some((Some(encoding), file.data))
    })
}

/// Whether `Accept-Encoding` names `encoding` and does not forbid it by `q=0`.
pub(super) fn accepts(asked: &HeaderMap, encoding: &str) -> bool {
    asked
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|entry| {
            let mut parts = entry.split(';').map(str::trim);
            parts.next().is_some_and(|name| name.eq_ignore_ascii_case(encoding))
                && !parts.any(|part| {
                    part.strip_prefix("q=").is_some_and(|q| q.parse().is_ok_and(|q: f32| q == 0.0))
                })
        })
}

/// Whether a file's name changes with its content: `berth-0a1b2c3d4e5f6071_bg.wasm`, `editor-K3VQ5XPA.js`.
fn is_hashed(name: &str) -> bool {
    name.rsplit('/').next().is_some_and(|last| {
        last.split(['-', '.', '_']).any(|part| {
            let hex =
                part.len() >= 16 && part.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
            let base32 =
                part.len() == 8 && part.bytes().all(|b| b.is_ascii_uppercase() || (b'2'..=b'7').contains(&b));
            hex || base32
        })
    })
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_a_demo_carries_a_mark_before_everything_else() {
        let page = "<!doctype html>\n<html lang=\"en\">\n<head>\n<title>Berth</title></head>";
        assert_eq!(
            marked(page),
            "<!doctype html>\n<html lang=\"en\">\n<head><meta name=\"berth-demo\" content=\"yes\">\n\
             <title>Berth</title></head>"
        );
    }

    #[test]
    fn names_with_a_hash_are_kept_for_ever_and_others_are_not() {
        for name in
            ["berth-frontend-0a1b2c3d4e5f6071.js", "x/berth-0a1b2c3d4e5f6071_bg.wasm", "editor-K3VQ5XPA.js"]
        {
            assert!(is_hashed(name), "{name}");
        }
        for name in
            ["index.html", "favicon.svg", "editor.js", "editor-defaced.css", "a/0a1b2c3d4e5f6071/b.js"]
        {
            assert!(!is_hashed(name), "{name}");
        }
    }

    #[test]
    fn an_encoding_is_sent_to_those_who_take_it() {
        let mut asked = HeaderMap::new();
        assert!(!accepts(&asked, "br"));
        asked.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip, br;q=0, zstd"));
        assert!(accepts(&asked, "gzip"));
        assert!(!accepts(&asked, "br"));
    }

    #[test]
    fn addresses_of_the_page_are_told_from_files() {
        for name in ["runs", "runs/calm-otter-3", "login", "settings/tokens"] {
            assert!(!looks_like_file(name), "{name}");
        }
        assert!(looks_like_file("x/berth.js"));
    }
}
