//! The code that a job works on.

use berth::provider::{Environment, JobObservation, JobSpec};
use berth_shared::api::{CodeArchive, GitSource, JobReason, RunCode};
use berth_tests::engines;
use flate2::{Compression, write::GzEncoder};
use futures_util::stream;

use crate::bench::{Bench, job, says, until, wait_ended, wait_running, with_image};

pub(crate) async fn code_is_there_before_the_first_command_and_belongs_to_the_images_user(bench: &Bench) {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let mut header = tar::Header::new_gnu();
    header.set_mode(0o755);
    header.set_size(20);
    tar.append_data(&mut header, "deep/tool", &b"#!/bin/sh\necho works\n"[..20]).expect("packed");
    let bytes = tar.into_inner().and_then(GzEncoder::finish).expect("packed");
    let archive = CodeArchive { files: 1, entries: 1, bytes: 20, ..CodeArchive::default() };
    let spec = JobSpec {
        code: Some(RunCode::Archive(archive)),
        ..with_image(engines::USER, job(&["sh deep/tool > said; touch mine"], &[]))
    };
    let (id, environment) = bench.begun(&spec).await;
    wanted(&*environment).await;
    let pieces = stream::iter(vec![Ok(bytes)]);
    environment.deliver(spec.id, Box::pin(pieces)).await.expect("brought");
    wait_running(&*environment).await;
    let told = says(
        &*environment,
        "cat said; ls -l deep | tail -1 | cut -d' ' -f1; cd deep; ls -n tool | tr -s ' ' | cut -d' ' -f3",
    )
    .await;
    assert_eq!(told, "works\n-rwxr-xr-x\n1000");
    bench.remove(id).await;
}

async fn wanted(environment: &dyn Environment) {
    until("the job to want its code", async || match environment.observe().await.expect("observed") {
        JobObservation::WaitingForCode { .. } => Some(()),
        JobObservation::Ended { reason, message, .. } => panic!("{reason}: {message:?}"),
        _ => None,
    })
    .await;
}

pub(crate) async fn an_image_without_git_clones_nothing_and_says_so(bench: &Bench) {
    let url = "https://git.example/ann/project".to_owned();
    let code = RunCode::Git(GitSource { url, ..GitSource::default() });
    let spec = JobSpec { code: Some(code), ..with_image(engines::SH, job(&["echo never"], &[])) };
    let (id, environment) = bench.begun(&spec).await;
    let (reason, message) = wait_ended(&*environment).await;
    assert_eq!(reason, JobReason::ContainerExitedWithError, "{message}");
    assert!(
        message.starts_with("the image has no `git`, which is to clone https://git.example/ann/project: "),
        "{message}"
    );
    bench.remove(id).await;
}
