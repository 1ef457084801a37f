//! Somebody who uses servers that come and go, and asks again until one answers.

use std::{
    cell::Cell,
    thread,
    time::{Duration, Instant},
};

use berth_shared::api::{Instance, InstanceStatus, Orphan, Page, RunDetail, RunStatus};
use serde_json::{Value, json};

/// How long anything may take, deaths and silence included: a lease of which the answer got lost ends by itself after five
/// minutes.
const PATIENCE: Duration = Duration::from_secs(400);

/// How long one answer may take: a server that hangs is as good as none.
const ANSWER: Duration = Duration::from_secs(10);

/// A person with a session.
pub(crate) struct Person {
    agent: ureq::Agent,
    addresses: Vec<String>,
    session: String,
    at: Cell<usize>,
}

impl Person {
    /// Asks at these servers, at each in turn.
    pub(crate) fn new(addresses: Vec<String>, session: &str) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(ANSWER));
        let agent = config.build().new_agent();
        Self { agent, addresses, session: session.to_owned(), at: Cell::new(0) }
    }

    /// Asks one server once: its status and its words.
    pub(crate) fn once(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(u16, Value), ureq::Error> {
        let address = &self.addresses[self.at.get() % self.addresses.len()];
        self.at.set(self.at.get() + 1);
        let url = if path.starts_with("/readyz") {
            format!("{address}{path}")
        } else {
            format!("{address}/api/v1{path}")
        };
        let answer = match (method, body) {
            ("GET", _) => self.agent.get(url).header("cookie", &self.session).call(),
            ("DELETE", _) => {
                self.agent.delete(url).header("cookie", &self.session).header("origin", address).call()
            }
            (_, body) => self
                .agent
                .post(url)
                .header("cookie", &self.session)
                .header("origin", address)
                .send_json(body.unwrap_or(&json!({}))),
        };
        let mut answer = answer?;
        let text = answer.body_mut().read_to_string()?;
        let value = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok((answer.status().as_u16(), value))
    }

    /// Asks until a server answers with more than its regrets.
    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let mut last = String::new();
        patiently(|| match self.once(method, path, body) {
            Ok((status, value)) if status < 500 && status != 429 => Some((status, value)),
            other => {
                last = format!("{other:?}");
                None
            }
        })
        .unwrap_or_else(|| panic!("no answer to {method} {path}: {last}"))
    }

    fn get<T: serde::de::DeserializeOwned>(&self, path: &str) -> T {
        let (status, value) = self.ask("GET", path, None);
        assert_eq!(status, 200, "{path}: {value}");
        serde_json::from_value(value).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Submits a run. One of this name that is there already is this one: an answer got lost.
    pub(crate) fn submit(&self, name: &str, configuration: &str) {
        let body = json!({ "name": name, "configuration": configuration });
        let (status, value) = self.ask("POST", "/runs", Some(&body));
        assert!(status < 300 || status == 409, "{name} is accepted, not {status}: {value}");
    }

    /// Asks for the end of a run. Who asks twice means by force: it is looked first whether the first time was heard.
    pub(crate) fn stop(&self, name: &str) {
        let mut last = String::new();
        patiently(|| {
            let run = self.run(name)?.run;
            if run.status == RunStatus::Terminating || run.status.is_finished() {
                return Some(());
            }
            last = format!(
                "{:?}",
                self.once("POST", &format!("/runs/{name}/stop"), Some(&json!({ "abort": false })))
            );
            None
        })
        .unwrap_or_else(|| panic!("{name} is not stopped: {last}"));
    }

    /// Deletes a run, whatever it is at.
    pub(crate) fn delete(&self, name: &str) -> (u16, Value) {
        self.ask("DELETE", &format!("/runs/{name}"), None)
    }

    /// Asks something of which asking again does no harm.
    pub(crate) fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.ask("POST", path, Some(body))
    }

    /// The run, if there is one.
    pub(crate) fn run(&self, name: &str) -> Option<RunDetail> {
        let (status, value) = self.ask("GET", &format!("/runs/{name}"), None);
        (status == 200).then(|| serde_json::from_value(value).expect("a run"))
    }

    /// Waits until the run has this status.
    pub(crate) fn wait_for(&self, name: &str, status: RunStatus) -> RunDetail {
        let mut last = None;
        patiently(|| {
            last = self.run(name);
            let over = last.as_ref().is_some_and(|detail| detail.run.status.is_finished());
            let there = last.clone().filter(|detail| detail.run.status == status);
            assert!(there.is_some() || !over, "{name} does not come to be {status:?} any more: {last:#?}");
            there
        })
        .unwrap_or_else(|| panic!("{name} does not come to be {status:?}: {last:#?}"))
    }

    /// The text of a run's log.
    pub(crate) fn log(&self, name: &str) -> String {
        let (status, value) = self.ask("GET", &format!("/runs/{name}/logs"), None);
        assert_eq!(status, 200, "{value}");
        value.to_string()
    }

    /// Instances that are not gone.
    pub(crate) fn instances(&self) -> Vec<Instance> {
        self.get::<Page<Instance>>("/instances").items
    }

    /// What sweeps have found.
    pub(crate) fn orphans(&self) -> Vec<Orphan> {
        self.get::<Page<Orphan>>("/orphans").items
    }

    /// Makes a pool with one instance in it, and waits for that.
    pub(crate) fn pool_with_one(&self, pool: &str, configuration: &str) -> Instance {
        let (status, value) = self.ask("POST", "/pools", Some(&json!({ "name": pool })));
        assert!(status < 300 || status == 409, "{value}");
        let body = json!({ "configuration": configuration });
        let mut last = String::new();
        patiently(|| {
            let inside: Vec<Instance> =
                self.instances().into_iter().filter(|instance| instance.pool == pool).collect();
            assert!(inside.len() <= 1, "one was asked for: {inside:#?}");
            if inside.is_empty() {
                // Asking again would make another: it is looked first whether it is there.
                last = format!("{:?}", self.once("POST", &format!("/pools/{pool}/instances"), Some(&body)));
            }
            inside.into_iter().find(|instance| instance.status == InstanceStatus::Idle)
        })
        .unwrap_or_else(|| panic!("no instance comes to `{pool}`: {last}"))
    }

    /// Waits until no instance fits.
    pub(crate) fn wait_without(&self, fits: impl Fn(&Instance) -> bool) {
        patiently(|| (!self.instances().iter().any(&fits)).then_some(()))
            .unwrap_or_else(|| panic!("instances stay: {:#?}", self.instances()));
    }
}

/// Tries until `probe` gives something; `None` when it never does.
pub(crate) fn patiently<T>(mut probe: impl FnMut() -> Option<T>) -> Option<T> {
    #[expect(clippy::disallowed_methods, reason = "a deadline for real processes")]
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = probe() {
            return Some(found);
        }
        #[expect(clippy::disallowed_methods, reason = "a deadline for real processes")]
        if Instant::now() > deadline {
            return None;
        }
        thread::sleep(Duration::from_millis(50));
    }
}
