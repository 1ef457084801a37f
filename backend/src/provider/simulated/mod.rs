//! Clouds that do not exist, for tests, for load, and for `berth serve --demo`.
//!
//! In the middle stands [`Cloud`], a pure state machine of an account: machines that take their time, run out, are taken
//! back and cost money to the millisecond, all by seed. [`Faults`] says what goes wrong with its calls. [`Account`] is
//! the two together, still pure. [`SimulatedCloud`] owns an account in this process and does the waiting; a
//! [`RemoteCloud`] reaches one that another process owns (`berth simulated-cloud`). Both are a [`CloudApi`], and
//! [`SimulatedProvider`] makes a [`Provider`](super::Provider) of either, the way a real cloud's adapter has to: it looks
//! things up by their tag before it makes them, and believes no answer that makes no sense.
//!
//! Everything is deterministic: the same seed and the same calls at the same times give the same history. Under a paused
//! tokio clock it takes no time.
//!
//! ```no_run
//! # use std::sync::Arc;
//! # use berth::{clock::SystemClock, provider::simulated::*};
//! # fn example() -> Arc<dyn berth::provider::Provider> {
//! let cloud = Cloud::new(Settings::scarce("aws"), Offers::small("aws"), 7);
//! let cloud = SimulatedCloud::start(Account::new(cloud, Faults::some(), 7), Arc::new(SystemClock));
//! let provider = SimulatedProvider::new(Arc::new(cloud.clone()), Offers::small("aws"), "this-berth");
//! println!("{}", cloud.bill().total);
//! # Arc::new(provider)
//! # }
//! ```

mod account;
mod cloud;
mod environment;
mod faults;
mod in_process;
mod offers;
mod provider;
mod remote;
mod seed;
pub mod server;
mod settings;
#[cfg(test)]
mod tests;
mod wire;

use async_trait::async_trait;
use berth_shared::api::InstanceId;
use tokio::sync::broadcast;

pub use account::Account;
pub use cloud::{Bill, BillLine, Cloud, Leaving, Machine, Quirks, Removal, State};
pub use faults::{Fate, Faults, On, Scripted, Trouble, Wrong};
pub use in_process::SimulatedCloud;
pub use offers::Offers;
pub use provider::SimulatedProvider;
pub use remote::{RemoteCloud, RemoteError};
pub use seed::{Seed, Span};
pub use settings::{BilledFrom, BilledTo, Capacity, Reclaim, Settings};
pub use wire::{Ask, Call, CloudError, Order, Pool, Reply, Seen, Tag};

/// A simulated cloud, wherever it lives.
#[async_trait]
pub trait CloudApi: Send + Sync {
    /// Asks it something. May take long, or for ever.
    async fn call(&self, call: Call) -> Result<Reply, CloudError>;

    /// Tells of instances whose machine or job has changed. May miss some.
    fn changes(&self) -> broadcast::Receiver<InstanceId>;
}
