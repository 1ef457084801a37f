//! What one page gets, decided without any I/O.

use std::collections::{BTreeMap, BTreeSet};

use berth_shared::{
    api::{CatalogInfo, ClientMessage, EventSeq, LogChunk, RunDetail, RunId, ServerMessage, Topic, Usage},
    time::Timestamp,
};

/// How many logs, and how many environments' figures, a page may follow at once.
const SUBSCRIPTIONS: usize = 32;

/// How many frames that make no sense a page may send.
const STRIKES: u32 = 20;

/// Where a page stands.
#[derive(Debug)]
pub(super) struct Connection {
    known: Option<EventSeq>,
    logs: BTreeMap<RunId, Follow>,
    usage: BTreeSet<RunId>,
    strikes: u32,
}

/// Where a page stands in a log.
#[derive(Clone, Copy, Debug)]
struct Follow {
    after: u64,
    /// There may be more.
    due: bool,
    /// A piece was sent, if only an empty one.
    answered: bool,
}

/// What is to be done for a frame.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Effect {
    /// Nothing.
    None,
    /// Send it.
    Send(Box<ServerMessage>),
    /// Read the run and give it to [`Connection::timeline`].
    ReadRun(RunId),
    /// Begin to give its figures to [`Connection::usage`].
    Watch(RunId),
    /// No longer.
    Unwatch(RunId),
    /// End the connection.
    Close,
}

impl Effect {
    fn send(message: ServerMessage) -> Self {
        Self::Send(Box::new(message))
    }
}

impl Connection {
    /// A page that says it knows the events up to `after`, when the newest is `newest`. One from the future
    /// belongs to another database: it knows nothing.
    pub(super) fn new(after: Option<EventSeq>, newest: EventSeq) -> Self {
        Self {
            known: after.filter(|after| *after <= newest),
            logs: BTreeMap::new(),
            usage: BTreeSet::new(),
            strikes: 0,
        }
    }

    /// The last event that the page knows; `None` = it needs a snapshot.
    pub(super) fn known(&self) -> Option<EventSeq> {
        self.known
    }

    /// The page was told everything up to here.
    pub(super) fn learned(&mut self, seq: EventSeq) {
        self.known = Some(seq);
    }

    /// The page must begin anew.
    pub(super) fn forget(&mut self) {
        self.known = None;
    }

    fn seq(&self) -> EventSeq {
        self.known.unwrap_or(0)
    }

    /// A text frame came in.
    pub(super) fn receive(&mut self, frame: &str, now: Timestamp) -> Effect {
        match serde_json::from_str(frame) {
            Ok(message) => self.answer(message, now),
            Err(error) => self.malformed(format!("the frame is not a message of the stream: {error}")),
        }
    }

    /// A binary frame came in.
    pub(super) fn receive_binary(&mut self) -> Effect {
        self.malformed("the stream takes text frames only".into())
    }

    fn malformed(&mut self, message: String) -> Effect {
        self.strikes += 1;
        if self.strikes > STRIKES { Effect::Close } else { self.error("malformed-frame", message) }
    }

    fn error(&self, code: &str, message: impl Into<String>) -> Effect {
        Effect::send(ServerMessage::Error { seq: self.seq(), code: code.into(), message: message.into() })
    }

    fn answer(&mut self, message: ClientMessage, now: Timestamp) -> Effect {
        let too_many = |held: usize, has: bool| held >= SUBSCRIPTIONS && !has;
        match message {
            ClientMessage::Ping { id } => Effect::send(ServerMessage::Pong { seq: self.seq(), id, now }),
            ClientMessage::Subscribe { topic: Topic::Timeline { run_id } } => Effect::ReadRun(run_id),
            ClientMessage::Subscribe { topic: Topic::Logs { run_id, after } } => {
                if too_many(self.logs.len(), self.logs.contains_key(&run_id)) {
                    return self.error("too-many-subscriptions", subscriptions("logs"));
                }
                self.logs.insert(run_id, Follow { after, due: true, answered: false });
                Effect::None
            }
            ClientMessage::Subscribe { topic: Topic::Usage { run_id } } => {
                if too_many(self.usage.len(), self.usage.contains(&run_id)) {
                    return self.error("too-many-subscriptions", subscriptions("environments"));
                }
                if self.usage.insert(run_id) { Effect::Watch(run_id) } else { Effect::None }
            }
            ClientMessage::Unsubscribe { topic: Topic::Timeline { .. } } => Effect::None,
            ClientMessage::Unsubscribe { topic: Topic::Logs { run_id, .. } } => {
                self.logs.remove(&run_id);
                Effect::None
            }
            ClientMessage::Unsubscribe { topic: Topic::Usage { run_id } } => {
                if self.usage.remove(&run_id) {
                    Effect::Unwatch(run_id)
                } else {
                    Effect::None
                }
            }
        }
    }

    /// There is another catalogue.
    pub(super) fn catalog(&self, catalog: CatalogInfo) -> ServerMessage {
        ServerMessage::Catalog { seq: self.seq(), catalog }
    }

    /// Answers a subscription to a timeline. Events that the page will get by themselves are left out.
    pub(super) fn timeline(&self, detail: RunDetail) -> ServerMessage {
        let seq = self.seq();
        let mut events = detail.events;
        events.retain(|event| event.seq <= seq);
        ServerMessage::Timeline { seq, run_id: detail.run.id, configuration: detail.configuration, events }
    }

    /// There is no such run; ends what was subscribed to.
    pub(super) fn unknown_run(&mut self, run: RunId) -> ServerMessage {
        self.logs.remove(&run);
        ServerMessage::Error {
            seq: self.seq(),
            code: "unknown-run".into(),
            message: format!("there is no run with the identifier {run}"),
        }
    }

    /// A log that may have more, and from where on.
    pub(super) fn due_log(&self) -> Option<(RunId, u64)> {
        self.logs.iter().find(|(_, follow)| follow.due).map(|(run, follow)| (*run, follow.after))
    }

    /// Nothing could be read from this log just now.
    pub(super) fn postpone_log(&mut self, run: RunId) {
        if let Some(follow) = self.logs.get_mut(&run) {
            follow.due = false;
        }
    }

    /// A log may have grown; `None` = any may have.
    pub(super) fn log_changed(&mut self, run: Option<RunId>) {
        for (_, follow) in self.logs.iter_mut().filter(|(id, _)| run.is_none_or(|run| run == **id)) {
            follow.due = true;
        }
    }

    /// A piece of a log was read. The first answer is given even when it is empty, so that the page knows
    /// that there is nothing; after the last one the subscription is over.
    pub(super) fn log(&mut self, run: RunId, chunk: LogChunk) -> Option<ServerMessage> {
        let follow = self.logs.get_mut(&run)?;
        let grown = chunk.next_offset > follow.after;
        let tell = grown || chunk.complete || !follow.answered;
        *follow = Follow { after: chunk.next_offset, due: grown, answered: true };
        if chunk.complete {
            self.logs.remove(&run);
        }
        tell.then(|| ServerMessage::Log { seq: self.seq(), run_id: run, chunk })
    }

    /// Whether a log is followed.
    pub(super) fn follows_logs(&self) -> bool {
        !self.logs.is_empty()
    }

    /// New figures.
    pub(super) fn usage(&self, run_id: RunId, usage: Usage) -> Option<ServerMessage> {
        self.usage.contains(&run_id).then(|| ServerMessage::Usage { seq: self.seq(), run_id, usage })
    }
}

fn subscriptions(what: &str) -> String {
    format!("a page may follow {SUBSCRIPTIONS} {what} at once; unsubscribe from one first")
}

#[cfg(test)]
#[path = "connection_tests.rs"]
mod tests;
