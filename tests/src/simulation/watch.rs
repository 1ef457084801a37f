//! What must hold after each commit.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
};

use berth::store::{Change, InstanceRow, JobRow, RunRow};
use berth_shared::{
    api::{EventSeq, InstanceId, InstanceStatus, JobId, JobStatus, RunId, RunStatus, Subject},
    time::Timestamp,
};
use uuid::Uuid;

use super::order::{Order, Rows};

/// How much is told while a schedule is played.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trace {
    /// Nothing; the last lines are told when something does not hold.
    #[default]
    Quiet,
    /// Each line as it comes.
    Loud,
}

/// How many lines are kept.
const KEPT: usize = 2000;

/// The rows as the commits leave them, and the first thing that did not hold.
pub(super) struct Watch {
    pub(super) runs: BTreeMap<RunId, RunRow>,
    pub(super) jobs: BTreeMap<JobId, JobRow>,
    pub(super) instances: BTreeMap<InstanceId, InstanceRow>,
    pub(super) deleted: BTreeSet<RunId>,
    pub(super) seq: EventSeq,
    pub(super) order: Order,
    pub(super) broken: Option<String>,
    trace: Trace,
    lines: VecDeque<String>,
    hasher: DefaultHasher,
    begun: Option<Timestamp>,
}

impl Watch {
    pub(super) fn new(trace: Trace) -> Self {
        Self {
            runs: BTreeMap::new(),
            jobs: BTreeMap::new(),
            instances: BTreeMap::new(),
            deleted: BTreeSet::new(),
            seq: 0,
            order: Order::default(),
            broken: None,
            trace,
            lines: VecDeque::new(),
            hasher: DefaultHasher::new(),
            begun: None,
        }
    }

    pub(super) fn lines(&self) -> &VecDeque<String> {
        &self.lines
    }

    pub(super) fn fingerprint(&self) -> u64 {
        self.hasher.finish()
    }

    pub(super) fn note(&mut self, now: Timestamp, what: &str) {
        let begun = *self.begun.get_or_insert(now);
        let line = format!("{:9.3} {what}", now.millis_since(begun) as f64 / 1000.0);
        if self.trace == Trace::Loud {
            println!("{line}");
        }
        line.hash(&mut self.hasher);
        self.lines.push_back(line);
        if self.lines.len() > KEPT {
            self.lines.pop_front();
        }
    }

    fn broke(&mut self, told: String) {
        self.broken.get_or_insert(told);
    }

    /// A change was written.
    pub(super) fn committed(&mut self, change: &Change, seq: EventSeq, now: Timestamp) {
        for new in &change.events {
            let event = &new.event;
            let id = match event.subject {
                Subject::Instance => event.instance_id.map(|id| short(id.0)),
                _ => event.run_id.map(|id| short(id.0)),
            };
            let (subject, to) = (event.subject, event.to.as_deref().unwrap_or("-"));
            self.note(now, &format!("{subject:?} {} {to}: {}", id.unwrap_or_default(), event.message));
        }
        let expected = self.seq + change.events.len() as EventSeq;
        if seq != expected {
            self.broke(format!("the last event has number {seq}; {expected} was due"));
        }
        self.seq = seq;
        let rows = Rows { runs: &self.runs, jobs: &self.jobs, instances: &self.instances };
        if let Some(told) = self.order.before(change, &rows, now) {
            self.broke(told);
        }
        for row in &change.runs {
            self.run(row);
        }
        for row in &change.jobs {
            self.job(row);
        }
        for row in &change.instances {
            self.instance(row, now);
        }
        if let Some(id) = change.delete {
            match self.runs.remove(&id) {
                Some(row) if row.run.status.is_finished() => {
                    self.deleted.insert(id);
                }
                other => self.broke(format!("deleted what was not over: {other:?}")),
            }
        }
        let rows = Rows { runs: &self.runs, jobs: &self.jobs, instances: &self.instances };
        self.order.after(change, &rows, now);
        for row in &change.jobs {
            self.one_machine(row.id);
        }
        for row in &change.instances {
            if let Some(job) = row.job_id {
                self.one_machine(job);
            }
        }
    }

    fn run(&mut self, row: &RunRow) {
        if let Some(before) = self.runs.get(&row.run.id)
            && before.run.status.is_finished()
        {
            self.broke(format!("`{}` was over and has changed: {before:#?} {row:#?}", row.run.name));
        }
        if row.run.status.is_finished() && row.run.reason.is_none() {
            self.broke(format!("`{}` is over without a reason", row.run.name));
        }
        if row.run.billed_to < row.run.billed_from && row.run.billed_to.is_some() {
            self.broke(format!("`{}` ceased to cost before it began to: {:?}", row.run.name, row.run));
        }
        self.runs.insert(row.run.id, row.clone());
    }

    fn job(&mut self, row: &JobRow) {
        if let Some(before) = self.jobs.get(&row.id)
            && before.status.is_finished()
        {
            self.broke(format!("job {} was over and has changed: {before:#?} {row:#?}", row.id));
        }
        self.jobs.insert(row.id, row.clone());
    }

    fn instance(&mut self, row: &InstanceRow, now: Timestamp) {
        if let Some(before) = self.instances.get(&row.instance.id)
            && before.instance.status == InstanceStatus::Terminated
        {
            self.broke(format!("instance {} was gone and has changed: {row:#?}", row.instance.id));
        }
        let instance = &row.instance;
        let over = instance.status == InstanceStatus::Terminated;
        if over && instance.billed_from.is_some() != instance.billed_to.is_some() {
            self.broke(format!("instance {} is gone and its cost is open: {instance:#?}", instance.id));
        }
        if instance.status == InstanceStatus::Idle
            && instance.idle_seconds.is_some_and(|seconds| seconds <= 30)
            && instance.kept_by.is_none()
            && instance.idle_stop_at.is_none_or(|at| at > now.plus_seconds(180))
        {
            self.broke(format!("instance {} will not stop in time: {instance:#?}", instance.id));
        }
        self.instances.insert(instance.id, row.clone());
    }

    /// A job has one live machine at most.
    fn one_machine(&mut self, job: JobId) {
        let live: Vec<InstanceId> = self
            .instances
            .values()
            .filter(|row| row.job_id == Some(job) && row.instance.status != InstanceStatus::Terminated)
            .map(|row| row.instance.id)
            .collect();
        if live.len() > 1 {
            self.broke(format!("job {job} has {} machines: {live:?}", live.len()));
        }
        let Some(row) = self.jobs.get(&job) else { return };
        let done = row.status.is_finished();
        let running = row.status == JobStatus::Running;
        let row_instance = row.instance_id;
        if done && !live.is_empty() {
            self.broke(format!("job {job} is over and has a machine: {live:?}"));
        }
        if running && row_instance.is_none() {
            self.broke(format!("job {job} runs nowhere"));
        }
    }

    /// What is not over.
    pub(super) fn open(&self) -> (usize, usize) {
        let runs = self.runs.values().filter(|row| !row.run.status.is_finished()).count();
        let live = |row: &&InstanceRow| row.instance.status != InstanceStatus::Terminated;
        (runs, self.instances.values().filter(live).count())
    }

    /// What has not moved on although it should have, now that nothing has gone wrong since `calm`.
    pub(super) fn stuck(&self, calm: Timestamp, now: Timestamp) -> Option<String> {
        let older = |since: Timestamp, seconds: i64| now > since.max(calm).plus_seconds(seconds);
        // The limits of the machines, and what a look may come too late, and clocks be wrong.
        const SLACK: i64 = 180;
        for row in self.runs.values() {
            let run = &row.run;
            let limit = match run.status {
                // Several machines may be tried, each for ten minutes, and removing each may fail for an hour.
                RunStatus::Submitted | RunStatus::Provisioning => 2 * 3600,
                RunStatus::Pending => match run.due_at {
                    Some(at) if now > at.max(calm).plus_seconds(SLACK) => {
                        return Some(format!("`{}` should have begun: {run:#?}", run.name));
                    }
                    Some(_) => continue,
                    None => 3600,
                },
                RunStatus::Terminating => 3600 + 600,
                RunStatus::Running => match run.stops_at.into_iter().chain(run.inactive_at).min() {
                    Some(at) if now > at.max(calm).plus_seconds(SLACK) => {
                        return Some(format!("`{}` should have been stopped: {run:#?}", run.name));
                    }
                    _ => continue,
                },
                _ => continue,
            };
            if older(run.status_since, limit + SLACK) {
                return Some(format!("`{}` stays {}: {run:#?}", run.name, run.status));
            }
        }
        for row in self.instances.values() {
            let instance = &row.instance;
            let limit = match instance.status {
                // One that was added is tried for 24 hours.
                InstanceStatus::Pending if row.order.is_some() => continue,
                InstanceStatus::Pending => 60,
                InstanceStatus::Provisioning => 600,
                InstanceStatus::Terminating => 3600 + 60,
                InstanceStatus::Idle => match instance.idle_stop_at {
                    Some(at) if now > at.max(calm).plus_seconds(SLACK) => {
                        return Some(format!("instance {} should have stopped: {instance:#?}", instance.id));
                    }
                    _ => continue,
                },
                _ => continue,
            };
            if older(instance.status_since, limit + SLACK) {
                return Some(format!("instance {} stays {}: {row:#?}", instance.id, instance.status));
            }
        }
        None
    }
}

/// The beginning of an identifier.
pub(super) fn short(id: Uuid) -> String {
    id.to_string().chars().take(6).collect()
}
