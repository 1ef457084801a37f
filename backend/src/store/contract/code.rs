//! People's code.

use berth_shared::api::{CodeArchive, GitSource, RunCode, RunStatus};
use uuid::Uuid;

use super::{
    Bed, commit,
    sample::{at, submission},
};
use crate::store::Change;

super::on_every_store!(
    code_is_read_again_by_its_owner_alone_and_only_once_it_is_whole,
    code_that_is_brought_twice_at_once_is_kept_once,
    code_is_kept_while_a_run_needs_it_and_for_a_while,
    files_are_kept_while_a_run_with_a_repository_needs_them,
    uploads_that_were_broken_off_are_forgotten,
);

const UPLOAD: Uuid = Uuid::from_u128(1);
const OTHER: Uuid = Uuid::from_u128(2);
const X: &str = "aa";

async fn code_is_read_again_by_its_owner_alone_and_only_once_it_is_whole(bed: Bed) {
    let store = bed.store().await;
    let code = store.code();
    code.begin(UPLOAD, "ann", X, at(1)).await.expect("begun");
    code.append(UPLOAD, 0, b"one\0").await.expect("kept");
    code.append(UPLOAD, 1, &[255; 3]).await.expect("kept");
    assert_eq!(code.needed("ann", X, at(2)).await.expect("read"), None);
    assert_eq!(code.piece("ann", X, 0).await.expect("read"), None);
    code.complete(UPLOAD, 7, at(3)).await.expect("whole");
    assert_eq!(code.needed("ann", X, at(2)).await.expect("read"), Some(7));
    let mut pieces = Vec::new();
    for number in 0..3 {
        pieces.push(code.piece("ann", X, number).await.expect("read"));
    }
    assert_eq!(pieces, [Some(b"one\0".to_vec()), Some(vec![255; 3]), None]);
    assert_eq!(code.needed("bob", X, at(4)).await.expect("read"), None);
    assert_eq!(code.piece("bob", X, 0).await.expect("read"), None);
    assert_eq!(code.needed("ann", "bb", at(4)).await.expect("read"), None);
    // What is whole cannot be given up any more.
    code.abandon(UPLOAD).await.expect("nothing happens");
    assert_eq!(code.needed("ann", X, at(5)).await.expect("read"), Some(7));
}

async fn code_that_is_brought_twice_at_once_is_kept_once(bed: Bed) {
    let store = bed.store().await;
    let code = store.code();
    for upload in [UPLOAD, OTHER] {
        code.begin(upload, "ann", X, at(1)).await.expect("begun");
        code.append(upload, 0, b"same").await.expect("kept");
    }
    for upload in [OTHER, UPLOAD] {
        code.complete(upload, 4, at(2)).await.expect("whole");
    }
    assert_eq!(code.piece("ann", X, 0).await.expect("read"), Some(b"same".to_vec()));
    assert_eq!(code.forget(at(1000), at(1000)).await.expect("forgotten"), 1);
    assert_eq!(code.piece("ann", X, 0).await.expect("read"), None);
}

async fn code_is_kept_while_a_run_needs_it_and_for_a_while(bed: Bed) {
    let archive = CodeArchive { sha256: X.to_owned(), ..CodeArchive::default() };
    kept_while_a_run_needs_it(bed, RunCode::Archive(archive)).await;
}

async fn files_are_kept_while_a_run_with_a_repository_needs_them(bed: Bed) {
    let archive = CodeArchive { sha256: X.to_owned(), ..CodeArchive::default() };
    let source = GitSource { archive: Some(Box::new(archive)), ..GitSource::default() };
    kept_while_a_run_needs_it(bed, RunCode::Git(source)).await;
}

async fn kept_while_a_run_needs_it(bed: Bed, needed: RunCode) {
    let store = bed.store().await;
    let code = store.code();
    let mut change = submission(1, "fox");
    let run = &mut change.runs[0].run;
    run.owner = "ann".to_owned();
    run.code = Some(needed);
    commit(&store, change).await;
    for (upload, owner, sha256) in [(UPLOAD, "ann", X), (OTHER, "bob", X), (Uuid::from_u128(3), "ann", "bb")]
    {
        code.begin(upload, owner, sha256, at(1)).await.expect("begun");
        code.complete(upload, 0, at(1)).await.expect("whole");
    }
    assert_eq!(code.forget(at(1), at(1)).await.expect("forgotten"), 0, "none is older than that");
    assert_eq!(code.needed("ann", "bb", at(50)).await.expect("read"), Some(0));
    assert_eq!(code.forget(at(10), at(10)).await.expect("forgotten"), 1, "another person's");
    assert_eq!(code.needed("bob", X, at(50)).await.expect("read"), None);
    assert_eq!(code.forget(at(60), at(10)).await.expect("forgotten"), 1, "no run needs it");
    let whole = super::whole(&store, 1).await;
    let mut run = whole.run;
    run.run.status = RunStatus::Done;
    commit(&store, Change { runs: vec![run], ..Change::default() }).await;
    assert_eq!(code.forget(at(60), at(10)).await.expect("forgotten"), 1, "the run is over");
    assert_eq!(code.needed("ann", X, at(70)).await.expect("read"), None);
}

async fn uploads_that_were_broken_off_are_forgotten(bed: Bed) {
    let store = bed.store().await;
    let code = store.code();
    for upload in [UPLOAD, OTHER] {
        code.begin(upload, "ann", X, at(5)).await.expect("begun");
        code.append(upload, 0, b"some").await.expect("kept");
    }
    code.abandon(OTHER).await.expect("given up");
    assert_eq!(code.forget(at(90), at(5)).await.expect("forgotten"), 0, "it may go on");
    assert_eq!(code.forget(at(90), at(6)).await.expect("forgotten"), 1);
    code.begin(UPLOAD, "ann", X, at(7)).await.expect("begun anew");
    code.complete(UPLOAD, 0, at(8)).await.expect("whole");
    assert_eq!(code.piece("ann", X, 0).await.expect("read"), None, "nothing is left of it");
}
