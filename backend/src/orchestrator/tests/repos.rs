//! Code and files that a configuration of dstack 0.22 names.

use berth_shared::api::{CodeArchive, GitSource, RunCode, RunStatus, SubmitRequest};
use uuid::Uuid;

use super::{Bench, ServiceError, code, one_offer, request};

const CLONED: &str = "type: dev-environment
repos:
  - url: https://git.example/ann/project
    branch: dev
    hash: 0123abcd
    path: src
    if_exists: skip
";

const FILES: &str = "type: dev-environment\nfiles:\n  - a:~/.a\n  - data\n";

fn source(url: &str) -> GitSource {
    GitSource { url: url.to_owned(), ..GitSource::default() }
}

fn archive(placed: &[&str]) -> CodeArchive {
    let placed = placed.iter().map(|path| (*path).to_owned()).collect();
    CodeArchive { sha256: "a".repeat(64), placed, ..CodeArchive::default() }
}

#[tokio::test]
async fn what_a_configuration_has_cloned_is_the_code_unless_the_launch_says_otherwise() {
    let bench = Bench::new(one_offer());
    let server = bench.start().await;
    let id = server.submit("fox", CLONED).await;
    server.until(id, RunStatus::Running).await;
    let named = RunCode::Git(GitSource {
        branch: Some("dev".to_owned()),
        revision: Some("0123abcd".to_owned()),
        path: Some("src".to_owned()),
        skip_existing: true,
        ..source("https://git.example/ann/project")
    });
    assert_eq!(server.run(id).await.code, Some(named.clone()));
    assert_eq!(bench.world.last_job().expect("a job").code, Some(named));

    let other = RunCode::Git(source("https://git.example/ann/other"));
    let explicit = SubmitRequest { code: Some(other.clone()), ..request("hen", CLONED) };
    let run = server.service.submit("ann", explicit).await.expect("accepted").run;
    assert_eq!(run.code, Some(other));
    let without = SubmitRequest { no_code: true, ..request("owl", CLONED) };
    assert_eq!(server.service.submit("ann", without).await.expect("accepted").run.code, None);
    let wrong = "type: dev-environment\nrepos:\n  - url: https://git.example/a\n    hash: main\n";
    assert_eq!(code(server.service.submit("ann", request("elk", wrong)).await), "code-invalid");
}

#[tokio::test]
async fn a_folder_of_whoever_launches_is_not_to_be_had_without_them() {
    let bench = Bench::new(one_offer());
    let server = bench.start().await;
    let text = "type: dev-environment\nrepos:\n  - ./project\n";
    let error = server.service.submit("ann", request("fox", text)).await.expect_err("it is elsewhere");
    insta::assert_snapshot!(error, @"no offer fits right now: berth: `./project` is on the machine of whoever launches: launch by `berth run` there, or name the repository by its `url`");
    let ServiceError::NoOffers(refusals) = error else { panic!("{error:?}") };
    assert_eq!(refusals[0].reasons[0].path, "repos");
    let without = SubmitRequest { no_code: true, ..request("fox", text) };
    server.service.submit("ann", without).await.expect("accepted");
}

#[tokio::test]
async fn files_are_launched_with_when_an_archive_brings_them_and_not_otherwise() {
    let bench = Bench::new(one_offer());
    let server = bench.start().await;
    let error = server.service.submit("ann", request("fox", FILES)).await.expect_err("they are elsewhere");
    insta::assert_snapshot!(error, @"no offer fits right now: berth: `a`, `data` would come from the machine of whoever launches: choose them in the dashboard, launch by `berth run` there, or remove `files`");
    let of = |code: RunCode| SubmitRequest { code: Some(code), ..request("fox", FILES) };
    let places = ["~/.a", "data"];
    for wrong in [
        RunCode::Git(source("https://git.example/a")),
        RunCode::Archive(archive(&[])),
        RunCode::Archive(archive(&["~/.a"])),
        RunCode::Archive(archive(&["data", "~/.a"])),
    ] {
        assert_eq!(code(server.service.submit("ann", of(wrong)).await), "no-offers");
    }
    let both = GitSource { archive: Some(Box::new(archive(&places))), ..source("https://git.example/a") };
    let both = RunCode::Git(both);
    assert_eq!(code(server.service.submit("ann", of(both.clone())).await), "code-missing");
    let kept = server.core.storage.code();
    kept.begin(Uuid::nil(), "ann", &"a".repeat(64), server.core.now()).await.expect("begun");
    kept.append(Uuid::nil(), 0, b"archive").await.expect("kept");
    kept.complete(Uuid::nil(), 7, server.core.now()).await.expect("whole");
    let run = server.service.submit("ann", of(both)).await.expect("accepted").run;
    let archive = run.code.as_ref().and_then(RunCode::archive).expect("an archive");
    assert_eq!((archive.size, archive.placed.as_slice()), (7, &places.map(str::to_owned)[..]));
}
