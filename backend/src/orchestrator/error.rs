//! What can be wrong with a request to the [`super::Service`].

use berth_shared::{
    api::{LimitNote, PlanNote, PriceChange, Refusal, RunStatus},
    diagnostics::Diagnostic,
};

use super::limits;

/// Why a request was refused; each has a stable [`code`](Self::code). The text is for people.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The text is no valid configuration.
    #[error("the configuration has {}; see the list of problems", count(.0))]
    InvalidConfiguration(Vec<Diagnostic>),
    /// The name does not have the form of a run's name.
    #[error(
        "`{0}` cannot be a run's name; use 2 to 41 characters: a lower-case letter first, then lower-case \
         letters, digits and `-`"
    )]
    RunNameInvalid(String),
    /// A run of this name is not finished.
    #[error("a run named `{0}` is active; stop it first, or choose another name")]
    RunNameTaken(String),
    /// Nothing fits right now.
    #[error("no offer fits right now: {}", sentences(.0))]
    NoOffers(Vec<Refusal>),
    /// The best offer costs more than the submitter has agreed to.
    #[error(
        "the first offer now costs ${} an hour instead of ${}: {} in {} on `{}`{}; launch again to agree to that, or look \
         at the plan", .0.now, .0.agreed, .0.offer.instance_type, .0.offer.region, .0.offer.backend, newer(.0)
    )]
    PriceChanged(Box<PriceChange>),
    /// The submitter, or the project, would have more than they may.
    #[error("{}", limits::sentences(.0))]
    LimitReached(Vec<LimitNote>),
    /// No limit can be that.
    #[error("{0}")]
    LimitsInvalid(String),
    /// Variables that the text names without a value were given none.
    #[error("no value was given for {}; the configuration asks the submitter for it", names(.0))]
    VariableMissing(Vec<String>),
    /// Values were given for variables that the text does not ask for.
    #[error("the configuration does not ask for {}; add it under `env`, or leave the value out", names(.0))]
    VariableUnknown(Vec<String>),
    /// The code that was named makes no sense.
    #[error("{0}")]
    CodeInvalid(String),
    /// The archive that was named is not there.
    #[error(
        "the server does not have this code of yours, or has it no more: bring it again, by `berth run` from where it is"
    )]
    CodeMissing,
    /// There is no such run.
    #[error("there is no run named `{0}`")]
    RunNotFound(String),
    /// What was asked for needs a running environment.
    #[error("run `{name}` is {status}: {detail}")]
    RunNotRunning {
        /// The run.
        name: String,
        /// Where it stands.
        status: RunStatus,
        /// What is missing, in words.
        detail: String,
    },
    /// It is over; there is nothing to stop.
    #[error("run `{name}` is over ({status}); there is nothing to stop")]
    RunFinished {
        /// The run.
        name: String,
        /// How it ended.
        status: RunStatus,
    },
    /// Only finished runs can be deleted.
    #[error("run `{0}` is not finished; stop it first")]
    RunActive(String),
    /// The name does not have the form of a pool's name.
    #[error("`{0}` cannot be a pool's name; use 1 to 100 characters without a space at either end")]
    PoolNameInvalid(String),
    /// There is one.
    #[error("there is a pool named `{0}` already")]
    PoolExists(String),
    /// There is none.
    #[error("there is no pool named `{0}`; `berth pool list` shows which there are")]
    PoolNotFound(String),
    /// Runs that name no pool use it.
    #[error("`{0}` is the default pool; make another one the default first")]
    PoolIsDefault(String),
    /// It has instances.
    #[error("{}", not_empty(name, *instances, *removing))]
    PoolNotEmpty {
        /// The pool.
        name: String,
        /// How many instances are in it.
        instances: usize,
        /// Whether they are being removed.
        removing: bool,
    },
    /// None of the backends with an offer keeps instances without a run.
    #[error(
        "what fits is on backends that keep no instance without a run, such as this machine itself; a pool needs another \
         backend"
    )]
    CannotKeep,
    /// There is none, or no more.
    #[error("there is no instance `{0}`")]
    InstanceNotFound(String),
    /// A run is on it.
    #[error(
        "instance `{0}` has a run; stop that first, or remove the instance by force, which interrupts the run"
    )]
    InstanceBusy(String),
    /// It has a run, or is not there.
    #[error("instance `{0}` is not idle: only one that waits for a run has a clock to move")]
    InstanceNotIdle(String),
    /// Removing it has not failed.
    #[error(
        "instance `{0}` is not stuck: it is written off only when removing it has failed; remove it and let its provider \
         answer first"
    )]
    InstanceNotStuck(String),
    /// Nobody need be in it.
    #[error("run `{0}` goes on without anybody in it: its configuration has no `inactivity_duration`")]
    NoInactivityLimit(String),
    /// Not a time that an instance or a run can be kept for.
    #[error("what is kept is kept for 1 second to 30 days at once, not for {0} seconds")]
    KeepTooLong(i64),
    /// There is none, or no more.
    #[error("nothing unknown is there that is called `{0}`")]
    OrphanNotFound(String),
    /// Another installation made it.
    #[error("`{0}` was made by another installation of Berth; only that one may remove it")]
    OrphanNotOurs(String),
    /// The provider cannot be reached or cannot do it now.
    #[error("{0}")]
    Unavailable(String),
    /// The server's own fault. The text is for the log, not for people.
    #[error("internal error: {0}")]
    Internal(String),
}

impl ServiceError {
    /// Stable name of the kind, as in [`berth_shared::api::Problem::code`].
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidConfiguration(_) => "invalid-configuration",
            Self::RunNameInvalid(_) => "run-name-invalid",
            Self::RunNameTaken(_) => "run-name-taken",
            Self::NoOffers(_) => "no-offers",
            Self::PriceChanged(_) => "price-changed",
            Self::LimitReached(_) => "limit-reached",
            Self::LimitsInvalid(_) => "limits-invalid",
            Self::VariableMissing(_) => "variable-missing",
            Self::VariableUnknown(_) => "variable-unknown",
            Self::CodeInvalid(_) => "code-invalid",
            Self::CodeMissing => "code-missing",
            Self::RunNotFound(_) => "run-not-found",
            Self::RunNotRunning { .. } => "run-not-running",
            Self::RunFinished { .. } => "run-finished",
            Self::RunActive(_) => "run-active",
            Self::PoolNameInvalid(_) => "pool-name-invalid",
            Self::PoolExists(_) => "pool-exists",
            Self::PoolNotFound(_) => "pool-not-found",
            Self::PoolIsDefault(_) => "pool-is-default",
            Self::PoolNotEmpty { .. } => "pool-not-empty",
            Self::CannotKeep => "cannot-keep",
            Self::InstanceNotFound(_) => "instance-not-found",
            Self::InstanceBusy(_) => "instance-busy",
            Self::InstanceNotIdle(_) => "instance-not-idle",
            Self::InstanceNotStuck(_) => "instance-not-stuck",
            Self::NoInactivityLimit(_) => "no-inactivity-limit",
            Self::KeepTooLong(_) => "keep-too-long",
            Self::OrphanNotFound(_) => "orphan-not-found",
            Self::OrphanNotOurs(_) => "orphan-not-ours",
            Self::Unavailable(_) => "unavailable",
            Self::Internal(_) => "internal",
        }
    }
}

fn not_empty(name: &str, instances: usize, removing: bool) -> String {
    let count = if instances == 1 { "1 instance".to_owned() } else { format!("{instances} instances") };
    match removing {
        true => format!(
            "{count} of the pool `{name}` are being removed; remove the pool again once they are gone"
        ),
        false => format!("the pool `{name}` has {count}; remove them first, or remove the pool by force"),
    }
}

/// Whether the prices are others because the catalogue is.
fn newer(change: &PriceChange) -> &'static str {
    match &change.agreed_catalog {
        Some(agreed) if *agreed != change.catalog_version => ", as the catalogue's prices are newer ones",
        _ => "",
    }
}

fn count(diagnostics: &[Diagnostic]) -> String {
    let errors =
        diagnostics.iter().filter(|d| d.severity == berth_shared::diagnostics::Severity::Error).count();
    if errors == 1 { "1 mistake".to_owned() } else { format!("{errors} mistakes") }
}

fn names(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// All reasons of all backends in one line.
pub(crate) fn sentences(refusals: &[Refusal]) -> String {
    let each = |refusal: &Refusal| {
        let reasons: Vec<&str> =
            refusal.reasons.iter().map(|PlanNote { message, .. }| message.as_str()).collect();
        format!("{}: {}", refusal.backend, reasons.join(" "))
    };
    refusals.iter().map(each).collect::<Vec<_>>().join("; ")
}
