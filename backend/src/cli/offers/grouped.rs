//! What there is of each GPU model, backend or region.

use std::collections::{BTreeSet, HashMap};

use berth_shared::catalog::Offer;
use serde::Serialize;

/// What makes offers one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum GroupBy {
    /// The GPU's model and memory.
    Gpu,
    /// The cloud.
    Backend,
    /// The cloud's region.
    Region,
}

/// Offers that have the same GPU model, backend or region.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Group {
    /// The GPU model; null for machines without one. Only where models are grouped, as `gpu_memory_gib`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) gpu: Option<Option<String>>,
    /// GiB of each GPU.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) gpu_memory_gib: Option<f64>,
    /// How many GPUs a machine has, the fewest and the most.
    pub(super) gpu_counts: [u32; 2],
    /// The backends that have such offers, by name.
    pub(super) backends: BTreeSet<String>,
    /// The region, where regions are grouped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) region: Option<String>,
    /// How many offers it stands for.
    pub(super) offers: usize,
    /// How many of these are spot.
    pub(super) spot: usize,
    /// The lowest and the highest price, US dollars an hour.
    pub(super) prices: [f64; 2],
    /// The one that would be tried first.
    pub(super) first: Offer,
}

#[derive(PartialEq, Eq, Hash)]
enum Key<'a> {
    Gpu(Option<(&'a str, u64)>),
    Backend(&'a str),
    Region(&'a str, &'a str),
}

/// Groups offers; a group stands where its first offer does.
pub(super) fn groups(offers: &[Offer], by: GroupBy) -> Vec<Group> {
    let mut places: HashMap<Key<'_>, usize> = HashMap::new();
    let mut groups: Vec<Group> = Vec::new();
    for offer in offers {
        let gpu = offer.gpu.as_ref();
        let key = match by {
            GroupBy::Gpu => Key::Gpu(gpu.map(|gpu| (gpu.name.as_str(), gpu.memory_gib.to_bits()))),
            GroupBy::Backend => Key::Backend(&offer.backend),
            GroupBy::Region => Key::Region(&offer.backend, &offer.region),
        };
        let count = gpu.map_or(0, |gpu| gpu.count);
        let at = *places.entry(key).or_insert_with(|| {
            groups.push(Group {
                gpu: (by == GroupBy::Gpu).then(|| gpu.map(|gpu| gpu.name.clone())),
                gpu_memory_gib: gpu.filter(|_| by == GroupBy::Gpu).map(|gpu| gpu.memory_gib),
                gpu_counts: [count, count],
                backends: BTreeSet::new(),
                region: (by == GroupBy::Region).then(|| offer.region.clone()),
                offers: 0,
                spot: 0,
                prices: [offer.price, offer.price],
                first: offer.clone(),
            });
            groups.len() - 1
        });
        let group = &mut groups[at];
        group.offers += 1;
        group.spot += usize::from(offer.spot);
        group.gpu_counts = [group.gpu_counts[0].min(count), group.gpu_counts[1].max(count)];
        group.prices = [group.prices[0].min(offer.price), group.prices[1].max(offer.price)];
        if !group.backends.contains(&offer.backend) {
            group.backends.insert(offer.backend.clone());
        }
    }
    groups
}
