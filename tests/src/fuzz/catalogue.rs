//! The packed catalogue.

use berth_shared::catalog::{Catalogue, format};

/// A damaged file is refused, wherever the damage is: arbitrary bytes, and arbitrary content under a header that fits.
/// What is read takes no more room than the file's length allows for, and its offers can be looked at.
pub(super) fn answers(bytes: &[u8]) {
    for file in [bytes.to_vec(), format::seal(bytes)] {
        let Ok(catalogue) = Catalogue::load(&file) else { continue };
        // A row takes a bit at the least.
        assert!(catalogue.len() <= file.len() * 8, "{} offers of {} bytes", catalogue.len(), file.len());
        assert!(Catalogue::version_of(&file).is_ok_and(|version| version == catalogue.version()));
        for row in 0..catalogue.len().min(1000) {
            let row = u32::try_from(row).unwrap_or(u32::MAX);
            assert!(catalogue.offer(row).is_some_and(|offer| offer.price >= 0.0), "offer {row}");
        }
    }
}
