//! PostgreSQL away, full of others, or not as it should be; and what is said of it.

use std::time::Duration;

use super::{
    Bed, cluster, commit,
    sample::{at, submission},
};
use crate::{
    auth::{AuthStore, Ended},
    store::{CommitError, OpenError, Storage as _, StoreError, postgres::Postgres},
};

/// A database where PostgreSQL is installed.
async fn database() -> Option<cluster::Database> {
    match Bed::postgres().await? {
        Bed::Postgres(database) => Some(database),
        Bed::Memory(_) | Bed::Sqlite { .. } => None,
    }
}

async fn open(url: &str) -> Result<Postgres, OpenError> {
    Postgres::open(url, None, Ended::default()).await
}

/// The message, without what differs between tests.
fn told(database: &cluster::Database, error: impl std::fmt::Display) -> String {
    let mut told = error.to_string();
    let (address, rest) = database.url.split_once('?').expect("a socket");
    let name = address.rsplit('/').next().expect("a name");
    let socket = rest.strip_prefix("host=").expect("a socket");
    told = told.replace(socket, "SOCKET").replace(name, "NAME").replace(&name[1..], "NAME");
    told
}

#[tokio::test]
async fn what_keeps_a_server_from_starting_is_said() {
    let Some(database) = database().await else { return };
    let missing = database.url.replace("localhost/t", "localhost/missing");
    let missing = open(&missing).await.expect_err("there is none");
    insta::assert_snapshot!(told(&database, missing), @"the database `postgres@SOCKET/missingNAME` cannot be used: there is no such database in PostgreSQL; make it with `createdb`, or name another in `--database-url`");
    let nobody = open("postgres://ann:secret@127.0.0.1:1/berth").await.expect_err("nobody listens");
    assert!(!nobody.to_string().contains("secret"));
    insta::assert_snapshot!(nobody, @"the database `ann@127.0.0.1:1/berth` cannot be used: PostgreSQL cannot be reached (Connection refused (os error 111)); see whether it runs and can be reached from here");
    let wrong = open("postgres://ann:sec ret@ho st/berth").await.expect_err("it is no address");
    assert!(!wrong.to_string().contains("ret@"), "{wrong}");
    let stranger = open(&database.url.replace("postgres@", "stranger@")).await.expect_err("no such user");
    insta::assert_snapshot!(told(&database, stranger), @"the database `stranger@SOCKET/NAME` cannot be used: PostgreSQL does not let this user in; look at the user and the password in `--database-url`, and at `pg_hba.conf`");
}

#[tokio::test]
async fn a_database_that_takes_no_writes_is_said() {
    let Some(database) = database().await else { return };
    let store = open(&database.url).await.expect("it opens");
    database.sql("ALTER DATABASE NAME SET default_transaction_read_only = on");
    database.disconnect();
    let refused = store.commit(&submission(1, "fox")).await.expect_err("it is read-only");
    insta::assert_snapshot!(refused, @"PostgreSQL takes no writes here, as a standby does; let `--database-url` name the primary");
    assert!(matches!(refused, CommitError::Store(StoreError::Unavailable(_))));
}

#[tokio::test]
async fn a_database_that_ends_connections_in_its_own_trouble_cannot_be_used_just_now() {
    let Some(database) = database().await else { return };
    let store = open(&database.url).await.expect("it opens");
    let accounts = AuthStore::postgres(store.pool().clone(), Ended::default());
    assert_eq!(accounts.api_tokens().await.expect("it can be read"), []);
    // As on a full disk: nothing is wrong with what it is asked, but it cannot begin to serve.
    database.sql("ALTER DATABASE NAME SET session_preload_libraries = 'berth_not_there'");
    database.disconnect();
    for refused in [
        store.newest().await.expect_err("it cannot serve"),
        accounts.api_tokens().await.expect_err("it cannot serve"),
    ] {
        assert!(matches!(refused, StoreError::Unavailable(_)), "{refused}");
        let told = "PostgreSQL has trouble with its files; look at its log, and whether its disk is full";
        assert_eq!(refused.to_string(), told);
    }
}

#[tokio::test]
async fn a_server_goes_on_when_its_connections_were_broken() {
    let Some(database) = database().await else { return };
    let (one, two) =
        (open(&database.url).await.expect("it opens"), open(&database.url).await.expect("it opens"));
    commit(&(std::sync::Arc::new(one.clone()) as _), submission(1, "fox")).await;
    let mut newest = two.signals().newest();
    let told = newest.wait_for(|seq| *seq == 1);
    tokio::time::timeout(Duration::from_secs(20), told).await.expect("within reason").expect("told");

    database.disconnect();
    assert_eq!(one.newest().await.expect("it is connected again"), 1);
    one.commit(&submission(2, "hen")).await.expect("written");
    let told = newest.wait_for(|seq| *seq == 2);
    tokio::time::timeout(Duration::from_secs(20), told).await.expect("within reason").expect("told");
}

#[tokio::test]
async fn a_server_that_starts_again_ends_what_its_predecessor_had() {
    let Some(database) = database().await else { return };
    let folder = crate::store::tests::Folder::new();
    let file = Some(folder.0.join("replica"));
    let other = open(&database.url).await.expect("it opens");
    other.join("other", at(0)).await.expect("joined");
    let crashed = Postgres::open(&database.url, file.clone(), Ended::default()).await.expect("it opens");
    assert_eq!(crashed.join("first", at(0)).await.expect("joined").replicas, 2);
    drop(crashed);
    let next = Postgres::open(&database.url, file, Ended::default()).await.expect("it opens");
    assert_eq!(
        next.join("second", at(1)).await.expect("joined").replicas,
        2,
        "the first is known to be gone"
    );
}

#[tokio::test]
async fn one_server_gives_out_its_own_machine() {
    let Some(database) = database().await else { return };
    let address = crate::store::Address::Postgres(database.url.clone());
    let hold = crate::store::hold_local(&address).await.expect("it is the first");
    let refused = crate::store::hold_local(&address).await.expect_err("there is one");
    insta::assert_snapshot!(told(&database, refused), @"another `berth serve --local` works on the database `postgres@SOCKET/NAME`, and only one may give out shares of its own machine, which the others cannot reach; stop that one, or start this one without `--local`");
    drop(hold);
    for _ in 0..200 {
        // The server notices the closed connection in its own time.
        if crate::store::hold_local(&address).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the lock outlives its connection");
}

#[tokio::test]
async fn the_clock_of_the_database_is_compared_with_ours() {
    let Some(database) = database().await else { return };
    let store = open(&database.url).await.expect("it opens");
    let beat = store.join("a", at(0)).await.expect("joined");
    assert!(
        beat.skew_millis.is_some_and(|millis| millis > 1000),
        "what happens here happened years ago: {beat:?}"
    );
}
