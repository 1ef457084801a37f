//! Attempts of a run, in words.

use berth_shared::{
    api::{Run, RunStatus},
    time::Timestamp,
};
use berth_texts::{t, tf};

use crate::{format::cost, pools::clock::left};

/// When a run that waits is submitted again: "attempt 2 begins in 12 s"; or begins by its schedule.
#[must_use]
pub fn next(run: &Run, now: Timestamp) -> Option<String> {
    if run.status != RunStatus::Pending {
        return None;
    }
    if let Some(at) = run.due_at {
        return Some(if at <= now {
            t!("its schedule has it begin").to_owned()
        } else {
            tf!("its schedule has it begin in {}", left(at, now))
        });
    }
    let at = run.retry_at?;
    let attempt = run.attempts.saturating_add(1);
    Some(if at <= now {
        tf!("attempt {attempt} begins")
    } else {
        tf!("attempt {attempt} begins in {}", left(at, now))
    })
}

/// How much of a run's cost is that of earlier machines: "$0.12 of it for earlier machines".
#[must_use]
pub fn earlier(run: &Run) -> Option<String> {
    (run.earlier_cost > 0.0).then(|| tf!("{} of it for earlier machines", cost(run.earlier_cost)))
}

#[cfg(test)]
mod tests {
    use berth_shared::api::RunId;

    use super::*;

    fn run(status: RunStatus) -> Run {
        Run {
            status,
            retry_at: Some(Timestamp(12_000)),
            ..Run::submitted(RunId(uuid::Uuid::nil()), "fox", "ann", Timestamp(0))
        }
    }

    #[test]
    fn a_run_that_waits_says_when_its_next_attempt_begins() {
        let pending = run(RunStatus::Pending);
        assert_eq!(next(&pending, Timestamp(0)).as_deref(), Some("attempt 2 begins in 12 s"));
        assert_eq!(next(&pending, Timestamp(12_000)).as_deref(), Some("attempt 2 begins"));
        assert_eq!(next(&run(RunStatus::Running), Timestamp(0)), None);
        assert_eq!(next(&Run { retry_at: None, ..pending }, Timestamp(0)), None);
    }

    #[test]
    fn what_earlier_machines_cost_is_said_apart() {
        assert_eq!(earlier(&run(RunStatus::Running)), None);
        let second = Run { earlier_cost: 1.2, ..run(RunStatus::Running) };
        assert_eq!(earlier(&second).as_deref(), Some("$1.20 of it for earlier machines"));
    }
}
