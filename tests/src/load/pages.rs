//! Pages that are open: each is a WebSocket that reads what comes and holds the server to its word.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use berth::clock::{Clock, SystemClock};
use berth_shared::{
    api::{EventSeq, Run, RunStatus, ServerMessage, SnapshotPieces},
    time::Timestamp,
};
use futures_util::StreamExt;
use serde::Deserialize;
use tokio::{net::TcpStream, sync::watch, task::JoinSet};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Message, client::IntoClientRequest, protocol::WebSocketConfig},
};

use super::{figures::Times, person::Person};

/// As much of a message as a page has to look at here.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    seq: EventSeq,
    #[serde(default)]
    more: bool,
    event: Option<At>,
}

#[derive(Deserialize)]
struct At {
    at: Timestamp,
}

/// Many pages at once. Dropping it closes them.
#[derive(Default)]
pub(super) struct Pages {
    tasks: JoinSet<()>,
    seen: Arc<Seen>,
}

/// What pages saw, all together.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// From the moment that the server says of each event until a page had it.
    pub(super) late: Times,
    /// Pages that have all there is.
    pub(super) ready: AtomicU64,
    /// Bytes of snapshots.
    pub(super) snapshots: AtomicU64,
    /// A page was cut off, or told something out of order.
    pub(super) wrong: AtomicBool,
}

async fn connect(person: &Person, after: Option<EventSeq>) -> WebSocketStream<TcpStream> {
    let host = person.address().trim_start_matches("http://");
    let query = after.map(|after| format!("?after={after}")).unwrap_or_default();
    let mut request = format!("ws://{host}/api/v1/stream{query}").into_client_request().expect("an address");
    let headers = request.headers_mut();
    headers.insert("cookie", person.session().parse().expect("a cookie"));
    headers.insert("origin", person.address().parse().expect("an origin"));
    let socket = TcpStream::connect(host).await.expect("the server is there");
    // Thousands of them are in this process: the default buffers would take a gigabyte.
    let config = WebSocketConfig::default()
        .read_buffer_size(4096)
        .write_buffer_size(0)
        .max_message_size(None)
        .max_frame_size(None);
    client_async_with_config(request, socket, Some(config)).await.expect("the server takes it").0
}

impl Pages {
    pub(super) fn seen(&self) -> &Seen {
        &self.seen
    }

    /// Opens one that knows the events up to `after`; `None` = it knows nothing.
    pub(super) async fn open(&mut self, person: &Person, after: Option<EventSeq>) {
        let mut socket = connect(person, after).await;
        let seen = Arc::clone(&self.seen);
        let mut known = after;
        if known.is_some() {
            seen.ready.fetch_add(1, Ordering::Relaxed);
        }
        self.tasks.spawn(async move {
            while let Some(Ok(message)) = socket.next().await {
                let Message::Text(text) = message else { continue };
                let head: Head<'_> = serde_json::from_str(&text).expect("a message of the stream");
                match (head.kind, head.event) {
                    ("event", Some(event)) => {
                        if known.is_some_and(|known| known + 1 != head.seq) {
                            break;
                        }
                        known = Some(head.seq);
                        seen.late.add(SystemClock.now().millis_since(event.at));
                    }
                    ("snapshot", _) => {
                        seen.snapshots.fetch_add(text.len() as u64, Ordering::Relaxed);
                        if !head.more {
                            known = Some(head.seq);
                            seen.ready.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                    _ => {}
                }
            }
            seen.wrong.store(true, Ordering::Relaxed);
        });
    }
}

/// A page that knows where each run stands.
pub(super) struct Board {
    counts: watch::Receiver<Counts>,
    statuses: Arc<Mutex<BTreeMap<String, RunStatus>>>,
    task: tokio::task::JoinHandle<()>,
}

/// How many runs there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) running: u32,
    pub(super) failed: u32,
    /// The last event that is known.
    pub(super) seq: EventSeq,
}

impl Drop for Board {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Board {
    pub(super) async fn open(person: &Person) -> Self {
        let mut socket = connect(person, None).await;
        let (told, mut counts) = watch::channel(Counts::default());
        let statuses: Arc<Mutex<BTreeMap<String, RunStatus>>> = Arc::default();
        let mine = Arc::clone(&statuses);
        let task = tokio::spawn(async move {
            let mut pieces = SnapshotPieces::default();
            while let Some(Ok(message)) = socket.next().await {
                let Message::Text(text) = message else { continue };
                let message = serde_json::from_str(&text).expect("a message of the stream");
                let Some(message) = pieces.join(message) else { continue };
                let (seq, runs) = match message {
                    ServerMessage::Snapshot { seq, runs, .. } => (seq, runs),
                    ServerMessage::Event { seq, run, .. } => (seq, run.map(|run| *run).into_iter().collect()),
                    _ => continue,
                };
                let mut statuses = mine.lock().unwrap_or_else(PoisonError::into_inner);
                let mut counts = *told.borrow();
                counts.seq = seq;
                for Run { name, status, .. } in runs {
                    let before = statuses.insert(name, status);
                    let one = |of: RunStatus| u32::from(status == of) as i64 - i64::from(before == Some(of));
                    counts.running = (i64::from(counts.running) + one(RunStatus::Running)) as u32;
                    counts.failed = (i64::from(counts.failed) + one(RunStatus::Failed)) as u32;
                }
                drop(statuses);
                told.send_replace(counts);
            }
        });
        counts.changed().await.expect("the server tells what there is");
        Self { counts, statuses, task }
    }

    pub(super) fn counts(&self) -> Counts {
        *self.counts.borrow()
    }

    /// Where a run stands.
    pub(super) fn status(&self, name: &str) -> Option<RunStatus> {
        self.statuses.lock().unwrap_or_else(PoisonError::into_inner).get(name).copied()
    }

    /// Waits until the counts are as wanted.
    ///
    /// # Panics
    /// When the server ends the stream, or a run fails: nothing here gives it a reason to.
    pub(super) async fn wait(&self, wanted: impl Fn(Counts) -> bool) {
        let mut counts = self.counts.clone();
        let now = *counts.wait_for(|counts| counts.failed > 0 || wanted(*counts)).await.expect("it goes on");
        assert_eq!(now.failed, 0, "runs have failed");
    }

    /// Waits until a run is in this status.
    pub(super) async fn wait_for(&self, name: &str, wanted: RunStatus) {
        self.wait(|_| self.status(name) == Some(wanted)).await;
    }
}
