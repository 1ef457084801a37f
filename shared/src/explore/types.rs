//! The machines of one GPU, by backend and instance type; and where one of them is.

use std::collections::HashMap;

use super::{GpuKind, Wanted, filter::Filter};
use crate::catalog::{Catalogue, Offer, RowId};

/// A machine of a catalogue, all spot or all on-demand; means nothing in another catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MachineId {
    shape: u32,
    spot: bool,
}

/// An instance type as spot or on-demand, in all its regions.
#[derive(Clone, Debug, PartialEq)]
pub struct Machine {
    /// Which one it is, for [`places`].
    pub id: MachineId,
    /// Its cheapest offer.
    pub offer: Offer,
    /// In how many regions it is offered.
    pub regions: usize,
    /// Its highest price, US dollars an hour.
    pub highest: f64,
}

/// The machines of one backend.
#[derive(Clone, Debug, PartialEq)]
pub struct BackendTypes {
    /// The backend.
    pub backend: String,
    /// How many machines there are; an instance type counts once as spot, once on-demand.
    pub total: usize,
    /// How many offers they have together.
    pub offers: usize,
    /// The first of them, the cheapest first.
    pub machines: Vec<Machine>,
}

/// The machines with one GPU that are wanted, by backend: that with the cheapest one first. `gpu` is the GPU, `None` =
/// machines without; `limit` says for a backend's name how many machines are given in full.
#[must_use]
pub fn types(
    catalogue: &Catalogue,
    wanted: &Wanted,
    gpu: Option<&GpuKind>,
    limit: impl Fn(&str) -> usize,
) -> Vec<BackendTypes> {
    let filter = Filter::new(catalogue, wanted);
    let mut found: HashMap<MachineId, Found> = HashMap::new();
    for run in catalogue.runs() {
        let shape = catalogue.shape(run);
        let of_gpu = match (gpu, shape.gpu) {
            (None, None) => true,
            (Some(kind), Some(gpu)) => kind.covers(catalogue.gpu_name(gpu.name), gpu.memory_gib),
            _ => false,
        };
        if !of_gpu {
            continue;
        }
        for row in filter.rows(run) {
            let id = MachineId { shape: run.shape, spot: run.spot };
            found.entry(id).or_insert_with(|| Found::new(row, catalogue.price_of(row))).take(catalogue, row);
        }
    }
    let mut by_backend: Vec<Vec<(MachineId, Found)>> = vec![Vec::new(); catalogue.backends().len()];
    for (id, found) in found {
        let backend = catalogue.shapes()[id.shape as usize].backend;
        by_backend[usize::from(backend)].push((id, found));
    }
    let mut all: Vec<BackendTypes> = Vec::new();
    for (backend, mut machines) in catalogue.backends().iter().zip(by_backend) {
        if machines.is_empty() {
            continue;
        }
        let (total, offers) = (machines.len(), machines.iter().map(|(_, found)| found.regions).sum());
        crate::order::sort_by(&mut machines, |(_, a), (_, b)| {
            a.lowest.total_cmp(&b.lowest).then(a.row.cmp(&b.row))
        });
        machines.truncate(limit(backend));
        let machines = machines
            .into_iter()
            .filter_map(|(id, found)| {
                let offer = catalogue.offer(found.row)?;
                Some(Machine { id, offer, regions: found.regions, highest: found.highest })
            })
            .collect();
        all.push(BackendTypes { backend: backend.clone(), total, offers, machines });
    }
    let lowest =
        |types: &BackendTypes| types.machines.first().map_or(f64::INFINITY, |first| first.offer.price);
    crate::order::sort_by(&mut all, |a, b| {
        lowest(a).total_cmp(&lowest(b)).then_with(|| a.backend.cmp(&b.backend))
    });
    all
}

/// The offers of one machine that are wanted, a region each, the cheapest first; empty for a machine of another
/// catalogue.
#[must_use]
pub fn places(catalogue: &Catalogue, wanted: &Wanted, machine: MachineId) -> Vec<Offer> {
    let filter = Filter::new(catalogue, wanted);
    let mut offers: Vec<Offer> = catalogue
        .runs()
        .iter()
        .filter(|run| run.shape == machine.shape && run.spot == machine.spot)
        .flat_map(|run| filter.rows(run))
        .filter_map(|row| catalogue.offer(row))
        .collect();
    crate::order::sort_by(&mut offers, |a, b| {
        a.price.total_cmp(&b.price).then_with(|| a.region.cmp(&b.region))
    });
    offers
}

/// What a pass collects for a machine.
#[derive(Clone, Copy)]
struct Found {
    row: RowId,
    lowest: f64,
    highest: f64,
    regions: usize,
}

impl Found {
    fn new(row: RowId, price: f64) -> Self {
        Self { row, lowest: price, highest: price, regions: 0 }
    }

    fn take(&mut self, catalogue: &Catalogue, row: RowId) {
        let price = catalogue.price_of(row);
        self.regions += 1;
        self.highest = self.highest.max(price);
        if price < self.lowest {
            (self.lowest, self.row) = (price, row);
        }
    }
}
