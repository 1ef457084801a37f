//! The newest events, ready to send.

use std::{collections::VecDeque, sync::Arc};

use axum::extract::ws::Utf8Bytes;
use berth_shared::api::EventSeq;

/// How many are kept. A page that was away for longer begins with a snapshot.
pub(super) const CAPACITY: usize = 2048;

/// The newest events as messages, without gaps: numbers `base + 1` to `last()`.
#[derive(Debug)]
pub(super) struct Ring {
    base: EventSeq,
    messages: VecDeque<News>,
}

/// An event, ready to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct News {
    /// The project that it concerns; `None` = none in particular.
    pub(super) project: Option<Arc<str>>,
    /// As it is sent.
    pub(super) message: Utf8Bytes,
}

/// The event that follows is not kept any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooOld;

impl Ring {
    /// Empty; the next event is number `base + 1`.
    pub(super) fn new(base: EventSeq) -> Self {
        Self { base, messages: VecDeque::new() }
    }

    /// Number of the newest event.
    pub(super) fn last(&self) -> EventSeq {
        self.base + self.messages.len() as EventSeq
    }

    /// Adds event number `seq`. One that is there already is passed over; after a gap the ring begins anew,
    /// so that whoever stands before the gap gets a snapshot.
    pub(super) fn push(&mut self, seq: EventSeq, news: News) {
        if seq <= self.last() {
            return;
        }
        if seq > self.last() + 1 {
            self.messages.clear();
            self.base = seq - 1;
        }
        if self.messages.len() == CAPACITY {
            self.messages.pop_front();
            self.base += 1;
        }
        self.messages.push_back(news);
    }

    /// At most `limit` events that follow number `known`, and the number of the last of them.
    pub(super) fn after(&self, known: EventSeq, limit: usize) -> Result<(Vec<News>, EventSeq), TooOld> {
        let skip = known.checked_sub(self.base).ok_or(TooOld)?;
        let skip = usize::try_from(skip).unwrap_or(usize::MAX).min(self.messages.len());
        let messages: Vec<_> = self.messages.iter().skip(skip).take(limit).cloned().collect();
        let last = known + messages.len() as EventSeq;
        Ok((messages, last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn news(text: &str) -> News {
        News { project: None, message: text.into() }
    }

    fn ring(base: EventSeq, last: EventSeq) -> Ring {
        let mut ring = Ring::new(base);
        for seq in base + 1..=last {
            ring.push(seq, news(&seq.to_string()));
        }
        ring
    }

    fn after(ring: &Ring, known: EventSeq, limit: usize) -> Result<String, TooOld> {
        ring.after(known, limit).map(|(messages, _)| {
            messages.iter().map(|news| news.message.as_str()).collect::<Vec<_>>().join(" ")
        })
    }

    #[test]
    fn who_knows_some_gets_the_rest_in_order() {
        let ring = ring(10, 15);
        assert_eq!(after(&ring, 12, 99).unwrap(), "13 14 15");
        assert_eq!(after(&ring, 10, 2).unwrap(), "11 12");
        assert_eq!(ring.after(10, 2).unwrap().1, 12);
        assert_eq!(after(&ring, 15, 99).unwrap(), "");
    }

    #[test]
    fn who_is_ahead_gets_nothing_yet() {
        assert_eq!(ring(0, 3).after(7, 99), Ok((vec![], 7)));
    }

    #[test]
    fn who_is_too_far_behind_is_told() {
        assert_eq!(after(&ring(10, 15), 9, 99), Err(TooOld));
        let full = ring(0, CAPACITY as u64 + 5);
        assert_eq!(after(&full, 4, 99), Err(TooOld));
        assert_eq!(after(&full, 5, 1).unwrap(), "6");
    }

    #[test]
    fn an_event_that_comes_twice_is_kept_once() {
        let mut ring = ring(0, 3);
        ring.push(2, news("again"));
        assert_eq!(after(&ring, 0, 99).unwrap(), "1 2 3");
    }

    #[test]
    fn after_a_gap_nobody_is_told_a_wrong_story() {
        let mut ring = ring(0, 3);
        ring.push(6, news("6"));
        assert_eq!(after(&ring, 3, 99), Err(TooOld));
        assert_eq!(after(&ring, 5, 99).unwrap(), "6");
    }
}
