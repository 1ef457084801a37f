//! Projects: what is one's is not there for another.

use std::sync::Arc;

use berth_shared::api::{
    ChangeSettings, DEFAULT_POOL, DEFAULT_PROJECT, Instance, InstanceStatus, Limits, Pool, ProjectSettings,
    Run, RunStatus, Subject,
};
use berth_shared::schema::Dialect;

use super::{
    Bed, commit,
    sample::{self, at, event, instance, instance_id, run_id},
};
use crate::store::{Change, CommitError, InstanceRow, LimitsOf, Storage};

super::on_every_store!(
    a_name_is_free_in_each_project,
    lists_and_snapshots_have_one_projects_alone,
    pools_of_one_name_are_two_in_two_projects,
    each_project_has_limits_and_spending_of_its_own,
    an_event_says_in_which_project_it_happened,
    settings_are_each_projects_own_and_change_one_at_a_time,
);

const OTHER: &str = "vision";

fn submission(n: u32, project: &str) -> Change {
    let mut change = sample::submission(n, "fox");
    project.clone_into(&mut change.runs[0].run.project);
    change
}

fn waiting(n: u32, project: &str) -> InstanceRow {
    let mut row = instance(n, "cloud");
    project.clone_into(&mut row.instance.project);
    row.instance.status = InstanceStatus::Idle;
    row
}

fn added(n: u32, project: &str) -> Change {
    Change { instances: vec![waiting(n, project)], ..Change::default() }
}

fn ids<'a>(runs: impl IntoIterator<Item = &'a Run>) -> Vec<berth_shared::api::RunId> {
    runs.into_iter().map(|run| run.id).collect()
}

async fn a_name_is_free_in_each_project(bed: Bed) {
    let store = bed.store().await;
    commit(&store, submission(1, DEFAULT_PROJECT)).await;
    commit(&store, submission(2, OTHER)).await;
    assert_eq!(store.newest_of_name(DEFAULT_PROJECT, "fox").await.expect("read"), Some(run_id(1)));
    assert_eq!(store.newest_of_name(OTHER, "fox").await.expect("read"), Some(run_id(2)));
    assert_eq!(store.newest_of_name("none", "fox").await.expect("read"), None);
    let again = store.commit(&submission(3, OTHER)).await;
    assert!(matches!(again, Err(CommitError::NameTaken)), "{again:?}");
    let mut over = store.whole(run_id(2)).await.expect("read").expect("it is there").run;
    over.run.status = RunStatus::Done;
    commit(&store, Change { runs: vec![over], ..Change::default() }).await;
    commit(&store, submission(3, OTHER)).await;
    let again = store.commit(&submission(4, DEFAULT_PROJECT)).await;
    assert!(matches!(again, Err(CommitError::NameTaken)), "{again:?}");
}

async fn lists_and_snapshots_have_one_projects_alone(bed: Bed) {
    let store = bed.store().await;
    commit(&store, submission(1, DEFAULT_PROJECT)).await;
    commit(&store, submission(2, OTHER)).await;
    commit(&store, added(1, OTHER)).await;
    commit(&store, added(2, DEFAULT_PROJECT)).await;
    for (project, run, machine) in [(DEFAULT_PROJECT, 1, 2), (OTHER, 2, 1)] {
        let (run, machine) = (run_id(run), instance_id(machine));
        let snapshot = store.snapshot(project, at(9)).await.expect("read");
        assert_eq!((ids(&snapshot.runs), snapshot.instances.len()), (vec![run], 1));
        assert_eq!(snapshot.instances[0].id, machine);
        for active in [false, true] {
            assert_eq!(ids(&store.runs(project, active, None, 9).await.expect("read")), [run]);
        }
        let one = |found: Vec<Instance>| found.iter().map(|found| found.id).collect::<Vec<_>>() == [machine];
        assert!(one(store.instances(project, None, 9).await.expect("read")));
        assert!(one(store.pool_instances(project, DEFAULT_POOL, 9).await.expect("read")));
        let idle = store.idle_instances(project, DEFAULT_POOL).await.expect("read");
        assert!(one(idle.into_iter().map(|row| row.instance).collect()));
    }
    assert_eq!(
        store.active_instances().await.expect("read").len(),
        2,
        "whoever looks after machines sees all"
    );
}

async fn pools_of_one_name_are_two_in_two_projects(bed: Bed) {
    let store = bed.store().await;
    let pool = |project: &str, default| Pool {
        name: "gpus".to_owned(),
        project: project.to_owned(),
        default,
        created_at: at(1),
        instances: 0,
        idle: 0,
    };
    commit(
        &store,
        Change { pools: vec![pool(DEFAULT_PROJECT, false), pool(OTHER, true)], ..Change::default() },
    )
    .await;
    let default = async |project| store.default_pool(project).await.expect("read");
    assert_eq!(default(DEFAULT_PROJECT).await.as_deref(), Some(DEFAULT_POOL));
    assert_eq!(default(OTHER).await.as_deref(), Some("gpus"));
    let mut row = waiting(1, OTHER);
    row.instance.pool = "gpus".to_owned();
    commit(&store, Change { instances: vec![row], ..Change::default() }).await;
    let counts = async |project| -> Vec<(String, u64)> {
        let pools = store.pools(project).await.expect("read");
        pools.into_iter().map(|pool| (pool.name, pool.instances)).collect()
    };
    assert_eq!(counts(DEFAULT_PROJECT).await, [(DEFAULT_POOL.to_owned(), 0), ("gpus".to_owned(), 0)]);
    assert_eq!(counts(OTHER).await, [("gpus".to_owned(), 1)]);
    let delete = |project: &str| Change {
        delete_pool: Some((project.to_owned(), "gpus".to_owned())),
        ..Change::default()
    };
    assert!(matches!(store.commit(&delete(OTHER)).await, Err(CommitError::Stale)));
    commit(&store, delete(DEFAULT_PROJECT)).await;
    assert_eq!(counts(OTHER).await, [("gpus".to_owned(), 1)]);
}

async fn each_project_has_limits_and_spending_of_its_own(bed: Bed) {
    let store = bed.store().await;
    let one = |project: &str, of| Change {
        limits: vec![(project.to_owned(), of, Some(Limits { instances: Some(1), ..Limits::default() }))],
        ..Change::default()
    };
    commit(&store, one(OTHER, LimitsOf::Project)).await;
    commit(&store, one(DEFAULT_PROJECT, LimitsOf::Person("bob".to_owned()))).await;
    let books = store.limits().await.expect("read");
    assert_eq!(books.of(OTHER).project.instances, Some(1));
    assert_eq!(books.of(DEFAULT_PROJECT).project, Limits::default());
    assert_eq!(books.of(DEFAULT_PROJECT).people["bob"].instances, Some(1));
    assert!(books.of(OTHER).people.is_empty());
    commit(&store, added(1, DEFAULT_PROJECT)).await;
    commit(&store, added(2, DEFAULT_PROJECT)).await;
    commit(&store, added(3, OTHER)).await;
    let refused = store.commit(&added(4, OTHER)).await;
    assert!(matches!(refused, Err(CommitError::Limit(_))), "{refused:?}");
    for n in [1, 3] {
        let (mut row, _) = store.instance(instance_id(n)).await.expect("read").expect("it is there");
        row.instance.billed_from = Some(at(0));
        commit(&store, Change { instances: vec![row], ..Change::default() }).await;
    }
    for (project, machine, instances) in [(DEFAULT_PROJECT, 1, 2), (OTHER, 3, 1)] {
        let used = store.used(project, at(3600)).await.expect("read").project();
        assert_eq!(used.instances, instances, "{project}");
        let paid = store.stretches(project, at(0), at(3600)).await.expect("read");
        assert_eq!(paid.len(), 1);
        assert_eq!((paid[0].project.as_str(), paid[0].instance), (project, instance_id(machine)));
        assert!((used.usd_this_month - paid[0].cost(at(0), at(3600))).abs() < 1e-9);
    }
}

async fn an_event_says_in_which_project_it_happened(bed: Bed) {
    let store: Arc<dyn Storage> = bed.store().await;
    let mut change = submission(1, OTHER);
    change.events = vec![
        event(Subject::Run, Some(run_id(1)), None),
        event(Subject::Job, Some(run_id(1)), None),
        event(Subject::Pool, None, None),
        event(Subject::Pool, None, None).in_project(OTHER),
    ];
    commit(&store, change).await;
    let mut change = added(1, OTHER);
    change.events = vec![event(Subject::Instance, None, Some(instance_id(1)))];
    commit(&store, change).await;
    let told = store.events_after(0, 9).await.expect("read");
    let told: Vec<_> = told.iter().map(|stored| stored.event.project.as_deref()).collect();
    assert_eq!(told, [Some(OTHER), Some(OTHER), None, Some(OTHER), Some(OTHER)]);
}

async fn settings_are_each_projects_own_and_change_one_at_a_time(bed: Bed) {
    let store = bed.store().await;
    let of = async |project| store.settings(project).await.expect("read");
    let change = |project: &str, change: ChangeSettings| Change {
        settings: vec![(project.to_owned(), change)],
        ..Change::default()
    };
    assert_eq!(of(OTHER).await, ProjectSettings::default());
    let newer = ChangeSettings { dialect: Some(Dialect::V0_22), privileged: None };
    commit(&store, change(OTHER, newer)).await;
    assert_eq!(of(OTHER).await, ProjectSettings { dialect: Dialect::V0_22, privileged: false });
    let allowing = ChangeSettings { dialect: None, privileged: Some(true) };
    commit(&store, change(OTHER, allowing)).await;
    assert_eq!(of(OTHER).await, ProjectSettings { dialect: Dialect::V0_22, privileged: true });
    assert_eq!(of(DEFAULT_PROJECT).await, ProjectSettings::default());
    let taken_back = ChangeSettings { dialect: Some(Dialect::V0_18), privileged: Some(false) };
    commit(&store, change(OTHER, taken_back)).await;
    commit(&store, change(OTHER, ChangeSettings::default())).await;
    assert_eq!(of(OTHER).await, ProjectSettings::default());
}
