//! Passes: what is done with one leased row. Look, decide, write, carry out; again until nothing changes.

use std::sync::Arc;

use berth_shared::{
    api::{InstanceId, InstanceStatus, JobId, JobStatus, RunId, UsageHistory},
    time::Timestamp,
};

use super::{
    activity,
    core::Core,
    deliver, events, limits,
    machine::{self, Failure, instance, job, run, utilization},
    placement, references, settings, variables,
};
use crate::{
    failpoint,
    provider::Environment,
    store::{Change, CommitError, InstanceRow, JobDesired, JobRow, Lease, Queue, RunRow, Whole},
};

/// How long after a look the next one is, when nobody says anything in between, in seconds; while something is under way.
const POLL_SOON: i64 = 1;
/// The same after the database failed, and where there is no provider to say how often.
const POLL: i64 = 5;
/// How often one pass looks at its row; a row that still changes then waits for its next turn.
const ROUNDS: usize = 32;

/// When the row is due again; `None` = when it is woken.
pub(super) type Due = Option<Timestamp>;

/// What is done with one leased row. Gives when it is due again; `None` = the lease has gone to somebody else.
pub(super) async fn pass(core: &Core, lease: &Lease) -> Option<Due> {
    let begun = tokio::time::Instant::now();
    let due = match lease.queue {
        Queue::Runs => run_pass(core, lease, RunId(lease.id)).await,
        Queue::Jobs => job_pass(core, lease, JobId(lease.id)).await,
        Queue::Instances => instance_pass(core, lease, InstanceId(lease.id)).await,
    };
    let outcome = match &due {
        Ok(_) => "ok",
        Err(CommitError::LeaseLost) => "lease-lost",
        Err(_) => "failed",
    };
    core.meters.passed(lease.queue, outcome, begun.elapsed().as_secs_f64());
    match due {
        Ok(due) => Some(due),
        Err(CommitError::LeaseLost) => None,
        Err(error) => {
            tracing::error!(queue = lease.queue.as_str(), id = %lease.id, %error, "a pass failed");
            Some(Some(core.now().plus_seconds(POLL)))
        }
    }
}

/// When to look again: soon after a failure, soon while things move, else as often as the backend wants; a random tenth
/// of that less, so that many rows do not come in step.
fn due(core: &Core, now: Timestamp, failures: u32, steady: Option<&str>, timer: Due) -> Due {
    let millis = match steady {
        _ if failures > 0 => machine::backoff(failures, core.roll()),
        Some(backend) => {
            let poll = core.provider(backend).map_or(POLL, |provider| provider.poll_seconds());
            (poll as f64 * 1000.0 * (1.0 - core.roll() / 10.0)) as i64
        }
        None => POLL_SOON * 1000,
    };
    let poll = Timestamp(now.0.saturating_add(millis));
    Some(timer.map_or(poll, |timer| timer.min(poll)))
}

async fn run_pass(core: &Core, lease: &Lease, id: RunId) -> Result<Due, CommitError> {
    for _ in 0..ROUNDS {
        let Some(whole) = core.storage.whole(id).await? else { return Ok(None) };
        let now = core.now();
        let input = run::Input { job: &whole.job, instance: whole.instance.as_ref(), roll: core.roll() };
        let next = run::step(&whole.run, input, now);
        if next.row == whole.run && next.effects.is_empty() {
            return Ok(next.due);
        }
        let mut change = Change { lease: Some(lease.clone()), ..Change::default() };
        add_run(core, &mut change, &whole, next, whole.job.clone(), None, now);
        match core.commit(&change).await {
            Ok(()) | Err(CommitError::Stale) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Some(core.now().plus_seconds(POLL_SOON)))
}

/// Adds a run's step to a change, with what it does to its job. `job` is the job as the change leaves it.
pub(super) fn add_run(
    core: &Core,
    change: &mut Change,
    whole: &Whole,
    next: machine::Step<RunRow, run::Effect>,
    mut job: JobRow,
    actor: Option<&str>,
    now: Timestamp,
) {
    let mut row = next.row;
    let mut told = Vec::new();
    for effect in next.effects {
        match effect {
            run::Effect::EndJob { reason, force } => {
                let forced = matches!(job.desired, JobDesired::Ended { force: true, .. });
                job.desired = JobDesired::Ended { reason, force: force || forced };
            }
            run::Effect::Resubmit => {
                core.meters.retried(whole.job.reason.map_or("none", |reason| reason.as_str()));
                let again = new_job(JobId(core.new_id()), &row, now);
                row.job_id = again.id;
                told.extend(events::job(None, &again, Some(format!("attempt {}", row.run.attempts)), now));
                change.jobs.push(again);
            }
        }
    }
    if job != whole.job {
        change.jobs.push(job);
    }
    if row != whole.run {
        change.events.extend(events::run(Some(&whole.run), &row, next.message, actor, now));
        change.runs.push(row);
    }
    change.events.extend(told);
}

/// A fresh attempt of a run.
pub(super) fn new_job(id: JobId, run: &RunRow, now: Timestamp) -> JobRow {
    JobRow {
        version: 0,
        id,
        run_id: run.run.id,
        status: JobStatus::Submitted,
        status_since: now,
        desired: JobDesired::Running,
        reason: None,
        message: None,
        progress: None,
        started_at: None,
        commit: None,
        max_duration: run.max_duration,
        stop_seconds: run.stop_seconds,
        inactivity: run.run.inactivity_seconds,
        utilization: run.utilization,
        kept_until: None,
        inactive_at: None,
        instance_id: None,
        backend: None,
        placed_at: None,
        released_at: None,
        tried: Vec::new(),
        ending: crate::store::Ending::default(),
        failures: 0,
        failing_since: None,
    }
}

async fn job_pass(core: &Core, lease: &Lease, id: JobId) -> Result<Due, CommitError> {
    let mut sight = None;
    for _ in 0..ROUNDS {
        let Some(whole) = core.storage.whole_of_job(id).await? else { return Ok(None) };
        if whole.job.status.is_finished() {
            return Ok(None);
        }
        let seen = match sight.take() {
            Some(seen) => seen,
            None => look(core, &whole).await,
        };
        let activity = activity::of(core, &whole.job).await;
        let usage = usage(core, &whole).await;
        let now = core.now();
        let failed = matches!(seen, job::Sight::Failed(_));
        let input =
            job::Input { instance: whole.instance.as_ref(), sight: seen, activity, usage: usage.as_ref() };
        let next = job::step(&whole.job, &input, now);
        if next.row != whole.job {
            let mut change = Change { lease: Some(lease.clone()), ..Change::default() };
            change.events.extend(events::job(Some(&whole.job), &next.row, next.message.clone(), now));
            let input = run::Input { job: &next.row, instance: whole.instance.as_ref(), roll: core.roll() };
            let run = run::step(&whole.run, input, now);
            let finished = next.row.status.is_finished();
            if let Some(instance) = &whole.instance
                && job::needs_instance(&whole.job) != job::needs_instance(&next.row)
            {
                change.wakes.push((Queue::Instances, instance.instance.id.0));
            }
            add_run(core, &mut change, &whole, run, next.row.clone(), None, now);
            match core.commit(&change).await {
                Ok(()) => {}
                Err(CommitError::Stale) => continue,
                Err(error) => return Err(error),
            }
            if finished {
                return Ok(None);
            }
        }
        let Some(effect) = next.effects.first() else {
            // What has failed is not tried again at once.
            if next.row != whole.job && !(failed && next.row.status == whole.job.status) {
                continue;
            }
            let running = next.row.status == JobStatus::Running;
            let steady = next.row.backend.as_deref().filter(|_| running);
            return Ok(due(core, now, next.row.failures, steady, next.due));
        };
        // The row was written; effects work on it as it is now.
        let whole = Whole {
            job: JobRow { version: whole.job.version + u64::from(next.row != whole.job), ..next.row },
            ..whole
        };
        sight = match carry_out(core, &whole, lease, *effect).await {
            Ok(sight) => Some(sight),
            Err(CommitError::Stale) => None,
            Err(error) => return Err(error),
        };
        if sight == Some(job::Sight::Did(job::Effect::Place)) {
            sight = None;
        }
    }
    Ok(Some(core.now().plus_seconds(POLL_SOON)))
}

/// How the job is, when there is somebody to ask.
async fn look(core: &Core, whole: &Whole) -> job::Sight {
    let asked = matches!(whole.job.status, JobStatus::Pulling | JobStatus::Running | JobStatus::Terminating);
    let Some(instance) = whole.instance.as_ref().filter(|_| asked && job::needs_instance(&whole.job)) else {
        return job::Sight::Unseen;
    };
    if instance.instance.status != InstanceStatus::Busy {
        return job::Sight::Unseen;
    }
    let seen = match environment(core, instance).await {
        Ok(environment) => {
            core.call(&instance.instance.offer.backend, "observe-job", environment.observe()).await
        }
        Err(failure) => Err(failure),
    };
    seen.map_or_else(job::Sight::Failed, job::Sight::Seen)
}

/// What the job used, where its end depends on that; `None` when nobody says.
async fn usage(core: &Core, whole: &Whole) -> Option<UsageHistory> {
    let policy = whole.job.utilization.filter(|_| whole.job.status == JobStatus::Running)?;
    let instance = whole.instance.as_ref()?;
    if instance.instance.status != InstanceStatus::Busy || !utilization::may_be_over(&whole.job, core.now()) {
        return None;
    }
    let environment = environment(core, instance).await.ok()?;
    let span = utilization::span(policy);
    core.call(&instance.instance.offer.backend, "usage", environment.usage(span)).await.ok()
}

pub(super) async fn environment(
    core: &Core,
    instance: &InstanceRow,
) -> Result<Arc<dyn Environment>, Failure> {
    let backend = &instance.instance.offer.backend;
    core.call(backend, "environment", core.provider(backend)?.environment(instance.instance.id)).await
}

async fn carry_out(
    core: &Core,
    whole: &Whole,
    lease: &Lease,
    effect: job::Effect,
) -> Result<job::Sight, CommitError> {
    if effect == job::Effect::Place {
        // The run may have moved on with the job; placement reads both anew.
        let Some(whole) = core.storage.whole_of_job(whole.job.id).await? else {
            return Err(CommitError::Stale);
        };
        return if whole.job.status == JobStatus::Submitted && whole.job.desired == JobDesired::Running {
            placement::place(core, &whole, lease).await
        } else {
            Err(CommitError::Stale)
        };
    }
    let Some(instance) = &whole.instance else { return Err(CommitError::Stale) };
    let backend = &instance.instance.offer.backend;
    let environment = match environment(core, instance).await {
        Ok(environment) => environment,
        Err(failure) => return Ok(job::Sight::Failed(failure)),
    };
    let done = match effect {
        job::Effect::Place => Ok(()),
        job::Effect::Start => {
            let run = whole.run.run.id;
            let Some(mut source) = core.storage.source(run).await? else {
                return Err(CommitError::Stale);
            };
            source.variables = match variables::opened(core, run, &source.variables) {
                Ok(values) => values,
                Err(failure) => return Ok(job::Sight::Failed(failure)),
            };
            let (project, configuration) = (&whole.run.run.project, &source.model.configuration);
            // The last moment at which a leave that was taken back can be heeded.
            if let Some(note) = settings::forbidden(core, project, configuration).await? {
                return Ok(job::Sight::Failed(Failure::Permanent(note.message)));
            }
            let mut spec =
                placement::job_spec(&whole.run, &whole.job, instance.turns, &source, core.entrance.as_ref());
            if let Err(failure) = references::put(core, project, configuration, &mut spec).await {
                return Ok(job::Sight::Failed(failure));
            }
            core.call(backend, "start", environment.start(&spec)).await
        }
        job::Effect::Deliver => deliver::deliver(core, whole, environment.as_ref()).await,
        job::Effect::Stop { grace } => core.call(backend, "stop", environment.stop(grace)).await,
        job::Effect::Keep => {
            failpoint::reach(&["call", "keep", "before"]);
            let kept = core.archive.keep(whole.run.run.id, environment.as_ref()).await;
            failpoint::reach(&["call", "keep", "after"]);
            kept.map_err(|e| Failure::Temporary(e.to_string()))
        }
    };
    Ok(done.map_or_else(job::Sight::Failed, |()| job::Sight::Did(effect)))
}

async fn instance_pass(core: &Core, lease: &Lease, id: InstanceId) -> Result<Due, CommitError> {
    let mut sight = None;
    for _ in 0..ROUNDS {
        let Some((row, job)) = core.storage.instance(id).await? else { return Ok(None) };
        if row.instance.status == InstanceStatus::Terminated {
            return Ok(None);
        }
        let backend = row.instance.offer.backend.clone();
        let provider = core.provider(&backend);
        let unplaced = row.order.as_ref().is_some_and(|order| !order.placed);
        let seen = match (sight.take(), &provider) {
            (Some(seen), _) => seen,
            (None, _) if unplaced => instance::Sight::Unseen,
            (None, Ok(provider)) => core
                .call(&backend, "observe", provider.observe(id))
                .await
                .map_or_else(instance::Sight::Failed, instance::Sight::Seen),
            (None, Err(failure)) => instance::Sight::Failed(failure.clone()),
        };
        let now = core.now();
        let wanted = job.as_ref().is_some_and(|job| job.instance_id == Some(id) && job::needs_instance(job));
        let lag = provider.as_ref().map_or(0, |provider| provider.lag_seconds());
        let failed = matches!(seen, instance::Sight::Failed(_));
        let status = row.instance.status;
        let next =
            instance::step(&row, &instance::Input { wanted, sight: seen, roll: core.roll(), lag }, now);
        let changed = next.row != row;
        if changed {
            let mut change = Change { lease: Some(lease.clone()), ..Change::default() };
            change.events.extend(events::instance(Some(&row), &next.row, next.message.clone(), now));
            if let Some(job) = &job {
                change.wakes.push((Queue::Jobs, job.id.0));
            }
            change.instances.push(next.row.clone());
            let told_of_it = change.events.len();
            if next.effects.contains(&instance::Effect::Replace)
                && let Some(another) = machine::order::successor(&next.row, InstanceId(core.new_id()), now)
            {
                let told = "tries the next offer in the stead of one that could not be had".to_owned();
                change.events.extend(events::instance(None, &another, Some(told), now));
                change.instances.push(another);
            }
            let mut written = core.commit(&change).await;
            if let Err(CommitError::Limit(notes)) = written {
                // There is no room for another, but for its end there is.
                let told = format!("no other is tried in its stead: {}", limits::sentences(&notes));
                change.instances.truncate(1);
                change.events.truncate(told_of_it);
                change.events.extend(events::instance(Some(&next.row), &next.row, Some(told), now));
                written = core.commit(&change).await;
            }
            match written {
                Ok(()) => {}
                Err(CommitError::Stale) => continue,
                Err(error) => return Err(error),
            }
        }
        match (next.effects.first(), provider) {
            (Some(instance::Effect::Replace), _) => return Ok(None),
            (Some(instance::Effect::Place), _) => {
                // The row was written; placement works on it as it is now.
                let version = row.version + u64::from(changed);
                let placed = placement::place_order(core, &InstanceRow { version, ..next.row }, lease).await;
                sight = match placed {
                    Ok(instance::Sight::Did(_)) | Err(CommitError::Stale) => None,
                    Ok(sight) => Some(sight),
                    Err(error) => return Err(error),
                };
            }
            (Some(effect), Ok(provider)) => {
                let done = match effect {
                    instance::Effect::Create => {
                        core.call(&backend, "create", provider.create(&row.request)).await
                    }
                    _ => core.call(&backend, "terminate", provider.terminate(id)).await,
                };
                sight = Some(done.map_or_else(instance::Sight::Failed, |()| instance::Sight::Did(*effect)));
            }
            // What has failed is not tried again at once.
            _ if changed && !(failed && next.row.instance.status == status) => {}
            _ => {
                let steady = matches!(next.row.instance.status, InstanceStatus::Busy | InstanceStatus::Idle);
                let steady = Some(backend.as_str()).filter(|_| steady);
                return Ok(due(core, now, next.row.failures, steady, next.due));
            }
        }
    }
    Ok(Some(core.now().plus_seconds(POLL_SOON)))
}
