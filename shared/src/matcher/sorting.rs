//! Rows sorted by what people read in a column.

use super::rows::OfferIndex;
use crate::catalog::RowId;

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

impl SortBy {
    pub(super) const COUNT: usize = Self::Basis as usize + 1;
}

/// All rows sorted by a column, so that nothing is sorted when a key is typed.
#[derive(Debug)]
pub(super) struct Sorting {
    /// For each row the place of its value among all values; [`u32::MAX`] = it has none.
    pub(super) ranks: Vec<u32>,
    /// All rows by their ranks, those of the same rank in the one order.
    pub(super) ordered: Vec<RowId>,
}

impl OfferIndex {
    /// Sorts all rows by a column: some 50 ms for 170,000 of them.
    pub(super) fn sort_all(&self, by: SortBy) -> Sorting {
        let key = self.keys(by);
        let mut places = vec![0_u32; self.catalogue().len()];
        for (place, &row) in (0..).zip(&self.ordered) {
            places[row as usize] = place;
        }
        let mut keys: Vec<(u64, u32, RowId)> = self
            .ordered
            .iter()
            .map(|&row| (key(row).unwrap_or(u64::MAX), places[row as usize], row))
            .collect();
        keys.sort_unstable();
        let mut ranks = vec![u32::MAX; keys.len()];
        for (rank, equal) in (0..).zip(keys.chunk_by(|a, b| a.0 == b.0)) {
            if equal[0].0 < u64::MAX {
                equal.iter().for_each(|(.., row)| ranks[*row as usize] = rank);
            }
        }
        Sorting { ranks, ordered: keys.into_iter().map(|(.., row)| row).collect() }
    }

    /// For each row a number that is in the order of what is sorted by.
    fn keys(&self, by: SortBy) -> Box<dyn Fn(RowId) -> Option<u64> + '_> {
        let catalogue = &**self.catalogue();
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

/// Rows by falling ranks instead of rising ones; those of the same rank keep their order, those without stay last.
pub(super) fn reversed(rows: &[RowId], ranks: &[u32]) -> Vec<RowId> {
    let rank = |row: RowId| ranks[row as usize];
    let with = rows.partition_point(|&row| rank(row) < u32::MAX);
    let mut reversed = Vec::with_capacity(rows.len());
    for equal in rows[..with].chunk_by(|&a, &b| rank(a) == rank(b)).rev() {
        reversed.extend_from_slice(equal);
    }
    reversed.extend_from_slice(&rows[with..]);
    reversed
}

/// The bits of floats that are not negative are in the order of their values.
pub(super) fn bits(value: f64) -> u64 {
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
