//! Changes are written together or not at all, and never over what somebody else has written.

use std::sync::Arc;

use berth_shared::api::{DEFAULT_PROJECT, InstanceStatus, JobStatus, RunStatus, Subject};

use super::{
    Bed, commit,
    sample::{self, at, event, instance, instance_id, job_id, run_id, submission},
    whole,
};
use crate::store::{Change, CommitError, StoreError};

super::on_every_store!(
    what_is_written_is_read_again,
    a_change_over_an_older_version_is_refused_and_leaves_nothing,
    a_row_is_made_once,
    a_name_is_for_one_active_run,
    a_name_can_be_passed_on_within_one_change,
    a_new_run_needs_a_text,
    values_of_variables_are_erased_when_the_run_is_finished,
    only_a_finished_run_is_deleted_and_its_jobs_with_it,
    the_newest_run_of_a_name_is_the_active_one,
    a_job_that_is_not_the_newest_of_its_run_is_not_found,
    an_instance_is_read_with_its_job,
    changes_at_once_stand_or_fall_each_by_itself,
);

async fn what_is_written_is_read_again(bed: Bed) {
    let store = bed.store().await;
    let mut change = submission(1, "fox");
    let mut job = sample::job(1);
    job.instance_id = Some(instance_id(1));
    job.backend = Some("cloud".to_owned());
    change.jobs = vec![job];
    change.instances = vec![instance(1, "cloud")];
    commit(&store, change.clone()).await;

    let read = whole(&store, 1).await;
    assert_eq!((read.run.version, read.job.version), (1, 1));
    let found = read.instance.expect("it is there");
    assert_eq!(found.version, 1);
    assert_eq!(crate::store::RunRow { version: 0, ..read.run }, change.runs[0]);
    assert_eq!(crate::store::JobRow { version: 0, ..read.job }, change.jobs[0]);
    assert_eq!(crate::store::InstanceRow { version: 0, ..found }, change.instances[0]);
    assert_eq!(store.source(run_id(1)).await.expect("read"), change.source);
    assert_eq!(store.whole(run_id(2)).await.expect("read"), None);
    assert_eq!(store.source(run_id(2)).await.expect("read"), None);
}

async fn a_change_over_an_older_version_is_refused_and_leaves_nothing(bed: Bed) {
    let store = bed.store().await;
    commit(&store, submission(1, "fox")).await;
    let read = whole(&store, 1).await;
    let mut run = read.run.clone();
    run.run.status = RunStatus::Running;
    commit(&store, Change { runs: vec![run.clone()], ..Change::default() }).await;

    // The job is as it was, the run is not.
    let mut job = read.job.clone();
    job.status = JobStatus::Running;
    let late = Change {
        runs: vec![run],
        jobs: vec![job],
        instances: vec![instance(1, "cloud")],
        events: vec![event(Subject::Run, Some(run_id(1)), None)],
        ..Change::default()
    };
    let refused = store.commit(&late).await;
    assert!(matches!(refused, Err(CommitError::Stale)), "{refused:?}");
    let now = whole(&store, 1).await;
    assert_eq!((now.run.version, now.job.version), (2, 1));
    assert_eq!(store.instance(instance_id(1)).await.expect("read"), None);
    assert_eq!(store.newest().await.expect("read"), 1);

    let twice = Change { runs: vec![now.run.clone(), now.run], ..Change::default() };
    let refused = store.commit(&twice).await;
    assert!(matches!(refused, Err(CommitError::Stale)), "{refused:?}");
}

async fn a_row_is_made_once(bed: Bed) {
    let store = bed.store().await;
    let all = || Change { instances: vec![instance(1, "cloud")], ..submission(1, "fox") };
    commit(&store, all()).await;
    for again in [
        Change { jobs: vec![sample::job(1)], ..Change::default() },
        Change { instances: vec![instance(1, "cloud")], ..Change::default() },
        Change { runs: vec![sample::run(1, "other")], source: Some(sample::source()), ..Change::default() },
    ] {
        let refused = store.commit(&again).await;
        assert!(matches!(refused, Err(CommitError::Stale)), "{refused:?}");
    }
}

async fn a_name_is_for_one_active_run(bed: Bed) {
    let store = bed.store().await;
    commit(&store, submission(1, "fox")).await;
    let refused = store.commit(&submission(2, "fox")).await;
    assert!(matches!(refused, Err(CommitError::NameTaken)), "{refused:?}");
    assert_eq!(store.newest().await.expect("read"), 1);
    commit(&store, submission(3, "hen")).await;

    let mut run = whole(&store, 1).await.run;
    run.run.status = RunStatus::Done;
    commit(&store, Change { runs: vec![run], ..Change::default() }).await;
    commit(&store, submission(2, "fox")).await;
}

async fn a_name_can_be_passed_on_within_one_change(bed: Bed) {
    let store = bed.store().await;
    commit(&store, submission(1, "fox")).await;
    let mut over = whole(&store, 1).await.run;
    over.run.status = RunStatus::Failed;
    let mut change = submission(2, "fox");
    change.runs.insert(0, over);
    commit(&store, change).await;
    assert_eq!(store.newest_of_name(DEFAULT_PROJECT, "fox").await.expect("read"), Some(run_id(2)));
}

async fn a_new_run_needs_a_text(bed: Bed) {
    let store = bed.store().await;
    let refused = store.commit(&Change { source: None, ..submission(1, "fox") }).await;
    assert!(matches!(refused, Err(CommitError::Store(StoreError::Corrupt { .. }))), "{refused:?}");
    assert_eq!(store.whole(run_id(1)).await.expect("read"), None);
}

async fn values_of_variables_are_erased_when_the_run_is_finished(bed: Bed) {
    let store = bed.store().await;
    commit(&store, submission(1, "fox")).await;
    for (status, left) in [(RunStatus::Running, 1), (RunStatus::Terminated, 0)] {
        let mut run = whole(&store, 1).await.run;
        run.run.status = status;
        commit(&store, Change { runs: vec![run], ..Change::default() }).await;
        let source = store.source(run_id(1)).await.expect("read").expect("it is there");
        assert_eq!(source.variables.len(), left, "{status}");
        assert!(source.text.starts_with("type:"));
    }
}

async fn only_a_finished_run_is_deleted_and_its_jobs_with_it(bed: Bed) {
    let store = bed.store().await;
    commit(&store, submission(1, "fox")).await;
    let delete = Change {
        delete: Some(run_id(1)),
        events: vec![event(Subject::Run, Some(run_id(1)), None)],
        ..Change::default()
    };
    let refused = store.commit(&delete).await;
    assert!(matches!(refused, Err(CommitError::Stale)), "{refused:?}");
    assert!(store.whole_of_job(job_id(1)).await.expect("read").is_some());

    let mut run = whole(&store, 1).await.run;
    run.run.status = RunStatus::Done;
    commit(&store, Change { runs: vec![run], ..Change::default() }).await;
    commit(&store, delete.clone()).await;
    assert_eq!(store.whole(run_id(1)).await.expect("read"), None);
    assert_eq!(store.whole_of_job(job_id(1)).await.expect("read"), None);
    assert_eq!(store.newest_of_name(DEFAULT_PROJECT, "fox").await.expect("read"), None);
    assert_eq!(store.detail(run_id(1)).await.expect("read"), None);
    assert_eq!(store.source(run_id(1)).await.expect("read"), None);
    let refused = store.commit(&delete).await;
    assert!(matches!(refused, Err(CommitError::Stale)), "{refused:?}");
}

async fn the_newest_run_of_a_name_is_the_active_one(bed: Bed) {
    let store = bed.store().await;
    assert_eq!(store.newest_of_name(DEFAULT_PROJECT, "fox").await.expect("read"), None);
    // In one millisecond, with identifiers that fall.
    for n in [3, 2, 1] {
        let mut change = submission(n, "fox");
        change.runs[0].run.submitted_at = at(0);
        commit(&store, change).await;
        assert_eq!(store.newest_of_name(DEFAULT_PROJECT, "fox").await.expect("read"), Some(run_id(n)));
        let mut run = whole(&store, n).await.run;
        run.run.status = RunStatus::Done;
        commit(&store, Change { runs: vec![run], ..Change::default() }).await;
        assert_eq!(store.newest_of_name(DEFAULT_PROJECT, "fox").await.expect("read"), Some(run_id(n)));
    }
    // An active one counts, even when a clock has gone back.
    let mut change = submission(4, "fox");
    change.runs[0].run.submitted_at = at(-60);
    commit(&store, change).await;
    assert_eq!(store.newest_of_name(DEFAULT_PROJECT, "fox").await.expect("read"), Some(run_id(4)));
}

async fn a_job_that_is_not_the_newest_of_its_run_is_not_found(bed: Bed) {
    let store = bed.store().await;
    commit(&store, submission(1, "fox")).await;
    assert!(store.whole_of_job(job_id(1)).await.expect("read").is_some());
    let mut run = whole(&store, 1).await.run;
    run.job_id = job_id(9);
    let mut again = sample::job(9);
    again.run_id = run_id(1);
    commit(&store, Change { runs: vec![run], jobs: vec![again], ..Change::default() }).await;
    assert_eq!(store.whole_of_job(job_id(1)).await.expect("read"), None);
    let newest = store.whole_of_job(job_id(9)).await.expect("read").expect("it is there");
    assert_eq!((newest.run.run.id, newest.job.id), (run_id(1), job_id(9)));
}

async fn an_instance_is_read_with_its_job(bed: Bed) {
    let store = bed.store().await;
    let mut row = instance(1, "cloud");
    row.instance.status = InstanceStatus::Busy;
    row.job_id = Some(job_id(1));
    commit(&store, Change { instances: vec![row, instance(2, "cloud")], ..submission(1, "fox") }).await;
    let (row, job) = store.instance(instance_id(1)).await.expect("read").expect("it is there");
    assert_eq!((row.instance.id, job.map(|job| job.id)), (instance_id(1), Some(job_id(1))));
    let (_, job) = store.instance(instance_id(2)).await.expect("read").expect("it is there");
    assert_eq!(job, None);
    assert_eq!(store.instance(instance_id(3)).await.expect("read"), None);
}

async fn changes_at_once_stand_or_fall_each_by_itself(bed: Bed) {
    let store = bed.store().await;
    let at_once = async |changes: Vec<Change>| -> Vec<Result<u64, CommitError>> {
        let mut writing = tokio::task::JoinSet::new();
        for change in changes {
            let store = Arc::clone(&store);
            writing.spawn(async move { store.commit(&change).await });
        }
        writing.join_all().await
    };
    // Each name twice, under identifiers of their own.
    let twice = (1..=40).map(|n| submission(n, &format!("fox-{}", n % 20))).collect();
    let written = at_once(twice).await;
    let taken = written.iter().filter(|written| matches!(written, Err(CommitError::NameTaken))).count();
    assert_eq!((written.iter().flatten().count(), taken), (20, 20), "{written:?}");
    let mut numbers: Vec<u64> = written.into_iter().flatten().collect();
    numbers.sort_unstable();
    let each = numbers[0];
    assert_eq!(numbers, (1..=20).map(|n| n * each).collect::<Vec<_>>(), "each has its own number");

    // The same row by many: one is the first, and the others' events are not told.
    let runs = store.runs(DEFAULT_PROJECT, false, None, 50).await.expect("read");
    let whole = store.whole(runs[0].id).await.expect("read").expect("it is there");
    let step = |n: usize| {
        let mut run = whole.run.clone();
        run.run.progress = Some(n.to_string());
        let events = vec![event(Subject::Run, Some(run.run.id), None)];
        Change { runs: vec![run], events, ..Change::default() }
    };
    let written = at_once((0..30).map(step).collect()).await;
    let stale = written.iter().filter(|written| matches!(written, Err(CommitError::Stale))).count();
    assert_eq!((written.iter().flatten().count(), stale), (1, 29), "{written:?}");
    let told = store.events_after(0, 1000).await.expect("read");
    assert_eq!(told.len() as u64, 20 * each + 1);
    assert!(told.iter().zip(1..).all(|(stored, seq)| stored.event.seq == seq), "there is no gap");
    let last = told.last().and_then(|stored| stored.run.clone()).expect("it leaves the run behind");
    let now = store.whole(runs[0].id).await.expect("read").expect("it is there").run.run;
    assert_eq!(last, now);
}
