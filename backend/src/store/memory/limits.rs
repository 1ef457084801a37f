//! The ledger and limits in memory.

use berth_shared::{
    api::{InstanceId, RunId},
    limits::month,
    time::Timestamp,
};

use super::state::State;
use crate::store::{
    Change, CommitError, InstanceRow, JobRow, PaidRun, Stretch, Use,
    ledger::{self, Holding, Turn},
    limits::{Move, admit, moment, taking},
};

impl State {
    /// Refuses a change by which somebody would have more than they may.
    pub(super) fn check_limits(&self, change: &Change) -> Result<(), CommitError> {
        if change.crossed.as_ref().is_some_and(|crossing| self.crossed.contains(&crossing.key())) {
            return Err(CommitError::Stale);
        }
        if self.limits.is_empty() {
            return Ok(());
        }
        let owner = |id: RunId| {
            let changed = change.runs.iter().find(|row| row.run.id == id);
            Some(changed.or_else(|| self.runs.get(id.0))?.run.owner.as_str())
        };
        let moves: Vec<Move<'_>> = change
            .instances
            .iter()
            .map(|row| {
                let id = row.instance.id;
                let before = self.instances.get(id.0).map(|before| (before, self.held.get(&id).cloned()));
                Move { before, after: (row, ledger::holding(row, row.instance.run_id.and_then(owner))) }
            })
            .collect();
        for project in taking(&moves) {
            let Some(book) = self.limits.limiting(project) else { continue };
            let mut after = self.spent(project, moment(change));
            let unchanged = |id| !change.instances.iter().any(|row| row.instance.id == id);
            let held = self.held_in(project).filter(|(id, _)| unchanged(*id)).map(|(_, held)| held);
            let here = moves.iter().filter(|step| step.after.0.instance.project == project);
            held.chain(here.filter_map(|step| step.after.1.as_ref())).for_each(|held| after.hold(held));
            admit(&moves, project, book, &after)?;
        }
        Ok(())
    }

    /// Who has the instances of a project.
    fn held_in<'a>(&'a self, project: &'a str) -> impl Iterator<Item = (InstanceId, &'a Holding)> + 'a {
        let held = self.held.iter().map(|(id, held)| (*id, held));
        held.filter(move |(id, _)| {
            self.instances.get(id.0).is_some_and(|row| row.instance.project == project)
        })
    }

    /// Writes up who has an instance and who paid for it; after its jobs and runs.
    pub(super) fn write_up(&mut self, row: &InstanceRow) {
        let id = row.instance.id;
        let owner =
            row.instance.run_id.and_then(|run| self.runs.get(run.0)).map(|run| run.run.owner.as_str());
        match ledger::holding(row, owner) {
            Some(held) => drop(self.held.insert(id, held)),
            None => drop(self.held.remove(&id)),
        }
        let jobs = self.jobs_on_instance.get(&id).into_iter().flatten().copied().chain(row.job_id);
        let jobs: std::collections::BTreeSet<_> = jobs.collect();
        let turns: Vec<Turn> =
            jobs.into_iter().filter_map(|job| self.turn(self.jobs.get(job.0)?, row)).collect();
        let before = self.ledger.remove(&id).unwrap_or_default();
        let after = ledger::derive(row, &before, &turns);
        if !after.is_empty() {
            self.ledger.insert(id, after);
        }
    }

    fn turn(&self, job: &JobRow, row: &InstanceRow) -> Option<Turn> {
        let run = &self.runs.get(job.run_id.0)?.run;
        let paid = PaidRun { job: job.id, id: run.id, name: run.name.clone() };
        let here = job.instance_id == Some(row.instance.id);
        Some(Turn {
            run: paid,
            owner: run.owner.clone(),
            placed_at: job.placed_at.filter(|_| here),
            released_at: job.released_at.filter(|_| here),
        })
    }

    /// What everybody has spent in a project in the month of this moment.
    fn spent(&self, project: &str, now: Timestamp) -> Use {
        let mut spent = Use::default();
        for stretch in self.stretches(project, month(now).0, now) {
            spent.spend(&stretch.person, stretch.cost(month(now).0, now));
        }
        spent
    }

    pub(super) fn used(&self, project: &str, now: Timestamp) -> Use {
        let mut used = self.spent(project, now);
        self.held_in(project).for_each(|(_, held)| used.hold(held));
        used
    }

    pub(super) fn stretches(&self, project: &str, from: Timestamp, until: Timestamp) -> Vec<Stretch> {
        let part = |stretch: &&Stretch| {
            stretch.project == project && stretch.from < until && stretch.to.is_none_or(|to| to > from)
        };
        let mut found: Vec<Stretch> = self.ledger.values().flatten().filter(part).cloned().collect();
        found.sort_by_key(|stretch| (stretch.from, stretch.instance));
        found
    }
}
