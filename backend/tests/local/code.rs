//! The code that a job waits for.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use axum::response::IntoResponse as _;
use berth::{
    provider::{CodeStream, JobObservation, JobSpec, ProviderError},
    supervisor::spec::GitAccess,
};
use berth_shared::api::{CodeArchive, GitSource, JobReason, LogSource, RunCode};
use flate2::{Compression, write::GzEncoder};
use futures_util::stream;

use crate::bench::{Bench, job, log, told, until, wait_ended, wait_running};

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
    let code = RunCode::Git(GitSource { url, ..GitSource::default() });
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
async fn a_folder_that_is_not_empty_ends_the_job_or_stays_as_it_is() {
    let bench = Bench::new();
    // Nobody listens there: it is looked at beforehand.
    let url = "http://127.0.0.1:1/x.git".to_owned();
    for skip_existing in [false, true] {
        let path = Some("/etc".to_owned());
        let code = RunCode::Git(GitSource { url: url.clone(), path, skip_existing, ..GitSource::default() });
        let (id, _) = bench.instance(crate::bench::plenty()).await;
        let environment = bench.environment(id).await;
        environment.start(&with_code(code, job(&["test -e /etc/passwd"], &[]))).await.expect("begun");
        if skip_existing {
            wait_running(&*environment).await;
            let said = system(&*environment).await;
            assert_eq!(said[1], "code: `/etc` is not empty, and stays as it is (`if_exists: skip`)");
        } else {
            let (reason, message) = wait_ended(&*environment).await;
            let message = message.unwrap_or_default();
            assert_eq!(reason, JobReason::ContainerExitedWithError, "{message}");
            assert!(
                message.starts_with(&format!("{url} cannot be cloned to `/etc`, which is not empty")),
                "{message}"
            );
        }
        bench.remove(id).await;
    }
}

#[tokio::test]
async fn a_file_that_may_not_be_written_where_it_is_to_be_ends_the_job_in_words() {
    let bench = Bench::new();
    let RunCode::Archive(archive_of) = of(1, 100) else { panic!("an archive") };
    let placed = vec!["/proc/there/no".to_owned()];
    let job = with_code(RunCode::Archive(CodeArchive { placed, ..archive_of }), job(&["echo never"], &[]));
    let (id, _) = bench.instance(crate::bench::plenty()).await;
    let environment = bench.environment(id).await;
    environment.start(&job).await.expect("begun");
    wanted(&*environment).await;
    let bytes = archive(&[(".berth-files/0", b"x")]);
    environment.deliver(job.id, pieces(&bytes, false)).await.expect("taken");
    let (reason, message) = wait_ended(&*environment).await;
    let message = message.unwrap_or_default();
    assert_eq!(reason, JobReason::CreatingContainerError, "{message}");
    assert!(message.contains("/proc/there/no"), "{message}");
    bench.remove(id).await;
}

#[tokio::test]
async fn the_ways_in_are_said_once_it_can_be_worked_in() {
    let bench = Bench::new();
    for setup in [&[][..], &["true"]] {
        let job = JobSpec { welcome: vec!["SSH: ssh fox".to_owned()], ..job(setup, &["true"]) };
        let (id, environment) = bench.running(&job).await;
        // Without `setup` it runs before `init` has begun.
        until("`init` to have begun", async || {
            system(&*environment).await.iter().any(|line| line == "init 1 of 1: true").then_some(())
        })
        .await;
        let said = system(&*environment).await;
        let at = said.iter().position(|line| line == "SSH: ssh fox").expect("it is said");
        assert_eq!(said[at + 1], "init 1 of 1: true");
        assert_eq!(said.iter().filter(|line| line.starts_with("SSH:")).count(), 1, "{said:?}");
        bench.remove(id).await;
    }
}

/// Runs `git` in a folder.
fn git(folder: &std::path::Path, arguments: &[&str]) {
    let mut git = std::process::Command::new("git");
    git.current_dir(folder).env("HOME", folder).env("GIT_CONFIG_NOSYSTEM", "1");
    let output =
        git.args(["-c", "user.name=ann", "-c", "user.email=ann@example.com"]).args(arguments).output();
    let output = output.expect("git runs");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A repository that a web server gives to whoever says `ann` and `s3cret`: its address, and how often it was asked in vain.
async fn private_repository(folder: &std::path::Path) -> (std::net::SocketAddr, Arc<AtomicU32>) {
    let project = folder.join("project");
    std::fs::create_dir_all(&project).expect("a folder");
    git(&project, &["init", "-q", "-b", "main"]);
    std::fs::write(project.join("greeting"), "from a private place\n").expect("written");
    git(&project, &["add", "."]);
    git(&project, &["commit", "-qm", "the first one"]);
    git(folder, &["clone", "-q", "--bare", "project", "project.git"]);
    git(&folder.join("project.git"), &["update-server-info"]);
    let (root, refused) = (folder.to_owned(), Arc::<AtomicU32>::default());
    let count = Arc::clone(&refused);
    let give = async move |request: axum::extract::Request| {
        let said = request.headers().get("authorization").and_then(|said| said.to_str().ok());
        // `ann:s3cret`.
        if said != Some("Basic YW5uOnMzY3JldA==") {
            count.fetch_add(u32::from(said.is_some()), Ordering::Relaxed);
            let headers = [("www-authenticate", "Basic realm=\"berth\"")];
            return (axum::http::StatusCode::UNAUTHORIZED, headers).into_response();
        }
        match std::fs::read(root.join(request.uri().path().trim_start_matches('/'))) {
            Ok(bytes) => bytes.into_response(),
            Err(_) => axum::http::StatusCode::NOT_FOUND.into_response(),
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(give)).await });
    (address, refused)
}

#[tokio::test]
async fn a_private_repository_is_cloned_by_a_login_of_which_nothing_stays() {
    let bench = Bench::new();
    let folder = bench.data_dir.join("git");
    let (address, refused) = private_repository(&folder).await;
    let url = format!("http://{address}/project.git");
    let clone = |password: Option<&str>, setup: &[&str]| {
        let git = password.map(|password| GitAccess {
            place: format!("http://{address}"),
            username: "ann".to_owned(),
            password: password.to_owned(),
        });
        let code = RunCode::Git(GitSource { url: url.clone(), ..GitSource::default() });
        JobSpec { git, ..with_code(code, job(setup, &["true"])) }
    };
    let setup = ["cat greeting", "git config --list", "env", "git fetch || echo not let in again"];
    let (id, environment) = bench.running(&clone(Some("s3cret"), &setup)).await;
    let said = told(&*environment).await;
    assert!(said.contains("out from a private place\n"), "{said}");
    assert!(said.contains("out not let in again\n"), "{said}");
    assert!(!said.contains("s3cret") && !said.contains("BERTH_GIT"), "{said}");
    assert_eq!(refused.load(Ordering::Relaxed), 0);
    bench.remove(id).await;

    for (password, hint) in [
        (
            Some("wrong"),
            format!("; the project's login for http://{address} is not let in: a manager sets another"),
        ),
        (
            None,
            "; for a private repository a manager gives the project a login: `berth git set http://"
                .to_owned(),
        ),
    ] {
        let (id, _) = bench.instance(crate::bench::plenty()).await;
        let environment = bench.environment(id).await;
        environment.start(&clone(password, &["echo never"])).await.expect("begun");
        let (reason, message) = wait_ended(&*environment).await;
        let message = message.unwrap_or_default();
        assert_eq!(reason, JobReason::ContainerExitedWithError, "{message}");
        assert!(message.contains(&hint), "{message}");
        bench.remove(id).await;
    }
}
