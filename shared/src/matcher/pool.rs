//! Instances that exist already.

use serde::Serialize;

use super::{
    Requirements,
    fit::{GpuSizes, Sizes},
};
use crate::{
    api::InstanceStatus,
    catalog::{Availability, GpuFacts, Offer},
};

/// The backend of instances that were added over SSH.
const REMOTE: &str = "remote";

/// An instance of the pool, as far as matching needs to know it.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolInstance {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub status: InstanceStatus,
    /// What it is, in its own sizes; `None` = nothing is provisioned yet.
    pub offer: Option<Offer>,
}

/// An instance that fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PoolMatch {
    /// Its place among the instances that were given.
    pub index: usize,
    /// [`Availability::Idle`], or else [`Availability::Busy`].
    pub availability: Availability,
}

/// The instances that fit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PoolMatches {
    /// All of them, in their order.
    pub listed: Vec<PoolMatch>,
    /// The place of the one that a run takes: the cheapest idle one, the first by name if equal.
    pub run: Option<usize>,
}

/// The instances that fit. Those that were added over SSH fit whatever `backends`, `regions` and
/// `instance_types` say.
#[must_use]
pub fn match_pool(instances: &[PoolInstance], requirements: &Requirements, facts: &GpuFacts) -> PoolMatches {
    let mut matches = PoolMatches::default();
    let mut taken: Option<(usize, &PoolInstance, f64)> = None;
    for (index, instance) in instances.iter().enumerate() {
        let Some(offer) = instance.offer.as_ref().filter(|offer| fits(instance, offer, requirements, facts))
        else {
            continue;
        };
        let idle = instance.status == InstanceStatus::Idle;
        let availability = if idle { Availability::Idle } else { Availability::Busy };
        matches.listed.push(PoolMatch { index, availability });
        let better = taken.is_none_or(|(_, other, price)| {
            offer.price.total_cmp(&price).then_with(|| instance.name.cmp(&other.name)).is_lt()
        });
        if idle && better {
            taken = Some((index, instance, offer.price));
        }
    }
    matches.run = taken.map(|(index, ..)| index);
    matches
}

fn fits(instance: &PoolInstance, offer: &Offer, required: &Requirements, facts: &GpuFacts) -> bool {
    let named = |names: &Option<Vec<String>>, name: &str| {
        names.as_ref().is_none_or(|names| names.iter().any(|wanted| wanted == name))
    };
    let sizes = Sizes {
        cpus: offer.cpus,
        arch: offer.cpu_arch(),
        memory_gib: offer.memory_gib,
        gpu: offer.gpu.as_ref().map(|gpu| GpuSizes {
            name: &gpu.name,
            vendor: facts.vendor(&gpu.name),
            count: gpu.count,
            memory_gib: gpu.memory_gib,
            capability: facts.compute_capability(&gpu.name),
        }),
        disk_gib: offer.disk_gib,
    };
    !matches!(instance.status, InstanceStatus::Terminating | InstanceStatus::Terminated)
        && named(&required.instance_names, &instance.name)
        && required.spot.is_none_or(|spot| spot == offer.spot)
        && !required.max_price.is_some_and(|max| offer.price > max)
        && sizes.fit(required)
        && (offer.backend == REMOTE
            || named(&required.backends, &offer.backend)
                && named(&required.regions, &offer.region)
                && named(&required.instance_types, &offer.instance_type))
}
