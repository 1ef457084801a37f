//! `berth simulated-cloud` as a child: clouds that outlive the servers which use them.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use berth_shared::time::Timestamp;
use serde::Deserialize;

use crate::server::binary;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Simulated clouds on a free port of 127.0.0.1, gone when this is dropped.
pub struct Clouds {
    child: Child,
    address: String,
    agent: ureq::Agent,
}

/// What a cloud's account has cost.
#[derive(Debug, Deserialize)]
pub struct Bill {
    /// A line for each machine that was ever made.
    pub lines: Vec<Machine>,
    /// US dollars.
    pub total: f64,
}

/// A machine that was made.
#[derive(Debug, Deserialize)]
pub struct Machine {
    /// The cloud's name for it.
    pub handle: String,
    /// What it carries.
    pub tag: Option<Tag>,
    /// Whether it is there still.
    pub there: bool,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// Until when it cost; `None` = it costs still, or never did.
    pub to: Option<Timestamp>,
    /// US dollars.
    pub cost: f64,
}

/// What a machine carries.
#[derive(Debug, Deserialize)]
pub struct Tag {
    /// Its instance.
    pub id: String,
    /// The name of the run that it was made for.
    pub name: String,
}

impl Clouds {
    /// Starts them with these options.
    ///
    /// # Panics
    /// When they do not start.
    #[must_use]
    pub fn start(options: &[&str]) -> Self {
        let mut child = Command::new(binary())
            .arg("simulated-cloud")
            .args(options)
            .stdout(Stdio::piped())
            .spawn()
            .expect("simulated clouds can be started");
        let mut lines = BufReader::new(child.stdout.take().expect("its output is a pipe")).lines();
        let address = lines.by_ref().map_while(Result::ok).find_map(|line| {
            line.split_whitespace().find(|word| word.starts_with("http://")).map(str::to_string)
        });
        thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        let agent = ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).build().new_agent();
        Self { child, address: address.expect("it prints its address"), agent }
    }

    /// Where they are.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What the account at a cloud has cost.
    ///
    /// # Panics
    /// When it does not answer.
    #[must_use]
    pub fn bill(&self, cloud: &str) -> Bill {
        let answer = self.agent.get(format!("{}/{cloud}/bill", self.address)).call();
        answer.expect("the cloud answers").body_mut().read_json().expect("the answer is a bill")
    }

    /// What goes wrong at a cloud from now on.
    ///
    /// # Panics
    /// When it does not answer, or refuses.
    pub fn set_faults(&self, cloud: &str, faults: &serde_json::Value) {
        let answer = self.agent.put(format!("{}/{cloud}/faults", self.address)).send_json(faults);
        answer.expect("the cloud takes the faults");
    }

    /// Takes a machine away, without notice.
    ///
    /// # Panics
    /// When the cloud does not answer, or never had the machine.
    pub fn take_back(&self, cloud: &str, handle: &str) {
        let answer = self.agent.put(format!("{}/{cloud}/take-back", self.address)).send_json((handle, 0));
        answer.expect("the cloud takes it back");
    }
}

impl Drop for Clouds {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
