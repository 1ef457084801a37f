//! Of what somebody is told without looking: which changes are news, and in which words.

use berth_shared::{
    api::{
        Event, Instance, InstanceStatus, JobReason, JobStatus, NotificationKind, Run, RunReason, RunStatus,
        Subject,
    },
    time::Timestamp,
};
use berth_texts::{t, tf};
use serde::{Deserialize, Serialize};

use crate::pools::clock::inactive;

/// How long before an idle instance stops it is said, milliseconds.
pub const BEFORE: i64 = 10 * 60_000;

/// A kind's words: for a label, and for what it means.
#[must_use]
pub fn words(kind: NotificationKind) -> (&'static str, &'static str) {
    match kind {
        NotificationKind::Running => (t!("Running"), t!("an environment is there")),
        NotificationKind::Failed => (t!("Failed"), t!("a run failed")),
        NotificationKind::Interrupted => {
            (t!("Interrupted"), t!("a run’s machine was taken away or fell silent"))
        }
        NotificationKind::IdleStop => {
            (t!("About to stop"), t!("an idle instance, or a run without anybody, stops within ten minutes"))
        }
        NotificationKind::BudgetNear => {
            (t!("Budget at 80 %"), t!("four fifths of a month’s budget are spent"))
        }
        NotificationKind::BudgetReached => (t!("Budget spent"), t!("a month’s budget is spent")),
        NotificationKind::Test => (t!("Test"), t!("somebody wanted to see whether it arrives")),
    }
}

/// What the reader wants to be told of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wishes {
    /// Of what, in the page.
    pub kinds: Vec<NotificationKind>,
    /// Whether by the browser, too, while the page is not looked at.
    #[serde(default)]
    pub browser: bool,
}

impl Default for Wishes {
    fn default() -> Self {
        Self { kinds: NotificationKind::ALL.to_vec(), browser: false }
    }
}

impl Wishes {
    /// The key in the browser's storage of what this person wishes.
    #[must_use]
    pub fn key(person: &str) -> String {
        format!("berth.notify.{person}")
    }

    /// Reads what was kept; what makes no sense is the default.
    #[must_use]
    pub fn read(kept: Option<&str>) -> Self {
        kept.and_then(|kept| serde_json::from_str(kept).ok()).unwrap_or_default()
    }

    /// As it is kept; `None` = as by default, and nothing is.
    #[must_use]
    pub fn write(&self) -> Option<String> {
        if *self == Self::default() { None } else { serde_json::to_string(self).ok() }
    }

    /// Whether this is wanted.
    #[must_use]
    pub fn wants(&self, kind: NotificationKind) -> bool {
        self.kinds.contains(&kind)
    }
}

/// Something to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// What it is.
    pub kind: NotificationKind,
    /// A sentence.
    pub text: String,
    /// The page about it: `/runs/swift-tern`.
    pub link: String,
}

/// What a change of a run means to its owner. `before` = as the page knew it; `None` when it did not.
#[must_use]
pub fn of_run(before: Option<&Run>, run: &Run) -> Option<News> {
    let link = format!("/runs/{}", run.name);
    let was = before.map(|before| before.status);
    // What one stopped oneself is no news.
    let by_hand = matches!(run.reason, Some(RunReason::StoppedByUser | RunReason::AbortedByUser));
    let interrupted = run.job_reason == Some(JobReason::InterruptedByNoCapacity);
    let went_wrong = run.job_reason.is_some_and(|reason| reason.final_status() == JobStatus::Failed);
    let why = |run: &Run| {
        let line = run.message.as_deref().and_then(|message| message.lines().next()).unwrap_or_default();
        if line.is_empty() { String::new() } else { format!(": {line}") }
    };
    let (kind, text) = match (was, run.status) {
        (was, now) if was == Some(now) => return None,
        (Some(_), RunStatus::Running) => (NotificationKind::Running, tf!("{} is running.", run.name)),
        (Some(_), RunStatus::Pending | RunStatus::Failed) if interrupted => {
            (NotificationKind::Interrupted, tf!("{} was interrupted{}", run.name, why(run)))
        }
        // One that its schedule has begin again does not become `failed`.
        (Some(_), RunStatus::Pending) if run.due_at.is_some() && went_wrong => {
            (NotificationKind::Failed, tf!("{} failed{}", run.name, why(run)))
        }
        (Some(_), RunStatus::Failed) if !by_hand => {
            (NotificationKind::Failed, tf!("{} failed{}", run.name, why(run)))
        }
        _ => return None,
    };
    Some(News { kind, text, link })
}

/// Whether an instance is about to stop for want of a run.
#[must_use]
pub fn stops_soon(instance: &Instance, now: Timestamp) -> bool {
    instance.status == InstanceStatus::Idle
        && instance.idle_stop_at.is_some_and(|at| (1..=BEFORE).contains(&at.0.saturating_sub(now.0)))
        // One that is kept for less than that is always about to stop.
        && instance.idle_seconds.is_none_or(|seconds| seconds * 1000 > BEFORE || instance.kept_by.is_some())
}

/// What is said of it.
#[must_use]
pub fn of_idle(instance: &Instance, now: Timestamp) -> News {
    let left = instance.idle_stop_at.map_or(0, |at| at.0.saturating_sub(now.0));
    News {
        kind: NotificationKind::IdleStop,
        text: tf!(
            "{} has no run and stops in {} min. Keep it on Team.",
            instance.name,
            (left + 59_999) / 60_000
        ),
        link: "/team?status=idle".to_owned(),
    }
}

/// Whether a run is about to be stopped because nobody is in it. One that waits for less is always about to.
#[must_use]
pub fn alone_soon(run: &Run, now: Timestamp) -> bool {
    inactive(run).is_some_and(|at| (1..=BEFORE).contains(&at.0.saturating_sub(now.0)))
        && run.inactivity_seconds.is_none_or(|seconds| seconds * 1000 > BEFORE)
}

/// What is said of it.
#[must_use]
pub fn of_alone(run: &Run, now: Timestamp) -> News {
    let left = run.inactive_at.map_or(0, |at| at.0.saturating_sub(now.0));
    News {
        kind: NotificationKind::IdleStop,
        text: tf!(
            "Nobody is in {}, and it is stopped in {} min. Keep it on its page.",
            run.name,
            (left + 59_999) / 60_000
        ),
        link: format!("/runs/{}", run.name),
    }
}

/// What an event about a budget says; `None` for any other event.
#[must_use]
pub fn of_limit(event: &Event) -> Option<News> {
    if event.subject != Subject::Limit {
        return None;
    }
    // Without either, somebody has set a limit.
    let kind = match event.to.as_deref() {
        Some("near") => NotificationKind::BudgetNear,
        Some("reached") => NotificationKind::BudgetReached,
        _ => return None,
    };
    Some(News { kind, text: event.message.clone(), link: "/team/limits".to_owned() })
}

#[cfg(test)]
mod tests {
    use berth_shared::api::RunId;

    use super::*;
    use crate::pools::clock::tests::instance;

    fn run(status: RunStatus) -> Run {
        Run { status, ..Run::submitted(RunId(uuid::Uuid::nil()), "fox", "ann", Timestamp(0)) }
    }

    #[test]
    fn a_run_that_comes_up_or_goes_wrong_is_news() {
        let told = |before, after: &Run| of_run(Some(&run(before)), after).map(|news| (news.kind, news.text));
        assert_eq!(
            told(RunStatus::Provisioning, &run(RunStatus::Running)),
            Some((NotificationKind::Running, "fox is running.".into()))
        );
        let failed = Run { message: Some("no machine\nmore".into()), ..run(RunStatus::Failed) };
        assert_eq!(
            told(RunStatus::Running, &failed),
            Some((NotificationKind::Failed, "fox failed: no machine".into()))
        );
        let taken = Run { job_reason: Some(JobReason::InterruptedByNoCapacity), ..run(RunStatus::Pending) };
        assert_eq!(told(RunStatus::Running, &taken).unwrap().0, NotificationKind::Interrupted);
        let again =
            |reason| Run { job_reason: Some(reason), due_at: Some(Timestamp(9)), ..run(RunStatus::Pending) };
        let told = |reason| told(RunStatus::Terminating, &again(reason)).map(|(kind, _)| kind);
        assert_eq!(told(JobReason::ContainerExitedWithError), Some(NotificationKind::Failed));
        assert_eq!(told(JobReason::MaxDurationExceeded), None, "it begins again, and is not wrong");
    }

    #[test]
    fn what_has_not_changed_or_was_done_by_hand_is_no_news() {
        for status in RunStatus::ALL {
            assert_eq!(of_run(Some(&run(*status)), &run(*status)), None, "{status}");
            assert_eq!(of_run(None, &run(*status)), None, "what the page begins with: {status}");
        }
        let stopped = Run { reason: Some(RunReason::StoppedByUser), ..run(RunStatus::Terminated) };
        assert_eq!(of_run(Some(&run(RunStatus::Running)), &stopped), None);
        assert_eq!(of_run(Some(&run(RunStatus::Submitted)), &run(RunStatus::Provisioning)), None);
    }

    #[test]
    fn an_instance_that_stops_within_ten_minutes_is_news_unless_it_always_would() {
        let idle = |seconds, at| Instance {
            idle_seconds: seconds,
            idle_stop_at: Some(Timestamp(at)),
            ..instance(InstanceStatus::Idle)
        };
        let hour = idle(Some(3600), 3_600_000);
        assert!(!stops_soon(&hour, Timestamp(0)));
        assert!(stops_soon(&hour, Timestamp(3_100_000)));
        assert!(!stops_soon(&hour, Timestamp(3_600_000)), "it is over");
        assert!(!stops_soon(&idle(Some(300), 300_000), Timestamp(0)), "kept for five minutes only");
        let kept = Instance { kept_by: Some("ann".into()), ..idle(Some(300), 300_000) };
        assert!(stops_soon(&kept, Timestamp(0)));
        assert_eq!(
            of_idle(&hour, Timestamp(3_100_000)).text,
            "fox has no run and stops in 9 min. Keep it on Team."
        );
        assert!(!stops_soon(&Instance { status: InstanceStatus::Busy, ..hour }, Timestamp(3_100_000)));
    }

    #[test]
    fn a_run_without_anybody_that_is_stopped_within_ten_minutes_is_news_unless_it_always_would_be() {
        let alone = |seconds, at: Option<i64>| Run {
            inactivity_seconds: Some(seconds),
            inactive_at: at.map(Timestamp),
            ..run(RunStatus::Running)
        };
        let hours = alone(7200, Some(7_200_000));
        assert!(!alone_soon(&hours, Timestamp(0)) && !alone_soon(&alone(7200, None), Timestamp(0)));
        assert!(alone_soon(&hours, Timestamp(6_700_000)));
        assert!(!alone_soon(&alone(600, Some(300_000)), Timestamp(0)), "it waits for ten minutes only");
        let stopped_before = Run { stops_at: Some(Timestamp(7_000_000)), ..hours.clone() };
        assert!(!alone_soon(&stopped_before, Timestamp(6_700_000)));
        assert_eq!(
            of_alone(&hours, Timestamp(6_700_000)).text,
            "Nobody is in fox, and it is stopped in 9 min. Keep it on its page."
        );
    }

    #[test]
    fn a_budget_that_is_nearly_spent_is_news_and_a_limit_that_is_set_is_not() {
        let about = |to: Option<&str>| Event {
            seq: 1,
            at: Timestamp(0),
            subject: Subject::Limit,
            run_id: None,
            instance_id: None,
            from: None,
            to: to.map(str::to_owned),
            reason: None,
            message: "the project has spent $80 of $100".to_owned(),
            actor: None,
            project: None,
            offered: None,
        };
        let kind = |to| of_limit(&about(to)).map(|news| news.kind);
        assert_eq!(kind(Some("near")), Some(NotificationKind::BudgetNear));
        assert_eq!(kind(Some("reached")), Some(NotificationKind::BudgetReached));
        assert_eq!(kind(None), None);
    }

    #[test]
    fn wishes_are_kept_and_what_makes_no_sense_is_the_default() {
        let quiet = Wishes { kinds: vec![NotificationKind::Failed], browser: true };
        assert_eq!(Wishes::read(quiet.write().as_deref()), quiet);
        assert!(!quiet.wants(NotificationKind::Running));
        assert_eq!(Wishes::default().write(), None);
        for kept in [None, Some(""), Some("{\"kinds\":[\"noise\"]}"), Some("[]")] {
            assert_eq!(Wishes::read(kept), Wishes::default(), "{kept:?}");
        }
    }
}
