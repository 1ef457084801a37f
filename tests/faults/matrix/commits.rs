//! Each commit of each kind of life: the server dies before it, and another one dies after it.
//!
//! A life is lived first without a death, and its commits are noted with what they write; then it is lived once for each
//! commit and moment. In an ordinary run of the tests one of those that write the same is enough; `BERTH_FAULTS=all` leaves
//! none out.

use std::{
    collections::BTreeSet,
    env, fs,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};

use super::{Life, each, keeper::Plan, lived_on_sqlite, lives};

/// The points that servers have come to, in order, with what they do there.
pub(super) fn noted(file: &Path) -> Vec<String> {
    fs::read_to_string(file).unwrap_or_default().lines().map(str::to_owned).collect()
}

/// What each commit of a life writes, in order.
fn commits(life: Life) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("points");
    assert_eq!(lived_on_sqlite(&Plan::Lives, &[life], Some(&file)), 0);
    let lines = noted(&file);
    lines.iter().filter_map(|line| line.strip_prefix("commit.before ")).map(str::to_owned).collect()
}

/// Lives `life` once for each of its commits and moment; but for those that an ordinary life has too, which has a test of
/// its own.
fn around_every_commit(name: &str, life: Life) {
    let all = env::var("BERTH_FAULTS").is_ok_and(|value| value == "all");
    let mut seen = BTreeSet::new();
    if !all && name != "plain" {
        seen.extend(commits(lives::plain));
    }
    let commits = commits(life);
    let mut plans = Vec::new();
    for (index, commit) in commits.iter().enumerate() {
        if seen.insert(commit.clone()) || all {
            let number = index + 1;
            plans.extend(["before", "after"].map(|moment| Plan::Once(format!("commit.{moment}#{number}"))));
        }
    }
    eprintln!("{name}: {} commits, {} deaths: {commits:#?}", commits.len(), plans.len());
    // What two servers have to write at the same moment they may write together, so a life may have a commit less than the one
    // that was counted; it is right all the same, and is lived again.
    let missed = AtomicUsize::new(0);
    each(&plans, |plan| {
        if !(0..3).any(|_| lived_on_sqlite(plan, &[life], None) == 1) {
            eprintln!("{plan:?} was not come to");
            missed.fetch_add(1, Ordering::Relaxed);
        }
    });
    let missed = missed.into_inner();
    assert!(missed * 10 <= plans.len(), "{missed} of {} deaths did not come", plans.len());
}

#[test]
fn a_plain_life_is_right_whichever_commit_its_server_dies_around() {
    around_every_commit("plain", lives::plain);
}

#[test]
fn a_machine_that_will_not_go_goes_whichever_commit_its_server_dies_around() {
    around_every_commit("stubborn", lives::stubborn);
}

#[test]
fn an_instance_is_used_again_whichever_commit_its_server_dies_around() {
    around_every_commit("used again", lives::used_again);
}

#[test]
fn an_instance_is_added_and_removed_whichever_commit_its_server_dies_around() {
    around_every_commit("added", lives::added);
}

#[test]
fn the_next_offer_is_taken_whichever_commit_its_server_dies_around() {
    around_every_commit("next offer", lives::next_offer);
}

#[test]
fn a_run_is_submitted_again_whichever_commit_its_server_dies_around() {
    around_every_commit("retried", lives::retried);
}
