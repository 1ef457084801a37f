//! The complete tables: every status, what is wanted and what is seen; and that nothing stays for ever.

use std::{collections::BTreeMap, fmt::Write as _};

use berth_shared::{
    api::{
        Allocation, DEFAULT_POOL, DEFAULT_PROJECT, Instance, InstanceId, InstanceStatus, Isolation, JobId,
        JobReason, JobStatus, PlannedOffer, Run, RunId, RunStatus,
    },
    catalog::{Availability, Offer, PriceBasis},
    time::Timestamp,
};
use uuid::Uuid;

use super::{Failure, instance, job, run};
use crate::{
    provider::{Billing, CreateRequest, InstanceObservation, JobObservation},
    store::{
        Ending, InstanceDesired, InstanceFault, InstanceRow, JobDesired, JobRow, Model, Order, RetryOn,
        RunDesired, RunRow,
    },
};

pub(super) const T0: Timestamp = Timestamp(1_000_000);
const JOB: JobId = JobId(Uuid::from_u128(2));
const INSTANCE: InstanceId = InstanceId(Uuid::from_u128(3));

fn offer() -> Offer {
    Offer {
        backend: "fake".to_owned(),
        region: "here".to_owned(),
        instance_type: "small".to_owned(),
        arch: None,
        cpus: 1.0,
        memory_gib: 1.0,
        gpu: None,
        disk_gib: None,
        spot: false,
        price: 1.0,
        basis: PriceBasis::Listed,
        as_of: None,
        availability: Availability::Available,
    }
}

pub(super) fn instance_row(status: InstanceStatus) -> InstanceRow {
    let planned = PlannedOffer {
        offer: offer(),
        allocation: None,
        notes: Vec::new(),
        observed_at: None,
        difference: None,
    };
    InstanceRow {
        version: 1,
        instance: Instance {
            id: INSTANCE,
            name: "fox".to_owned(),
            owner: "ann".to_owned(),
            project: DEFAULT_PROJECT.to_owned(),
            pool: DEFAULT_POOL.to_owned(),
            status,
            status_since: T0,
            message: None,
            offer: offer(),
            allocation: None,
            isolation: None,
            run_id: Some(RunId(Uuid::from_u128(1))),
            created_at: T0,
            billed_from: None,
            billed_to: None,
            idle_seconds: Some(300),
            kept_by: None,
            leaves_at: None,
            idle_stop_at: (status == InstanceStatus::Idle).then(|| T0.plus_seconds(300)),
        },
        request: CreateRequest { id: INSTANCE, name: "fox".to_owned(), planned },
        desired: InstanceDesired::There,
        job_id: (status != InstanceStatus::Idle).then_some(JOB),
        asked_at: None,
        asked_once: false,
        accepted: !matches!(status, InstanceStatus::Pending),
        seen: !matches!(status, InstanceStatus::Pending),
        was_ready: matches!(status, InstanceStatus::Busy | InstanceStatus::Idle),
        removal_accepted: false,
        fault: None,
        turns: 1,
        order: None,
        failures: 0,
        failing_since: None,
    }
}

pub(super) fn job_row(status: JobStatus) -> JobRow {
    let ends = status.is_finished() || status == JobStatus::Terminating;
    JobRow {
        version: 1,
        id: JOB,
        run_id: RunId(Uuid::from_u128(1)),
        status,
        status_since: T0,
        desired: JobDesired::Running,
        reason: ends.then_some(JobReason::TerminatedByUser),
        message: None,
        progress: None,
        started_at: (status == JobStatus::Running).then_some(T0),
        commit: None,
        max_duration: Some(3600),
        stop_seconds: None,
        inactivity: None,
        utilization: None,
        kept_until: None,
        inactive_at: None,
        instance_id: (status != JobStatus::Submitted).then_some(INSTANCE),
        backend: None,
        placed_at: None,
        released_at: None,
        tried: Vec::new(),
        ending: Ending::Stopping,
        failures: 0,
        failing_since: None,
    }
}

pub(super) fn run_row(status: RunStatus) -> RunRow {
    RunRow {
        version: 1,
        run: Run {
            id: RunId(Uuid::from_u128(1)),
            name: "fox".to_owned(),
            project: DEFAULT_PROJECT.to_owned(),
            owner: "ann".to_owned(),
            status,
            status_since: T0,
            progress: None,
            reason: None,
            job_reason: None,
            message: None,
            submitted_at: T0,
            billed_from: None,
            billed_to: None,
            earlier_cost: 0.0,
            attempts: 1,
            retry_at: None,
            schedule: Vec::new(),
            due_at: None,
            priority: 0,
            started_at: None,
            finished_at: None,
            stops_at: None,
            inactivity_seconds: None,
            inactive_at: None,
            offer: None,
            instance_id: None,
            ports: Vec::new(),
            code: None,
            ide: None,
            tags: BTreeMap::new(),
        },
        desired: RunDesired::Running,
        job_id: JOB,
        retry_seconds: None,
        retry_on: RetryOn::default(),
        paying: None,
        avoid: Vec::new(),
        retry_since: None,
        triggered_at: None,
        agreed_price: None,
        max_duration: Some(3600),
        stop_seconds: None,
        utilization: None,
    }
}

fn failures() -> [(&'static str, Failure); 4] {
    let m = || "m".to_owned();
    [
        ("no capacity", Failure::NoCapacity(m())),
        ("not found", Failure::NotFound(m())),
        ("temporary failure", Failure::Temporary(m())),
        ("permanent failure", Failure::Permanent(m())),
    ]
}

fn instance_sights() -> Vec<(&'static str, instance::Sight)> {
    use instance::{Effect, Sight::*};
    let billing = Billing::default();
    let mut all = vec![
        ("creating", Seen(InstanceObservation::Creating { billing })),
        (
            "ready",
            Seen(InstanceObservation::Ready { isolation: Isolation::default(), billing, leaves_at: None }),
        ),
        ("removing", Seen(InstanceObservation::Removing { billing })),
        ("gone", Seen(InstanceObservation::Gone { message: None, billing })),
        (
            "ready, will leave",
            Seen(InstanceObservation::Ready {
                isolation: Isolation::default(),
                billing,
                leaves_at: Some(T0.plus_seconds(120)),
            }),
        ),
        ("nothing", Unseen),
        ("create accepted", Did(Effect::Create)),
        ("terminate accepted", Did(Effect::Terminate)),
        ("no offer", NoOffer("m".to_owned())),
    ];
    all.extend(failures().map(|(name, failure)| (name, Failed(failure))));
    all
}

fn job_sights() -> Vec<(&'static str, job::Sight)> {
    use job::{Effect, Sight::*};
    let progress = "setup".to_owned();
    let ended = |reason| JobObservation::Ended { job_id: JOB, reason, message: None, at: T0 };
    let mut all = vec![
        ("nothing", Unseen),
        ("not begun", Seen(JobObservation::None)),
        ("setting up", Seen(JobObservation::SettingUp { job_id: JOB, progress, since: T0 })),
        ("waiting for code", Seen(JobObservation::WaitingForCode { job_id: JOB })),
        ("running", Seen(JobObservation::Running { job_id: JOB, progress: None, commit: None, since: T0 })),
        ("stopping", Seen(JobObservation::Stopping { job_id: JOB })),
        ("failed", Seen(ended(JobReason::ContainerExitedWithError))),
        ("done", Seen(ended(JobReason::DoneByRunner))),
        ("another job", Seen(JobObservation::Stopping { job_id: JobId(Uuid::from_u128(9)) })),
        ("placed", Did(Effect::Place)),
        ("start accepted", Did(Effect::Start)),
        ("stop accepted", Did(Effect::Stop { grace: 10 })),
        ("log kept", Did(Effect::Keep)),
        ("no offer", NoOffer("m".to_owned())),
    ];
    all.extend(failures().map(|(name, failure)| (name, Failed(failure))));
    all
}

/// What the job's instance may be: none, or one in any status, with or without a fault.
fn instances() -> Vec<(String, Option<InstanceRow>)> {
    let mut all = vec![("none".to_owned(), None)];
    for &status in InstanceStatus::ALL {
        all.push((status.to_string(), Some(instance_row(status))));
        if matches!(status, InstanceStatus::Terminating | InstanceStatus::Terminated) {
            let faulty = InstanceRow { fault: Some(InstanceFault::NoCapacity), ..instance_row(status) };
            all.push((format!("{status}, no capacity"), Some(faulty)));
        }
    }
    all
}

const ENDINGS: [Ending; 3] = [Ending::Stopping, Ending::Archiving, Ending::Released];

fn job_desires() -> [(&'static str, JobDesired); 3] {
    let ended = |reason, force| JobDesired::Ended { reason, force };
    [
        ("run", JobDesired::Running),
        ("end", ended(JobReason::TerminatedByUser, false)),
        ("kill", ended(JobReason::AbortedByUser, true)),
    ]
}

/// The tables of one machine as the page in `docs/states` that people read; written anew with `BERTH_UPDATE=1`.
struct Page {
    name: &'static str,
    text: String,
}

impl Page {
    fn new(name: &'static str, intro: &str) -> Self {
        let text = format!(
            "# What {name} do next\n\n{intro}\n\nMade from the code: `BERTH_UPDATE=1 cargo test -p berth the_table_of`. A cell \
             says what becomes of the status, and what is carried out; `·` = it stays, and nothing is done.\n"
        );
        Self { name, text }
    }

    /// A table: a row for each thing that is seen, a column for each thing that is wanted.
    fn table(&mut self, title: &str, corner: &str, wishes: &[&str], rows: &[(String, Vec<String>)]) {
        let _ = write!(self.text, "\n## {title}\n\n| {corner} |");
        wishes.iter().for_each(|wish| {
            let _ = write!(self.text, " {wish} |");
        });
        let _ = write!(self.text, "\n|---|{}", "---|".repeat(wishes.len()));
        for (seen, cells) in rows {
            let _ = write!(self.text, "\n| {seen} | {} |", cells.join(" | "));
        }
        self.text.push('\n');
    }

    fn check(&self) {
        let path =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../docs/states/{}.md", self.name));
        if std::env::var_os("BERTH_UPDATE").is_some() {
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("docs can be written");
            std::fs::write(&path, &self.text).expect("docs can be written");
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == self.text,
            "docs/states/{}.md is out of date: run `BERTH_UPDATE=1 cargo test -p berth the_table_of`",
            self.name
        );
    }
}

fn cell(from: &str, to: &str, effects: &[String]) -> String {
    let done = effects.join(", ");
    match (from == to, effects.is_empty()) {
        (true, true) => "·".to_owned(),
        (true, false) => done,
        (false, true) => format!("→ **{to}**"),
        (false, false) => format!("→ **{to}**: {done}"),
    }
}

fn order() -> Order {
    let checked = berth_shared::check("type: dev-environment\nide: vscode\n");
    let configuration = checked.configuration.expect("it is valid");
    Order {
        model: Model { configuration, written: checked.written },
        agreed_price: None,
        placed: false,
        tried: Vec::new(),
        retry_until: None,
        retry_at: None,
        rounds: 0,
    }
}

#[test]
fn the_table_of_instances_is_complete() {
    let intro = "An instance looks at its provider, and at whether a job needs it. One that was added has an order until it is \
                 ready. `terminated` is written only once its provider says so, or somebody has written it off.";
    let mut page = Page::new("instances", intro);
    let wishes = [
        ("a job needs it", InstanceDesired::There, true, false),
        ("no job", InstanceDesired::There, false, false),
        ("added, not placed", InstanceDesired::There, false, true),
        ("to be removed", InstanceDesired::Gone, true, false),
        ("written off", InstanceDesired::Forgotten, false, false),
    ];
    for &status in InstanceStatus::ALL {
        let mut rows = Vec::new();
        for (name, sight) in instance_sights() {
            let mut cells = Vec::new();
            for (_, desired, wanted, ordered) in wishes {
                let mut row = InstanceRow { desired, ..instance_row(status) };
                if ordered {
                    row.order = Some(order());
                    row.job_id = None;
                }
                let input = instance::Input { wanted, sight: sight.clone(), roll: 0.5, lag: 0 };
                let next = instance::step(&row, &input, T0.plus_seconds(1));
                check_instance(&row, &next.row);
                let effects: Vec<String> = next.effects.iter().map(|effect| format!("{effect:?}")).collect();
                cells.push(cell(status.as_str(), next.row.instance.status.as_str(), &effects));
            }
            rows.push((name.to_owned(), cells));
        }
        page.table(status.as_str(), "its provider says", &wishes.map(|wish| wish.0), &rows);
    }
    page.check();
}

fn check_instance(before: &InstanceRow, after: &InstanceRow) {
    if before.instance.status == InstanceStatus::Terminated {
        assert_eq!(before.instance.status, after.instance.status, "terminated is final");
    }
    if after.instance.status == InstanceStatus::Terminated && after.instance.billed_from.is_some() {
        assert!(after.instance.billed_to.is_some(), "what is gone costs nothing");
    }
}

#[test]
fn the_table_of_jobs_is_complete() {
    let intro = "A job looks at its instance, and where that is there at its environment. It is over only once its instance is \
                 gone or handed back. While it ends it goes through three steps: its processes are stopped, its log is kept, its \
                 instance is released.";
    let mut page = Page::new("jobs", intro);
    let wishes = job_desires();
    let titles = wishes.map(|wish| wish.0);
    for &status in JobStatus::ALL {
        for ending in if status == JobStatus::Terminating { &ENDINGS[..] } else { &ENDINGS[..1] } {
            let at = match (status, ending) {
                (JobStatus::Terminating, ending) => {
                    format!("{status} ({})", format!("{ending:?}").to_lowercase())
                }
                _ => status.to_string(),
            };
            let (mut seen, mut unseen) = (Vec::new(), Vec::new());
            for (on, instance) in instances() {
                for (name, sight) in job_sights() {
                    let mut cells = Vec::new();
                    for (_, desired) in wishes {
                        let mut row = JobRow { desired, ending: *ending, ..job_row(status) };
                        row.instance_id = instance.as_ref().map(|_| INSTANCE);
                        let input = job::Input {
                            instance: instance.as_ref(),
                            sight: sight.clone(),
                            activity: None,
                            usage: None,
                        };
                        let next = job::step(&row, &input, T0.plus_seconds(1));
                        check_job(&row, instance.as_ref(), &next.row);
                        let effects: Vec<String> =
                            next.effects.iter().map(|effect| format!("{effect:?}")).collect();
                        cells.push(cell(status.as_str(), next.row.status.as_str(), &effects));
                    }
                    // The whole product has thousands of cells, which are all checked; people read those on a machine that is
                    // there, and the others where nothing is seen.
                    match (on.as_str(), name) {
                        ("busy", _) => seen.push((name.to_owned(), cells)),
                        (_, "nothing") => unseen.push((on.clone(), cells)),
                        _ => {}
                    }
                }
            }
            page.table(&format!("{at}, on a busy instance"), "its environment says", &titles, &seen);
            page.table(&format!("{at}, elsewhere"), "its instance is", &titles, &unseen);
        }
    }
    page.check();
}

fn check_job(before: &JobRow, instance: Option<&InstanceRow>, after: &JobRow) {
    if before.status.is_finished() {
        assert_eq!(before, after, "final is final");
    } else if after.status.is_finished() {
        let reason = after.reason.expect("what is over has a reason");
        assert_eq!(after.status, reason.final_status());
        let free = instance.is_none_or(|instance| {
            instance.job_id != Some(JOB) || instance.instance.status == InstanceStatus::Terminated
        });
        assert!(free, "over with its machine still there: {before:#?} {instance:#?}");
    }
}

#[test]
fn a_run_on_a_shared_machine_shows_its_share_of_it() {
    let row = run_row(RunStatus::Running);
    let job = job_row(JobStatus::Running);
    let mut instance = instance_row(InstanceStatus::Busy);
    (instance.instance.offer.cpus, instance.instance.offer.memory_gib) = (64.0, 512.0);
    let given = |allocation: Option<Allocation>| {
        let instance = InstanceRow {
            instance: Instance { allocation, ..instance.instance.clone() },
            ..instance.clone()
        };
        let input = run::Input { job: &job, instance: Some(&instance), roll: 0.0 };
        let offer = run::step(&row, input, T0).row.run.offer.expect("it has a machine");
        (offer.cpus, offer.memory_gib)
    };
    assert_eq!(given(None), (64.0, 512.0));
    let share = Allocation { cpus: 2.0, memory_bytes: 8 << 30, ..Allocation::default() };
    assert_eq!(given(Some(share)), (2.0, 8.0));
    let unlimited = Allocation { gpus: vec![0], ..Allocation::default() };
    assert_eq!(given(Some(unlimited)), (64.0, 512.0));
}

#[test]
fn the_table_of_runs_is_complete() {
    let intro = "A run follows its newest job, and is submitted again where its `retry_policy` says so and the job has ended for \
                 want of capacity.";
    let mut page = Page::new("runs", intro);
    let mut wishes = Vec::new();
    for (wish, desired) in [
        ("to run", RunDesired::Running),
        ("to stop", RunDesired::Stopped),
        ("to be killed", RunDesired::Aborted),
    ] {
        wishes.push((wish.to_owned(), desired, None));
        wishes.push((format!("{wish}, with retry"), desired, Some(600)));
    }
    let titles: Vec<&str> = wishes.iter().map(|wish| wish.0.as_str()).collect();
    for &status in RunStatus::ALL {
        let mut rows = Vec::new();
        for &job_status in JobStatus::ALL {
            for reason in [
                JobReason::DoneByRunner,
                JobReason::ContainerExitedWithError,
                JobReason::InterruptedByNoCapacity,
                JobReason::MaxDurationExceeded,
                JobReason::InactivityDurationExceeded,
                JobReason::TerminatedByUser,
                JobReason::AbortedByUser,
            ] {
                let ends = job_status.is_finished() || job_status == JobStatus::Terminating;
                if (ends && job_status != JobStatus::Terminating && reason.final_status() != job_status)
                    || (!ends && reason != JobReason::DoneByRunner)
                {
                    continue;
                }
                let mut cells = Vec::new();
                for (_, desired, retry) in &wishes {
                    let row = RunRow { desired: *desired, retry_seconds: *retry, ..run_row(status) };
                    let job = JobRow { reason: ends.then_some(reason), ..job_row(job_status) };
                    let input = run::Input { job: &job, instance: None, roll: 0.0 };
                    let next = run::step(&row, input, T0.plus_seconds(1));
                    if status.is_finished() {
                        assert_eq!(row, next.row, "final is final");
                    } else if next.row.run.status.is_finished() {
                        let reason = next.row.run.reason.expect("what is over has a reason");
                        assert_eq!(next.row.run.status, reason.final_status());
                        assert!(next.row.run.finished_at.is_some());
                        assert!(job.status.is_finished(), "over while its job is not");
                    }
                    let effects: Vec<String> =
                        next.effects.iter().map(|effect| format!("{effect:?}")).collect();
                    cells.push(cell(status.as_str(), next.row.run.status.as_str(), &effects));
                }
                let why = if ends { format!(" ({reason})") } else { String::new() };
                rows.push((format!("{job_status}{why}"), cells));
            }
        }
        page.table(status.as_str(), "its job is", &titles, &rows);
    }
    page.check();
}

/// Steps with one and the same observation until nothing changes over a day and a half.
fn settle_instance(mut row: InstanceRow, input: &instance::Input) -> InstanceRow {
    let mut now = T0;
    for _ in 0..500 {
        row = instance::step(&row, input, now).row;
        now = now.plus_seconds(300);
    }
    row
}

#[test]
fn no_instance_stays_where_it_is_not_wanted_or_not_seen() {
    for &status in InstanceStatus::ALL {
        for (name, sight) in instance_sights() {
            let wanted = instance::Input { wanted: true, sight: sight.clone(), roll: 0.5, lag: 0 };
            let end = settle_instance(instance_row(status), &wanted).instance.status;
            assert!(
                !matches!(end, InstanceStatus::Pending | InstanceStatus::Provisioning),
                "{status} {name}: {end}"
            );
            let alone = instance::Input { wanted: false, sight, roll: 0.5, lag: 0 };
            let end = settle_instance(instance_row(status), &alone).instance.status;
            assert!(
                matches!(end, InstanceStatus::Terminating | InstanceStatus::Terminated),
                "{status} {name}: {end}, without a job"
            );
        }
    }
}

#[test]
fn no_job_stays_before_or_after_its_time() {
    for &status in JobStatus::ALL {
        for (on, instance) in instances() {
            for (name, sight) in job_sights() {
                let mut row = job_row(status);
                row.instance_id = instance.as_ref().map(|_| INSTANCE);
                let mut now = T0;
                for _ in 0..500 {
                    let look = job::Input {
                        instance: instance.as_ref(),
                        sight: sight.clone(),
                        activity: None,
                        usage: None,
                    };
                    let next = job::step(&row, &look, now);
                    row = next.row;
                    // What is asked of the environment is accepted, and changes nothing.
                    if let Some(&effect) = next.effects.first() {
                        let done = job::Input {
                            instance: instance.as_ref(),
                            sight: job::Sight::Did(effect),
                            activity: None,
                            usage: None,
                        };
                        row = job::step(&row, &done, now).row;
                    }
                    now = now.plus_seconds(300);
                }
                // The placement itself says how it went, and the instance has limits of its own.
                let placing = row.status == JobStatus::Submitted;
                let released = row.status == JobStatus::Terminating && row.ending == Ending::Released;
                // These are answers to effects, never what a look finds.
                let answer = matches!(sight, job::Sight::Did(_) | job::Sight::NoOffer(_));
                assert!(
                    row.status.is_finished() || placing || released || answer,
                    "{status} on {on}, {name}: {row:#?}"
                );
            }
        }
    }
}

#[test]
fn back_off_doubles_to_a_minute_and_varies() {
    assert_eq!(super::backoff(1, 0.0), 500);
    assert_eq!(super::backoff(1, 1.0), 250);
    assert_eq!(super::backoff(4, 0.0), 4000);
    assert_eq!(super::backoff(1000, 0.0), 60_000);
}
