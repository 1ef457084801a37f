//! Reading.

use std::{cmp::Reverse, ops::Bound};

use berth_shared::{
    api::{
        Allocation, EventSeq, Instance, InstanceId, InstanceStatus, JobId, Orphan, Pool, Run, RunDetail,
        RunId, RunStatus, SNAPSHOT_FINISHED,
    },
    time::Timestamp,
};
use uuid::Uuid;

use super::state::{State, StoredPool};
use crate::store::{GONE_ORPHANS, InstanceRow, JobRow, KEPT_EVENTS, Snapshot, StoredEvent, Whole};

impl State {
    pub(super) fn whole(&self, run: RunId) -> Option<Whole> {
        let run = self.runs.get(run.0)?;
        let job = self.jobs.get(run.job_id.0)?;
        let instance = job.instance_id.and_then(|id| self.instances.get(id.0));
        Some(Whole { run: run.clone(), job: job.clone(), instance: instance.cloned() })
    }

    pub(super) fn whole_of_job(&self, job: JobId) -> Option<Whole> {
        let run = self.jobs.get(job.0)?.run_id;
        self.whole(run).filter(|whole| whole.job.id == job)
    }

    pub(super) fn instance(&self, id: InstanceId) -> Option<(InstanceRow, Option<JobRow>)> {
        let instance = self.instances.get(id.0)?;
        let job = instance.job_id.and_then(|job| self.jobs.get(job.0));
        Some((instance.clone(), job.cloned()))
    }

    pub(super) fn newest_of_name(&self, project: &str, name: &str) -> Option<RunId> {
        let name = (project.to_owned(), name.to_owned());
        let active = self.active_names.get(&name).copied();
        active.or_else(|| self.names.get(&name)?.last().map(|(_, _, id)| *id))
    }

    /// Those of these runs that are a project's.
    fn of_project<'a>(
        &'a self,
        project: &'a str,
        ids: impl Iterator<Item = Uuid> + 'a,
    ) -> impl Iterator<Item = &'a Run> + 'a {
        ids.filter_map(|id| self.runs.get(id)).map(|row| &row.run).filter(move |run| run.project == project)
    }

    /// A project's instances that are not terminated, oldest first.
    fn active_of<'a>(&'a self, project: &'a str) -> impl Iterator<Item = &'a InstanceRow> + 'a {
        self.active().filter(move |row| row.instance.project == project)
    }

    pub(super) fn runs(
        &self,
        project: &str,
        active: bool,
        before: Option<(Timestamp, RunId)>,
        limit: u32,
    ) -> Vec<Run> {
        let end = before.map_or(Bound::Unbounded, |(at, id)| Bound::Excluded((at, id.0)));
        let ages = if active { &self.active_runs } else { &self.runs_by_age };
        let newest = ages.range((Bound::Unbounded, end)).rev();
        self.of_project(project, newest.map(|(_, id)| *id)).take(limit as usize).cloned().collect()
    }

    pub(super) fn instances(
        &self,
        project: &str,
        after: Option<(Timestamp, InstanceId)>,
        limit: u32,
    ) -> Vec<Instance> {
        let later =
            |row: &&InstanceRow| after.is_none_or(|after| (row.instance.created_at, row.instance.id) > after);
        self.active_of(project).filter(later).take(limit as usize).map(|row| row.instance.clone()).collect()
    }

    pub(super) fn inactive_runs(&self, before: Timestamp) -> Vec<Run> {
        let active = self.active_runs.iter().filter_map(|(_, id)| self.runs.get(*id)).map(|row| &row.run);
        active.filter(|run| run.inactive_at.is_some_and(|at| at <= before)).cloned().collect()
    }

    pub(super) fn in_front(&self, project: &str, above: i64, limit: u32) -> Vec<Run> {
        let active = self.active_runs.iter().filter_map(|(_, id)| self.runs.get(*id)).map(|row| &row.run);
        let waits = |run: &&Run| {
            matches!(run.status, RunStatus::Submitted | RunStatus::Pending)
                && run.due_at.is_none()
                && run.project == project
                && run.priority > above
        };
        let mut runs: Vec<Run> = active.filter(waits).cloned().collect();
        runs.sort_by_key(|run| (Reverse(run.priority), run.submitted_at));
        runs.truncate(limit as usize);
        runs
    }

    pub(super) fn pool_instances(&self, project: &str, pool: &str, limit: u32) -> Vec<Instance> {
        let of_pool = self.active_of(project).filter(|row| row.instance.pool == pool);
        of_pool.take(limit as usize).map(|row| row.instance.clone()).collect()
    }

    pub(super) fn default_pool(&self, project: &str) -> Option<String> {
        let default = self.pools_of(project).find(|(_, pool)| pool.default);
        default.map(|(name, _)| name.to_owned())
    }

    pub(super) fn idle_instances(&self, project: &str, pool: &str) -> Vec<InstanceRow> {
        let idle =
            |row: &&InstanceRow| row.instance.status == InstanceStatus::Idle && row.instance.pool == pool;
        self.active_of(project).filter(idle).cloned().collect()
    }

    pub(super) fn held(&self, backend: &str) -> Vec<Allocation> {
        let of_backend = self.active().filter(|row| row.instance.offer.backend == backend);
        of_backend.filter_map(|row| row.instance.allocation.clone()).collect()
    }

    fn pools_of<'a>(&'a self, project: &'a str) -> impl Iterator<Item = (&'a str, &'a StoredPool)> + 'a {
        let of_project = self.pools.iter().filter(move |((of, _), _)| of == project);
        of_project.map(|((_, name), pool)| (name.as_str(), pool))
    }

    pub(super) fn pools(&self, project: &str) -> Vec<Pool> {
        let count = |name: &str, which: fn(InstanceStatus) -> bool| {
            let of_pool = self.active_of(project).filter(|row| row.instance.pool == name);
            of_pool.filter(|row| which(row.instance.status)).count() as u64
        };
        let pools = self.pools_of(project).map(|(name, pool)| Pool {
            name: name.to_owned(),
            project: project.to_owned(),
            default: pool.default,
            created_at: pool.created_at,
            instances: count(name, |_| true),
            idle: count(name, |status| status == InstanceStatus::Idle),
        });
        pools.collect()
    }

    pub(super) fn orphans(&self) -> Vec<Orphan> {
        let mut all: Vec<&Orphan> = self.orphans.values().collect();
        all.sort_by(|a, b| b.found_at.cmp(&a.found_at).then_with(|| a.handle.cmp(&b.handle)));
        let mut gone = 0;
        all.retain(|orphan| {
            gone += u32::from(orphan.gone_at.is_some());
            orphan.gone_at.is_none() || gone <= GONE_ORPHANS
        });
        all.into_iter().cloned().collect()
    }

    pub(super) fn forget_events(&mut self, before: Timestamp, limit: u32) -> u64 {
        let last = self.newest.saturating_sub(KEPT_EVENTS);
        let old = self.events.range(..=last).take_while(|(_, stored)| stored.event.at < before);
        let old = old.filter(|(_, stored)| !self.is_active_event(stored)).take(limit as usize);
        let forgotten: Vec<(EventSeq, Option<RunId>)> =
            old.map(|(seq, stored)| (*seq, stored.event.run_id)).collect();
        for (seq, run) in &forgotten {
            self.events.remove(seq);
            if let Some(run) = run
                && let Some(events) = self.events_of_run.get_mut(run)
            {
                events.remove(seq);
                if events.is_empty() {
                    self.events_of_run.remove(run);
                }
            }
        }
        forgotten.len() as u64
    }

    pub(super) fn detail(&self, run: RunId) -> Option<RunDetail> {
        let configuration = self.sources.get(&run)?.text.clone();
        let events = self.events_of_run.get(&run).into_iter().flatten();
        let events = events.filter_map(|seq| self.events.get(seq)).map(|stored| stored.event.clone());
        Some(RunDetail {
            seq: self.newest,
            run: self.runs.get(run.0)?.run.clone(),
            configuration,
            events: events.collect(),
        })
    }

    pub(super) fn events_after(&self, seq: EventSeq, limit: u32) -> Vec<StoredEvent> {
        let after = self.events.range((Bound::Excluded(seq), Bound::Unbounded));
        after.take(limit as usize).map(|(_, stored)| StoredEvent::clone(stored)).collect()
    }

    pub(super) fn snapshot(&self, project: &str, now: Timestamp) -> Snapshot {
        let finished = self.of_project(project, self.finished_runs.iter().map(|age| age.0.1));
        let active = self.of_project(project, self.active_runs.iter().map(|(_, id)| *id));
        let mut runs: Vec<Run> = active.chain(finished.take(SNAPSHOT_FINISHED as usize)).cloned().collect();
        runs.sort_unstable_by_key(|run| Reverse((run.submitted_at, run.id)));
        Snapshot {
            seq: self.newest,
            runs,
            instances: self.active_of(project).map(|row| row.instance.clone()).collect(),
            at: now,
        }
    }
}
