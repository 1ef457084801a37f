//! The code that a job waits for.

use std::io;

use berth::provider::{CodeStream, JobObservation, JobSpec, ProviderError};
use berth_shared::api::{CodeArchive, GitSource, JobReason, LogSource, RunCode};
use flate2::{Compression, write::GzEncoder};
use futures_util::stream;

use crate::bench::{Bench, job, log, until, wait_ended, wait_running};

/// An archive of these files, compressed.
fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        header.set_size(bytes.len() as u64);
        // The library refuses names such as those that are tried here.
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        tar.append(&header, *bytes).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

fn with_code(code: RunCode, job: JobSpec) -> JobSpec {
    JobSpec { code: Some(code), ..job }
}

fn of(files: u64, bytes: u64) -> RunCode {
    let sha256 = "0".repeat(64);
    RunCode::Archive(CodeArchive { sha256, files, entries: files, bytes, size: 1, ..CodeArchive::default() })
}

/// The archive in pieces; with an error at its end when it is `broken`.
fn pieces(bytes: &[u8], broken: bool) -> CodeStream {
    let mut pieces: Vec<io::Result<Vec<u8>>> = bytes.chunks(1000).map(|piece| Ok(piece.to_vec())).collect();
    if broken {
        pieces.push(Err(io::Error::other("the database is away")));
    }
    Box::pin(stream::iter(pieces))
}

/// Waits until the job waits for its code.
async fn wanted(environment: &dyn berth::provider::Environment) {
    until("the job to want its code", async || match environment.observe().await.expect("observed") {
        JobObservation::WaitingForCode { .. } => Some(()),
        JobObservation::Ended { reason, message, .. } => panic!("{reason}: {message:?}"),
        _ => None,
    })
    .await;
}

async fn system(environment: &dyn berth::provider::Environment) -> Vec<String> {
    let lines = log(environment).await.into_iter().filter(|line| line.source == LogSource::System);
    lines.map(|line| line.text).collect()
}

#[tokio::test]
async fn code_that_was_broken_off_is_brought_again_and_once_it_is_there_no_more() {
    let bench = Bench::new();
    let noise: Vec<u8> = (0..100_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let whole = archive(&[("a/large", &noise), ("last", b"the last one\n")]);
    let job = with_code(of(2, 200_000), job(&["cat last; wc -c < a/large"], &[]));
    let (id, _) = bench.instance(crate::bench::plenty()).await;
    let environment = bench.environment(id).await;
    environment.start(&job).await.expect("begun");
    wanted(&*environment).await;
    let broken = environment.deliver(job.id, pieces(&whole[..whole.len() / 2], true)).await;
    assert!(
        matches!(&broken, Err(ProviderError::Temporary { message, .. }) if message.contains("database is away")),
        "{broken:?}"
    );
    wanted(&*environment).await;
    environment.deliver(job.id, pieces(&whole, false)).await.expect("brought");
    wait_running(&*environment).await;
    let again = environment.deliver(job.id, pieces(&whole, false)).await;
    assert!(matches!(again, Err(ProviderError::NotReady(_))), "{again:?}");
    let told = log(&*environment).await;
    let out: Vec<&str> =
        told.iter().filter(|line| line.source == LogSource::Stdout).map(|line| line.text.as_str()).collect();
    assert_eq!(out, ["the last one", "100000"]);
    assert_eq!(
        system(&*environment).await,
        [
            "code: 2 files, 1 bytes",
            "code: done",
            "setup 1 of 1: cat last; wc -c < a/large",
            "setup 1 of 1: done"
        ]
    );
    bench.remove(id).await;
}

#[tokio::test]
async fn an_archive_that_is_not_what_it_should_be_ends_the_job_in_words() {
    let bench = Bench::new();
    let hostile = archive(&[("../out", b"x")]);
    let more = archive(&[("a", &[0; 5000])]);
    for (bytes, why) in [
        (hostile.as_slice(), "the code could not be unpacked: `../out` leads out of the folder"),
        (&more, "the code could not be unpacked: the archive holds more than was said of it"),
        (b"no archive", "the code could not be unpacked: "),
    ] {
        let job = with_code(of(1, 100), job(&["echo never"], &[]));
        let (id, _) = bench.instance(crate::bench::plenty()).await;
        let environment = bench.environment(id).await;
        environment.start(&job).await.expect("begun");
        wanted(&*environment).await;
        environment.deliver(job.id, pieces(bytes, false)).await.expect("taken");
        let (reason, message) = wait_ended(&*environment).await;
        let message = message.unwrap_or_default();
        assert_eq!(reason, JobReason::CreatingContainerError, "{message}");
        assert!(message.starts_with(why) && message.len() > why.len().min(40), "{message}");
        bench.remove(id).await;
    }
}

#[tokio::test]
async fn a_job_that_waits_for_its_code_can_be_stopped() {
    let bench = Bench::new();
    let (id, _) = bench.instance(crate::bench::plenty()).await;
    let environment = bench.environment(id).await;
    let job = with_code(of(1, 100), job(&["echo never"], &[]));
    environment.start(&job).await.expect("begun");
    wanted(&*environment).await;
    environment.stop(5).await.expect("accepted");
    assert_eq!(wait_ended(&*environment).await.0, JobReason::TerminatedByServer);
    bench.remove(id).await;
}

#[tokio::test]
async fn a_repository_that_does_not_answer_ends_the_job_with_the_words_of_git() {
    let bench = Bench::new();
    // Nobody listens there.
    let url = "http://127.0.0.1:1/x.git".to_owned();
    let code = RunCode::Git(GitSource { url, branch: None, commit: None });
    let (id, _) = bench.instance(crate::bench::plenty()).await;
    let environment = bench.environment(id).await;
    environment.start(&with_code(code, job(&["echo never"], &[]))).await.expect("begun");
    let (reason, message) = wait_ended(&*environment).await;
    let message = message.unwrap_or_default();
    assert_eq!(reason, JobReason::ContainerExitedWithError, "{message}");
    assert!(
        message.contains("`git clone` of http://127.0.0.1:1/x.git ended with exit status 128: fatal: "),
        "{message}"
    );
    bench.remove(id).await;
}

#[tokio::test]
async fn the_ways_in_are_said_once_it_can_be_worked_in() {
    let bench = Bench::new();
    for setup in [&[][..], &["true"]] {
        let job = JobSpec { welcome: vec!["SSH: ssh fox".to_owned()], ..job(setup, &["true"]) };
        let (id, environment) = bench.running(&job).await;
        let said = system(&*environment).await;
        let at = said.iter().position(|line| line == "SSH: ssh fox").expect("it is said");
        assert_eq!(said[at + 1], "init 1 of 1: true");
        assert_eq!(said.iter().filter(|line| line.starts_with("SSH:")).count(), 1, "{said:?}");
        bench.remove(id).await;
    }
}
