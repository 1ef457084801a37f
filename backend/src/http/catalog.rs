//! `GET /api/v1/catalog`, and the packed catalogue itself below `/assets/`

use std::{
    io::Write,
    sync::{Arc, OnceLock},
};

use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use berth_shared::{
    api::CatalogInfo,
    catalog::{CatalogError, Catalogue},
};
use flate2::{Compression, write::GzEncoder};

use super::{
    App,
    extract::Json,
    static_files::{IMMUTABLE, accepts},
};

/// The catalogue that the program carries.
pub const PACKED: &[u8] = include_bytes!("../../../shared/catalog/offers.bin");

/// The offers that pages match against, packed.
#[derive(Clone, Debug)]
pub struct Catalog {
    version: String,
    url: String,
    bytes: Bytes,
    compressed: Arc<OnceLock<Bytes>>,
}

impl Catalog {
    /// Of the packed table `bytes`. Compresses it in the background; until that is done, it goes out as it is.
    ///
    /// # Errors
    /// When it is no catalogue.
    pub fn new(bytes: impl Into<Bytes>) -> Result<Self, CatalogError> {
        let bytes = bytes.into();
        let version = Catalogue::version_of(&bytes)?;
        let compressed = Arc::new(OnceLock::new());
        let (content, slot) = (bytes.clone(), Arc::clone(&compressed));
        std::thread::spawn(move || {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            if let Ok(packed) = encoder.write_all(&content).and_then(|()| encoder.finish()) {
                let _ = slot.set(packed.into());
            }
        });
        Ok(Self { url: format!("/assets/catalog-{version}.bin"), version, bytes, compressed })
    }

    /// Changes with the content.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Where it is; never changes its content.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The packed catalogue, for ever the same under its address.
    pub(super) fn answer(&self, asked: &HeaderMap) -> Response {
        let headers = [
            (header::CONTENT_TYPE, "application/octet-stream"),
            (header::CACHE_CONTROL, IMMUTABLE),
            (header::VARY, "accept-encoding"),
        ];
        match self.compressed.get().filter(|_| accepts(asked, "gzip")) {
            Some(gz) => (headers, [(header::CONTENT_ENCODING, "gzip")], gz.clone()).into_response(),
            None => (headers, self.bytes.clone()).into_response(),
        }
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
    Json(CatalogInfo {
        version: app.catalog.version.clone(),
        url: app.catalog.url.clone(),
        bytes: app.catalog.bytes.len() as u64,
    })
}
