//! Machines of one's own as a provider, reached by SSH: each is given out in shares, and an environment is a container of the engine
//! there (`docs/adr/0014`).
//!
//! Nothing is installed on a host and nothing of it is kept here but how to get there: what runs on it is found by the labels
//! that its engine has. One connection to each host carries everything.

mod address;
mod book;
mod host;
mod hosts;
mod look;
mod session;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use berth_shared::api::{InstanceId, PlanNote};
use futures_util::future::join_all;
use tokio::sync::broadcast;

pub use address::{Address, AddressError};
pub use book::{BookError, HostBook, HostRecord};
pub use host::UnusableHost;
use host::{Host, State};
pub use hosts::{AddHostError, Hosts, HostsParts, RemoveHostError};
pub use session::ConnectError;

use super::{
    Billing, CreateRequest, Environment, InstanceObservation, Listed, PlanInput, Provider, ProviderError,
    ProviderPlan, share,
};

/// The backend's name, as in `backends:` (`spec/dstack-0.18.md` §2).
pub const BACKEND: &str = "remote";

/// Hosts tell of changes; a look now and then finds what they could not tell while they were away.
const POLL_SECONDS: i64 = 5;

/// The most instances whose host is remembered.
const REMEMBERED: usize = 4096;

/// All SSH hosts as one provider. Cheap to clone.
#[derive(Clone)]
pub struct RemoteProvider(Arc<Inner>);

struct Inner {
    hosts: Hosts,
    /// On which host an instance is, once that was seen.
    places: Mutex<HashMap<InstanceId, String>>,
}

impl RemoteProvider {
    /// The provider of these hosts.
    #[must_use]
    pub fn new(hosts: Hosts) -> Self {
        Self(Arc::new(Inner { hosts, places: Mutex::default() }))
    }

    fn remember(&self, id: InstanceId, host: &str) {
        let mut places = self.0.places.lock().unwrap_or_else(PoisonError::into_inner);
        if places.len() >= REMEMBERED {
            // What is still there is found again.
            places.clear();
        }
        places.insert(id, host.to_owned());
    }

    /// The host of an instance; `None` when every host says that it is not there.
    async fn find(&self, id: InstanceId) -> Result<Option<Arc<Host>>, ProviderError> {
        let known = self.0.places.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if let Some(host) = known.and_then(|name| self.0.hosts.get(&name)) {
            return Ok(Some(host));
        }
        let hosts = self.0.hosts.all();
        let asked = hosts.iter().map(async |host| match host.state() {
            State::Ready(_) => host.containers()?.has(id).await,
            _ => Err(host.away()),
        });
        let mut unknown = None;
        for (host, has) in hosts.iter().zip(join_all(asked).await) {
            match has {
                Ok(true) => {
                    self.remember(id, host.name());
                    return Ok(Some(Arc::clone(host)));
                }
                Ok(false) => {}
                Err(error) => unknown = Some(error),
            }
        }
        unknown.map_or(Ok(None), Err)
    }
}

#[async_trait]
impl Provider for RemoteProvider {
    fn name(&self) -> &str {
        BACKEND
    }

    fn keeps_idle(&self) -> bool {
        false
    }

    fn poll_seconds(&self) -> i64 {
        POLL_SECONDS
    }

    fn in_use(&self) -> bool {
        self.0.hosts.are_used()
    }

    async fn plan(&self, request: &PlanInput<'_>) -> Result<ProviderPlan, ProviderError> {
        let mut plan = ProviderPlan::default();
        let hosts = self.0.hosts.all();
        if hosts.is_empty() && request.configuration.backends.is_some() {
            plan.refusals.push(PlanNote {
                code: "no-hosts".to_owned(),
                path: "backends".to_owned(),
                message: "there are no SSH hosts yet: `berth pool add-ssh USER@HOST` adds one".to_owned(),
            });
        }
        for host in hosts {
            let pool = host.record.pool.as_deref().unwrap_or(request.pool.default);
            if pool != request.pool.wanted {
                plan.refusals.push(PlanNote {
                    code: "other-pool".to_owned(),
                    path: "pool_name".to_owned(),
                    message: format!(
                        "`{}` is in the pool `{pool}` and `{}` is asked for: name the host's pool by `pool_name`, or add a host to this one",
                        host.name(),
                        request.pool.wanted
                    ),
                });
                continue;
            }
            match host.facts() {
                Some(facts) => {
                    let found = share::plan(&facts, request);
                    plan.offers.extend(found.offers);
                    plan.refusals.extend(found.refusals);
                }
                None => plan.refusals.push(PlanNote {
                    code: "host-away".to_owned(),
                    path: String::new(),
                    message: host.away().to_string(),
                }),
            }
        }
        if !plan.offers.is_empty() {
            // Why the others have nothing matters to nobody then.
            plan.refusals.clear();
        }
        Ok(plan)
    }

    async fn create(&self, request: &CreateRequest) -> Result<(), ProviderError> {
        let name = request.planned.allocation.as_ref().and_then(|allocation| allocation.host.as_deref());
        let host = name.and_then(|name| self.0.hosts.get(name)).ok_or_else(|| ProviderError::Permanent {
            message: format!("there is no SSH host `{}` any more", name.unwrap_or_default()),
            source: None,
        })?;
        if let State::Away(why) = host.state() {
            return Err(ProviderError::NoCapacity(format!("the SSH host `{}` is away: {why}", host.name())));
        }
        host.containers()?.create(request).await?;
        self.remember(request.id, host.name());
        Ok(())
    }

    async fn observe(&self, id: InstanceId) -> Result<InstanceObservation, ProviderError> {
        match self.find(id).await? {
            Some(host) => host.containers()?.observe(id).await,
            None => Ok(InstanceObservation::Gone { message: None, billing: Billing::default() }),
        }
    }

    async fn terminate(&self, id: InstanceId) -> Result<(), ProviderError> {
        if let Some(host) = self.find(id).await? {
            if !matches!(host.state(), State::Ready(_)) {
                return Err(host.away());
            }
            host.containers()?.terminate(id);
        }
        Ok(())
    }

    async fn list(&self) -> Result<Vec<Listed>, ProviderError> {
        let mut all = Vec::new();
        for host in self.0.hosts.all() {
            // Half a list would say of the other half that it is gone.
            for listed in host.containers()?.list().await? {
                self.remember(listed.id, host.name());
                let handle = format!("{}/{}", host.name(), listed.handle);
                all.push(Listed { handle, ..listed });
            }
        }
        Ok(all)
    }

    async fn remove_copies(&self, _id: InstanceId) -> Result<Vec<String>, ProviderError> {
        // An instance is made on the host that its request names, and there its name is its tag: there cannot be two.
        Ok(Vec::new())
    }

    async fn environment(&self, id: InstanceId) -> Result<Arc<dyn Environment>, ProviderError> {
        match self.find(id).await? {
            Some(host) if host.containers()?.has(id).await? => Ok(host.containers()?.environment(id)),
            _ => Err(ProviderError::NotFound(format!("instance {id}"))),
        }
    }

    fn changes(&self) -> broadcast::Receiver<InstanceId> {
        self.0.hosts.changes()
    }
}
