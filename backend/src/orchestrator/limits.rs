//! Limits: whether a launch would pass one, what was set, and where everybody stands.
//!
//! What is asked here beforehand is for people, and to try another offer in time: what counts is what the store says in the transaction
//! that writes an instance down.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use berth_shared::{
    api::{Allocation, LimitNote, Limits, LimitsOverview, Standing},
    catalog::Offer,
    limits::{self, Adds, crossed, level, month},
};
use tokio::time::sleep;

use super::{Service, ServiceError, core::Core, events, service::whole};
use crate::store::{
    Change, CommitError, Crossing, InstanceRow, LimitBook, LimitsOf, StoreError, Use, gpus_of,
};

/// How often is looked whose month's money is near its limit.
pub(crate) const LOOK: Duration = Duration::from_secs(60);
/// How long a look may take, in seconds.
const CLAIM_SECONDS: i64 = 300;
/// For how many instances of an earlier version the ledger is written up at once.
const SETTLE: u32 = 200;

/// How much room somebody has in a project, below their limits and its own.
pub(super) struct Room {
    book: LimitBook,
    used: Use,
    person: String,
}

impl Room {
    /// As it is now; `None` where nothing is limited.
    pub(super) async fn of(core: &Core, project: &str, person: &str) -> Result<Option<Self>, StoreError> {
        let book = core.storage.limits().await?.of(project);
        if book == LimitBook::default() {
            return Ok(None);
        }
        let used = core.storage.used(project, core.now()).await?;
        Ok(Some(Self { book, used, person: person.to_owned() }))
    }

    /// As if this instance, which is the person's, were not there.
    pub(super) fn without(mut self, row: &InstanceRow) -> Self {
        let used = self.used.0.entry(self.person.clone()).or_default();
        let adds = adds(&row.instance.offer, row.instance.allocation.as_ref());
        used.instances = used.instances.saturating_sub(adds.instances);
        used.gpus = used.gpus.saturating_sub(adds.gpus);
        used.usd_per_hour = (used.usd_per_hour - adds.usd_per_hour).max(0.0);
        self
    }

    /// What there is to say when they take a machine like this one besides.
    pub(super) fn new_machine(&self, offer: &Offer, share: Option<&Allocation>) -> Vec<LimitNote> {
        let adds = adds(offer, share);
        self.book.notes(&self.used, &self.person, &adds, &adds)
    }

    /// What there is to say when they take an instance that waits; that of somebody else is new to them, and not to the project.
    pub(super) fn waiting(&self, row: &InstanceRow) -> Vec<LimitNote> {
        if row.instance.owner == self.person {
            return Vec::new();
        }
        let adds = adds(&row.instance.offer, row.instance.allocation.as_ref());
        self.book.notes(&self.used, &self.person, &Adds::default(), &adds)
    }
}

/// Whether one of these is a limit that would be passed.
pub(super) fn is_over(notes: &[LimitNote]) -> bool {
    notes.iter().any(|note| note.over)
}

/// Those that would be passed.
pub(super) fn over(notes: Vec<LimitNote>) -> Vec<LimitNote> {
    notes.into_iter().filter(|note| note.over).collect()
}

/// All of it in one line.
pub(super) fn sentences(notes: &[LimitNote]) -> String {
    notes.iter().map(|note| note.message.as_str()).collect::<Vec<_>>().join("; ")
}

fn adds(offer: &Offer, share: Option<&Allocation>) -> Adds {
    let usd_per_hour = if offer.price.is_finite() { offer.price.max(0.0) } else { 0.0 };
    Adds { instances: 1, gpus: gpus_of(offer, share), usd_per_hour }
}

impl Service {
    /// All limits of the project that were set, and where everybody stands who has something or has limits of their own.
    ///
    /// # Errors
    /// Only [`ServiceError::Unavailable`] and [`ServiceError::Internal`].
    pub async fn limits(&self) -> Result<LimitsOverview, ServiceError> {
        let core = self.core();
        let now = core.now();
        let book = core.storage.limits().await?.of(self.project());
        let used = core.storage.used(self.project(), now).await?;
        let names: BTreeSet<&String> = book.people.keys().chain(used.0.keys()).collect();
        let standing = |name: &String| Standing {
            person: Some(name.clone()),
            limits: book.of(name).clone(),
            own: book.people.contains_key(name),
            used: used.of(name),
        };
        Ok(LimitsOverview {
            people: names.into_iter().map(standing).collect(),
            project: Standing {
                person: None,
                limits: book.project.clone(),
                own: false,
                used: used.project(),
            },
            everybody: book.everybody,
            month_ends_at: month(now).1,
        })
    }

    /// Sets limits of the project, or takes them away with `None`. What runs already goes on, whatever they are.
    ///
    /// # Errors
    /// [`ServiceError::LimitsInvalid`].
    pub async fn set_limits(
        &self,
        actor: &str,
        of: LimitsOf,
        set: Option<Limits>,
    ) -> Result<(), ServiceError> {
        if let Some(limits) = &set {
            limits::check(limits).map_err(ServiceError::LimitsInvalid)?;
        }
        let (service, actor) = (self.clone(), actor.to_owned());
        whole(async move {
            let core = service.core();
            let project = service.project().to_owned();
            let event = events::limits_set(&of, set.as_ref(), &actor, core.now()).in_project(&project);
            let change =
                Change { limits: vec![(project, of, set)], events: vec![event], ..Change::default() };
            Ok(core.commit(&change).await?)
        })
        .await
    }
}

/// Writes the ledger up where an earlier version has left it, and tells of months whose money is near its limit, for ever.
pub(super) async fn for_ever(core: Arc<Core>) {
    let mut told = BTreeSet::new();
    loop {
        if let Err(error) = claimed(&core, &mut told).await {
            tracing::warn!(error, "limits could not be looked at; it comes again");
        }
        sleep(LOOK).await;
    }
}

async fn claimed(core: &Core, told: &mut BTreeSet<String>) -> Result<(), String> {
    let now = core.now();
    let claim = |until| core.storage.claim("limits", &core.owner, core.now(), until);
    if !claim(now.plus_seconds(CLAIM_SECONDS)).await.map_err(|e| e.to_string())? {
        return Ok(());
    }
    let looked = look(core, told).await;
    // Nobody else needs to before the next one is due.
    let next = core.now().plus_seconds(i64::try_from(LOOK.as_secs() / 2).unwrap_or(0));
    claim(next).await.map_err(|e| e.to_string())?;
    looked
}

/// One look. `told` are crossings that this process knows to have been told.
pub(super) async fn look(core: &Core, told: &mut BTreeSet<String>) -> Result<(), String> {
    let words = |e: StoreError| e.to_string();
    while core.storage.settle(SETTLE).await.map_err(words)? >= u64::from(SETTLE) {
        // Whoever else wants to write gets a turn.
        sleep(Duration::from_millis(20)).await;
    }
    for (project, book) in core.storage.limits().await.map_err(words)?.iter() {
        look_at(core, project, book, told).await?;
    }
    Ok(())
}

async fn look_at(
    core: &Core,
    project: &str,
    book: &LimitBook,
    told: &mut BTreeSet<String>,
) -> Result<(), String> {
    let now = core.now();
    let used = core.storage.used(project, now).await.map_err(|e| e.to_string())?;
    let people = used.0.iter().map(|(name, used)| (Some(name.as_str()), book.of(name), *used));
    let all = std::iter::once((None, &book.project, used.project())).chain(people);
    for (person, limits, used) in all {
        let (Some(level), Some(limit)) = (level(limits, &used), limits.usd_per_month) else { continue };
        let (project, person) = (project.to_owned(), person.map(str::to_owned));
        let crossing = Crossing { project, month: month(now).0, person, level, limit };
        if !told.insert(crossing.key()) {
            continue;
        }
        let spent = used.usd_this_month;
        let message = crossed(crossing.person.as_deref(), limit, spent, level);
        let event = events::limit_crossed(message, level, now).in_project(&crossing.project);
        let key = crossing.key();
        let change = Change { crossed: Some(crossing), events: vec![event], ..Change::default() };
        match core.commit(&change).await {
            // Another server has told it.
            Ok(()) | Err(CommitError::Stale) => {}
            Err(error) => {
                told.remove(&key);
                return Err(error.to_string());
            }
        }
    }
    Ok(())
}
