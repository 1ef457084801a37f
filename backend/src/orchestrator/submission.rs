//! Submitting a run.

use std::collections::BTreeMap;

use berth_shared::{
    api::{
        GitSource, JobId, JobStatus, LimitNote, Plan, PlanNote, PlanRequest, PlannedOffer, Pool, PriceChange,
        Refusal, Run, RunCode, RunId, RunStatus, SubmitRequest,
    },
    config::{Configuration, check_in},
    matcher::Requirements,
    time::Timestamp,
};

use super::{
    ServiceError,
    core::Core,
    events,
    limits::{self, Room},
    machine::RETRY_SECONDS,
    names,
    passes::new_job,
    planning::{self, Planned},
    pool, preview, settings, variables,
};
use crate::store::{Change, CommitError, InstanceRow, Model, RunDesired, RunRow, Source, StoreError};

/// How many offers a plan shows at most (`spec/dstack-0.18.md` §7.4).
const PLAN_OFFERS: usize = 50;
/// How often another name is made up when one is taken.
const NAMES: usize = 20;

pub(super) async fn plan(
    core: &Core,
    project: &str,
    actor: &str,
    request: &PlanRequest,
) -> Result<Plan, ServiceError> {
    let checked = check_in(&request.configuration, settings::reading(core, project).await?, None);
    let valid = checked.is_valid();
    let mut plan = Plan {
        valid,
        diagnostics: checked.diagnostics,
        offers: Vec::new(),
        total: 0,
        refusals: Vec::new(),
        variables: Vec::new(),
        catalog_version: core.catalogues.current().version().to_owned(),
        instances: Vec::new(),
        preview: None,
        limits: Vec::new(),
    };
    let Some(configuration) = checked.configuration.filter(|_| valid) else { return Ok(plan) };
    plan.variables = planning::variables(&configuration);
    let required = Requirements::from(&configuration);
    plan.instances = pool::instances(core, project, &configuration).await?;
    let waiting = pool::free(core, project, &configuration, None).await?;
    let Planned { mut offers, refusals, .. } =
        planning::plan(core, project, &Model { configuration, written: checked.written }).await?;
    plan.limits = limit_notes(core, project, actor, waiting.as_ref(), &offers, None).await?;
    plan.preview =
        Some(preview::compare(core, request.preview.as_deref(), &required, &mut offers, &refusals));
    plan.total = offers.len() as u64;
    offers.truncate(PLAN_OFFERS);
    plan.offers = offers;
    plan.refusals = refusals;
    Ok(plan)
}

/// Checks the request and writes the run down.
pub(super) async fn submit(
    core: &Core,
    project: &str,
    actor: &str,
    request: SubmitRequest,
) -> Result<RunId, ServiceError> {
    let checked = check_in(&request.configuration, settings::reading(core, project).await?, None);
    let valid = checked.is_valid();
    let Some(configuration) = checked.configuration.filter(|_| valid) else {
        return Err(ServiceError::InvalidConfiguration(checked.diagnostics));
    };
    // Who launches may say otherwise than the text.
    let written = configuration.newer.as_ref().and_then(|newer| newer.name.clone());
    let wanted = request.name.clone().or(written);
    if let Some(name) = wanted.as_ref().filter(|name| !names::is_valid(name)) {
        return Err(ServiceError::RunNameInvalid(name.clone()));
    }
    let model = Model { configuration, written: checked.written };
    check_variables(&model.configuration, &request.variables)?;
    let reasons = planning::unlaunchable(core, project, &model.configuration).await?;
    if !reasons.is_empty() {
        let refusal = Refusal { backend: planning::SERVER.to_owned(), reasons };
        return Err(ServiceError::NoOffers(vec![refusal]));
    }
    let code = check_code(core, actor, wanted_code(&request, &model.configuration)?).await?;
    let retry_seconds = planning::retry_seconds(&model.configuration, RETRY_SECONDS);
    let due_at = due_at(core, &model.configuration)?;
    let waiting = pool::free(core, project, &model.configuration, request.agreed_price).await?;
    let planned = match &waiting {
        None => planning::plan(core, project, &model).await?,
        Some(_) => Planned::default(),
    };
    if waiting.is_none() {
        let waits = due_at.is_some()
            || retry_seconds.is_some() && planning::retry_on(&model.configuration).no_capacity;
        check_offers(core, &planned, &request, waits)?;
    }
    let mut notes =
        limit_notes(core, project, actor, waiting.as_ref(), &planned.offers, request.agreed_price).await?;
    if waiting.is_some() && limits::is_over(&notes) {
        // What waits is somebody else's and too much; perhaps something smaller can be had.
        let planned = planning::plan(core, project, &model).await?;
        notes = limit_notes(core, project, actor, waiting.as_ref(), &planned.offers, request.agreed_price)
            .await?;
    }
    // What begins later is held against the limits of that time.
    if limits::is_over(&notes) && due_at.is_none() {
        return Err(ServiceError::LimitReached(limits::over(notes)));
    }
    // The one that a new instance would be in; others are used where they are.
    let pool = model.configuration.pool_names().into_iter().next();
    let pools = pool.map(|name| new_pool(project, &name, core.now())).into_iter().collect::<Vec<_>>();

    let source = Source { text: request.configuration, model, variables: request.variables };
    for _ in 0..NAMES {
        let name = wanted.clone().unwrap_or_else(|| core.random(names::make_up));
        let mut row =
            new_run(core, actor, name, &source.model.configuration, request.agreed_price, retry_seconds);
        row.run.code.clone_from(&code);
        row.run.due_at = due_at;
        project.clone_into(&mut row.run.project);
        let id = row.run.id;
        let now = row.run.submitted_at;
        let mut job = new_job(row.job_id, &row, now);
        let mut told = format!("`{}` was submitted", row.run.name);
        let mut begun = events::job(None, &job, Some("attempt 1".to_owned()), now);
        if due_at.is_some() {
            // Its first attempt is made when it is due. Until then it follows one that is over and that nobody is told of.
            (row.run.status, row.run.attempts) = (RunStatus::Pending, 0);
            job.status = JobStatus::Done;
            told.push_str("; it begins by its schedule");
            begun = None;
        }
        let change = Change {
            events: [events::run(None, &row, Some(told), Some(actor), now), begun]
                .into_iter()
                .flatten()
                .collect(),
            runs: vec![row],
            jobs: vec![job],
            source: Some(Source {
                variables: variables::sealed(core, id, &source.variables),
                ..source.clone()
            }),
            pools: pools.clone(),
            ..Change::default()
        };
        match (core.commit(&change).await, &wanted) {
            (Ok(()), _) => return Ok(id),
            (Err(CommitError::NameTaken), Some(name)) => {
                return Err(ServiceError::RunNameTaken(name.clone()));
            }
            (Err(CommitError::NameTaken), None) => {}
            (Err(error), _) => return Err(error.into()),
        }
    }
    Err(ServiceError::Internal("no free name could be made up".to_owned()))
}

/// The limits that a launch would come near or pass: by the instance that it takes, else by the first offer that may be had within all
/// limits, and where there is none, by the first that can be had at all.
async fn limit_notes(
    core: &Core,
    project: &str,
    actor: &str,
    waiting: Option<&InstanceRow>,
    offers: &[PlannedOffer],
    agreed: Option<f64>,
) -> Result<Vec<LimitNote>, StoreError> {
    let Some(room) = Room::of(core, project, actor).await? else { return Ok(Vec::new()) };
    if let Some(waiting) = waiting {
        let notes = room.waiting(waiting);
        if !limits::is_over(&notes) || offers.is_empty() {
            return Ok(notes);
        }
    }
    let can_be_had = |planned: &&PlannedOffer| {
        planned.offer.availability.is_usable() && agreed.is_none_or(|agreed| planned.offer.price <= agreed)
    };
    let mut first = None;
    for planned in offers.iter().filter(can_be_had) {
        let notes = room.new_machine(&planned.offer, planned.allocation.as_ref());
        if !limits::is_over(&notes) {
            return Ok(notes);
        }
        first.get_or_insert(notes);
    }
    Ok(first.unwrap_or_default())
}

/// A pool of a project, as it is made: empty, and not the default.
pub(super) fn new_pool(project: &str, name: &str, now: Timestamp) -> Pool {
    let (project, name) = (project.to_owned(), name.to_owned());
    Pool { name, project, default: false, created_at: now, instances: 0, idle: 0 }
}

fn check_variables(
    configuration: &Configuration,
    given: &BTreeMap<String, String>,
) -> Result<(), ServiceError> {
    let asked = planning::variables(configuration);
    let missing: Vec<String> = asked.iter().filter(|name| !given.contains_key(*name)).cloned().collect();
    if !missing.is_empty() {
        return Err(ServiceError::VariableMissing(missing));
    }
    let unknown: Vec<String> = given.keys().filter(|name| !asked.contains(name)).cloned().collect();
    if unknown.is_empty() { Ok(()) } else { Err(ServiceError::VariableUnknown(unknown)) }
}

/// What the run works on: what the request brings, and where it says nothing, what `repos` of the text has cloned. What the text wants
/// from the machine of whoever launches must have been brought.
fn wanted_code(
    request: &SubmitRequest,
    configuration: &Configuration,
) -> Result<Option<RunCode>, ServiceError> {
    let Some(newer) = configuration.newer.as_deref() else { return Ok(request.code.clone()) };
    let code = match (&request.code, newer.repos.first()) {
        (Some(code), _) => Some(code.clone()),
        (None, Some(repo)) if !request.no_code => match GitSource::of(repo) {
            Some(source) => Some(RunCode::Git(source)),
            None => {
                let folder = repo.local_path.as_deref().unwrap_or_default();
                let message = format!(
                    "`{folder}` is on the machine of whoever launches: launch by `berth run` there, or name the repository by its `url`"
                );
                return Err(only_by_run("repos", message));
            }
        },
        (None, _) => None,
    };
    let brought = code.as_ref().and_then(RunCode::archive).map(|archive| archive.placed.as_slice());
    if !newer.files.iter().map(|file| &file.path).eq(brought.unwrap_or_default()) && !newer.files.is_empty() {
        let names: Vec<String> = newer.files.iter().map(|file| format!("`{}`", file.local_path)).collect();
        let message = format!(
            "{} would come from the machine of whoever launches: choose them in the dashboard, launch by `berth run` there, or remove `files`",
            names.join(", ")
        );
        return Err(only_by_run("files", message));
    }
    Ok(code)
}

/// Refuses what only the command line can bring.
fn only_by_run(path: &str, message: String) -> ServiceError {
    let note = PlanNote { code: "only-by-berth-run".to_owned(), path: path.to_owned(), message };
    ServiceError::NoOffers(vec![Refusal { backend: planning::SERVER.to_owned(), reasons: vec![note] }])
}

/// The code as it is written down; an archive must be there.
async fn check_code(
    core: &Core,
    actor: &str,
    code: Option<RunCode>,
) -> Result<Option<RunCode>, ServiceError> {
    let Some(mut code) = code else { return Ok(None) };
    code.check().map_err(ServiceError::CodeInvalid)?;
    if let Some(archive) = code.archive_mut() {
        let size = core.storage.code().needed(actor, &archive.sha256, core.now()).await?;
        archive.size = size.ok_or(ServiceError::CodeMissing)?;
    }
    if let RunCode::Git(source) = &mut code {
        // What will be cloned is not known yet.
        source.commit = None;
    }
    Ok(Some(code))
}

/// When the schedule of a configuration has it begin; `None` = it has none, and begins at once.
fn due_at(core: &Core, configuration: &Configuration) -> Result<Option<Timestamp>, ServiceError> {
    let schedule = configuration.newer.as_ref().and_then(|newer| newer.schedule.as_ref());
    let Some(schedule) = schedule else { return Ok(None) };
    let Some(at) = schedule.next(core.now()) else {
        let message = format!(
            "`{}` is at no date there is; give one, or remove `schedule`",
            schedule.cron.join("`, `")
        );
        let note = PlanNote { code: "never-due".to_owned(), path: "schedule".to_owned(), message };
        let refusal = Refusal { backend: planning::SERVER.to_owned(), reasons: vec![note] };
        return Err(ServiceError::NoOffers(vec![refusal]));
    };
    Ok(Some(at))
}

/// Refuses what could not be launched right now, unless it is to be tried again anyway.
fn check_offers(
    core: &Core,
    planned: &Planned,
    request: &SubmitRequest,
    retries: bool,
) -> Result<(), ServiceError> {
    let usable = planned.offers.iter().find(|planned| planned.offer.availability.is_usable());
    match (usable, request.agreed_price) {
        (Some(best), Some(agreed)) if best.offer.price > agreed => {
            Err(ServiceError::PriceChanged(Box::new(PriceChange {
                agreed,
                now: best.offer.price,
                offer: best.offer.clone(),
                catalog_version: core.catalogues.current().version().to_owned(),
                agreed_catalog: request.agreed_catalog.clone(),
            })))
        }
        (Some(_), _) => Ok(()),
        (None, _) if retries && !planned.never() => Ok(()),
        (None, _) => Err(ServiceError::NoOffers(planned.refusals.clone())),
    }
}

fn new_run(
    core: &Core,
    actor: &str,
    name: String,
    configuration: &Configuration,
    agreed_price: Option<f64>,
    retry_seconds: Option<i64>,
) -> RunRow {
    let now = core.now();
    let newer = configuration.newer.as_deref();
    RunRow {
        version: 0,
        run: Run {
            inactivity_seconds: newer.and_then(|newer| newer.inactivity_duration),
            ports: configuration.ports.iter().map(|port| (port.local_port, port.container_port)).collect(),
            ide: configuration.ide.clone(),
            priority: newer.and_then(|newer| newer.priority).unwrap_or_default(),
            schedule: newer
                .and_then(|newer| newer.schedule.as_ref())
                .map(|schedule| schedule.cron.clone())
                .unwrap_or_default(),
            tags: newer.and_then(|newer| newer.tags.clone()).unwrap_or_default(),
            ..Run::submitted(RunId(core.new_id()), name, actor, now)
        },
        desired: RunDesired::Running,
        job_id: JobId(core.new_id()),
        retry_seconds,
        retry_on: planning::retry_on(configuration),
        paying: None,
        avoid: Vec::new(),
        retry_since: None,
        triggered_at: None,
        agreed_price,
        max_duration: configuration.max_duration_seconds(),
        stop_seconds: planning::stop_seconds(configuration),
        utilization: newer.and_then(|newer| newer.utilization_policy),
    }
}
