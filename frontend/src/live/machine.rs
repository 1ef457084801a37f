//! The stream's client without its socket: inputs in, effects out.
//!
//! It keeps the promise of `berth_shared::api::stream` on the page's side: what the page shows follows from
//! one snapshot and every event after it, each applied once and in order. Whatever does not fit that (a gap,
//! a repetition, a frame that makes no sense) ends the connection and asks for a snapshot anew.

use std::collections::BTreeMap;

use berth_shared::{
    api::{ClientMessage, EventSeq, RunId, ServerInfo, ServerMessage, SnapshotPieces, Topic, User},
    json::from_text,
    time::Timestamp,
};

use super::backoff;

/// How often a sign of life is asked for, milliseconds.
pub const PING_EVERY_MS: u64 = 10_000;
/// How long an answer or the first message may take before the connection is taken for dead, milliseconds.
pub const PATIENCE_MS: u64 = 10_000;

/// What happens to the machine.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The page is there and a session may be: connect.
    Start,
    /// A frame came over the connection that is open.
    Frame(String),
    /// The connection ended, or could not be made.
    Closed,
    /// What an ordinary request says about why it could not be made.
    Probed(Probe),
    /// Time has passed; wanted at least twice a second.
    Tick,
    /// The network is back, or the reader has come back to the page: do not wait any longer.
    Wake,
    /// A page wants more about something.
    Subscribe(Topic),
    /// It no longer does.
    Unsubscribe(Topic),
}

/// Why a connection cannot be made, as far as a request shows. A browser does not tell a page with which
/// status its WebSocket was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// The session is over or was never there.
    Unauthorized,
    /// The server answers, so the session holds.
    Reachable,
    /// Nobody answers.
    Unreachable,
}

/// What is to be done, in this order.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Open a connection, with `?after=` when there is a number.
    Connect {
        /// The last event known.
        after: Option<EventSeq>,
    },
    /// Drop the connection without a word; no [`Input::Closed`] is wanted for it.
    Disconnect,
    /// Send a message over the open connection.
    Send(ClientMessage),
    /// Ask the server over HTTP why it takes no connection; answer with [`Input::Probed`].
    Probe,
    /// Show that the page is or is not connected.
    Show(Connection),
    /// The connection stands.
    Welcome {
        /// The server.
        server: ServerInfo,
        /// The reader.
        user: User,
    },
    /// The server's clock, at the moment of this step.
    Clock(Timestamp),
    /// Apply what the server says to what the page shows. Never a message of the connection's own.
    Apply(Box<ServerMessage>),
    /// Go to the login page: there is no session.
    LogIn,
    /// Load the page anew: the server is of another version than the page.
    Reload,
}

/// How the connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    /// The first connection is being made.
    Connecting,
    /// What the page shows is what the server knows.
    Live {
        /// Time of the last sign of life to the server and back, milliseconds.
        latency_ms: Option<u64>,
    },
    /// What the page shows may be old.
    Reconnecting {
        /// When the next try begins, on the machine's clock; `None` = it is under way.
        retry_at_ms: Option<u64>,
    },
    /// There is no session.
    SignedOut,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Idle,
    Connecting {
        since: u64,
    },
    Open {
        ping: Option<Ping>,
        pinged: u64,
        heard: u64,
    },
    Probing {
        since: u64,
    },
    Waiting {
        until: u64,
    },
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ping {
    id: u64,
    sent: u64,
}

/// The machine. Time is milliseconds of a clock that only grows; randomness is a number from 0 up to 1.
#[derive(Debug, Default)]
pub struct Machine {
    version: Option<String>,
    state: State,
    known: Option<EventSeq>,
    was_live: bool,
    failures: u32,
    pings: u64,
    topics: BTreeMap<TopicKey, Topic>,
    pieces: SnapshotPieces,
}

/// What tells topics apart: their kind and run, not where in a log they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TopicKey {
    /// [`Topic::Timeline`].
    Timeline(RunId),
    /// [`Topic::Logs`].
    Logs(RunId),
    /// [`Topic::Usage`].
    Usage(RunId),
}

impl From<&Topic> for TopicKey {
    fn from(topic: &Topic) -> Self {
        match topic {
            Topic::Timeline { run_id } => Self::Timeline(*run_id),
            Topic::Logs { run_id, .. } => Self::Logs(*run_id),
            Topic::Usage { run_id } => Self::Usage(*run_id),
        }
    }
}

impl Machine {
    /// A machine that waits for [`Input::Start`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes an input and says what is to be done about it.
    pub fn step(&mut self, input: Input, now_ms: u64, random: f64) -> Vec<Effect> {
        let mut effects = Vec::new();
        match input {
            Input::Start => self.start(now_ms, &mut effects),
            Input::Wake => {
                if let State::Waiting { .. } = self.state {
                    self.connect(now_ms, &mut effects);
                }
            }
            Input::Frame(text) => self.frame(&text, now_ms, random, &mut effects),
            Input::Closed => self.closed(now_ms, random, &mut effects),
            Input::Probed(probe) => self.probed(probe, now_ms, random, &mut effects),
            Input::Tick => self.tick(now_ms, random, &mut effects),
            Input::Subscribe(topic) => {
                self.topics.insert(TopicKey::from(&topic), topic.clone());
                self.send(ClientMessage::Subscribe { topic }, &mut effects);
            }
            Input::Unsubscribe(topic) => {
                if self.topics.remove(&TopicKey::from(&topic)).is_some() {
                    self.send(ClientMessage::Unsubscribe { topic }, &mut effects);
                }
            }
        }
        effects
    }

    fn start(&mut self, now: u64, effects: &mut Vec<Effect>) {
        if matches!(self.state, State::Idle | State::Over) {
            self.known = None;
            self.was_live = false;
            self.failures = 0;
            self.connect(now, effects);
        }
    }

    fn connect(&mut self, now: u64, effects: &mut Vec<Effect>) {
        self.state = State::Connecting { since: now };
        self.pieces = SnapshotPieces::default();
        effects.push(Effect::Show(if self.was_live || self.failures > 0 {
            Connection::Reconnecting { retry_at_ms: None }
        } else {
            Connection::Connecting
        }));
        effects.push(Effect::Connect { after: self.known });
    }

    fn closed(&mut self, now: u64, random: f64, effects: &mut Vec<Effect>) {
        match self.state {
            // It never stood: perhaps there is no session. It stood and fell: try again first.
            State::Connecting { .. } => {
                self.state = State::Probing { since: now };
                effects.push(Effect::Probe);
            }
            State::Open { .. } => self.wait(now, random, effects),
            State::Idle | State::Probing { .. } | State::Waiting { .. } | State::Over => {}
        }
    }

    fn probed(&mut self, probe: Probe, now: u64, random: f64, effects: &mut Vec<Effect>) {
        match (probe, self.state) {
            // Nobody was signed in, or that is known.
            (Probe::Unauthorized, State::Idle | State::Over) => {}
            // Other requests of the page hear of it, too, and perhaps before the connection ends.
            (Probe::Unauthorized, _) => {
                self.state = State::Over;
                effects.push(Effect::Disconnect);
                effects.push(Effect::Show(Connection::SignedOut));
                effects.push(Effect::LogIn);
            }
            (_, State::Probing { .. }) => self.wait(now, random, effects),
            _ => {}
        }
    }

    fn wait(&mut self, now: u64, random: f64, effects: &mut Vec<Effect>) {
        self.failures = self.failures.saturating_add(1);
        let until = now + backoff::delay_ms(self.failures, random);
        self.state = State::Waiting { until };
        effects.push(Effect::Show(Connection::Reconnecting { retry_at_ms: Some(until) }));
    }

    /// What the page knows cannot be continued: drop it and ask for everything.
    fn start_over(&mut self, now: u64, random: f64, effects: &mut Vec<Effect>) {
        self.known = None;
        effects.push(Effect::Disconnect);
        self.wait(now, random, effects);
    }

    fn tick(&mut self, now: u64, random: f64, effects: &mut Vec<Effect>) {
        match self.state {
            State::Connecting { since } if now.saturating_sub(since) >= PATIENCE_MS => {
                effects.push(Effect::Disconnect);
                self.wait(now, random, effects);
            }
            State::Probing { since } if now.saturating_sub(since) >= PATIENCE_MS => {
                self.wait(now, random, effects);
            }
            State::Waiting { until } if now >= until => self.connect(now, effects),
            State::Open { ping: Some(ping), heard, .. }
                if now.saturating_sub(ping.sent.max(heard)) >= PATIENCE_MS =>
            {
                effects.push(Effect::Disconnect);
                self.wait(now, random, effects);
            }
            State::Open { ping: None, pinged, heard } if now.saturating_sub(pinged) >= PING_EVERY_MS => {
                self.ping(now, heard, effects);
            }
            _ => {}
        }
    }

    fn ping(&mut self, now: u64, heard: u64, effects: &mut Vec<Effect>) {
        self.pings += 1;
        self.state = State::Open { ping: Some(Ping { id: self.pings, sent: now }), pinged: now, heard };
        effects.push(Effect::Send(ClientMessage::Ping { id: self.pings }));
    }

    fn send(&self, message: ClientMessage, effects: &mut Vec<Effect>) {
        if matches!(self.state, State::Open { .. }) {
            effects.push(Effect::Send(message));
        }
    }

    fn frame(&mut self, text: &str, now: u64, random: f64, effects: &mut Vec<Effect>) {
        let Ok(message) = from_text::<ServerMessage>(text) else {
            if matches!(self.state, State::Connecting { .. } | State::Open { .. }) {
                self.start_over(now, random, effects);
            }
            return;
        };
        match self.state {
            State::Connecting { .. } => match message {
                ServerMessage::Hello { server, user, now: clock, .. } => {
                    self.welcome(server, user, clock, now, effects);
                }
                _ => self.start_over(now, random, effects),
            },
            State::Open { ping, pinged, .. } => {
                self.state = State::Open { ping, pinged, heard: now };
                if let Some(message) = self.pieces.join(message) {
                    self.message(message, now, random, effects);
                }
            }
            State::Idle | State::Probing { .. } | State::Waiting { .. } | State::Over => {}
        }
    }

    fn welcome(
        &mut self,
        server: ServerInfo,
        user: User,
        clock: Timestamp,
        now: u64,
        effects: &mut Vec<Effect>,
    ) {
        // The page came from the server that it first speaks to.
        let version = self.version.get_or_insert_with(|| server.version.clone());
        if *version != server.version {
            self.state = State::Over;
            effects.extend([Effect::Disconnect, Effect::Reload]);
            return;
        }
        self.failures = 0;
        self.was_live = true;
        effects.push(Effect::Clock(clock));
        effects.push(Effect::Welcome { server, user });
        effects.push(Effect::Show(Connection::Live { latency_ms: None }));
        for topic in self.topics.values() {
            effects.push(Effect::Send(ClientMessage::Subscribe { topic: topic.clone() }));
        }
        self.ping(now, now, effects);
    }

    fn message(&mut self, message: ServerMessage, now: u64, random: f64, effects: &mut Vec<Effect>) {
        match message {
            ServerMessage::Hello { .. } => self.start_over(now, random, effects),
            ServerMessage::Pong { id, now: clock, .. } => {
                if let State::Open { ping: Some(ping), pinged, heard } = self.state
                    && id == ping.id
                {
                    let latency = now.saturating_sub(ping.sent);
                    self.state = State::Open { ping: None, pinged, heard };
                    // The server read its clock half a way ago.
                    effects.push(Effect::Clock(Timestamp(clock.0.saturating_add(latency as i64 / 2))));
                    effects.push(Effect::Show(Connection::Live { latency_ms: Some(latency) }));
                }
            }
            ServerMessage::Snapshot { seq, .. } => {
                self.known = Some(seq);
                effects.push(Effect::Apply(Box::new(message)));
            }
            ServerMessage::Event { seq, .. } => {
                if self.known.and_then(|known| known.checked_add(1)) == Some(seq) {
                    self.known = Some(seq);
                    effects.push(Effect::Apply(Box::new(message)));
                } else {
                    self.start_over(now, random, effects);
                }
            }
            // What happened up to there was another project's.
            ServerMessage::Elsewhere { seq } => self.known = self.known.map(|known| known.max(seq)),
            ServerMessage::Log { run_id, ref chunk, .. } => {
                let Some(Topic::Logs { after, .. }) = self.topics.get_mut(&TopicKey::Logs(run_id)) else {
                    return;
                };
                // A piece from before a new subscription may still be on its way: take what follows on, drop
                // what is known, and ask again where the two overlap. A piece that begins later than expected
                // begins where the log now begins.
                if chunk.offset >= *after {
                    *after = chunk.next_offset;
                    effects.push(Effect::Apply(Box::new(message)));
                } else if chunk.next_offset > *after {
                    let topic = Topic::Logs { run_id, after: *after };
                    effects.push(Effect::Send(ClientMessage::Subscribe { topic }));
                }
            }
            ServerMessage::Timeline { run_id, .. } => {
                self.apply_if_wanted(TopicKey::Timeline(run_id), message, effects);
            }
            ServerMessage::Usage { run_id, .. } => {
                self.apply_if_wanted(TopicKey::Usage(run_id), message, effects);
            }
            ServerMessage::Catalog { .. } | ServerMessage::Error { .. } => {
                effects.push(Effect::Apply(Box::new(message)))
            }
        }
    }

    fn apply_if_wanted(&self, key: TopicKey, message: ServerMessage, effects: &mut Vec<Effect>) {
        if self.topics.contains_key(&key) {
            effects.push(Effect::Apply(Box::new(message)));
        }
    }
}

#[cfg(test)]
mod tests;
