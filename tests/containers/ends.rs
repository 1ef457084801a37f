//! How jobs end.

use std::time::Duration;

use berth_shared::api::{Allocation, JobReason};

use crate::bench::{Bench, job, plenty, says, told, wait_ended, wait_running};

pub(crate) async fn a_step_that_fails_ends_the_job_and_is_named(bench: &Bench) {
    let (id, environment) =
        bench.begun(&job(&["true", "echo about to fail; sleep 300 & exit 3"], &["echo never"])).await;
    let (reason, message) = wait_ended(&*environment).await;
    assert_eq!(reason, JobReason::ContainerExitedWithError);
    assert_eq!(message, "setup 2 of 2 (`echo about to fail; sleep 300 & exit 3`) ended with exit status 3");
    let told = told(&*environment).await;
    assert!(told.contains("out about to fail\n") && !told.contains("never"), "{told}");
    assert!(environment.logs(u64::MAX).await.expect("the end").complete);
    bench.remove(id).await;
}

pub(crate) async fn a_job_is_asked_to_end_before_it_is_killed(bench: &Bench) {
    let trap = "(trap 'echo saved; exit' TERM; echo armed; while :; do sleep 0.05; done) &";
    let (id, environment) = bench.running(&job(&[], &[trap])).await;
    crate::bench::until("the trap", async || told(&*environment).await.contains("out armed\n").then_some(()))
        .await;
    environment.stop(30).await.expect("accepted");
    let (reason, _) = wait_ended(&*environment).await;
    assert_eq!(reason, JobReason::TerminatedByServer);
    let told = told(&*environment).await;
    assert!(told.contains("out saved\n"), "{told}");
    bench.remove(id).await;
}

pub(crate) async fn memory_that_is_used_up_is_told_with_its_limit(bench: &Bench) {
    let (id, _) = bench.instance(Allocation { memory_bytes: 64 << 20, ..plenty() }).await;
    let environment = bench.environment(id).await;
    environment.start(&job(&["x=x; while :; do x=$x$x; done"], &[])).await.expect("begun");
    let (reason, message) = wait_ended(&*environment).await;
    assert_eq!(reason, JobReason::OutOfMemory, "{message}");
    assert!(message.ends_with("the environment used up its 64 MiB of memory"), "{message}");
    bench.remove(id).await;
}

pub(crate) async fn a_container_that_was_killed_from_outside_leaves_its_log(bench: &Bench) {
    let (id, environment) = bench.running(&job(&["echo before"], &[])).await;
    let _ = bench.engine().ask(&["kill", "--signal", "KILL", &format!("berth-{id}")]);
    let (reason, message) = wait_ended(&*environment).await;
    assert_eq!(reason, JobReason::ExecutorError);
    assert!(message.starts_with("the container was ended from outside (exit status 137)"), "{message}");
    let told = told(&*environment).await;
    assert!(told.contains("out before\n"), "{told}");
    assert!(environment.logs(u64::MAX).await.expect("the end").complete);
    // Whatever is asked of it now is answered, too.
    let refused = environment.dial(1).await.err().expect("refused").to_string();
    assert!(refused.contains("does not run"), "{refused}");
    bench.remove(id).await;

    // A stop of the engine's own asks nobody inside; nothing is lost by that either.
    let (id, environment) = bench.running(&job(&[], &[])).await;
    assert_eq!(says(&*environment, "echo there").await, "there");
    let _ = bench.engine().ask(&["stop", "--time", "1", &format!("berth-{id}")]);
    wait_ended(&*environment).await;
    tokio::time::timeout(Duration::from_secs(60), bench.remove(id)).await.expect("gone");
    let (id, environment) = bench.begun(&job(&[], &[])).await;
    wait_running(&*environment).await;
    bench.remove(id).await;
}
