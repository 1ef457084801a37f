//! What is wanted, worked out for a catalogue: what a pass asks of each run and row.

use super::{NO_GPU, Wanted};
use crate::catalog::{Catalogue, RowId, Run, Shape};

/// More words than this are not looked at.
const MOST_WORDS: usize = 32;

pub(super) struct Filter<'a> {
    catalogue: &'a Catalogue,
    wanted: &'a Wanted,
    /// For each of the catalogue's GPU names whether maker and compute capability are as wanted.
    gpus: Vec<bool>,
    /// For each region whether it and its backend are wanted.
    regions: Vec<bool>,
    all_regions: bool,
    words: Vec<Word>,
}

/// One word of the text, and where it occurs.
struct Word {
    text: String,
    gpus: Vec<bool>,
    backends: Vec<bool>,
    regions: Vec<bool>,
}

impl<'a> Filter<'a> {
    pub(super) fn new(catalogue: &'a Catalogue, wanted: &'a Wanted) -> Self {
        let backends: Vec<bool> = catalogue
            .backends()
            .iter()
            .map(|name| wanted.backends.is_empty() || wanted.backends.contains(name))
            .collect();
        let regions: Vec<bool> = catalogue
            .regions()
            .map(|(backend, name)| {
                backends[usize::from(backend)] && wanted.region.as_ref().is_none_or(|wanted| wanted == name)
            })
            .collect();
        let gpus = (0..)
            .zip(catalogue.gpu_names())
            .map(|(index, name)| {
                let maker = || catalogue.gpus().get(name).map(|fact| fact.vendor.as_str());
                wanted
                    .vendor
                    .as_ref()
                    .is_none_or(|vendor| maker().is_some_and(|maker| maker.eq_ignore_ascii_case(vendor)))
                    && wanted.capability.is_none_or(|least| {
                        catalogue.capability(index).is_some_and(|capability| capability >= least)
                    })
            })
            .collect();
        let words = wanted
            .text
            .split_whitespace()
            .take(MOST_WORDS)
            .map(|word| Word::new(catalogue, word.to_lowercase()))
            .collect();
        Self { catalogue, wanted, gpus, all_regions: regions.iter().all(|&wanted| wanted), regions, words }
    }

    /// The rows of a run that are wanted.
    pub(super) fn rows(&self, run: &Run) -> impl Iterator<Item = RowId> + use<'_, 'a> {
        let shape = self.catalogue.shape(run);
        let asked = self.takes(run, shape).then(|| self.open_words(shape)).flatten();
        let all = self.all_regions
            && asked == Some(0)
            && self.wanted.max_price.is_none_or(|most| run.highest <= most);
        let rows = if asked.is_some() { run.rows.clone() } else { 0..0 };
        rows.filter(move |&row| all || self.takes_row(row, asked.unwrap_or_default()))
    }

    fn takes(&self, run: &Run, shape: &Shape) -> bool {
        let Wanted { vendor, memory_gib, count, capability, spot, max_price, .. } = self.wanted;
        let fits = match shape.gpu {
            Some(gpu) => {
                self.gpus[usize::from(gpu.name)]
                    && memory_gib.is_none_or(|least| gpu.memory_gib >= least)
                    && count.is_none_or(|count| gpu.count == count)
            }
            None => {
                vendor.as_ref().is_none_or(|vendor| vendor.eq_ignore_ascii_case(NO_GPU))
                    && memory_gib.is_none_or(|least| least <= 0.0)
                    && count.is_none_or(|count| count == 0)
                    && capability.is_none()
            }
        };
        fits && spot.is_none_or(|spot| run.spot == spot) && max_price.is_none_or(|most| run.lowest <= most)
    }

    /// The words that neither GPU nor backend nor type has, as bits: the region must. `None` when there is no way.
    fn open_words(&self, shape: &Shape) -> Option<u32> {
        if self.words.is_empty() {
            return Some(0);
        }
        let kind = shape.instance_type.to_lowercase();
        let mut open = 0;
        for (bit, word) in self.words.iter().enumerate() {
            let here = shape.gpu.is_some_and(|gpu| word.gpus[usize::from(gpu.name)])
                || word.backends[usize::from(shape.backend)]
                || kind.contains(&word.text);
            if !here {
                if !word.regions.contains(&true) {
                    return None;
                }
                open |= 1 << bit;
            }
        }
        Some(open)
    }

    fn takes_row(&self, row: RowId, open: u32) -> bool {
        let region = usize::from(self.catalogue.region_of(row));
        self.regions[region]
            && self.wanted.max_price.is_none_or(|most| self.catalogue.price_of(row) <= most)
            && (open == 0
                || self
                    .words
                    .iter()
                    .enumerate()
                    .all(|(bit, word)| open >> bit & 1 == 0 || word.regions[region]))
    }
}

impl Word {
    fn new(catalogue: &Catalogue, text: String) -> Self {
        let has = |name: &str| name.to_lowercase().contains(&text);
        Self {
            gpus: catalogue
                .gpu_names()
                .iter()
                .map(|name| {
                    has(name)
                        || catalogue.gpus().get(name).is_some_and(|fact| {
                            has(&fact.vendor) || fact.architecture.as_deref().is_some_and(has)
                        })
                })
                .collect(),
            backends: catalogue.backends().iter().map(|name| has(name)).collect(),
            regions: catalogue.regions().map(|(_, name)| has(name)).collect(),
            text,
        }
    }
}
