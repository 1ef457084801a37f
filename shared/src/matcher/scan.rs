//! The one pass over the catalogue that everything else is built on.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{
    Requirements,
    fit::{GpuSizes, Sizes},
};
use crate::catalog::{Catalogue, RowId, Run, Shape};

/// The backends that may be used, in the order in which they are configured.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Context {
    /// The backends; of two with the same name the first counts.
    pub backends: Vec<BackendSetup>,
}

/// A backend that may be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackendSetup {
    /// Its name.
    pub name: String,
    /// Its configured regions; `None` = all.
    pub regions: Option<Vec<String>>,
}

impl Context {
    /// Every backend of the catalogue, in its order, with all regions: for a preview.
    #[must_use]
    pub fn everything(catalogue: &Catalogue) -> Self {
        let setup = |name: &String| BackendSetup { name: name.clone(), regions: None };
        Self { backends: catalogue.backends().iter().map(setup).collect() }
    }
}

/// A shape's sizes.
pub(super) fn sizes<'a>(catalogue: &'a Catalogue, shape: &'a Shape) -> Sizes<'a> {
    Sizes {
        cpus: shape.cpus,
        arch: shape.arch,
        memory_gib: shape.memory_gib,
        gpu: shape.gpu.map(|gpu| GpuSizes {
            name: catalogue.gpu_name(gpu.name),
            vendor: catalogue.vendor(gpu.name),
            count: gpu.count,
            memory_gib: gpu.memory_gib,
            capability: catalogue.capability(gpu.name),
        }),
        disk_gib: shape.disk_gib,
    }
}

/// What a pass needs to know about backends and regions, worked out once.
pub(super) struct Scan<'a> {
    pub(super) catalogue: &'a Catalogue,
    requirements: &'a Requirements,
    /// For each backend of the catalogue its place in the context; `None` = not to be used.
    ranks: Vec<Option<u32>>,
    /// For each region of the catalogue whether it may be used.
    regions: Vec<bool>,
    all_regions: bool,
}

impl<'a> Scan<'a> {
    pub(super) fn new(catalogue: &'a Catalogue, requirements: &'a Requirements, context: &Context) -> Self {
        let wanted = |names: &Option<Vec<String>>, name: &str| {
            names.as_ref().is_none_or(|names| names.iter().any(|wanted| wanted == name))
        };
        let setups: Vec<Option<(u32, &BackendSetup)>> = catalogue
            .backends()
            .iter()
            .map(|name| (0..).zip(&context.backends).find(|(_, setup)| setup.name == *name))
            .collect();
        let regions: Vec<bool> = catalogue
            .regions()
            .map(|(backend, name)| {
                let setup = setups.get(usize::from(backend)).copied().flatten();
                setup.is_some_and(|(_, setup)| wanted(&setup.regions, name))
                    && wanted(&requirements.regions, name)
            })
            .collect();
        let ranks = setups
            .iter()
            .map(|setup| setup.filter(|(_, setup)| wanted(&requirements.backends, &setup.name)))
            .map(|setup| setup.map(|(rank, _)| rank))
            .collect();
        // A backend that is not used anyway does not make its regions a reason to look closer.
        let all_regions = (0..)
            .zip(&regions)
            .all(|(id, &wanted)| wanted || setups[usize::from(catalogue.backend_of_region(id))].is_none());
        Self { catalogue, requirements, ranks, regions, all_regions }
    }

    /// The backend's place in the context.
    pub(super) fn rank(&self, shape: &Shape) -> u32 {
        self.ranks[usize::from(shape.backend)].unwrap_or(u32::MAX)
    }

    /// Whether a shape's backend may be used.
    pub(super) fn has_backend(&self, shape: &Shape) -> bool {
        self.ranks[usize::from(shape.backend)].is_some()
    }

    /// Whether a region may be used.
    pub(super) fn has_region(&self, region: u16) -> bool {
        self.regions[usize::from(region)]
    }

    /// Whether a run's machine is as required, whatever its region and price.
    pub(super) fn fits(&self, run: &Run, shape: &Shape) -> bool {
        let required = self.requirements;
        !required.reuse_only
            && required.spot.is_none_or(|spot| spot == run.spot)
            && self.has_backend(shape)
            && sizes(self.catalogue, shape).fit(required)
            && required.instance_types.as_ref().is_none_or(|types| types.contains(&shape.instance_type))
    }

    /// The runs of rows whose machine is as required, whatever their region and price.
    pub(super) fn runs(&self) -> impl Iterator<Item = (&'a Run, &'a Shape)> {
        let catalogue = self.catalogue;
        catalogue.runs().iter().filter_map(|run| {
            let shape = catalogue.shape(run);
            self.fits(run, shape).then_some((run, shape))
        })
    }

    /// Whether every row of a run that fits is in a region and of a price as required.
    pub(super) fn takes_all(&self, run: &Run) -> bool {
        self.all_regions && self.affordable(run.highest)
    }

    /// Whether the places of backends in the context rise with their numbers in the catalogue.
    pub(super) fn ranks_rise(&self) -> bool {
        self.ranks.iter().flatten().is_sorted()
    }

    /// The rows of a run whose region is as required.
    pub(super) fn rows(&self, run: &Run) -> impl Iterator<Item = RowId> {
        run.rows.clone().filter(|&row| self.all_regions || self.has_region(self.catalogue.region_of(row)))
    }

    /// Whether a price is as required.
    pub(super) fn affordable(&self, price: f64) -> bool {
        !self.requirements.max_price.is_some_and(|max| price > max)
    }

    /// Of rows that stand for the same offer in several zones, only the cheapest, the first if equal.
    /// Nothing to do where every row stands alone.
    pub(super) fn without_zones(&self, rows: &mut Vec<RowId>) {
        let same_as = self.catalogue.same_as();
        if same_as.is_empty() {
            return;
        }
        let mut best: HashMap<RowId, RowId> = HashMap::with_capacity(rows.len());
        for &row in rows.iter() {
            let winner = best.entry(same_as[row as usize]).or_insert(row);
            let (a, b) = (self.catalogue.price_of(row), self.catalogue.price_of(*winner));
            if a.total_cmp(&b).then(row.cmp(winner)).is_lt() {
                *winner = row;
            }
        }
        rows.retain(|&row| best.get(&same_as[row as usize]) == Some(&row));
    }

    /// How many offers there are, and the lowest price among them.
    pub(super) fn count(&self) -> (usize, Option<f64>) {
        let mut lowest = f64::INFINITY;
        let mut total = 0;
        if self.catalogue.same_as().is_empty() {
            for (run, _) in self.runs() {
                if self.all_regions && self.affordable(run.highest) {
                    total += run.rows.len();
                    lowest = lowest.min(run.lowest);
                } else if self.affordable(run.lowest) {
                    for row in self.rows(run) {
                        let price = self.catalogue.price_of(row);
                        if self.affordable(price) {
                            total += 1;
                            lowest = lowest.min(price);
                        }
                    }
                }
            }
        } else {
            let mut rows: Vec<RowId> = self.runs().flat_map(|(run, _)| self.rows(run)).collect();
            self.without_zones(&mut rows);
            rows.retain(|&row| self.affordable(self.catalogue.price_of(row)));
            total = rows.len();
            lowest = rows.iter().map(|&row| self.catalogue.price_of(row)).fold(lowest, f64::min);
        }
        (total, (total > 0).then_some(lowest))
    }
}
