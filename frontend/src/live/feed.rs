//! What the page keeps of one run beyond its row: log, timeline, usage.

use std::collections::VecDeque;

use berth_shared::api::{Event, EventSeq, LogChunk, LogLine, Usage};

/// How many lines of a log the page keeps.
pub const KEPT_LINES: usize = 50_000;
/// How many measurements the page keeps: ten minutes, at one every two seconds.
pub const KEPT_USAGE: usize = 300;

/// The end of a log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogTail {
    lines: VecDeque<LogLine>,
    first: u64,
    next_offset: u64,
    complete: bool,
    answered: bool,
}

impl LogTail {
    /// Appends a piece.
    pub fn append(&mut self, chunk: &LogChunk) {
        self.answered = true;
        self.lines.extend(chunk.lines.iter().cloned());
        let over = self.lines.len().saturating_sub(KEPT_LINES);
        self.lines.drain(..over);
        self.first += over as u64;
        self.next_offset = chunk.next_offset;
        self.complete = chunk.complete;
    }

    /// Number of the first line kept, counted from the first one this page was given.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.first
    }

    /// Number that the next line will have.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.first + self.lines.len() as u64
    }

    /// The line of this number, while it is kept.
    #[must_use]
    pub fn line(&self, number: u64) -> Option<&LogLine> {
        usize::try_from(number.checked_sub(self.first)?).ok().and_then(|index| self.lines.get(index))
    }

    /// Where to ask for more.
    #[must_use]
    pub fn next_offset(&self) -> u64 {
        self.next_offset
    }

    /// Whether nothing will follow.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Whether the server has said anything about this log yet.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.answered
    }

    /// The last `count` lines, oldest first.
    pub fn last(&self, count: usize) -> impl Iterator<Item = &LogLine> {
        self.lines.iter().skip(self.lines.len().saturating_sub(count))
    }
}

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
    use berth_shared::{api::LogSource, time::Timestamp};

    use super::*;

    fn chunk(offset: u64, lines: usize) -> LogChunk {
        let line = |index: u64| LogLine {
            at: Timestamp(index as i64),
            source: LogSource::Stdout,
            text: format!("line {index}"),
        };
        LogChunk {
            offset,
            next_offset: offset + lines as u64,
            complete: false,
            lines: (offset..offset + lines as u64).map(line).collect(),
        }
    }

    #[test]
    fn a_log_keeps_its_last_lines_under_their_numbers() {
        let mut tail = LogTail::default();
        assert!(!tail.is_answered());
        tail.append(&chunk(0, KEPT_LINES));
        tail.append(&chunk(KEPT_LINES as u64, 10));
        assert_eq!((tail.first(), tail.end()), (10, KEPT_LINES as u64 + 10));
        assert_eq!(tail.line(9), None);
        assert_eq!(tail.line(10).map(|line| line.text.as_str()), Some("line 10"));
        assert_eq!(tail.line(tail.end()), None);
        assert_eq!(
            tail.last(2).map(|line| line.text.clone()).collect::<Vec<_>>(),
            ["line 50008", "line 50009"]
        );
        assert_eq!(tail.next_offset(), KEPT_LINES as u64 + 10);
    }

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
