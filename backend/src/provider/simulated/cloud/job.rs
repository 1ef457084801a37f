//! A job on a simulated machine. No command is run; how long each would take is drawn, and what it says about its own
//! end is believed: `exit 3` fails, `false` fails, `sleep 5` takes five seconds longer, and who sets a `trap` does not
//! end when asked.

use berth_shared::{
    api::{JobId, JobReason},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::{
    provider::{
        JobObservation, JobSpec,
        simulated::{seed::Seed, settings::Settings},
    },
    supervisor::words,
};

/// A job; its state is a function of the time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) id: JobId,
    pub(super) turn: u64,
    pub(super) run_name: String,
    pub(super) begun_at: Timestamp,
    /// When the environment is made and the first command begins.
    pub(super) made_at: Timestamp,
    pub(super) steps: Vec<Step>,
    /// How many of the steps are `setup`.
    pub(super) setups: usize,
    /// Whether its processes do not end when they are asked to.
    pub(super) stubborn: bool,
    pub(super) stop: Option<Stop>,
    seed: Seed,
}

/// A command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Step {
    /// `setup 1 of 2`
    pub(super) place: String,
    pub(super) command: String,
    pub(super) begins_at: Timestamp,
    pub(super) ends_at: Timestamp,
    /// The exit status that ends the job; no step follows.
    pub(super) exit: Option<i32>,
}

/// That a job is to end.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Stop {
    pub(super) asked_at: Timestamp,
    pub(super) grace_seconds: u32,
    pub(super) ends_at: Timestamp,
}

impl Job {
    pub(super) fn begin(spec: &JobSpec, settings: &Settings, seed: Seed, now: Timestamp) -> Self {
        let take = |name: &str| seed.of(name).within(settings.command);
        let made_at = Timestamp(now.0 + take("environment"));
        let mut at = made_at;
        let mut steps = Vec::new();
        let kinds = [("setup", &spec.setup), ("init", &spec.init)];
        'all: for (kind, commands) in kinds {
            for (number, command) in (1..).zip(commands) {
                let place = format!("{kind} {number} of {}", commands.len());
                let exit = exit_status(command);
                let ends_at = Timestamp(at.0 + take(&place) + slept(command));
                steps.push(Step { place, command: command.clone(), begins_at: at, ends_at, exit });
                at = ends_at;
                if exit.is_some() {
                    break 'all;
                }
            }
        }
        Self {
            id: spec.id,
            turn: spec.turn,
            run_name: spec.run_name.clone(),
            begun_at: now,
            made_at,
            steps,
            setups: spec.setup.len(),
            stubborn: spec
                .setup
                .iter()
                .chain(&spec.init)
                .any(|command| words_of(command).any(|w| w == "trap")),
            stop: None,
            seed,
        }
    }

    /// When `setup` is done; `None` = it fails.
    pub(super) fn running_at(&self) -> Option<Timestamp> {
        match self.setups.checked_sub(1) {
            None => Some(self.made_at),
            Some(last) => self.steps.get(last).filter(|step| step.exit.is_none()).map(|step| step.ends_at),
        }
    }

    /// When it ends by itself, and in which step.
    fn breaks_off(&self) -> Option<(&Step, i32)> {
        let step = self.steps.last()?;
        step.exit.map(|code| (step, code))
    }

    /// When it has ended, as far as that is settled.
    pub(super) fn ends_at(&self) -> Option<Timestamp> {
        let alone = self.breaks_off().map(|(step, _)| step.ends_at);
        alone.into_iter().chain(self.stop.map(|stop| stop.ends_at)).min()
    }

    pub(super) fn has_ended(&self, now: Timestamp) -> bool {
        self.ends_at().is_some_and(|at| at <= now)
    }

    /// Asks its processes to end. Who asks again with less patience is heeded.
    pub(super) fn stop(&mut self, grace_seconds: u32, settings: &Settings, now: Timestamp) {
        if self.has_ended(now) {
            return;
        }
        let grace = i64::from(grace_seconds) * 1000;
        let takes = if self.stubborn { grace } else { self.seed.of("end").within(settings.end).min(grace) };
        let ends_at = Timestamp(now.0 + takes);
        let before = self.stop.filter(|stop| stop.ends_at <= ends_at);
        let asked_at = self.stop.map_or(now, |stop| stop.asked_at);
        self.stop = Some(before.unwrap_or(Stop { asked_at, grace_seconds, ends_at }));
    }

    pub(super) fn observe(&self, now: Timestamp) -> JobObservation {
        let job_id = self.id;
        if let Some(at) = self.ends_at().filter(|at| *at <= now) {
            let (reason, message) = self.end(at);
            return JobObservation::Ended { job_id, reason, message, at };
        }
        if self.stop.is_some_and(|stop| stop.asked_at <= now) {
            return JobObservation::Stopping { job_id };
        }
        let current = self.steps.iter().find(|step| step.begins_at <= now && now < step.ends_at);
        let progress = current.map(|step| format!("{}: {}", step.place, words::title(&step.command)));
        match self.running_at() {
            Some(since) if since <= now => JobObservation::Running { job_id, progress, commit: None, since },
            _ => {
                let progress = progress.unwrap_or_else(|| "making the environment".to_owned());
                JobObservation::SettingUp { job_id, progress, since: self.begun_at }
            }
        }
    }

    /// Why it ended at `at`.
    fn end(&self, at: Timestamp) -> (JobReason, Option<String>) {
        let Some((step, code)) = self.breaks_off().filter(|(step, _)| step.ends_at == at) else {
            return (JobReason::TerminatedByServer, None);
        };
        let told =
            format!("{} (`{}`) ended with exit status {code}", step.place, words::title(&step.command));
        match code {
            0 => (JobReason::DoneByRunner, Some(format!("{told}, and so did the job"))),
            _ => (JobReason::ContainerExitedWithError, Some(told)),
        }
    }

    /// When something about it changes by itself.
    pub(super) fn changes(&self) -> impl Iterator<Item = Timestamp> {
        self.steps
            .iter()
            .map(|step| step.ends_at)
            .chain([self.made_at])
            .chain(self.stop.map(|stop| stop.ends_at))
    }
}

fn words_of(command: &str) -> impl Iterator<Item = &str> {
    command
        .split(|c: char| c.is_whitespace() || matches!(c, ';' | '&' | '|' | '(' | ')'))
        .filter(|w| !w.is_empty())
}

/// The status with which a command says that it ends the shell.
fn exit_status(command: &str) -> Option<i32> {
    let mut words = words_of(command);
    while let Some(word) = words.next() {
        match word {
            "exit" => return words.next().map_or(Some(0), |code| code.parse().ok()),
            "false" => return Some(1),
            _ => {}
        }
    }
    None
}

/// For how many milliseconds a command says that it sleeps.
fn slept(command: &str) -> i64 {
    let mut words = words_of(command);
    let mut millis = 0.0;
    while let Some(word) = words.next() {
        if word == "sleep" {
            millis += words.next().and_then(|seconds| seconds.parse::<f64>().ok()).unwrap_or(0.0) * 1000.0;
        }
    }
    millis as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_says_how_it_ends_is_believed() {
        for (command, status) in [
            ("pip install x", None),
            ("false", Some(1)),
            ("make && exit 3", Some(3)),
            ("exit", Some(0)),
            ("echo falsehood exits", None),
            ("(cd x; false)", Some(1)),
        ] {
            assert_eq!(exit_status(command), status, "{command}");
        }
        assert_eq!(slept("sleep 1.5; sleep 2 && sleep x"), 3500);
    }
}
