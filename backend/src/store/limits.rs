//! Limits: what was set, what everybody has, and whether a change may add to it.

use std::collections::{BTreeMap, BTreeSet};

use berth_shared::{
    api::{InstanceStatus, LimitNote, Limits, Used},
    limits::{Adds, Level, is_unlimited, notes},
    time::Timestamp,
};

use super::{
    Change, CommitError, InstanceRow,
    ledger::Holding,
    qualified::{parts, qualified},
};

/// Whose limits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LimitsOf {
    /// The project's, which is all people together.
    Project,
    /// Each person's for whom none were set.
    Everybody,
    /// This person's.
    Person(String),
}

impl LimitsOf {
    /// Kind and qualified name, as tables have them.
    pub(super) fn columns(&self, project: &str) -> (&'static str, String) {
        match self {
            Self::Project => ("project", qualified(project, "")),
            Self::Everybody => ("everybody", qualified(project, "")),
            Self::Person(name) => ("person", qualified(project, name)),
        }
    }

    /// The reverse, with the project; `None` for what a newer version has written.
    pub(super) fn from_columns(kind: &str, name: &str) -> Option<(String, Self)> {
        let (project, name) = parts(name);
        let of = match kind {
            "project" => Self::Project,
            "everybody" => Self::Everybody,
            "person" => Self::Person(name.to_owned()),
            _ => return None,
        };
        Some((project.to_owned(), of))
    }
}

/// All limits that were set, by project.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LimitBooks(BTreeMap<String, LimitBook>);

impl LimitBooks {
    /// Those of a project.
    #[must_use]
    pub fn of(&self, project: &str) -> LimitBook {
        self.0.get(project).cloned().unwrap_or_default()
    }

    /// Those of a project in which something is limited for somebody.
    pub(super) fn limiting(&self, project: &str) -> Option<&LimitBook> {
        self.0.get(project).filter(|book| !book.is_empty())
    }

    /// All projects with limits, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &LimitBook)> {
        self.0.iter().map(|(project, book)| (project.as_str(), book))
    }

    /// Whether none were set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sets limits; `None` takes them away.
    pub(super) fn set(&mut self, project: &str, of: &LimitsOf, limits: Option<&Limits>) {
        let book = self.0.entry(project.to_owned()).or_default();
        book.set(of, limits);
        if *book == LimitBook::default() {
            self.0.remove(project);
        }
    }
}

/// All limits of a project that were set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LimitBook {
    /// The project's.
    pub project: Limits,
    /// Each person's for whom none were set.
    pub everybody: Limits,
    /// Those that were set for single people.
    pub people: BTreeMap<String, Limits>,
}

impl LimitBook {
    /// What counts for this person.
    #[must_use]
    pub fn of(&self, person: &str) -> &Limits {
        self.people.get(person).unwrap_or(&self.everybody)
    }

    /// Sets limits; `None` takes them away.
    pub(super) fn set(&mut self, of: &LimitsOf, limits: Option<&Limits>) {
        match (of, limits) {
            (LimitsOf::Project, limits) => self.project = limits.cloned().unwrap_or_default(),
            (LimitsOf::Everybody, limits) => self.everybody = limits.cloned().unwrap_or_default(),
            (LimitsOf::Person(name), Some(limits)) => drop(self.people.insert(name.clone(), limits.clone())),
            (LimitsOf::Person(name), None) => drop(self.people.remove(name)),
        }
    }

    /// Whether nothing is limited for anybody.
    pub(super) fn is_empty(&self) -> bool {
        let mut all = self.people.values().chain([&self.project, &self.everybody]);
        all.all(is_unlimited)
    }

    /// Whether anybody's money of a month is limited.
    pub(super) fn limits_months(&self) -> bool {
        let mut all = self.people.values().chain([&self.project, &self.everybody]);
        all.any(|limits| limits.usd_per_month.is_some())
    }

    /// Which limits of the project and of this person would be near or passed when the person wants `adds` besides.
    #[must_use]
    pub fn notes(&self, has: &Use, person: &str, project_adds: &Adds, person_adds: &Adds) -> Vec<LimitNote> {
        let mut all = notes(None, &self.project, &has.project(), project_adds);
        all.extend(notes(Some(person), self.of(person), &has.of(person), person_adds));
        all
    }
}

/// What people have in a project and have spent there in a month, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Use(pub BTreeMap<String, Used>);

impl Use {
    /// All of them together.
    #[must_use]
    pub fn project(&self) -> Used {
        let add = |sum: Used, used: &Used| Used {
            instances: sum.instances.saturating_add(used.instances),
            gpus: sum.gpus.saturating_add(used.gpus),
            usd_per_hour: sum.usd_per_hour + used.usd_per_hour,
            usd_this_month: sum.usd_this_month + used.usd_this_month,
        };
        self.0.values().fold(Used::default(), add)
    }

    /// One of them.
    #[must_use]
    pub fn of(&self, person: &str) -> Used {
        self.0.get(person).copied().unwrap_or_default()
    }

    pub(super) fn hold(&mut self, held: &Holding) {
        let used = self.0.entry(held.person.clone()).or_default();
        used.instances = used.instances.saturating_add(1);
        used.gpus = used.gpus.saturating_add(held.gpus);
        used.usd_per_hour += held.price;
    }

    pub(super) fn spend(&mut self, person: &str, usd: f64) {
        self.0.entry(person.to_owned()).or_default().usd_this_month += usd;
    }
}

/// A limit of a month's money of which it is to be told once that it is near, or reached.
#[derive(Clone, Debug, PartialEq)]
pub struct Crossing {
    /// The project.
    pub project: String,
    /// When the month begins.
    pub month: Timestamp,
    /// Whose limit: a person's; `None` = the project's.
    pub person: Option<String>,
    /// How far the spending is.
    pub level: Level,
    /// The limit, US dollars. One that is changed and passed again is told of again.
    pub limit: f64,
}

impl Crossing {
    /// What tells it from others.
    #[must_use]
    pub fn key(&self) -> String {
        let (kind, name) = match &self.person {
            None => ("project", qualified(&self.project, "")),
            Some(name) => ("person", qualified(&self.project, name)),
        };
        format!("{} {} {} {kind} {name}", self.month.0, self.level.as_str(), self.limit)
    }
}

/// An instance that a change writes, as it was and as it becomes, with who has it by then.
pub(super) struct Move<'a> {
    pub(super) before: Option<(&'a InstanceRow, Option<Holding>)>,
    pub(super) after: (&'a InstanceRow, Option<Holding>),
}

impl Move<'_> {
    /// An instance stays in its project.
    fn project(&self) -> &str {
        &self.after.0.instance.project
    }

    /// Whether somebody takes it, and it does not merely go on: only that is held against limits. What runs is never stopped by one.
    fn takes(&self) -> bool {
        let (after, _) = &self.after;
        let leaves =
            matches!(after.instance.status, InstanceStatus::Terminating | InstanceStatus::Terminated);
        !leaves
            && self.before.as_ref().is_none_or(|(before, _)| {
                after.job_id.is_some() && after.job_id != before.job_id
                    || after.instance.offer != before.instance.offer
            })
    }
}

/// The projects in which one of these is held against limits.
pub(super) fn taking<'a>(moves: &'a [Move<'_>]) -> BTreeSet<&'a str> {
    moves.iter().filter(|step| step.takes()).map(Move::project).collect()
}

/// When a change is made, by what it tells and by its instances.
pub(super) fn moment(change: &Change) -> Timestamp {
    let told = change.events.iter().map(|new| new.event.at);
    let since = change.instances.iter().map(|row| row.instance.status_since.max(row.instance.created_at));
    told.chain(since).max().unwrap_or_default()
}

/// Refuses a change by which somebody would have more than they may in a project. `after` is what everybody has there with it.
///
/// What counts is what the change adds on the whole: one machine in the stead of another is not one more, also for who has too many.
pub(super) fn admit(
    moves: &[Move<'_>],
    project: &str,
    book: &LimitBook,
    after: &Use,
) -> Result<(), CommitError> {
    let mut people: BTreeMap<String, Net> = BTreeMap::new();
    let mut all = Net::default();
    for step in moves.iter().filter(|step| step.project() == project) {
        let before = step.before.as_ref().and_then(|(_, held)| held.as_ref()).map(|held| (held, -1));
        let after = step.after.1.as_ref().map(|held| (held, 1));
        for (held, sign) in before.into_iter().chain(after) {
            all.add(held, sign);
            people.entry(held.person.clone()).or_default().add(held, sign);
        }
    }
    let mut refused = notes(None, &book.project, &all.before(&after.project()), &all.adds());
    for (person, net) in &people {
        refused.extend(notes(Some(person), book.of(person), &net.before(&after.of(person)), &net.adds()));
    }
    refused.retain(|note| note.over);
    if refused.is_empty() { Ok(()) } else { Err(CommitError::Limit(refused)) }
}

/// What changes of instances come to.
#[derive(Clone, Copy, Default)]
struct Net {
    instances: i64,
    gpus: i64,
    usd_per_hour: f64,
}

impl Net {
    fn add(&mut self, held: &Holding, sign: i64) {
        self.instances += sign;
        self.gpus += sign * i64::from(held.gpus);
        self.usd_per_hour += sign as f64 * held.price;
    }

    /// What is more than before.
    fn adds(&self) -> Adds {
        let more = |number: i64| u32::try_from(number.max(0)).unwrap_or(u32::MAX);
        // What is taken away and added again may leave a trace.
        let usd_per_hour = if self.usd_per_hour > 1e-12 { self.usd_per_hour } else { 0.0 };
        Adds { instances: more(self.instances), gpus: more(self.gpus), usd_per_hour }
    }

    /// What there was without what was added.
    fn before(&self, after: &Used) -> Used {
        let adds = self.adds();
        Used {
            instances: after.instances.saturating_sub(adds.instances),
            gpus: after.gpus.saturating_sub(adds.gpus),
            usd_per_hour: (after.usd_per_hour - adds.usd_per_hour).max(0.0),
            usd_this_month: after.usd_this_month,
        }
    }
}
