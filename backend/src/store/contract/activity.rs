//! When somebody last worked in a run.

use berth_shared::api::RunStatus;

use super::{
    Bed, commit,
    sample::{at, run_id, submission},
};
use crate::store::Change;

super::on_every_store!(
    the_latest_moment_of_activity_stays,
    who_works_in_what_is_not_there_is_not_remembered,
    activity_is_no_event_and_changes_no_row,
    runs_that_stop_soon_for_want_of_somebody_are_found,
    runs_in_front_are_those_of_the_project_that_wait_and_are_above_the_highest_first,
);
super::on_every_shared_store!(one_process_knows_what_another_has_seen);

async fn the_latest_moment_of_activity_stays(bed: Bed) {
    let store = bed.store().await;
    commit(&store, submission(1, "fox")).await;
    commit(&store, submission(2, "hen")).await;
    assert_eq!(store.active_at(run_id(1)).await.expect("read"), None, "nobody has come yet");
    for (told, stays) in [(10, 10), (5, 10), (30, 30), (29, 30)] {
        store.touch(run_id(1), at(told)).await.expect("written");
        assert_eq!(store.active_at(run_id(1)).await.expect("read"), Some(at(stays)));
    }
    assert_eq!(store.active_at(run_id(2)).await.expect("read"), None, "nobody was in the other one");
}

async fn who_works_in_what_is_not_there_is_not_remembered(bed: Bed) {
    let store = bed.store().await;
    store.touch(run_id(1), at(1)).await.expect("nothing happens");
    assert_eq!(store.active_at(run_id(1)).await.expect("read"), None);

    commit(&store, submission(1, "fox")).await;
    store.touch(run_id(1), at(1)).await.expect("written");
    let mut run = super::whole(&store, 1).await.run;
    run.run.status = RunStatus::Done;
    commit(&store, Change { runs: vec![run], ..Change::default() }).await;
    commit(&store, Change { delete: Some(run_id(1)), ..Change::default() }).await;
    store.touch(run_id(1), at(2)).await.expect("nothing happens");
    assert_eq!(store.active_at(run_id(1)).await.expect("read"), None, "it went with its run");
}

async fn activity_is_no_event_and_changes_no_row(bed: Bed) {
    let store = bed.store().await;
    let before = commit(&store, submission(1, "fox")).await;
    let row = super::whole(&store, 1).await;
    store.touch(run_id(1), at(9)).await.expect("written");
    assert_eq!(store.newest().await.expect("read"), before);
    assert_eq!(super::whole(&store, 1).await, row);
}

async fn runs_that_stop_soon_for_want_of_somebody_are_found(bed: Bed) {
    let store = bed.store().await;
    for (n, name, clock, status) in [
        (1, "fox", Some(60), RunStatus::Running),
        (2, "hen", Some(61), RunStatus::Running),
        (3, "owl", None, RunStatus::Running),
        (4, "elk", Some(1), RunStatus::Terminated),
    ] {
        let mut change = submission(n, name);
        (change.runs[0].run.status, change.runs[0].run.inactive_at) = (status, clock.map(at));
        commit(&store, change).await;
    }
    let found = store.inactive_runs(at(60)).await.expect("read");
    assert_eq!(found.iter().map(|run| run.name.as_str()).collect::<Vec<_>>(), ["fox"]);
    assert_eq!(store.inactive_runs(at(61)).await.expect("read").len(), 2);
}

async fn runs_in_front_are_those_of_the_project_that_wait_and_are_above_the_highest_first(bed: Bed) {
    let store = bed.store().await;
    for (n, name, priority, status) in [
        (1, "ant", 5, RunStatus::Submitted),
        (2, "bee", 9, RunStatus::Pending),
        (3, "cow", 9, RunStatus::Submitted),
        (4, "dog", 0, RunStatus::Submitted),
        (5, "elk", 7, RunStatus::Running),
        (6, "fox", 8, RunStatus::Terminated),
        (7, "gnu", 8, RunStatus::Pending),
    ] {
        let mut change = submission(n, name);
        let run = &mut change.runs[0].run;
        (run.priority, run.status, run.submitted_at) = (priority, status, at(i64::from(n)));
        // It waits for its schedule, and for no machine.
        run.due_at = (name == "gnu").then(|| at(100));
        commit(&store, change).await;
    }
    let names = async |project: &str, above, limit| {
        let runs = store.in_front(project, above, limit).await.expect("read");
        runs.into_iter().map(|run| run.name).collect::<Vec<_>>()
    };
    let project = submission(1, "ant").runs[0].run.project.clone();
    assert_eq!(names(&project, 0, 10).await, ["bee", "cow", "ant"]);
    assert_eq!(names(&project, 5, 10).await, ["bee", "cow"]);
    assert_eq!(names(&project, 0, 1).await, ["bee"]);
    assert_eq!(names("another", 0, 10).await, [""; 0]);
}

async fn one_process_knows_what_another_has_seen(bed: Bed) {
    let (one, other) = (bed.store().await, bed.store().await);
    commit(&one, submission(1, "fox")).await;
    one.touch(run_id(1), at(3)).await.expect("written");
    other.touch(run_id(1), at(2)).await.expect("written");
    for store in [one, other] {
        assert_eq!(store.active_at(run_id(1)).await.expect("read"), Some(at(3)));
    }
}
