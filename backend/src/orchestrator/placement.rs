//! Placement: which instance or offer a job gets, and what instances and environments are asked for.

use std::collections::{BTreeMap, BTreeSet};

use berth_shared::{
    api::{Instance, InstanceId, InstanceStatus, JobStatus, Offered, PlannedOffer, ssh_name_of},
    config::{Configuration, EnvValue, TerminationPolicy},
    ide::Ide,
    time::Timestamp,
};

use super::{
    Entrance,
    choice::{self, Choice, Wishes},
    core::Core,
    events,
    limits::{self, Room},
    machine::{Failure, instance, job::Effect, job::Sight, run},
    planning, pool, priority, settings,
};
use crate::{
    provider::{CreateRequest, JobSpec, Provider, container},
    store::{
        Change, CommitError, InstanceDesired, InstanceRow, JobRow, Lease, Order, RunRow, Source, StoreError,
        Whole,
    },
    supervisor::spec::{ContainerSpec, RegistryAuth},
};

/// How long an instance is kept after its run when nobody says, in seconds (`spec/dstack-0.18.md` §5).
const IDLE_SECONDS: i64 = 300;

/// How often another idle instance is looked for when somebody else was quicker.
const REUSES: usize = 8;

/// Chooses an instance that waits, or else an offer, whose instance it writes down; nothing is created yet.
pub(super) async fn place(core: &Core, whole: &Whole, lease: &Lease) -> Result<Sight, CommitError> {
    let Some(source) = core.storage.source(whole.run.run.id).await? else {
        let cause = "its text is missing".to_owned();
        return Err(StoreError::Corrupt { what: "run", cause }.into());
    };
    let (run, agreed) = (&whole.run.run, whole.run.agreed_price);
    // Since it was launched the leave may have been taken back; an instance that waits would be taken without a plan.
    if let Some(note) = settings::forbidden(core, &run.project, &source.model.configuration).await? {
        return Ok(Sight::Failed(Failure::Permanent(note.message)));
    }
    let mut limited = None;
    let in_front = priority::in_front(core, run).await?;
    for _ in 0..REUSES {
        let free = pool::free(core, &run.project, &source.model.configuration, agreed).await?;
        let Some(found) = free else { break };
        if let Some(first) = priority::takes(core, &in_front, &found).await? {
            return Ok(priority::lets_go_first(core, &first).await);
        }
        match reuse(core, whole, lease, found).await {
            Ok(()) => return Ok(Sight::Did(Effect::Place)),
            // Another run was quicker, or this one has changed: its pass looks at it anew.
            Err(CommitError::Stale)
                if core.storage.whole_of_job(whole.job.id).await?.as_ref() == Some(whole) => {}
            // It is somebody else's, and its owner's limits leave no room for it; perhaps they do for a new one.
            Err(CommitError::Limit(notes)) => {
                limited = Some(notes);
                break;
            }
            Err(error) => return Err(error),
        }
    }
    let tried: BTreeSet<&str> = whole.job.tried.iter().map(|tried| tried.offer.as_str()).collect();
    let avoid: BTreeSet<&str> = whole.run.avoid.iter().map(String::as_str).collect();
    let room = Room::of(core, &run.project, &run.owner).await?;
    let wishes = Wishes { agreed, tried: &tried, avoid: &avoid, room: room.as_ref() };
    let ask = async || {
        let planned = planning::plan(core, &run.project, &source.model).await?;
        Ok::<_, StoreError>(choice::choose(&planned, wishes))
    };
    let mut choice = ask().await?;
    // Of a machine that is shared the next one may have only what this one leaves. Whole machines are the provider's to
    // give, and thousands of launches need not wait for each other.
    let turn = match &choice {
        Choice::Offer(chosen, _) if chosen.allocation.is_some() => Some(core.placing.lock().await),
        _ => None,
    };
    if turn.is_some() {
        choice = ask().await?;
    }
    if let Choice::Offer(chosen, _) = &choice
        && chosen.allocation.is_some()
        && let Some(first) = priority::shares(core, &in_front, &chosen.offer.backend).await?
    {
        return Ok(priority::lets_go_first(core, &first).await);
    }
    match choice {
        Choice::Offer(chosen, offered) => {
            let provider = core.provider(&chosen.offer.backend);
            let Ok(provider) = provider else {
                return Ok(Sight::Failed(Failure::Temporary("its backend is not configured".to_owned())));
            };
            match write(core, whole, lease, (&chosen, offered), provider.as_ref(), &source).await {
                Ok(()) => Ok(Sight::Did(Effect::Place)),
                // Somebody was quicker, and has the room that there was.
                Err(CommitError::Limit(notes)) => Ok(none(&limits::sentences(&notes))),
                Err(error) => Err(error),
            }
        }
        Choice::Unknown(why) => Ok(Sight::Failed(Failure::Temporary(why))),
        Choice::None(why) => Ok(none(&limited.map_or(why, |notes| limits::sentences(&notes)))),
    }
}

fn none(why: &str) -> Sight {
    Sight::NoOffer(format!("no machine could be had: {why}"))
}

/// Chooses an offer for an instance that was added without a run.
pub(super) async fn place_order(
    core: &Core,
    row: &InstanceRow,
    lease: &Lease,
) -> Result<instance::Sight, CommitError> {
    let Some(order) = &row.order else { return Err(CommitError::Stale) };
    let tried: BTreeSet<&str> = order.tried.iter().map(|tried| tried.offer.as_str()).collect();
    let room =
        Room::of(core, &row.instance.project, &row.instance.owner).await?.map(|room| room.without(row));
    let (agreed, avoid) = (order.agreed_price, BTreeSet::new());
    let wishes = Wishes { agreed, tried: &tried, avoid: &avoid, room: room.as_ref() };
    match choice::choose(&planning::plan(core, &row.instance.project, &order.model).await?, wishes) {
        Choice::Offer(chosen, offered) => {
            let now = core.now();
            let mut after = row.clone();
            take_offer(&mut after, &chosen);
            let told = events::instance(Some(row), &after, Some(told(&chosen)), now);
            let change = Change {
                lease: Some(lease.clone()),
                events: told.map(|event| event.offering(offered)).into_iter().collect(),
                instances: vec![after],
                ..Change::default()
            };
            match core.commit(&change).await {
                Ok(()) => Ok(instance::Sight::Did(instance::Effect::Place)),
                Err(CommitError::Limit(notes)) => Ok(instance::Sight::NoOffer(limits::sentences(&notes))),
                Err(error) => Err(error),
            }
        }
        Choice::Unknown(why) => Ok(instance::Sight::Failed(Failure::Temporary(why))),
        Choice::None(why) => Ok(instance::Sight::NoOffer(why)),
    }
}

/// An instance that was added is to be of this offer.
pub(super) fn take_offer(row: &mut InstanceRow, chosen: &PlannedOffer) {
    row.instance.offer = chosen.offer.clone();
    row.instance.allocation.clone_from(&chosen.allocation);
    row.request.planned = chosen.clone();
    if let Some(order) = &mut row.order {
        order.placed = true;
        order.retry_at = None;
    }
}

fn told(chosen: &PlannedOffer) -> String {
    let offer = &chosen.offer;
    let kind = if offer.spot { ", spot" } else { "" };
    format!(
        "{} in {} on `{}`{kind}, ${} an hour",
        offer.instance_type, offer.region, offer.backend, offer.price
    )
}

/// Gives an instance that waits to the job.
async fn reuse(core: &Core, whole: &Whole, lease: &Lease, before: InstanceRow) -> Result<(), CommitError> {
    let now = core.now();
    let mut instance = before.clone();
    instance.job_id = Some(whole.job.id);
    instance.turns += 1;
    instance.instance.run_id = Some(whole.run.run.id);
    instance.instance.status = InstanceStatus::Busy;
    instance.instance.status_since = now;
    instance.instance.idle_stop_at = None;
    instance.instance.kept_by = None;
    let told = format!("`{}`, which waited for a run, is used again", instance.instance.name);
    let given = format!("given to `{}`", whole.run.run.name);
    let mut change = Change { lease: Some(lease.clone()), ..Change::default() };
    change.events.extend(events::instance(Some(&before), &instance, Some(given), now));
    hand_over(core, whole, instance, (told, None), change, now).await
}

async fn write(
    core: &Core,
    whole: &Whole,
    lease: &Lease,
    (chosen, offered): (&PlannedOffer, Box<Offered>),
    provider: &dyn Provider,
    source: &Source,
) -> Result<(), CommitError> {
    let now = core.now();
    let configuration = &source.model.configuration;
    let run = &whole.run.run;
    let place = (run.project.clone(), pool::of(core, &run.project, configuration).await?);
    let name = configuration.instance_name.clone().unwrap_or_else(|| run.name.clone());
    let kept = idle_seconds(configuration, provider, IDLE_SECONDS);
    let id = InstanceId(core.new_id());
    let mut instance = new_instance(id, name, run.owner.clone(), place, chosen, kept, now);
    instance.instance.run_id = Some(run.id);
    instance.job_id = Some(whole.job.id);
    instance.turns = 1;
    let mut change = Change { lease: Some(lease.clone()), ..Change::default() };
    change.events.extend(events::instance(None, &instance, Some("asked for".to_owned()), now));
    hand_over(core, whole, instance, (told(chosen), Some(offered)), change, now).await
}

/// Writes down that the job has this instance.
async fn hand_over(
    core: &Core,
    whole: &Whole,
    instance: InstanceRow,
    (told, offered): (String, Option<Box<Offered>>),
    mut change: Change,
    now: Timestamp,
) -> Result<(), CommitError> {
    let mut job = whole.job.clone();
    job.status = JobStatus::Provisioning;
    job.status_since = now;
    job.instance_id = Some(instance.instance.id);
    job.backend = Some(instance.instance.offer.backend.clone());
    job.placed_at = Some(now);
    let input = run::Input { job: &job, instance: Some(&instance), roll: core.roll() };
    let next = run::step(&whole.run, input, now);
    let placed = events::job(Some(&whole.job), &job, Some(told), now);
    change.events.extend(placed.map(|event| match offered {
        Some(offered) => event.offering(offered),
        None => event,
    }));
    change.events.extend(events::run(Some(&whole.run), &next.row, next.message.clone(), None, now));
    change.runs.push(next.row);
    change.jobs.push(job);
    change.instances.push(instance);
    core.commit(&change).await
}

/// How long an instance is kept without a run, in seconds; 0 = not at all, `None` = for ever.
pub(super) fn idle_seconds(
    configuration: &Configuration,
    provider: &dyn Provider,
    default: i64,
) -> Option<i64> {
    if !provider.keeps_idle() {
        Some(0)
    } else if configuration.termination_policy == Some(TerminationPolicy::DontDestroy) {
        None
    } else {
        Some(configuration.termination_idle_time.unwrap_or(default))
    }
}

/// An instance that nobody has been asked for yet, in a project and a pool of it.
pub(super) fn new_instance(
    id: InstanceId,
    name: String,
    owner: String,
    (project, pool): (String, String),
    chosen: &PlannedOffer,
    idle_seconds: Option<i64>,
    now: Timestamp,
) -> InstanceRow {
    InstanceRow {
        version: 0,
        request: CreateRequest { id, name: name.clone(), planned: chosen.clone() },
        instance: Instance {
            id,
            name,
            owner,
            project,
            pool,
            status: InstanceStatus::Pending,
            status_since: now,
            message: None,
            offer: chosen.offer.clone(),
            allocation: chosen.allocation.clone(),
            isolation: None,
            run_id: None,
            created_at: now,
            billed_from: None,
            billed_to: None,
            idle_seconds,
            idle_stop_at: None,
            kept_by: None,
            leaves_at: None,
        },
        desired: InstanceDesired::There,
        job_id: None,
        asked_at: None,
        asked_once: false,
        accepted: false,
        seen: false,
        was_ready: false,
        removal_accepted: false,
        fault: None,
        turns: 0,
        order: None::<Order>,
        failures: 0,
        failing_since: None,
    }
}

/// What the environment is asked to do.
pub(super) fn job_spec(
    run: &RunRow,
    job: &JobRow,
    turn: u64,
    source: &Source,
    entrance: Option<&Entrance>,
) -> JobSpec {
    let configuration = &source.model.configuration;
    let mut env = BTreeMap::new();
    for (key, value) in &configuration.env {
        let value = match value {
            EnvValue::Literal(value) => value.clone(),
            EnvValue::FromSubmitter { key } => source.variables.get(key).cloned().unwrap_or_default(),
        };
        env.insert(key.clone(), value);
    }
    let newer = configuration.newer.as_deref();
    let shm = configuration.resources.shm_size.filter(|size| size.is_finite() && *size > 0.0);
    JobSpec {
        id: job.id,
        turn,
        run_name: run.run.name.clone(),
        home_dir: home(configuration),
        working_dir: newer.and_then(|newer| newer.working_dir.clone()),
        shell: newer.and_then(|newer| newer.shell.clone()),
        python: configuration.python.clone(),
        env,
        setup: configuration.setup.clone(),
        init: configuration.init.clone(),
        shm_bytes: shm.map(|gib| (gib * 1024.0 * 1024.0 * 1024.0) as u64),
        container: container_spec(configuration, &run.run.project),
        code: run.run.code.clone(),
        git: None,
        welcome: entrance
            .map(|entrance| {
                let name = ssh_name_of(&run.run.project, &run.run.name);
                welcome(&name, configuration.ide.as_deref(), entrance)
            })
            .unwrap_or_default(),
    }
}

/// The home directory: `home_dir`, and since dstack 0.22 what `env` says of it, which there is not held back.
fn home(configuration: &Configuration) -> String {
    match configuration.env.get("HOME").filter(|_| configuration.newer.is_some()) {
        Some(EnvValue::Literal(home)) if home.starts_with('/') => home.clone(),
        _ => configuration.home_dir.clone(),
    }
}

/// How one comes in, for the log.
fn welcome(run: &str, ide: Option<&str>, Entrance { host, port }: &Entrance) -> Vec<String> {
    let ide = ide.and_then(Ide::of).map(|ide| {
        let link = ide.link(run);
        format!("{}: run `berth attach {run}` on your own machine, then follow {link}", ide.title())
    });
    ide.into_iter().chain([format!("SSH: ssh {run}@{host} -p {port}")]).collect()
}

/// What its container is made of.
pub(super) fn container_spec(configuration: &Configuration, project: &str) -> ContainerSpec {
    ContainerSpec {
        image: configuration.image.clone(),
        registry_auth: configuration
            .registry_auth
            .as_ref()
            .map(|auth| RegistryAuth { username: auth.username.clone(), password: auth.password.clone() }),
        // Checked when the configuration was read; what cannot be split is one program.
        entrypoint: configuration
            .entrypoint
            .as_deref()
            .map(|text| shlex::split(text).unwrap_or_else(|| vec![text.to_owned()]))
            .unwrap_or_default(),
        user: configuration.newer.as_ref().and_then(|newer| newer.user.clone()),
        mounts: container::mounts(configuration, project),
        tags: configuration.newer.as_ref().and_then(|newer| newer.tags.clone()).unwrap_or_default(),
        // Whether the project allows it is asked just before.
        privileged: configuration.newer.as_ref().is_some_and(|newer| newer.privileged),
    }
}
