//! A provider that does as it is told: slow, refusing, forgetting answers, dying, hanging.

mod environment;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use berth_shared::{
    api::{Allocation, InstanceId, Isolation, JobId, JobReason, PlanNote, PlannedOffer, RunId, UsageHistory},
    catalog::{Availability, Offer, PriceBasis},
    time::Timestamp,
};
use tokio::sync::{Notify, broadcast};

pub(super) use environment::FakeArchive;
use environment::FakeEnvironment;

use crate::{
    clock::Clock,
    provider::{
        Billing, CreateRequest, Environment, InstanceObservation, JobSpec, Listed, PlanInput, Provider,
        ProviderError, ProviderPlan,
    },
};

/// A clock that stands still unless it is moved.
#[derive(Debug, Default)]
pub(super) struct HandClock(Mutex<i64>);

impl HandClock {
    pub(super) fn advance(&self, seconds: i64) {
        *lock(&self.0) += seconds * 1000;
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp(1_700_000_000_000 + *lock(&self.0))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How it behaves. Counts are of calls to come.
#[derive(Clone, Debug, Default)]
pub(super) struct Script {
    /// Creations that are refused for want of capacity.
    pub(super) refuse: u32,
    /// Creations that are carried out and whose answer is lost.
    pub(super) lose_answer: u32,
    /// Creations are accepted and never come to be.
    pub(super) never: bool,
    /// Commands of `setup` that the job goes through, one an observation.
    pub(super) setup: u32,
    /// How the job ends by itself once it runs.
    pub(super) ends: Option<JobReason>,
    /// Terminations that fail.
    pub(super) keep_alive: u32,
    /// Processes do not end when asked.
    pub(super) stubborn: bool,
    /// Offers: name and price.
    pub(super) offers: Vec<(&'static str, f64)>,
    /// Whether instances are kept without a run.
    pub(super) keeps_idle: bool,
    /// The call (counted from 1) at which it hangs for ever; with `false` before the call has had its effect,
    /// with `true` after.
    pub(super) hang: Option<(u32, bool)>,
}

#[derive(Clone, Debug)]
enum Job {
    None,
    SettingUp(JobId, u32),
    Running(JobId),
    Stopping(JobId),
    Ended(JobId, JobReason),
}

#[derive(Debug)]
struct Machine {
    ready: bool,
    /// It went by itself, and something is left of it.
    dead: bool,
    removing: bool,
    job: Job,
    started: u32,
}

/// The world outside, which outlives every server.
#[derive(Debug)]
pub(super) struct World {
    pub(super) script: Mutex<Script>,
    machines: Mutex<BTreeMap<InstanceId, Machine>>,
    /// Creations by instance.
    created: Mutex<HashMap<InstanceId, u32>>,
    /// Begun jobs, by job.
    begun: Mutex<HashMap<JobId, u32>>,
    /// What the last job was asked to do.
    pub(super) last_job: Mutex<Option<JobSpec>>,
    /// What was used on every machine; `None` = nobody says.
    pub(super) used: Mutex<Option<UsageHistory>>,
    calls: Mutex<u32>,
    changes: broadcast::Sender<InstanceId>,
    /// Told when a call hangs.
    pub(super) hanging: Notify,
    pub(super) archived: Mutex<BTreeMap<RunId, u32>>,
}

impl World {
    pub(super) fn new(script: Script) -> Arc<Self> {
        Arc::new(Self {
            script: Mutex::new(script),
            machines: Mutex::default(),
            created: Mutex::default(),
            begun: Mutex::default(),
            last_job: Mutex::default(),
            used: Mutex::default(),
            calls: Mutex::default(),
            changes: broadcast::Sender::new(16),
            hanging: Notify::new(),
            archived: Mutex::default(),
        })
    }

    pub(super) fn script(&self) -> MutexGuard<'_, Script> {
        lock(&self.script)
    }

    pub(super) fn machines(&self) -> usize {
        lock(&self.machines).len()
    }

    pub(super) fn calls(&self) -> u32 {
        *lock(&self.calls)
    }

    /// The most that any job was begun, and the most machines that were made.
    pub(super) fn begun(&self) -> (u32, usize) {
        (lock(&self.begun).values().copied().max().unwrap_or(0), lock(&self.created).len())
    }

    /// All machines go away at once; with `without_a_trace` nothing is left of them.
    pub(super) fn die(&self, without_a_trace: bool) {
        let mut machines = lock(&self.machines);
        if without_a_trace {
            machines.clear();
        }
        machines.values_mut().for_each(|machine| machine.dead = true);
    }

    /// A machine that nobody asked for.
    pub(super) fn plant(&self, id: InstanceId) {
        lock(&self.machines)
            .insert(id, Machine { ready: true, dead: false, removing: false, job: Job::None, started: 0 });
    }

    /// The job on every machine ends by itself.
    pub(super) fn end_jobs(&self, reason: JobReason) {
        for machine in lock(&self.machines).values_mut() {
            if let Job::Running(job) | Job::SettingUp(job, _) = machine.job {
                machine.job = Job::Ended(job, reason);
            }
        }
    }

    pub(super) fn last_job(&self) -> Option<JobSpec> {
        lock(&self.last_job).clone()
    }

    pub(super) fn archived(&self, run: RunId) -> u32 {
        lock(&self.archived).get(&run).copied().unwrap_or(0)
    }

    /// Counts a call and has its effect, or hangs before or after it.
    async fn call<T>(&self, effect: impl FnOnce() -> T + Send) -> T {
        let call = {
            let mut calls = lock(&self.calls);
            *calls += 1;
            *calls
        };
        let hang = self.script().hang.filter(|(at, _)| *at == call);
        match hang {
            None => effect(),
            Some((_, after)) => {
                if after {
                    effect();
                }
                self.hanging.notify_one();
                std::future::pending().await
            }
        }
    }
}

fn gone() -> ProviderError {
    ProviderError::NotFound("the instance".to_owned())
}

fn lost() -> ProviderError {
    ProviderError::Temporary { message: "the answer was lost".to_owned(), source: None }
}

pub(super) struct FakeProvider {
    world: Arc<World>,
}

impl FakeProvider {
    pub(super) fn new(world: Arc<World>) -> Self {
        Self { world }
    }
}

/// How many of its vCPUs each environment has.
const SHARE: f64 = 2.0;

pub(super) fn offer(name: &str, price: f64) -> Offer {
    Offer {
        backend: "fake".to_owned(),
        region: "here".to_owned(),
        instance_type: name.to_owned(),
        arch: None,
        cpus: 4.0,
        memory_gib: 16.0,
        gpu: None,
        disk_gib: None,
        spot: false,
        price,
        basis: PriceBasis::Listed,
        as_of: None,
        availability: Availability::Available,
    }
}

/// What a run has of a machine of this offer.
pub(super) fn share(name: &str, price: f64) -> Offer {
    Offer { cpus: SHARE, ..offer(name, price) }
}

#[async_trait]
impl Provider for FakeProvider {
    fn name(&self) -> &str {
        "fake"
    }

    fn keeps_idle(&self) -> bool {
        self.world.script().keeps_idle
    }

    fn poll_seconds(&self) -> i64 {
        5
    }

    async fn plan(&self, _request: &PlanInput<'_>) -> Result<ProviderPlan, ProviderError> {
        self.world
            .call(|| {
                let planned = |(name, price): &(&str, f64)| PlannedOffer {
                    offer: offer(name, *price),
                    allocation: Some(Allocation { cpus: SHARE, ..Allocation::default() }),
                    notes: Vec::new(),
                    observed_at: None,
                    difference: None,
                };
                let offers: Vec<_> = self.world.script().offers.iter().map(planned).collect();
                let refusals = if offers.is_empty() {
                    let message = "there is no memory left.".to_owned();
                    vec![PlanNote { code: "full".to_owned(), path: String::new(), message }]
                } else {
                    Vec::new()
                };
                Ok(ProviderPlan { offers, refusals })
            })
            .await
    }

    async fn create(&self, request: &CreateRequest) -> Result<(), ProviderError> {
        let make = || {
            let mut script = self.world.script();
            if script.refuse > 0 {
                script.refuse -= 1;
                return Err(ProviderError::NoCapacity("sold out".to_owned()));
            }
            if !script.never {
                let mut machines = lock(&self.world.machines);
                machines.entry(request.id).or_insert_with(|| {
                    *lock(&self.world.created).entry(request.id).or_default() += 1;
                    Machine { ready: false, dead: false, removing: false, job: Job::None, started: 0 }
                });
            }
            if script.lose_answer > 0 {
                script.lose_answer -= 1;
                return Err(lost());
            }
            Ok(())
        };
        self.world.call(make).await
    }

    async fn observe(&self, id: InstanceId) -> Result<InstanceObservation, ProviderError> {
        let look = || {
            let never = self.world.script().never;
            let mut machines = lock(&self.world.machines);
            let Some(machine) = machines.get_mut(&id) else {
                return if never {
                    InstanceObservation::Creating { billing: Billing::default() }
                } else {
                    InstanceObservation::Gone { message: None, billing: Billing::default() }
                };
            };
            if machine.removing {
                machines.remove(&id);
                InstanceObservation::Removing { billing: Billing::default() }
            } else if machine.dead {
                InstanceObservation::Gone {
                    message: Some("it was killed".to_owned()),
                    billing: Billing::default(),
                }
            } else if machine.ready {
                InstanceObservation::Ready {
                    isolation: Isolation::default(),
                    billing: Billing::default(),
                    leaves_at: None,
                }
            } else {
                machine.ready = true;
                InstanceObservation::Creating { billing: Billing::default() }
            }
        };
        let seen = self.world.call(look).await;
        if matches!(seen, InstanceObservation::Creating { .. } | InstanceObservation::Removing { .. }) {
            let _ = self.world.changes.send(id);
        }
        Ok(seen)
    }

    async fn terminate(&self, id: InstanceId) -> Result<(), ProviderError> {
        let remove = || {
            let mut script = self.world.script();
            if script.keep_alive > 0 {
                script.keep_alive -= 1;
                return Err(lost());
            }
            script.never = false;
            if let Some(machine) = lock(&self.world.machines).get_mut(&id) {
                machine.removing = true;
            }
            Ok(())
        };
        self.world.call(remove).await
    }

    async fn list(&self) -> Result<Vec<Listed>, ProviderError> {
        let listed = |id: &InstanceId| Listed {
            id: *id,
            ours: true,
            handle: id.to_string(),
            name: None,
            billing: Billing::default(),
            price: None,
        };
        Ok(lock(&self.world.machines).keys().map(listed).collect())
    }

    async fn remove_copies(&self, _id: InstanceId) -> Result<Vec<String>, ProviderError> {
        Ok(Vec::new())
    }

    async fn environment(&self, id: InstanceId) -> Result<Arc<dyn Environment>, ProviderError> {
        if !lock(&self.world.machines).contains_key(&id) {
            return Err(gone());
        }
        Ok(Arc::new(FakeEnvironment { id, world: Arc::clone(&self.world) }))
    }

    fn changes(&self) -> broadcast::Receiver<InstanceId> {
        self.world.changes.subscribe()
    }
}
