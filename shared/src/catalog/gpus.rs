//! Facts about GPU models.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::config::Vendor;

/// Generations of TPUs, as gpuhunt names them; a model is one of them and its cores: `v5p-8`.
const TPUS: [&str; 6] = ["v2", "v3", "v4", "v5p", "v5litepod", "v6e"];

/// What is known about a GPU model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GpuFact {
    /// The model, as the catalogue spells it: `A100`.
    pub name: String,
    /// Who makes it: `nvidia`, `amd`, `intel`, `tenstorrent`.
    pub vendor: String,
    /// GiB of each, one for each variant that is sold.
    pub memory_gib: Vec<f64>,
    /// Its architecture: `Ampere`.
    pub architecture: Option<String>,
    /// CUDA compute capability (major, minor); `None` for other vendors' models.
    pub compute_capability: Option<(u32, u32)>,
}

/// Facts by model, found whatever the case of the name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GpuFacts {
    facts: Vec<GpuFact>,
    by_name: HashMap<String, usize>,
}

impl GpuFacts {
    /// Makes the table; of two facts with the same name the first counts.
    #[must_use]
    pub fn new(facts: Vec<GpuFact>) -> Self {
        let mut by_name = HashMap::with_capacity(facts.len());
        for (index, fact) in facts.iter().enumerate() {
            by_name.entry(fact.name.to_ascii_lowercase()).or_insert(index);
        }
        Self { facts, by_name }
    }

    /// The model of this name, ASCII case ignored.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&GpuFact> {
        self.by_name.get(&name.to_ascii_lowercase()).and_then(|&index| self.facts.get(index))
    }

    /// The compute capability of the model of this name; `None` when there is none or it is not known.
    #[must_use]
    pub fn compute_capability(&self, name: &str) -> Option<(u32, u32)> {
        self.get(name)?.compute_capability
    }

    /// Who makes the model of this name; `None` when that is not known. TPUs are known by their names alone: tables of
    /// GPUs leave them out.
    #[must_use]
    pub fn vendor(&self, name: &str) -> Option<Vendor> {
        let is_tpu = || {
            let (generation, cores) = name.split_once('-')?;
            let known = TPUS.contains(&generation.to_ascii_lowercase().as_str());
            (known && !cores.is_empty() && cores.bytes().all(|c| c.is_ascii_digit()))
                .then_some(Vendor::Google)
        };
        self.get(name).and_then(|fact| Vendor::of(&fact.vendor)).or_else(is_tpu)
    }

    /// All models.
    pub fn iter(&self) -> impl Iterator<Item = &GpuFact> {
        self.facts.iter()
    }

    /// How many models there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.facts.len()
    }

    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.facts.is_empty()
    }
}

impl FromIterator<GpuFact> for GpuFacts {
    fn from_iter<I: IntoIterator<Item = GpuFact>>(facts: I) -> Self {
        Self::new(facts.into_iter().collect())
    }
}
