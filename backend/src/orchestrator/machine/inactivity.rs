//! When a run is stopped because nobody has worked in it for long (`inactivity_duration`, `spec/dstack-0.22.md` §4).

use berth_shared::time::Timestamp;

use crate::store::JobRow;

/// For how long, at most, a process that has just begun to watch waits for people to come back, in seconds: whoever was
/// in a run when its server went away is there again as soon as there is another.
const RETURN_SECONDS: i64 = 60;

/// What a process knows of who works in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Activity {
    /// When somebody last did; `None` = nobody ever has.
    pub(crate) active_at: Option<Timestamp>,
    /// Since when the process would know of everybody who does.
    pub(crate) watched_since: Timestamp,
}

/// What follows from that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quiet {
    /// Whether it is to be stopped now.
    pub(crate) over: bool,
    /// When it will be unless somebody comes; `None` while somebody works in it.
    pub(crate) stops_at: Option<Timestamp>,
    /// When to look again.
    pub(crate) due: Timestamp,
}

/// How often it is noted that somebody works in a run with this limit, in seconds: a third of the limit, 1 to 15.
pub(crate) fn period(limit: i64) -> i64 {
    (limit / 3).clamp(1, 15)
}

/// For how long somebody counts as being there after that was noted, in seconds: for longer than until the next note, and in
/// a run that waits for long also for minutes, so that a page which asks for something now and then does not come and go.
pub(crate) fn presence(limit: i64) -> i64 {
    (limit / 20).clamp(2 * period(limit), 300)
}

/// Whether a job is to be stopped for want of somebody, and when; `None` where nothing of that kind stops it, and where it
/// is not known who works in it.
pub(crate) fn of(row: &JobRow, activity: Option<Activity>, now: Timestamp) -> Option<Quiet> {
    let (limit, started, activity) = (row.inactivity?, row.started_at?, activity?);
    let last = [activity.active_at, row.kept_until].into_iter().flatten().fold(started, Timestamp::max);
    let there_until = activity.active_at.map(|at| at.plus_seconds(presence(limit))).filter(|at| now < *at);
    let watched = activity.watched_since.plus_seconds(limit.min(RETURN_SECONDS));
    let at = last.plus_seconds(limit).max(watched);
    Some(Quiet {
        over: there_until.is_none() && now >= at,
        stops_at: if there_until.is_some() { None } else { Some(at) },
        due: there_until.unwrap_or(at),
    })
}

#[cfg(test)]
mod tests {
    use berth_shared::api::{JobReason, JobStatus, RunReason, RunStatus};

    use super::{
        super::{
            Step, job, run,
            tests::{T0, instance_row, job_row, run_row},
        },
        *,
    };
    use crate::provider::JobObservation;

    const HOUR: i64 = 3600;

    fn at(seconds: i64) -> Timestamp {
        T0.plus_seconds(seconds)
    }

    /// A job that has run since [`T0`] and is stopped after two hours without anybody.
    fn row() -> JobRow {
        JobRow { inactivity: Some(2 * HOUR), max_duration: None, ..job_row(JobStatus::Running) }
    }

    /// Somebody was there last at this second, as a process says that has watched all along.
    fn seen(active: Option<i64>) -> Option<Activity> {
        Some(Activity { active_at: active.map(at), watched_since: at(-HOUR) })
    }

    fn next(row: &JobRow, activity: Option<Activity>, now: i64) -> Step<JobRow, job::Effect> {
        let instance = instance_row(berth_shared::api::InstanceStatus::Busy);
        let sight = job::Sight::Seen(JobObservation::Running {
            job_id: row.id,
            progress: None,
            commit: None,
            since: T0,
        });
        job::step(row, &job::Input { instance: Some(&instance), sight, activity, usage: None }, at(now))
    }

    #[test]
    fn a_run_into_which_nobody_comes_is_stopped_after_its_limit_and_says_why() {
        let early = next(&row(), seen(None), 10);
        assert_eq!(early.row.status, JobStatus::Running);
        assert_eq!(early.row.inactive_at, Some(at(2 * HOUR)));
        assert_eq!(early.due, Some(at(2 * HOUR)), "it is looked at in time");
        assert_eq!(next(&row(), seen(None), 2 * HOUR - 1).row.status, JobStatus::Running);

        let over = next(&row(), seen(None), 2 * HOUR).row;
        assert_eq!(
            (over.status, over.reason),
            (JobStatus::Terminating, Some(JobReason::InactivityDurationExceeded))
        );
        insta::assert_snapshot!(over.message.expect("words"), @"nobody has worked in it for 2 h (`inactivity_duration`)");
        assert_eq!(JobReason::InactivityDurationExceeded.final_status(), JobStatus::Terminated);
        assert_eq!(RunReason::InactivityDurationExceeded.final_status(), RunStatus::Terminated);
    }

    #[test]
    fn the_limit_counts_from_when_somebody_was_last_there() {
        let away = next(&row(), seen(Some(HOUR)), HOUR + 400);
        assert_eq!(away.row.inactive_at, Some(at(3 * HOUR)));
        assert_eq!(next(&row(), seen(Some(HOUR)), 3 * HOUR - 1).row.status, JobStatus::Running);
        assert_eq!(next(&row(), seen(Some(HOUR)), 3 * HOUR).row.status, JobStatus::Terminating);
        // Who was in an earlier attempt says nothing of this one.
        assert_eq!(next(&row(), seen(Some(-50)), 400).row.inactive_at, Some(at(2 * HOUR)));
    }

    #[test]
    fn while_somebody_is_there_no_clock_runs() {
        let there = next(&JobRow { inactive_at: Some(at(5)), ..row() }, seen(Some(9 * HOUR)), 9 * HOUR + 10);
        assert_eq!((there.row.status, there.row.inactive_at), (JobStatus::Running, None));
        assert_eq!(there.due, Some(at(9 * HOUR + 300)), "when they may have left");
    }

    #[test]
    fn the_clock_runs_from_the_first_moment_on() {
        let before = JobRow { inactivity: Some(60), ..job_row(JobStatus::Pulling) };
        let begun = next(&before, seen(None), 5);
        assert_eq!((begun.row.status, begun.row.inactive_at), (JobStatus::Running, Some(at(60))));
        assert_eq!(begun.due, Some(at(60)));
    }

    #[test]
    fn without_a_limit_and_without_knowledge_nothing_is_stopped() {
        let unlimited = JobRow { inactivity: None, ..row() };
        for now in [1, 1_000_000] {
            assert_eq!(next(&unlimited, seen(None), now).row, unlimited);
            assert_eq!(next(&row(), None, now).row, row(), "the database does not say who is there");
        }
    }

    #[test]
    fn whoever_was_there_when_a_server_went_away_has_a_minute_to_come_back() {
        let back = |now| {
            let activity = Activity { active_at: Some(at(HOUR)), watched_since: at(9 * HOUR) };
            next(&row(), Some(activity), 9 * HOUR + now).row.status
        };
        assert_eq!(back(59), JobStatus::Running);
        assert_eq!(back(60), JobStatus::Terminating);
    }

    #[test]
    fn what_somebody_keeps_waits_from_that_moment_on_and_nobody_is_there_for_that() {
        let kept = JobRow { kept_until: Some(at(5 * HOUR)), ..row() };
        let step = next(&kept, seen(Some(HOUR)), 4 * HOUR);
        assert_eq!((step.row.status, step.row.inactive_at), (JobStatus::Running, Some(at(7 * HOUR))));
        assert_eq!(next(&kept, seen(Some(HOUR)), 7 * HOUR).row.status, JobStatus::Terminating);
    }

    #[test]
    fn short_limits_are_noted_often_enough_to_be_kept() {
        for limit in 0..100_000 {
            let (period, presence) = (period(limit), presence(limit));
            assert!((1..=15).contains(&period) && (2 * period..=300).contains(&presence), "{limit}");
            assert!(
                limit < 3 || presence < limit,
                "who has left is seen to have before it is stopped: {limit}"
            );
        }
        // Noted each second: never stopped under somebody's hands.
        let short = JobRow { inactivity: Some(1), ..row() };
        assert_eq!(next(&short, seen(Some(10)), 11).row.status, JobStatus::Running);
        assert_eq!(next(&short, seen(Some(10)), 12).row.status, JobStatus::Terminating);
    }

    #[test]
    fn the_run_shows_the_clock_while_it_runs_and_ends_for_that_reason() {
        let shown = |job: &JobRow, run: &crate::store::RunRow| {
            run::step(run, run::Input { job, instance: None, roll: 0.0 }, at(1)).row
        };
        let job = JobRow { inactive_at: Some(at(60)), ..row() };
        let running = shown(&job, &run_row(RunStatus::Running));
        assert_eq!(running.run.inactive_at, Some(at(60)));
        let reason = Some(JobReason::InactivityDurationExceeded);
        let over = shown(&JobRow { status: JobStatus::Terminated, reason, ..job }, &running).run;
        assert_eq!(
            (over.status, over.reason, over.inactive_at),
            (RunStatus::Terminated, Some(RunReason::InactivityDurationExceeded), None)
        );
    }
}
