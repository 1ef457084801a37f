//! What has become known about a run or an instance while its status stayed, in words.

use berth_shared::{
    api::{Instance, Run, RunStatus},
    time::Timestamp,
};

/// How far the moment of a fact may be from the moment at which it is told without being named, in milliseconds.
const SAME_MOMENT: u64 = 60_000;

/// What is new about a run besides its status; `None` when nothing is that a page shows.
pub(super) fn of_run(before: &Run, after: &Run, now: Timestamp) -> Option<String> {
    let mut facts = Vec::new();
    if before.instance_id != after.instance_id {
        facts.push(match (before.instance_id, after.instance_id) {
            (None, _) => "it has a machine".to_owned(),
            (Some(_), Some(_)) => "it has another machine".to_owned(),
            (Some(_), None) => "it has let go of its machine".to_owned(),
        });
    }
    let same = before.instance_id == after.instance_id;
    facts.extend(billing(
        (before.billed_from, before.billed_to),
        (after.billed_from, after.billed_to),
        same,
        now,
    ));
    if before.stops_at != after.stops_at {
        facts.push(match after.stops_at {
            Some(at) => format!("it stops by itself{}", at_moment(at, now)),
            None => "it does not stop by itself any more".to_owned(),
        });
    }
    if before.inactive_at != after.inactive_at {
        match after.inactive_at {
            Some(at) => {
                facts.push(format!("nobody is in it: it stops{} unless somebody comes", at_moment(at, now)));
            }
            None if after.status == RunStatus::Running => facts.push("somebody is in it".to_owned()),
            None => {}
        }
    }
    join(facts)
}

/// What is new about an instance besides its status; `None` when nothing is.
pub(super) fn of_instance(before: &Instance, after: &Instance, now: Timestamp) -> Option<String> {
    if before == after {
        return None;
    }
    let mut facts = Vec::new();
    if before.run_id != after.run_id {
        facts.push(match after.run_id {
            Some(_) => "a run was given to it".to_owned(),
            None => "its run has let go of it".to_owned(),
        });
    }
    facts.extend(billing(
        (before.billed_from, before.billed_to),
        (after.billed_from, after.billed_to),
        true,
        now,
    ));
    if let Some(at) = after.leaves_at.filter(|_| before.leaves_at != after.leaves_at) {
        facts.push(format!("its provider has announced to take it away{}", at_moment(at, now)));
    }
    if before.idle_stop_at != after.idle_stop_at {
        facts.push(match after.idle_stop_at {
            Some(at) => format!("without a run it stops{}", at_moment(at, now)),
            None => "it does not stop for want of a run".to_owned(),
        });
    }
    if before.isolation != after.isolation {
        facts.push("how its environment is kept apart was told".to_owned());
    }
    if before.message != after.message {
        facts.push(match &after.message {
            Some(message) => message.clone(),
            None => "it is well again".to_owned(),
        });
    }
    join(facts).or_else(|| Some("what is known about it has changed".to_owned()))
}

/// When something cost. `same`: it is the same thing's cost before and after.
fn billing(
    before: (Option<Timestamp>, Option<Timestamp>),
    after: (Option<Timestamp>, Option<Timestamp>),
    same: bool,
    now: Timestamp,
) -> Vec<String> {
    let mut facts = Vec::new();
    if before.0 != after.0 {
        facts.push(match (before.0, after.0) {
            (Some(_), Some(at)) if same => {
                format!("billing began{} as its provider says", at_moment(at, Timestamp(0)))
            }
            (_, Some(at)) => format!("billing began{}", at_moment(at, now)),
            (_, None) => "nothing is billed".to_owned(),
        });
    }
    if before.1 != after.1 {
        facts.push(match (before.1, after.1) {
            (Some(_), Some(at)) if same => {
                format!("billing ended{} as its provider says", at_moment(at, Timestamp(0)))
            }
            (_, Some(at)) => format!("billing ended{}", at_moment(at, now)),
            (_, None) => "billing goes on".to_owned(),
        });
    }
    facts
}

fn join(facts: Vec<String>) -> Option<String> {
    (!facts.is_empty()).then(|| facts.join("; "))
}

/// ` at 2026-11-26 05:31:35 UTC`; nothing when that is about now, which the event itself says.
fn at_moment(at: Timestamp, now: Timestamp) -> String {
    if at.0.abs_diff(now.0) < SAME_MOMENT {
        return String::new();
    }
    let seconds = at.0.div_euclid(1000).rem_euclid(86_400);
    format!(" at {} {:02}:{:02}:{:02} UTC", at.date(), seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orchestrator::machine::test_rows::{instance, run};

    const NOW: Timestamp = Timestamp(1_764_000_000_000);

    fn told_of_run(change: impl FnOnce(&mut Run)) -> Option<String> {
        let before = run();
        let mut after = before.clone();
        change(&mut after);
        of_run(&before, &after, NOW)
    }

    fn told_of_instance(change: impl FnOnce(&mut Instance)) -> Option<String> {
        let before = Instance { billed_from: Some(NOW), ..instance() };
        let mut after = before.clone();
        change(&mut after);
        of_instance(&before, &after, NOW)
    }

    #[test]
    fn what_became_known_is_said() {
        let id = instance().id;
        let told: Vec<String> = [
            told_of_run(|run| run.billed_from = Some(NOW)),
            told_of_run(|run| run.billed_from = Some(NOW.plus_seconds(-90))),
            told_of_run(|run| run.billed_to = Some(NOW.plus_seconds(-3))),
            told_of_run(|run| {
                run.instance_id = Some(id);
                run.stops_at = Some(NOW.plus_seconds(3600));
            }),
            told_of_instance(|instance| instance.billed_from = Some(NOW.plus_seconds(-2))),
            told_of_instance(|instance| instance.leaves_at = Some(NOW.plus_seconds(120))),
            told_of_instance(|instance| instance.idle_stop_at = Some(NOW.plus_seconds(300))),
            told_of_instance(|instance| {
                instance.message = Some("it cannot be reached; trying again".to_owned())
            }),
            told_of_instance(|instance| instance.run_id = None),
        ]
        .into_iter()
        .flatten()
        .collect();
        insta::assert_snapshot!(told.join("\n"), @r"
        billing began
        billing began at 2025-11-24 15:58:30 UTC
        billing ended
        it has a machine; it stops by itself at 2025-11-24 17:00:00 UTC
        billing began at 2025-11-24 15:59:58 UTC as its provider says
        its provider has announced to take it away at 2025-11-24 16:02:00 UTC
        without a run it stops at 2025-11-24 16:05:00 UTC
        it cannot be reached; trying again
        its run has let go of it
        ");
    }

    #[test]
    fn nothing_is_said_of_what_the_status_says_or_of_nothing() {
        assert_eq!(told_of_run(|run| run.progress = Some("setup 1 of 1".to_owned())), None);
        assert_eq!(told_of_instance(|_| ()), None);
    }
}
