//! What servers tell each other: notifications, and a look now and then for those that were missed.

use std::{collections::BTreeSet, time::Duration};

use berth_shared::api::EventSeq;
use sqlx::{
    PgConnection, PgPool,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
};
use tokio::{task::JoinSet, time::sleep};
use uuid::Uuid;

use super::unsigned;
use crate::{
    auth::{Digest, Ended},
    store::Signals,
};

const CHANNEL: &str = "berth";

/// How often is looked for what no notification told.
const POLL: Duration = Duration::from_secs(5);

/// How long until a lost connection is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// What one server tells all others.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::store) enum Told {
    /// A commit, with the number of the last event; by whom.
    Wrote(EventSeq, Uuid),
    /// There may be work; by whom.
    Work(Uuid),
    /// A session was ended.
    Ended(Digest),
}

impl Told {
    fn text(&self) -> String {
        match self {
            Self::Wrote(seq, sender) => format!("wrote {seq} {sender}"),
            Self::Work(sender) => format!("work {sender}"),
            Self::Ended(digest) => format!("ended {}", digest.as_str()),
        }
    }

    /// `None` for what another version tells and this one does not know.
    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        Some(match words.next()? {
            "wrote" => Self::Wrote(words.next()?.parse().ok()?, words.next()?.parse().ok()?),
            "work" => Self::Work(words.next()?.parse().ok()?),
            "ended" => Self::Ended(Digest::from_stored(words.next()?)),
            _ => return None,
        })
    }
}

/// Tells it when the transaction is committed.
pub(in crate::store) async fn tell(connection: &mut PgConnection, told: &Told) -> Result<(), sqlx::Error> {
    let notify = sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(told.text());
    notify.execute(connection).await.map(drop)
}

/// Tells every server that a session was ended.
pub(crate) async fn tell_ended(connection: &mut PgConnection, session: &Digest) -> Result<(), sqlx::Error> {
    tell(connection, &Told::Ended(session.clone())).await
}

/// Tasks that end when this is dropped.
#[derive(Debug)]
pub(super) struct Tasks(#[expect(dead_code, reason = "they end with it")] JoinSet<()>);

impl Tasks {
    pub(super) fn spawn(
        pool: &PgPool,
        options: PgConnectOptions,
        signals: &Signals,
        ended: Ended,
        sender: Uuid,
    ) -> Self {
        let ear = Ear { signals: signals.clone(), ended, sender };
        let mut tasks = JoinSet::new();
        tasks.spawn(listen(options, ear.clone()));
        tasks.spawn(poll(pool.clone(), ear));
        Self(tasks)
    }
}

/// Where what is told goes.
#[derive(Clone)]
struct Ear {
    signals: Signals,
    ended: Ended,
    sender: Uuid,
}

impl Ear {
    fn hear(&self, told: Told) {
        match told {
            Told::Wrote(_, sender) | Told::Work(sender) if sender == self.sender => {}
            Told::Wrote(seq, _) => {
                self.signals.wrote(seq);
                self.signals.wake();
            }
            Told::Work(_) => self.signals.wake(),
            Told::Ended(digest) => self.ended.tell(digest),
        }
    }
}

async fn listen(options: PgConnectOptions, ear: Ear) {
    loop {
        // A connection of its own, so that nobody who listens keeps somebody who writes waiting.
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .max_lifetime(None)
            .idle_timeout(None)
            .acquire_timeout(POLL)
            .connect_lazy_with(options.clone());
        if let Err(error) = listen_once(&pool, &ear).await {
            tracing::warn!(error = %super::store_error(error), "notifications of other servers are not heard; looking now and then");
        }
        sleep(AGAIN).await;
    }
}

/// Hears until the connection is lost.
async fn listen_once(pool: &PgPool, ear: &Ear) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.eager_reconnect(false);
    listener.listen(CHANNEL).await?;
    // What was told while nobody listened.
    ear.signals.wake();
    while let Some(notification) = listener.try_recv().await? {
        if let Some(told) = Told::parse(notification.payload()) {
            ear.hear(told);
        }
    }
    Ok(())
}

async fn poll(pool: PgPool, ear: Ear) {
    let mut known: BTreeSet<String> = BTreeSet::new();
    loop {
        match look(&pool).await {
            Ok((seq, ended)) => {
                let newer = seq > *ear.signals.newest().borrow();
                ear.signals.wrote(seq);
                if newer {
                    ear.signals.wake();
                }
                for digest in ended.difference(&known) {
                    ear.ended.tell(Digest::from_stored(digest));
                }
                known = ended;
            }
            Err(error) => tracing::debug!(%error, "the database does not answer; trying again"),
        }
        sleep(POLL).await;
    }
}

/// The number of the last event, and the sessions that were ended within the last minutes.
async fn look(pool: &PgPool) -> Result<(EventSeq, BTreeSet<String>), sqlx::Error> {
    let seq: i64 = sqlx::query_scalar("SELECT seq FROM event_counter").fetch_one(pool).await?;
    let ended: Vec<String> = sqlx::query_scalar(
        "SELECT digest FROM ended_sessions WHERE ended_at > clock_timestamp() - interval '10 minutes'",
    )
    .fetch_all(pool)
    .await?;
    Ok((unsigned(seq), ended.into_iter().collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_understood() {
        let sender = Uuid::from_u128(5);
        for told in [Told::Wrote(17, sender), Told::Work(sender), Told::Ended(Digest::of("x"))] {
            assert_eq!(Told::parse(&told.text()), Some(told));
        }
        assert_eq!(Told::parse("sing a song"), None);
        assert_eq!(Told::parse(""), None);
    }
}
