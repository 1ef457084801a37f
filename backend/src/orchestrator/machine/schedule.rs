//! Runs that begin by a schedule, and again each time it is due after they were over (`schedule`, `spec/dstack-0.22.md` §5).
//!
//! Between two of its times such a run is `pending` and has no machine. What ends it is an end of that time alone, but for
//! somebody who stops it: then it is over for good. A time at which it still runs, and one at which no server did, is missed; it
//! is told how many were.

use berth_shared::{
    api::{RunReason as Reason, RunStatus as Status},
    config::Schedule,
    time::Timestamp,
};

use super::run::{Next, become_status, ended, finish};
use crate::store::RunRow;

/// How many missed times are counted; more are "or more".
const MOST: usize = 1000;

/// The schedule of a run, where it has one.
fn of(row: &RunRow) -> Option<Schedule> {
    (!row.run.schedule.is_empty()).then(|| Schedule { cron: row.run.schedule.clone() })
}

/// It is over, or waits for when its schedule has it begin again.
pub(super) fn over(mut row: RunRow, reason: Reason, now: Timestamp) -> Next {
    let Some(schedule) = of(&row) else { return finish(row, reason, now) };
    let Some(at) = schedule.next(now) else { return finish(row, reason, now) };
    let missed = row.triggered_at.map_or(0, |began| schedule.due_between(began, now, MOST));
    let mut why = ended(reason).to_owned();
    if let Some(message) = &row.run.message {
        why = format!("{why}: {message}");
    }
    if let Some(times) = times(missed) {
        why = format!("{why}; meanwhile it was due {times}, and had not ended");
    }
    row.run.due_at = Some(at);
    row.run.retry_at = None;
    row.retry_since = None;
    row.avoid.clear();
    row.run.reason = None;
    row.run.progress = None;
    row.run.stops_at = None;
    row.run.inactive_at = None;
    become_status(row, Status::Pending, now).due(at).saying(format!("{why}; it begins again by its schedule"))
}

/// It begins, as its schedule says where it waits for that; what to say of it then, with the times that were missed since.
pub(super) fn begin(mut row: RunRow, now: Timestamp) -> (RunRow, Option<String>) {
    let Some((schedule, at)) = of(&row).zip(row.run.due_at.take()) else { return (row, None) };
    row.triggered_at = Some(now);
    let missed = match times(schedule.due_between(at, now, MOST)) {
        None => "begins by its schedule".to_owned(),
        Some(times) => format!("begins by its schedule, late: it was due {times} more, which are missed"),
    };
    (row, Some(missed))
}

/// How often, in words; `None` = never.
fn times(count: usize) -> Option<String> {
    match count {
        0 => None,
        1 => Some("once".to_owned()),
        MOST => Some(format!("{MOST} times or more")),
        count => Some(format!("{count} times")),
    }
}

#[cfg(test)]
mod tests {
    use berth_shared::api::{JobReason, JobStatus};

    use super::{
        super::{
            run,
            tests::{T0, instance_row, job_row, run_row},
        },
        *,
    };
    use crate::store::{JobRow, RunDesired};

    /// A run that is due at each full hour.
    fn hourly(status: Status) -> RunRow {
        let mut row = run_row(status);
        row.run.schedule = vec!["0 * * * *".to_owned()];
        row
    }

    fn next(row: &RunRow, job: &JobRow, now: Timestamp) -> Next {
        let instance = instance_row(berth_shared::api::InstanceStatus::Busy);
        run::step(row, run::Input { job, instance: Some(&instance), roll: 0.0 }, now)
    }

    fn ended_with(reason: JobReason) -> JobRow {
        JobRow { reason: Some(reason), ..job_row(reason.final_status()) }
    }

    /// The first full hour after [`T0`].
    fn hour() -> Timestamp {
        Schedule { cron: vec!["0 * * * *".to_owned()] }.next(T0).expect("each hour")
    }

    #[test]
    fn a_run_that_waits_for_its_schedule_begins_when_it_is_due_and_not_before() {
        let mut waiting = hourly(Status::Pending);
        waiting.run.due_at = Some(hour());
        waiting.run.attempts = 0;
        let job = job_row(JobStatus::Done);
        let early = next(&waiting, &job, hour().plus_seconds(-1));
        assert_eq!((early.row.run.status, early.due), (Status::Pending, Some(hour())));
        assert!(early.effects.is_empty());

        let begun = next(&waiting, &job, hour());
        assert_eq!(begun.effects, [run::Effect::Resubmit]);
        assert_eq!((begun.row.run.status, begun.row.run.attempts), (Status::Submitted, 1));
        assert_eq!((begun.row.run.due_at, begun.row.triggered_at), (None, Some(hour())));
        insta::assert_snapshot!(begun.message.expect("words"), @"begins by its schedule");
    }

    #[test]
    fn times_at_which_no_server_ran_are_told_and_not_made_up_for() {
        let mut waiting = hourly(Status::Pending);
        waiting.run.due_at = Some(hour());
        let late = next(&waiting, &job_row(JobStatus::Done), hour().plus_seconds(3 * 3600 + 60));
        assert_eq!(late.effects, [run::Effect::Resubmit], "once");
        insta::assert_snapshot!(late.message.expect("words"), @"begins by its schedule, late: it was due 3 times more, which are missed");
    }

    #[test]
    fn whatever_ends_it_it_waits_for_its_next_time_unless_somebody_stops_it() {
        for reason in [
            JobReason::DoneByRunner,
            JobReason::MaxDurationExceeded,
            JobReason::InactivityDurationExceeded,
            JobReason::ContainerExitedWithError,
            JobReason::FailedToStartDueToNoCapacity,
        ] {
            let row = RunRow { triggered_at: Some(T0), retry_seconds: None, ..hourly(Status::Running) };
            let over = next(&row, &ended_with(reason), T0.plus_seconds(60));
            assert_eq!(
                (over.row.run.status, over.row.run.due_at),
                (Status::Pending, Some(hour())),
                "{reason:?}"
            );
            assert_eq!((over.row.run.reason, over.row.run.finished_at), (None, None));
            assert_eq!(over.due, Some(hour()));
        }
        let stopped = RunRow { desired: RunDesired::Stopped, ..hourly(Status::Running) };
        let over = next(&stopped, &ended_with(JobReason::TerminatedByUser), T0.plus_seconds(60)).row.run;
        assert_eq!((over.status, over.reason), (Status::Terminated, Some(Reason::StoppedByUser)));

        let mut waiting = hourly(Status::Pending);
        waiting.run.due_at = Some(hour());
        let stopped = RunRow { desired: RunDesired::Stopped, ..waiting };
        let over = next(&stopped, &job_row(JobStatus::Done), T0).row.run;
        assert_eq!((over.status, over.due_at), (Status::Terminated, None), "while it waits, too");
    }

    #[test]
    fn times_at_which_it_still_ran_are_told() {
        let row = RunRow { triggered_at: Some(T0), ..hourly(Status::Running) };
        let over = next(&row, &ended_with(JobReason::MaxDurationExceeded), hour().plus_seconds(3600 + 1));
        insta::assert_snapshot!(over.message.expect("words"), @"lasted as long as it may; meanwhile it was due 2 times, and had not ended; it begins again by its schedule");
    }

    #[test]
    fn a_machine_that_cannot_be_had_is_tried_for_as_long_as_its_retry_says_and_then_at_the_next_time() {
        let row = RunRow { retry_seconds: Some(600), triggered_at: Some(T0), ..hourly(Status::Submitted) };
        let waits = next(&row, &ended_with(JobReason::FailedToStartDueToNoCapacity), T0.plus_seconds(1)).row;
        assert_eq!((waits.run.status, waits.run.due_at), (Status::Pending, None));
        assert!(waits.run.retry_at.is_some());
        let over =
            next(&waits, &ended_with(JobReason::FailedToStartDueToNoCapacity), T0.plus_seconds(700)).row;
        assert_eq!((over.run.retry_at, over.run.due_at), (None, Some(hour())));
    }

    #[test]
    fn a_schedule_that_is_never_due_again_is_over_with_its_run() {
        let mut row = run_row(Status::Running);
        row.run.schedule = vec!["0 0 31 2 *".to_owned()];
        let over = next(&row, &ended_with(JobReason::DoneByRunner), T0).row.run;
        assert_eq!(over.status, Status::Done);
    }
}
