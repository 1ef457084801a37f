//! The catalogue of offers at run time: the one inside the program, or a newer one in the data directory.
//!
//! [`Catalogues`] is what the rest of the server holds: the present catalogue, the ones before it for pages that
//! are just loading, and news of the next. [`file`] keeps it in the data directory, where `berth catalog` puts it
//! and a running server finds it; [`import`] makes one of files, [`azure`] of a cloud's own price list.

pub mod azure;
pub mod file;
pub mod follow;
pub mod import;
mod published;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::watch;

pub use published::{BUILT_IN, Published};

/// How many catalogues before the present one can still be had.
const KEPT: usize = 3;

/// The catalogues that the server carries. Cheap to clone; all clones are one.
#[derive(Clone, Debug)]
pub struct Catalogues(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    current: watch::Sender<Arc<Published>>,
    /// Newest first.
    earlier: Mutex<VecDeque<Arc<Published>>>,
}

impl Catalogues {
    /// Begins with this one.
    #[must_use]
    pub fn new(first: Published) -> Self {
        let current = watch::Sender::new(Arc::new(first));
        Self(Arc::new(Inner { current, earlier: Mutex::default() }))
    }

    /// The present one.
    #[must_use]
    pub fn current(&self) -> Arc<Published> {
        self.0.current.borrow().clone()
    }

    /// The one of this version, present or shortly past.
    #[must_use]
    pub fn version(&self, version: &str) -> Option<Arc<Published>> {
        self.find(|published| published.version() == version)
    }

    /// The one at this address, present or shortly past.
    #[must_use]
    pub fn at(&self, url: &str) -> Option<Arc<Published>> {
        self.find(|published| published.info().url == url)
    }

    fn find(&self, is_it: impl Fn(&Published) -> bool) -> Option<Arc<Published>> {
        let current = self.current();
        if is_it(&current) {
            return Some(current);
        }
        let earlier = self.0.earlier.lock().unwrap_or_else(PoisonError::into_inner);
        earlier.iter().find(|published| is_it(published)).cloned()
    }

    /// Puts another one in the place of the present one, which stays to be had for a while.
    pub fn publish(&self, next: Published) {
        let mut earlier = self.0.earlier.lock().unwrap_or_else(PoisonError::into_inner);
        earlier.retain(|published| published.version() != next.version());
        let before = self.0.current.send_replace(Arc::new(next));
        if before.version() != self.current().version() {
            earlier.push_front(before);
            earlier.truncate(KEPT);
        }
    }

    /// Tells of the next ones.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<Arc<Published>> {
        self.0.current.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use berth_shared::{
        api::CatalogOrigin,
        catalog::{Catalogue, pack},
    };

    /// A catalogue of the built-in one's first rows.
    fn small(rows: u32) -> Published {
        let all = Catalogue::load(BUILT_IN).expect("it is whole");
        let rows: Vec<_> = (0..rows).filter_map(|id| all.row(id)).collect();
        let packed = pack(&rows, all.gpus()).expect("packs");
        Published::new(packed, CatalogOrigin::Imported).expect("reads")
    }

    #[test]
    fn the_ones_before_can_be_had_for_a_while() {
        let catalogues = Catalogues::new(small(1));
        let first = catalogues.current().info().clone();
        for rows in 2..=KEPT as u32 + 1 {
            catalogues.publish(small(rows));
        }
        assert!(catalogues.at(&first.url).is_some());
        assert_ne!(catalogues.current().version(), first.version);
        catalogues.publish(small(KEPT as u32 + 2));
        assert!(catalogues.at(&first.url).is_none());
    }

    #[test]
    fn going_back_to_an_earlier_one_is_no_trouble() {
        let catalogues = Catalogues::new(small(1));
        catalogues.publish(small(2));
        let mut news = catalogues.subscribe();
        catalogues.publish(small(1));
        assert!(news.has_changed().expect("open"));
        assert_eq!(news.borrow_and_update().catalogue().len(), 1);
        assert!(catalogues.version(small(2).version()).is_some());
    }

    #[test]
    fn the_built_in_one_is_carried_compressed_as_well() {
        let built_in = Published::built_in().expect("it is whole");
        let compressed = built_in.encoded("br").expect("it is carried");
        let mut unpacked = Vec::new();
        brotli::BrotliDecompress(&mut &compressed[..], &mut unpacked).expect("it is whole");
        assert!(unpacked == BUILT_IN, "offers.bin.br is not of offers.bin: run `cargo xtask catalog`");
    }

    #[test]
    fn an_imported_one_is_compressed_in_the_background() {
        let published = small(500).compress();
        let deadline = std::time::Duration::from_secs(60);
        let step = std::time::Duration::from_millis(20);
        let mut waited = std::time::Duration::ZERO;
        while published.encoded("gzip").is_none() && waited < deadline {
            std::thread::sleep(step);
            waited += step;
        }
        let mut unpacked = Vec::new();
        let compressed = published.encoded("br").expect("made before the other one");
        brotli::BrotliDecompress(&mut &compressed[..], &mut unpacked).expect("it is whole");
        assert!(unpacked == *published.bytes());
        assert!(compressed.len() < published.bytes().len());
    }
}
