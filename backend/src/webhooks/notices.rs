//! What people are told of: a pure function of what happened.

use berth_shared::{
    api::{
        DEFAULT_PROJECT, Event, Instance, JobReason, JobStatus, Notification, NotificationKind, Run,
        RunStatus, Subject, page_of,
    },
    time::Timestamp,
};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::store::StoredEvent;

/// How long before it stops by itself an idle instance, or a run without anybody, is told of, seconds.
pub(super) const BEFORE_STOP: i64 = 600;

/// What notifications are made with.
#[derive(Clone, Debug)]
pub struct Place {
    /// The installation, so that no other's notifications have the same identifiers.
    installation: Uuid,
    /// Where people reach the dashboard: `https://berth.example`.
    dashboard: String,
}

impl Place {
    /// Of this installation, whose dashboard people reach there: `https://berth.example`.
    #[must_use]
    pub fn new(installation: Uuid, dashboard: &str) -> Self {
        Self { installation, dashboard: dashboard.trim_end_matches('/').to_owned() }
    }

    /// The same for the same thing, whichever server makes it, and however often.
    fn id(&self, what: &str) -> String {
        let digest = Sha256::digest(format!("{} {what}", self.installation));
        let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        format!("msg_{hex}")
    }

    /// Where people see this page of a project.
    fn page(&self, project: &str, page: &str) -> String {
        format!("{}{}", self.dashboard, page_of(project, page))
    }

    /// What an event is a notification of, if of anything.
    pub(crate) fn of_event(&self, stored: &StoredEvent) -> Option<Notification> {
        let StoredEvent { event, run, .. } = stored;
        let kind = kind(event).or_else(|| for_now(stored))?;
        let name = run.as_ref().map_or("a run", |run| run.name.as_str());
        let why = || if event.message.is_empty() { String::new() } else { format!(": {}", event.message) };
        let message = match kind {
            NotificationKind::Running => format!("`{name}` is running"),
            NotificationKind::Failed => format!("`{name}` failed{}", why()),
            NotificationKind::Interrupted => format!("`{name}` was interrupted{}", why()),
            _ => event.message.clone(),
        };
        let page = match run {
            Some(run) => format!("/runs/{}", run.name),
            None if event.subject == Subject::Limit => "/team/limits".to_owned(),
            None => "/".to_owned(),
        };
        // What was written down before there were projects is the first one's.
        let project = event.project.as_deref().unwrap_or(DEFAULT_PROJECT);
        Some(Notification {
            id: self.id(&format!("event {}", event.seq)),
            kind,
            project: project.to_owned(),
            at: event.at,
            message,
            run: run.clone().map(Box::new),
            link: Some(self.page(project, &page)),
        })
    }

    /// That an instance will soon stop by itself, if it will: once for each moment that it is to stop at.
    pub(crate) fn of_idle(&self, instance: &Instance, now: Timestamp) -> Option<Notification> {
        let at = instance.idle_stop_at?;
        let left = at.0.saturating_sub(now.0);
        if !instance.status.is_active()
            || instance.run_id.is_some()
            || !(0..=BEFORE_STOP * 1000).contains(&left)
        {
            return None;
        }
        let name = &instance.name;
        Some(Notification {
            id: self.id(&format!("idle {} {}", instance.id, at.0)),
            kind: NotificationKind::IdleStop,
            project: instance.project.clone(),
            at: now,
            message: format!(
                "the instance `{name}` has no run, and stops by itself at {}; it can be kept",
                at.rfc3339()
            ),
            run: None,
            link: Some(self.page(&instance.project, "/team")),
        })
    }

    /// That a run in which nobody is will soon be stopped, if it will: once for each moment that it is to be stopped at. One that
    /// waits for no longer than that is always about to.
    pub(crate) fn of_alone(&self, run: &Run, now: Timestamp) -> Option<Notification> {
        let at = run.inactive_at?;
        let left = at.0.saturating_sub(now.0);
        let always = run.inactivity_seconds.is_some_and(|seconds| seconds <= BEFORE_STOP);
        if always || !(0..=BEFORE_STOP * 1000).contains(&left) {
            return None;
        }
        let name = &run.name;
        Some(Notification {
            id: self.id(&format!("inactive {} {}", run.id, at.0)),
            kind: NotificationKind::IdleStop,
            project: run.project.clone(),
            at: now,
            message: format!("nobody is in `{name}`, and it is stopped at {}; it can be kept", at.rfc3339()),
            run: Some(Box::new(run.clone())),
            link: Some(self.page(&run.project, &format!("/runs/{name}"))),
        })
    }

    /// What somebody asked for, to see whether it arrives. `n` is random.
    pub(crate) fn test(
        &self,
        n: Uuid,
        project: &str,
        webhook: &str,
        who: &str,
        now: Timestamp,
    ) -> Notification {
        Notification {
            id: self.id(&format!("test {n}")),
            kind: NotificationKind::Test,
            project: project.to_owned(),
            at: now,
            message: format!("{who} asked whether notifications arrive at `{webhook}`; they do"),
            run: None::<Box<Run>>,
            link: Some(self.page(project, "/")),
        }
    }
}

fn kind(event: &Event) -> Option<NotificationKind> {
    let (from, to) = (event.from.as_deref(), event.to.as_deref()?);
    match event.subject {
        Subject::Run if to == RunStatus::Running.as_str() => Some(NotificationKind::Running),
        Subject::Run if to == RunStatus::Failed.as_str() => Some(NotificationKind::Failed),
        Subject::Job if event.reason.as_deref() == Some(JobReason::InterruptedByNoCapacity.as_str()) => {
            // It has the reason from when it begins to end, also when it is over.
            let goes_on = from == Some(JobStatus::Terminating.as_str());
            (!goes_on).then_some(NotificationKind::Interrupted)
        }
        Subject::Limit if to == "near" => Some(NotificationKind::BudgetNear),
        Subject::Limit if to == "reached" => Some(NotificationKind::BudgetReached),
        _ => None,
    }
}

/// That a run went wrong which its schedule has begin again: it does not become `failed`, and nobody would know.
fn for_now(StoredEvent { event, run, .. }: &StoredEvent) -> Option<NotificationKind> {
    let run = run.as_ref().filter(|run| run.due_at.is_some())?;
    let waits = event.subject == Subject::Run && event.to.as_deref() == Some(RunStatus::Pending.as_str());
    // Interruptions are told of already.
    let failed = run.job_reason.is_some_and(|reason| {
        reason.final_status() == JobStatus::Failed && reason != JobReason::InterruptedByNoCapacity
    });
    (waits && event.from.is_some() && failed).then_some(NotificationKind::Failed)
}

#[cfg(test)]
mod tests {
    use berth_shared::api::InstanceStatus;

    use super::*;
    use crate::store::contract::sample;

    const NOW: Timestamp = Timestamp(1_790_000_000_000);

    fn place() -> Place {
        Place::new(Uuid::from_u128(1), "https://berth.example/")
    }

    fn stored(subject: Subject, from: Option<&str>, to: Option<&str>, reason: Option<&str>) -> StoredEvent {
        let event = Event {
            seq: 7,
            at: NOW,
            subject,
            run_id: None,
            instance_id: None,
            from: from.map(str::to_owned),
            to: to.map(str::to_owned),
            reason: reason.map(str::to_owned),
            message: "its words".to_owned(),
            actor: None,
            project: None,
            offered: None,
        };
        StoredEvent { event, run: None, instance: None, deleted_run: None }
    }

    #[test]
    fn of_all_that_happens_a_few_things_are_told() {
        use NotificationKind::{BudgetNear, BudgetReached, Failed, Interrupted, Running};
        let lost = Some("interrupted_by_no_capacity");
        for (subject, from, to, reason, told) in [
            (Subject::Run, Some("provisioning"), Some("running"), None, Some(Running)),
            (Subject::Run, Some("terminating"), Some("failed"), Some("job_failed"), Some(Failed)),
            (Subject::Run, Some("terminating"), Some("terminated"), Some("stopped_by_user"), None),
            (Subject::Run, Some("terminating"), Some("done"), None, None),
            (Subject::Run, None, None, None, None),
            (Subject::Job, Some("pulling"), Some("running"), None, None),
            (Subject::Job, Some("running"), Some("terminating"), lost, Some(Interrupted)),
            (Subject::Job, Some("terminating"), Some("failed"), lost, None),
            (Subject::Job, Some("provisioning"), Some("failed"), lost, Some(Interrupted)),
            (Subject::Job, Some("running"), Some("terminating"), Some("terminated_by_user"), None),
            (Subject::Instance, Some("idle"), Some("terminating"), None, None),
            (Subject::Limit, None, Some("near"), None, Some(BudgetNear)),
            (Subject::Limit, Some("near"), Some("reached"), None, Some(BudgetReached)),
            (Subject::Pool, None, None, None, None),
        ] {
            let notification = place().of_event(&stored(subject, from, to, reason));
            assert_eq!(notification.map(|told| told.kind), told, "{subject:?} {from:?} {to:?}");
        }
    }

    #[test]
    fn a_run_that_goes_wrong_and_begins_again_by_its_schedule_is_told_of() {
        let told = |from: Option<&str>, due: bool, reason: Option<JobReason>| {
            let mut run = sample::run(1, "fox").run;
            (run.status, run.due_at, run.job_reason) = (RunStatus::Pending, due.then_some(NOW), reason);
            let event = StoredEvent { run: Some(run), ..stored(Subject::Run, from, Some("pending"), None) };
            place().of_event(&event).map(|told| (told.kind, told.message))
        };
        let failed = (NotificationKind::Failed, "`fox` failed: its words".to_owned());
        assert_eq!(told(Some("terminating"), true, Some(JobReason::ContainerExitedWithError)), Some(failed));
        assert_eq!(
            told(Some("terminating"), true, Some(JobReason::MaxDurationExceeded)),
            None,
            "as it should"
        );
        assert_eq!(
            told(Some("terminating"), false, Some(JobReason::ContainerExitedWithError)),
            None,
            "a retry"
        );
        assert_eq!(
            told(Some("terminating"), true, Some(JobReason::InterruptedByNoCapacity)),
            None,
            "told before"
        );
        assert_eq!(told(None, true, None), None, "it was submitted");
    }

    #[test]
    fn the_same_event_is_the_same_notification_and_another_is_another() {
        let event = stored(Subject::Limit, None, Some("near"), None);
        let told = place().of_event(&event).expect("one");
        assert_eq!(place().of_event(&event), Some(told.clone()));
        assert_eq!(
            (told.message.as_str(), told.link.as_deref()),
            ("its words", Some("https://berth.example/team/limits"))
        );
        let mut other = event.clone();
        other.event.seq = 8;
        assert_ne!(place().of_event(&other).expect("one").id, told.id);
        let elsewhere = Place { installation: Uuid::from_u128(2), ..place() };
        assert_ne!(elsewhere.of_event(&event).expect("one").id, told.id);
    }

    #[test]
    fn an_idle_instance_is_told_of_ten_minutes_before_once_for_each_clock() {
        let idle = |seconds: Option<i64>| {
            let mut instance = sample::instance(3, "local").instance;
            (instance.name, instance.run_id) = ("box".to_owned(), None);
            instance.status = InstanceStatus::Idle;
            instance.idle_stop_at = seconds.map(|seconds| NOW.plus_seconds(seconds));
            instance
        };
        let told = |seconds| place().of_idle(&idle(Some(seconds)), NOW);
        assert!(told(601).is_none() && told(-1).is_none() && place().of_idle(&idle(None), NOW).is_none());
        let one = told(600).expect("told");
        insta::assert_snapshot!(one.message, @"the instance `box` has no run, and stops by itself at 2026-09-21T14:23:20.000Z; it can be kept");
        let later = place().of_idle(&idle(Some(600)), NOW.plus_seconds(60)).expect("told");
        assert_eq!(later.id, one.id);
        assert_ne!(told(599).expect("told").id, one.id, "somebody moved the clock");
        let mut busy = idle(Some(60));
        busy.run_id = Some(sample::run_id(1));
        assert!(place().of_idle(&busy, NOW).is_none());
    }

    #[test]
    fn a_run_without_anybody_is_told_of_ten_minutes_before_unless_it_always_would_be() {
        let alone = |limit, seconds: Option<i64>| {
            let mut run = sample::run(1, "fox").run;
            run.inactivity_seconds = Some(limit);
            run.inactive_at = seconds.map(|seconds| NOW.plus_seconds(seconds));
            place().of_alone(&run, NOW)
        };
        assert!(alone(7200, None).is_none() && alone(7200, Some(601)).is_none());
        assert!(alone(600, Some(600)).is_none(), "it waits for ten minutes at most");
        let one = alone(7200, Some(600)).expect("told");
        insta::assert_snapshot!(one.message, @"nobody is in `fox`, and it is stopped at 2026-09-21T14:23:20.000Z; it can be kept");
        assert_eq!(one.link.as_deref(), Some("https://berth.example/runs/fox"));
        assert_ne!(alone(7200, Some(599)).expect("told").id, one.id, "another clock");
    }
}
