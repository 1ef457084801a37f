//! Lists of offers for people to look through: numbers of rows alone, turned into text only where they are seen.

use std::{
    collections::HashMap,
    ops::Range,
    sync::{Arc, OnceLock},
};

use super::{
    Context, Requirements,
    matches::Key,
    scan::Scan,
    scatter::{PlotSize, SizePoint, Sizes, scatter},
    sorting::{SortBy, Sorting, bits, reversed},
};
use crate::catalog::{Catalogue, Offer, PriceBasis, RowId};

/// Stands for "no row".
const NONE: RowId = RowId::MAX;

/// What a list is put together by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupBy {
    /// Machine of a backend, spot and on-demand apart.
    Type,
    /// GPU model and its memory, however many; machines without GPUs are one group.
    Gpu,
    /// Backend.
    Backend,
    /// Region of a backend.
    Region,
}

/// How a list is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ListOptions {
    /// In groups, or each offer for itself.
    pub group_by: Option<GroupBy>,
    /// By what, and whether the greatest comes first; `None` = in the order in which a launch would try them.
    pub sort: Option<(SortBy, bool)>,
    /// Only offers from the first to the second price, US dollars an hour, both included.
    pub prices: Option<(f64, f64)>,
}

/// Offers that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowGroup {
    /// Tells it from the other groups of the same [`GroupBy`] and catalogue.
    pub key: u32,
    /// The offer of it that a launch would try first: the cheapest that can be had.
    pub best: RowId,
    /// Where its offers are in [`RowList::rows`].
    pub rows: Range<usize>,
}

/// The offers that fit, as they are to be listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowList {
    /// The offers, group after group where there are groups.
    pub rows: Vec<RowId>,
    /// The groups; empty = there are none.
    pub groups: Vec<RowGroup>,
    /// How many offers fit, those out of the range of prices included.
    pub fitting: usize,
}

/// How much cheaper a spot offer is than the same machine on-demand in the same region.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Saving {
    /// The saved share of the on-demand price, below 0 where spot is dearer.
    pub share: f64,
    /// Whether one of the two prices is an estimate.
    pub estimated: bool,
}

/// What is worked out once about a catalogue, so that lists of its offers are quick: 12 bytes an offer, and 8 more for
/// each column that was ever sorted by.
#[derive(Debug)]
pub struct OfferIndex {
    catalogue: Arc<Catalogue>,
    /// All rows in the one order but for the backends' places, which only the context knows.
    pub(super) ordered: Vec<RowId>,
    /// The run of each row.
    runs: Vec<u32>,
    /// Whether the rows of the catalogue stand by backend, in the order of the backends.
    by_backend: bool,
    /// The cheapest on-demand row of the same machine in the same region, for each spot row.
    on_demand: Vec<RowId>,
    /// The GPU group of each shape.
    gpus: Vec<u32>,
    /// What is known about a column once it has been sorted by.
    sortings: [OnceLock<Sorting>; SortBy::COUNT],
    sizes: [OnceLock<Sizes>; 2],
}

impl OfferIndex {
    /// Works it out: some 20 ms for 170,000 offers.
    #[must_use]
    pub fn new(catalogue: Arc<Catalogue>) -> Self {
        let mut keys: Vec<Key> =
            (0..catalogue.len() as RowId).map(|row| Key::new(&catalogue, 0, row)).collect();
        keys.sort_unstable();
        let ordered = keys.into_iter().map(Key::row).collect();
        let mut runs = Vec::with_capacity(catalogue.len());
        for (index, run) in (0..).zip(catalogue.runs()) {
            runs.extend(run.rows.clone().map(|_| index));
        }
        let mut classes = HashMap::new();
        let gpus = catalogue
            .shapes()
            .iter()
            .map(|shape| {
                let next = classes.len() as u32;
                *classes.entry(shape.gpu.map(|gpu| (gpu.name, gpu.memory_gib.to_bits()))).or_insert(next)
            })
            .collect();
        let on_demand = on_demand_rows(&catalogue);
        let by_backend = catalogue.runs().is_sorted_by_key(|run| catalogue.shape(run).backend);
        let (sortings, sizes) = Default::default();
        Self { catalogue, ordered, runs, by_backend, on_demand, gpus, sortings, sizes }
    }

    /// The catalogue that it is about.
    #[must_use]
    pub fn catalogue(&self) -> &Arc<Catalogue> {
        &self.catalogue
    }

    /// An offer in full; `None` beyond the last row.
    #[must_use]
    pub fn offer(&self, row: RowId) -> Option<Offer> {
        self.catalogue.offer(row)
    }

    /// The backend of an offer; `None` beyond the last row.
    #[must_use]
    pub fn backend(&self, row: RowId) -> Option<&str> {
        let run = *self.runs.get(row as usize)?;
        let shape = self.catalogue.shape(&self.catalogue.runs()[run as usize]);
        Some(&self.catalogue.backends()[usize::from(shape.backend)])
    }

    /// What a spot offer saves; `None` where it is not spot or the machine has no on-demand price there.
    #[must_use]
    pub fn saving(&self, row: RowId) -> Option<Saving> {
        let on_demand = *self.on_demand.get(row as usize)?;
        if on_demand == NONE {
            return None;
        }
        let (price, full) = (self.catalogue.price_of(row), self.catalogue.price_of(on_demand));
        let estimated = |row| {
            let index = usize::from(self.catalogue.provenance_index(row));
            self.catalogue.provenances()[index].basis == PriceBasis::Estimated
        };
        (full > 0.0)
            .then(|| Saving { share: 1.0 - price / full, estimated: estimated(row) || estimated(on_demand) })
    }

    /// The offers that fit, of the backends of the context, as they are to be listed.
    #[must_use]
    pub fn list(&self, requirements: &Requirements, context: &Context, options: &ListOptions) -> RowList {
        let catalogue = &*self.catalogue;
        let scan = Scan::new(catalogue, requirements, context);
        let (mut wanted, fitting) = self.fitting(&scan);
        if let Some((low, high)) = options.prices {
            wanted.retain(|row| (low..=high).contains(&catalogue.price_of(row)));
        }
        let sorting = options.sort.map(|(by, descending)| {
            (self.sortings[by as usize].get_or_init(|| self.sort_all(by)), descending)
        });
        let sorted = sorting.map(|(sorting, descending)| {
            let rows = self.in_order(&scan, &wanted, &sorting.ordered, |row| sorting.ranks[row as usize]);
            if descending { reversed(&rows, &sorting.ranks) } else { rows }
        });
        let Some(by) = options.group_by else {
            let rows = sorted.unwrap_or_else(|| self.in_order(&scan, &wanted, &self.ordered, |_| 0));
            return RowList { rows, groups: Vec::new(), fitting };
        };
        let usual = self.in_order(&scan, &wanted, &self.ordered, |_| 0);
        let (rows, mut groups) = self.grouped(&usual, sorted.as_deref().unwrap_or(&usual), by);
        if let Some((sorting, descending)) = sorting {
            groups.sort_by(|a, b| {
                let [a, b] = [a, b].map(|group| sorting.ranks[group.best as usize]);
                match (a == u32::MAX, b == u32::MAX) {
                    (false, false) if descending => b.cmp(&a),
                    _ => a.cmp(&b),
                }
            });
        }
        RowList { rows, groups, fitting }
    }

    /// Prices by size: the offers that fit, and those that only `max_price` keeps from it. By size, then by price.
    #[must_use]
    pub fn scatter(&self, requirements: &Requirements, context: &Context, size: PlotSize) -> Vec<SizePoint> {
        let sizes = self.sizes[size as usize].get_or_init(|| Sizes::new(&self.catalogue, size));
        scatter(&self.catalogue, sizes, &Scan::new(&self.catalogue, requirements, context))
    }

    /// The rows that fit, and how many they are.
    fn fitting(&self, scan: &Scan<'_>) -> (RowSet, usize) {
        let catalogue = &*self.catalogue;
        let mut wanted = RowSet::new(catalogue.len());
        if catalogue.same_as().is_empty() {
            for (run, _) in scan.runs() {
                if scan.takes_all(run) {
                    wanted.insert_all(run.rows.clone());
                } else {
                    scan.rows(run)
                        .filter(|&row| scan.affordable(catalogue.price_of(row)))
                        .for_each(|row| wanted.insert(row));
                }
            }
        } else {
            let mut rows: Vec<RowId> = scan.runs().flat_map(|(run, _)| scan.rows(run)).collect();
            scan.without_zones(&mut rows);
            rows.into_iter()
                .filter(|&row| scan.affordable(catalogue.price_of(row)))
                .for_each(|row| wanted.insert(row));
        }
        let count = wanted.len();
        (wanted, count)
    }

    /// The rows of a set in an order of all rows: found in it rather than sorted. Where neither rank nor price decides,
    /// the backend's place in the context does, and then the row.
    fn in_order(
        &self,
        scan: &Scan<'_>,
        wanted: &RowSet,
        ordered: &[RowId],
        rank: impl Fn(RowId) -> u32,
    ) -> Vec<RowId> {
        let catalogue = &*self.catalogue;
        let mut rows: Vec<RowId> = Vec::with_capacity(wanted.len());
        if rows.capacity() > 0 {
            rows.extend(ordered.iter().filter(|&&row| wanted.contains(row)));
        }
        if self.by_backend && scan.ranks_rise() {
            // Rows are in the order of their backends already.
            return rows;
        }
        let key = |row: RowId| Key::new(catalogue, scan.rank(self.shape(row)), row);
        let equal = |&a: &RowId, &b: &RowId| {
            bits(catalogue.price_of(a)) == bits(catalogue.price_of(b)) && rank(a) == rank(b)
        };
        for equal in rows.chunk_by_mut(equal) {
            if equal.len() > 1 && !equal.is_sorted_by_key(|&row| key(row)) {
                equal.sort_by_cached_key(|&row| key(row));
            }
        }
        rows
    }

    /// Rows put into groups. `usual` has them in the one order, in which the groups stand by their best; `rows` has them
    /// in the order that they keep within their groups.
    fn grouped(&self, usual: &[RowId], rows: &[RowId], by: GroupBy) -> (Vec<RowId>, Vec<RowGroup>) {
        let catalogue = &*self.catalogue;
        let key = |row: RowId| match by {
            GroupBy::Type => {
                let run = &catalogue.runs()[self.runs[row as usize] as usize];
                2 * run.shape + u32::from(run.spot)
            }
            GroupBy::Gpu => self.gpus[self.run(row).shape as usize],
            GroupBy::Backend => u32::from(self.shape(row).backend),
            GroupBy::Region => u32::from(catalogue.region_of(row)),
        };
        let keys = match by {
            GroupBy::Type => 2 * catalogue.shapes().len(),
            GroupBy::Gpu => catalogue.shapes().len(),
            GroupBy::Backend => catalogue.backends().len(),
            GroupBy::Region => catalogue.regions().len(),
        };
        // The place of each key's group, and how many rows it has.
        let mut places = vec![u32::MAX; keys];
        let mut groups: Vec<RowGroup> = Vec::new();
        for &row in usual {
            let key = key(row);
            let place = &mut places[key as usize];
            if *place == u32::MAX {
                *place = groups.len() as u32;
                groups.push(RowGroup { key, best: row, rows: 0..0 });
            }
            groups[*place as usize].rows.end += 1;
        }
        let mut start = 0;
        for group in &mut groups {
            let end = start + group.rows.end;
            group.rows = start..start;
            start = end;
        }
        let mut sorted = vec![0; rows.len()];
        for &row in rows {
            let range = &mut groups[places[key(row) as usize] as usize].rows;
            sorted[range.end] = row;
            range.end += 1;
        }
        (sorted, groups)
    }

    pub(super) fn run(&self, row: RowId) -> &crate::catalog::Run {
        &self.catalogue.runs()[self.runs[row as usize] as usize]
    }

    pub(super) fn shape(&self, row: RowId) -> &crate::catalog::Shape {
        self.catalogue.shape(self.run(row))
    }
}

/// A set of rows.
struct RowSet {
    bits: Vec<u64>,
}

impl RowSet {
    fn new(rows: usize) -> Self {
        Self { bits: vec![0; rows.div_ceil(64)] }
    }

    fn insert(&mut self, row: RowId) {
        self.bits[row as usize / 64] |= 1 << (row % 64);
    }

    fn insert_all(&mut self, rows: Range<RowId>) {
        for word in rows.start / 64..rows.end.div_ceil(64) {
            let from = rows.start.saturating_sub(64 * word).min(64);
            let to = rows.end.saturating_sub(64 * word).min(64);
            let below = |bit: u32| if bit >= 64 { u64::MAX } else { (1 << bit) - 1 };
            self.bits[word as usize] |= below(to) & !below(from);
        }
    }

    fn contains(&self, row: RowId) -> bool {
        self.bits[row as usize / 64] >> (row % 64) & 1 == 1
    }

    fn len(&self) -> usize {
        self.bits.iter().map(|bits| bits.count_ones() as usize).sum()
    }

    /// Takes out the rows that `keep` is against.
    fn retain(&mut self, keep: impl Fn(RowId) -> bool) {
        for (at, bits) in (0..).zip(&mut self.bits) {
            let mut left = *bits;
            while left != 0 {
                let bit = left.trailing_zeros();
                left &= left - 1;
                if !keep(64 * at + bit) {
                    *bits &= !(1 << bit);
                }
            }
        }
    }
}

/// For each spot row the cheapest on-demand row of the same machine in the same region.
fn on_demand_rows(catalogue: &Catalogue) -> Vec<RowId> {
    let mut found = vec![NONE; catalogue.len()];
    let mut runs: Vec<&crate::catalog::Run> = catalogue.runs().iter().collect();
    runs.sort_by_key(|run| (run.shape, run.spot));
    // On-demand rows of the present shape by region; those of other shapes are told by their number.
    let mut regions = vec![(u32::MAX, NONE); catalogue.regions().len()];
    for run in runs {
        for row in run.rows.clone() {
            let slot = &mut regions[usize::from(catalogue.region_of(row))];
            if run.spot {
                if slot.0 == run.shape {
                    found[row as usize] = slot.1;
                }
            } else if slot.0 != run.shape || catalogue.price_of(row) < catalogue.price_of(slot.1) {
                *slot = (run.shape, row);
            }
        }
    }
    found
}
