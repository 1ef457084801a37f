//! Instances that exist already and fit.

use std::{cmp::Ordering, collections::BTreeSet};

use berth_shared::{
    api::{DEFAULT_POOL, Instance, InstanceId, InstanceStatus, PlanNote, PlannedInstance},
    config::Configuration,
    matcher::{PoolInstance, Requirements, match_pool},
};

use super::core::Core;
use crate::store::{InstanceRow, StoreError};

/// The pool of a project that a configuration uses: the one it names, or the default one.
pub(super) async fn of(
    core: &Core,
    project: &str,
    configuration: &Configuration,
) -> Result<String, StoreError> {
    Ok(all(core, project, configuration).await?.swap_remove(0))
}

/// The pools of a project whose instances a configuration may use, the one for new instances first; one at least.
async fn all(core: &Core, project: &str, configuration: &Configuration) -> Result<Vec<String>, StoreError> {
    let mut names = configuration.pool_names();
    if names.is_empty() {
        names.push(default(core, project).await?);
    }
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    Ok(names)
}

/// A project's pool of whatever names none.
pub(super) async fn default(core: &Core, project: &str) -> Result<String, StoreError> {
    Ok(core.storage.default_pool(project).await?.unwrap_or_else(|| DEFAULT_POOL.to_owned()))
}

/// The instance that a project's run of this configuration takes: of those that wait in its pool and fit the cheapest, then the
/// first by name (`conformance/README.md`, rule 10), at no more than the agreed price.
pub(super) async fn free(
    core: &Core,
    project: &str,
    configuration: &Configuration,
    agreed: Option<f64>,
) -> Result<Option<InstanceRow>, StoreError> {
    let mut rows = Vec::new();
    for pool in all(core, project, configuration).await? {
        rows.extend(core.storage.idle_instances(project, &pool).await?);
    }
    rows.retain(|row| {
        let offer = &row.instance.offer;
        keeps(core, &offer.backend)
            && row.instance.leaves_at.is_none()
            && row.failing_since.is_none()
            && agreed.is_none_or(|agreed| offer.price <= agreed)
            // About to go for want of a run.
            && row.instance.idle_stop_at.is_none_or(|at| at > core.now())
    });
    let required = Requirements::from(configuration);
    let instances: Vec<PoolInstance> = rows.iter().map(|row| fitting(&row.instance)).collect();
    let found = match_pool(&instances, &required, core.catalogues.current().gpus()).run;
    Ok(found.map(|index| rows.swap_remove(index)))
}

/// Whether a project's run of this configuration could take this instance, which waits.
pub(super) async fn suits(
    core: &Core,
    project: &str,
    configuration: &Configuration,
    row: &InstanceRow,
) -> Result<bool, StoreError> {
    let in_pool = all(core, project, configuration).await?.contains(&row.instance.pool);
    let required = Requirements::from(configuration);
    let gpus = core.catalogues.current();
    Ok(in_pool && match_pool(&[fitting(&row.instance)], &required, gpus.gpus()).run.is_some())
}

/// How many of a pool's instances are shown that are not free.
const SHOWN: u32 = 200;

/// The instances of the configuration's pool that fit, those without a run first, then by price and name. Instances that
/// go with their run, such as shares of this machine, are none of the pool's.
pub(super) async fn instances(
    core: &Core,
    project: &str,
    configuration: &Configuration,
) -> Result<Vec<PlannedInstance>, StoreError> {
    let mut instances: Vec<Instance> = Vec::new();
    for pool in all(core, project, configuration).await? {
        let idle = core.storage.idle_instances(project, &pool).await?;
        let idle: Vec<Instance> = idle.into_iter().map(|row| row.instance).collect();
        let ids: BTreeSet<InstanceId> = idle.iter().map(|instance| instance.id).collect();
        instances.extend(idle);
        // All that may be had, and some of the others, to be seen.
        let others = core.storage.pool_instances(project, &pool, SHOWN).await?;
        instances.extend(others.into_iter().filter(|instance| !ids.contains(&instance.id)));
    }
    instances.retain(|instance| keeps(core, &instance.offer.backend));
    let required = Requirements::from(configuration);
    let listed: Vec<PoolInstance> = instances.iter().map(fitting).collect();
    let matches = match_pool(&listed, &required, core.catalogues.current().gpus());
    let taken = matches.run;
    let mut planned: Vec<PlannedInstance> = matches
        .listed
        .iter()
        .map(|found| self::planned(&instances[found.index], taken == Some(found.index)))
        .collect();
    planned.sort_by(order);
    Ok(planned)
}

fn keeps(core: &Core, backend: &str) -> bool {
    core.providers.iter().any(|provider| provider.name() == backend && provider.keeps_idle())
}

fn fitting(instance: &Instance) -> PoolInstance {
    PoolInstance { name: instance.name.clone(), status: instance.status, offer: Some(instance.offer.clone()) }
}

fn planned(instance: &Instance, taken: bool) -> PlannedInstance {
    let (code, message) = match instance.status {
        InstanceStatus::Idle if taken => ("reused", "it waits for a run; a launch takes it"),
        InstanceStatus::Idle => ("free", "it waits for a run"),
        _ => ("not-reused", "it is not free"),
    };
    let note = PlanNote { code: code.into(), path: String::new(), message: message.into() };
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
