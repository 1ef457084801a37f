//! Sweeps: what a provider has is held against what is written down, and the reverse.
//!
//! What carries our tag and is not, or no more, wanted is removed; what no row tells of is shown first, and removed after a
//! while unless somebody wants it kept (after an old backup was restored, somebody may be working in it). What another
//! installation made is shown and never touched.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use berth_shared::{
    api::{InstanceId, InstanceStatus, Orphan},
    time::Timestamp,
};
use tokio::time::sleep;

use super::{core::Core, events};
use crate::{
    provider::{InstanceObservation, Listed, Provider},
    store::{Change, InstanceRow},
};

/// How often each provider is swept.
pub(crate) const SWEEP: Duration = Duration::from_secs(60);
/// How long a sweep may have its provider for itself, in seconds.
const CLAIM_SECONDS: i64 = 300;
/// How long something of ours that no row tells of is only shown, in seconds.
pub(crate) const ORPHAN_SECONDS: i64 = 900;
/// How often events are forgotten, and how many at once.
const RETENTION: Duration = Duration::from_secs(600);
const RETENTION_BATCH: u32 = 5000;

/// Sweeps every provider now and again, one process at a time.
pub(super) async fn for_ever(core: Arc<Core>) {
    loop {
        for provider in &core.providers {
            if let Err(error) = claimed(&core, provider.as_ref()).await {
                tracing::warn!(provider = provider.name(), error, "a sweep failed; it comes again");
            }
        }
        sleep(SWEEP).await;
    }
}

async fn claimed(core: &Core, provider: &dyn Provider) -> Result<(), String> {
    let task = format!("sweep {}", provider.name());
    let now = core.now();
    let claim = |until| core.storage.claim(&task, &core.owner, core.now(), until);
    if !claim(now.plus_seconds(CLAIM_SECONDS)).await.map_err(|e| e.to_string())? {
        return Ok(());
    }
    let swept = sweep(core, provider).await;
    core.meters.swept(provider.name(), swept.is_ok());
    // Nobody else needs to before the next one is due.
    let next = core.now().plus_seconds(i64::try_from(SWEEP.as_secs() / 2).unwrap_or(0));
    claim(next).await.map_err(|e| e.to_string())?;
    swept
}

/// Forgets what is older than events are kept, now and again.
pub(super) async fn forget_for_ever(core: Arc<Core>, keep_seconds: i64) {
    loop {
        let now = core.now();
        let minute = now.plus_seconds(60);
        if matches!(core.storage.claim("retention", &core.owner, now, minute).await, Ok(true)) {
            loop {
                let before = now.plus_seconds(-keep_seconds);
                match core.storage.forget_events(before, RETENTION_BATCH).await {
                    Ok(forgotten) if forgotten >= u64::from(RETENTION_BATCH) => {
                        // Whoever else wants to write gets a turn.
                        sleep(Duration::from_millis(50)).await;
                    }
                    Ok(_) => break,
                    Err(error) => {
                        tracing::warn!(%error, "old events could not be forgotten; it is tried again");
                        break;
                    }
                }
            }
        }
        sleep(RETENTION).await;
    }
}

/// Holds what a provider has against what is written down.
pub(super) async fn sweep(core: &Core, provider: &dyn Provider) -> Result<(), String> {
    let name = provider.name();
    let known = core.storage.orphans().await.map_err(|e| e.to_string())?;
    let known: BTreeMap<String, Orphan> = known
        .into_iter()
        .filter(|orphan| orphan.backend == name && orphan.gone_at.is_none())
        .map(|orphan| (orphan.handle.clone(), orphan))
        .collect();
    core.meters.orphaned(name, known.len());
    // Rows are written before anything is created: what the list has of ours is known by the time it has come.
    let rows = core.storage.active_instances().await.map_err(|e| e.to_string())?;
    let listed = core.call(name, "list", provider.list()).await.map_err(|e| e.message().to_owned())?;
    let there: BTreeSet<InstanceId> = listed.iter().map(|listed| listed.id).collect();

    // The reverse: what should be there and is not, its own pass looks at.
    let missing: Vec<InstanceId> = rows
        .iter()
        .filter(|row| row.instance.offer.backend == name && row.was_ready)
        .filter(|row| matches!(row.instance.status, InstanceStatus::Busy | InstanceStatus::Idle))
        .map(|row| row.instance.id)
        .filter(|id| !there.contains(id))
        .collect();
    if !missing.is_empty() {
        tracing::warn!(
            provider = name,
            instances = missing.len(),
            "instances are not in their provider's list"
        );
        core.storage.wake(&missing).await.map_err(|e| e.to_string())?;
    }

    let mut by_id: BTreeMap<InstanceId, Vec<Listed>> = BTreeMap::new();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for listed in listed {
        if listed.billing.to.is_none() {
            seen.insert(listed.handle.clone());
        }
        by_id.entry(listed.id).or_default().push(listed);
    }
    // One that cannot be removed does not keep the others from being found.
    let mut failed = Ok(());
    for (id, things) in by_id {
        failed = one(core, provider, id, &things, &known).await.and(failed);
    }
    let gone: Vec<Orphan> =
        known.into_iter().filter(|(handle, _)| !seen.contains(handle)).map(|(_, orphan)| orphan).collect();
    for orphan in gone {
        let told = core.call(name, "observe", provider.observe(orphan.id)).await;
        let now = core.now();
        // Its provider knows better when it ceased to cost, if it still knows of it.
        let to = match told {
            Ok(InstanceObservation::Gone { billing, .. }) => billing.to.filter(|to| *to <= now),
            _ => None,
        };
        let to = to.unwrap_or(now).max(orphan.billed_from.unwrap_or(now));
        let after = Orphan { gone_at: Some(now), billed_to: Some(orphan.billed_to.unwrap_or(to)), ..orphan };
        write(core, after, "is gone", now).await?;
    }
    failed
}

/// Things that carry one tag.
async fn one(
    core: &Core,
    provider: &dyn Provider,
    id: InstanceId,
    things: &[Listed],
    known: &BTreeMap<String, Orphan>,
) -> Result<(), String> {
    let name = provider.name();
    let (ours, others): (Vec<&Listed>, Vec<&Listed>) =
        things.iter().filter(|thing| thing.billing.to.is_none()).partition(|thing| thing.ours);
    for other in others {
        if !known.contains_key(&other.handle) {
            let now = core.now();
            let told = "was made by another installation of Berth; it is left alone";
            write(core, orphan(name, other, None, now), told, now).await?;
        }
    }
    if ours.is_empty() {
        return Ok(());
    }
    let row = core.storage.instance(id).await.map_err(|e| e.to_string())?;
    match row {
        Some((row, _)) if row.instance.status != InstanceStatus::Terminated => {
            if ours.len() > 1 {
                copies(core, provider, id, &ours, known).await?;
            }
            Ok(())
        }
        Some((row, _)) => stray(core, provider, &row, &ours, known).await,
        None => unknown(core, provider, id, &ours, known).await,
    }
}

/// Its row says that it is gone: a provider that was wrong, one that was written off, or a database from a backup.
async fn stray(
    core: &Core,
    provider: &dyn Provider,
    row: &InstanceRow,
    things: &[&Listed],
    known: &BTreeMap<String, Orphan>,
) -> Result<(), String> {
    let (name, id) = (provider.name(), row.instance.id);
    let seen = core.call(name, "observe", provider.observe(id)).await;
    match &seen {
        Ok(InstanceObservation::Removing { .. }) => return Ok(()),
        // Only the list lags.
        Ok(InstanceObservation::Gone { billing, .. }) if billing.to.is_some() => return Ok(()),
        _ => {}
    }
    let lags = core.now() < row.instance.status_since.plus_seconds(provider.lag_seconds());
    let there = matches!(seen, Ok(InstanceObservation::Creating { .. } | InstanceObservation::Ready { .. }));
    if lags && !there {
        // The next sweep knows better, and what it removes it can tell of.
        return Ok(());
    }
    for thing in things {
        if !known.contains_key(&thing.handle) {
            let now = core.now();
            let told = "should have been gone; it is being removed";
            let mut orphan = orphan(name, thing, Some(now), now);
            // Its row has told what it cost until then.
            orphan.billed_from = orphan.billed_from.max(row.instance.billed_to);
            write(core, orphan, told, now).await?;
        }
    }
    remove(core, provider, id).await
}

async fn remove(core: &Core, provider: &dyn Provider, id: InstanceId) -> Result<(), String> {
    core.call(provider.name(), "terminate", provider.terminate(id)).await.map_err(|e| e.message().to_owned())
}

/// No row tells of it.
async fn unknown(
    core: &Core,
    provider: &dyn Provider,
    id: InstanceId,
    things: &[&Listed],
    known: &BTreeMap<String, Orphan>,
) -> Result<(), String> {
    let name = provider.name();
    let now = core.now();
    let mut overdue = false;
    for thing in things {
        match known.get(&thing.handle) {
            Some(orphan) => overdue |= orphan.remove_at.is_some_and(|at| at <= now),
            None => {
                let at = now.plus_seconds(ORPHAN_SECONDS);
                let told = format!(
                    "is not known here; it is removed in {} minutes unless somebody keeps it",
                    ORPHAN_SECONDS / 60
                );
                write(core, orphan(name, thing, Some(at), now), &told, now).await?;
            }
        }
    }
    if overdue { remove(core, provider, id).await } else { Ok(()) }
}

/// It was made twice: an answer was lost, and its provider does not hold requests together.
async fn copies(
    core: &Core,
    provider: &dyn Provider,
    id: InstanceId,
    things: &[&Listed],
    known: &BTreeMap<String, Orphan>,
) -> Result<(), String> {
    let name = provider.name();
    core.call(name, "remove-copies", provider.remove_copies(id)).await.map_err(|e| e.message().to_owned())?;
    let left = core.call(name, "list", provider.list()).await.map_err(|e| e.message().to_owned())?;
    let left: BTreeSet<&str> = left
        .iter()
        .filter(|thing| thing.id == id && thing.billing.to.is_none())
        .map(|thing| thing.handle.as_str())
        .collect();
    for thing in things {
        // Which one is kept is the provider's to say. One that takes its time is looked at by the next sweep.
        if !left.contains(thing.handle.as_str()) && !known.contains_key(&thing.handle) {
            let now = core.now();
            let told = "was made twice; it is being removed";
            write(core, orphan(name, thing, Some(now), now), told, now).await?;
        }
    }
    Ok(())
}

fn orphan(backend: &str, thing: &Listed, remove_at: Option<Timestamp>, now: Timestamp) -> Orphan {
    Orphan {
        backend: backend.to_owned(),
        handle: thing.handle.clone(),
        id: thing.id,
        name: thing.name.clone(),
        ours: thing.ours,
        found_at: now,
        remove_at,
        gone_at: None,
        billed_from: thing.billing.from,
        billed_to: thing.billing.to,
        price: thing.price,
    }
}

async fn write(core: &Core, orphan: Orphan, told: &str, now: Timestamp) -> Result<(), String> {
    tracing::warn!(provider = orphan.backend, handle = orphan.handle, instance = %orphan.id, told, "an orphan");
    let events = vec![events::orphan(&orphan, told, now)];
    let change = Change { orphans: vec![orphan], events, ..Change::default() };
    core.commit(&change).await.map_err(|e| e.to_string())
}
