//! What engines and machines lack, told in words that say what to do.

use std::sync::Arc;

use berth::{
    provider::{Environment, JobObservation},
    supervisor::spec::RegistryAuth,
};
use berth_shared::api::{Allocation, JobReason};
use berth_tests::engines::{self, Engine, Registry, required};

use crate::bench::{Bench, job, plenty, says, told, until, wait_ended, wait_running, with_image};

fn account() -> Option<RegistryAuth> {
    Some(RegistryAuth { username: Registry::USERNAME.to_owned(), password: Registry::PASSWORD.to_owned() })
}

pub(crate) async fn an_image_for_another_architecture_is_told(bench: &Bench) {
    let engine = bench.engine();
    let name = "localhost/berth-test/foreign:1";
    let other = engines::foreign(engine, name);
    let own = if other == "arm64" { "amd64" } else { "arm64" };
    let mut images = vec![name.to_owned()];
    if let Some(registry) = &bench.registry {
        images.push(registry.keep(engine, name, "foreign:1"));
        images.extend(registry.list_for(engine, "foreign:1", other));
    }
    for image in images {
        let mut job = with_image(&image, job(&[], &[]));
        job.container.registry_auth = account();
        let (id, environment) = bench.begun(&job).await;
        let (reason, message) = wait_ended(&*environment).await;
        assert_eq!(reason, JobReason::CreatingContainerError);
        let plain =
            format!("`{image}` is made for {other} and this machine is {own}: use an image for {own}");
        let listed = format!("`{image}` is not made for this machine's architecture: ");
        let fits = if image.ends_with("-list") { message.starts_with(&listed) } else { message == plain };
        assert!(fits, "{message}");
        bench.remove(id).await;
    }
    let _ = engine.ask(&["rmi", name]);
}

pub(crate) async fn gpus_that_the_engine_cannot_give_are_told_with_what_is_missing(bench: &Bench) {
    let amd = vec!["/dev/kfd".to_owned(), "/dev/dri/renderD128".to_owned()];
    for (devices, missing) in [
        (vec![], "the engine cannot give NVIDIA's GPUs to containers: install `nvidia-container-toolkit`"),
        (amd, "the engine cannot give AMD's GPUs to containers: their devices are not there"),
    ] {
        if devices.iter().any(|device| std::path::Path::new(device).exists()) {
            continue;
        }
        let (id, _) = bench.instance(Allocation { gpus: vec![0], devices, ..plenty() }).await;
        let environment = bench.environment(id).await;
        environment.start(&job(&[], &[])).await.expect("begun");
        let (reason, message) = wait_ended(&*environment).await;
        assert_eq!(reason, JobReason::CreatingContainerError);
        assert!(message.starts_with(missing), "{message}");
        bench.remove(id).await;
    }
}

/// Room for the tests' images, and not for much more, bytes.
const SMALL: u64 = 48 << 20;

async fn a_full_disk_is_told(name: &str) {
    let Some(engine) = Engine::start_small(name, SMALL) else { return };
    let Some(pusher) = required("Podman", engine.podman_beside()) else { return };
    let registry = match Registry::start(&engine) {
        Ok(registry) => registry,
        Err(why) => {
            assert!(std::env::var_os("BERTH_REQUIRE_ENGINES").is_none(), "a registry is required: {why}");
            return eprintln!("skipped: no private registry can run here: {why}");
        }
    };
    let dir = tempfile::tempdir().expect("a folder");
    let large = dir.path().join("large");
    // Nothing that could be made smaller on the way.
    let mut noise = std::io::Read::take(std::fs::File::open("/dev/urandom").expect("noise"), SMALL);
    std::io::copy(&mut noise, &mut std::fs::File::create(&large).expect("a file")).expect("written");
    let image = "localhost/berth-test/large:1";
    engines::layer(&pusher, engines::SH, &large, "/large", image);
    let image = registry.keep(&pusher, image, "large:1");
    drop(pusher);

    let bench = Bench::with(Some(Arc::new(engine)), Some(registry)).await;
    let mut job = with_image(&image, job(&[], &[]));
    job.container.registry_auth = account();
    let (id, environment) = bench.begun(&job).await;
    let (reason, message) = wait_ended(&*environment).await;
    assert_eq!(reason, JobReason::CreatingContainerError);
    assert_eq!(
        message,
        format!(
            "there is no room on disk to pull `{image}`: the engine's `system prune` removes images that nothing uses"
        )
    );
    bench.remove(id).await;
    // What was there before goes on to be used.
    let (id, environment) = bench.running(&self::job(&[], &[])).await;
    assert_eq!(says(&*environment, "echo there").await, "there");
    bench.remove(id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fills_up_while_podman_pulls_is_told() {
    a_full_disk_is_told("podman").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fills_up_while_dockerd_pulls_is_told() {
    a_full_disk_is_told("dockerd").await;
}

/// What an environment is told to be while its engine is away.
async fn away(environment: &dyn Environment) -> String {
    environment.observe().await.expect_err("nobody can know").to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_goes_away_is_told_and_its_environments_are_found_again() {
    let Some(engine) = Engine::start("podman") else { return };
    let bench = Bench::new(Arc::new(engine)).await;
    let count = "(i=0; while :; do echo count $i; i=$((i+1)); sleep 1; done) &";
    let (id, environment) = bench.running(&job(&["echo before"], &[count])).await;
    let began = environment.observe().await.expect("observed");
    let (waiting, unbegun) = bench.begun(&with_image("127.0.0.1:1/nothing:1", job(&[], &[]))).await;
    bench.engine().stop();
    let place = bench.engine().socket.display().to_string();
    let wanted = format!("the container engine at unix://{place} does not answer: ");
    // What is under way may be told in other words yet, for a moment.
    until("to be told", async || away(&*environment).await.contains(&wanted).then_some(())).await;
    let refused = bench.provider.observe(id).await.expect_err("nobody can know").to_string();
    assert!(refused.contains(&wanted), "{refused}");
    until("a beginning that tells it", async || match unbegun.observe().await {
        Ok(JobObservation::SettingUp { progress, .. }) => {
            (progress.starts_with(&wanted) && progress.ends_with("; trying again")).then_some(())
        }
        other => panic!("{other:?}"),
    })
    .await;
    bench.engine().restart();
    until("it to be found", async || environment.observe().await.ok().filter(|seen| *seen == began)).await;
    let seen = told(&*environment).await.matches("out count ").count();
    until("it to go on", async || {
        (told(&*environment).await.matches("out count ").count() > seen).then_some(())
    })
    .await;
    assert_eq!(told(&*environment).await.matches("out before\n").count(), 1);
    bench.remove(waiting).await;
    bench.remove(id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_comes_back_makes_what_was_being_made() {
    for name in ["podman", "dockerd"] {
        let Some(engine) = Engine::start(name) else { continue };
        let bench = Bench::new(Arc::new(engine)).await;
        let (id, _) = bench.instance(plenty()).await;
        let environment = bench.environment(id).await;
        bench.engine().stop();
        environment.start(&job(&["echo once"], &[])).await.expect("accepted");
        until("a beginning that tells it", async || match environment.observe().await {
            Ok(JobObservation::SettingUp { progress, .. }) => {
                progress.contains("does not answer").then_some(())
            }
            other => panic!("{other:?}"),
        })
        .await;
        bench.engine().restart();
        wait_running(&*environment).await;
        assert_eq!(told(&*environment).await.matches("out once\n").count(), 1);
        bench.remove(id).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ended_with_its_engine_is_told_and_leaves_its_log() {
    // Docker's daemon ends its containers with itself, unless it is told otherwise.
    let Some(engine) = Engine::start("dockerd") else { return };
    let bench = Bench::new(Arc::new(engine)).await;
    let (id, environment) = bench.running(&job(&["echo before"], &[])).await;
    bench.engine().stop();
    until("to be told", async || away(&*environment).await.contains("does not answer: ").then_some(())).await;
    bench.engine().restart();
    let ended = until("its end", async || match environment.observe().await {
        Ok(JobObservation::Ended { message, .. }) => message,
        _ => None,
    });
    let message = ended.await;
    assert!(message.starts_with("the container was ended from outside"), "{message}");
    assert!(told(&*environment).await.contains("out before\n"));
    bench.remove(id).await;
}
