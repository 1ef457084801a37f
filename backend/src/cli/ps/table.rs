//! The table of runs.

use berth_shared::{
    api::{Run, RunStatus},
    time::Timestamp,
};

use crate::cli::words::{ago, moment, resources, spent, table, visible};

const HEAD: [&str; 9] =
    ["NAME", "BACKEND", "REGION", "INSTANCE", "RESOURCES", "SPOT", "PRICE", "STATUS", "SUBMITTED"];

/// The table that users of dstack know.
pub(super) fn runs(runs: &[Run], verbose: bool, now: Timestamp) -> String {
    let mut head = HEAD.to_vec();
    if verbose {
        head.extend(["COST", "ERROR"]);
    }
    let rows: Vec<_> = runs.iter().map(|run| row(run, verbose, now)).collect();
    table(&head, &rows)
}

fn row(run: &Run, verbose: bool, now: Timestamp) -> Vec<String> {
    let mut row = vec![visible(&run.name)];
    match &run.offer {
        Some(offer) => row.extend([
            visible(&offer.backend),
            visible(&offer.region),
            visible(&offer.instance_type),
            resources(offer),
            if offer.spot { "yes" } else { "no" }.to_owned(),
            format!("${}", offer.price),
        ]),
        None => row.extend(std::iter::repeat_n(String::new(), 6)),
    }
    let status = match (run.status, run.due_at) {
        (RunStatus::Pending, Some(due)) => format!("pending until {} UTC", moment(due)),
        (status, _) => status.to_string(),
    };
    row.extend([status, ago(run.submitted_at, now)]);
    if verbose {
        row.extend([spent(run.cost(now)), error(run)]);
    }
    row
}

/// Why it failed or was ended; nothing while all is well.
fn error(run: &Run) -> String {
    let reason =
        run.job_reason.map(|reason| reason.to_string()).or(run.reason.map(|reason| reason.to_string()));
    match (run.status.is_finished(), &run.message, reason) {
        (true, Some(message), _) if run.status != RunStatus::Done => visible(message),
        (true, None, Some(reason)) if run.status != RunStatus::Done => reason,
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use berth_shared::{
        api::RunReason,
        catalog::{Availability, Offer, OfferGpu, PriceBasis},
    };

    use super::*;

    fn example(name: &str, status: RunStatus) -> Run {
        let now = Timestamp(1_790_000_000_000);
        let run = serde_json::json!({
            "id": uuid::Uuid::from_u128(1),
            "name": name,
            "owner": "admin",
            "status": status,
            "status_since": now,
            "submitted_at": now.plus_seconds(-3700),
            "billed_from": now.plus_seconds(-3600),
            "offer": Offer {
                backend: "aws".into(),
                region: "eu-west-1".into(),
                instance_type: "p3.2xlarge".into(),
                arch: None,
                cpus: 8.0,
                memory_gib: 61.0,
                gpu: Some(OfferGpu { name: "V100".into(), count: 1, memory_gib: 16.0 }),
                disk_gib: Some(100.0),
                spot: false,
                price: 3.06,
                basis: PriceBasis::Listed,
                as_of: None,
                availability: Availability::Available,
            },
            "ports": [],
        });
        serde_json::from_value(run).expect("a run")
    }

    #[test]
    fn runs_are_a_table_with_costs_and_errors_when_asked_for() {
        let now = Timestamp(1_790_000_000_000);
        let running = example("calm-otter-1", RunStatus::Running);
        let submitted = Run {
            offer: None,
            billed_from: None,
            submitted_at: now,
            ..example("fine-fox-22", RunStatus::Submitted)
        };
        let failed = Run {
            reason: Some(RunReason::JobFailed),
            message: Some("a command of `init`\x1b[31m ended with exit status 1".into()),
            ..example("bold-elk-3", RunStatus::Failed)
        };
        let nightly = Run {
            due_at: Some(now.plus_seconds(3600)),
            ..Run { status: RunStatus::Pending, name: "nightly".into(), ..submitted.clone() }
        };
        assert!(runs(&[nightly], false, now).contains(" pending until 2026-09-21 15:13:20 UTC  now"));
        let all = [submitted, running, failed];
        insta::assert_snapshot!(runs(&all[..2], false, now), @r"
        NAME          BACKEND  REGION     INSTANCE    RESOURCES                                 SPOT  PRICE  STATUS     SUBMITTED
        fine-fox-22                                                                                          submitted  now
        calm-otter-1  aws      eu-west-1  p3.2xlarge  8xCPU, 61GB, 1xV100 (16GB), 100GB (disk)  no    $3.06  running    1 h ago
        ");
        insta::assert_snapshot!(runs(&all, true, now), @r"
        NAME          BACKEND  REGION     INSTANCE    RESOURCES                                 SPOT  PRICE  STATUS     SUBMITTED  COST   ERROR
        fine-fox-22                                                                                          submitted  now        $0
        calm-otter-1  aws      eu-west-1  p3.2xlarge  8xCPU, 61GB, 1xV100 (16GB), 100GB (disk)  no    $3.06  running    1 h ago    $3.06
        bold-elk-3    aws      eu-west-1  p3.2xlarge  8xCPU, 61GB, 1xV100 (16GB), 100GB (disk)  no    $3.06  failed     1 h ago    $3.06  a command of `init`�[31m ended with exit status 1
        ");
    }
}
