//! Instances that exist already and fit.

use std::cmp::Ordering;

use berth_shared::{
    api::{Instance, InstanceStatus, PlanNote, PlannedInstance},
    matcher::{PoolInstance, Requirements, match_pool},
};

use super::core::Core;
use crate::store::StoreError;

/// The instances of the pool that fit, those without a run first, then by price and name. Instances that go with their
/// run, such as shares of this machine, are none of the pool's.
pub(super) async fn instances(
    core: &Core,
    required: &Requirements,
) -> Result<Vec<PlannedInstance>, StoreError> {
    let keeps = |backend: &str| {
        core.providers.iter().any(|provider| provider.name() == backend && provider.keeps_idle())
    };
    let rows = core.storage.active_instances().await?;
    let instances: Vec<Instance> =
        rows.into_iter().map(|row| row.instance).filter(|instance| keeps(&instance.offer.backend)).collect();
    Ok(fitting(&instances, required, core))
}

fn fitting(instances: &[Instance], required: &Requirements, core: &Core) -> Vec<PlannedInstance> {
    let pool: Vec<PoolInstance> = instances
        .iter()
        .map(|instance| PoolInstance {
            name: instance.name.clone(),
            status: instance.status,
            offer: Some(instance.offer.clone()),
        })
        .collect();
    let matches = match_pool(&pool, required, core.catalogues.current().gpus());
    let mut listed: Vec<PlannedInstance> =
        matches.listed.iter().map(|found| planned(&instances[found.index])).collect();
    listed.sort_by(order);
    listed
}

fn planned(instance: &Instance) -> PlannedInstance {
    let message = match instance.status {
        InstanceStatus::Idle => {
            "it waits for a run, and this version of Berth cannot give it one yet: a launch makes another instance"
        }
        _ => "it is not free",
    };
    let note = PlanNote { code: "not-reused".into(), path: String::new(), message: message.into() };
    PlannedInstance {
        id: instance.id,
        name: instance.name.clone(),
        status: instance.status,
        status_since: instance.status_since,
        offer: instance.offer.clone(),
        notes: vec![note],
    }
}

fn order(a: &PlannedInstance, b: &PlannedInstance) -> Ordering {
    let busy = |instance: &PlannedInstance| instance.status != InstanceStatus::Idle;
    busy(a)
        .cmp(&busy(b))
        .then_with(|| a.offer.price.total_cmp(&b.offer.price))
        .then_with(|| a.name.cmp(&b.name))
        .then_with(|| a.id.cmp(&b.id))
}
