//! What the page keeps of one run beyond its row and its log ([`super::log_book`]): timeline, usage.

use std::collections::VecDeque;

use berth_shared::api::{Event, EventSeq, Usage};

/// How many measurements the page keeps: ten minutes, at one every two seconds.
pub const KEPT_USAGE: usize = 300;

/// What happened to a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    /// The text that the run was made from.
    pub configuration: String,
    /// Oldest first.
    pub events: Vec<Event>,
    seq: EventSeq,
}

impl Timeline {
    /// The server's answer to a subscription.
    #[must_use]
    pub fn new(seq: EventSeq, configuration: String, events: Vec<Event>) -> Self {
        Self { configuration, events, seq }
    }

    /// Adds an event that came after, once.
    pub fn add(&mut self, event: &Event) {
        if event.seq > self.seq {
            self.seq = event.seq;
            self.events.push(event.clone());
        }
    }
}

/// Adds a measurement; one that is not newer than the last is dropped.
pub fn add_usage(history: &mut VecDeque<Usage>, usage: Usage) {
    if history.back().is_some_and(|last| last.at >= usage.at) {
        return;
    }
    history.push_back(usage);
    if history.len() > KEPT_USAGE {
        history.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use berth_shared::time::Timestamp;

    use super::*;

    #[test]
    fn usage_is_bounded_and_in_order() {
        let mut history = VecDeque::new();
        for at in [1, 2, 2, 1, 3] {
            add_usage(&mut history, Usage { at: Timestamp(at), ..Usage::default() });
        }
        assert_eq!(history.iter().map(|usage| usage.at.0).collect::<Vec<_>>(), [1, 2, 3]);
        for at in 4..1000 {
            add_usage(&mut history, Usage { at: Timestamp(at), ..Usage::default() });
        }
        assert_eq!(history.len(), KEPT_USAGE);
    }
}
