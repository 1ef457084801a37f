//! What is counted and timed, for `/metrics`. What to watch and what each figure means: `docs/operations.md`.

use std::fmt::Write as _;

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};

use super::machine::Failure;
use crate::store::Queue;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfQueue {
    queue: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfPass {
    queue: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfCall {
    backend: String,
    call: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfAnswer {
    backend: String,
    call: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfReason {
    reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfBackend {
    backend: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfSweep {
    backend: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfOutcome {
    outcome: &'static str,
}

/// The figures of one process.
pub(super) struct Meters {
    registry: Registry,
    leases: Family<OfQueue, Gauge>,
    passes: Family<OfPass, Counter>,
    pass_seconds: Family<OfQueue, Histogram>,
    calls: Family<OfAnswer, Counter>,
    call_seconds: Family<OfCall, Histogram>,
    commits: Family<OfOutcome, Counter>,
    retries: Family<OfReason, Counter>,
    sweeps: Family<OfSweep, Counter>,
    orphans: Family<OfBackend, Gauge>,
    pub(super) lag_millis: Gauge,
    pub(super) replicas: Gauge,
    pub(super) skew_millis: Gauge,
    pub(super) taken_over: Counter,
}

fn histogram() -> Histogram {
    // 1 ms to about 65 s.
    Histogram::new(exponential_buckets(0.001, 2.0, 17))
}

impl Meters {
    pub(super) fn new() -> Self {
        let meters = Self {
            registry: Registry::with_prefix("berth"),
            leases: Family::default(),
            passes: Family::default(),
            pass_seconds: Family::new_with_constructor(histogram),
            calls: Family::default(),
            call_seconds: Family::new_with_constructor(histogram),
            commits: Family::default(),
            retries: Family::default(),
            sweeps: Family::default(),
            orphans: Family::default(),
            lag_millis: Gauge::default(),
            replicas: Gauge::default(),
            skew_millis: Gauge::default(),
            taken_over: Counter::default(),
        };
        meters.registered()
    }

    fn registered(mut self) -> Self {
        let r = &mut self.registry;
        r.register("leases", "Rows that this process works on now", self.leases.clone());
        r.register("passes", "Rows that were worked on, by how it ended", self.passes.clone());
        r.register_with_unit("pass", "How long work on a row took", Unit::Seconds, self.pass_seconds.clone());
        r.register("provider_calls", "Calls to providers, by how they ended", self.calls.clone());
        r.register_with_unit(
            "provider_call",
            "How long providers took to answer",
            Unit::Seconds,
            self.call_seconds.clone(),
        );
        r.register("commits", "Changes, by whether they were written", self.commits.clone());
        r.register("retries", "Runs that were submitted again, by why", self.retries.clone());
        r.register("sweeps", "Sweeps of providers, by how they ended", self.sweeps.clone());
        r.register("orphans", "Things that providers have and no row tells of", self.orphans.clone());
        r.register(
            "queue_lag_milliseconds",
            "By how much the row that is due longest is late",
            self.lag_millis.clone(),
        );
        r.register(
            "replicas",
            "Processes that share the database, as this one sees it",
            self.replicas.clone(),
        );
        r.register(
            "clock_skew_milliseconds",
            "The database's time less that of this process",
            self.skew_millis.clone(),
        );
        r.register(
            "leases_taken_over",
            "Leases taken from processes that fell silent",
            self.taken_over.clone(),
        );
        self
    }

    /// All of them as Prometheus reads them.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        if encode(&mut text, &self.registry).is_err() {
            // Writing to a String does not fail.
            text.clear();
        }
        // The older format, in which the rest is written, knows no end.
        let end = text.trim_end().strip_suffix("# EOF").map_or(text.len(), str::len);
        text.truncate(end);
        let mut tidy = String::with_capacity(text.len());
        for line in text.lines().filter(|line| !line.starts_with("# UNIT")) {
            let _ = writeln!(tidy, "{line}");
        }
        tidy
    }

    pub(super) fn leased(&self, queue: Queue, by: i64) {
        self.leases.get_or_create(&OfQueue { queue: queue.as_str() }).inc_by(by);
    }

    pub(super) fn passed(&self, queue: Queue, outcome: &'static str, seconds: f64) {
        let queue = queue.as_str();
        self.passes.get_or_create(&OfPass { queue, outcome }).inc();
        self.pass_seconds.get_or_create(&OfQueue { queue }).observe(seconds);
    }

    pub(super) fn called<T>(
        &self,
        backend: &str,
        call: &'static str,
        answer: &Result<T, Failure>,
        seconds: f64,
    ) {
        let outcome = match answer {
            Ok(_) => "ok",
            Err(Failure::NoCapacity(_)) => "no-capacity",
            Err(Failure::NotFound(_)) => "not-found",
            Err(Failure::Temporary(_)) => "temporary",
            Err(Failure::Permanent(_)) => "permanent",
        };
        let backend = backend.to_owned();
        self.calls.get_or_create(&OfAnswer { backend: backend.clone(), call, outcome }).inc();
        self.call_seconds.get_or_create(&OfCall { backend, call }).observe(seconds);
    }

    pub(super) fn committed(&self, outcome: &'static str) {
        self.commits.get_or_create(&OfOutcome { outcome }).inc();
    }

    pub(super) fn retried(&self, reason: &str) {
        self.retries.get_or_create(&OfReason { reason: reason.to_owned() }).inc();
    }

    pub(super) fn swept(&self, backend: &str, ok: bool) {
        let outcome = if ok { "ok" } else { "failed" };
        self.sweeps.get_or_create(&OfSweep { backend: backend.to_owned(), outcome }).inc();
    }

    pub(super) fn orphaned(&self, backend: &str, count: usize) {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        self.orphans.get_or_create(&OfBackend { backend: backend.to_owned() }).set(count);
    }
}
