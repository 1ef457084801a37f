//! `GET /api/v1/catalog`, and the packed catalogues themselves below `/assets/`

use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use berth_shared::api::CatalogInfo;

use super::{
    App,
    extract::Json,
    static_files::{IMMUTABLE, accepts},
};
use crate::catalog::Published;

/// The packed catalogue, for ever the same under its address.
pub(super) fn answer(published: &Published, asked: &HeaderMap) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CACHE_CONTROL, IMMUTABLE),
        (header::VARY, "accept-encoding"),
    ];
    let encoded = ["br", "gzip"].into_iter().find_map(|encoding| {
        let bytes = published.encoded(encoding).filter(|_| accepts(asked, encoding))?;
        Some((encoding, bytes.clone()))
    });
    match encoded {
        Some((encoding, bytes)) => (headers, [(header::CONTENT_ENCODING, encoding)], bytes).into_response(),
        None => (headers, published.bytes().clone()).into_response(),
    }
}

/// Which catalogue of offers the server carries, and where it is.
#[utoipa::path(
    get,
    path = "/api/v1/catalog",
    tag = "offers",
    responses((status = 200, description = "about the catalogue", body = CatalogInfo)),
)]
pub(super) async fn meta(State(app): State<App>) -> Json<CatalogInfo> {
    Json(app.catalogues.current().info().clone())
}
