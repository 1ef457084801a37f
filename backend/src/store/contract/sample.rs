//! Rows and changes to write.

use berth_shared::{
    api::{Event, Instance, InstanceId, JobId, JobStatus, PlannedOffer, Run, RunId, Subject},
    catalog::{Availability, Offer, PriceBasis},
    time::Timestamp,
};
use uuid::Uuid;

use crate::{
    provider::CreateRequest,
    store::{
        Change, Ending, InstanceDesired, InstanceRow, JobDesired, JobRow, Model, NewEvent, RetryOn,
        RunDesired, RunRow, Source,
    },
};

/// When everything here happens.
pub(crate) const T0: Timestamp = Timestamp(1_700_000_000_000);

/// So many seconds after [`T0`].
pub(crate) fn at(seconds: i64) -> Timestamp {
    T0.plus_seconds(seconds)
}

pub(crate) fn run_id(n: u32) -> RunId {
    RunId(Uuid::from_u128(0x1000_0000_0000_0000 + u128::from(n)))
}

pub(crate) fn job_id(n: u32) -> JobId {
    JobId(Uuid::from_u128(0x2000_0000_0000_0000 + u128::from(n)))
}

pub(crate) fn instance_id(n: u32) -> InstanceId {
    InstanceId(Uuid::from_u128(0x3000_0000_0000_0000 + u128::from(n)))
}

/// A run of this name, submitted `n` seconds after [`T0`], with the job of the same number.
pub(crate) fn run(n: u32, name: &str) -> RunRow {
    RunRow {
        version: 0,
        run: Run::submitted(run_id(n), name, "ann", at(n.into())),
        desired: RunDesired::Running,
        job_id: job_id(n),
        retry_seconds: None,
        retry_on: RetryOn::default(),
        paying: None,
        avoid: Vec::new(),
        retry_since: None,
        triggered_at: None,
        agreed_price: None,
        max_duration: None,
        stop_seconds: None,
        utilization: None,
    }
}

/// The job of the run of the same number.
pub(crate) fn job(n: u32) -> JobRow {
    JobRow {
        version: 0,
        id: job_id(n),
        run_id: run_id(n),
        status: JobStatus::Submitted,
        status_since: at(n.into()),
        desired: JobDesired::Running,
        reason: None,
        message: None,
        progress: None,
        started_at: None,
        commit: None,
        max_duration: None,
        stop_seconds: None,
        inactivity: None,
        utilization: None,
        kept_until: None,
        inactive_at: None,
        instance_id: None,
        backend: None,
        placed_at: None,
        released_at: None,
        tried: Vec::new(),
        ending: Ending::Stopping,
        failures: 0,
        failing_since: None,
    }
}

/// An instance of this backend.
pub(crate) fn instance(n: u32, backend: &str) -> InstanceRow {
    let offer = Offer {
        backend: backend.to_owned(),
        region: "here".to_owned(),
        instance_type: "small".to_owned(),
        arch: None,
        cpus: 1.0,
        memory_gib: 1.0,
        gpu: None,
        disk_gib: None,
        spot: false,
        price: 1.5,
        basis: PriceBasis::Listed,
        as_of: None,
        availability: Availability::Available,
    };
    let planned = PlannedOffer {
        offer: offer.clone(),
        allocation: None,
        notes: Vec::new(),
        observed_at: None,
        difference: None,
    };
    let instance = Instance::asked_for(instance_id(n), format!("instance-{n}"), "ann", offer, at(n.into()));
    InstanceRow {
        version: 0,
        request: CreateRequest { id: instance_id(n), name: instance.name.clone(), planned },
        instance,
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
        order: None,
        failures: 0,
        failing_since: None,
    }
}

/// What runs are made from.
pub(crate) fn source() -> Source {
    let text = "type: dev-environment\nide: vscode\n";
    let checked = berth_shared::check(text);
    let configuration = checked.configuration.expect("it is valid");
    Source {
        text: text.to_owned(),
        model: Model { configuration, written: checked.written },
        variables: [("TOKEN".to_owned(), "secret".to_owned())].into(),
    }
}

/// An event about a run or a job of it.
pub(crate) fn event(subject: Subject, run: Option<RunId>, instance: Option<InstanceId>) -> NewEvent {
    event_at(T0, subject, run, instance)
}

/// The same at another time.
pub(crate) fn event_at(
    at: Timestamp,
    subject: Subject,
    run_id: Option<RunId>,
    instance_id: Option<InstanceId>,
) -> NewEvent {
    NewEvent {
        event: Event {
            seq: 0,
            at,
            subject,
            run_id,
            instance_id,
            from: None,
            to: None,
            reason: None,
            message: "something happened".to_owned(),
            actor: None,
            project: None,
            offered: None,
        },
    }
}

/// A submission: a run, its job and an event.
pub(crate) fn submission(n: u32, name: &str) -> Change {
    Change {
        runs: vec![run(n, name)],
        jobs: vec![job(n)],
        source: Some(source()),
        events: vec![event(Subject::Run, Some(run_id(n)), None)],
        ..Change::default()
    }
}
