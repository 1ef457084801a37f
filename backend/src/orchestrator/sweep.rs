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
use tokio::{sync::OnceCell, time::sleep};

use super::{core::Core, events};
use crate::{
    provider::{InstanceObservation, Listed, Provider, ProviderError},
    store::{CODE_SECONDS, Change, InstanceRow, UPLOAD_SECONDS},
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
        // Read once for all providers, by the first that is this process's to sweep.
        let rows = OnceCell::new();
        for provider in &core.providers {
            if let Err(error) = claimed(&core, provider.as_ref(), &rows).await {
                tracing::warn!(provider = provider.name(), error, "a sweep failed; it comes again");
            }
        }
        sleep(SWEEP).await;
    }
}

async fn claimed(core: &Core, provider: &dyn Provider, rows: &Rows) -> Result<(), String> {
    let task = format!("sweep {}", provider.name());
    let now = core.now();
    let claim = |until| core.storage.claim(&task, &core.owner, core.now(), until);
    if !claim(now.plus_seconds(CLAIM_SECONDS)).await.map_err(|e| e.to_string())? {
        return Ok(());
    }
    let swept = sweep_with(core, provider, rows).await;
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
        let claimed = matches!(core.storage.claim("retention", &core.owner, now, minute).await, Ok(true));
        if claimed {
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
        if claimed {
            let forgotten = core
                .storage
                .code()
                .forget(now.plus_seconds(-CODE_SECONDS), now.plus_seconds(-UPLOAD_SECONDS));
            match forgotten.await {
                Ok(0) => {}
                Ok(archives) => tracing::info!(archives, "code that nobody needs any more was removed"),
                Err(error) => tracing::warn!(%error, "old code could not be removed; it is tried again"),
            }
        }
        sleep(RETENTION).await;
    }
}

/// The active instances as they were before any list of the round: those that are in none of them later are missing.
type Rows = OnceCell<Vec<InstanceRow>>;

/// Holds what a provider has against what is written down.
#[cfg(test)]
pub(super) async fn sweep(core: &Core, provider: &dyn Provider) -> Result<(), String> {
    sweep_with(core, provider, &OnceCell::new()).await
}

async fn sweep_with(core: &Core, provider: &dyn Provider, rows: &Rows) -> Result<(), String> {
    let name = provider.name();
    let known = core.storage.orphans().await.map_err(|e| e.to_string())?;
    let known: BTreeMap<String, Orphan> = known
        .into_iter()
        .filter(|orphan| orphan.backend == name && orphan.gone_at.is_none())
        .map(|orphan| (orphan.handle.clone(), orphan))
        .collect();
    core.meters.orphaned(name, known.len());
    // Rows are written before anything is created: what the list has of ours is known by the time it has come.
    let rows = rows.get_or_try_init(|| core.storage.active_instances()).await.map_err(|e| e.to_string())?;
    let listed = core.call(name, "list", provider.list()).await.map_err(|e| e.message().to_owned())?;
    let there: BTreeSet<InstanceId> = listed.iter().map(|listed| listed.id).collect();
    wake_missing(core, name, rows, &there).await?;

    let mut by_id: BTreeMap<InstanceId, Vec<Listed>> = BTreeMap::new();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for listed in listed {
        if listed.billing.to.is_none() {
            seen.insert(listed.handle.clone());
        }
        by_id.entry(listed.id).or_default().push(listed);
    }
    let sweep = Sweep { core, provider, known };
    // One that cannot be removed does not keep the others from being found.
    let mut failed = Ok(());
    for (id, things) in by_id {
        failed = sweep.one(id, &things).await.and(failed);
    }
    for (handle, orphan) in &sweep.known {
        if !seen.contains(handle) {
            sweep.gone(orphan).await?;
        }
    }
    failed
}

/// The reverse: what should be there and is not, its own pass looks at.
async fn wake_missing(
    core: &Core,
    name: &str,
    rows: &[InstanceRow],
    there: &BTreeSet<InstanceId>,
) -> Result<(), String> {
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
    Ok(())
}

/// A sweep of one provider.
struct Sweep<'a> {
    core: &'a Core,
    provider: &'a dyn Provider,
    /// Orphans that are written down, by their handles.
    known: BTreeMap<String, Orphan>,
}

impl Sweep<'_> {
    /// Things that carry one tag.
    async fn one(&self, id: InstanceId, things: &[Listed]) -> Result<(), String> {
        let (ours, others): (Vec<&Listed>, Vec<&Listed>) =
            things.iter().filter(|thing| thing.billing.to.is_none()).partition(|thing| thing.ours);
        for other in others {
            let told = "was made by another installation of Berth; it is left alone";
            self.tell(self.orphan(other, self.core.now(), None), told).await?;
        }
        if ours.is_empty() {
            return Ok(());
        }
        let row = self.core.storage.instance(id).await.map_err(|e| e.to_string())?;
        match row {
            Some((row, _)) if row.instance.status != InstanceStatus::Terminated => match ours.len() {
                1 => Ok(()),
                _ => self.copies(id, &ours).await,
            },
            Some((row, _)) => self.stray(&row, &ours).await,
            None => self.unknown(id, &ours).await,
        }
    }

    /// Its row says that it is gone: a provider that was wrong, one that was written off, or a database from a backup.
    async fn stray(&self, row: &InstanceRow, things: &[&Listed]) -> Result<(), String> {
        let id = row.instance.id;
        let seen = self.call("observe", self.provider.observe(id)).await;
        match &seen {
            Ok(InstanceObservation::Removing { .. }) => return Ok(()),
            // Only the list lags.
            Ok(InstanceObservation::Gone { billing, .. }) if billing.to.is_some() => return Ok(()),
            _ => {}
        }
        let now = self.core.now();
        let lags = now < row.instance.status_since.plus_seconds(self.provider.lag_seconds());
        let there =
            matches!(seen, Ok(InstanceObservation::Creating { .. } | InstanceObservation::Ready { .. }));
        if lags && !there {
            // The next sweep knows better, and what it removes it can tell of.
            return Ok(());
        }
        for thing in things {
            let mut orphan = self.orphan(thing, now, Some(now));
            // Its row has told what it cost until then.
            orphan.billed_from = orphan.billed_from.max(row.instance.billed_to);
            self.tell(orphan, "should have been gone; it is being removed").await?;
        }
        self.remove(id).await
    }

    /// No row tells of it.
    async fn unknown(&self, id: InstanceId, things: &[&Listed]) -> Result<(), String> {
        let now = self.core.now();
        let told = format!(
            "is not known here; it is removed in {} minutes unless somebody keeps it",
            ORPHAN_SECONDS / 60
        );
        for thing in things {
            self.tell(self.orphan(thing, now, Some(now.plus_seconds(ORPHAN_SECONDS))), &told).await?;
        }
        let is_due = |orphan: &Orphan| orphan.remove_at.is_some_and(|at| at <= now);
        let overdue = things.iter().any(|thing| self.known.get(&thing.handle).is_some_and(is_due));
        if overdue { self.remove(id).await } else { Ok(()) }
    }

    /// It was made twice: an answer was lost, and its provider does not hold requests together. Which one is kept is the
    /// provider's to say.
    async fn copies(&self, id: InstanceId, things: &[&Listed]) -> Result<(), String> {
        let removed = self.call("remove-copies", self.provider.remove_copies(id)).await?;
        for thing in things.iter().filter(|thing| removed.contains(&thing.handle)) {
            let now = self.core.now();
            self.tell(self.orphan(thing, now, Some(now)), "was made twice; it is being removed").await?;
        }
        Ok(())
    }

    /// One that is known and no longer there.
    async fn gone(&self, orphan: &Orphan) -> Result<(), String> {
        let told = self.call("observe", self.provider.observe(orphan.id)).await;
        let now = self.core.now();
        // Its provider knows better when it ceased to cost, if it still knows of it.
        let to = match told {
            Ok(InstanceObservation::Gone { billing, .. }) => billing.to.filter(|to| *to <= now),
            _ => None,
        };
        let to = to.unwrap_or(now).max(orphan.billed_from.unwrap_or(now));
        let billed_to = Some(orphan.billed_to.unwrap_or(to));
        let after = Orphan { gone_at: Some(now), billed_to, ..orphan.clone() };
        write(self.core, after, "is gone", now).await
    }

    async fn call<T>(
        &self,
        what: &'static str,
        call: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<T, String> {
        self.core.call(self.provider.name(), what, call).await.map_err(|e| e.message().to_owned())
    }

    async fn remove(&self, id: InstanceId) -> Result<(), String> {
        self.call("terminate", self.provider.terminate(id)).await
    }

    /// Writes an orphan down, unless it is known already.
    async fn tell(&self, orphan: Orphan, told: &str) -> Result<(), String> {
        if self.known.contains_key(&orphan.handle) {
            return Ok(());
        }
        let found = orphan.found_at;
        write(self.core, orphan, told, found).await
    }

    /// As an orphan that is found at `found_at`.
    fn orphan(&self, thing: &Listed, found_at: Timestamp, remove_at: Option<Timestamp>) -> Orphan {
        Orphan {
            backend: self.provider.name().to_owned(),
            handle: thing.handle.clone(),
            id: thing.id,
            name: thing.name.clone(),
            ours: thing.ours,
            found_at,
            remove_at,
            gone_at: None,
            billed_from: thing.billing.from,
            billed_to: thing.billing.to,
            price: thing.price,
        }
    }
}

async fn write(core: &Core, orphan: Orphan, told: &str, now: Timestamp) -> Result<(), String> {
    tracing::warn!(provider = orphan.backend, handle = orphan.handle, instance = %orphan.id, told, "an orphan");
    let events = vec![events::orphan(&orphan, told, now)];
    let change = Change { orphans: vec![orphan], events, ..Change::default() };
    core.commit(&change).await.map_err(|e| e.to_string())
}
