//! What the catalogue knows about names: counted once, looked up with each key.

use std::{cmp::Ordering, ops::Range, sync::Arc};

use serde::Serialize;

use crate::catalog::{Catalogue, Run};

/// How many offers there are of something, and the lowest prices in US dollars an hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Stock {
    /// How many.
    pub offers: usize,
    /// The lowest price of those that are on-demand.
    pub on_demand: Option<f64>,
    /// The lowest price of those that are spot.
    pub spot: Option<f64>,
}

impl Stock {
    /// The lowest of both.
    #[must_use]
    pub fn lowest(self) -> Option<f64> {
        match (self.on_demand, self.spot) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        let least = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.offers += other.offers;
        self.on_demand = least(self.on_demand, other.on_demand);
        self.spot = least(self.spot, other.spot);
    }

    fn one(offers: usize, price: f64, spot: bool) -> Self {
        let (on_demand, spot) = if spot { (None, Some(price)) } else { (Some(price), None) };
        Self { offers, on_demand, spot }
    }
}

/// A GPU model.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct GpuStock {
    pub(crate) name: String,
    /// GB of each, one for each variant, ascending.
    pub(crate) memory: Vec<f64>,
    pub(crate) architecture: Option<String>,
    pub(crate) capability: Option<(u32, u32)>,
    pub(crate) stock: Stock,
}

/// A region of a backend.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RegionStock {
    pub(super) backend: u16,
    pub(crate) name: String,
    pub(crate) stock: Stock,
}

/// An instance type of a backend.
#[derive(Clone, Debug, PartialEq)]
struct TypeStock {
    backend: u16,
    /// One of its shapes, for its name and sizes.
    shape: u32,
    /// Its runs, in `Facts::order`.
    runs: Range<usize>,
    stock: Stock,
}

/// An instance type, as far as it is told about.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct InstanceType<'f> {
    pub(crate) name: &'f str,
    pub(crate) backend: &'f str,
    /// Model, GB of each and how many.
    pub(crate) gpu: Option<(&'f str, f64, u32)>,
    pub(crate) cpus: f64,
    pub(crate) memory_gib: f64,
    /// In the regions that were asked for.
    pub(crate) stock: Stock,
}

/// Which backends and regions a configuration chooses; `None` = all.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Choice<'c> {
    pub(crate) backends: Option<&'c [&'c str]>,
    pub(crate) regions: Option<&'c [&'c str]>,
}

/// What the catalogue knows about GPU models, backends, regions and instance types. Making it takes one pass over
/// the catalogue (a few milliseconds); after that nothing here looks at all rows again.
#[derive(Clone, Debug)]
pub struct Facts {
    catalogue: Arc<Catalogue>,
    /// Those that are offered by the catalogue's numbers of their names, then the others that are known.
    gpus: Vec<GpuStock>,
    regions: Vec<RegionStock>,
    /// For each of the catalogue's GPU names and each region.
    gpu_in_region: Vec<Stock>,
    /// By backend, then name.
    types: Vec<TypeStock>,
    /// Numbers of runs, grouped by instance type.
    order: Vec<u32>,
    /// A bit for each region, `words` numbers for each of `types`.
    type_regions: Vec<u64>,
    words: usize,
}

impl Facts {
    /// Counts a catalogue.
    #[must_use]
    pub fn new(catalogue: Arc<Catalogue>) -> Self {
        let mut regions: Vec<RegionStock> = catalogue
            .regions()
            .map(|(backend, name)| RegionStock { backend, name: name.to_owned(), stock: Stock::default() })
            .collect();
        let mut gpus = gpus(&catalogue);
        let mut gpu_in_region = vec![Stock::default(); catalogue.gpu_names().len() * regions.len()];
        for run in catalogue.runs() {
            let gpu = catalogue.shape(run).gpu;
            if let Some(gpu) = gpu {
                gpus[usize::from(gpu.name)].stock.add(Stock::one(run.rows.len(), run.lowest, run.spot));
            }
            for row in run.rows.clone() {
                let region = usize::from(catalogue.region_of(row));
                let one = Stock::one(1, catalogue.price_of(row), run.spot);
                regions[region].stock.add(one);
                if let Some(gpu) = gpu {
                    gpu_in_region[usize::from(gpu.name) * regions.len() + region].add(one);
                }
            }
        }
        let words = regions.len().div_ceil(64);
        let mut facts = Self {
            gpus,
            regions,
            gpu_in_region,
            types: Vec::new(),
            order: Vec::new(),
            type_regions: Vec::new(),
            words,
            catalogue,
        };
        facts.group_types();
        facts
    }

    fn group_types(&mut self) {
        let catalogue = Arc::clone(&self.catalogue);
        let runs = catalogue.runs();
        let by_type = |a: &Run, b: &Run| {
            let (a, b) = (catalogue.shape(a), catalogue.shape(b));
            a.backend.cmp(&b.backend).then_with(|| a.instance_type.cmp(&b.instance_type))
        };
        self.order = (0..).take(runs.len()).collect();
        crate::order::sort_by(&mut self.order, |&a, &b| by_type(&runs[a as usize], &runs[b as usize]));
        for at in 0..self.order.len() {
            let run = &runs[self.order[at] as usize];
            let new = at == 0 || by_type(&runs[self.order[at - 1] as usize], run) != Ordering::Equal;
            if new {
                let backend = catalogue.shape(run).backend;
                self.types.push(TypeStock {
                    backend,
                    shape: run.shape,
                    runs: at..at,
                    stock: Stock::default(),
                });
                self.type_regions.resize(self.type_regions.len() + self.words, 0);
            }
            let Some(last) = self.types.last_mut() else { continue };
            last.runs.end = at + 1;
            last.stock.add(Stock::one(run.rows.len(), run.lowest, run.spot));
            let first = (self.types.len() - 1) * self.words;
            for row in run.rows.clone() {
                let region = usize::from(catalogue.region_of(row));
                self.type_regions[first + region / 64] |= 1 << (region % 64);
            }
        }
    }

    /// The catalogue that was counted.
    #[must_use]
    pub fn catalogue(&self) -> &Arc<Catalogue> {
        &self.catalogue
    }

    /// The model of this name, ASCII case ignored, whether or not there are offers of it.
    pub(crate) fn gpu(&self, name: &str) -> Option<&GpuStock> {
        self.gpus.iter().find(|gpu| gpu.name.eq_ignore_ascii_case(name))
    }

    /// The models, those with the most offers first, each with its offers within the choice; those that have none
    /// there are left out.
    pub(crate) fn gpus(&self, choice: Choice<'_>) -> Vec<(&GpuStock, Stock)> {
        let wanted: Vec<bool> = self.regions.iter().map(|region| self.is_chosen(region, choice)).collect();
        let everywhere = wanted.iter().all(|&wanted| wanted);
        let mut all: Vec<_> = self
            .gpus
            .iter()
            .zip(self.gpu_in_region.chunks(self.regions.len().max(1)))
            .map(|(gpu, by_region)| {
                let stock = if everywhere { gpu.stock } else { sum(by_region, &wanted) };
                (gpu, stock)
            })
            .filter(|(_, stock)| stock.offers > 0)
            .collect();
        crate::order::sort_by(&mut all, |(a, s), (b, t)| {
            t.offers.cmp(&s.offers).then_with(|| a.name.cmp(&b.name))
        });
        all
    }

    /// The names of all models, those without offers included.
    pub(crate) fn gpu_names(&self) -> impl Iterator<Item = &str> {
        self.gpus.iter().map(|gpu| gpu.name.as_str())
    }

    /// The backends that have offers, with them.
    pub(super) fn backends(&self) -> Vec<(&str, Stock)> {
        let names = self.catalogue.backends();
        let mut all: Vec<_> = names.iter().map(|name| (name.as_str(), Stock::default())).collect();
        for region in &self.regions {
            all[usize::from(region.backend)].1.add(region.stock);
        }
        all
    }

    /// The offers of a backend; `None` when it has none.
    pub(crate) fn backend(&self, name: &str) -> Option<Stock> {
        self.backends().into_iter().find(|(known, _)| *known == name).map(|(_, stock)| stock)
    }

    /// Every region with its backend's name and its offers.
    pub(crate) fn regions(&self) -> impl Iterator<Item = (&str, &str, Stock)> {
        self.regions.iter().map(|region| {
            (
                self.catalogue.backends()[usize::from(region.backend)].as_str(),
                region.name.as_str(),
                region.stock,
            )
        })
    }

    fn is_chosen(&self, region: &RegionStock, choice: Choice<'_>) -> bool {
        let backend = self.catalogue.backends()[usize::from(region.backend)].as_str();
        choice.backends.is_none_or(|names| names.contains(&backend))
            && choice.regions.is_none_or(|names| names.contains(&region.name.as_str()))
    }

    /// The instance types that `keep` takes by name and that have offers within the choice: the cheapest first, at
    /// most `most` of them; and how many there are.
    pub(super) fn instance_types(
        &self,
        choice: Choice<'_>,
        most: usize,
        keep: impl Fn(&str) -> Option<u8>,
    ) -> (Vec<InstanceType<'_>>, usize) {
        let mut wanted = vec![0_u64; self.words];
        for (i, region) in self.regions.iter().enumerate() {
            if self.is_chosen(region, choice) {
                wanted[i / 64] |= 1 << (i % 64);
            }
        }
        let shapes = self.catalogue.shapes();
        let mut found: Vec<(u8, f64, usize)> = Vec::new();
        for (ix, kind) in self.types.iter().enumerate() {
            let regions = &self.type_regions[ix * self.words..(ix + 1) * self.words];
            if regions.iter().zip(&wanted).all(|(a, b)| a & b == 0) {
                continue;
            }
            if let Some(rank) = keep(&shapes[kind.shape as usize].instance_type) {
                found.push((rank, kind.stock.lowest().unwrap_or(f64::INFINITY), ix));
            }
        }
        let total = found.len();
        let order = |a: &(u8, f64, usize), b: &(u8, f64, usize)| {
            a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2))
        };
        if total > most && most > 0 {
            found.select_nth_unstable_by(most - 1, order);
            found.truncate(most);
        }
        crate::order::sort_by(&mut found, order);
        let types = found.into_iter().map(|(_, _, ix)| self.instance_type_at(ix, Some(&wanted))).collect();
        (types, total)
    }

    fn instance_type_at(&self, ix: usize, wanted: Option<&[u64]>) -> InstanceType<'_> {
        let kind = &self.types[ix];
        let shape = &self.catalogue.shapes()[kind.shape as usize];
        let regions = &self.type_regions[ix * self.words..(ix + 1) * self.words];
        // Only where some of its regions are not wanted is there anything to count anew.
        let partly = wanted.filter(|wanted| regions.iter().zip(*wanted).any(|(a, b)| a & !b != 0));
        let stock = match partly {
            None => kind.stock,
            Some(wanted) => {
                let mut stock = Stock::default();
                for &run in &self.order[kind.runs.clone()] {
                    let run = &self.catalogue.runs()[run as usize];
                    for row in run.rows.clone() {
                        let region = usize::from(self.catalogue.region_of(row));
                        if wanted[region / 64] >> (region % 64) & 1 == 1 {
                            stock.add(Stock::one(1, self.catalogue.price_of(row), run.spot));
                        }
                    }
                }
                stock
            }
        };
        InstanceType {
            name: &shape.instance_type,
            backend: &self.catalogue.backends()[usize::from(kind.backend)],
            gpu: shape.gpu.map(|gpu| (self.catalogue.gpu_name(gpu.name), gpu.memory_gib, gpu.count)),
            cpus: shape.cpus,
            memory_gib: shape.memory_gib,
            stock,
        }
    }

    /// The instance types of this name: one for each backend that has one.
    pub(crate) fn instance_type(&self, name: &str) -> Vec<InstanceType<'_>> {
        let shapes = self.catalogue.shapes();
        let backends = u16::try_from(self.catalogue.backends().len()).unwrap_or(u16::MAX);
        (0..backends)
            .filter_map(|backend| {
                self.types
                    .binary_search_by(|kind| {
                        let known = shapes[kind.shape as usize].instance_type.as_str();
                        kind.backend.cmp(&backend).then_with(|| known.cmp(name))
                    })
                    .ok()
            })
            .map(|ix| self.instance_type_at(ix, None))
            .collect()
    }

    /// The names of the instance types of the chosen backends.
    pub(crate) fn type_names(&self, choice: Choice<'_>) -> impl Iterator<Item = &str> {
        self.types.iter().filter_map(move |kind| {
            let backend = self.catalogue.backends()[usize::from(kind.backend)].as_str();
            let chosen = choice.backends.is_none_or(|names| names.contains(&backend));
            chosen.then(|| self.catalogue.shapes()[kind.shape as usize].instance_type.as_str())
        })
    }
}

fn sum(by_region: &[Stock], wanted: &[bool]) -> Stock {
    let mut stock = Stock::default();
    for (one, _) in by_region.iter().zip(wanted).filter(|(_, wanted)| **wanted) {
        stock.add(*one);
    }
    stock
}

/// The models that are offered, in the catalogue's order of their names, then the others that are known.
fn gpus(catalogue: &Catalogue) -> Vec<GpuStock> {
    let new = |name: &str| {
        let fact = catalogue.gpus().get(name);
        GpuStock {
            name: name.to_owned(),
            memory: fact.map(|fact| fact.memory_gib.clone()).unwrap_or_default(),
            architecture: fact.and_then(|fact| fact.architecture.clone()),
            capability: fact.and_then(|fact| fact.compute_capability),
            stock: Stock::default(),
        }
    };
    let mut all: Vec<GpuStock> = catalogue.gpu_names().iter().map(|name| new(name)).collect();
    for shape in catalogue.shapes() {
        if let Some(gpu) = shape.gpu {
            let memory = &mut all[usize::from(gpu.name)].memory;
            if gpu.memory_gib > 0.0 && !memory.contains(&gpu.memory_gib) {
                memory.push(gpu.memory_gib);
            }
        }
    }
    for fact in catalogue.gpus().iter() {
        if !all.iter().any(|gpu| gpu.name.eq_ignore_ascii_case(&fact.name)) {
            all.push(new(&fact.name));
        }
    }
    for gpu in &mut all {
        crate::order::sort_by(&mut gpu.memory, f64::total_cmp);
    }
    all
}
