//! A simulated cloud as a provider, with the care that a real one asks for.

use std::{
    cmp::Reverse,
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use berth_shared::{
    api::{InstanceId, Isolation, PlanNote, PlannedOffer},
    honour,
    matcher::{Matches, Requirements},
};
use tokio::sync::broadcast;

use super::{
    Call, CloudApi, CloudError, Offers, Order, Pool, Reply, Seen, State, Tag,
    environment::SimulatedEnvironment,
};
use crate::provider::{
    Billing, CreateRequest, Environment, InstanceObservation, Listed, PlanInput, Provider, ProviderError,
    ProviderPlan, unmet,
};

/// After how many seconds a steady machine is looked at when nobody told of a change.
const POLL_SECONDS: i64 = 60;
/// Twice what [`super::Faults::some`] has things lag behind, and a slow call.
const LAG_SECONDS: i64 = 20;
/// For how many offers, from the cheapest on, the cloud is asked whether they can be had.
const ASKED: usize = 100;
/// How many handles are remembered.
const REMEMBERED: usize = 4096;

/// A simulated cloud as a provider.
pub struct SimulatedProvider {
    api: Arc<dyn CloudApi>,
    offers: Offers,
    installation: String,
    /// Handles of machines that were made through this one: unlike tags, they are found at once. Nothing depends on it.
    handles: Mutex<BTreeMap<InstanceId, String>>,
}

impl SimulatedProvider {
    /// The backend that `offers` are of, at this cloud. What it makes carries `installation`, which is to be the same for
    /// all servers on one database, and another for each database.
    #[must_use]
    pub fn new(api: Arc<dyn CloudApi>, offers: Offers, installation: impl Into<String>) -> Self {
        Self { api, offers, installation: installation.into(), handles: Mutex::default() }
    }

    async fn machines(&self, call: Call) -> Result<Vec<Seen>, ProviderError> {
        match self.api.call(call).await.map_err(error)? {
            Reply::Machines { machines } => Ok(machines),
            other => Err(unexpected(&other)),
        }
    }

    /// What there is of an instance, in the order of [`rank`].
    async fn found(&self, id: InstanceId) -> Result<Vec<(State, Seen)>, ProviderError> {
        let mut machines = self.machines(Call::Find { installation: self.installation.clone(), id }).await?;
        let handle = self.handles.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if let Some(handle) = handle
            && !machines.iter().any(|machine| machine.handle == handle)
        {
            machines.extend(self.machines(Call::Describe { handle }).await?);
        }
        let own = |machine: &Seen| {
            machine.tag.as_ref().is_some_and(|tag| tag.id == id && tag.installation == self.installation)
        };
        if !machines.iter().all(own) {
            return Err(nonsense(self.name(), "tells of machines that it was not asked for"));
        }
        let states = machines.into_iter().map(|machine| Ok((state(self.name(), &machine)?, machine)));
        let mut found: Vec<(State, Seen)> = states.collect::<Result<_, ProviderError>>()?;
        found.sort_by(|a, b| rank(a).cmp(&rank(b)));
        Ok(found)
    }

    fn remember(&self, id: InstanceId, handle: String) {
        let mut handles = self.handles.lock().unwrap_or_else(PoisonError::into_inner);
        if handles.len() >= REMEMBERED {
            handles.pop_first();
        }
        handles.insert(id, handle);
    }

    async fn remove(&self, handle: String) -> Result<(), ProviderError> {
        match self.api.call(Call::Terminate { handle }).await {
            Ok(Reply::Done) | Err(CloudError::NotFound(_)) => Ok(()),
            Ok(other) => Err(unexpected(&other)),
            Err(why) => Err(error(why)),
        }
    }

    fn no_offer(&self, matches: &Matches) -> PlanNote {
        let name = self.name();
        let (path, message) = match &matches.cheapest_above {
            Some(offer) => (
                "max_price",
                format!("`{name}` has machines that fit from ${} an hour on: raise `max_price`", offer.price),
            ),
            None => ("resources", format!("`{name}` has no machine that fits: ask for less, or for another")),
        };
        PlanNote { code: "nothing-fits".to_owned(), path: path.to_owned(), message }
    }
}

/// Where a machine stands among those with the same tag: first of all the one that is spoken of. That is the oldest that
/// is there to stay; of those that are gone the last that went.
fn rank((state, machine): &(State, Seen)) -> impl Ord {
    let class = match state {
        State::Pending | State::Running => 0,
        State::Stopping => 1,
        State::Gone => 2,
    };
    let went = (*state == State::Gone).then_some(machine.billed_to).flatten();
    (class, Reverse(went), machine.accepted_at, machine.handle.clone())
}

#[async_trait]
impl Provider for SimulatedProvider {
    fn name(&self) -> &str {
        self.offers.backend()
    }

    fn keeps_idle(&self) -> bool {
        true
    }

    fn poll_seconds(&self) -> i64 {
        POLL_SECONDS
    }

    fn lag_seconds(&self) -> i64 {
        LAG_SECONDS
    }

    async fn plan(&self, request: &PlanInput<'_>) -> Result<ProviderPlan, ProviderError> {
        let (notes, refusals) = unmet(request.configuration, honour::Place::Simulated);
        if !refusals.is_empty() {
            return Ok(ProviderPlan { offers: Vec::new(), refusals });
        }
        let requirements = Requirements::from(request.configuration);
        let mut matches = self.offers.matching(&requirements, usize::MAX);
        if matches.offers.is_empty() {
            return Ok(ProviderPlan { offers: Vec::new(), refusals: vec![self.no_offer(&matches)] });
        }
        let pools: Vec<Pool> = matches
            .offers
            .iter()
            .take(ASKED)
            .map(|offer| Pool {
                region: offer.region.clone(),
                instance_type: offer.instance_type.clone(),
                spot: offer.spot,
            })
            .collect();
        let asked = pools.len();
        let told = match self.api.call(Call::Availability { pools }).await.map_err(error)? {
            Reply::Availability { pools } if pools.len() == asked => pools,
            other => return Err(unexpected(&other)),
        };
        for (offer, availability) in matches.offers.iter_mut().zip(told) {
            offer.availability = availability;
        }
        let offers = matches.offers.into_iter().map(|offer| PlannedOffer {
            offer,
            allocation: None,
            notes: notes.clone(),
            observed_at: None,
            difference: None,
        });
        Ok(ProviderPlan { offers: offers.collect(), refusals: Vec::new() })
    }

    async fn create(&self, request: &CreateRequest) -> Result<(), ProviderError> {
        let there = |(state, _): &(State, Seen)| *state != State::Gone;
        if self.found(request.id).await?.iter().any(there) {
            return Ok(());
        }
        let offer = &request.planned.offer;
        let order = Order {
            key: Some(format!("{}/{}", self.installation, request.id)),
            tag: Tag { installation: self.installation.clone(), id: request.id, name: request.name.clone() },
            pool: Pool {
                region: offer.region.clone(),
                instance_type: offer.instance_type.clone(),
                spot: offer.spot,
            },
            gpu: offer.gpu.as_ref().map(|gpu| (gpu.name.clone(), gpu.count)),
        };
        match self.api.call(Call::Create(order)).await.map_err(error)? {
            Reply::Created { handle } => {
                self.remember(request.id, handle);
                Ok(())
            }
            other => Err(unexpected(&other)),
        }
    }

    async fn observe(&self, id: InstanceId) -> Result<InstanceObservation, ProviderError> {
        let found = self.found(id).await?;
        let Some((state, machine)) = found.into_iter().next() else {
            return Ok(InstanceObservation::Gone { message: None, billing: Billing::default() });
        };
        let billing = Billing { from: machine.billed_from, to: machine.billed_to };
        Ok(match state {
            State::Pending => InstanceObservation::Creating { billing },
            State::Running => InstanceObservation::Ready {
                isolation: Isolation {
                    missing: vec!["This machine is simulated: no program runs on it.".to_owned()],
                    ..Isolation::default()
                },
                billing,
                leaves_at: machine.leaves_at,
            },
            State::Stopping => InstanceObservation::Removing { billing },
            State::Gone => InstanceObservation::Gone { message: machine.message, billing },
        })
    }

    async fn terminate(&self, id: InstanceId) -> Result<(), ProviderError> {
        let mut outcome = Ok(());
        for (state, machine) in self.found(id).await? {
            if matches!(state, State::Pending | State::Running) {
                // One that resists does not keep the others.
                outcome = self.remove(machine.handle).await.and(outcome);
            }
        }
        outcome
    }

    async fn list(&self) -> Result<Vec<Listed>, ProviderError> {
        let listed = |machine: Seen| {
            let tag = machine.tag?;
            Some(Listed {
                id: tag.id,
                ours: tag.installation == self.installation,
                handle: machine.handle,
                name: Some(tag.name),
                billing: Billing { from: machine.billed_from, to: machine.billed_to },
                price: Some(machine.price),
            })
        };
        Ok(self.machines(Call::List).await?.into_iter().filter_map(listed).collect())
    }

    async fn remove_copies(&self, id: InstanceId) -> Result<Vec<String>, ProviderError> {
        let mut there = Vec::new();
        for (_, machine) in self.found(id).await? {
            // What is found by its tag may be out of date, and the last one must not be taken for a copy.
            for machine in self.machines(Call::Describe { handle: machine.handle }).await? {
                there.push((state(self.name(), &machine)?, machine));
            }
        }
        there.retain(|(state, _)| matches!(state, State::Pending | State::Running));
        there.sort_by(|a, b| rank(a).cmp(&rank(b)));
        let (mut removed, mut failed) = (Vec::new(), None);
        for (_, machine) in there.into_iter().skip(1) {
            match self.remove(machine.handle.clone()).await {
                Ok(()) => removed.push(machine.handle),
                Err(error) => failed = Some(error),
            }
        }
        match failed {
            // The next sweep tries again; what goes is told of now.
            Some(error) if removed.is_empty() => Err(error),
            _ => Ok(removed),
        }
    }

    async fn environment(&self, id: InstanceId) -> Result<Arc<dyn Environment>, ProviderError> {
        match self.found(id).await?.into_iter().next() {
            Some((State::Running, machine)) => {
                Ok(Arc::new(SimulatedEnvironment::new(Arc::clone(&self.api), machine.handle)))
            }
            Some((State::Pending, _)) => Err(ProviderError::NotReady(format!("instance {id} is being made"))),
            Some((State::Stopping | State::Gone, _)) | None => {
                Err(ProviderError::NotFound(format!("instance {id}")))
            }
        }
    }

    fn changes(&self) -> broadcast::Receiver<InstanceId> {
        self.api.changes()
    }
}

fn state(name: &str, machine: &Seen) -> Result<State, ProviderError> {
    [State::Pending, State::Running, State::Stopping, State::Gone]
        .into_iter()
        .find(|state| state.word() == machine.state)
        .ok_or_else(|| nonsense(name, &format!("says that {} is `{}`", machine.handle, machine.state)))
}

/// An answer that makes no sense may make sense the next time.
fn nonsense(name: &str, what: &str) -> ProviderError {
    ProviderError::Temporary { message: format!("{name} {what}, which makes no sense"), source: None }
}

pub(super) fn unexpected(reply: &Reply) -> ProviderError {
    tracing::warn!(?reply, "a simulated cloud answered something else than was asked");
    ProviderError::Temporary {
        message: "the answer is not of the kind that was asked for".to_owned(),
        source: None,
    }
}

pub(super) fn error(error: CloudError) -> ProviderError {
    match error {
        CloudError::NoCapacity(message) => ProviderError::NoCapacity(message),
        CloudError::NotFound(what) => ProviderError::NotFound(what),
        CloudError::NotReady(message) => ProviderError::NotReady(message),
        CloudError::Throttled(message) | CloudError::Unreachable(message) | CloudError::Internal(message) => {
            ProviderError::Temporary { message, source: None }
        }
        CloudError::Refused(message) => ProviderError::Permanent { message, source: None },
    }
}
