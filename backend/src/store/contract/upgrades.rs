//! Old and new side by side on PostgreSQL: the new one has further migrations, and rows with fields that the old one does
//! not know.

use std::borrow::Cow;

use berth_shared::api::RunStatus;
use serde_json::{Value, json};
use sqlx::{
    PgPool, SqlSafeStr as _,
    migrate::{Migration, MigrationType, Migrator},
};

use super::{
    Bed,
    sample::{at, run_id, submission},
};
use crate::{
    auth::Ended,
    store::{
        Change, LeaseRequest, OpenError, Queue, Storage as _,
        format::FORMAT,
        postgres::{Postgres, migrations},
    },
};

const EXPAND: (i64, &str, &str) = (
    9001,
    "expand runs",
    "ALTER TABLE runs ADD COLUMN colour text GENERATED ALWAYS AS (state #>> '{run,colour}') STORED;
     CREATE INDEX runs_by_colour ON runs (colour)",
);
const CONTRACT: (i64, &str, &str) =
    (9002, "contract runs", "DROP INDEX runs_by_name; UPDATE installation SET oldest = 9001");

/// The migrations of a later version.
fn later(further: &[(i64, &'static str, &'static str)]) -> Migrator {
    let further = further.iter().map(|(version, name, sql)| {
        Migration::new(*version, Cow::Borrowed(name), MigrationType::Simple, sql.into_sql_str(), false)
    });
    let mut later = Migrator::with_migrations(migrations().iter().cloned().chain(further).collect());
    later.set_ignore_missing(true);
    later
}

async fn open(url: &str, migrations: &Migrator) -> Result<Postgres, OpenError> {
    Postgres::open_with(url, None, Ended::default(), migrations).await
}

/// What the new one writes into a row that the old one knows less of.
async fn write_as_new(pool: &PgPool, change: Value) {
    let written = sqlx::query(
        "UPDATE runs SET version = version + 1, format = $3,
                         state = jsonb_set(state || ($1::jsonb - 'run'), '{run}', (state -> 'run') || ($1::jsonb -> 'run'))
         WHERE id = $2",
    );
    written.bind(change.to_string()).bind(run_id(1).0).bind(FORMAT + 1).execute(pool).await.expect("written");
}

async fn stored(pool: &PgPool) -> (i32, Value) {
    sqlx::query_as("SELECT format, state FROM runs WHERE id = $1")
        .bind(run_id(1).0)
        .fetch_one(pool)
        .await
        .expect("read")
}

#[tokio::test]
async fn an_old_and_a_new_server_work_side_by_side() {
    let Some(Bed::Postgres(database)) = Bed::postgres().await else { return };
    let pool = PgPool::connect(&database.url).await.expect("it opens");
    let old = open(&database.url, &migrations()).await.expect("the old one");
    old.join("old", at(0)).await.expect("joined");
    old.commit(&submission(1, "fox")).await.expect("written");

    // The new one expands the tables while the old one works.
    let new = open(&database.url, &later(&[EXPAND])).await.expect("the new one");
    assert_eq!(new.join("new", at(1)).await.expect("joined").replicas, 2);
    write_as_new(&pool, json!({ "run": { "colour": "red", "status": "running" }, "mood": { "good": true } }))
        .await;

    // The old one reads it, works on it, and keeps what it does not know.
    let request = LeaseRequest {
        queue: Queue::Runs,
        owner: "old",
        backends: &[],
        now: at(1),
        until: at(300),
        limit: 1,
    };
    let lease = old.lease(&request).await.expect("leased").remove(0);
    let mut run = old.whole(run_id(1)).await.expect("read").expect("it is there").run;
    assert_eq!(run.run.status, RunStatus::Running);
    run.run.message = Some("by the old one".to_owned());
    old.commit(&Change { lease: Some(lease), runs: vec![run.clone()], ..Change::default() })
        .await
        .expect("written");
    let (format, state) = stored(&pool).await;
    assert_eq!(format, FORMAT + 1, "it still is the new one's");
    assert_eq!(state["run"]["colour"], "red");
    assert_eq!(state["mood"], json!({ "good": true }));
    assert_eq!(state["run"]["message"], "by the old one");
    let found: i64 = sqlx::query_scalar("SELECT count(*) FROM runs WHERE colour = 'red'")
        .fetch_one(&pool)
        .await
        .expect("read");
    assert_eq!(found, 1, "the new column is filled in by the old one");

    // What was read before the new one wrote is stale for the old one, as for anybody.
    write_as_new(&pool, json!({ "run": { "colour": "blue" } })).await;
    let late = old.commit(&Change { runs: vec![run], ..Change::default() }).await;
    assert!(matches!(late, Err(crate::store::CommitError::Stale)), "{late:?}");

    // What the old one makes, the new one reads; and the old one can be started again.
    old.commit(&submission(2, "hen")).await.expect("written");
    assert!(new.whole(run_id(2)).await.expect("read").is_some());
    drop(open(&database.url, &migrations()).await.expect("the old one starts again"));
    old.beat("old", at(2)).await.expect("it goes on");
}

#[tokio::test]
async fn nothing_is_taken_away_while_an_old_server_needs_it() {
    let Some(Bed::Postgres(database)) = Bed::postgres().await else { return };
    let old = open(&database.url, &migrations()).await.expect("the old one");
    old.join("old", at(0)).await.expect("joined");
    let both = later(&[EXPAND, CONTRACT]);
    let refused = open(&database.url, &both).await.expect_err("the old one is there");
    assert!(matches!(refused, OpenError::OlderServers { servers: 1, .. }), "{refused:?}");
    let told = refused.to_string();
    insta::assert_snapshot!(told.split('`').step_by(2).collect::<Vec<_>>().join("…"), @"1 older … still work on the database …, and this version needs a change that they cannot live with; stop them, then start this one again");

    old.leave("old").await.expect("left");
    let new = open(&database.url, &both).await.expect("nobody needs it any more");
    new.join("new", at(1)).await.expect("joined");
    new.commit(&submission(1, "fox")).await.expect("written");
    let refused = open(&database.url, &migrations()).await.expect_err("the old one knows too little");
    assert!(matches!(refused, OpenError::NewerDatabase(_)), "{refused:?}");
    let told = old.beat("old", at(2)).await.expect_err("it cannot go on").to_string();
    insta::assert_snapshot!(told, @"a newer Berth has taken away from the database what this one needs: stop this one, and start the newer");
    drop(open(&database.url, &later(&[EXPAND])).await.expect("the one that knows of the expansion works"));
}
