//! Single sign-on by OpenID Connect: a provider says who somebody is, and an account that is connected with them is opened.
//!
//! Which account that is, two things alone decide: who it is at the provider (issuer and subject), and what the account's owner, or an
//! invitation, connected them with. Names and e-mail addresses decide nothing.

mod claims;
mod enter;
mod flow;
mod http;
mod names;
mod provider;
mod settings;

pub use enter::{Connected, Entered, OidcError, Returned};
pub use flow::{Begun, FLOW_SECONDS};
pub use settings::{EmailDomain, Issuer, NewPeople, OidcSettings};

pub(in crate::auth) use flow::{Flow, Purpose};

use std::sync::Arc;

use berth_shared::{api::OidcProvider, time::Timestamp};
use provider::Provider;
use settings::is_loopback;

/// A provider of single sign-on. Clones are the same.
#[derive(Clone)]
pub struct Oidc {
    provider: Arc<Provider>,
}

impl Oidc {
    /// With these settings. Nothing is asked yet.
    ///
    /// # Errors
    /// When there is no way to make requests at all.
    pub fn new(settings: OidcSettings) -> Result<Self, reqwest::Error> {
        Ok(Self { provider: Arc::new(Provider::new(settings)?) })
    }

    /// Asks the provider what it is; why it cannot be used now.
    pub async fn look(&self, now: Timestamp) -> Option<String> {
        self.provider.metadata(now, now).await.err().map(|error| error.to_string())
    }

    /// As people are told of it.
    #[must_use]
    pub fn told(&self) -> OidcProvider {
        OidcProvider { name: self.provider.settings().name.clone(), answers: self.provider.answers() }
    }
}
