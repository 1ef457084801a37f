//! Signing in by the provider, and connecting accounts with it.

use berth_shared::{
    api::{DEFAULT_PROJECT, OidcAccount, OidcConnection, OidcProblem},
    time::Timestamp,
};

use super::{
    super::{
        Auth, Caller, Digest, SESSION_SECONDS, Secret, Visit, lock,
        store::{Identity, NewSession},
    },
    Begun, FLOW_SECONDS, Flow, NewPeople, Oidc, Purpose,
    claims::Claims,
    flow::{Proofs, own_page},
    names,
    provider::ProviderError,
};
use crate::store::StoreError;

/// How many sign-ins may be under way; beyond, none begins until some are over.
const UNDER_WAY: i64 = 10_000;

/// Why nobody is let in, or nothing connected.
#[derive(Debug, thiserror::Error)]
#[error("{}", .cause.as_deref().unwrap_or(.problem.as_str()))]
pub struct OidcError {
    /// For people.
    pub problem: OidcProblem,
    /// The page that says so.
    pub page: &'static str,
    /// For the log.
    pub cause: Option<String>,
}

/// Where what went wrong is said: to whoever signs in, and to whoever manages their account.
const LOGIN: &str = "/login";
const ACCOUNT: &str = "/account";

impl OidcError {
    fn new(problem: OidcProblem) -> Self {
        Self { problem, page: LOGIN, cause: None }
    }
}

impl From<OidcProblem> for OidcError {
    fn from(problem: OidcProblem) -> Self {
        Self::new(problem)
    }
}

impl From<StoreError> for OidcError {
    fn from(error: StoreError) -> Self {
        Self { cause: Some(crate::http::chain(&error)), ..Self::new(OidcProblem::Internal) }
    }
}

impl From<ProviderError> for OidcError {
    fn from(error: ProviderError) -> Self {
        let problem = match &error {
            ProviderError::NoAnswer(_) => OidcProblem::NoAnswer,
            ProviderError::Unproven(_) => OidcProblem::Unproven,
        };
        Self { cause: Some(error.to_string()), ..Self::new(problem) }
    }
}

/// What a browser brings back from the provider.
#[derive(Clone, Copy, Debug, Default)]
pub struct Returned<'a> {
    /// The cookie of the sign-in.
    pub cookie: Option<&'a str>,
    /// Must be what this sign-in was given.
    pub state: Option<&'a str>,
    /// What is exchanged for claims.
    pub code: Option<&'a str>,
    /// Why there is no code.
    pub error: Option<&'a str>,
    /// Who says so (RFC 9207), where the provider tells.
    pub issuer: Option<&'a str>,
}

/// Somebody came back and was believed.
#[derive(Debug)]
pub enum Entered {
    /// A session begins.
    SignedIn {
        /// Whose.
        user: String,
        /// Its secret, for the cookie.
        session: Secret,
        /// The page to open.
        to: String,
    },
    /// The account of who is signed in is connected.
    Connected {
        /// Whose.
        user: String,
        /// The page to open.
        to: String,
    },
}

/// What became of a wish to disconnect an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connected {
    /// It is connected no longer, or was not.
    NoLonger,
    /// It stays: without it and without a password its owner would not come in again.
    Needed,
}

impl Auth {
    /// By this provider too.
    #[must_use]
    pub fn with_oidc(self, oidc: Option<Oidc>) -> Self {
        Self { oidc, ..self }
    }

    /// The provider of single sign-on.
    #[must_use]
    pub fn oidc(&self) -> Option<&Oidc> {
        self.oidc.as_ref()
    }

    /// Sends a browser to the provider, to sign in and see `page` then. `back` is where it comes back to.
    pub async fn begin_oidc(&self, page: &str, back: &str) -> Result<Begun, OidcError> {
        self.begin_flow(Flow { purpose: Purpose::SignIn, back_to: own_page(page) }, back).await
    }

    /// The same to accept an invitation: whom the provider names is connected with the account that it opens.
    pub async fn begin_oidc_invitation(&self, token: &str, back: &str) -> Result<Begun, OidcError> {
        let purpose = Purpose::Invitation(Digest::of(token.trim()));
        self.begin_flow(Flow { purpose, back_to: "/".to_owned() }, back).await
    }

    /// The same to connect the account of who asks.
    pub async fn begin_oidc_connection(&self, session: &Digest, back: &str) -> Result<Begun, OidcError> {
        let flow = Flow { purpose: Purpose::Connect(session.clone()), back_to: "/account#oidc".to_owned() };
        self.begin_flow(flow, back).await
    }

    async fn begin_flow(&self, flow: Flow, back: &str) -> Result<Begun, OidcError> {
        let oidc = self.oidc.as_ref().ok_or(OidcProblem::Off)?;
        let (cookie, now) = (self.draw(""), self.clock.now());
        let url = oidc.provider.address(&Proofs::of(cookie.reveal()), back, now).await?;
        let until = now.plus_seconds(FLOW_SECONDS);
        if !self.store.add_oidc_flow(&cookie.digest(), &flow, now, until, UNDER_WAY).await? {
            return Err(OidcProblem::TooMany.into());
        }
        Ok(Begun { url, cookie })
    }

    /// Ends what [`Auth::begin_oidc`] or one of its neighbours began: each once.
    pub async fn end_oidc(
        &self,
        returned: Returned<'_>,
        back: &str,
        from: Visit<'_>,
    ) -> Result<Entered, OidcError> {
        let now = self.clock.now();
        let oidc = self.oidc.as_ref().ok_or(OidcProblem::Off)?;
        lock(&self.attempts).begin(from.address, None, now).map_err(|_| OidcProblem::TooMany)?;
        let ended = self.end_flow(oidc, returned, back, from, now).await;
        let nothing_was_tried = |error: &OidcError| {
            matches!(error.problem, OidcProblem::Internal | OidcProblem::NoAnswer | OidcProblem::Refused)
        };
        if ended.as_ref().map_or_else(nothing_was_tried, |_| true) {
            lock(&self.attempts).succeeded(from.address, None);
        }
        ended
    }

    async fn end_flow(
        &self,
        oidc: &Oidc,
        returned: Returned<'_>,
        back: &str,
        from: Visit<'_>,
        now: Timestamp,
    ) -> Result<Entered, OidcError> {
        let cookie = returned.cookie.ok_or(OidcProblem::Stale)?;
        let proofs = Proofs::of(cookie);
        // Whoever guesses has nothing to learn from how long this takes: both are digests of a secret.
        if returned.state != Some(proofs.state.as_str()) {
            return Err(OidcProblem::Stale.into());
        }
        let flow = self.store.use_oidc_flow(&Digest::of(cookie), now).await?.ok_or(OidcProblem::Stale)?;
        let page = if matches!(flow.purpose, Purpose::Connect(_)) { ACCOUNT } else { LOGIN };
        let there = |error: OidcError| OidcError { page, ..error };
        let claims = self.believed(oidc, returned, &proofs, back, now).await.map_err(there)?;
        let Flow { purpose, back_to } = flow;
        match purpose {
            Purpose::SignIn => {
                let user = self.known(oidc, &claims, now).await?;
                let session = self.begin_oidc_session(&user, false, from, now).await?;
                Ok(Entered::SignedIn { user, session, to: back_to })
            }
            Purpose::Invitation(token) => {
                let user = self.invited(oidc, &claims, &token, now).await?;
                let session = self.begin_oidc_session(&user, true, from, now).await?;
                Ok(Entered::SignedIn { user, session, to: back_to })
            }
            Purpose::Connect(session) => {
                let found = self.store.session(&session, DEFAULT_PROJECT, now).await?;
                let (caller, _) = found.ok_or_else(|| there(OidcProblem::SignedOut.into()))?;
                self.connect(oidc, &claims, &caller.user, now).await.map_err(there)?;
                Ok(Entered::Connected { user: caller.user, to: back_to })
            }
        }
    }

    /// Who came back, if the provider says so and they may come in at all.
    async fn believed(
        &self,
        oidc: &Oidc,
        returned: Returned<'_>,
        proofs: &Proofs,
        back: &str,
        now: Timestamp,
    ) -> Result<Claims, OidcError> {
        let settings = oidc.provider.settings();
        if let Some(other) = returned.issuer.filter(|issuer| *issuer != settings.issuer.as_str()) {
            let cause = Some(format!("the answer is from `{other}`"));
            return Err(OidcError { cause, ..OidcProblem::Unproven.into() });
        }
        let refused = || OidcError { cause: returned.error.map(shown), ..OidcProblem::Refused.into() };
        let code = returned.code.filter(|_| returned.error.is_none()).ok_or_else(refused)?;
        let claims = oidc.provider.claims(code, proofs, back, now).await?;
        if !settings.email_domains.is_empty() && !claims.is_of(&settings.email_domains) {
            return Err(OidcProblem::Email.into());
        }
        Ok(claims)
    }

    /// The account that is connected with somebody, or a new one where there may be one.
    async fn known(&self, oidc: &Oidc, claims: &Claims, now: Timestamp) -> Result<String, OidcError> {
        let identity = identity(oidc, claims);
        if let Some(user) = self.store.oidc_user(&identity).await? {
            return Ok(user);
        }
        let settings = oidc.provider.settings();
        let NewPeople::As(role) = settings.new_people else { return Err(OidcProblem::Unknown.into()) };
        let name = claims.text(&settings.claim).and_then(names::of_claim).ok_or(OidcProblem::Name)?;
        match self.store.add_person_by_oidc(&identity, &names::candidates(&name), role, now).await {
            Ok(Some(user)) => {
                tracing::info!(user, %role, "person added by single sign-on");
                Ok(user)
            }
            Ok(None) => Err(OidcProblem::Name.into()),
            // They came in by another window at the same time.
            Err(error) if error.is_taken() => {
                Ok(self.store.oidc_user(&identity).await?.ok_or(OidcProblem::Internal)?)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The account that an invitation opens, connected with whom the provider names.
    async fn invited(
        &self,
        oidc: &Oidc,
        claims: &Claims,
        token: &Digest,
        now: Timestamp,
    ) -> Result<String, OidcError> {
        // The invitation is not used up where it could not be accepted.
        let user = self.store.login_token_user(token, now).await?.ok_or(OidcProblem::Invitation)?;
        self.may_connect(oidc, claims, &user).await?;
        match self.store.use_login_token(token, now).await {
            Ok(_) => {}
            Err(super::super::LoginError::Store(error)) => return Err(error.into()),
            Err(_) => return Err(OidcProblem::Invitation.into()),
        }
        self.connect(oidc, claims, &user, now).await?;
        Ok(user)
    }

    /// Whether an account may be connected with somebody, or is already.
    async fn may_connect(&self, oidc: &Oidc, claims: &Claims, user: &str) -> Result<bool, OidcError> {
        let identity = identity(oidc, claims);
        match self.store.oidc_user(&identity).await? {
            Some(owner) if owner == user => return Ok(true),
            Some(_) => return Err(OidcProblem::Taken.into()),
            None => {}
        }
        match self.store.oidc_connection(user, identity.issuer).await? {
            Some(_) => Err(OidcProblem::Connected.into()),
            None => Ok(false),
        }
    }

    async fn connect(
        &self,
        oidc: &Oidc,
        claims: &Claims,
        user: &str,
        now: Timestamp,
    ) -> Result<(), OidcError> {
        if self.may_connect(oidc, claims, user).await? {
            return Ok(());
        }
        match self.store.add_oidc_identity(&identity(oidc, claims), user, now).await {
            Ok(()) => {
                tracing::info!(user, "account connected with the provider of single sign-on");
                Ok(())
            }
            // Another window was faster: it is looked at again.
            Err(error) if error.is_taken() => self.may_connect(oidc, claims, user).await.map(drop),
            Err(error) => Err(error.into()),
        }
    }

    async fn begin_oidc_session(
        &self,
        user: &str,
        by_link: bool,
        visit: Visit<'_>,
        now: Timestamp,
    ) -> Result<Secret, OidcError> {
        let session = self.draw("");
        let digest = session.digest();
        let expires_at = now.plus_seconds(SESSION_SECONDS);
        let new = NewSession { digest: &digest, user, password: None, by_link, visit, now, expires_at };
        match self.store.add_session(new).await? {
            true => Ok(session),
            // They were removed in this very moment.
            false => Err(OidcProblem::Unknown.into()),
        }
    }

    /// What the account of who asks is at the provider.
    pub async fn oidc_account(&self, caller: &Caller) -> Result<OidcAccount, StoreError> {
        let Some(oidc) = &self.oidc else { return Ok(OidcAccount::default()) };
        let issuer = oidc.provider.settings().issuer.as_str();
        let connected: Option<OidcConnection> = self.store.oidc_connection(&caller.user, issuer).await?;
        Ok(OidcAccount { provider: Some(oidc.told()), connected })
    }

    /// Disconnects the account of who asks; their sessions stay.
    pub async fn disconnect_oidc(&self, caller: &Caller) -> Result<Connected, StoreError> {
        let Some(oidc) = &self.oidc else { return Ok(Connected::NoLonger) };
        let issuer = oidc.provider.settings().issuer.as_str();
        if self.store.remove_oidc_identity(&caller.user, issuer).await? {
            return Ok(Connected::NoLonger);
        }
        let stays = self.store.oidc_connection(&caller.user, issuer).await?.is_some();
        Ok(if stays { Connected::Needed } else { Connected::NoLonger })
    }
}

fn identity<'a>(oidc: &'a Oidc, claims: &'a Claims) -> Identity<'a> {
    let issuer = oidc.provider.settings().issuer.as_str();
    Identity { issuer, subject: &claims.subject, label: claims.label() }
}

/// What a stranger wrote, for the log.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(100).collect()
}
