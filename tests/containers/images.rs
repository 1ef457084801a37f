//! Images: had, refused, and on their way.

use berth::provider::JobObservation;
use berth::supervisor::spec::RegistryAuth;
use berth_shared::api::JobReason;
use berth_tests::engines::{self, Registry};

use crate::bench::{Bench, job, says, until, wait_ended, wait_running, with_image};

pub(crate) async fn an_image_that_is_not_there_is_told(bench: &Bench) {
    let Some(registry) = &bench.registry else { return };
    let image = registry.keep(bench.engine(), engines::SH, "there:1");
    let image = image.replace("there:1", "there:2");
    let mut job = with_image(&image, job(&[], &[]));
    job.container.registry_auth = Some(right());
    let (id, environment) = bench.begun(&job).await;
    let (reason, message) = wait_ended(&*environment).await;
    assert_eq!(reason, JobReason::CreatingContainerError);
    assert!(
        message.starts_with(&format!("there is no image `{image}`: check its name and tag")),
        "{message}"
    );
    bench.remove(id).await;
}

fn right() -> RegistryAuth {
    RegistryAuth { username: Registry::USERNAME.to_owned(), password: Registry::PASSWORD.to_owned() }
}

pub(crate) async fn a_private_image_wants_the_right_credentials(bench: &Bench) {
    let Some(registry) = &bench.registry else { return };
    let image = registry.keep(bench.engine(), engines::BASH, "private/bash:1");
    let wrong = RegistryAuth { password: "wrong-pass-word".to_owned(), ..right() };
    for (auth, wanted) in [
        (None, format!("the registry wants credentials for `{image}`, or there is no such image")),
        (Some(wrong), format!("the registry refuses the credentials for `{image}`: check `registry_auth`")),
    ] {
        let mut job = with_image(&image, job(&[], &[]));
        job.container.registry_auth = auth;
        let (id, environment) = bench.begun(&job).await;
        let (_, message) = wait_ended(&*environment).await;
        assert!(message.starts_with(&wanted), "{message}");
        assert!(!message.contains("wrong-pass-word"), "{message}");
        bench.remove(id).await;
    }
    let mut job = with_image(&image, job(&[], &[]));
    job.container.registry_auth = Some(right());
    let held = registry.held();
    let (id, environment) = bench.begun(&job).await;
    let pulled = until("the pull", async || match environment.observe().await.expect("observed") {
        JobObservation::SettingUp { progress, .. } => progress.starts_with("pulling").then_some(progress),
        other => panic!("{other:?}"),
    })
    .await;
    assert_eq!(pulled, format!("pulling {image}"));
    drop(held);
    wait_running(&*environment).await;
    // The credentials stay outside.
    let found = says(&*environment, "env; cat /.berth/* 2>/dev/null | grep -c 'wörd' || true").await;
    assert!(!found.contains("wörd") && found.ends_with('0'), "{found}");
    bench.remove(id).await;
}

pub(crate) async fn a_pull_can_be_stopped(bench: &Bench) {
    // Nobody listens there: it is tried again for a minute.
    let (id, environment) = bench.begun(&with_image("127.0.0.1:1/nothing:1", job(&[], &[]))).await;
    until("a first attempt", async || match environment.observe().await.expect("observed") {
        JobObservation::SettingUp { progress, .. } => progress.ends_with("trying again").then_some(()),
        other => panic!("{other:?}"),
    })
    .await;
    environment.stop(10).await.expect("accepted");
    let (reason, _) = wait_ended(&*environment).await;
    assert_eq!(reason, JobReason::TerminatedByServer);
    bench.remove(id).await;

    let (id, environment) = bench.begun(&job(&[], &[])).await;
    wait_running(&*environment).await;
    bench.remove(id).await;
}
