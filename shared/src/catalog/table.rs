//! The catalogue in memory: dictionary tables and flat columns.

use std::{collections::HashMap, hash::Hash, ops::Range};

use super::{Availability, GpuFacts, Offer, OfferGpu, PriceBasis, cpu_arch};
use crate::config::{Arch, Vendor};

/// The number of a row; a catalogue has fewer than 2³² of them.
pub type RowId = u32;

/// An offer and where it is known from: what a catalogue is built of.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The offer.
    pub offer: Offer,
    /// Who published its price.
    pub source: String,
}

/// Where prices come from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Provenance {
    /// Who published them.
    pub source: String,
    /// Their date, `YYYY-MM-DD`; `None` = not known.
    pub as_of: Option<String>,
    /// What they are based on.
    pub basis: PriceBasis,
}

/// A machine without its place and price.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shape {
    pub(crate) backend: u16,
    pub(crate) instance_type: String,
    /// The architecture that its offers say.
    pub(super) said_arch: Option<Arch>,
    /// The architecture of its CPU, as far as it is known: [`Offer::cpu_arch`], worked out once.
    pub(crate) arch: Option<Arch>,
    pub(crate) cpus: f64,
    pub(crate) memory_gib: f64,
    pub(crate) gpu: Option<ShapeGpu>,
    pub(crate) disk_gib: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ShapeGpu {
    /// Index of the name in the catalogue's table.
    pub(crate) name: u16,
    pub(crate) count: u32,
    pub(crate) memory_gib: f64,
}

/// Neighbouring rows of the same shape that are all spot or all on-demand.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Run {
    pub(crate) shape: u32,
    pub(crate) spot: bool,
    pub(crate) rows: Range<RowId>,
    /// The least of their prices.
    pub(crate) lowest: f64,
    /// The greatest of their prices.
    pub(crate) highest: f64,
}

impl Run {
    /// A run without rows.
    pub(super) fn new(shape: u32, spot: bool, start: RowId) -> Self {
        Self { shape, spot, rows: start..start, lowest: f64::INFINITY, highest: f64::NEG_INFINITY }
    }

    /// Takes the next row in.
    pub(super) fn push(&mut self, price: f64) {
        self.rows.end += 1;
        self.lowest = self.lowest.min(price);
        self.highest = self.highest.max(price);
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Region {
    pub(super) backend: u16,
    pub(super) name: String,
}

/// What clouds rent out, where, at which price. A row's number is its place in the catalogue's order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalogue {
    pub(super) version: String,
    pub(super) facts: GpuFacts,
    pub(super) backends: Vec<String>,
    pub(super) regions: Vec<Region>,
    pub(super) gpu_names: Vec<String>,
    /// Compute capability of each of `gpu_names`.
    pub(super) capabilities: Vec<Option<(u32, u32)>>,
    /// Who makes each of `gpu_names`.
    pub(super) vendors: Vec<Option<Vendor>>,
    pub(super) shapes: Vec<Shape>,
    pub(super) provenances: Vec<Provenance>,
    pub(super) runs: Vec<Run>,
    /// Columns, one entry for each row.
    pub(super) region: Vec<u16>,
    pub(super) price: Vec<f64>,
    pub(super) provenance: Vec<u8>,
    /// As the columns; empty when no row's availability is known.
    pub(super) availability: Vec<Availability>,
    /// As the columns: the first row that stands for the same offer in another zone of the region.
    /// Empty when there is no such pair, as in every packed catalogue.
    pub(super) same_as: Vec<RowId>,
}

/// The region of a GCP zone: `us-central1` of `us-central1-a`, that is all but the last two characters.
#[must_use]
pub fn gcp_region(zone: &str) -> &str {
    zone.char_indices().rev().nth(1).map_or("", |(at, _)| &zone[..at])
}

impl Catalogue {
    /// Builds a catalogue of rows in their order. Rows of `gcp` may stand for zones: several for one
    /// region, of which the cheapest that fits is the region's offer.
    ///
    /// # Panics
    /// When there are 2³² rows, or 2¹⁶ backends, regions or GPU models, or more than 256 different
    /// combinations of source, date and basis.
    #[must_use]
    pub fn from_rows(version: &str, rows: &[Row], facts: GpuFacts) -> Self {
        let mut catalogue = Self { version: version.to_owned(), facts, ..Self::default() };
        let mut backends = Interner::default();
        let mut regions = Interner::default();
        let mut gpu_names = Interner::default();
        let mut shapes = Interner::default();
        let mut provenances = Interner::default();
        let mut zones = HashMap::new();
        for (id, row) in (0..).zip(rows) {
            let offer = &row.offer;
            let backend = u16::try_from(backends.id(&offer.backend)).expect("fewer than 2^16 backends");
            let region = regions.id(&(backend, offer.region.clone()));
            let gpu = offer.gpu.as_ref().map(|gpu| ShapeGpu {
                name: u16::try_from(gpu_names.id(&gpu.name)).expect("fewer than 2^16 GPU models"),
                count: gpu.count,
                memory_gib: gpu.memory_gib,
            });
            let shape = Shape {
                backend,
                instance_type: offer.instance_type.clone(),
                said_arch: offer.arch,
                arch: None,
                cpus: offer.cpus,
                memory_gib: offer.memory_gib,
                gpu,
                disk_gib: offer.disk_gib,
            };
            let key = (
                (backend, offer.instance_type.clone(), offer.cpus.to_bits(), offer.memory_gib.to_bits()),
                gpu.map(|gpu| (gpu.name, gpu.count, gpu.memory_gib.to_bits())),
                (offer.disk_gib.map(f64::to_bits), offer.arch),
            );
            let shape = shapes.id_with(&key, || catalogue.shapes.push(shape));
            let provenance = provenances.id(&Provenance {
                source: row.source.clone(),
                as_of: offer.as_of.clone(),
                basis: offer.basis,
            });
            catalogue.push_row(shape, offer.spot, offer.price);
            catalogue.region.push(u16::try_from(region).expect("fewer than 2^16 regions"));
            catalogue.price.push(offer.price);
            catalogue.provenance.push(u8::try_from(provenance).expect("at most 256 provenances"));
            catalogue.availability.push(offer.availability);
            let zone = (offer.backend == "gcp").then_some(((key.0).1, key.1, offer.spot, region));
            catalogue.same_as.push(zone.map_or(id, |zone| *zones.entry(zone).or_insert(id)));
        }
        if catalogue.availability.iter().all(|&a| a == Availability::Unknown) {
            catalogue.availability = Vec::new();
        }
        if catalogue.same_as.iter().zip(0..).all(|(&first, id)| first == id) {
            catalogue.same_as = Vec::new();
        }
        catalogue.backends = backends.values;
        catalogue.regions =
            regions.values.into_iter().map(|(backend, name)| Region { backend, name }).collect();
        catalogue.gpu_names = gpu_names.values;
        catalogue.provenances = provenances.values;
        catalogue.look_up_facts();
        catalogue
    }

    /// Works out what is known of GPU models and of shapes, so that no pass over the rows has to.
    pub(super) fn look_up_facts(&mut self) {
        self.capabilities = self.gpu_names.iter().map(|name| self.facts.compute_capability(name)).collect();
        self.vendors = self.gpu_names.iter().map(|name| self.facts.vendor(name)).collect();
        for shape in &mut self.shapes {
            let gpu = shape.gpu.map(|gpu| self.gpu_names[usize::from(gpu.name)].as_str());
            let backend = &self.backends[usize::from(shape.backend)];
            shape.arch = shape.said_arch.or_else(|| cpu_arch(backend, &shape.instance_type, gpu));
        }
    }

    /// Makes the next row one of this shape; the columns are the caller's to fill.
    fn push_row(&mut self, shape: u32, spot: bool, price: f64) {
        let id = RowId::try_from(self.region.len()).expect("fewer than 2^32 rows");
        if !self.runs.last().is_some_and(|run| run.shape == shape && run.spot == spot) {
            self.runs.push(Run::new(shape, spot, id));
        }
        if let Some(run) = self.runs.last_mut() {
            run.push(price);
        }
    }

    /// Short name of the content: 8 hex digits for a packed catalogue.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.region.len()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.region.is_empty()
    }

    /// What is known about GPU models.
    #[must_use]
    pub fn gpus(&self) -> &GpuFacts {
        &self.facts
    }

    /// The backends that have rows, in the catalogue's order.
    #[must_use]
    pub fn backends(&self) -> &[String] {
        &self.backends
    }

    /// The sources of the prices with their dates.
    #[must_use]
    pub fn provenances(&self) -> &[Provenance] {
        &self.provenances
    }

    /// An offer in full; `None` beyond the last row.
    #[must_use]
    pub fn offer(&self, row: RowId) -> Option<Offer> {
        let run = self.run_of(row)?;
        let at = row as usize;
        let shape = self.shape(run);
        let provenance = self.provenance_of(row);
        Some(Offer {
            backend: self.backends[usize::from(shape.backend)].clone(),
            region: self.regions[usize::from(self.region[at])].name.clone(),
            instance_type: shape.instance_type.clone(),
            arch: shape.said_arch,
            cpus: shape.cpus,
            memory_gib: shape.memory_gib,
            gpu: shape.gpu.map(|gpu| OfferGpu {
                name: self.gpu_name(gpu.name).to_owned(),
                count: gpu.count,
                memory_gib: gpu.memory_gib,
            }),
            disk_gib: shape.disk_gib,
            spot: run.spot,
            price: self.price[at],
            basis: provenance.basis,
            as_of: provenance.as_of.clone(),
            availability: self.availability_of(row),
        })
    }

    /// An offer and where it is known from; `None` beyond the last row.
    #[must_use]
    pub fn row(&self, row: RowId) -> Option<Row> {
        Some(Row { offer: self.offer(row)?, source: self.provenance_of(row).source.clone() })
    }

    pub(crate) fn runs(&self) -> &[Run] {
        &self.runs
    }

    pub(crate) fn run_of(&self, row: RowId) -> Option<&Run> {
        let index = self.runs.partition_point(|run| run.rows.end <= row);
        self.runs.get(index)
    }

    pub(crate) fn shapes(&self) -> &[Shape] {
        &self.shapes
    }

    pub(crate) fn shape(&self, run: &Run) -> &Shape {
        &self.shapes[run.shape as usize]
    }

    pub(crate) fn gpu_name(&self, index: u16) -> &str {
        &self.gpu_names[usize::from(index)]
    }

    pub(crate) fn capability(&self, index: u16) -> Option<(u32, u32)> {
        self.capabilities[usize::from(index)]
    }

    pub(crate) fn vendor(&self, index: u16) -> Option<Vendor> {
        self.vendors[usize::from(index)]
    }

    /// Every region as (backend's index, name).
    pub(crate) fn regions(&self) -> impl ExactSizeIterator<Item = (u16, &str)> {
        self.regions.iter().map(|region| (region.backend, region.name.as_str()))
    }

    pub(crate) fn backend_of_region(&self, region: u16) -> u16 {
        self.regions[usize::from(region)].backend
    }

    pub(crate) fn gpu_names(&self) -> &[String] {
        &self.gpu_names
    }

    pub(crate) fn region_of(&self, row: RowId) -> u16 {
        self.region[row as usize]
    }

    pub(crate) fn region_name(&self, region: u16) -> &str {
        &self.regions[usize::from(region)].name
    }

    pub(crate) fn price_of(&self, row: RowId) -> f64 {
        self.price[row as usize]
    }

    pub(crate) fn provenance_index(&self, row: RowId) -> u8 {
        self.provenance[row as usize]
    }

    fn provenance_of(&self, row: RowId) -> &Provenance {
        &self.provenances[usize::from(self.provenance_index(row))]
    }

    pub(crate) fn availability_of(&self, row: RowId) -> Availability {
        self.availability.get(row as usize).copied().unwrap_or(Availability::Unknown)
    }

    /// For each row the first one that stands for the same offer; empty when every row stands alone.
    pub(crate) fn same_as(&self) -> &[RowId] {
        &self.same_as
    }
}

struct Interner<T> {
    ids: HashMap<T, u32>,
    values: Vec<T>,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Self { ids: HashMap::new(), values: Vec::new() }
    }
}

impl<T: Clone + Eq + Hash> Interner<T> {
    fn id(&mut self, value: &T) -> u32 {
        self.id_with(value, || {})
    }

    fn id_with(&mut self, value: &T, new: impl FnOnce()) -> u32 {
        if let Some(&id) = self.ids.get(value) {
            return id;
        }
        let id = u32::try_from(self.values.len()).expect("fewer than 2^32 rows");
        self.ids.insert(value.clone(), id);
        self.values.push(value.clone());
        new();
        id
    }
}
