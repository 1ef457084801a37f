//! What may be wanted: the values that the catalogue has offers for.

use crate::catalog::Catalogue;

/// The values that filters offer. Everything in it has offers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choices {
    /// Makers of GPUs, by name.
    pub vendors: Vec<String>,
    /// GiB of a GPU of the models' full sizes, ascending.
    pub memory_gib: Vec<f64>,
    /// GPUs of a machine, ascending; without 0.
    pub counts: Vec<u32>,
    /// Compute capabilities, ascending.
    pub capabilities: Vec<(u32, u32)>,
    /// Backends with their regions, by name.
    pub backends: Vec<(String, Vec<String>)>,
    /// GPU models, by name.
    pub gpus: Vec<String>,
    /// The latest date of a price, `YYYY-MM-DD`.
    pub newest: Option<String>,
    /// Whether there are machines without GPUs.
    pub without_gpu: bool,
}

impl Choices {
    /// Those of a catalogue.
    #[must_use]
    pub fn new(catalogue: &Catalogue) -> Self {
        let mut choices = Self::default();
        for shape in catalogue.shapes() {
            match shape.gpu {
                None => choices.without_gpu = true,
                Some(gpu) => choices.counts.push(gpu.count),
            }
        }
        choices.newest =
            catalogue.provenances().iter().filter_map(|provenance| provenance.as_of.clone()).max();
        choices.gpus = catalogue.gpu_names().to_vec();
        crate::order::sort(&mut choices.gpus);
        for (index, name) in (0..).zip(catalogue.gpu_names()) {
            choices.capabilities.extend(catalogue.capability(index));
            let Some(fact) = catalogue.gpus().get(name) else { continue };
            choices.vendors.push(fact.vendor.clone());
            choices.memory_gib.extend(&fact.memory_gib);
        }
        crate::order::sort(&mut choices.counts);
        choices.counts.dedup();
        crate::order::sort(&mut choices.capabilities);
        choices.capabilities.dedup();
        crate::order::sort(&mut choices.vendors);
        choices.vendors.dedup();
        crate::order::sort_by(&mut choices.memory_gib, f64::total_cmp);
        choices.memory_gib.dedup();
        choices.backends = catalogue.backends().iter().map(|name| (name.clone(), Vec::new())).collect();
        for (backend, region) in catalogue.regions() {
            choices.backends[usize::from(backend)].1.push(region.to_owned());
        }
        for (_, regions) in &mut choices.backends {
            crate::order::sort(regions);
        }
        crate::order::sort(&mut choices.backends);
        choices
    }

    /// Whether there are offers of a GPU of this name, ASCII case ignored.
    #[must_use]
    pub fn has_gpu(&self, name: &str) -> bool {
        self.gpus.iter().any(|gpu| gpu.eq_ignore_ascii_case(name))
    }

    /// Whether a backend has a region of this name.
    #[must_use]
    pub fn has_region(&self, name: &str) -> bool {
        self.backends.iter().any(|(_, regions)| regions.iter().any(|region| region == name))
    }
}
