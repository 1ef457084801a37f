//! Webhooks: addresses that are told of what happens. `notices` says what people are told of, `work` sees to it that it is sent, `send` sends
//! it, signed (`sign`), to the internet alone (`egress`), and again when it did not arrive (`retry`).

pub mod egress;
mod notices;
mod retry;
mod send;
mod sign;
mod work;

use std::sync::Arc;

use berth_shared::{
    api::{AddWebhook, AddedWebhook, DEFAULT_PROJECT, Delivery, Notification, NotificationKind, Webhook},
    time::Timestamp,
};
use reqwest::Url;
use ring::aead::NONCE_LEN;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use uuid::Uuid;

use egress::Barred;
pub use egress::Egress;
pub use notices::Place;
pub use work::{Parts, start};

use crate::{
    sealed::{Sealer, uses},
    store::{DeliveryRow, StoreError, WebhookRow, WebhookStore, parts, qualified},
};

/// How many a project may have.
const WEBHOOKS: usize = 50;

/// The longest name and address, characters.
const NAME: usize = 40;
const ADDRESS: usize = 2000;

/// What stands for what may be secret in an address.
const MASK: &str = "***";

/// Why a webhook is not taken.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// Its name will not do.
    #[error("a webhook's name has 1 to {NAME} lower-case letters, digits and `-`")]
    Name,
    /// Its address will not do.
    #[error(
        "a webhook's address begins with `https://` or `http://`, names a host, and has at most {ADDRESS} characters"
    )]
    Address,
    /// It is to be told of nothing.
    #[error(
        "say what the webhook is to be told of: at least one kind, and not `test`, which is sent when somebody asks for it"
    )]
    Kinds,
    /// Its address is inside.
    #[error(transparent)]
    Barred(#[from] Barred),
    /// There are too many.
    #[error("there are {WEBHOOKS} webhooks already; remove some that nobody needs")]
    TooMany,
    /// There is none of this name.
    #[error("there is no webhook `{0}`")]
    NotFound(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is kept sealed of a webhook.
#[derive(Serialize, Deserialize)]
struct Opened {
    url: String,
    secret: String,
}

/// The webhooks of a project; for it those of others are not there. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Webhooks {
    store: WebhookStore,
    sealer: Sealer,
    egress: Egress,
    place: Arc<Place>,
    project: Arc<str>,
    /// Rises when somebody asks for something to be sent.
    asked: watch::Sender<u64>,
}

impl Webhooks {
    /// Those of the first project: kept here, sealed by this, sent where that is allowed.
    #[must_use]
    pub fn new(store: WebhookStore, sealer: Sealer, egress: Egress, place: Place) -> Self {
        let (place, project) = (Arc::new(place), DEFAULT_PROJECT.into());
        Self { store, sealer, egress, place, project, asked: watch::Sender::new(0) }
    }

    /// Those of another project.
    #[must_use]
    pub fn of(&self, project: &str) -> Self {
        Self { project: project.into(), ..self.clone() }
    }

    /// Those of the project.
    async fn rows(&self) -> Result<Vec<WebhookRow>, StoreError> {
        let mut rows = self.store.all().await?;
        rows.retain(|row| *parts(&row.name).0 == *self.project);
        Ok(rows)
    }

    /// All, by name, each with its newest deliveries.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn list(&self) -> Result<Vec<Webhook>, StoreError> {
        let mut webhooks = Vec::new();
        for row in self.rows().await? {
            let deliveries = self.store.newest(&row.name).await?;
            webhooks.push(told(row, deliveries));
        }
        Ok(webhooks)
    }

    /// Adds one, or puts it in the place of one of the same name. Both of `random` are random, and others each time.
    ///
    /// # Errors
    /// See [`WebhookError`].
    pub async fn add(
        &self,
        asked: AddWebhook,
        by: &str,
        now: Timestamp,
        random: ([u8; sign::SECRET], [u8; NONCE_LEN]),
    ) -> Result<AddedWebhook, WebhookError> {
        let AddWebhook { name, url, mut kinds } = asked;
        if !is_name(&name) {
            return Err(WebhookError::Name);
        }
        let parsed = address(&url).ok_or(WebhookError::Address)?;
        self.egress.check(&parsed)?;
        kinds.sort_unstable();
        kinds.dedup();
        if kinds.is_empty() || kinds.contains(&NotificationKind::Test) {
            return Err(WebhookError::Kinds);
        }
        let (there, name) = (self.rows().await?, qualified(&self.project, &name));
        if there.len() >= WEBHOOKS && !there.iter().any(|other| other.name == name) {
            return Err(WebhookError::TooMany);
        }
        let (secret, nonce) = (sign::secret(random.0), random.1);
        let opened = Opened { url: parsed.to_string(), secret: secret.clone() };
        // Two texts: there is nothing in them that JSON could not say.
        let opened = serde_json::to_string(&opened).unwrap_or_default();
        let row = WebhookRow {
            shown: masked(parsed),
            sealed: self.sealer.seal(&opened, &uses::webhook(&name), nonce),
            kinds: kinds.iter().map(|kind| word(*kind)).collect::<Vec<_>>().join(","),
            added_by: by.to_owned(),
            added_at: now.0,
            name,
        };
        self.store.put(&row).await?;
        Ok(AddedWebhook { webhook: told(row, Vec::new()), secret })
    }

    /// Removes one, with all that is on its way to it; whether there was one.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn remove(&self, name: &str) -> Result<bool, StoreError> {
        self.store.remove(&qualified(&self.project, name)).await
    }

    /// Sends a notification that says nothing, soon. `n` is random.
    ///
    /// # Errors
    /// [`WebhookError::NotFound`], or when the database cannot be written.
    pub async fn test(
        &self,
        name: &str,
        who: &str,
        now: Timestamp,
        n: Uuid,
    ) -> Result<Delivery, WebhookError> {
        let not_found = || WebhookError::NotFound(name.to_owned());
        let kept = qualified(&self.project, name);
        if !self.rows().await?.iter().any(|row| row.name == kept) {
            return Err(not_found());
        }
        let row = DeliveryRow {
            next_at: Some(now.0),
            ..body(&kept, &self.place.test(n, &self.project, name, who, now))
        };
        self.store.add(std::slice::from_ref(&row)).await?;
        self.asked.send_modify(|asked| *asked = asked.wrapping_add(1));
        row.told().ok_or_else(not_found)
    }

    /// Changes when somebody asks for something to be sent.
    fn asked(&self) -> watch::Receiver<u64> {
        self.asked.subscribe()
    }

    fn store(&self) -> &WebhookStore {
        &self.store
    }

    fn egress(&self) -> &Egress {
        &self.egress
    }

    fn place(&self) -> &Place {
        &self.place
    }

    /// What is sealed of one, or why it stays so.
    fn open(&self, row: &WebhookRow) -> Result<Opened, String> {
        let opened = self.sealer.open(&row.sealed, &uses::webhook(&row.name));
        let opened = opened.map_err(|why| {
            format!("its address cannot be read: {why}; start the server with the sealing key that it had, or add the webhook anew")
        })?;
        serde_json::from_str(&opened)
            .map_err(|_| "its address cannot be read; add the webhook anew".to_owned())
    }
}

fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=NAME).contains(&name.len()) && name.bytes().all(fits)
}

/// Reads an address that something can be sent to.
fn address(text: &str) -> Option<Url> {
    let text = text.trim();
    if text.chars().count() > ADDRESS {
        return None;
    }
    let mut url = Url::parse(text).ok()?;
    url.set_fragment(None);
    let is_web =
        matches!(url.scheme(), "http" | "https") && url.host_str().is_some_and(|host| !host.is_empty());
    is_web.then_some(url)
}

/// An address without credentials and without the values of its query.
fn masked(mut url: Url) -> String {
    if !url.username().is_empty() {
        let _ = url.set_username(MASK);
    }
    if url.password().is_some() {
        let _ = url.set_password(Some(MASK));
    }
    if let Some(query) = url.query() {
        let pairs = query.split('&').map(|pair| match pair.split_once('=') {
            Some((name, _)) => format!("{name}={MASK}"),
            // Without a name it may be all secret.
            None => MASK.to_owned(),
        });
        let query = pairs.collect::<Vec<_>>().join("&");
        url.set_query(Some(&query));
    }
    url.to_string()
}

fn word(kind: NotificationKind) -> String {
    match serde_json::to_value(kind) {
        Ok(serde_json::Value::String(word)) => word,
        // A word is what it is on the wire.
        _ => String::new(),
    }
}

/// Kinds as they are kept; those that only a later version knows are left out.
fn kinds(text: &str) -> Vec<NotificationKind> {
    text.split(',').filter_map(|word| serde_json::from_value(word.into()).ok()).collect()
}

fn told(row: WebhookRow, deliveries: Vec<DeliveryRow>) -> Webhook {
    Webhook {
        kinds: kinds(&row.kinds),
        name: parts(&row.name).1.to_owned(),
        url: row.shown,
        added_by: row.added_by,
        added_at: Timestamp(row.added_at),
        deliveries: deliveries.into_iter().filter_map(DeliveryRow::told).collect(),
    }
}

/// A notification for a webhook, before it is said when it is sent.
fn body(webhook: &str, notification: &Notification) -> DeliveryRow {
    DeliveryRow {
        webhook: webhook.to_owned(),
        id: notification.id.clone(),
        kind: word(notification.kind),
        at: notification.at.0,
        // Runs have text keys only.
        body: serde_json::to_string(notification).unwrap_or_default(),
        attempts: 0,
        delivered_at: None,
        next_at: None,
        error: None,
    }
}

#[cfg(test)]
mod tests;
