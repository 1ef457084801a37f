//! Everything that is remembered, and how a change comes into it: checked first, so that nothing is half done.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use berth_shared::{
    api::{
        DEFAULT_POOL, DEFAULT_PROJECT, Event, EventSeq, InstanceId, InstanceStatus, JobId, Orphan,
        ProjectSettings, RunId, Subject,
    },
    time::Timestamp,
};
use uuid::Uuid;

use super::{
    code::StoredCode,
    table::{Row, Table},
};
use crate::store::{
    Change, CommitError, Crossing, InstanceRow, JobRow, LimitBooks, NewEvent, Queue, RunRow, Source,
    StoreError, StoredEvent, Stretch, ledger::Holding, project_of,
};

/// A project and a name in it.
pub(super) type Name = (String, String);

fn name_of(row: &RunRow) -> Name {
    (row.run.project.clone(), row.run.name.clone())
}

/// A place in a list by age.
pub(super) type Age = (Timestamp, Uuid);

#[derive(Debug)]
pub(super) struct StoredPool {
    pub(super) created_at: Timestamp,
    pub(super) default: bool,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) runs: Table<RunRow>,
    pub(super) jobs: Table<JobRow>,
    pub(super) instances: Table<InstanceRow>,
    pub(super) sources: BTreeMap<RunId, Source>,
    /// When somebody last worked in runs.
    pub(super) active_at: BTreeMap<RunId, Timestamp>,
    /// By project and name.
    pub(super) pools: BTreeMap<(String, String), StoredPool>,
    /// By backend and handle.
    pub(super) orphans: BTreeMap<(String, String), Orphan>,
    /// Owner and end of tasks, by name.
    pub(super) tasks: BTreeMap<String, (String, Timestamp)>,
    /// When each process was heard of last.
    pub(super) replicas: BTreeMap<String, Timestamp>,
    pub(super) events: BTreeMap<EventSeq, Arc<StoredEvent>>,
    pub(super) newest: EventSeq,
    /// Who has each instance that is not terminated, and what by it.
    pub(super) held: BTreeMap<InstanceId, Holding>,
    pub(super) ledger: BTreeMap<InstanceId, Vec<Stretch>>,
    pub(super) limits: LimitBooks,
    /// By project.
    pub(super) settings: BTreeMap<String, ProjectSettings>,
    /// What was told of months' money.
    pub(super) crossed: BTreeSet<String>,
    /// By upload.
    pub(super) code: BTreeMap<Uuid, StoredCode>,
    pub(super) events_of_run: BTreeMap<RunId, BTreeSet<EventSeq>>,
    /// Runs of each project and name by age; of two in one millisecond the later one counts as newer.
    pub(super) names: BTreeMap<Name, BTreeSet<(Timestamp, u64, RunId)>>,
    pub(super) active_names: BTreeMap<Name, RunId>,
    /// In which order runs came.
    arrivals: BTreeMap<RunId, u64>,
    arrived: u64,
    pub(super) runs_by_age: BTreeSet<Age>,
    pub(super) active_runs: BTreeSet<Age>,
    pub(super) finished_runs: BTreeSet<Reverse<Age>>,
    pub(super) active_instances: BTreeSet<Age>,
    jobs_of_run: BTreeMap<RunId, BTreeSet<JobId>>,
    pub(super) jobs_on_instance: BTreeMap<InstanceId, BTreeSet<JobId>>,
}

impl State {
    pub(super) fn new() -> Self {
        let mut state = Self::default();
        let pool = StoredPool { created_at: Timestamp(0), default: true };
        state.pools.insert((DEFAULT_PROJECT.to_owned(), DEFAULT_POOL.to_owned()), pool);
        state
    }

    pub(super) fn commit(&mut self, change: &Change) -> Result<EventSeq, CommitError> {
        self.check(change)?;
        let own = change.lease.as_ref().map(|lease| lease.id);
        for row in &change.runs {
            self.put_run(row, change.source.as_ref(), own != Some(row.run.id.0));
        }
        for row in &change.jobs {
            self.put_job(row, own != Some(row.id.0));
        }
        for row in &change.instances {
            self.put_instance(row, own != Some(row.instance.id.0));
        }
        for row in &change.instances {
            self.write_up(row);
        }
        for (project, of, limits) in &change.limits {
            self.limits.set(project, of, limits.as_ref());
        }
        for (project, change) in &change.settings {
            let settings = self.settings.entry(project.clone()).or_default();
            *settings = settings.with(*change);
        }
        self.crossed.extend(change.crossed.as_ref().map(Crossing::key));
        for (queue, id) in &change.wakes {
            match queue {
                Queue::Runs => self.runs.wake(*id),
                Queue::Jobs => self.jobs.wake(*id),
                Queue::Instances => self.instances.wake(*id),
            }
        }
        if let Some(run) = change.delete {
            self.delete_run(run);
        }
        for pool in &change.pools {
            self.pools
                .entry((pool.project.clone(), pool.name.clone()))
                .or_insert(StoredPool { created_at: pool.created_at, default: false });
            if pool.default {
                let others = self.pools.iter_mut().filter(|((project, _), _)| *project == pool.project);
                for ((_, name), stored) in others {
                    stored.default = *name == pool.name;
                }
            }
        }
        if let Some(pool) = &change.delete_pool {
            self.pools.remove(pool);
        }
        for orphan in &change.orphans {
            self.orphans.insert((orphan.backend.clone(), orphan.handle.clone()), orphan.clone());
        }
        for event in &change.events {
            self.put_event(change, event);
        }
        Ok(self.newest)
    }

    fn check(&self, change: &Change) -> Result<(), CommitError> {
        if let Some(lease) = &change.lease {
            let token = match lease.queue {
                Queue::Runs => self.runs.token(lease.id),
                Queue::Jobs => self.jobs.token(lease.id),
                Queue::Instances => self.instances.token(lease.id),
            };
            if token != Some(lease.token) {
                return Err(CommitError::LeaseLost);
            }
        }
        current(&self.runs, &change.runs)?;
        self.check_names(change)?;
        current(&self.jobs, &change.jobs)?;
        current(&self.instances, &change.instances)?;
        if let Some(id) = change.delete {
            let changed = change.runs.iter().find(|row| row.run.id == id);
            let run = changed.or_else(|| self.runs.get(id.0)).ok_or(CommitError::Stale)?;
            if !run.is_over() {
                return Err(CommitError::Stale);
            }
        }
        if let Some(pool) = &change.delete_pool {
            self.check_pool_delete(change, pool)?;
        }
        self.check_limits(change)
    }

    /// Row after row, since one may give up the name that the next takes.
    fn check_names(&self, change: &Change) -> Result<(), CommitError> {
        let mut taken: BTreeMap<Name, Option<RunId>> = BTreeMap::new();
        for row in &change.runs {
            if row.version == 0 && change.source.is_none() {
                let cause = "it has no text".to_owned();
                return Err(StoreError::Corrupt { what: "run", cause }.into());
            }
            let (name, id) = (name_of(row), row.run.id);
            let holder = taken.get(&name).copied().unwrap_or_else(|| self.active_names.get(&name).copied());
            if row.is_over() {
                if holder == Some(id) {
                    taken.insert(name, None);
                }
            } else if holder.is_some_and(|holder| holder != id) {
                return Err(CommitError::NameTaken);
            } else {
                taken.insert(name, Some(id));
            }
        }
        Ok(())
    }

    fn check_pool_delete(&self, change: &Change, pool: &(String, String)) -> Result<(), CommitError> {
        let (project, name) = pool;
        let mut written = change.pools.iter().filter(|other| other.project == *project);
        let named = written.clone().rev().find(|other| other.default);
        let stored = self.pools.get(pool);
        let exists = stored.is_some() || written.any(|other| other.name == *name);
        let default = match named {
            Some(named) => named.name == *name,
            None => stored.is_some_and(|stored| stored.default),
        };
        let holds = |row: &InstanceRow| {
            row.instance.project == *project && row.instance.pool == *name && !row.is_over()
        };
        let changed: BTreeSet<InstanceId> = change.instances.iter().map(|row| row.instance.id).collect();
        let holds_stored = self.active().any(|row| !changed.contains(&row.instance.id) && holds(row));
        if !exists || default || holds_stored || change.instances.iter().any(holds) {
            return Err(CommitError::Stale);
        }
        Ok(())
    }

    /// Instances that are not terminated, oldest first.
    pub(super) fn active(&self) -> impl Iterator<Item = &InstanceRow> {
        self.active_instances.iter().filter_map(|(_, id)| self.instances.get(*id))
    }

    fn put_run(&mut self, row: &RunRow, source: Option<&Source>, wake: bool) {
        let (id, run) = (row.run.id, &row.run);
        let before = self.runs.put(row, wake);
        match before {
            None => {
                if let Some(source) = source {
                    self.sources.insert(id, source.clone());
                }
                self.arrived += 1;
                self.arrivals.insert(id, self.arrived);
            }
            Some(before) => {
                self.unlist_run(&before);
                if row.is_over()
                    && let Some(source) = self.sources.get_mut(&id)
                {
                    source.variables.clear();
                }
            }
        }
        let arrival = self.arrivals.get(&id).copied().unwrap_or(0);
        self.names.entry(name_of(row)).or_default().insert((run.submitted_at, arrival, id));
        let age = (run.submitted_at, id.0);
        self.runs_by_age.insert(age);
        if row.is_over() {
            self.finished_runs.insert(Reverse(age));
        } else {
            self.active_runs.insert(age);
            self.active_names.insert(name_of(row), id);
        }
    }

    /// Takes a run out of every list.
    fn unlist_run(&mut self, before: &RunRow) {
        let (id, run) = (before.run.id, &before.run);
        let arrival = self.arrivals.get(&id).copied().unwrap_or(0);
        let name = name_of(before);
        if let Some(named) = self.names.get_mut(&name) {
            named.remove(&(run.submitted_at, arrival, id));
            if named.is_empty() {
                self.names.remove(&name);
            }
        }
        if self.active_names.get(&name) == Some(&id) {
            self.active_names.remove(&name);
        }
        let age = (run.submitted_at, id.0);
        self.runs_by_age.remove(&age);
        self.active_runs.remove(&age);
        self.finished_runs.remove(&Reverse(age));
    }

    fn put_job(&mut self, row: &JobRow, wake: bool) {
        if let Some(before) = self.jobs.put(row, wake) {
            self.unlist_job(&before);
        }
        self.jobs_of_run.entry(row.run_id).or_default().insert(row.id);
        if let Some(instance) = row.instance_id {
            self.jobs_on_instance.entry(instance).or_default().insert(row.id);
        }
    }

    fn unlist_job(&mut self, before: &JobRow) {
        let id = before.id;
        if let Some(jobs) = self.jobs_of_run.get_mut(&before.run_id) {
            jobs.remove(&id);
            if jobs.is_empty() {
                self.jobs_of_run.remove(&before.run_id);
            }
        }
        if let Some(instance) = before.instance_id
            && let Some(jobs) = self.jobs_on_instance.get_mut(&instance)
        {
            jobs.remove(&id);
            if jobs.is_empty() {
                self.jobs_on_instance.remove(&instance);
            }
        }
    }

    fn put_instance(&mut self, row: &InstanceRow, wake: bool) {
        let id = row.instance.id.0;
        if let Some(before) = self.instances.put(row, wake) {
            self.active_instances.remove(&(before.instance.created_at, id));
        }
        if !row.is_over() {
            self.active_instances.insert((row.instance.created_at, id));
        }
    }

    fn delete_run(&mut self, id: RunId) {
        if let Some(run) = self.runs.remove(id.0) {
            self.unlist_run(&run);
        }
        self.sources.remove(&id);
        self.arrivals.remove(&id);
        self.active_at.remove(&id);
        let jobs = self.jobs_of_run.get(&id).cloned().unwrap_or_default();
        for job in jobs {
            if let Some(job) = self.jobs.remove(job.0) {
                self.unlist_job(&job);
            }
        }
    }

    /// Gives an event its number. Everything else of the change has been written by now.
    fn put_event(&mut self, change: &Change, new: &NewEvent) {
        self.newest += 1;
        let mut event = new.event.clone();
        event.seq = self.newest;
        let deletes =
            change.delete.is_some() && event.subject == Subject::Run && change.delete == event.run_id;
        let run = match event.subject {
            Subject::Run | Subject::Job if !deletes => {
                event.run_id.and_then(|id| self.runs.get(id.0)).map(|row| row.run.clone())
            }
            _ => None,
        };
        let instance = match event.subject {
            Subject::Instance => {
                event.instance_id.and_then(|id| self.instances.get(id.0)).map(|row| row.instance.clone())
            }
            _ => None,
        };
        if let Some(run) = event.run_id {
            self.events_of_run.entry(run).or_default().insert(self.newest);
        }
        let event = Event { project: project_of(&event, run.as_ref(), instance.as_ref()), ..event };
        let stored = StoredEvent { event, run, instance, deleted_run: change.delete.filter(|_| deletes) };
        self.events.insert(self.newest, Arc::new(stored));
    }

    /// Ends the leases and tasks of whoever `of` says; gives how many leases.
    pub(super) fn end_leases(&mut self, of: impl Fn(&str) -> bool) -> u64 {
        self.tasks.retain(|_, (owner, _)| !of(owner));
        self.runs.end_leases(&of) + self.jobs.end_leases(&of) + self.instances.end_leases(&of)
    }

    pub(super) fn is_active_event(&self, event: &StoredEvent) -> bool {
        let run = event.event.run_id.and_then(|id| self.runs.get(id.0));
        let instance = event.event.instance_id.and_then(|id| self.instances.get(id.0));
        run.is_some_and(|row| !row.is_over())
            || instance.is_some_and(|row| row.instance.status != InstanceStatus::Terminated)
    }
}

/// Whether rows may be written, each at most once.
fn current<T: Row>(table: &Table<T>, rows: &[T]) -> Result<(), CommitError> {
    let mut seen = BTreeSet::new();
    let fresh = rows.iter().all(|row| table.is_current(row) && seen.insert(row.id()));
    if fresh { Ok(()) } else { Err(CommitError::Stale) }
}
