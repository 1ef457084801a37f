//! The audit log: who did what, from where, and when. Entries are only ever added, each with a hash over itself and the one before
//! (`chain`), and are written before whoever did it gets the answer.
//!
//! An entry that cannot be written takes nothing back: what was done is done. It is told to the log and to Prometheus, `/readyz` says no,
//! and the log itself says how many are missing as soon as it can be written again.

pub(crate) mod chain;

use std::{
    net::{IpAddr, Ipv6Addr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use berth_shared::{
    api::{AuditOutcome, AuditVia},
    time::Timestamp,
};

pub use chain::{Broken, End};

use crate::{
    auth::{Caller, Proof, network},
    clock::Clock,
    http::{Limit, chain as told},
    store::{AuditStore, StoreError},
};
use chain::{Follow, Row};

/// The longest name of a person or of a thing in an entry, and the longest detail, in characters.
const NAME: usize = 200;
const DETAIL: usize = 500;

/// How many failed sign-ins from one address, or one network of IPv6, are written one by one in a minute; the others are counted.
const STRANGERS_PER_MINUTE: u32 = 10;

/// The same from all addresses together.
const ALL_STRANGERS_PER_MINUTE: u32 = 60;

/// How many refused or failed requests of one person are written one by one in a minute; the others are counted.
const REFUSALS_PER_MINUTE: u32 = 120;

/// How many entries are read at once when the chain is followed.
const PIECE: u32 = 1000;

/// An entry before it has its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// When.
    pub at: Timestamp,
    /// Who, if somebody is known.
    pub actor: Option<String>,
    /// By what they proved it.
    pub via: AuditVia,
    /// From where.
    pub address: Option<IpAddr>,
    /// A stable word.
    pub action: &'static str,
    /// To what.
    pub target: Option<String>,
    /// What became of it.
    pub outcome: AuditOutcome,
    /// More in words.
    pub detail: Option<String>,
}

impl Draft {
    /// Of somebody who is in.
    #[must_use]
    pub fn of(caller: &Caller, address: IpAddr, action: &'static str, at: Timestamp) -> Self {
        let via = match caller.proof {
            Proof::Session { .. } => AuditVia::Session,
            Proof::ApiToken { .. } => AuditVia::Token,
        };
        Self {
            actor: Some(caller.user.clone()),
            via,
            address: Some(address),
            ..Self::of_the_machine(action, None, at)
        }
    }

    /// Of somebody who has not proved who they are.
    #[must_use]
    pub fn of_a_stranger(address: IpAddr, action: &'static str, at: Timestamp) -> Self {
        let outcome = AuditOutcome::Refused;
        let via = AuditVia::Nothing;
        Self { via, address: Some(address), outcome, ..Self::of_the_machine(action, None, at) }
    }

    /// Of whoever has the machine that the server is on.
    #[must_use]
    pub fn of_the_machine(action: &'static str, target: Option<String>, at: Timestamp) -> Self {
        let (via, outcome) = (AuditVia::Machine, AuditOutcome::Done);
        Self { at, actor: None, via, address: None, action, target, outcome, detail: None }
    }

    /// As it is kept, but for its hash.
    pub(crate) fn row(&self, seq: i64) -> Row {
        Row {
            seq,
            at: self.at.0,
            actor: self.actor.as_deref().map(|actor| clean(actor, NAME)),
            via: self.via.as_str().to_owned(),
            address: self.address.map(|address| address.to_string()),
            action: self.action.to_owned(),
            target: self.target.as_deref().map(|target| clean(target, NAME)),
            outcome: self.outcome.as_str().to_owned(),
            detail: self.detail.as_deref().map(|detail| clean(detail, DETAIL)),
            hash: String::new(),
        }
    }
}

/// A text on one line that is no longer than this, without what plays tricks on who reads it.
fn clean(text: &str, most: usize) -> String {
    let is_tricky = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let mut cleaned: String =
        text.chars().take(most).map(|c| if is_tricky(c) { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(most).is_some() {
        cleaned.pop();
        cleaned.push('…');
    }
    cleaned
}

/// Which entries are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this person.
    pub actor: Option<String>,
    /// Of this word; with a dot at its end, of all words that begin so.
    pub action: Option<String>,
    /// About this.
    pub target: Option<String>,
    /// From then on.
    pub since: Option<Timestamp>,
    /// Before then.
    pub until: Option<Timestamp>,
}

/// What is still to be said in the log itself.
#[derive(Debug, Default)]
struct Owed {
    /// Entries that could not be written, and when the first of them should have been.
    missed: u64,
    since: Option<Timestamp>,
    /// Failed sign-ins that were only counted.
    sign_ins: u64,
    /// Refused or failed requests that were only counted.
    refusals: u64,
}

impl Owed {
    fn add(&mut self, other: &Self) {
        self.missed += other.missed;
        self.since = [self.since, other.since].into_iter().flatten().min();
        self.sign_ins += other.sign_ins;
        self.refusals += other.refusals;
    }

    /// The entries that say so.
    fn said(&self, now: Timestamp) -> Vec<Draft> {
        let said = |action, outcome, count: u64, detail: String| {
            let draft = Draft::of_the_machine(action, None, now);
            (count > 0).then_some(Draft { outcome, detail: Some(detail), ..draft })
        };
        let since = self.since.unwrap_or(now).rfc3339();
        let missed =
            format!("{} could not be written since {since}; the server's log has them", entries(self.missed));
        let sign_ins = format!("{} failed, and were not written one by one", more(self.sign_ins, "sign-in"));
        let refusals =
            format!("{} came to nothing, and were not written one by one", more(self.refusals, "request"));
        [
            said("audit.missed", AuditOutcome::Failed, self.missed, missed),
            said("login", AuditOutcome::Refused, self.sign_ins, sign_ins),
            said("audit.skipped", AuditOutcome::Refused, self.refusals, refusals),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

fn more(number: u64, what: &str) -> String {
    if number == 1 { format!("1 more {what}") } else { format!("{number} more {what}s") }
}

fn entries(number: u64) -> String {
    if number == 1 { "1 entry".to_owned() } else { format!("{number} entries") }
}

/// Writes the audit log. Cheap to clone.
#[derive(Clone)]
pub struct Audit(Arc<Inner>);

struct Inner {
    store: AuditStore,
    clock: Arc<dyn Clock>,
    strangers: Limit<IpAddr>,
    all_strangers: Limit<()>,
    refusals: Limit<String>,
    owed: Mutex<Owed>,
    failures: AtomicU64,
}

impl Audit {
    /// Writes into this.
    #[must_use]
    pub fn new(store: AuditStore, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner {
            store,
            clock,
            strangers: Limit::new(STRANGERS_PER_MINUTE),
            all_strangers: Limit::new(ALL_STRANGERS_PER_MINUTE),
            refusals: Limit::new(REFUSALS_PER_MINUTE),
            owed: Mutex::default(),
            failures: AtomicU64::new(0),
        }))
    }

    /// The time, for drafts.
    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Writes down what somebody did who is in, or tried to.
    pub(crate) async fn record(&self, draft: Draft) {
        let who = draft.actor.clone().unwrap_or_default();
        if draft.outcome != AuditOutcome::Done && self.0.refusals.take(&who, draft.at).is_err() {
            self.owed().refusals += 1;
            return;
        }
        self.write(draft).await;
    }

    /// Writes down that somebody did not get in, one by one as long as they are few.
    pub(crate) async fn record_stranger(&self, draft: Draft) {
        let (strangers, all) = (&self.0.strangers, &self.0.all_strangers);
        let from = draft.address.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), network);
        if strangers.take(&from, draft.at).is_err() || all.take(&(), draft.at).is_err() {
            self.owed().sign_ins += 1;
            return;
        }
        self.write(draft).await;
    }

    /// Whether all that is to be written can be: else the entry that says what is missing is tried once more.
    pub(crate) async fn is_whole(&self) -> bool {
        if self.owed().missed == 0 {
            return true;
        }
        let owed = std::mem::take(&mut *self.owed());
        match self.0.store.append(&owed.said(self.now())).await {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(error = told(&error), "the audit log still cannot be written");
                self.owed().add(&owed);
                false
            }
        }
    }

    /// How many entries could not be written since the start.
    pub(crate) fn failures(&self) -> u64 {
        self.0.failures.load(Ordering::Relaxed)
    }

    async fn write(&self, draft: Draft) {
        let owed = std::mem::take(&mut *self.owed());
        let mut drafts = owed.said(draft.at);
        drafts.push(draft);
        let Err(error) = self.0.store.append(&drafts).await else { return };
        self.0.failures.fetch_add(1, Ordering::Relaxed);
        let Some(draft) = drafts.pop() else { return };
        let mut owes = self.owed();
        owes.add(&owed);
        owes.add(&Owed { missed: 1, since: Some(draft.at), ..Owed::default() });
        drop(owes);
        tracing::error!(
            error = told(&error),
            action = draft.action,
            actor = draft.actor,
            via = draft.via.as_str(),
            address = draft.address.map(|address| address.to_string()),
            target = draft.target,
            outcome = draft.outcome.as_str(),
            detail = draft.detail,
            "an entry could not be written into the audit log"
        );
    }

    fn owed(&self) -> MutexGuard<'_, Owed> {
        self.0.owed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is written.
    pub(crate) fn store(&self) -> &AuditStore {
        &self.0.store
    }
}

/// What came of following the chain from its beginning.
pub type Verified = Result<End, Broken>;

/// Follows the chain from its beginning to its end, and sees whether `expected` is in it, which was its end once.
///
/// # Errors
/// When the database cannot be read.
pub async fn verify(store: &AuditStore, expected: Option<End>) -> Result<Verified, StoreError> {
    let mut follow = Follow::expecting(expected);
    loop {
        // By itself: what comes before the first entry is as wrong as a gap.
        let rows = store.after(follow.end().seq, PIECE).await?;
        if rows.is_empty() {
            return Ok(follow.finish());
        }
        for row in &rows {
            if let Err(broken) = follow.take(row) {
                return Ok(Err(broken));
            }
        }
    }
}
