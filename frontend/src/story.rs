//! What happened to a run, as a story for people: one entry where several parts say the same.

use berth_shared::{
    api::{Event, EventSeq, Subject},
    time::Timestamp,
};
use berth_texts::{t, tf};

use crate::format::{capitalised, status_word};

/// How near in time a run's and its job's transitions count as one, milliseconds.
const TOGETHER_MS: u64 = 2_000;

/// What servers wrote when nothing but a run's figures had changed, before they said which.
const SAYS_NOTHING: &str = t!("its machine changed");

/// One entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The event's number.
    pub seq: EventSeq,
    /// When.
    pub at: Timestamp,
    /// The status that it led to or fell into, in the wire's word.
    pub status: String,
    /// What happened, in a few words.
    pub what: String,
    /// More about it; may be empty.
    pub why: String,
}

/// The story, newest first. `all` leaves nothing out.
#[must_use]
pub fn story(events: &[Event], all: bool) -> Vec<Entry> {
    let mut status = String::new();
    let mut entries = Vec::new();
    for event in events {
        if let (Some(to), Subject::Run | Subject::Job) = (&event.to, event.subject) {
            status.clone_from(to);
        }
        if all || is_told(event, events) {
            entries.push(entry(event, &status));
        }
    }
    entries.reverse();
    entries
}

fn is_told(event: &Event, events: &[Event]) -> bool {
    let told_by_the_run = |to: &str| {
        events.iter().any(|other| {
            other.subject == Subject::Run
                && other.to.as_deref() == Some(to)
                && other.at.0.abs_diff(event.at.0) <= TOGETHER_MS
        })
    };
    match (event.subject, event.to.as_deref()) {
        // What the page's other parts show already.
        (Subject::Run, None) => event.message != SAYS_NOTHING,
        (Subject::Run, Some(_)) | (Subject::Job, None) => true,
        (Subject::Job, Some(to)) => !told_by_the_run(to),
        // What a machine goes through on its way, its run tells; that it stays or goes is news.
        (Subject::Instance, to) => matches!(to, Some("idle" | "terminated")),
        (Subject::Pool | Subject::Limit | Subject::Project, _) => false,
    }
}

fn entry(event: &Event, status: &str) -> Entry {
    let message = capitalised(&event.message);
    let (what, why) = match (&event.to, event.subject) {
        (None, _) => (message, String::new()),
        (Some(to), Subject::Instance | Subject::Pool | Subject::Limit | Subject::Project) => {
            (tf!("Machine {}", if to == "terminated" { t!("gone") } else { to.as_str() }), message)
        }
        (Some(to), Subject::Run | Subject::Job) => {
            let actor = event.actor.as_ref().filter(|actor| !event.message.contains(actor.as_str()));
            let by = actor.map(|actor| tf!(" by {actor}")).unwrap_or_default();
            (format!("{}{by}", status_word(to)), message)
        }
    };
    Entry {
        seq: event.seq,
        at: event.at,
        status: event.to.clone().unwrap_or_else(|| status.to_owned()),
        what,
        why,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(seq: EventSeq, subject: Subject, to: Option<&str>, message: &str) -> Event {
        Event {
            seq,
            at: Timestamp(seq as i64 * 1000),
            subject,
            run_id: None,
            instance_id: None,
            from: None,
            to: to.map(Into::into),
            reason: None,
            message: message.into(),
            actor: (seq == 1).then(|| "mara".into()),
            project: None,
            offered: None,
        }
    }

    #[test]
    fn what_several_parts_say_is_told_once() {
        let events = [
            event(1, Subject::Run, Some("submitted"), "calm-otter-3 was submitted"),
            event(2, Subject::Job, Some("submitted"), "attempt 1"),
            event(3, Subject::Instance, Some("pending"), "asked for"),
            event(4, Subject::Run, Some("provisioning"), "local, $0 an hour"),
            event(5, Subject::Job, Some("pulling"), "its machine is ready"),
            event(6, Subject::Job, None, "setup 1 of 1: make"),
            event(7, Subject::Run, Some("running"), "ready"),
            event(8, Subject::Instance, Some("terminated"), "gone"),
        ];
        let told = story(&events, false);
        assert_eq!(
            told.iter().map(|entry| (entry.what.as_str(), entry.status.as_str())).collect::<Vec<_>>(),
            [
                ("Machine gone", "terminated"),
                ("Running", "running"),
                ("Setup 1 of 1: make", "pulling"),
                ("Preparing", "pulling"),
                ("Provisioning", "provisioning"),
                ("Submitted by mara", "submitted"),
            ]
        );
        assert_eq!(story(&events, true).len(), events.len());
    }

    #[test]
    fn that_only_figures_changed_is_left_out() {
        let events = [
            event(1, Subject::Run, None, SAYS_NOTHING),
            event(2, Subject::Run, None, "mara kept it for longer"),
        ];
        let told: Vec<_> = story(&events, false).into_iter().map(|entry| entry.seq).collect();
        assert_eq!(told, [2]);
    }
}
