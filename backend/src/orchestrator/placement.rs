//! Placement: which offer a job gets, and what its instance and environment are asked for.

use std::collections::BTreeMap;

use berth_shared::{
    api::{DEFAULT_POOL, Instance, InstanceId, InstanceStatus, JobStatus, PlannedOffer},
    config::{Configuration, EnvValue, TerminationPolicy},
    time::Timestamp,
};

use super::{
    core::Core,
    error::sentences,
    events,
    machine::{Failure, job::Sight, run},
    planning,
};
use crate::{
    provider::{CreateRequest, JobSpec, Provider},
    store::{
        Change, CommitError, InstanceDesired, InstanceRow, JobRow, Lease, RunRow, Source, StoreError, Whole,
        offer_key,
    },
};

/// How long an instance is kept after its run when nobody says, in seconds (`spec/dstack-0.18.md` §5).
const IDLE_SECONDS: i64 = 300;

/// Chooses an offer and writes its instance down together with the job that it is for; nothing is created yet.
pub(super) async fn place(core: &Core, whole: &Whole, lease: &Lease) -> Result<Sight, CommitError> {
    let _turn = core.placing.lock().await;
    let Some(source) = core.storage.source(whole.run.run.id).await? else {
        let cause = "its text is missing".to_owned();
        return Err(StoreError::Corrupt { what: "run", cause }.into());
    };
    let planned = planning::plan(core, &source.model).await?;
    let agreed = whole.run.agreed_price.unwrap_or(f64::INFINITY);
    let usable = planned.offers.iter().filter(|planned| planned.offer.availability.is_usable());
    let affordable: Vec<&PlannedOffer> = usable.filter(|planned| planned.offer.price <= agreed).collect();
    let tried = |planned: &PlannedOffer| {
        let key = offer_key(&planned.offer);
        whole.job.tried.iter().any(|tried| tried.offer == key)
    };
    let Some(chosen) = affordable.iter().find(|planned| !tried(planned)) else {
        let why = match (planned.refusals.as_slice(), affordable.as_slice()) {
            ([], []) if planned.offers.is_empty() => "nothing fits".to_owned(),
            ([], []) => {
                format!("what fits costs more than the agreed ${agreed} an hour, or cannot be had now")
            }
            ([], _) => "every offer that fits was tried".to_owned(),
            (refusals, _) => sentences(refusals),
        };
        return Ok(if planned.unreachable {
            Sight::Failed(Failure::Temporary(why))
        } else {
            Sight::NoOffer(format!("no machine could be had: {why}"))
        });
    };
    let provider = core.provider(&chosen.offer.backend);
    let Ok(provider) = provider else {
        return Ok(Sight::Failed(Failure::Temporary("its backend is not configured".to_owned())));
    };
    write(core, whole, lease, chosen, provider.as_ref(), &source).await?;
    Ok(Sight::Did(super::machine::job::Effect::Place))
}

async fn write(
    core: &Core,
    whole: &Whole,
    lease: &Lease,
    chosen: &PlannedOffer,
    provider: &dyn Provider,
    source: &Source,
) -> Result<(), CommitError> {
    let now = core.now();
    let instance =
        new_instance(InstanceId(core.new_id()), whole, chosen, provider, &source.model.configuration, now);
    let mut job = whole.job.clone();
    job.status = JobStatus::Provisioning;
    job.status_since = now;
    job.instance_id = Some(instance.instance.id);
    job.backend = Some(chosen.offer.backend.clone());
    job.placed_at = Some(now);
    let input = run::Input { job: &job, instance: Some(&instance), roll: core.roll() };
    let next = run::step(&whole.run, input, now);
    let offer = &chosen.offer;
    let told = format!(
        "{} in {} on `{}`, ${} an hour",
        offer.instance_type, offer.region, offer.backend, offer.price
    );
    let change = Change {
        lease: Some(lease.clone()),
        events: [
            events::instance(None, &instance, Some("asked for".to_owned()), now),
            events::job(Some(&whole.job), &job, Some(told), now),
            events::run(Some(&whole.run), &next.row, next.message.clone(), None, now),
        ]
        .into_iter()
        .flatten()
        .collect(),
        runs: vec![next.row],
        jobs: vec![job],
        instances: vec![instance],
        ..Change::default()
    };
    core.commit(&change).await
}

fn new_instance(
    id: InstanceId,
    whole: &Whole,
    chosen: &PlannedOffer,
    provider: &dyn Provider,
    configuration: &Configuration,
    now: Timestamp,
) -> InstanceRow {
    let run = &whole.run.run;
    let idle_seconds = if !provider.keeps_idle() {
        Some(0)
    } else if configuration.termination_policy == Some(TerminationPolicy::DontDestroy) {
        None
    } else {
        Some(configuration.termination_idle_time.unwrap_or(IDLE_SECONDS))
    };
    InstanceRow {
        version: 0,
        instance: Instance {
            id,
            name: configuration.instance_name.clone().unwrap_or_else(|| run.name.clone()),
            owner: run.owner.clone(),
            pool: configuration.pool_name.clone().unwrap_or_else(|| DEFAULT_POOL.to_owned()),
            status: InstanceStatus::Pending,
            status_since: now,
            message: None,
            offer: chosen.offer.clone(),
            allocation: chosen.allocation.clone(),
            isolation: None,
            run_id: Some(run.id),
            created_at: now,
            billed_from: None,
            billed_to: None,
            idle_seconds,
            idle_stop_at: None,
            kept_by: None,
            leaves_at: None,
        },
        request: CreateRequest { id, name: run.name.clone(), planned: chosen.clone() },
        desired: InstanceDesired::There,
        job_id: Some(whole.job.id),
        accepted: false,
        was_ready: false,
        removal_accepted: false,
        fault: None,
        turns: 1,
        order: None,
        failures: 0,
        failing_since: None,
    }
}

/// What the environment is asked to do.
pub(super) fn job_spec(run: &RunRow, job: &JobRow, turn: u64, source: &Source) -> JobSpec {
    let configuration = &source.model.configuration;
    let mut env = BTreeMap::new();
    for (key, value) in &configuration.env {
        let value = match value {
            EnvValue::Literal(value) => value.clone(),
            EnvValue::FromSubmitter { key } => source.variables.get(key).cloned().unwrap_or_default(),
        };
        env.insert(key.clone(), value);
    }
    let shm = configuration.resources.shm_size.filter(|size| size.is_finite() && *size > 0.0);
    JobSpec {
        id: job.id,
        turn,
        run_name: run.run.name.clone(),
        home_dir: configuration.home_dir.clone(),
        python: configuration.python.clone(),
        env,
        setup: configuration.setup.clone(),
        init: configuration.init.clone(),
        shm_bytes: shm.map(|gib| (gib * 1024.0 * 1024.0 * 1024.0) as u64),
    }
}
