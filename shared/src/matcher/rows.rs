//! Lists of offers for people to look through: numbers of rows alone, turned into text only where they are seen.

use std::{cmp::Ordering, collections::HashMap, ops::Range, sync::Arc};

use super::{Context, Requirements, matches::Key, scan::Scan};
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

/// What a list is sorted by. Offers that have no such value come last, whichever way it is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortBy {
    /// The backend's name.
    Backend,
    /// The instance type's name.
    InstanceType,
    /// The region's name.
    Region,
    /// vCPUs.
    Cpus,
    /// RAM.
    Memory,
    /// The disk that comes with the machine.
    Disk,
    /// The GPUs: by the model's name, then memory, then how many.
    Gpu,
    /// On-demand before spot.
    Spot,
    /// US dollars an hour.
    Price,
    /// US dollars an hour for each GPU.
    PricePerGpu,
    /// How much cheaper than on-demand, as [`Saving::share`].
    Saving,
    /// What the price is based on, then its date.
    Basis,
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

/// What is worked out once about a catalogue, so that lists of its offers are quick: 12 bytes an offer.
#[derive(Debug)]
pub struct OfferIndex {
    catalogue: Arc<Catalogue>,
    /// All rows in the one order but for the backends' places, which only the context knows.
    ordered: Vec<RowId>,
    /// The run of each row.
    runs: Vec<u32>,
    /// The cheapest on-demand row of the same machine in the same region, for each spot row.
    on_demand: Vec<RowId>,
    /// The GPU group of each shape.
    gpus: Vec<u32>,
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
        Self { catalogue, ordered, runs, on_demand, gpus }
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
        let mut rows = self.fitting(&Scan::new(&self.catalogue, requirements, context));
        let fitting = rows.len();
        if let Some((low, high)) = options.prices {
            rows.retain(|&row| (low..=high).contains(&self.catalogue.price_of(row)));
        }
        let key = options.sort.map(|(by, descending)| (self.keys(by), descending));
        let compare = |a: RowId, b: RowId| match &key {
            None => Ordering::Equal,
            Some((key, descending)) => match (key(a), key(b)) {
                (Some(a), Some(b)) if *descending => b.cmp(&a),
                (Some(a), Some(b)) => a.cmp(&b),
                (a, b) => b.is_some().cmp(&a.is_some()),
            },
        };
        let Some(by) = options.group_by else {
            if key.is_some() {
                rows.sort_by(|&a, &b| compare(a, b));
            }
            return RowList { rows, groups: Vec::new(), fitting };
        };
        let (mut rows, mut groups) = self.grouped(&rows, by);
        if key.is_some() {
            for group in &groups {
                rows[group.rows.clone()].sort_by(|&a, &b| compare(a, b));
            }
            groups.sort_by(|a, b| compare(a.best, b.best));
        }
        RowList { rows, groups, fitting }
    }

    /// The rows that fit, in the one order.
    fn fitting(&self, scan: &Scan<'_>) -> Vec<RowId> {
        let catalogue = &*self.catalogue;
        let mut wanted = vec![0_u64; catalogue.len().div_ceil(64)];
        let mut count = 0;
        let mut want = |row: RowId| {
            if scan.affordable(catalogue.price_of(row)) {
                wanted[row as usize / 64] |= 1 << (row % 64);
                count += 1;
            }
        };
        if catalogue.same_as().is_empty() {
            for (run, _) in scan.runs() {
                scan.rows(run).for_each(&mut want);
            }
        } else {
            let mut rows: Vec<RowId> = scan.runs().flat_map(|(run, _)| scan.rows(run)).collect();
            scan.without_zones(&mut rows);
            rows.into_iter().for_each(&mut want);
        }
        if count == 0 {
            return Vec::new();
        }
        // All rows in their order, and of these the ones that are wanted: no sorting.
        let mut rows = Vec::with_capacity(count);
        rows.extend(self.ordered.iter().filter(|&&row| wanted[row as usize / 64] >> (row % 64) & 1 == 1));
        // Among equal prices, the backend's place comes before the row.
        let key = |row: RowId| Key::new(catalogue, scan.rank(self.shape(row)), row);
        for equal in rows.chunk_by_mut(|&a, &b| bits(catalogue.price_of(a)) == bits(catalogue.price_of(b))) {
            if !equal.is_sorted_by_key(|&row| key(row)) {
                equal.sort_by_cached_key(|&row| key(row));
            }
        }
        rows
    }

    /// Rows that are in the one order, put into groups: these by their best, and their rows in order.
    fn grouped(&self, rows: &[RowId], by: GroupBy) -> (Vec<RowId>, Vec<RowGroup>) {
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
        let keyed: Vec<u32> = rows
            .iter()
            .map(|&row| {
                let key = key(row);
                let place = &mut places[key as usize];
                if *place == u32::MAX {
                    *place = groups.len() as u32;
                    groups.push(RowGroup { key, best: row, rows: 0..0 });
                }
                groups[*place as usize].rows.end += 1;
                *place
            })
            .collect();
        let mut start = 0;
        for group in &mut groups {
            let end = start + group.rows.end;
            group.rows = start..start;
            start = end;
        }
        let mut sorted = vec![0; rows.len()];
        for (&row, place) in rows.iter().zip(keyed) {
            let range = &mut groups[place as usize].rows;
            sorted[range.end] = row;
            range.end += 1;
        }
        (sorted, groups)
    }

    fn run(&self, row: RowId) -> &crate::catalog::Run {
        &self.catalogue.runs()[self.runs[row as usize] as usize]
    }

    fn shape(&self, row: RowId) -> &crate::catalog::Shape {
        self.catalogue.shape(self.run(row))
    }

    /// For each row a number that is in the order of what is sorted by.
    fn keys(&self, by: SortBy) -> Box<dyn Fn(RowId) -> Option<u64> + '_> {
        let catalogue = &*self.catalogue;
        match by {
            SortBy::Backend => {
                let ranks = ranks(catalogue.backends().iter().map(String::as_str));
                Box::new(move |row| Some(ranks[usize::from(self.shape(row).backend)]))
            }
            SortBy::InstanceType => {
                let ranks = ranks(catalogue.shapes().iter().map(|shape| shape.instance_type.as_str()));
                Box::new(move |row| Some(ranks[self.run(row).shape as usize]))
            }
            SortBy::Region => {
                let ranks = ranks(catalogue.regions().map(|(_, name)| name));
                Box::new(move |row| Some(ranks[usize::from(catalogue.region_of(row))]))
            }
            SortBy::Cpus => Box::new(|row| Some(bits(self.shape(row).cpus))),
            SortBy::Memory => Box::new(|row| Some(bits(self.shape(row).memory_gib))),
            SortBy::Disk => Box::new(|row| self.shape(row).disk_gib.map(bits)),
            SortBy::Gpu => {
                let mut shapes: Vec<_> = catalogue
                    .shapes()
                    .iter()
                    .map(|shape| {
                        shape.gpu.map(|gpu| (catalogue.gpu_name(gpu.name), bits(gpu.memory_gib), gpu.count))
                    })
                    .collect();
                let own = shapes.clone();
                shapes.sort_unstable();
                shapes.dedup();
                let ranks: Vec<Option<u64>> = own
                    .iter()
                    .map(|gpu| gpu.is_some().then(|| shapes.partition_point(|other| other < gpu) as u64))
                    .collect();
                Box::new(move |row| ranks[self.run(row).shape as usize])
            }
            SortBy::Spot => Box::new(|row| Some(u64::from(self.run(row).spot))),
            SortBy::Price => Box::new(|row| Some(bits(catalogue.price_of(row)))),
            SortBy::PricePerGpu => Box::new(|row| {
                let count = self.shape(row).gpu.filter(|gpu| gpu.count > 0)?.count;
                Some(bits(catalogue.price_of(row) / f64::from(count)))
            }),
            SortBy::Saving => Box::new(|row| Some(signed_bits(self.saving(row)?.share))),
            SortBy::Basis => {
                let mut order: Vec<usize> = (0..catalogue.provenances().len()).collect();
                let place = |&at: &usize| {
                    let provenance = &catalogue.provenances()[at];
                    (provenance.basis, provenance.as_of.clone())
                };
                order.sort_by_key(place);
                let mut ranks = vec![0; order.len()];
                for equal in (0_u64..).zip(order.chunk_by(|a, b| place(a) == place(b))) {
                    equal.1.iter().for_each(|&at| ranks[at] = equal.0);
                }
                Box::new(move |row| Some(ranks[usize::from(catalogue.provenance_index(row))]))
            }
        }
    }
}

/// The bits of floats that are not negative are in the order of their values.
fn bits(value: f64) -> u64 {
    (value.max(0.0) + 0.0).to_bits()
}

/// The same for floats of either sign.
fn signed_bits(value: f64) -> u64 {
    let bits = (value + 0.0).to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

/// The place of each name in the alphabet; equal names have the same.
fn ranks<'n>(names: impl Iterator<Item = &'n str>) -> Vec<u64> {
    let names: Vec<&str> = names.collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    sorted.dedup();
    names.iter().map(|name| sorted.partition_point(|other| other < name) as u64).collect()
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
