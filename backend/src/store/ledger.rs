//! The ledger: who has paid what for which instance, and since when.
//!
//! A [`Stretch`] is a time in which one payer pays one price for one instance. Those of an instance follow one another without a gap
//! from the moment when it begins to cost to the moment when it ceases to: so their sum is what the instance costs. Each database keeps
//! them in the transaction that changes the instance, and they outlive its runs.

use std::collections::BTreeSet;

use berth_shared::{
    api::{Allocation, InstanceId, InstanceStatus, JobId, RunId},
    catalog::Offer,
    time::{Timestamp, cost},
};

use super::InstanceRow;

/// A time in which one payer pays one price for one instance.
#[derive(Clone, Debug, PartialEq)]
pub struct Stretch {
    /// The project that pays.
    pub project: String,
    /// The instance.
    pub instance: InstanceId,
    /// Who pays: the owner of the run on it, else of the instance.
    pub person: String,
    /// The run on it; `None` = it was idle.
    pub run: Option<PaidRun>,
    /// Where it is.
    pub backend: String,
    /// The GPU's name; `""` = it has none.
    pub gpu: String,
    /// How many GPUs it has.
    pub gpus: u32,
    /// US dollars an hour.
    pub price: f64,
    /// When it begins.
    pub from: Timestamp,
    /// When it ends; `None` while it goes on.
    pub to: Option<Timestamp>,
}

/// The run that a [`Stretch`] was paid for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaidRun {
    /// The attempt that had the instance.
    pub job: JobId,
    /// The run, which may have been deleted since.
    pub id: RunId,
    /// Its name.
    pub name: String,
}

impl Stretch {
    /// What was paid for the part of it between two moments, US dollars; what goes on is paid up to `until` and no further.
    #[must_use]
    pub fn cost(&self, from: Timestamp, until: Timestamp) -> f64 {
        cost(self.price, self.from.max(from), self.to.unwrap_or(until).min(until))
    }
}

/// A job that has or had an instance, with its run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) run: PaidRun,
    pub(super) owner: String,
    /// When it was given the instance; `None` = when that was made.
    pub(super) placed_at: Option<Timestamp>,
    /// When it let go of it.
    pub(super) released_at: Option<Timestamp>,
}

/// What somebody has as long as an instance is not terminated.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Holding {
    pub(super) person: String,
    pub(super) gpus: u32,
    pub(super) price: f64,
}

/// Whether a change of an instance may be one for the ledger, or for what somebody has.
pub(super) fn concerns(before: &InstanceRow, after: &InstanceRow) -> bool {
    let what = |row: &InstanceRow| {
        let instance = &row.instance;
        let over = instance.status == InstanceStatus::Terminated;
        (row.job_id, instance.run_id, instance.billed_from, instance.billed_to, over)
    };
    what(before) != what(after)
        || before.instance.offer != after.instance.offer
        || before.instance.allocation != after.instance.allocation
        || before.instance.owner != after.instance.owner
}

/// How many GPUs an instance of this offer has: of a machine that is shared, those that are its own.
#[must_use]
pub fn gpus_of(offer: &Offer, share: Option<&Allocation>) -> u32 {
    match (share, &offer.gpu) {
        (Some(share), _) => u32::try_from(share.gpus.len()).unwrap_or(u32::MAX),
        (None, gpu) => gpu.as_ref().map_or(0, |gpu| gpu.count),
    }
}

fn gpus(row: &InstanceRow) -> u32 {
    gpus_of(&row.instance.offer, row.instance.allocation.as_ref())
}

/// US dollars an hour, as far as there is anything to pay.
fn price(row: &InstanceRow) -> f64 {
    Some(row.instance.offer.price).filter(|price| price.is_finite() && *price > 0.0).unwrap_or(0.0)
}

/// What somebody has by this instance; `None` once it is terminated. `owner` is that of the run on it.
pub(super) fn holding(row: &InstanceRow, owner: Option<&str>) -> Option<Holding> {
    let there = row.instance.status != InstanceStatus::Terminated;
    let person = owner.filter(|_| row.instance.run_id.is_some()).unwrap_or(&row.instance.owner);
    there.then(|| Holding { person: person.to_owned(), gpus: gpus(row), price: price(row) })
}

/// The stretches of an instance, in order, given those that were written down before and the jobs that are known to have had it.
///
/// A run pays from when it was given the instance until it let go of one that stays, or to the very end; the first one that it was made
/// for, from the beginning. For the rest the instance's owner pays. Of runs that are deleted what was written down is kept.
pub(super) fn derive(row: &InstanceRow, before: &[Stretch], turns: &[Turn]) -> Vec<Stretch> {
    let price = price(row);
    let Some(begun) = row.instance.billed_from.filter(|_| price > 0.0) else { return Vec::new() };
    let has_it = |job: JobId| row.job_id == Some(job);
    let over = |end: Option<Timestamp>| end.unwrap_or(row.instance.status_since);
    let mut held: Vec<(Timestamp, Option<Timestamp>, &PaidRun, &str)> = turns
        .iter()
        .map(|turn| {
            let since = turn.placed_at.unwrap_or(row.instance.created_at);
            let until = (!has_it(turn.run.job)).then(|| over(turn.released_at));
            (since, until, &turn.run, turn.owner.as_str())
        })
        .collect();
    let known: BTreeSet<JobId> = turns.iter().map(|turn| turn.run.job).collect();
    held.extend(before.iter().filter_map(|stretch| {
        let run = stretch.run.as_ref().filter(|run| !known.contains(&run.job))?;
        let until = (!has_it(run.job)).then(|| over(stretch.to));
        Some((stretch.from, until, run, stretch.person.as_str()))
    }));
    held.sort_by_key(|(since, until, run, _)| (*since, until.is_none(), *until, run.job));

    let mut paid =
        Paid { row, price, cursor: Some(begun), end: row.instance.billed_to, stretches: Vec::new() };
    for (index, (since, until, run, owner)) in held.into_iter().enumerate() {
        let made_for_it = index == 0 && since <= row.instance.created_at;
        if !made_for_it {
            paid.up_to(Some(since), &row.instance.owner, None);
        }
        paid.up_to(until, owner, Some(run));
    }
    paid.up_to(None, &row.instance.owner, None);
    paid.stretches
}

/// Stretches as they are found, one after the other.
struct Paid<'a> {
    row: &'a InstanceRow,
    price: f64,
    /// Up to where they go; `None` = for ever.
    cursor: Option<Timestamp>,
    /// When the instance ceases to cost.
    end: Option<Timestamp>,
    stretches: Vec<Stretch>,
}

impl Paid<'_> {
    /// From where they end up to this moment somebody pays.
    fn up_to(&mut self, to: Option<Timestamp>, person: &str, run: Option<&PaidRun>) {
        let Some(from) = self.cursor else { return };
        let to = match (to, self.end) {
            (Some(to), Some(end)) => Some(to.min(end)),
            (to, end) => to.or(end),
        };
        if to.is_some_and(|to| to <= from) {
            return;
        }
        let offer = &self.row.instance.offer;
        self.cursor = to;
        self.stretches.push(Stretch {
            project: self.row.instance.project.clone(),
            instance: self.row.instance.id,
            person: person.to_owned(),
            run: run.cloned(),
            backend: offer.backend.clone(),
            gpu: offer.gpu.as_ref().map(|gpu| gpu.name.clone()).unwrap_or_default(),
            gpus: gpus(self.row),
            price: self.price,
            from,
            to,
        });
    }
}

/// Which stretches of an instance have to be written, by their number, to have `after` where `before` is. Those beyond are to be deleted.
pub(super) fn changed<'a>(before: &[Stretch], after: &'a [Stretch]) -> Vec<(usize, &'a Stretch)> {
    after.iter().enumerate().filter(|(index, stretch)| before.get(*index) != Some(stretch)).collect()
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
