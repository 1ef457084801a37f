//! Commits that wait at the same time are written together.
//!
//! Events have no gap in their numbers, so commits follow one another, and each waits for the disk. Together they wait
//! once. Each stands or falls by itself all the same: it has a savepoint, and what the database itself objects to is
//! written again one by one.

use std::time::Duration;

use berth_shared::api::EventSeq;
use sqlx::{Connection as _, PgConnection, PgPool};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::timeout,
};
use uuid::Uuid;

use super::{
    commit::{self, Failed},
    events,
};
use crate::store::{Change, CommitError, StoreError};

/// How many are written together at most.
const MOST: usize = 64;

/// How long they may take: whoever waits for one is answered in time even when the database has fallen silent.
const LIMIT: Duration = Duration::from_secs(20);

type Answer = Result<EventSeq, CommitError>;

struct Asked {
    change: Change,
    answer: oneshot::Sender<Answer>,
}

/// Writes changes, in the order in which they come, until it is dropped.
#[derive(Debug)]
pub(super) struct Writer {
    asked: mpsc::Sender<Asked>,
    _task: JoinSet<()>,
}

impl Writer {
    pub(super) fn spawn(pool: PgPool, sender: Uuid) -> Self {
        let (asked, mut waiting) = mpsc::channel::<Asked>(MOST);
        let mut task = JoinSet::new();
        task.spawn(async move {
            let mut together = Vec::with_capacity(MOST);
            while waiting.recv_many(&mut together, MOST).await > 0 {
                let (changes, answers): (Vec<Change>, Vec<_>) =
                    together.drain(..).map(|asked| (asked.change, asked.answer)).unzip();
                let written = timeout(LIMIT, write(&pool, &changes, sender)).await;
                let written = written.unwrap_or_else(|_| all(&silent(), changes.len()));
                for (answer, written) in answers.into_iter().zip(written) {
                    // Whoever asked may be gone.
                    let _ = answer.send(written);
                }
            }
        });
        Self { asked, _task: task }
    }

    pub(super) async fn commit(&self, change: &Change) -> Answer {
        let (answer, answered) = oneshot::channel();
        let asked = Asked { change: change.clone(), answer };
        if self.asked.send(asked).await.is_err() {
            return Err(silent().into());
        }
        answered.await.unwrap_or_else(|_| Err(silent().into()))
    }
}

fn silent() -> StoreError {
    StoreError::Unavailable(
        "PostgreSQL does not answer; see whether it runs and can be reached from here".to_owned(),
    )
}

/// The same answer for each.
fn all(error: &StoreError, count: usize) -> Vec<Answer> {
    let again = || match error {
        StoreError::DiskFull => StoreError::DiskFull,
        StoreError::Unavailable(told) => StoreError::Unavailable(told.clone()),
        error => StoreError::Database(sqlx::Error::Protocol(error.to_string())),
    };
    (0..count).map(|_| Err(again().into())).collect()
}

async fn write(pool: &PgPool, changes: &[Change], sender: Uuid) -> Vec<Answer> {
    if let [_, _, ..] = changes {
        match together(pool, changes, sender).await {
            Ok(answers) => return answers,
            Err(Broken::Before) => {}
            Err(Broken::Unknown(error)) => return all(&super::store_error(error), changes.len()),
        }
    }
    let mut answers = Vec::with_capacity(changes.len());
    for change in changes {
        answers.push(commit::commit(pool, change, sender).await);
    }
    answers
}

/// Why changes were not written together.
enum Broken {
    /// The database objects to something, and nothing is written.
    Before,
    /// The connection broke, or the last word did: they may be written.
    Unknown(sqlx::Error),
}

impl From<sqlx::Error> for Broken {
    fn from(error: sqlx::Error) -> Self {
        if error.as_database_error().is_some() { Self::Before } else { Self::Unknown(error) }
    }
}

async fn together(pool: &PgPool, changes: &[Change], sender: Uuid) -> Result<Vec<Answer>, Broken> {
    let mut transaction = pool.begin().await?;
    // All that any of them is about, in one order: no circle with those of other servers.
    commit::lock_rows(&mut transaction, changes).await?;
    let mut refused: Vec<Option<CommitError>> = Vec::with_capacity(changes.len());
    for change in changes {
        refused.push(rows(&mut transaction, change).await?);
    }
    let written: Vec<&Change> = changes
        .iter()
        .zip(&refused)
        .filter(|(_, refused)| refused.is_none())
        .map(|(change, _)| change)
        .collect();
    let numbers = match events::write(&mut transaction, &written, sender).await {
        Ok(numbers) => numbers,
        Err(Failed::Database(error)) => return Err(error.into()),
        Err(Failed::Refused(_)) => return Err(Broken::Before),
    };
    transaction.commit().await.map_err(Broken::Unknown)?;
    let mut numbers = numbers.into_iter();
    let answer = |refused: Option<CommitError>| match refused {
        Some(error) => Err(error),
        None => Ok(numbers.next().unwrap_or_default()),
    };
    Ok(refused.into_iter().map(answer).collect())
}

/// Writes the rows of one of them; what it says when it is refused, and then nothing of it is left.
async fn rows(connection: &mut PgConnection, change: &Change) -> Result<Option<CommitError>, Broken> {
    let mut savepoint = connection.begin().await?;
    match commit::rows(&mut savepoint, change).await {
        Ok(()) => {
            savepoint.commit().await?;
            Ok(None)
        }
        Err(Failed::Refused(error)) => {
            savepoint.rollback().await?;
            Ok(Some(error))
        }
        Err(Failed::Database(error)) => Err(error.into()),
    }
}
