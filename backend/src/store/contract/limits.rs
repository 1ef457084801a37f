//! Who paid for what is never lost, and nobody gets more than they may, also when two ask at once.

use std::sync::Arc;

use berth_shared::{
    api::{DEFAULT_PROJECT, InstanceStatus, JobStatus, LimitNote, Limits, RunStatus, Subject},
    limits::{Level, month},
    time::Timestamp,
};

use super::{
    Bed, commit,
    sample::{self, T0, at, event, instance_id, job_id, run_id, submission},
};
use crate::store::{Change, CommitError, Crossing, InstanceRow, LimitsOf, Storage, open::Database};

super::on_every_store!(
    what_is_paid_is_written_with_the_instance_and_outlives_the_run,
    limits_are_set_and_taken_away_again,
    what_somebody_has_is_counted_by_who_pays,
    nobody_gets_more_than_they_may,
    of_two_at_once_who_want_the_last_one_gets_it,
    what_runs_goes_on_whatever_the_limits_are,
    an_instance_that_waits_counts_for_whoever_takes_it,
    a_months_money_is_that_of_its_month,
    a_crossing_is_told_once,
    what_an_earlier_version_has_left_is_written_up,
);

/// Makes instances look as a version without a ledger has written them.
async fn make_old(bed: &Bed) {
    let old =
        ["DELETE FROM ledger", "UPDATE instances SET payer = NULL, gpus = 0, price = 0, ledger_version = 0"];
    for sql in old {
        match bed {
            Bed::Memory(_) => {}
            Bed::Sqlite { store, .. } => {
                let Database::Sqlite(sqlite) = &store.database else { panic!("it is SQLite") };
                sqlx::query(sql).execute(&sqlite.writer).await.expect("written");
            }
            Bed::Postgres(database) => {
                let pool = sqlx::PgPool::connect(&database.url).await.expect("it opens");
                sqlx::query(sql).execute(&pool).await.expect("written");
            }
        }
    }
}

async fn what_an_earlier_version_has_left_is_written_up(bed: Bed) {
    let store = bed.store().await;
    commit(&store, placed(1)).await;
    change(&store, 1, |row| row.instance.billed_from = Some(at(10))).await;
    let mut whole = super::whole(&store, 1).await;
    whole.job.released_at = Some(at(60));
    commit(&store, Change { jobs: vec![whole.job], ..Change::default() }).await;
    change(&store, 1, |row| {
        row.job_id = None;
        row.instance.run_id = None;
        row.instance.status = InstanceStatus::Idle;
    })
    .await;
    for n in 2..6 {
        commit(&store, added(n, "bob")).await;
    }
    let expected = (paid(&store).await, store.used(DEFAULT_PROJECT, at(100)).await.expect("read"));
    assert_eq!(expected.0, ["ann run-1 10..60", "ann idle 60.."]);
    make_old(&bed).await;
    let mut settled = 0;
    loop {
        match store.settle(2).await.expect("settled") {
            0 => break,
            some => settled += some,
        }
    }
    assert!(settled == 5 || matches!(bed, Bed::Memory(_)), "{settled}");
    assert_eq!((paid(&store).await, store.used(DEFAULT_PROJECT, at(100)).await.expect("read")), expected);
    // And what is written before it is written up is written up with it.
    make_old(&bed).await;
    change(&store, 1, |row| row.instance.message = Some("well".to_owned())).await;
    change(&store, 1, |row| row.instance.billed_to = Some(at(90))).await;
    assert_eq!(paid(&store).await, ["ann run-1 10..60", "ann idle 60..90"]);
    store.settle(100).await.expect("settled");
    assert_eq!(paid(&store).await, ["ann run-1 10..60", "ann idle 60..90"]);
}

async fn set(store: &Arc<dyn Storage>, of: LimitsOf, limits: Limits) {
    commit(store, limiting(of, Some(limits))).await;
}

fn limiting(of: LimitsOf, limits: Option<Limits>) -> Change {
    Change { limits: vec![(DEFAULT_PROJECT.to_owned(), of, limits)], ..Change::default() }
}

fn instances(most: u32) -> Limits {
    Limits { instances: Some(most), ..Limits::default() }
}

/// One more instance without a run, of this owner.
fn added(n: u32, owner: &str) -> Change {
    let mut row = sample::instance(n, "cloud");
    row.instance.owner = owner.to_owned();
    Change { instances: vec![row], ..Change::default() }
}

/// A run with an instance that was made for it; `ann`'s, who owns all of the samples.
fn placed(n: u32) -> Change {
    let mut change = submission(n, &format!("run-{n}"));
    change.jobs[0].instance_id = Some(instance_id(n));
    change.jobs[0].placed_at = Some(at(n.into()));
    let mut row = sample::instance(n, "cloud");
    row.job_id = Some(job_id(n));
    row.instance.run_id = Some(run_id(n));
    change.instances = vec![row];
    change
}

async fn stored(store: &Arc<dyn Storage>, n: u32) -> InstanceRow {
    store.instance(instance_id(n)).await.expect("read").expect("it is there").0
}

async fn change(store: &Arc<dyn Storage>, n: u32, change: impl FnOnce(&mut InstanceRow)) {
    let mut row = stored(store, n).await;
    change(&mut row);
    commit(store, Change { instances: vec![row], ..Change::default() }).await;
}

async fn refused(store: &Arc<dyn Storage>, change: Change) -> Vec<LimitNote> {
    match store.commit(&change).await {
        Err(CommitError::Limit(notes)) => notes,
        other => panic!("{other:?}"),
    }
}

async fn paid(store: &Arc<dyn Storage>) -> Vec<String> {
    let stretches = store.stretches(DEFAULT_PROJECT, at(-1_000_000), at(1_000_000)).await.expect("read");
    let seconds = |moment: Timestamp| moment.millis_since(T0) / 1000;
    let told = stretches.iter().map(|stretch| {
        let run = stretch.run.as_ref().map_or("idle", |run| &run.name);
        let to = stretch.to.map_or_else(String::new, |to| seconds(to).to_string());
        format!("{} {run} {}..{to}", stretch.person, seconds(stretch.from))
    });
    told.collect()
}

async fn what_is_paid_is_written_with_the_instance_and_outlives_the_run(bed: Bed) {
    let store = bed.store().await;
    commit(&store, placed(1)).await;
    assert_eq!(paid(&store).await, [""; 0]);
    change(&store, 1, |row| row.instance.billed_from = Some(at(10))).await;
    assert_eq!(paid(&store).await, ["ann run-1 10.."]);

    // The run lets go of it, and it waits.
    let mut whole = super::whole(&store, 1).await;
    whole.job.released_at = Some(at(60));
    whole.job.status = JobStatus::Done;
    whole.run.run.status = RunStatus::Done;
    commit(&store, Change { jobs: vec![whole.job], runs: vec![whole.run], ..Change::default() }).await;
    change(&store, 1, |row| {
        row.job_id = None;
        row.instance.run_id = None;
        row.instance.owner = "bob".to_owned();
        row.instance.status = InstanceStatus::Idle;
    })
    .await;
    assert_eq!(paid(&store).await, ["ann run-1 10..60", "bob idle 60.."]);

    let events = vec![event(Subject::Run, Some(run_id(1)), None)];
    commit(&store, Change { delete: Some(run_id(1)), events, ..Change::default() }).await;
    change(&store, 1, |row| {
        row.instance.status = InstanceStatus::Terminated;
        row.instance.billed_to = Some(at(100));
    })
    .await;
    assert_eq!(paid(&store).await, ["ann run-1 10..60", "bob idle 60..100"]);
    let part = store.stretches(DEFAULT_PROJECT, at(60), at(70)).await.expect("read");
    assert_eq!(part.len(), 1, "only what has a part in that time");
    let sum: f64 = store
        .stretches(DEFAULT_PROJECT, at(0), at(100))
        .await
        .expect("read")
        .iter()
        .map(|s| s.cost(at(0), at(100)))
        .sum();
    assert!((sum - stored(&store, 1).await.instance.cost(at(100))).abs() < 1e-9);
    // It never was there after all.
    change(&store, 1, |row| (row.instance.billed_from, row.instance.billed_to) = (None, None)).await;
    assert_eq!(paid(&store).await, [""; 0]);
}

async fn limits_are_set_and_taken_away_again(bed: Bed) {
    let store = bed.store().await;
    assert!(store.limits().await.expect("read").is_empty());
    let all = Limits { instances: Some(4), gpus: Some(0), usd_per_hour: Some(0.1), usd_per_month: Some(1e9) };
    set(&store, LimitsOf::Project, all.clone()).await;
    set(&store, LimitsOf::Everybody, instances(2)).await;
    set(&store, LimitsOf::Person("ann".to_owned()), instances(3)).await;
    set(&store, LimitsOf::Person("ann".to_owned()), instances(5)).await;
    let book = store.limits().await.expect("read").of(DEFAULT_PROJECT);
    assert_eq!((&book.project, book.of("ann"), book.of("bob")), (&all, &instances(5), &instances(2)));
    commit(&store, limiting(LimitsOf::Person("ann".to_owned()), None)).await;
    commit(&store, limiting(LimitsOf::Project, None)).await;
    let book = store.limits().await.expect("read").of(DEFAULT_PROJECT);
    assert_eq!((&book.project, book.of("ann")), (&Limits::default(), &instances(2)));
    assert!(book.people.is_empty());
}

async fn what_somebody_has_is_counted_by_who_pays(bed: Bed) {
    let store = bed.store().await;
    commit(&store, added(1, "bob")).await;
    commit(&store, placed(2)).await;
    commit(&store, placed(3)).await;
    change(&store, 3, |row| row.instance.owner = "bob".to_owned()).await;
    change(&store, 3, |row| row.instance.billed_from = Some(at(0))).await;
    let used = store.used(DEFAULT_PROJECT, at(7200)).await.expect("read");
    let (ann, bob) = (used.of("ann"), used.of("bob"));
    assert_eq!((ann.instances, bob.instances), (2, 1), "who has a run on it has the instance");
    assert!((ann.usd_per_hour - 3.0).abs() < 1e-9 && (ann.usd_this_month - 3.0).abs() < 1e-9, "{ann:?}");
    assert_eq!(bob.usd_this_month, 0.0);
    assert_eq!(used.project().instances, 3);
    change(&store, 1, |row| row.instance.status = InstanceStatus::Terminated).await;
    assert!(!store.used(DEFAULT_PROJECT, at(7200)).await.expect("read").0.contains_key("bob"));
}

async fn nobody_gets_more_than_they_may(bed: Bed) {
    let store = bed.store().await;
    set(&store, LimitsOf::Everybody, instances(1)).await;
    commit(&store, added(1, "ann")).await;
    let notes = refused(&store, added(2, "ann")).await;
    insta::allow_duplicates! {
        insta::assert_snapshot!(notes[0].message, @"this would be the 2nd instance; `ann` may have 1 at once: stop one, or ask an admin for more");
    }
    assert_eq!(store.instance(instance_id(2)).await.expect("read"), None, "nothing of it is there");
    // In whichever way it comes.
    let notes = refused(&store, placed(3)).await;
    assert_eq!(notes[0].person.as_deref(), Some("ann"));
    assert_eq!(store.whole(run_id(3)).await.expect("read"), None);
    commit(&store, added(2, "bob")).await;
    set(&store, LimitsOf::Project, Limits { usd_per_hour: Some(4.0), ..Limits::default() }).await;
    let notes = refused(&store, added(4, "eve")).await;
    assert_eq!((notes.len(), &notes[0].person), (1, &None));
    // One that is gone leaves room, and so does a limit that is lifted.
    change(&store, 1, |row| row.instance.status = InstanceStatus::Terminated).await;
    commit(&store, added(4, "eve")).await;
    commit(&store, limiting(LimitsOf::Project, None)).await;
    commit(&store, added(5, "ann")).await;
}

async fn of_two_at_once_who_want_the_last_one_gets_it(bed: Bed) {
    let (one, two) = (bed.store().await, bed.store().await);
    set(&one, LimitsOf::Project, instances(3)).await;
    for round in 0..3_u32 {
        let n = round * 10;
        let changes = [added(n + 1, "ann"), added(n + 2, "bob"), placed(n + 3), added(n + 4, "eve")];
        let (a, b, c, d) = tokio::join!(
            one.commit(&changes[0]),
            two.commit(&changes[1]),
            one.commit(&changes[2]),
            two.commit(&changes[3]),
        );
        let outcomes = [a, b, c, d];
        let written = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        let limited = outcomes.iter().filter(|outcome| matches!(outcome, Err(CommitError::Limit(_)))).count();
        assert_eq!((written, limited), (3, 1), "{outcomes:?}");
        assert_eq!(one.active_instances().await.expect("read").len(), 3);
        for row in one.active_instances().await.expect("read") {
            let mut row = row;
            row.instance.status = InstanceStatus::Terminated;
            commit(&one, Change { instances: vec![row], ..Change::default() }).await;
        }
    }
}

async fn what_runs_goes_on_whatever_the_limits_are(bed: Bed) {
    let store = bed.store().await;
    commit(&store, placed(1)).await;
    change(&store, 1, |row| row.instance.owner = "bob".to_owned()).await;
    let none =
        Limits { instances: Some(0), usd_per_hour: Some(0.0), usd_per_month: Some(0.0), ..Limits::default() };
    set(&store, LimitsOf::Project, none.clone()).await;
    set(&store, LimitsOf::Everybody, none).await;
    for status in [InstanceStatus::Provisioning, InstanceStatus::Busy] {
        change(&store, 1, |row| row.instance.status = status).await;
    }
    // It falls to its owner, who may have none, when its run is over.
    change(&store, 1, |row| {
        row.job_id = None;
        row.instance.run_id = None;
        row.instance.status = InstanceStatus::Idle;
    })
    .await;
    // What cannot be had is followed by another: that is not one more.
    let mut over = stored(&store, 1).await;
    over.instance.status = InstanceStatus::Terminated;
    let another = added(2, "bob").instances;
    commit(&store, Change { instances: [vec![over], another].concat(), ..Change::default() }).await;
    change(&store, 2, |row| row.instance.status = InstanceStatus::Terminating).await;
    refused(&store, added(3, "bob")).await;
}

async fn an_instance_that_waits_counts_for_whoever_takes_it(bed: Bed) {
    let store = bed.store().await;
    commit(&store, added(1, "bob")).await;
    change(&store, 1, |row| row.instance.status = InstanceStatus::Idle).await;
    commit(&store, added(2, "ann")).await;
    change(&store, 2, |row| row.instance.status = InstanceStatus::Idle).await;
    set(&store, LimitsOf::Everybody, instances(1)).await;
    set(&store, LimitsOf::Project, instances(1)).await;
    commit(&store, submission(1, "fox")).await;
    let take = async |n: u32| {
        let mut row = stored(&store, n).await;
        row.job_id = Some(job_id(1));
        row.instance.run_id = Some(run_id(1));
        row.instance.status = InstanceStatus::Busy;
        let mut job = super::whole(&store, 1).await.job;
        job.instance_id = Some(instance_id(n));
        job.placed_at = Some(at(50));
        Change { instances: vec![row], jobs: vec![job], ..Change::default() }
    };
    // Of `ann` that would be the second; of the project it is none besides.
    let notes = refused(&store, take(1).await).await;
    assert_eq!(notes.iter().map(|note| note.person.as_deref()).collect::<Vec<_>>(), [Some("ann")]);
    commit(&store, take(2).await).await;
}

async fn a_months_money_is_that_of_its_month(bed: Bed) {
    let store = bed.store().await;
    let (begin, end) = month(T0);
    let hour = |n: i64| begin.plus_seconds(n * 3600);
    commit(&store, added(1, "ann")).await;
    // Two hours of the month before, and four of this one.
    change(&store, 1, |row| {
        row.instance.billed_from = Some(hour(-2));
        row.instance.billed_to = Some(hour(4));
        row.instance.status = InstanceStatus::Terminated;
    })
    .await;
    let spent =
        async |now: Timestamp| store.used(DEFAULT_PROJECT, now).await.expect("read").of("ann").usd_this_month;
    for (now, expected) in
        [(hour(-1), 1.5), (Timestamp(begin.0 - 1), 3.0), (begin, 0.0), (hour(2), 3.0), (T0, 6.0), (end, 0.0)]
    {
        let spent = spent(now).await;
        assert!((spent - expected).abs() < 1e-5, "{now:?}: {spent} instead of {expected}");
    }
    let most = |usd| Limits { usd_per_month: Some(usd), ..Limits::default() };
    // One more hour of one at $1.5 would pass it.
    set(&store, LimitsOf::Person("ann".to_owned()), most(7.4)).await;
    refused(&store, added(2, "ann")).await;
    set(&store, LimitsOf::Person("ann".to_owned()), most(7.5)).await;
    commit(&store, added(2, "ann")).await;
    // Who has spent all has nothing left, and what is free is still to be had.
    set(&store, LimitsOf::Project, most(6.0)).await;
    refused(&store, added(3, "bob")).await;
    let mut free = added(3, "bob");
    free.instances[0].instance.offer.price = 0.0;
    commit(&store, free).await;
    // In the next month there is all of it again.
    let mut later = added(4, "eve");
    later.instances[0].instance.created_at = end;
    commit(&store, later).await;
}

async fn a_crossing_is_told_once(bed: Bed) {
    let (one, two) = (bed.store().await, bed.store().await);
    let crossing = |level, limit| Change {
        crossed: Some(Crossing {
            project: DEFAULT_PROJECT.to_owned(),
            month: month(T0).0,
            person: Some("ann".to_owned()),
            level,
            limit,
        }),
        events: vec![event(Subject::Limit, None, None)],
        ..Change::default()
    };
    let near = crossing(Level::Near, 100.0);
    let (first, second) = tokio::join!(one.commit(&near), two.commit(&near));
    assert_eq!(first.is_ok() as u8 + second.is_ok() as u8, 1, "{first:?} {second:?}");
    assert_eq!(one.newest().await.expect("read"), 1);
    assert!(matches!(one.commit(&near).await, Err(CommitError::Stale)));
    // Other ones are.
    commit(&one, crossing(Level::Reached, 100.0)).await;
    commit(&one, crossing(Level::Near, 200.0)).await;
}
