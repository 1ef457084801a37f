//! Who works in runs. Each process notes in the database whom it lets in, and whichever decides about a run looks there.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use berth_shared::{
    api::{KeepRun, Run, RunId, RunStatus},
    time::Timestamp,
};

use super::{
    Service, ServiceError,
    core::Core,
    keeping::KEEP_MOST,
    machine::{Activity, inactivity, run},
    passes,
    service::{ATTEMPTS, find, whole},
};
use crate::store::{Change, CommitError, JobRow, Queue};

/// How many runs a process remembers whom it let into; beyond that it begins anew, and asks the database.
const REMEMBERED: usize = 4096;

/// After how long it is tried again when the database does not answer.
const AGAIN: Duration = Duration::from_secs(1);

/// What this process has noted.
#[derive(Debug, Default)]
pub(super) struct Noted(Mutex<HashMap<RunId, Known>>);

/// What is known of a run.
#[derive(Clone, Copy, Debug)]
struct Known {
    /// After how many seconds without anybody it is stopped; `None` = it is not.
    limit: Option<i64>,
    noted_at: Option<Timestamp>,
}

impl Noted {
    fn with<T>(&self, work: impl FnOnce(&mut HashMap<RunId, Known>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn limit(&self, run: RunId) -> Option<Option<i64>> {
        self.with(|all| all.get(&run).map(|known| known.limit))
    }

    fn learn(&self, run: RunId, limit: Option<i64>) {
        self.with(|all| {
            if all.len() >= REMEMBERED {
                all.clear();
            }
            all.insert(run, Known { limit, noted_at: None });
        });
    }

    /// Claims to note that somebody is in a run now, unless that was done less than `period` milliseconds ago: gives when it was
    /// done before.
    fn claim(&self, run: RunId, now: Timestamp, period: i64) -> Option<Option<Timestamp>> {
        self.with(|all| {
            let known = all.get_mut(&run)?;
            let fresh = known.noted_at.is_some_and(|at| (0..period).contains(&now.0.saturating_sub(at.0)));
            (!fresh).then(|| known.noted_at.replace(now))
        })
    }

    fn forget(&self, run: RunId) {
        self.with(|all| all.remove(&run));
    }
}

/// Who works in a job's run; `None` where nothing depends on it, and when the database does not say.
pub(super) async fn of(core: &Core, job: &JobRow) -> Option<Activity> {
    job.inactivity?;
    match core.storage.active_at(job.run_id).await {
        Ok(active_at) => Some(Activity { active_at, watched_since: core.watched_since() }),
        Err(error) => {
            tracing::warn!(run = %job.run_id, %error, "it is not known who works in a run; nothing stops it for that");
            core.missed();
            None
        }
    }
}

impl Service {
    /// Notes that somebody works in a run at this moment, unless that was done just before. Gives after how long it is to be noted
    /// again while they do; `None` where nothing depends on it.
    pub async fn seen(&self, id: RunId) -> Option<Duration> {
        self.note(id, |period| period * 900).await
    }

    /// Notes that somebody has worked in a run until this moment.
    pub async fn left(&self, id: RunId) {
        self.note(id, |_| 200).await;
    }

    /// Notes that somebody is there, unless that was done within as many milliseconds as `fresh` makes of the run's period.
    async fn note(&self, id: RunId, fresh: impl FnOnce(i64) -> i64) -> Option<Duration> {
        let core = self.core();
        let limit = match core.noted.limit(id) {
            Some(limit) => limit?,
            None => match core.storage.whole(id).await {
                Ok(whole) => {
                    let limit = whole?.run.run.inactivity_seconds;
                    core.noted.learn(id, limit);
                    limit?
                }
                Err(_) => return Some(AGAIN),
            },
        };
        let now = core.now();
        let period = inactivity::period(limit);
        let Some(before) = core.noted.claim(id, now, fresh(period)) else { return Some(seconds(period)) };
        if let Err(error) = core.storage.touch(id, now).await {
            tracing::warn!(run = %id, %error, "it could not be noted that somebody works in a run");
            core.noted.forget(id);
            core.missed();
            return Some(AGAIN);
        }
        // What shows that nobody is there is to show it no more.
        let new = before.is_none_or(|before| now >= before.plus_seconds(inactivity::presence(limit)));
        if new && let Ok(Some(whole)) = core.storage.whole(id).await {
            let wakes = vec![(Queue::Jobs, whole.job.id.0)];
            let _ = core.commit(&Change { wakes, ..Change::default() }).await;
        }
        Some(seconds(period))
    }

    /// Has a run that is stopped for want of somebody wait for longer: it is as if somebody worked in it for so many seconds from
    /// now on.
    ///
    /// # Errors
    /// [`ServiceError::KeepTooLong`]; [`ServiceError::RunNotFound`]; [`ServiceError::RunNotRunning`]; [`ServiceError::RunFinished`];
    /// [`ServiceError::NoInactivityLimit`] when nothing of that kind stops it.
    pub async fn keep_run(&self, actor: &str, name: &str, request: KeepRun) -> Result<Run, ServiceError> {
        if !(1..=KEEP_MOST).contains(&request.seconds) {
            return Err(ServiceError::KeepTooLong(request.seconds));
        }
        let (core, actor) = (Arc::clone(self.shared()), actor.to_owned());
        let id = self.id_of(name).await?;
        whole(async move { keep(&core, &actor, id, request.seconds).await }).await
    }
}

async fn keep(core: &Core, actor: &str, id: RunId, seconds: i64) -> Result<Run, ServiceError> {
    for _ in 0..ATTEMPTS {
        let before = find(core, id).await?;
        let (name, status) = (before.run.run.name.clone(), before.run.run.status);
        if before.run.run.inactivity_seconds.is_none() {
            return Err(ServiceError::NoInactivityLimit(name));
        }
        if status.is_finished() {
            return Err(ServiceError::RunFinished { name, status });
        }
        if status != RunStatus::Running {
            let detail = "what does not run is not stopped for want of somebody".to_owned();
            return Err(ServiceError::RunNotRunning { name, status, detail });
        }
        let active_at = core.storage.active_at(id).await?;
        let now = core.now();
        let until = now.plus_seconds(seconds);
        if before.job.kept_until.is_some_and(|kept| kept >= until) {
            return Ok(before.run.run);
        }
        let mut job = JobRow { kept_until: Some(until), ..before.job.clone() };
        let activity = Activity { active_at, watched_since: core.watched_since() };
        job.inactive_at = inactivity::of(&job, Some(activity), now).and_then(|quiet| quiet.stops_at);
        let input = run::Input { job: &job, instance: before.instance.as_ref(), roll: core.roll() };
        let mut next = run::step(&before.run, input, now);
        next.message = Some(format!("`{actor}` keeps it for longer"));
        let after = next.row.run.clone();
        let mut change = Change::default();
        passes::add_run(core, &mut change, &before, next, job, Some(actor), now);
        match core.commit(&change).await {
            Ok(()) => return Ok(after),
            Err(CommitError::Stale) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ServiceError::Unavailable(format!("run `{id}` changes too fast to be kept; try again")))
}

fn seconds(seconds: i64) -> Duration {
    Duration::from_secs(u64::try_from(seconds).unwrap_or(1))
}
