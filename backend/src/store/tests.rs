//! Opening data directories in every state, and what is told when one cannot be used.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use super::{Change, OpenError, Store, StoreError, open, open::Database};

pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    pub(super) fn new() -> Self {
        let folder =
            std::env::temp_dir().join(format!("berth-store-{}", uuid::Uuid::from_u128(rand::random())));
        fs::create_dir(&folder).expect("a folder");
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn writer(store: &Store) -> &sqlx::SqlitePool {
    match &store.database {
        Database::Sqlite(sqlite) => &sqlite.writer,
        Database::Postgres(_) => panic!("it is SQLite"),
    }
}

/// The message, with the folder's own name taken out.
fn told(folder: &Folder, error: &OpenError) -> String {
    error.to_string().replace(&folder.0.display().to_string(), "FOLDER")
}

#[tokio::test]
async fn a_new_directory_is_for_its_owner_alone() {
    let folder = Folder::new();
    let directory = folder.0.join("a/b");
    let store = open(&directory).await.expect("it opens");
    let mode = fs::metadata(&directory).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    assert_eq!(*store.storage().signals().newest().borrow(), 0);
}

#[tokio::test]
async fn a_directory_is_for_one_server_at_a_time() {
    let folder = Folder::new();
    let store = open(&folder.0).await.expect("it opens");
    let error = open(&folder.0).await.expect_err("it is in use");
    let told = told(&folder, &error).replace(&std::process::id().to_string(), "PID");
    insta::assert_snapshot!(told, @"the data directory `FOLDER` is in use by another `berth serve` (process PID); stop that one, or choose another directory with `--data-dir`");
    drop(store);
    open(&folder.0).await.expect("it is free again");
}

#[tokio::test]
async fn a_database_from_a_newer_version_is_left_alone() {
    let folder = Folder::new();
    let store = open(&folder.0).await.expect("it opens");
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'from the future', TRUE, X'00', 0)",
    )
    .execute(writer(&store))
    .await
    .expect("written");
    drop(store);
    let error = open(&folder.0).await.expect_err("it is newer");
    insta::assert_snapshot!(told(&folder, &error), @"the database `FOLDER/berth.db` was written by a newer version of Berth; start that version, or choose another directory with `--data-dir`");
}

/// What SQLite does when the disk is full.
#[tokio::test]
async fn a_transaction_that_sqlite_took_back_by_itself_does_not_keep_others_from_beginning() {
    let folder = Folder::new();
    let store = open(&folder.0).await.expect("it opens");
    let mut transaction = writer(&store).begin_with("BEGIN IMMEDIATE").await.expect("begun");
    sqlx::query("ROLLBACK").execute(&mut *transaction).await.expect("taken back");
    drop(transaction);
    store.storage().commit(&Change::default()).await.expect("the next one");
}

#[tokio::test]
async fn a_file_is_no_directory() {
    let folder = Folder::new();
    let file = folder.0.join("file");
    fs::write(&file, "x").expect("written");
    for path in [file.clone(), file.join("below")] {
        let error = open(&path).await.expect_err("it is a file");
        assert!(matches!(error, OpenError::NotADirectory(_)), "{error:?}");
    }
    assert_eq!(fs::read(&file).expect("still there"), b"x");
}

#[tokio::test]
async fn what_is_no_database_is_said_and_kept() {
    let folder = Folder::new();
    fs::write(folder.0.join("berth.db"), "no database at all, but long enough to have a header".repeat(9))
        .expect("written");
    let error = open(&folder.0).await.expect_err("it is no database");
    insta::assert_snapshot!(told(&folder, &error), @"`FOLDER/berth.db` is not a database that Berth can read (file is not a database); restore a backup, or move it away to begin anew");
    assert!(fs::read(folder.0.join("berth.db")).expect("still there").starts_with(b"no database"));
}

#[tokio::test]
async fn a_directory_that_cannot_be_written_is_said() {
    let folder = Folder::new();
    fs::set_permissions(&folder.0, fs::Permissions::from_mode(0o500)).expect("set");
    if fs::write(folder.0.join("probe"), "").is_ok() {
        eprintln!("skipped: this user may write everywhere");
        return;
    }
    let error = open(&folder.0).await.expect_err("it is read-only");
    assert!(matches!(error, OpenError::ReadOnly { .. }), "{error:?}");
}

#[test]
fn a_database_that_cannot_be_used_just_now_is_told_from_one_that_fails() {
    for away in [
        sqlx::Error::PoolTimedOut,
        sqlx::Error::Io(std::io::ErrorKind::ConnectionRefused.into()),
        // What a connection that breaks in the middle of a greeting looks like.
        sqlx::Error::Protocol("unexpected response from SSLRequest: 0x00".to_owned()),
    ] {
        let told = super::postgres_error(away);
        assert!(matches!(&told, StoreError::Unavailable(told) if told.contains("PostgreSQL")), "{told}");
    }
    assert!(matches!(StoreError::from(sqlx::Error::PoolTimedOut), StoreError::Unavailable(_)));
    assert!(matches!(super::postgres_error(sqlx::Error::RowNotFound), StoreError::Database(_)));
    assert!(matches!(StoreError::from(sqlx::Error::RowNotFound), StoreError::Database(_)));
}
