//! What outlives what.

use berth::provider::JobObservation;
use berth_shared::api::{Allocation, InstanceId};

use crate::bench::{Bench, job, plenty, says, told, until, wait_running};

pub(crate) async fn nothing_is_left_of_an_instance_that_is_removed(bench: &Bench) {
    // Before a job, while one begins, and with one that runs.
    let (id, _) = bench.instance(plenty()).await;
    bench.remove(id).await;
    let (id, _) = bench.begun(&job(&["sleep 300"], &[])).await;
    bench.remove(id).await;
    let (id, environment) = bench.running(&job(&[], &["sleep 300 &"])).await;
    bench.remove(id).await;
    assert!(environment.stats().await.is_err(), "it is gone for those who knew it, too");
    let gone = bench.provider.environment(id).await.err().expect("no environment").to_string();
    assert_eq!(gone, format!("instance {id} is not there"));
}

pub(crate) async fn a_server_that_starts_anew_finds_everything_again(bench: &Bench) {
    let job = job(&["echo once"], &[]);
    let (id, environment) = bench.running(&job).await;
    let began = environment.observe().await.expect("observed");
    drop(environment);
    let anew = bench.another("here").await;
    assert!(anew.list().await.expect("a list").iter().any(|listed| listed.id == id && listed.ours));
    let environment = anew.environment(id).await.expect("an environment");
    assert_eq!(environment.observe().await.expect("observed"), began);
    // It was begun before: nothing happens.
    environment.start(&job).await.expect("accepted");
    until("the beginning to be over", async || {
        (environment.observe().await.expect("observed") == began).then_some(())
    })
    .await;
    let told = told(&*environment).await;
    assert_eq!(told.matches("out once\n").count(), 1, "{told}");
    assert_eq!(says(&*environment, "echo there").await, "there");
    bench.remove(id).await;
}

pub(crate) async fn what_another_installation_made_is_listed_as_its_own(bench: &Bench) {
    let (id, _) = bench.instance(plenty()).await;
    let listed = bench.another("elsewhere").await.list().await.expect("a list");
    let found: Vec<(InstanceId, bool, Option<String>)> =
        listed.into_iter().filter(|l| l.id == id).map(|l| (l.id, l.ours, l.name)).collect();
    assert_eq!(found, [(id, false, Some("sly-fox-1".to_owned()))]);
    bench.remove(id).await;
}

pub(crate) async fn a_flood_of_output_is_kept_within_bounds(bench: &Bench) {
    let flood = "(while :; do echo a line that is written again and again without end; done) &";
    let (id, environment) = bench.begun(&job(&[], &[flood])).await;
    wait_running(&*environment).await;
    // It neither stalls nor keeps anybody waiting.
    let mut before = 0;
    for _ in 0..5 {
        let end = until("the log to grow", async || {
            let chunk = environment.logs(u64::MAX).await.expect("a piece of log");
            // Of a log that is not there yet, the end is what was asked.
            (chunk.next_offset > before && chunk.next_offset != u64::MAX).then_some(chunk.next_offset)
        })
        .await;
        before = end;
        assert_eq!(says(&*environment, "echo there").await, "there");
    }
    assert!(matches!(environment.observe().await, Ok(JobObservation::Running { .. })));
    bench.remove(id).await;
}

pub(crate) async fn files_beyond_what_was_asked_for_are_told(bench: &Bench) {
    let (id, _) = bench.instance(Allocation { reserved_disk_bytes: 16 << 20, ..plenty() }).await;
    let environment = bench.environment(id).await;
    environment.start(&job(&["dd if=/dev/zero of=large bs=1M count=32"], &[])).await.expect("begun");
    until("to be told", async || {
        let told = told(&*environment).await;
        let line = told.lines().find(|line| line.starts_with("sys files here take up "))?.to_owned();
        assert!(line.contains("and 16 MiB of disk were asked for (`resources.disk`)"), "{line}");
        Some(())
    })
    .await;
    bench.remove(id).await;
}
