//! Plans: what the configured providers could create now, in one order.

use berth_shared::{
    api::{PlanNote, PlannedOffer, Refusal, are_for_good},
    config::{Configuration, EnvValue, Limit, Retry, RetryPolicy},
};
use futures_util::future::try_join_all;

use super::{core::Core, pool, references, settings};
use crate::{
    provider::{PlanInput, Pools},
    store::{Model, RetryOn, StoreError},
};

/// Who refuses in plans what no backend can have.
pub(super) const SERVER: &str = "berth";

/// What could be created, and who has nothing.
#[derive(Default)]
pub(super) struct Planned {
    /// In the order in which they are tried.
    pub(super) offers: Vec<PlannedOffer>,
    /// Why a backend has nothing.
    pub(super) refusals: Vec<Refusal>,
    /// Whether a backend could not be asked, so that asking again may help.
    pub(super) unreachable: bool,
}

/// Asks every provider what it has for a project.
pub(super) async fn plan(core: &Core, project: &str, model: &Model) -> Result<Planned, StoreError> {
    let Model { configuration, written } = model;
    let mut planned = Planned { offers: Vec::new(), refusals: Vec::new(), unreachable: false };
    if core.providers.is_empty() {
        planned.refuse(SERVER, "no-backend", "", "no backend is configured on this server");
    }
    let reasons = unlaunchable(core, project, configuration).await?;
    if !reasons.is_empty() {
        // No backend can do anything about it.
        planned.refusals.push(Refusal { backend: SERVER.to_owned(), reasons });
        return Ok(planned);
    }
    let default = pool::default(core, project).await?;
    let wanted = configuration.pool_name.as_deref().unwrap_or(&default);
    let pool = Pools { wanted, default: &default };
    // All at once: whoever waits for a plan waits for the slowest of them, not for their sum.
    let answers = core.providers.iter().map(async |provider| {
        let name = provider.name();
        if let Some(refusal) = excluded(configuration, name) {
            return Ok::<_, StoreError>((name, Err(refusal)));
        }
        let held = core.storage.held(name).await?;
        let input = PlanInput { configuration, written: *written, held: &held, pool };
        Ok((name, Ok(core.call(name, "plan", provider.plan(&input)).await)))
    });
    for (name, answer) in try_join_all(answers).await? {
        match answer {
            Err(refusal) => planned.refusals.push(refusal),
            Ok(Ok(answer)) => {
                if !answer.refusals.is_empty() {
                    planned.refusals.push(Refusal { backend: name.to_owned(), reasons: answer.refusals });
                }
                let at = Some(core.now());
                planned
                    .offers
                    .extend(answer.offers.into_iter().map(|offer| PlannedOffer { observed_at: at, ..offer }));
            }
            Ok(Err(failure)) => {
                planned.unreachable = true;
                planned.refuse(name, "unreachable", "", failure.message());
            }
        }
    }
    // Stable: what is equal stays in the order of the providers, and of each provider's own list.
    planned.offers.sort_by(|a, b| {
        let (a, b) = (&a.offer, &b.offer);
        b.availability.is_usable().cmp(&a.availability.is_usable()).then(a.price.total_cmp(&b.price))
    });
    Ok(planned)
}

impl Planned {
    /// Whether there is nothing, and nobody would have anything later either: what is asked for is not to be had here at all.
    pub(super) fn never(&self) -> bool {
        self.offers.is_empty() && !self.unreachable && are_for_good(&self.refusals)
    }

    fn refuse(&mut self, backend: &str, code: &str, path: &str, message: &str) {
        self.refusals.push(Refusal {
            backend: backend.to_owned(),
            reasons: vec![PlanNote {
                code: code.to_owned(),
                path: path.to_owned(),
                message: message.to_owned(),
            }],
        });
    }
}

/// What stands in the way of a project's configuration wherever it would be: what it names and is not there, and what the project does
/// not allow.
pub(super) async fn unlaunchable(
    core: &Core,
    project: &str,
    configuration: &Configuration,
) -> Result<Vec<PlanNote>, StoreError> {
    let mut reasons = references::missing(core, project, configuration).await?;
    reasons.extend(settings::forbidden(core, project, configuration).await?);
    Ok(reasons)
}

/// What rules a whole backend out, whatever it has.
fn excluded(configuration: &Configuration, backend: &str) -> Option<Refusal> {
    let (path, message) = if configuration.newer.as_ref().is_some_and(|newer| newer.instances.is_some()) {
        let message = "`instances` takes only those that it names, and they wait in a pool or not; remove it to have one made";
        ("instances", message.to_owned())
    } else if configuration.only_reuses() {
        let message = "`creation_policy: reuse` takes only instances that wait in the pool; remove it or use \
                       `reuse-or-create` to have one made";
        ("creation_policy", message.to_owned())
    } else if let Some(wanted) = &configuration.backends
        && !wanted.iter().any(|name| name == backend)
    {
        ("backends", format!("`backends` does not name `{backend}`; add it, or remove `backends`"))
    } else {
        return None;
    };
    let note = PlanNote { code: "excluded".to_owned(), path: path.to_owned(), message };
    Some(Refusal { backend: backend.to_owned(), reasons: vec![note] })
}

/// Names of the variables whose value the submitter gives.
pub(super) fn variables(configuration: &Configuration) -> Vec<String> {
    let mut names: Vec<String> = configuration
        .env
        .values()
        .filter_map(|value| match value {
            EnvValue::FromSubmitter { key } => Some(key.clone()),
            EnvValue::Literal(_) => None,
        })
        .collect();
    names.sort();
    names.dedup();
    names
}

/// Upon what a run is submitted again: of dstack 0.18 when a machine cannot be had or goes away, since 0.22 upon what is said, and
/// upon all of it where nothing is.
pub(super) fn retry_on(configuration: &Configuration) -> RetryOn {
    let Some(newer) = &configuration.newer else { return RetryOn::default() };
    let named = match &newer.retry {
        Some(Retry::Policy { on_events: Some(events), .. }) => Some(events),
        _ => None,
    };
    let on = |event: &str| named.is_none_or(|events| events.iter().any(|named| named == event));
    RetryOn { no_capacity: on("no-capacity"), interruption: on("interruption"), error: on("error") }
}

/// How long processes have to end when they are asked to, in seconds; `None` = as long as usual. Without a limit it is a day: a
/// state without an end would be worse.
pub(super) fn stop_seconds(configuration: &Configuration) -> Option<u32> {
    match configuration.newer.as_ref()?.stop_duration? {
        Limit::Seconds(seconds) => Some(u32::try_from(seconds).unwrap_or(u32::MAX).min(MOST_STOP)),
        Limit::Off(_) => Some(MOST_STOP),
    }
}

/// The longest that a stop may take, in seconds.
const MOST_STOP: u32 = 24 * 3600;

/// For how many seconds something is tried again, `default` when `retry_policy` gives none; `None` = it is not.
pub(super) fn retry_seconds(configuration: &Configuration, default: i64) -> Option<i64> {
    match configuration.retry_policy {
        Some(RetryPolicy { retry: true, duration }) => Some(duration.unwrap_or(default)),
        _ => None,
    }
}
