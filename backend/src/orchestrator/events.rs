//! Events: what is told about a change of rows.

use berth_shared::{
    api::{ChangeSettings, Event, Limits, Orphan, Subject},
    limits::{self, Level},
    time::Timestamp,
};

use super::facts;
use crate::store::{Change, InstanceRow, JobRow, LimitsOf, NewEvent, RunRow};

fn event(at: Timestamp, subject: Subject, message: String, actor: Option<&str>) -> Event {
    Event {
        seq: 0,
        at,
        subject,
        run_id: None,
        instance_id: None,
        from: None,
        to: None,
        reason: None,
        message,
        actor: actor.map(str::to_owned),
        project: None,
        offered: None,
    }
}

/// The words of a transition, when it is one.
fn transition<S: PartialEq + ToString>(before: Option<S>, after: S) -> (Option<String>, Option<String>) {
    match before {
        Some(before) if before == after => (None, None),
        before => (before.map(|s| s.to_string()), Some(after.to_string())),
    }
}

/// About a run; `None` when there is nothing to tell.
pub(super) fn run(
    before: Option<&RunRow>,
    after: &RunRow,
    message: Option<String>,
    actor: Option<&str>,
    now: Timestamp,
) -> Option<NewEvent> {
    let (from, to) = transition(before.map(|row| row.run.status), after.run.status);
    // What the job's own event does not bring to the page.
    let learnt = before.and_then(|before| facts::of_run(&before.run, &after.run, now));
    if to.is_none() && message.is_none() && learnt.is_none() {
        return None;
    }
    let message = message.or(learnt).unwrap_or_default();
    Some(NewEvent {
        event: Event {
            run_id: Some(after.run.id),
            instance_id: after.run.instance_id,
            from,
            to,
            reason: after.run.reason.map(|reason| reason.to_string()),
            ..event(now, Subject::Run, message, actor)
        },
    })
}

/// About a job; `None` when there is nothing to tell.
pub(super) fn job(
    before: Option<&JobRow>,
    after: &JobRow,
    message: Option<String>,
    now: Timestamp,
) -> Option<NewEvent> {
    let (from, to) = transition(before.map(|row| row.status), after.status);
    if to.is_none() && message.is_none() {
        return None;
    }
    Some(NewEvent {
        event: Event {
            run_id: Some(after.run_id),
            instance_id: after.instance_id,
            from,
            to,
            reason: after.reason.map(|reason| reason.to_string()),
            ..event(now, Subject::Job, message.unwrap_or_default(), None)
        },
    })
}

/// About an instance; `None` when there is nothing to tell.
pub(super) fn instance(
    before: Option<&InstanceRow>,
    after: &InstanceRow,
    message: Option<String>,
    now: Timestamp,
) -> Option<NewEvent> {
    instance_by(before, after, message, None, now)
}

/// About an instance that somebody has done something with; `None` when there is nothing to tell.
pub(super) fn instance_by(
    before: Option<&InstanceRow>,
    after: &InstanceRow,
    message: Option<String>,
    actor: Option<&str>,
    now: Timestamp,
) -> Option<NewEvent> {
    let (from, to) = transition(before.map(|row| row.instance.status), after.instance.status);
    let learnt = before.and_then(|before| facts::of_instance(&before.instance, &after.instance, now));
    if to.is_none() && message.is_none() && learnt.is_none() {
        return None;
    }
    let message = message.or(learnt).unwrap_or_default();
    Some(NewEvent {
        event: Event {
            // The run that it was made for, even when that has left it.
            run_id: after.instance.run_id.or_else(|| before.and_then(|before| before.instance.run_id)),
            instance_id: Some(after.instance.id),
            from,
            to,
            ..event(now, Subject::Instance, message, actor)
        },
    })
}

/// About something that only its provider knows.
pub(super) fn orphan(orphan: &Orphan, told: &str, now: Timestamp) -> NewEvent {
    let what = orphan.name.as_deref().unwrap_or(&orphan.handle);
    let message = format!("`{what}` on `{}` {told}", orphan.backend);
    NewEvent { event: Event { instance_id: Some(orphan.id), ..event(now, Subject::Instance, message, None) } }
}

/// About a pool.
pub(super) fn pool(message: String, actor: &str, now: Timestamp) -> NewEvent {
    NewEvent { event: event(now, Subject::Pool, message, Some(actor)) }
}

/// Limits that somebody has set, or taken away.
pub(super) fn limits_set(of: &LimitsOf, set: Option<&Limits>, actor: &str, now: Timestamp) -> NewEvent {
    let whose = match of {
        LimitsOf::Project => "the project".to_owned(),
        LimitsOf::Everybody => "everybody".to_owned(),
        LimitsOf::Person(name) => format!("`{name}`"),
    };
    let message = match (of, set) {
        (LimitsOf::Person(_), None) => format!("`{actor}` let everybody's limits count for {whose} again"),
        (_, set) => {
            let told = set.map(limits::told).filter(|told| !told.is_empty());
            let told = told.unwrap_or_else(|| "no limits".to_owned());
            format!("`{actor}` set the limits of {whose}: {told}")
        }
    };
    NewEvent { event: event(now, Subject::Limit, message, Some(actor)) }
}

/// The money of a month that is near its limit, or at it.
pub(super) fn limit_crossed(message: String, level: Level, now: Timestamp) -> NewEvent {
    let to = Some(level.as_str().to_owned());
    NewEvent { event: Event { to, ..event(now, Subject::Limit, message, None) } }
}

/// Settings of a project that somebody has changed.
pub(super) fn settings(change: ChangeSettings, actor: &str, now: Timestamp) -> NewEvent {
    let message = format!("`{actor}` changed the project: {}", change.told());
    NewEvent { event: event(now, Subject::Project, message, Some(actor)) }
}

/// About a run that was deleted.
pub(super) fn deleted(run: &RunRow, actor: &str, now: Timestamp) -> NewEvent {
    let message = format!("`{}` was deleted", run.run.name);
    let event = Event { run_id: Some(run.run.id), ..event(now, Subject::Run, message, Some(actor)) };
    NewEvent { event }.in_project(&run.run.project)
}

/// What a change does, without what is only this one's: two that do the same to rows of the same kinds have the same.
pub(super) fn outline(change: &Change) -> String {
    let word = |status: &Option<String>| status.clone().unwrap_or_else(|| "·".to_owned());
    let told = change.events.iter().map(|NewEvent { event }| {
        format!("{:?} {} → {}", event.subject, word(&event.from), word(&event.to)).to_lowercase()
    });
    let counts = [
        ("runs", change.runs.len()),
        ("jobs", change.jobs.len()),
        ("instances", change.instances.len()),
        ("pools", change.pools.len() + usize::from(change.delete_pool.is_some())),
        ("orphans", change.orphans.len()),
        ("limits", change.limits.len() + usize::from(change.crossed.is_some())),
        ("settings", change.settings.len()),
        ("wakes", change.wakes.len()),
    ];
    let written =
        counts.into_iter().filter(|(_, count)| *count > 0).map(|(what, count)| format!("{count} {what}"));
    written.chain(told).collect::<Vec<_>>().join(", ")
}
