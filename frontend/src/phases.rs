//! The phases that a run went through, from its events.

use berth_shared::{
    api::{Event, Run, Subject},
    time::Timestamp,
};
use berth_texts::t;

/// A stretch of a run's life.
#[derive(Clone, Debug, PartialEq)]
pub struct Phase {
    /// Its name.
    pub name: &'static str,
    /// The wire's word for it.
    pub status: &'static str,
    /// When it began.
    pub from: Timestamp,
    /// When it ended; `None` while it lasts.
    pub to: Option<Timestamp>,
}

impl Phase {
    /// Whether something can go wrong in it: stopping is what follows from that.
    #[must_use]
    pub fn is_work(&self) -> bool {
        self.status != "terminating"
    }

    /// How long it lasted, or has lasted by now, milliseconds.
    #[must_use]
    pub fn millis(&self, now: Timestamp) -> i64 {
        self.to.unwrap_or(now).millis_since(self.from)
    }

    /// Its share of the bar: grows with the logarithm of its length, so that seconds stay visible beside
    /// hours.
    #[must_use]
    pub fn weight(&self, now: Timestamp) -> f64 {
        1.0 + (self.millis(now) as f64 / 1000.0).ln_1p()
    }
}

/// The phases of the last attempt, oldest first. A finished run's last phase has ended.
#[must_use]
pub fn phases(run: &Run, events: &[Event]) -> Vec<Phase> {
    let mut phases: Vec<Phase> =
        vec![Phase { name: t!("Submitted"), status: "submitted", from: run.submitted_at, to: None }];
    for event in events {
        let Some(to) = event.to.as_deref() else { continue };
        let (name, status) = match (event.subject, to) {
            (Subject::Run, "pending") => (t!("Waiting"), "pending"),
            (Subject::Run | Subject::Job, "provisioning") => (t!("Provisioning"), "provisioning"),
            (Subject::Job, "pulling") => (t!("Preparing"), "pulling"),
            (Subject::Run, "running") => (t!("Running"), "running"),
            (Subject::Run, "terminating") => (t!("Stopping"), "terminating"),
            (Subject::Run, "terminated" | "failed" | "done") => {
                end(&mut phases, event.at);
                continue;
            }
            _ => continue,
        };
        if phases.last().is_some_and(|last| last.status == status) {
            continue;
        }
        end(&mut phases, event.at);
        if status == "pending" {
            phases.clear();
        }
        phases.push(Phase { name, status, from: event.at, to: None });
    }
    if run.status.is_finished() {
        end(&mut phases, run.finished_at.unwrap_or(run.status_since));
    }
    phases
}

fn end(phases: &mut [Phase], at: Timestamp) {
    if let Some(last) = phases.last_mut() {
        last.to.get_or_insert(at);
    }
}

#[cfg(test)]
mod tests {
    use berth_shared::api::{RunId, RunStatus};

    use super::*;

    fn run(status: RunStatus) -> Run {
        Run {
            status,
            status_since: Timestamp(90_000),
            ..Run::submitted(RunId(uuid::Uuid::nil()), "calm-otter-3", "mara", Timestamp(0))
        }
    }

    fn event(seconds: i64, subject: Subject, to: &str) -> Event {
        Event {
            seq: 1,
            at: Timestamp(seconds * 1000),
            subject,
            run_id: None,
            instance_id: None,
            from: None,
            to: Some(to.into()),
            reason: None,
            message: String::new(),
            actor: None,
            project: None,
            offered: None,
        }
    }

    fn told(phases: &[Phase]) -> Vec<(&str, i64, Option<i64>)> {
        phases.iter().map(|p| (p.name, p.from.0 / 1000, p.to.map(|to| to.0 / 1000))).collect()
    }

    #[test]
    fn a_run_goes_from_phase_to_phase() {
        let events = [
            event(0, Subject::Run, "submitted"),
            event(8, Subject::Run, "provisioning"),
            event(8, Subject::Job, "provisioning"),
            event(9, Subject::Instance, "provisioning"),
            event(20, Subject::Job, "pulling"),
            event(40, Subject::Run, "running"),
        ];
        assert_eq!(
            told(&phases(&run(RunStatus::Running), &events)),
            [
                ("Submitted", 0, Some(8)),
                ("Provisioning", 8, Some(20)),
                ("Preparing", 20, Some(40)),
                ("Running", 40, None)
            ]
        );
    }

    #[test]
    fn a_finished_run_has_no_open_phase() {
        let events = [event(8, Subject::Run, "provisioning"), event(30, Subject::Run, "failed")];
        let phases = phases(&run(RunStatus::Failed), &events);
        assert_eq!(told(&phases), [("Submitted", 0, Some(8)), ("Provisioning", 8, Some(30))]);
        assert_eq!(phases[1].millis(Timestamp(99_000)), 22_000);
    }

    #[test]
    fn a_new_attempt_begins_a_new_bar() {
        let events = [
            event(8, Subject::Run, "provisioning"),
            event(30, Subject::Run, "pending"),
            event(60, Subject::Run, "provisioning"),
        ];
        assert_eq!(
            told(&phases(&run(RunStatus::Provisioning), &events)),
            [("Waiting", 30, Some(60)), ("Provisioning", 60, None)]
        );
    }
}
