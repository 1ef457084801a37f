//! Follows the events once, for everybody; measures each environment once, for everybody who looks.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::extract::ws::Utf8Bytes;
use berth_shared::api::{Event, EventSeq, RunId, RunStatus, ServerMessage, Usage};
use tokio::{
    sync::{broadcast, watch},
    task::yield_now,
    time::{MissedTickBehavior, interval, sleep},
};

use super::{
    everything::Everything,
    ring::{CAPACITY, News, Ring, TooOld},
};
use crate::{
    control::{Control, Refused},
    store::StoredEvent,
};

/// How many events are read at once.
const BATCH: u32 = 256;

/// How long what happens is gathered before pages are told: once for all of them, and for each. Telling one takes about as
/// long, so that telling thousands does not fall behind what happens.
const GATHER: (Duration, Duration) = (Duration::from_millis(3), Duration::from_micros(12));

/// In how many parts pages are told: thousands that are woken at once would keep everybody else waiting.
const PARTS: usize = 32;

/// How many pages are told at once without a thought.
const FEW: usize = 16;

/// How long to wait before reading again when reading failed.
const RETRY: Duration = Duration::from_secs(1);

/// Time between two samples of an environment's use.
const SAMPLE: Duration = Duration::from_secs(2);

/// How many runs that have ceased to run are told of at once before somebody misses one.
const GONE_KEPT: usize = 1024;

/// What all connections share. Cheap to clone.
#[derive(Clone)]
pub struct Hub(Arc<Shared>);

/// A run, as its project has it: its use is nobody else's to see.
type Sampled = (String, RunId);

struct Shared {
    control: Arc<dyn Control>,
    ring: Mutex<Ring>,
    /// Number of the newest event in the ring, told to one part of the pages after the other.
    newest: [watch::Sender<EventSeq>; PARTS],
    /// How many pages have come, to be dealt out among the parts.
    came: AtomicUsize,
    samplers: Mutex<HashMap<Sampled, watch::Sender<Option<Usage>>>>,
    /// Tells of runs that have ceased to run.
    gone_runs: broadcast::Sender<RunId>,
    /// The last snapshot of each project, while it serves. Locked while one is made, so that all who wait get the same.
    everything: tokio::sync::Mutex<HashMap<String, Arc<Everything>>>,
}

impl Hub {
    /// Begins to follow the events, until `stopping` turns true.
    pub(crate) fn start(control: Arc<dyn Control>, mut stopping: watch::Receiver<bool>) -> Self {
        // The newest events of the past are read too, so that a page which reconnects after a restart of
        // the server misses none.
        let base = control.newest().borrow().saturating_sub(CAPACITY as EventSeq);
        let hub = Self(Arc::new(Shared {
            control,
            ring: Mutex::new(Ring::new(base)),
            newest: std::array::from_fn(|_| watch::Sender::new(base)),
            came: AtomicUsize::new(0),
            samplers: Mutex::default(),
            gone_runs: broadcast::Sender::new(GONE_KEPT),
            everything: tokio::sync::Mutex::default(),
        }));
        let tailer = hub.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = tailer.tail() => {}
                _ = stopping.wait_for(|stopping| *stopping) => {}
            }
        });
        hub
    }

    async fn tail(&self) {
        let mut newest = self.0.control.newest();
        loop {
            let wanted = *newest.borrow_and_update();
            while lock(&self.0.ring).last() < wanted {
                if let Err(refused) = self.read().await {
                    tracing::error!(error = crate::http::chain(&refused), "cannot read the events");
                    sleep(RETRY).await;
                }
            }
            if newest.changed().await.is_err() {
                return;
            }
            let pages: usize = self.0.newest.iter().map(watch::Sender::receiver_count).sum();
            let pages = u32::try_from(pages).unwrap_or(u32::MAX);
            sleep(GATHER.0 + GATHER.1.saturating_mul(pages)).await;
        }
    }

    async fn read(&self) -> Result<(), Refused> {
        let last = lock(&self.0.ring).last();
        let events = self.0.control.events_after(last, BATCH).await?;
        if events.is_empty() {
            return Err(Refused::internal(format!("the event after number {last} is missing")));
        }
        let last = {
            let mut ring = lock(&self.0.ring);
            for event in events {
                if let Some(run) = event.run.as_ref().filter(|run| is_gone(run.status)) {
                    // Nobody may be listening.
                    let _ = self.0.gone_runs.send(run.id);
                }
                ring.push(event.event.seq, news(event));
            }
            ring.last()
        };
        for part in &self.0.newest {
            part.send_replace(last);
            if part.receiver_count() > FEW {
                // Requests that came meanwhile have their turn before the next part.
                yield_now().await;
            }
        }
        // One that serves nobody any more may be large.
        if let Ok(mut kept) = self.0.everything.try_lock() {
            kept.retain(|_, everything| everything.serves(last));
        }
        Ok(())
    }

    /// Everything a page of a project begins with; the events after it are [`Hub::after`]'s to give.
    pub(super) async fn everything(&self, project: &str) -> Result<Arc<Everything>, Refused> {
        let mut kept = self.0.everything.lock().await;
        let newest = lock(&self.0.ring).last();
        if let Some(everything) = kept.get(project).filter(|everything| everything.serves(newest)) {
            return Ok(Arc::clone(everything));
        }
        // The old one's room is needed for the new one.
        kept.remove(project);
        let snapshot = Arc::clone(&self.0.control).of(project).snapshot().await?;
        let fresh = Arc::new(Everything::new(snapshot).await);
        kept.insert(project.to_owned(), Arc::clone(&fresh));
        Ok(fresh)
    }

    /// At most `limit` messages that follow event number `known`, and the number of the last of them.
    pub(super) fn after(&self, known: EventSeq, limit: usize) -> Result<(Vec<News>, EventSeq), TooOld> {
        lock(&self.0.ring).after(known, limit)
    }

    /// Number of the newest event that [`Hub::after`] gives, for a page.
    pub(super) fn newest(&self) -> watch::Receiver<EventSeq> {
        let part = self.0.came.fetch_add(1, Ordering::Relaxed) % PARTS;
        self.0.newest[part].subscribe()
    }

    /// Tells of runs that have ceased to run, soon after it was written down; who lags has missed some.
    pub(crate) fn gone_runs(&self) -> broadcast::Receiver<RunId> {
        self.0.gone_runs.subscribe()
    }

    /// What the environment of a project's run uses, anew every two seconds while somebody looks. Stays as it is while
    /// there is no environment.
    pub(super) fn usage(&self, project: &str, run: RunId) -> watch::Receiver<Option<Usage>> {
        let sampled = (project.to_owned(), run);
        let mut samplers = lock(&self.0.samplers);
        if let Some(sampler) = samplers.get(&sampled) {
            return sampler.subscribe();
        }
        let (sender, receiver) = watch::channel(None);
        samplers.insert(sampled.clone(), sender);
        let control = Arc::clone(&self.0.control).of(project);
        tokio::spawn(self.clone().sample(control, sampled));
        receiver
    }

    async fn sample(self, control: Arc<dyn Control>, sampled: Sampled) {
        let mut ticks = interval(SAMPLE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            {
                let mut samplers = lock(&self.0.samplers);
                if samplers.get(&sampled).is_none_or(|sampler| sampler.receiver_count() == 0) {
                    samplers.remove(&sampled);
                    return;
                }
            }
            let Ok(environment) = control.environment(sampled.1).await else { continue };
            let Ok(usage) = environment.stats().await else { continue };
            if let Some(sampler) = lock(&self.0.samplers).get(&sampled) {
                sampler.send_replace(Some(usage));
            }
        }
    }
}

/// Whether a run ran, and does not any more. What is told late of one that begins is no end.
const fn is_gone(status: RunStatus) -> bool {
    status.is_finished() || matches!(status, RunStatus::Terminating | RunStatus::Pending)
}

fn news(stored: StoredEvent) -> News {
    let project = stored.event.project.as_deref().map(Arc::from);
    let message = json(&ServerMessage::Event {
        seq: stored.event.seq,
        // Thousands of pages hear of each launch; what was offered is asked for by the few that look at it.
        event: Event { offered: None, ..stored.event },
        run: stored.run.map(Box::new),
        instance: stored.instance.map(Box::new),
        deleted_run: stored.deleted_run,
    });
    News { project, message }
}

/// A message as a frame's text.
pub(super) fn json(message: &ServerMessage) -> Utf8Bytes {
    serde_json::to_string(message).expect("wire types have text keys only").into()
}

/// Nothing here is left half done by a panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use berth_shared::api::{Offered, Subject};

    use super::*;
    use crate::store::contract::sample;

    #[test]
    fn what_was_offered_is_not_sent_to_every_page() {
        let event = sample::event(Subject::Job, None, None);
        let event = event.offering(Box::new(Offered::of(std::iter::empty(), Vec::new()))).event;
        let stored = StoredEvent { event, run: None, instance: None, deleted_run: None };
        assert!(serde_json::to_string(&stored.event).expect("JSON").contains("offered"));
        assert!(!news(stored).message.as_str().contains("offered"));
    }
}
