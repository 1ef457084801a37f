//! When a run is stopped because its GPUs are not used (`utilization_policy`, `spec/dstack-0.22.md` §3): when one of them was below
//! what it has to be for as long as is looked at.

use berth_shared::{
    api::{UsageHistory, UsageSample, UsageSpan},
    config::UtilizationPolicy,
    time::Timestamp,
};

use super::job::seconds;
use crate::store::JobRow;

/// How many samples in a row may be missing before it is not known what happened meanwhile.
const GAP: i64 = 3;

/// Which samples tell of this much time.
pub(crate) fn span(policy: UtilizationPolicy) -> UsageSpan {
    let fine = UsageSpan::Hour;
    // The oldest one leaves as the newest comes.
    if policy.time_window <= fine.step_seconds() * (fine.kept() as i64 - GAP) {
        fine
    } else {
        UsageSpan::Week
    }
}

/// Whether it has run for long enough that it might be stopped.
pub(crate) fn may_be_over(row: &JobRow, now: Timestamp) -> bool {
    row.utilization
        .zip(row.started_at)
        .is_some_and(|(policy, started)| now >= started.plus_seconds(policy.time_window))
}

/// Why it is to be stopped now, in words; `None` = it is not, or it is not known.
pub(crate) fn over(row: &JobRow, usage: &UsageHistory, now: Timestamp) -> Option<String> {
    let policy = row.utilization.filter(|_| may_be_over(row, now))?;
    let from = now.plus_seconds(-policy.time_window);
    let within: Vec<&UsageSample> = usage.samples.iter().filter(|sample| sample.at > from).collect();
    // A sample tells of the time before it: those in between, and the first and the last, are not far apart.
    let longest = GAP * usage.step_seconds.max(1) * 1000;
    let moments = [from].into_iter().chain(within.iter().map(|sample| sample.at)).chain([now]);
    let moments: Vec<Timestamp> = moments.collect();
    if moments.windows(2).any(|pair| pair[1].millis_since(pair[0]) > longest) {
        return None;
    }
    let gpus = within.iter().map(|sample| sample.gpus_most.len()).min()?;
    let least = policy.min_gpu_utilization as f32 / 100.0;
    let idle = (0..gpus).find(|gpu| within.iter().all(|sample| sample.gpus_most[*gpu] < least))?;
    Some(format!(
        "GPU {idle} was used below {} % for {} (`utilization_policy`)",
        policy.min_gpu_utilization,
        seconds(policy.time_window)
    ))
}

#[cfg(test)]
mod tests {
    use berth_shared::api::{InstanceStatus, JobReason, JobStatus};

    use super::{
        super::{
            job,
            tests::{T0, instance_row, job_row},
        },
        *,
    };
    use crate::provider::JobObservation;

    fn at(seconds: i64) -> Timestamp {
        T0.plus_seconds(seconds)
    }

    /// A job that has run since [`T0`], and is stopped when a GPU was below 30 % for 10 minutes.
    fn row() -> JobRow {
        let policy = UtilizationPolicy { min_gpu_utilization: 30, time_window: 600 };
        JobRow { utilization: Some(policy), max_duration: None, ..job_row(JobStatus::Running) }
    }

    /// Samples of every 10 s until this second, of GPUs as `busy` says.
    fn used(until: i64, busy: impl Fn(i64) -> Vec<f32>) -> UsageHistory {
        let samples = (1..=until / 10).map(|n| UsageSample {
            at: at(n * 10),
            gpus_most: busy(n * 10),
            ..UsageSample::default()
        });
        UsageHistory { step_seconds: 10, samples: samples.collect() }
    }

    fn ends(usage: &UsageHistory, now: i64) -> Option<String> {
        let instance = instance_row(InstanceStatus::Busy);
        let row = row();
        let observation = JobObservation::Running { job_id: row.id, progress: None, commit: None, since: T0 };
        let sight = job::Sight::Seen(observation);
        let input = job::Input { instance: Some(&instance), sight, activity: None, usage: Some(usage) };
        let next = job::step(&row, &input, at(now)).row;
        (next.status == JobStatus::Terminating).then(|| {
            assert_eq!(next.reason, Some(JobReason::TerminatedDueToUtilizationPolicy));
            next.message.expect("words")
        })
    }

    #[test]
    fn a_run_one_of_whose_gpus_is_used_too_little_for_as_long_as_is_looked_at_is_stopped_and_says_why() {
        let half = |_| vec![0.9, 0.1];
        assert_eq!(ends(&used(599, half), 599), None, "it has not run for that long");
        insta::assert_snapshot!(ends(&used(600, half), 600).expect("over"), @"GPU 1 was used below 30 % for 10 min (`utilization_policy`)");
        assert_eq!(JobReason::TerminatedDueToUtilizationPolicy.final_status(), JobStatus::Terminated);
    }

    #[test]
    fn one_moment_in_which_a_gpu_was_used_is_enough() {
        let busy = |second| vec![if second == 1000 { 0.3 } else { 0.0 }];
        assert_eq!(ends(&used(1500, busy), 1500), None);
        assert_eq!(ends(&used(1599, busy), 1599), None);
        assert!(ends(&used(1610, busy), 1610).is_some());
        // Each GPU idles now and then: none for as long.
        let turns = |second| if second % 100 < 50 { vec![1.0, 0.0] } else { vec![0.0, 1.0] };
        assert_eq!(ends(&used(3000, turns), 3000), None);
    }

    #[test]
    fn what_is_not_known_stops_nothing() {
        assert_eq!(ends(&used(1000, |_| Vec::new()), 1000), None, "no GPU");
        assert_eq!(ends(&UsageHistory { step_seconds: 10, samples: Vec::new() }, 1000), None);
        let idle = |_| vec![0.0];
        assert_eq!(ends(&used(900, idle), 1000), None, "nothing was measured lately");
        let mut holed = used(1000, idle);
        holed.samples.retain(|sample| !(600..650).contains(&(sample.at.millis_since(T0) / 1000)));
        assert_eq!(ends(&holed, 1000), None, "nothing was measured in between");
        let mut unseen = used(1000, idle);
        unseen.samples[70].gpus_most.clear();
        assert_eq!(ends(&unseen, 1000), None, "nobody said how it was used for a moment");
    }

    #[test]
    fn long_windows_are_looked_at_in_coarse_steps() {
        let policy = |time_window| UtilizationPolicy { min_gpu_utilization: 1, time_window };
        assert_eq!(span(policy(300)), UsageSpan::Hour);
        assert_eq!(span(policy(3570)), UsageSpan::Hour);
        assert_eq!(span(policy(3600)), UsageSpan::Week);
    }
}
