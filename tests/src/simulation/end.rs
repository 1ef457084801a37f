//! What must hold once nothing goes wrong any more.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use berth::{orchestrator::Service, store::InstanceRow};
use berth_shared::{
    api::{DEFAULT_PROJECT, Instance, InstanceId, InstanceStatus, RemoveInstance, Run, RunId},
    time::Timestamp,
};
use tokio::time::{sleep, timeout};

use super::{
    Outcome,
    process::Process,
    world::{World, lock},
};

/// How often it is looked whether everything is over.
const LOOK: Duration = Duration::from_secs(10);
/// For how long sweeps may take to find what nobody knows of: two rounds, and what they hold back.
const SWEEPS: i64 = 2 * 60 + 60;
/// How far a bill may differ from what was written down, in US dollars.
const CENTS: f64 = 1e-6;

/// Asks everything to end and waits until it has.
pub(super) async fn settle(world: &Arc<World>, processes: &[Process], limit: Duration) -> Result<(), String> {
    let calm = world.now();
    let service = processes.iter().find_map(Process::service).ok_or("no process runs")?;
    // Let what was being asked for be asked for.
    sleep(Duration::from_secs(90)).await;
    let deadline = calm.plus_seconds(i64::try_from(limit.as_secs()).unwrap_or(i64::MAX));
    let mut asked = 0_u32;
    loop {
        if asked.is_multiple_of(30) {
            ask(&service).await;
        }
        asked += 1;
        sleep(LOOK).await;
        let now = world.now();
        let (open, stuck, broken) = {
            let watch = lock(&world.watch);
            (watch.open(), watch.stuck(calm, now), watch.broken.clone())
        };
        if let Some(told) = broken.or(stuck) {
            return Err(told);
        }
        if now > calm.plus_seconds(SWEEPS) {
            known(world).await?;
        }
        if open == (0, 0) && there(world).is_empty() {
            // What sweeps have found is written down by the next one.
            sleep(Duration::from_secs(130)).await;
            return Ok(());
        }
        if now > deadline {
            return Err(format!(
                "not over in time: {} runs, {} instances, {:?}",
                open.0,
                open.1,
                there(world)
            ));
        }
    }
}

/// Has every run stopped and every instance removed that waits.
async fn ask(service: &Service) {
    let patience = Duration::from_secs(60);
    let Ok(Ok(snapshot)) = timeout(patience, service.snapshot()).await else { return };
    for run in snapshot.runs.iter().filter(|run| !run.status.is_finished()) {
        // It may have ended meanwhile.
        let _ = timeout(patience, service.stop("ann", &run.name, false)).await;
    }
    for instance in snapshot.instances {
        let for_ever =
            instance.status == InstanceStatus::Idle && instance.idle_seconds.is_none_or(|s| s > 1200);
        if for_ever || instance.status == InstanceStatus::Pending {
            let request = RemoveInstance::default();
            let _ = timeout(patience, service.remove_instance("ann", instance.id, request)).await;
        }
    }
}

/// The machines that clouds have and bill.
fn there(world: &World) -> Vec<(InstanceId, String)> {
    let mut there = Vec::new();
    for cloud in &world.clouds {
        let bill = cloud.bill();
        there.extend(bill.there().filter_map(|line| Some((line.tag.as_ref()?.id, line.handle.clone()))));
    }
    there
}

/// Whatever a cloud bills, a row tells of, or a sweep has found.
async fn known(world: &World) -> Result<(), String> {
    let orphans = world.base.handle().0.orphans().await.map_err(|e| e.to_string())?;
    let now = world.now();
    let watch = lock(&world.watch);
    for cloud in &world.clouds {
        for line in cloud.bill().there() {
            let Some(tag) = &line.tag else { continue };
            let row = watch.instances.get(&tag.id);
            let live = row.is_some_and(|row| row.instance.status != InstanceStatus::Terminated);
            let found = orphans.iter().any(|orphan| orphan.handle == line.handle);
            let young = now < line.accepted_at.plus_seconds(SWEEPS);
            // Gone according to its row only since the last sweep.
            let since = row.map(|row| row.instance.status_since.plus_seconds(SWEEPS));
            let fresh = since.is_some_and(|until| now < until);
            // On its way out already.
            let leaving = line.to.is_some();
            if !(live || found || young || fresh || leaving) {
                return Err(format!("{} is billed and nobody knows of it", line.handle));
            }
        }
    }
    Ok(())
}

/// Holds what was written down against what happened.
pub(super) async fn count(world: &Arc<World>, crashes: usize, cuts: usize) -> Result<Outcome, String> {
    let storage = world.base.handle().0;
    let orphans = storage.orphans().await.map_err(|e| e.to_string())?;
    lost(world).await?;
    replay(world).await?;

    let instances: BTreeMap<InstanceId, InstanceRow> = lock(&world.watch).instances.clone();
    ledger(world, &instances).await?;
    let (mut machines, mut total, mut extra) = (0, 0.0, 0);
    for cloud in &world.clouds {
        let bill = cloud.bill();
        total += bill.total;
        let mut billed: BTreeMap<InstanceId, Vec<(f64, f64)>> = BTreeMap::new();
        for line in &bill.lines {
            machines += 1;
            let Some(tag) = &line.tag else { continue };
            if line.cost > 0.0 {
                billed.entry(tag.id).or_default().push((line.cost, line.price));
            }
        }
        for (id, lines) in billed {
            let row = instances.get(&id).ok_or_else(|| format!("{id} was billed and never written down"))?;
            let written = row.instance.cost(world.now());
            let found: Vec<f64> =
                orphans.iter().filter(|o| o.id == id).map(|orphan| orphan.cost(world.now())).collect();
            extra += found.len();
            let costs: f64 = lines.iter().map(|(cost, _)| cost).sum();
            let known = written + found.iter().sum::<f64>();
            // When what a sweep has found is gone, the next one tells.
            let price = lines.iter().map(|(_, price)| *price).fold(0.0, f64::max);
            let late = price * found.len() as f64 * SWEEPS as f64 / 3600.0;
            if known < costs - CENTS || known > costs + late + CENTS {
                return Err(format!(
                    "instance {id} cost ${costs}; ${written} is written down for it and {found:?} for what sweeps \
                     have found: {:#?}",
                    row.instance
                ));
            }
        }
    }
    let watch = lock(&world.watch);
    Ok(Outcome {
        runs: lock(&world.accepted).len(),
        machines,
        orphans: extra,
        events: watch.seq,
        crashes,
        cuts,
        bill: total,
        seconds: world.now().millis_since(world.begun) / 1000,
        decided: watch.order.decided,
        fingerprint: watch.fingerprint(),
    })
}

/// The ledger comes to what the instances cost, each of them, and somebody has paid at each moment.
async fn ledger(world: &World, instances: &BTreeMap<InstanceId, InstanceRow>) -> Result<(), String> {
    let now = world.now();
    let (begun, ever) = (Timestamp(i64::MIN), Timestamp(i64::MAX));
    let paid =
        world.base.handle().0.stretches(DEFAULT_PROJECT, begun, ever).await.map_err(|e| e.to_string())?;
    let mut sums: BTreeMap<InstanceId, f64> = BTreeMap::new();
    for stretch in &paid {
        *sums.entry(stretch.instance).or_default() += stretch.cost(begun, now);
    }
    for (id, row) in instances {
        let (cost, sum) = (row.instance.cost(now), sums.remove(id).unwrap_or_default());
        if (cost - sum).abs() > CENTS {
            let lines: Vec<_> = paid.iter().filter(|stretch| stretch.instance == *id).collect();
            return Err(format!("{id} cost ${cost}, and the ledger comes to ${sum}: {lines:#?} {row:#?}"));
        }
    }
    match sums.keys().next() {
        Some(id) => Err(format!("the ledger tells of {id}, which was never written down")),
        None => Ok(()),
    }
}

/// No run that was accepted is lost.
async fn lost(world: &World) -> Result<(), String> {
    let watch = lock(&world.watch);
    let deleted = lock(&world.deleted);
    for run in lock(&world.accepted).iter() {
        let kept = watch.runs.get(&run.id).is_some_and(|row| row.run.status.is_finished());
        let removed = watch.deleted.contains(&run.id) && deleted.iter().any(|other| other.id == run.id);
        if !kept && !removed {
            return Err(format!("`{}` is lost", run.name));
        }
    }
    Ok(())
}

/// The events have no gap, and replaying them gives what is there.
async fn replay(world: &World) -> Result<(), String> {
    let storage = world.base.handle().0;
    let events = storage.events_after(0, u32::MAX).await.map_err(|e| e.to_string())?;
    let mut runs: BTreeMap<RunId, Run> = BTreeMap::new();
    let mut instances: BTreeMap<InstanceId, Instance> = BTreeMap::new();
    for (index, stored) in events.iter().enumerate() {
        if stored.event.seq != index as u64 + 1 {
            return Err(format!("event {} comes where {} is due", stored.event.seq, index + 1));
        }
        if let Some(run) = &stored.run {
            runs.insert(run.id, run.clone());
        }
        if let Some(instance) = &stored.instance {
            instances.insert(instance.id, instance.clone());
        }
        if let Some(deleted) = stored.deleted_run {
            runs.remove(&deleted);
        }
    }
    let watch = lock(&world.watch);
    for (id, row) in &watch.runs {
        if runs.get(id) != Some(&row.run) {
            return Err(format!("the events tell {:#?}, and {:#?} is there", runs.get(id), row.run));
        }
    }
    for (id, row) in &watch.instances {
        if instances.get(id) != Some(&row.instance) {
            return Err(format!(
                "the events tell {:#?}, and {:#?} is there",
                instances.get(id),
                row.instance
            ));
        }
    }
    if runs.len() != watch.runs.len() {
        return Err("the events tell of runs that are not there".to_owned());
    }
    Ok(())
}
