//! When an instance stops by itself, and why.

use berth_shared::{
    api::{Instance, InstanceStatus, Run},
    time::Timestamp,
};
use berth_texts::{t, tf};

use crate::format::duration;

/// For how long *Keep* keeps an instance, seconds.
pub const KEEP_SECONDS: i64 = 3600;

/// How much longer than that it must be kept already for the button to be of no use, seconds.
const MARGIN_SECONDS: i64 = 60;

/// The time left in words, which tick: `4 min 12 s`; `0 s` once it is over.
#[must_use]
pub fn left(until: Timestamp, now: Timestamp) -> String {
    // To the nearest second: the page's clock ticks a moment after the server's, and would show more than was given.
    duration((until.millis_since(now) + 500) / 1000 * 1000)
}

/// A length of time that somebody chose, without a second unit that says nothing: `5 min`, `1 h 30 min`, `3 d`.
#[must_use]
pub fn length(seconds: i64) -> String {
    match seconds {
        86_400.. if seconds % 86_400 < 3600 => tf!("{} d", seconds / 86_400),
        3600..86_400 if seconds % 3600 < 60 => tf!("{} h", seconds / 3600),
        60..3600 if seconds % 60 == 0 => tf!("{} min", seconds / 60),
        _ => duration(seconds.saturating_mul(1000)),
    }
}

/// Why an idle instance stops when it does: "idle since 12:03, kept 5 min without a run", "kept until 13:03 by ann". `when` says
/// a moment as its reader's clock does.
#[must_use]
pub fn why(instance: &Instance, when: impl Fn(Timestamp) -> String) -> String {
    let since = when(instance.status_since);
    match (instance.idle_stop_at, &instance.kept_by, instance.idle_seconds) {
        (Some(at), Some(by), _) => tf!("kept until {} by {by}", when(at)),
        (Some(_), None, Some(seconds)) => {
            tf!("idle since {since}, kept {} without a run", length(seconds))
        }
        (Some(at), None, None) => tf!("idle since {since}, kept until {}", when(at)),
        (None, ..) => tf!("idle since {since}, kept for ever"),
    }
}

/// Whether *Keep* would move the clock of this instance.
#[must_use]
pub fn can_keep(instance: &Instance, now: Timestamp) -> bool {
    instance.status == InstanceStatus::Idle
        && instance.idle_stop_at.is_some_and(|at| at < now.plus_seconds(KEEP_SECONDS + MARGIN_SECONDS))
}

/// When a run is stopped because nobody is in it; `None` also where something else stops it before.
#[must_use]
pub fn inactive(run: &Run) -> Option<Timestamp> {
    run.inactive_at.filter(|at| run.stops_at.is_none_or(|stops| *at < stops))
}

/// Whether *Keep* would be of use to a run.
#[must_use]
pub fn can_keep_run(run: &Run, now: Timestamp) -> bool {
    inactive(run).is_some_and(|at| at < now.plus_seconds(KEEP_SECONDS + MARGIN_SECONDS))
}

/// When an instance that is not idle stops by itself, in a few words.
#[must_use]
pub fn stops(instance: &Instance, run: Option<&Run>, when: impl Fn(Timestamp) -> String) -> String {
    match (instance.status, run.and_then(|run| run.stops_at)) {
        (InstanceStatus::Terminating, _) => t!("going").to_owned(),
        (InstanceStatus::Terminated, _) => t!("gone").to_owned(),
        (InstanceStatus::Pending | InstanceStatus::Provisioning, _) => t!("starting").to_owned(),
        (InstanceStatus::Idle, _) => t!("never").to_owned(),
        (InstanceStatus::Busy, Some(at)) => tf!("run stops {}", when(at)),
        (InstanceStatus::Busy, None) => match instance.idle_seconds {
            Some(0) => t!("with its run").to_owned(),
            Some(seconds) => tf!("{} after its run", length(seconds)),
            None => t!("never").to_owned(),
        },
    }
}

/// What an instance that goes waits for, once that lasts: its provider's word, or what has failed.
#[must_use]
pub fn waits_for(instance: &Instance, now: Timestamp) -> Option<String> {
    let lasts = now.millis_since(instance.status_since) >= LASTS_MILLIS;
    match instance.status {
        InstanceStatus::Terminating if instance.removal_fails() => instance.message.clone(),
        InstanceStatus::Terminating if lasts => {
            Some(t!("its provider has not confirmed yet that it is gone").to_owned())
        }
        _ => None,
    }
}

/// How long an instance goes before it is said what it waits for, milliseconds.
const LASTS_MILLIS: i64 = 20_000;

#[cfg(test)]
pub(crate) mod tests {
    use berth_shared::{
        api::{InstanceId, RunId},
        catalog::{Availability, Offer, PriceBasis},
    };

    use super::*;

    pub(crate) fn offer() -> Offer {
        Offer {
            backend: "aws".into(),
            region: "eu-west-1".into(),
            instance_type: "p3.2xlarge".into(),
            arch: None,
            cpus: 8.0,
            memory_gib: 61.0,
            gpu: None,
            disk_gib: None,
            spot: false,
            price: 0.5,
            basis: PriceBasis::Listed,
            as_of: None,
            availability: Availability::Unknown,
        }
    }

    pub(crate) fn instance(status: InstanceStatus) -> Instance {
        Instance {
            status,
            idle_seconds: Some(300),
            idle_stop_at: Some(at(300)),
            ..Instance::asked_for(InstanceId(uuid::Uuid::nil()), "fox", "ann", offer(), at(0))
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp(seconds * 1000)
    }

    /// Moments as seconds, for texts.
    fn when(at: Timestamp) -> String {
        format!("[{}]", at.0 / 1000)
    }

    #[test]
    fn a_clock_ticks_down_to_nothing() {
        assert_eq!(left(at(252), at(0)), "4 min 12 s");
        assert_eq!(left(Timestamp(252_400), at(0)), "4 min 12 s");
        assert_eq!(left(Timestamp(600), at(0)), "1 s");
        assert_eq!(left(at(0), at(9)), "0 s");
    }

    #[test]
    fn chosen_lengths_read_without_empty_units() {
        let read: Vec<String> = [0, 90, 300, 3600, 5400, 259_200, 262_800].into_iter().map(length).collect();
        assert_eq!(read, ["0 s", "1 min 30 s", "5 min", "1 h", "1 h 30 min", "3 d", "3 d 1 h"]);
    }

    #[test]
    fn an_idle_clock_says_why_it_fires() {
        let idle = instance(InstanceStatus::Idle);
        assert_eq!(why(&idle, when), "idle since [0], kept 5 min without a run");
        let kept = Instance { idle_stop_at: Some(at(3600)), kept_by: Some("ann".into()), ..idle.clone() };
        assert_eq!(why(&kept, when), "kept until [3600] by ann");
        let for_ever = Instance { idle_stop_at: None, idle_seconds: None, ..idle };
        assert_eq!(why(&for_ever, when), "idle since [0], kept for ever");
    }

    #[test]
    fn only_a_clock_that_would_move_can_be_moved() {
        let idle = instance(InstanceStatus::Idle);
        assert!(can_keep(&idle, at(0)));
        assert!(can_keep(&Instance { idle_stop_at: Some(at(3600)), ..idle.clone() }, at(0)));
        assert!(!can_keep(&Instance { idle_stop_at: Some(at(86_400)), ..idle.clone() }, at(0)));
        assert!(!can_keep(&Instance { idle_stop_at: None, ..idle }, at(0)));
        assert!(!can_keep(&instance(InstanceStatus::Busy), at(0)));
    }

    #[test]
    fn a_run_in_which_nobody_is_can_be_kept_unless_it_stops_anyway_or_is_kept_already() {
        let run = |inactive: Option<i64>, stops: Option<i64>| Run {
            inactive_at: inactive.map(at),
            stops_at: stops.map(at),
            ..Run::submitted(RunId(uuid::Uuid::nil()), "fox", "ann", at(0))
        };
        assert!(can_keep_run(&run(Some(60), None), at(0)) && can_keep_run(&run(Some(60), Some(61)), at(0)));
        assert_eq!(inactive(&run(Some(60), Some(61))), Some(at(60)));
        for none in [run(Some(60), Some(60)), run(None, Some(60)), run(None, None)] {
            assert_eq!(inactive(&none), None);
            assert!(!can_keep_run(&none, at(0)));
        }
        assert!(!can_keep_run(&run(Some(86_400), None), at(0)));
    }

    #[test]
    fn one_with_a_run_says_what_follows_it() {
        let busy = instance(InstanceStatus::Busy);
        assert_eq!(stops(&busy, None, when), "5 min after its run");
        assert_eq!(stops(&Instance { idle_seconds: Some(0), ..busy.clone() }, None, when), "with its run");
        assert_eq!(stops(&Instance { idle_seconds: None, ..busy }, None, when), "never");
        assert_eq!(stops(&instance(InstanceStatus::Provisioning), None, when), "starting");
    }

    #[test]
    fn one_that_goes_says_what_it_waits_for_once_that_lasts() {
        let going = instance(InstanceStatus::Terminating);
        assert_eq!(waits_for(&going, at(5)), None);
        assert_eq!(
            waits_for(&going, at(60)).as_deref(),
            Some("its provider has not confirmed yet that it is gone")
        );
        let failing =
            Instance { message: Some("the provider answers 500; trying again".into()), ..going.clone() };
        assert_eq!(waits_for(&failing, at(1)).as_deref(), Some("the provider answers 500; trying again"));
        assert_eq!(waits_for(&instance(InstanceStatus::Idle), at(60)), None);
    }
}
