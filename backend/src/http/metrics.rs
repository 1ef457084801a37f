//! `GET /metrics`: the Prometheus text format.

use std::{
    fmt::Write,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{
    extract::State,
    http::{HeaderName, StatusCode, header},
};
use berth_shared::api::{InstanceStatus, RunStatus};

use super::{App, problem::Failure};

/// Counts of this process.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    answers: [AtomicU64; 5],
}

impl Metrics {
    /// Counts an answer.
    pub(super) fn answered(&self, status: StatusCode) {
        let class = usize::from(status.as_u16() / 100).clamp(1, 5) - 1;
        self.answers[class].fetch_add(1, Ordering::Relaxed);
    }
}

/// What is there now and what was done since the start.
pub(super) async fn metrics(
    State(app): State<App>,
) -> Result<([(HeaderName, &'static str); 1], String), Failure> {
    let mut snapshots = Vec::new();
    for project in app.auth.project_names().await? {
        snapshots.push(Arc::clone(&app.control).of(&project).snapshot().await?);
    }
    let runs = || snapshots.iter().flat_map(|snapshot| &snapshot.runs);
    let instances = || snapshots.iter().flat_map(|snapshot| &snapshot.instances);
    let mut text = String::new();
    family(&mut text, "berth_runs", "gauge", "Runs that are not finished, by status.");
    for status in RunStatus::ALL.iter().filter(|status| !status.is_finished()) {
        let count = runs().filter(|run| run.status == *status).count();
        sample(&mut text, "berth_runs", &format!("status=\"{status}\""), count as u64);
    }
    family(&mut text, "berth_instances", "gauge", "Instances that are not terminated, by status.");
    for status in InstanceStatus::ALL.iter().filter(|status| status.is_active()) {
        let count = instances().filter(|instance| instance.status == *status).count();
        sample(&mut text, "berth_instances", &format!("status=\"{status}\""), count as u64);
    }
    family(&mut text, "berth_events_total", "counter", "Events ever written.");
    sample(&mut text, "berth_events_total", "", *app.control.newest().borrow());
    family(&mut text, "berth_stream_connections", "gauge", "Open connections to the stream.");
    sample(&mut text, "berth_stream_connections", "", app.streams.count());
    family(&mut text, "berth_http_responses_total", "counter", "Answers since the start, by class.");
    for (class, count) in (1..).zip(&app.metrics.answers) {
        let label = format!("class=\"{class}xx\"");
        sample(&mut text, "berth_http_responses_total", &label, count.load(Ordering::Relaxed));
    }
    let help = "Entries that could not be written into the audit log since the start.";
    family(&mut text, "berth_audit_failures_total", "counter", help);
    sample(&mut text, "berth_audit_failures_total", "", app.audit.failures());
    family(&mut text, "berth_build_info", "gauge", "Always 1; the label tells the version.");
    sample(&mut text, "berth_build_info", concat!("version=\"", env!("CARGO_PKG_VERSION"), "\""), 1);
    text.push_str(&app.control.metrics());
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text))
}

fn family(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn sample(text: &mut String, name: &str, labels: &str, value: u64) {
    let _ = match labels {
        "" => writeln!(text, "{name} {value}"),
        labels => writeln!(text, "{name}{{{labels}}} {value}"),
    };
}
