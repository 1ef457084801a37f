//! The audit log on either database: one chain, whoever writes, and nothing done to it goes unseen.

use berth_shared::api::{AuditOutcome, AuditVia};
use futures_util::future::join_all;
use sqlx::{AssertSqlSafe, raw_sql};

use super::{Bed, kept::server, sample::T0};
use crate::{
    audit::{Broken, Draft, End, Filter, verify},
    store::{AuditStore, Store, open::Database},
};

mod chain {
    use super::*;

    super::super::tests_on!(sqlite whoever_writes_goes_on_with_the_one_chain);
    super::super::tests_on!(postgres whoever_writes_goes_on_with_the_one_chain);
}

mod append_only {
    use super::*;

    super::super::tests_on!(sqlite entries_are_neither_changed_nor_deleted_nor_put_between);
    super::super::tests_on!(postgres entries_are_neither_changed_nor_deleted_nor_put_between);
}

mod tampering {
    use super::*;

    super::super::tests_on!(sqlite what_is_done_behind_its_back_is_found_where_it_was_done);
    super::super::tests_on!(postgres what_is_done_behind_its_back_is_found_where_it_was_done);
}

mod filters {
    use super::*;

    super::super::tests_on!(sqlite entries_are_found_by_who_what_and_when);
    super::super::tests_on!(postgres entries_are_found_by_who_what_and_when);
}

fn draft(target: &str) -> Draft {
    Draft::of_the_machine("run.stop", Some(target.to_owned()), T0)
}

async fn write(store: &AuditStore, targets: &[&str]) {
    for target in targets {
        store.append(&[draft(target)]).await.expect("written");
    }
}

/// Whatever the database lets itself be told.
async fn behind(store: &Store, sql: &str) -> Result<(), sqlx::Error> {
    let sql = AssertSqlSafe(sql.to_owned());
    match &store.database {
        Database::Sqlite(sqlite) => raw_sql(sql).execute(&sqlite.writer).await.map(drop),
        Database::Postgres(postgres) => raw_sql(sql).execute(postgres.pool()).await.map(drop),
    }
}

/// Takes away what keeps the table as it is.
async fn unguard(store: &Store) {
    let sql = match &store.database {
        Database::Sqlite(_) => {
            "DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_not_deleted; DROP TRIGGER audit_goes_on_at_its_end"
        }
        Database::Postgres(_) => "ALTER TABLE audit DISABLE TRIGGER USER",
    };
    behind(store, sql).await.expect("the triggers are gone");
}

async fn whoever_writes_goes_on_with_the_one_chain(bed: Bed) {
    let (one, _folder) = server(&bed).await;
    let (other, _other_folder) = server(&bed).await;
    let (one, other) = (one.audit(), other.audit());
    let names: Vec<String> = (0..40).map(|n| format!("run-{n}")).collect();
    let writes = names.iter().enumerate().map(|(n, name)| {
        let store = if n % 2 == 0 { &one } else { &other };
        async move { store.append(&[draft(name), draft("again")]).await.expect("written") }
    });
    join_all(writes).await;
    let end = verify(&one, None).await.expect("read").expect("whole");
    assert_eq!(end.seq, 80);
    let rows = other.oldest(&Filter::default(), 0, 1000).await.expect("read");
    assert!(rows.chunks(2).all(|pair| pair[1].target.as_deref() == Some("again")), "together or not at all");
    assert_eq!(verify(&other, Some(end.clone())).await.expect("read"), Ok(end));
}

async fn entries_are_neither_changed_nor_deleted_nor_put_between(bed: Bed) {
    let (store, _folder) = server(&bed).await;
    write(&store.audit(), &["a", "b", "c"]).await;
    let row = "(2, 0, 'run.stop', 'done', 'machine', '')";
    let columns = "(seq, at, action, outcome, via, hash)";
    for sql in [
        "UPDATE audit SET target = 'x' WHERE seq = 2".to_owned(),
        "DELETE FROM audit WHERE seq = 3".to_owned(),
        "DELETE FROM audit".to_owned(),
        format!("INSERT INTO audit {columns} VALUES {row}"),
        format!("INSERT INTO audit {columns} VALUES (9, 0, 'run.stop', 'done', 'machine', '')"),
        format!("INSERT INTO audit {columns} VALUES (0, 0, 'run.stop', 'done', 'machine', '')"),
        match &store.database {
            Database::Sqlite(_) => format!("INSERT OR REPLACE INTO audit {columns} VALUES {row}"),
            Database::Postgres(_) => "TRUNCATE audit".to_owned(),
        },
    ] {
        assert!(behind(&store, &sql).await.is_err(), "{sql}");
    }
    let end = verify(&store.audit(), None).await.expect("read").expect("whole");
    assert_eq!(end.seq, 3);
}

async fn what_is_done_behind_its_back_is_found_where_it_was_done(bed: Bed) {
    let (store, _folder) = server(&bed).await;
    let audit = store.audit();
    write(&audit, &["a", "b", "c", "d", "e"]).await;
    let end = verify(&audit, None).await.expect("read").expect("whole");
    let found = async |expected: Option<End>| verify(&audit, expected).await.expect("read");
    unguard(&store).await;
    let then = async |sql: &str| behind(&store, sql).await.expect("done");

    then("UPDATE audit SET outcome = 'refused' WHERE seq = 3").await;
    assert_eq!(found(None).await, Err(Broken::Changed { seq: 3 }), "changed");
    then("UPDATE audit SET outcome = 'done' WHERE seq = 3").await;
    assert_eq!(found(None).await, Ok(end.clone()));

    then("UPDATE audit SET seq = -seq WHERE seq IN (2, 3); UPDATE audit SET seq = 5 + seq WHERE seq < 0")
        .await;
    assert_eq!(found(None).await, Err(Broken::Changed { seq: 2 }), "two changed places");
    then("UPDATE audit SET seq = -seq WHERE seq IN (2, 3); UPDATE audit SET seq = 5 + seq WHERE seq < 0")
        .await;
    assert_eq!(found(None).await, Ok(end.clone()));

    then("INSERT INTO audit (seq, at, action, outcome, via, hash) VALUES (0, 0, 'run.stop', 'done', 'machine', '')").await;
    assert_eq!(found(None).await, Err(Broken::Missing { missing: 1, found: 0 }), "put before all");
    then("DELETE FROM audit WHERE seq = 0").await;

    then("INSERT INTO audit (seq, at, action, outcome, via, hash) SELECT 6, at, action, outcome, via, hash FROM audit WHERE seq = 5").await;
    assert_eq!(found(None).await, Err(Broken::Changed { seq: 6 }), "put at the end");
    then("DELETE FROM audit WHERE seq = 6").await;

    then("DELETE FROM audit WHERE seq = 5").await;
    assert_eq!(found(None).await.map(|end| end.seq), Ok(4), "nobody sees it who knows of no more");
    assert_eq!(found(Some(end.clone())).await, Err(Broken::CutOff { end: 4, expected: 5 }));
    // Something else in its place has another hash.
    audit.append(&[draft("x")]).await.expect("written");
    assert_eq!(found(Some(end)).await, Err(Broken::Another { seq: 5 }));
    then("DELETE FROM audit WHERE seq = 2").await;
    assert_eq!(found(None).await, Err(Broken::Missing { missing: 2, found: 3 }), "deleted");
}

async fn entries_are_found_by_who_what_and_when(bed: Bed) {
    let (store, _folder) = server(&bed).await;
    let audit = store.audit();
    let by = |actor: Option<&str>, action, seconds| Draft {
        actor: actor.map(str::to_owned),
        via: AuditVia::Session,
        outcome: AuditOutcome::Refused,
        ..Draft::of_the_machine(action, Some("x".to_owned()), T0.plus_seconds(seconds))
    };
    let drafts = [
        by(Some("ann"), "run.submit", 0),
        by(Some("bob"), "run.stop", 10),
        by(None, "runner", 20),
        by(Some("ann"), "secret.set", 30),
        draft("y"),
    ];
    audit.append(&drafts).await.expect("written");
    let found = async |filter: Filter| -> Vec<i64> {
        let oldest = audit.oldest(&filter, 0, 10).await.expect("read");
        let mut newest = audit.newest(&filter, None, 10).await.expect("read");
        newest.reverse();
        assert_eq!(oldest, newest);
        oldest.into_iter().map(|row| row.seq).collect()
    };
    let text = |text: &str| Some(text.to_owned());
    let all = Filter::default();
    assert_eq!(found(all.clone()).await, [1, 2, 3, 4, 5]);
    assert_eq!(found(Filter { actor: text("ann"), ..all.clone() }).await, [1, 4]);
    assert_eq!(found(Filter { action: text("run.stop"), ..all.clone() }).await, [2, 5]);
    assert_eq!(found(Filter { action: text("run."), ..all.clone() }).await, [1, 2, 5]);
    assert_eq!(found(Filter { action: text("run"), ..all.clone() }).await, [0_i64; 0]);
    assert_eq!(found(Filter { action: text("%"), ..all.clone() }).await, [0_i64; 0]);
    assert_eq!(found(Filter { target: text("y"), ..all.clone() }).await, [5]);
    let (since, until) = (Some(T0.plus_seconds(10)), Some(T0.plus_seconds(30)));
    assert_eq!(found(Filter { since, until, ..all.clone() }).await, [2, 3]);
    let both = Filter { actor: text("ann"), since, ..all.clone() };
    assert_eq!(found(both).await, [4]);
    let pages = async |before| -> Vec<i64> {
        audit.newest(&all, before, 2).await.expect("read").into_iter().map(|row| row.seq).collect()
    };
    assert_eq!((pages(None).await, pages(Some(4)).await), (vec![5, 4], vec![3, 2]));
    assert_eq!((pages(Some(0)).await, pages(Some(u64::MAX)).await), (vec![], vec![5, 4]));
    let later = audit.oldest(&all, 3, 10).await.expect("read");
    assert_eq!(later.iter().map(|row| row.seq).collect::<Vec<_>>(), [4, 5]);
}
