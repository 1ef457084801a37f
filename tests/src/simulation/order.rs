//! Who goes first: nobody takes a machine that waits while another run of the same text and a higher priority waits for one.

use std::collections::BTreeMap;

use berth::store::{Change, InstanceRow, JobRow, RunRow};
use berth_shared::{
    api::{InstanceId, InstanceStatus, JobId, RunId, RunStatus},
    time::Timestamp,
};

/// For how long somebody must have waited to have been seen, in milliseconds.
const SEEN: i64 = 1000;
/// For how long something may go on that was begun before a process heard nothing from its database, in milliseconds: the lease, and
/// what clocks may be wrong by.
const BEGUN: i64 = (300 + 2 * 60) * 1000;
/// How many of those in front an orchestrator looks at.
const LOOKED_AT: usize = 8;

/// The rows as they were before a change.
pub(super) struct Rows<'a> {
    pub(super) runs: &'a BTreeMap<RunId, RunRow>,
    pub(super) jobs: &'a BTreeMap<JobId, JobRow>,
    pub(super) instances: &'a BTreeMap<InstanceId, InstanceRow>,
}

/// What tells who waits, and for what.
#[derive(Default)]
pub(super) struct Order {
    /// What each run was made from, without its priority.
    texts: BTreeMap<RunId, String>,
    /// Since when each run waits that does.
    waiting: BTreeMap<RunId, Timestamp>,
    /// Which process heard nothing from its database, and when.
    silences: Vec<(usize, Timestamp, Option<Timestamp>)>,
    /// How often a machine went to a run although another waited for it, which had to come later.
    pub(super) decided: usize,
}

impl Order {
    /// A process hears nothing from its database from now on, or hears from it again.
    pub(super) fn silent(&mut self, process: usize, silent: bool, now: Timestamp) {
        let open = self.silences.iter_mut().find(|(of, _, until)| *of == process && until.is_none());
        match (open, silent) {
            (None, true) => self.silences.push((process, now, None)),
            (Some((_, _, until)), false) => *until = Some(now),
            _ => {}
        }
    }

    /// A change is about to be seen; what did not hold, if anything.
    pub(super) fn before(&mut self, change: &Change, rows: &Rows<'_>, now: Timestamp) -> Option<String> {
        let taken = change.instances.iter().filter_map(|row| {
            let waited = rows.instances.get(&row.instance.id)?.instance.status == InstanceStatus::Idle;
            let job = row.job_id.filter(|_| waited)?;
            let job = change.jobs.iter().find(|other| other.id == job).or_else(|| rows.jobs.get(&job))?;
            rows.runs.get(&job.run_id)
        });
        taken.fold(None, |broken, taker| broken.or(self.taken(taker, rows, now)))
    }

    fn taken(&mut self, taker: &RunRow, rows: &Rows<'_>, now: Timestamp) -> Option<String> {
        let taker = &taker.run;
        let seen = self.seen(now);
        let text = self.texts.get(&taker.id)?;
        let others = self.waiting.iter().filter(|(id, _)| **id != taker.id);
        let others: Vec<_> =
            others.filter_map(|(id, since)| Some((&rows.runs.get(id)?.run, *since))).collect();
        let alike = |id: RunId| self.texts.get(&id) == Some(text);
        if others.iter().any(|(run, _)| alike(run.id) && run.priority < taker.priority) {
            self.decided += 1;
        }
        let in_front: Vec<_> = others.iter().filter(|(run, _)| run.priority > taker.priority).collect();
        let first = in_front.iter().find(|(run, since)| alike(run.id) && *since < seen)?;
        (in_front.len() <= LOOKED_AT).then(|| {
            format!(
                "`{}` took a machine for which `{}` waits, with a higher priority: {taker:#?} {:#?}",
                taker.name, first.0.name, first.0
            )
        })
    }

    /// Whoever waits since then or later may not have been seen.
    fn seen(&self, now: Timestamp) -> Timestamp {
        let lately = |until: &Option<Timestamp>| until.is_none_or(|until| now.millis_since(until) < BEGUN);
        let silences = self.silences.iter().filter(|(_, _, until)| lately(until)).map(|(_, from, _)| *from);
        silences.chain([Timestamp(now.0 - SEEN)]).min().unwrap_or(now)
    }

    /// A change was written into the rows.
    pub(super) fn after(&mut self, change: &Change, rows: &Rows<'_>, now: Timestamp) {
        if let Some(source) = &change.source {
            let lines = source.text.lines().filter(|line| !line.starts_with("priority:"));
            let text: String = lines.flat_map(|line| [line, "\n"]).collect();
            for row in change.runs.iter().filter(|row| row.version == 0) {
                self.texts.insert(row.run.id, text.clone());
            }
        }
        let runs = change.runs.iter().map(|row| row.run.id);
        for id in runs.chain(change.jobs.iter().map(|job| job.run_id)) {
            if rows.runs.get(&id).is_some_and(|row| waits(row, rows.jobs)) {
                self.waiting.entry(id).or_insert(now);
            } else {
                self.waiting.remove(&id);
            }
        }
    }
}

/// Whether a run waits for a machine now.
fn waits(row: &RunRow, jobs: &BTreeMap<JobId, JobRow>) -> bool {
    let run = &row.run;
    let placed =
        |job: &&JobRow| job.run_id == run.id && job.instance_id.is_some() && !job.status.is_finished();
    matches!(run.status, RunStatus::Submitted | RunStatus::Pending)
        && run.due_at.is_none()
        && !jobs.values().any(|job| placed(&job))
}
