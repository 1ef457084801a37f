//! What dstack 0.22 says of ends and of new beginnings.

use berth_shared::api::{InstanceStatus, JobReason, JobStatus, RunStatus};

use super::{
    job, run,
    tests::{T0, instance_row, job_row, run_row},
};
use crate::{
    provider::JobObservation,
    store::{JobDesired, RetryOn, RunRow},
};

const ALL: RetryOn = RetryOn { no_capacity: true, interruption: true, error: true };

/// Where a run goes whose job has ended for a reason, after having run for so many seconds.
fn after(row: &RunRow, reason: JobReason, ran: i64) -> RunRow {
    let mut job = job_row(JobStatus::Failed);
    job.reason = Some(reason);
    job.started_at = Some(T0);
    let instance = instance_row(InstanceStatus::Busy);
    let input = run::Input { job: &job, instance: Some(&instance), roll: 0.0 };
    run::step(row, input, T0.plus_seconds(ran)).row
}

fn retrying(on: RetryOn) -> RunRow {
    RunRow { retry_seconds: Some(3600), retry_on: on, ..run_row(RunStatus::Running) }
}

#[test]
fn a_run_is_submitted_again_upon_what_it_says_and_nothing_else() {
    let only = |no_capacity, interruption, error| RetryOn { no_capacity, interruption, error };
    for (on, again) in [
        (RetryOn::default(), [true, true, false]),
        (only(true, false, false), [true, false, false]),
        (only(false, true, false), [false, true, false]),
        (only(false, false, true), [false, false, true]),
        (ALL, [true, true, true]),
    ] {
        let reasons = [
            JobReason::FailedToStartDueToNoCapacity,
            JobReason::InterruptedByNoCapacity,
            JobReason::ContainerExitedWithError,
        ];
        let got = reasons.map(|reason| after(&retrying(on), reason, 10).run.status == RunStatus::Pending);
        assert_eq!(got, again, "{on:?}");
    }
    // Somebody who stops it means it.
    assert_ne!(after(&retrying(ALL), JobReason::TerminatedByUser, 10).run.status, RunStatus::Pending);
}

#[test]
fn what_fails_each_time_it_begins_is_given_up_when_its_time_is_over() {
    let row = RunRow { retry_since: Some(T0.plus_seconds(-3595)), ..retrying(ALL) };
    // That it runs for a moment is no success.
    let mut begun = job_row(JobStatus::Running);
    begun.started_at = Some(T0);
    let instance = instance_row(InstanceStatus::Busy);
    let input = run::Input { job: &begun, instance: Some(&instance), roll: 0.0 };
    let row = run::step(&row, input, T0).row;
    assert_eq!(after(&row, JobReason::ContainerExitedWithError, 4).run.status, RunStatus::Pending);
    assert_eq!(after(&row, JobReason::ContainerExitedWithError, 6).run.status, RunStatus::Failed);
    // What has run for long begins to count anew.
    let long = after(&row, JobReason::ContainerExitedWithError, 4000);
    assert_eq!((long.run.status, long.retry_since), (RunStatus::Pending, Some(T0.plus_seconds(4000))));
}

#[test]
fn processes_have_as_long_to_end_as_the_text_says() {
    let instance = instance_row(InstanceStatus::Busy);
    let grace_at = |stop_seconds, seconds| {
        let mut row = job_row(JobStatus::Terminating);
        row.desired = JobDesired::Ended { reason: JobReason::TerminatedByUser, force: false };
        row.stop_seconds = stop_seconds;
        let seen = JobObservation::Running { job_id: row.id, progress: None, commit: None, since: T0 };
        let input = job::Input {
            instance: Some(&instance),
            sight: job::Sight::Seen(seen),
            activity: None,
            usage: None,
        };
        job::step(&row, &input, T0.plus_seconds(seconds)).effects
    };
    let stop = |grace| vec![job::Effect::Stop { grace }];
    assert_eq!(grace_at(None, 0), stop(10));
    assert_eq!(grace_at(None, 16), stop(0));
    assert_eq!(grace_at(Some(300), 0), stop(300));
    assert_eq!(grace_at(Some(300), 16), stop(300));
    assert_eq!(grace_at(Some(300), 306), stop(0));
}
