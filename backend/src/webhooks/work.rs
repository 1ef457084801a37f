//! What makes notifications of what happens, and sends them: one server at a time, and on from where the last one was.
//!
//! Events become deliveries in the transaction that moves the cursor over them, and a delivery is one until its arrival is written down: a
//! server may die anywhere, and nothing is lost. What arrived when the server died before it wrote so is sent again, under the same
//! identifier.

use std::{collections::HashMap, sync::Arc, time::Duration};

use berth_shared::{
    api::{Notification, NotificationKind},
    time::Timestamp,
};
use futures_util::future::join_all;
use rand::{RngExt as _, rngs::StdRng};
use tokio::{sync::watch, time::sleep};

use super::{
    Webhooks, body, kinds,
    notices::BEFORE_STOP,
    retry,
    send::{Sender, Sent},
};
use crate::{
    clock::Clock,
    store::{DeliveryRow, Storage, StoreError, WebhookRow, parts},
};

/// What one server at a time does.
const TASK: &str = "webhooks";

/// For how long it is one server's unless it goes on: longer than a round takes.
const HOLD_SECONDS: i64 = 60;

/// How often it looks when nothing is said.
const POLL: Duration = Duration::from_secs(5);

/// How long what happens at about the same time is gathered.
const GATHER: Duration = Duration::from_millis(200);

/// How often idle instances are looked at.
const IDLE_MILLIS: i64 = 20_000;

/// How many events are read at once, and how many notifications sent.
const PIECE: u32 = 500;
const AT_ONCE: u32 = 16;

/// How many notifications may wait for one webhook; more are given up at once.
const WAITING: i64 = 1000;

/// How long deliveries are remembered, seconds.
const REMEMBERED: i64 = 7 * 86_400;

/// What the work is made of.
pub struct Parts {
    /// What happens.
    pub storage: Arc<dyn Storage>,
    /// Who is told.
    pub webhooks: Webhooks,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// For waits.
    pub random: StdRng,
    /// Turns true when the server is to stop.
    pub stopping: watch::Receiver<bool>,
}

/// One server's share of the work.
pub(crate) struct Work {
    storage: Arc<dyn Storage>,
    webhooks: Webhooks,
    sender: Sender,
    clock: Arc<dyn Clock>,
    random: StdRng,
    owner: String,
    idle_looked: Option<Timestamp>,
}

/// Works until the server is to stop.
///
/// # Errors
/// When the machine's certificates cannot be read: then nothing is ever sent.
pub fn start(parts: Parts) -> Result<impl Future<Output = ()> + Send, reqwest::Error> {
    let Parts { storage, webhooks, clock, mut random, mut stopping } = parts;
    let owner = format!("webhooks-{:032x}", random.random::<u128>());
    let sender = Sender::new(webhooks.egress().clone())?;
    let mut newest = storage.signals().newest();
    let mut asked = webhooks.asked();
    let mut work = Work { storage, webhooks, sender, clock, random, owner, idle_looked: None };
    Ok(async move {
        loop {
            let wait = match work.round().await {
                Ok(wait) => wait,
                Err(error) => {
                    tracing::warn!(error = crate::http::chain(&error), "webhooks wait for the database");
                    POLL
                }
            };
            let over = async {
                // Whoever could say so is gone, or says so.
                let _ = stopping.wait_for(|stopping| *stopping).await;
            };
            let happened = tokio::select! {
                () = sleep(wait) => false,
                _ = newest.changed() => true,
                _ = asked.changed() => false,
                () = over => break,
            };
            if happened {
                sleep(GATHER).await;
            }
        }
        let now = work.clock.now();
        // Others need not wait until it ends by itself.
        let _ = work.storage.claim(TASK, &work.owner, now, now).await;
    })
}

impl Work {
    #[cfg(test)]
    pub(crate) fn new(
        storage: Arc<dyn Storage>,
        webhooks: Webhooks,
        clock: Arc<dyn Clock>,
        random: StdRng,
        owner: &str,
    ) -> Self {
        let sender = Sender::new(webhooks.egress().clone()).expect("certificates");
        Self { storage, webhooks, sender, clock, random, owner: owner.to_owned(), idle_looked: None }
    }

    /// Does what there is to do, should it be this server's; says after how long to look again.
    pub(crate) async fn round(&mut self) -> Result<Duration, StoreError> {
        // Where nobody is to be told, nothing is written either; the first webhook sets the cursor.
        if self.webhooks.store().all().await?.is_empty() {
            return Ok(POLL);
        }
        let now = self.clock.now();
        let until = now.plus_seconds(HOLD_SECONDS);
        if !self.storage.claim(TASK, &self.owner, now, until).await? {
            return Ok(POLL);
        }
        self.follow().await?;
        self.look_at_idle().await?;
        let sent = self.send_due().await?;
        if sent == AT_ONCE as usize {
            return Ok(Duration::ZERO);
        }
        let next = self.webhooks.store().next_due().await?;
        let left = next.map_or(i64::MAX, |next| next.millis_since(self.clock.now()));
        Ok(Duration::from_millis(u64::try_from(left).unwrap_or(0)).min(POLL))
    }

    /// Makes deliveries of what happened since.
    pub(crate) async fn follow(&self) -> Result<(), StoreError> {
        let (store, place) = (self.webhooks.store(), self.webhooks.place());
        loop {
            let from = store.cursor().await?;
            let events = self.storage.events_after(from, PIECE).await?;
            let Some(to) = events.last().map(|last| last.event.seq) else { return Ok(()) };
            let hooks = store.all().await?;
            let told = match hooks.is_empty() {
                true => Vec::new(),
                false => events.iter().filter_map(|event| place.of_event(event)).collect(),
            };
            let deliveries = self.deliveries(&hooks, &told).await?;
            // Somebody else moved it: they made the same of it.
            store.advance(from, to, &deliveries).await?;
            if events.len() < PIECE as usize {
                return Ok(());
            }
        }
    }

    /// Makes deliveries about instances that will stop.
    async fn look_at_idle(&mut self) -> Result<(), StoreError> {
        let now = self.clock.now();
        if self.idle_looked.is_some_and(|looked| (0..IDLE_MILLIS).contains(&now.0.saturating_sub(looked.0))) {
            return Ok(());
        }
        self.idle_looked = Some(now);
        let store = self.webhooks.store();
        store.forget(now.plus_seconds(-REMEMBERED)).await?;
        let hooks = store.all().await?;
        if !hooks.iter().any(|hook| kinds(&hook.kinds).contains(&NotificationKind::IdleStop)) {
            return Ok(());
        }
        let place = self.webhooks.place();
        let rows = self.storage.active_instances().await?;
        let alone = self.storage.inactive_runs(now.plus_seconds(BEFORE_STOP)).await?;
        let told = rows.iter().filter_map(|row| place.of_idle(&row.instance, now));
        let told: Vec<_> = told.chain(alone.iter().filter_map(|run| place.of_alone(run, now))).collect();
        let deliveries = self.deliveries(&hooks, &told).await?;
        if deliveries.is_empty() { Ok(()) } else { store.add(&deliveries).await }
    }

    /// Who is told of what.
    async fn deliveries(
        &self,
        hooks: &[WebhookRow],
        told: &[Notification],
    ) -> Result<Vec<DeliveryRow>, StoreError> {
        if told.is_empty() || hooks.is_empty() {
            return Ok(Vec::new());
        }
        let mut waiting: HashMap<String, i64> = self.webhooks.store().waiting().await?.into_iter().collect();
        let now = self.clock.now();
        let mut rows = Vec::new();
        for notification in told {
            for hook in hooks {
                let is_later = notification.at.0 >= hook.added_at;
                let is_here = parts(&hook.name).0 == notification.project;
                if !is_later || !is_here || !kinds(&hook.kinds).contains(&notification.kind) {
                    continue;
                }
                let waits = waiting.entry(hook.name.clone()).or_default();
                let too_many = *waits >= WAITING;
                *waits += i64::from(!too_many);
                let error = too_many.then(|| format!("not sent: {WAITING} others wait for this webhook"));
                rows.push(DeliveryRow {
                    next_at: (!too_many).then_some(now.0),
                    error,
                    ..body(&hook.name, notification)
                });
            }
        }
        Ok(rows)
    }

    /// Sends what is due; how many there were.
    pub(crate) async fn send_due(&mut self) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let due = self.webhooks.store().due(now, AT_ONCE).await?;
        if due.is_empty() {
            return Ok(0);
        }
        let hooks = self.webhooks.store().all().await?;
        let tries = due.iter().map(|row| {
            let hook = hooks.iter().find(|hook| hook.name == row.webhook);
            let opened = hook.map(|hook| self.webhooks.open(hook));
            let sender = &self.sender;
            async move {
                match opened {
                    // It was removed meanwhile, and this delivery with it.
                    None => None,
                    Some(Err(why)) => Some(Sent::Failed(why)),
                    Some(Ok(to)) => Some(sender.send(&to.url, &to.secret, &row.id, &row.body, now).await),
                }
            }
        });
        let sent = join_all(tries).await;
        for (row, sent) in due.iter().zip(sent) {
            let Some(sent) = sent else { continue };
            let row = self.tried(row.clone(), sent);
            self.webhooks.store().tried(&row).await?;
        }
        Ok(due.len())
    }

    /// A delivery after a try.
    fn tried(&mut self, row: DeliveryRow, sent: Sent) -> DeliveryRow {
        let now = self.clock.now();
        let attempts = row.attempts.saturating_add(1);
        let tried = DeliveryRow { attempts, next_at: None, error: None, ..row };
        match sent {
            Sent::Arrived => DeliveryRow { delivered_at: Some(now.0), ..tried },
            Sent::Unwanted(why) => DeliveryRow { error: Some(why), ..tried },
            Sent::Failed(why) => {
                let again =
                    retry::next(u32::try_from(attempts).unwrap_or(u32::MAX), now, self.random.random());
                if again.is_none() {
                    tracing::warn!(
                        webhook = tried.webhook,
                        id = tried.id,
                        why,
                        "a notification was given up"
                    );
                }
                DeliveryRow { next_at: again.map(|again| again.0), error: Some(why), ..tried }
            }
        }
    }
}
