//! Carries out what [`Connection`] decides.

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::extract::ws::{Message, WebSocket};
use berth_shared::api::{EventSeq, RunId, ServerInfo, ServerMessage, Usage, User};
use tokio::{
    sync::{broadcast::error::RecvError, mpsc, watch},
    task::{AbortHandle, JoinSet},
    time::{Instant, MissedTickBehavior, interval, interval_at},
};

use super::{
    Hub, Life,
    connection::{Connection, Effect},
    everything::Everything,
    hub::json,
    ring::News,
    socket::{End, Gone, MISSED_PINGS, PING, close, send, send_all},
};
use crate::{
    auth::Caller,
    catalog::Published,
    clock::Clock,
    control::{Control, RefusedKind},
};

/// How many events go out before the page's own frames are looked at again.
const BATCH: usize = 64;

/// The same of the pieces of a snapshot.
const PIECES: usize = 16;

/// Hints that a log has grown may get lost, so it is asked for now and then without any.
const LOG_CHECK: Duration = Duration::from_secs(1);

/// What a stream is joined to.
pub(crate) struct Ends {
    pub(crate) control: Arc<dyn Control>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) hub: Hub,
    pub(crate) server: ServerInfo,
    /// Tells of catalogues that follow the one that `server` names.
    pub(crate) catalogues: watch::Receiver<Arc<Published>>,
    pub(crate) user: User,
    /// Whose page it is.
    pub(crate) caller: Caller,
}

/// Serves a page until either side ends it.
pub(crate) async fn run(socket: WebSocket, ends: Ends, after: Option<EventSeq>, life: Life) {
    let newest = *ends.control.newest().borrow();
    let (figures, usage) = mpsc::channel(4);
    let mut stream = Stream {
        socket,
        connection: Connection::new(after, newest),
        snapshot: None,
        watched: HashMap::new(),
        tasks: JoinSet::new(),
        figures,
        usage,
        ends,
    };
    let end = stream.serve(life).await;
    if let Ok(end) = end {
        close(stream.socket, end).await;
    }
}

struct Stream {
    socket: WebSocket,
    ends: Ends,
    connection: Connection,
    /// The snapshot that is being sent, and how many of its pieces were.
    snapshot: Option<(Arc<Everything>, usize)>,
    watched: HashMap<RunId, AbortHandle>,
    tasks: JoinSet<()>,
    /// What the watching tasks send, and where it arrives.
    figures: mpsc::Sender<(RunId, Usage)>,
    usage: mpsc::Receiver<(RunId, Usage)>,
}

impl Stream {
    async fn serve(&mut self, life: Life) -> Result<End, Gone> {
        let mut over = std::pin::pin!(life.over());
        let mut newest = self.ends.hub.newest();
        let mut log_changes = self.ends.control.log_changes();
        let mut log_checks = interval(LOG_CHECK);
        log_checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut pings = interval_at(Instant::now() + PING, PING);
        let mut unanswered = 0;

        self.say(&ServerMessage::Hello {
            seq: self.connection.known().unwrap_or(0),
            server: self.ends.server.clone(),
            user: self.ends.user.clone(),
            now: self.ends.clock.now(),
        })
        .await?;

        loop {
            // Until the first snapshot went out there is always something to do.
            let last = *newest.borrow_and_update();
            let work = self.connection.known().is_none_or(|known| known < last)
                || self.connection.due_log().is_some();
            tokio::select! {
                biased;
                end = &mut over => return Ok(end),
                frame = self.socket.recv() => {
                    unanswered = 0;
                    match frame {
                        Some(Ok(Message::Text(text))) => {
                            let effect = self.connection.receive(&text, self.ends.clock.now());
                            if let Some(end) = self.carry_out(effect).await? {
                                return Ok(end);
                            }
                        }
                        Some(Ok(Message::Binary(_))) => {
                            let effect = self.connection.receive_binary();
                            if let Some(end) = self.carry_out(effect).await? {
                                return Ok(end);
                            }
                        }
                        Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                        Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(Gone),
                    }
                }
                () = std::future::ready(()), if work => {
                    self.events().await?;
                    self.log().await?;
                }
                Ok(()) = newest.changed() => {}
                Ok(()) = self.ends.catalogues.changed() => {
                    let catalog = self.ends.catalogues.borrow_and_update().info().clone();
                    self.say(&self.connection.catalog(catalog)).await?;
                }
                change = log_changes.recv() => match change {
                    Ok(run) => self.connection.log_changed(Some(run)),
                    Err(RecvError::Lagged(_)) => self.connection.log_changed(None),
                    Err(RecvError::Closed) => return Ok(End::STOPPING),
                },
                _ = log_checks.tick(), if self.connection.follows_logs() => self.connection.log_changed(None),
                Some((run, usage)) = self.usage.recv() => {
                    if let Some(message) = self.connection.usage(run, usage) {
                        self.say(&message).await?;
                    }
                }
                _ = pings.tick() => {
                    if unanswered == MISSED_PINGS {
                        return Err(Gone);
                    }
                    unanswered += 1;
                    send(&mut self.socket, Message::Ping(axum::body::Bytes::new())).await?;
                }
            }
        }
    }

    /// Whether a page of this project, and of this person, is told of something.
    fn concerns(&self, news: &News) -> bool {
        self.ends.caller.hears_of(news.project.as_deref())
    }

    async fn say(&mut self, message: &ServerMessage) -> Result<(), Gone> {
        send(&mut self.socket, Message::Text(json(message))).await
    }

    /// The next events, or everything anew for a page that has none to go on from.
    async fn events(&mut self) -> Result<(), Gone> {
        let Some(known) = self.connection.known() else { return self.snapshot().await };
        match self.ends.hub.after(known, BATCH) {
            Ok((news, last)) => {
                // Numbers have no gaps for a page either: what is not told is said to be another project's.
                let (mut messages, mut told) = (Vec::with_capacity(news.len()), known);
                let elsewhere = |seq| Message::Text(json(&ServerMessage::Elsewhere { seq }));
                for (seq, news) in (known + 1..).zip(news) {
                    if !self.concerns(&news) {
                        continue;
                    }
                    if told + 1 < seq {
                        messages.push(elsewhere(seq - 1));
                    }
                    messages.push(Message::Text(news.message));
                    told = seq;
                }
                if told < last {
                    messages.push(elsewhere(last));
                }
                send_all(&mut self.socket, messages.into_iter()).await?;
                self.connection.learned(last);
            }
            Err(_) => self.connection.forget(),
        }
        Ok(())
    }

    /// Some pieces of a snapshot.
    async fn snapshot(&mut self) -> Result<(), Gone> {
        let (everything, sent) = match self.snapshot.take() {
            Some(begun) => begun,
            None => match self.ends.hub.everything(&self.ends.caller.project).await {
                Ok(everything) => (everything, 0),
                Err(refused) => {
                    tracing::error!(error = crate::http::chain(&refused), "cannot read the snapshot");
                    // The page connects again, with its own patience.
                    return Err(Gone);
                }
            },
        };
        let end = everything.pieces.len().min(sent + PIECES);
        let pieces = everything.pieces[sent..end].iter().cloned();
        send_all(&mut self.socket, pieces.map(Message::Text)).await?;
        if end == everything.pieces.len() {
            self.connection.learned(everything.seq);
        } else {
            self.snapshot = Some((everything, end));
        }
        Ok(())
    }

    async fn log(&mut self) -> Result<(), Gone> {
        let Some((run, after)) = self.connection.due_log() else { return Ok(()) };
        let message = match self.ends.control.logs(run, after).await {
            Ok(chunk) => self.connection.log(run, chunk),
            Err(refused) if refused.kind == RefusedKind::NotFound => Some(self.connection.unknown_run(run)),
            Err(refused) => {
                tracing::debug!(%run, error = crate::http::chain(&refused), "cannot read the log now");
                self.connection.postpone_log(run);
                None
            }
        };
        match message {
            Some(message) => self.say(&message).await,
            None => Ok(()),
        }
    }

    async fn carry_out(&mut self, effect: Effect) -> Result<Option<End>, Gone> {
        match effect {
            Effect::None => {}
            Effect::Send(message) => self.say(&message).await?,
            Effect::ReadRun(run) => self.timeline(run).await?,
            Effect::Watch(run) => {
                let mut figures = self.ends.hub.usage(&self.ends.caller.project, run);
                let sender = self.figures.clone();
                let handle = self.tasks.spawn(async move {
                    loop {
                        let usage = figures.borrow_and_update().clone();
                        if let Some(usage) = usage
                            && sender.send((run, usage)).await.is_err()
                        {
                            return;
                        }
                        if figures.changed().await.is_err() {
                            return;
                        }
                    }
                });
                self.watched.insert(run, handle);
            }
            Effect::Unwatch(run) => {
                if let Some(handle) = self.watched.remove(&run) {
                    handle.abort();
                }
            }
            Effect::Close => return Ok(Some(End::MALFORMED)),
        }
        // Ended ones would pile up otherwise.
        while self.tasks.try_join_next().is_some() {}
        Ok(None)
    }

    async fn timeline(&mut self, run: RunId) -> Result<(), Gone> {
        // What the page is told must fit what it knows, so it needs a place to stand first.
        while self.connection.known().is_none() {
            self.events().await?;
        }
        let message = match self.ends.control.run_by_id(run).await {
            Ok(detail) => self.connection.timeline(detail),
            Err(refused) if refused.kind == RefusedKind::NotFound => self.connection.unknown_run(run),
            Err(refused) => {
                tracing::error!(%run, error = crate::http::chain(&refused), "cannot read the timeline");
                return Err(Gone);
            }
        };
        self.say(&message).await
    }
}
