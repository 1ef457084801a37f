//! Ends: stopped, killed, removed.

use berth::provider::{Billing, InstanceObservation, Provider};
use berth_shared::api::{InstanceId, JobReason, TerminalId, TerminalSize};

use crate::bench::{Bench, job, kill, plenty, supervisor, tagged, told, until, uuid, wait_ended};

#[tokio::test]
async fn stopping_ends_grandchildren_that_ignore_being_asked() {
    let bench = Bench::new();
    let stubborn =
        "bash -c \"trap '' TERM HUP; while :; do sleep 1; done\" & setsid nohup sleep 500 & disown -a";
    let (id, environment) = bench.running(&job(&[], &[stubborn])).await;
    until("its processes", async || (tagged(id).len() >= 2).then_some(())).await;
    environment.stop(1).await.expect("accepted");
    environment.stop(1).await.expect("twice does no harm");
    let (reason, _) = wait_ended(&*environment).await;
    assert_eq!(reason, JobReason::TerminatedByServer);
    assert_eq!(tagged(id), Vec::<i32>::new());
    bench.remove(id).await;
}

#[tokio::test]
async fn stopping_asks_first() {
    let bench = Bench::new();
    let polite = "bash -c \"trap 'echo saved; exit' TERM; echo ready; while :; do sleep 0.05; done\" &";
    let (id, environment) = bench.running(&job(&[], &[polite])).await;
    until("the program to be ready", async || told(&*environment).await.contains("out ready").then_some(()))
        .await;
    let terminal = TerminalId(uuid());
    environment.open_terminal(terminal, TerminalSize { cols: 80, rows: 24 }).await.expect("opened");
    environment.stop(300).await.expect("accepted");
    wait_ended(&*environment).await;
    let told = told(&*environment).await;
    assert!(told.contains("out saved\n"), "{told}");
    bench.remove(id).await;
}

#[tokio::test]
async fn stopping_at_once_and_during_setup() {
    let bench = Bench::new();
    let (id, _) = bench.instance(plenty()).await;
    let environment = bench.environment(id).await;
    environment.start(&job(&["trap '' TERM HUP; echo on; sleep 500"], &[])).await.expect("begun");
    until("setup to begin", async || told(&*environment).await.contains("out on").then_some(())).await;
    environment.stop(0).await.expect("accepted");
    let (reason, message) = wait_ended(&*environment).await;
    assert_eq!((reason, message), (JobReason::TerminatedByServer, None));
    bench.remove(id).await;
}

#[tokio::test]
async fn killing_the_supervisor_kills_everything_and_is_seen() {
    let bench = Bench::new();
    let (id, _) = bench.running(&job(&[], &["setsid sleep 500 & sleep 500 &"])).await;
    let mut changes = bench.provider.changes();
    until("its processes", async || (tagged(id).len() >= 2).then_some(())).await;
    kill(supervisor(&bench.dir(id)).expect("a supervisor"));
    until("the change to be told", async || match changes.recv().await {
        Ok(changed) if changed == id => match bench.provider.observe(id).await.expect("observed") {
            InstanceObservation::Gone { message, .. } => Some(message.expect("a reason")),
            _ => None,
        },
        _ => None,
    })
    .await;
    assert_eq!(tagged(id), Vec::<i32>::new());
    let environment = bench.environment(id).await;
    assert!(told(&*environment).await.contains("init 1 of 1"), "the log can still be read");
    assert!(environment.observe().await.is_err());
    bench.remove(id).await;
}

#[tokio::test]
async fn what_was_never_there_is_gone() {
    let bench = Bench::new();
    let id = InstanceId(uuid());
    assert_eq!(
        bench.provider.observe(id).await.expect("observed"),
        InstanceObservation::Gone { message: None, billing: Billing::default() }
    );
    bench.provider.terminate(id).await.expect("nothing to do");
    bench.gone(id).await;
    assert!(bench.provider.environment(id).await.is_err());
}

#[tokio::test]
async fn an_instance_without_a_job_is_removed() {
    let bench = Bench::new();
    let (id, isolation) = bench.instance(plenty()).await;
    assert!(isolation.missing.iter().any(|sentence| sentence.contains("network")));
    bench.remove(id).await;
}

#[tokio::test]
async fn folders_without_write_permission_are_removed_too() {
    let bench = Bench::new();
    let (id, _) = bench.running(&job(&["mkdir -p a/b; touch a/b/c; chmod 0 a/b; chmod 500 a"], &[])).await;
    bench.remove(id).await;
}
