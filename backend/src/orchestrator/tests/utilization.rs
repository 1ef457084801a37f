//! Runs that are stopped because their GPUs are not used.

use std::sync::PoisonError;

use berth_shared::api::{JobReason, RunReason, RunStatus, UsageHistory, UsageSample};

use super::{Bench, one_offer};

#[tokio::test]
async fn a_run_whose_gpus_are_not_used_is_stopped_once_its_window_is_over() {
    let bench = Bench::new(one_offer());
    let server = bench.start().await;
    let text = "type: dev-environment\nutilization_policy: {min_gpu_utilization: 10, time_window: 5m}\n";
    let id = server.submit("fox", text).await;
    let started = server.until(id, RunStatus::Running).await.started_at.expect("it has begun");
    // Used for four minutes, then no more; written down for as long as the test goes.
    let samples = (1..100).map(|n| UsageSample {
        at: started.plus_seconds(n * 10),
        gpus_most: vec![if n <= 24 { 0.5 } else { 0.0 }],
        ..UsageSample::default()
    });
    let history = UsageHistory { step_seconds: 10, samples: samples.collect() };
    let tell = |history| *bench.world.used.lock().unwrap_or_else(PoisonError::into_inner) = history;

    server.pass(320).await;
    assert_eq!(server.run(id).await.status, RunStatus::Running, "nobody said what was used");
    tell(Some(history));
    server.pass(200).await;
    assert_eq!(server.run(id).await.status, RunStatus::Running, "it was used within the window");
    let run = server.until(id, RunStatus::Terminated).await;
    let lasted = server.core.now().millis_since(started) / 1000;
    assert!((530..=570).contains(&lasted), "{lasted}");
    assert_eq!(
        (run.reason, run.job_reason),
        (
            Some(RunReason::TerminatedDueToUtilizationPolicy),
            Some(JobReason::TerminatedDueToUtilizationPolicy)
        )
    );
    assert_eq!(bench.world.machines(), 0);
    server.check_events().await;
}
