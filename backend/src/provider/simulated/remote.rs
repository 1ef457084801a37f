//! A simulated cloud in a process of its own, over HTTP.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use async_trait::async_trait;
use berth_shared::api::InstanceId;
use reqwest::{Client, Response, Url};
use serde::{Serialize, de::DeserializeOwned};
use tokio::{sync::broadcast, time::sleep};

use super::{Bill, Call, CloudApi, CloudError, Faults, Offers, Pool, Reply};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// Between two attempts to hear of changes.
const RETRY: Duration = Duration::from_millis(500);
/// Changes that wait for a slow listener; who misses some observes everything anew.
const CHANGES: usize = 1024;

/// A simulated cloud that `berth simulated-cloud` owns. Servers that share one may come and go. Cheap to clone.
#[derive(Clone)]
pub struct RemoteCloud(Arc<Inner>);

struct Inner {
    client: Client,
    /// Ends in a slash.
    base: Url,
    name: String,
    changes: broadcast::Sender<InstanceId>,
}

/// The process with the simulated clouds cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// Not an address.
    #[error("`{0}` is no address; `berth simulated-cloud` prints one")]
    Address(String),
    /// It does not answer.
    #[error("the simulated clouds at {0} do not answer")]
    Unreachable(Url, #[source] reqwest::Error),
    /// It answers something else.
    #[error("what is at {0} is no simulated cloud of this version of Berth")]
    Strange(Url, #[source] serde_json::Error),
}

impl RemoteCloud {
    /// All clouds of the process at `address`, in the order in which it was given them. To be called inside a runtime:
    /// a task for each hears of changes, until its last clone is dropped.
    ///
    /// # Errors
    /// When there is no such process, or it is none of this version.
    pub async fn all(address: &str) -> Result<Vec<Self>, RemoteError> {
        let base = Url::parse(address).ok().filter(|url| url.scheme() == "http" && url.has_host());
        let mut base = base.ok_or_else(|| RemoteError::Address(address.to_owned()))?;
        base.set_path("/");
        // Fails when there is one already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        // A call may take for ever: whoever makes it knows how long to wait.
        let client = Client::builder().no_proxy().connect_timeout(CONNECT).build();
        let client = client.map_err(|error| RemoteError::Unreachable(base.clone(), error))?;
        let names: Vec<String> = get(&client, &base).await?;
        let clouds = names.into_iter().map(|name| {
            let changes = broadcast::Sender::new(CHANGES);
            let inner = Arc::new(Inner { client: client.clone(), base: base.clone(), name, changes });
            tokio::spawn(listen(Arc::downgrade(&inner)));
            Self(inner)
        });
        Ok(clouds.collect())
    }

    /// Its name, as in `backends:`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// What it has on offer.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn offers(&self) -> Result<Offers, RemoteError> {
        get(&self.0.client, &self.0.at("offers")).await
    }

    /// What the account has cost so far.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn bill(&self) -> Result<Bill, RemoteError> {
        let bill: Bill = get(&self.0.client, &self.0.at("bill")).await?;
        Ok(bill.exact())
    }

    /// What goes wrong from now on.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn set_faults(&self, faults: &Faults) -> Result<(), RemoteError> {
        self.put("faults", faults).await
    }

    /// Sets how many machines of a kind there are; `None` = as the cloud's settings say.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn set_capacity(&self, pool: &Pool, slots: Option<u32>) -> Result<(), RemoteError> {
        self.put("capacity", &(pool, slots)).await
    }

    /// Takes a machine back: after so many milliseconds, which is announced at once, or now when they are 0.
    ///
    /// # Errors
    /// When it does not answer, or has no such machine.
    pub async fn take_back(&self, handle: &str, notice: i64) -> Result<(), RemoteError> {
        self.put("take-back", &(handle, notice)).await
    }

    async fn put(&self, what: &str, value: &impl Serialize) -> Result<(), RemoteError> {
        let url = self.0.at(what);
        let body = serde_json::to_vec(value).map_err(|error| RemoteError::Strange(url.clone(), error))?;
        let request = self.0.client.put(url.clone()).header("content-type", "application/json").body(body);
        let answer = request.send().await.and_then(Response::error_for_status);
        answer.map(drop).map_err(|error| RemoteError::Unreachable(url, error))
    }
}

impl Inner {
    fn at(&self, what: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("/{}/{what}", self.name));
        url
    }

    async fn post(&self, call: &Call) -> Result<Result<Reply, CloudError>, String> {
        let body = serde_json::to_vec(call).map_err(|error| error.to_string())?;
        let request = self.client.post(self.at("call")).header("content-type", "application/json").body(body);
        let answer = request.send().await.and_then(Response::error_for_status).map_err(without_url)?;
        let answer = answer.bytes().await.map_err(without_url)?;
        serde_json::from_slice(&answer).map_err(|error| error.to_string())
    }
}

#[async_trait]
impl CloudApi for RemoteCloud {
    async fn call(&self, call: Call) -> Result<Reply, CloudError> {
        let answer = self.0.post(&call).await;
        answer.unwrap_or_else(|why| {
            Err(CloudError::Unreachable(format!("{} cannot be reached: {why}", self.0.name)))
        })
    }

    fn changes(&self) -> broadcast::Receiver<InstanceId> {
        self.0.changes.subscribe()
    }
}

fn without_url(error: reqwest::Error) -> String {
    error.without_url().to_string()
}

async fn get<T: DeserializeOwned>(client: &Client, url: &Url) -> Result<T, RemoteError> {
    let answer = async { client.get(url.clone()).send().await?.error_for_status()?.bytes().await };
    let answer = answer.await.map_err(|error| RemoteError::Unreachable(url.clone(), error))?;
    serde_json::from_slice(&answer).map_err(|error| RemoteError::Strange(url.clone(), error))
}

/// Passes changes on, an identifier a line, until nobody holds the cloud any more.
async fn listen(cloud: Weak<Inner>) {
    loop {
        let Some(request) = cloud.upgrade().map(|cloud| cloud.client.get(cloud.at("changes"))) else {
            return;
        };
        if let Ok(mut answer) = request.send().await.and_then(Response::error_for_status) {
            let mut begun = Vec::new();
            while let Ok(Some(piece)) = answer.chunk().await {
                let Some(cloud) = cloud.upgrade() else { return };
                begun.extend_from_slice(&piece);
                while let Some(end) = begun.iter().position(|byte| *byte == b'\n') {
                    let line: Vec<u8> = begun.drain(..=end).collect();
                    if let Some(id) =
                        std::str::from_utf8(&line).ok().and_then(|line| line.trim().parse().ok())
                    {
                        // Nobody listens: nobody wants to know.
                        let _ = cloud.changes.send(id);
                    }
                }
            }
        }
        sleep(RETRY).await;
    }
}
