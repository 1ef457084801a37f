//! A catalogue as it goes out to pages.

use std::{
    io::Write,
    sync::{Arc, OnceLock},
};

use berth_shared::{
    api::{CatalogInfo, CatalogOrigin},
    catalog::{CatalogError, Catalogue, GpuFacts},
};
use brotli::enc::BrotliEncoderParams;
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};

/// The catalogue inside the program, packed.
pub const BUILT_IN: &[u8] = include_bytes!("../../../shared/catalog/offers.bin");
/// The same, compressed with brotli when it was made.
const BUILT_IN_BROTLI: &[u8] = include_bytes!("../../../shared/catalog/offers.bin.br");

/// A catalogue, read and packed.
#[derive(Debug)]
pub struct Published {
    info: CatalogInfo,
    catalogue: Catalogue,
    gpus: Arc<GpuFacts>,
    bytes: Bytes,
    compressed: Arc<Compressed>,
}

/// The same bytes in the encodings that browsers take; empty until they are made.
#[derive(Debug, Default)]
struct Compressed {
    brotli: OnceLock<Bytes>,
    gzip: OnceLock<Bytes>,
}

impl Published {
    /// The one inside the program.
    ///
    /// # Errors
    /// When it is damaged, which tests find out before.
    pub fn built_in() -> Result<Self, CatalogError> {
        let published = Self::read(Bytes::from_static(BUILT_IN), CatalogOrigin::BuiltIn)?;
        // Nobody has set it before.
        let _ = published.compressed.brotli.set(Bytes::from_static(BUILT_IN_BROTLI));
        Ok(published)
    }

    /// Of the packed catalogue `bytes`.
    ///
    /// # Errors
    /// When it is none.
    pub fn new(bytes: impl Into<Bytes>, origin: CatalogOrigin) -> Result<Self, CatalogError> {
        Self::read(bytes.into(), origin)
    }

    fn read(bytes: Bytes, origin: CatalogOrigin) -> Result<Self, CatalogError> {
        let catalogue = Catalogue::load(&bytes)?;
        let version = catalogue.version().to_owned();
        Ok(Self {
            info: CatalogInfo {
                url: format!("/assets/catalog-{version}.bin"),
                version,
                bytes: bytes.len() as u64,
                offers: catalogue.len() as u64,
                origin,
            },
            gpus: Arc::new(catalogue.gpus().clone()),
            catalogue,
            bytes,
            compressed: Arc::default(),
        })
    }

    /// Compresses it in the background; until that is done, it goes out as it is.
    #[must_use]
    pub fn compress(self) -> Self {
        let (content, slots) = (self.bytes.clone(), Arc::clone(&self.compressed));
        std::thread::spawn(move || {
            // Every browser of today takes brotli; the other is there for proxies and programs.
            slots.brotli.get_or_init(|| brotli(&content));
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            if let Ok(packed) = encoder.write_all(&content).and_then(|()| encoder.finish()) {
                slots.gzip.get_or_init(|| packed.into());
            }
        });
        self
    }

    /// What pages are told about it.
    #[must_use]
    pub fn info(&self) -> &CatalogInfo {
        &self.info
    }

    /// Changes with the content.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.info.version
    }

    /// The offers.
    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// What is known about GPU models.
    #[must_use]
    pub fn gpus(&self) -> &Arc<GpuFacts> {
        &self.gpus
    }

    /// The packed catalogue.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The packed catalogue in an encoding, `br` or `gzip`, once it is made.
    #[must_use]
    pub fn encoded(&self, encoding: &str) -> Option<&Bytes> {
        match encoding {
            "br" => self.compressed.brotli.get(),
            "gzip" => self.compressed.gzip.get(),
            _ => None,
        }
    }
}

fn brotli(content: &[u8]) -> Bytes {
    let params =
        BrotliEncoderParams { quality: 11, lgwin: 22, size_hint: content.len(), ..Default::default() };
    let mut packed = Vec::new();
    match brotli::BrotliCompress(&mut &content[..], &mut packed, &params) {
        Ok(_) => packed.into(),
        // Writing to memory does not fail.
        Err(error) => unreachable!("{error}"),
    }
}
