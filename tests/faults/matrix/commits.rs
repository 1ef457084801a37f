//! Each commit of each kind of life: the server dies before it, and another one dies after it.
//!
//! A life is lived first without a death, and its commits are counted; then it is lived once for each of them and moment.

use std::{fs, path::Path};

use super::{Life, each, keeper::Plan, lives, on_sqlite, on_sqlite_noting};

/// The points that servers have come to, in order.
pub(super) fn noted(file: &Path) -> Vec<String> {
    fs::read_to_string(file).unwrap_or_default().lines().map(str::to_owned).collect()
}

/// How many commits a life has at least, when it is lived twice: waiting is not always looked up equally often.
fn commits(life: Life) -> usize {
    let count = || {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("points");
        on_sqlite_noting(Plan::Lives, &[life], Some(&file));
        noted(&file).iter().filter(|point| *point == "commit.before").count()
    };
    count()
}

fn around_every_commit(name: &str, life: Life) {
    let count = commits(life);
    eprintln!("{name}: {count} commits");
    let of =
        |number: usize| ["before", "after"].map(|moment| Plan::Once(format!("commit.{moment}#{number}")));
    let plans: Vec<Plan> = (1..=count).flat_map(of).collect();
    each(&plans, |plan| on_sqlite(plan.clone(), &[life]));
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
