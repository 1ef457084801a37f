//! What outlives the server, and crashes between any two steps.

use berth::provider::{InstanceObservation, Provider};
use berth_shared::api::{InstanceId, TerminalId, TerminalSize};

use crate::{
    bench::{Bench, job, plenty, request, supervisor, told, until, uuid, wait_ended},
    terminal::{keys, read_until},
};

#[tokio::test]
async fn a_new_server_finds_the_environment_its_terminal_and_its_log() {
    let mut bench = Bench::new();
    let spec = job(&["echo set up"], &["sleep 500 &"]);
    let (id, environment) = bench.running(&spec).await;
    let terminal = TerminalId(uuid());
    environment.open_terminal(terminal, TerminalSize { cols: 80, rows: 24 }).await.expect("opened");
    let mut attached = environment.attach_terminal(terminal, None).await.expect("attached");
    keys(&attached, "X=kept; echo ty''ped\n").await;
    let seen = read_until(&mut attached, "typed").await;
    drop((attached, environment));
    let before = supervisor(&bench.dir(id)).expect("a supervisor");

    bench.restart();
    assert_eq!(bench.listed().await, [id]);
    bench.ready(id).await;
    bench.provider.create(&request(id, plenty())).await.expect("nothing to do");
    assert_eq!(supervisor(&bench.dir(id)), Some(before));
    let environment = bench.environment(id).await;
    environment.start(&spec).await.expect("nothing to do");
    let mut attached =
        environment.attach_terminal(terminal, Some(seen.len() as u64)).await.expect("attached again");
    assert_eq!(attached.offset, seen.len() as u64);
    keys(&attached, "echo $X-$X\n").await;
    read_until(&mut attached, "kept-kept").await;
    assert!(told(&*environment).await.contains("out set up\n"));
    let mut changes = bench.provider.changes();
    environment.stop(0).await.expect("accepted");
    tokio::time::timeout(crate::bench::PATIENCE, changes.recv()).await.expect("told in time").expect("told");
    wait_ended(&*environment).await;
    bench.remove(id).await;
}

#[tokio::test]
async fn an_instance_whose_supervisor_was_never_started_is_made_when_it_is_looked_at() {
    let bench = Bench::new();
    let id = InstanceId(uuid());
    // What is left when the server is killed right after it has written down what is wanted.
    std::fs::create_dir_all(bench.dir(id)).expect("a folder");
    let spec = serde_json::to_vec(&request(id, plenty())).expect("JSON");
    std::fs::write(bench.dir(id).join("spec.json"), spec).expect("written");
    bench.ready(id).await;
    bench.remove(id).await;
}

#[tokio::test]
async fn the_beginning_of_an_instance_is_listed_and_removed() {
    let bench = Bench::new();
    let id = InstanceId(uuid());
    let begun = bench.data_dir.join("local").join(format!(".new-{id}"));
    std::fs::create_dir_all(&begun).expect("a folder");
    assert_eq!(bench.listed().await, [id]);
    bench.provider.terminate(id).await.expect("accepted");
    until("it to be removed", async || (!begun.exists()).then_some(())).await;
    bench.gone(id).await;
}

#[tokio::test]
async fn a_removal_that_was_cut_short_goes_on_when_it_is_looked_at() {
    let mut bench = Bench::new();
    let (id, _) = bench.running(&job(&[], &["sleep 500 &"])).await;
    // What is left when the server is killed right after it has marked the instance.
    std::fs::write(bench.dir(id).join("terminating"), "").expect("marked");
    bench.restart();
    let seen = bench.provider.observe(id).await.expect("observed");
    assert!(matches!(seen, InstanceObservation::Removing { .. }), "{seen:?}");
    bench.gone(id).await;
    // And when it was killed while it removed the folder.
    let gone = bench.data_dir.join("local").join(format!(".gone-{id}"));
    std::fs::create_dir_all(gone.join("home/left")).expect("a folder");
    let seen = bench.provider.observe(id).await.expect("observed");
    assert!(matches!(seen, InstanceObservation::Removing { .. }), "{seen:?}");
    bench.gone(id).await;
    assert!(!gone.exists());
}

#[tokio::test]
async fn creating_twice_at_once_makes_one() {
    let bench = Bench::new();
    let id = InstanceId(uuid());
    let request = request(id, plenty());
    let (first, second) = tokio::join!(bench.provider.create(&request), bench.provider.create(&request));
    first.and(second).expect("created");
    bench.ready(id).await;
    bench.remove(id).await;
}
