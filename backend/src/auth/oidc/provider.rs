//! The provider: what it says of itself, where people are sent, and what comes of the code that they bring back.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use berth_shared::time::Timestamp;
use chrono::{DateTime, Utc};
use openidconnect::{
    AccessTokenHash, AuthType, AuthenticationFlow, AuthorizationCode, Client, ClientId, ClientSecret,
    CsrfToken, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, IdTokenFields,
    IssuerUrl, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
    StandardErrorResponse, StandardTokenResponse, TokenResponse as _, UserInfoClaims,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreClientAuthMethod, CoreErrorResponseType, CoreGenderClaim,
        CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreProviderMetadata,
        CoreResponseType, CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse,
        CoreTokenType,
    },
};
use tokio::sync::Mutex;

use super::{
    claims::{Claims, Others},
    flow::Proofs,
    http::Http,
    settings::OidcSettings,
};

/// For how long what a provider says of itself, its keys included, is believed without asking again.
const FRESH_SECONDS: i64 = 3600;

/// For how long nobody asks again after the provider gave no answer, or after its keys were asked for because of a token.
const PAUSE_SECONDS: i64 = 5;

type Fields = IdTokenFields<
    Others,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;

type Tokens = StandardTokenResponse<Fields, CoreTokenType>;

type Asking = Client<
    Others,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Why a provider proves nothing about anybody.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProviderError {
    /// It cannot be asked.
    #[error("the provider of single sign-on does not answer: {0}")]
    NoAnswer(String),
    /// It says something that is not so.
    #[error("what the provider of single sign-on says cannot be believed: {0}")]
    Unproven(String),
}

/// What is known of it.
#[derive(Default)]
struct Known {
    metadata: Option<Arc<CoreProviderMetadata>>,
    /// When it answered last.
    at: Option<Timestamp>,
    /// When it gave no answer, and why.
    failed: Option<(Timestamp, String)>,
}

/// A provider.
pub(super) struct Provider {
    settings: OidcSettings,
    http: Http,
    known: Mutex<Known>,
    answers: AtomicBool,
}

impl Provider {
    /// # Errors
    /// When there is no way to make requests at all.
    pub(super) fn new(settings: OidcSettings) -> Result<Self, reqwest::Error> {
        let http = Http::new(settings.issuer.url())?;
        // Nothing speaks against it yet.
        Ok(Self { settings, http, known: Mutex::default(), answers: AtomicBool::new(true) })
    }

    pub(super) fn settings(&self) -> &OidcSettings {
        &self.settings
    }

    /// Whether it answered last.
    pub(super) fn answers(&self) -> bool {
        self.answers.load(Ordering::Relaxed)
    }

    /// What the provider says of itself, from `since` on or later.
    pub(super) async fn metadata(
        &self,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<Arc<CoreProviderMetadata>, ProviderError> {
        let mut known = self.known.lock().await;
        if let (Some(metadata), Some(at)) = (&known.metadata, known.at)
            && at >= since
        {
            return Ok(Arc::clone(metadata));
        }
        if let Some((at, why)) = &known.failed
            && now < at.plus_seconds(PAUSE_SECONDS)
        {
            return Err(ProviderError::NoAnswer(why.clone()));
        }
        let issuer = IssuerUrl::new(self.settings.issuer.as_str().to_owned());
        let issuer = issuer.map_err(|error| ProviderError::NoAnswer(error.to_string()))?;
        match CoreProviderMetadata::discover_async(issuer, &self.http).await {
            Ok(metadata) => {
                let metadata = Arc::new(metadata);
                *known = Known { metadata: Some(Arc::clone(&metadata)), at: Some(now), failed: None };
                self.answers.store(true, Ordering::Relaxed);
                Ok(metadata)
            }
            Err(error) => {
                let why = crate::http::chain(&error);
                known.failed = Some((now, why.clone()));
                self.answers.store(false, Ordering::Relaxed);
                Err(ProviderError::NoAnswer(why))
            }
        }
    }

    async fn fresh(&self, now: Timestamp) -> Result<Arc<CoreProviderMetadata>, ProviderError> {
        self.metadata(now.plus_seconds(-FRESH_SECONDS), now).await
    }

    fn client(&self, metadata: &CoreProviderMetadata, back: &str) -> Result<Asking, ProviderError> {
        let secret = ClientSecret::new(self.settings.client_secret.clone());
        let id = ClientId::new(self.settings.client_id.clone());
        let methods = metadata.token_endpoint_auth_methods_supported();
        // Without a word about it, a provider takes the header (OpenID Connect Discovery 1.0, section 3).
        let by_header =
            methods.is_none_or(|methods| methods.contains(&CoreClientAuthMethod::ClientSecretBasic));
        let back = RedirectUrl::new(back.to_owned())
            .map_err(|error| ProviderError::Unproven(format!("the server's own address: {error}")))?;
        let client = Asking::from_provider_metadata(metadata.clone(), id, Some(secret));
        let auth_type = if by_header { AuthType::BasicAuth } else { AuthType::RequestBody };
        Ok(client.set_redirect_uri(back).set_auth_type(auth_type))
    }

    /// Where a browser is sent, to come back to `back`.
    pub(super) async fn address(
        &self,
        proofs: &Proofs,
        back: &str,
        now: Timestamp,
    ) -> Result<String, ProviderError> {
        let client = self.client(&*self.fresh(now).await?, back)?;
        let (state, nonce) = (CsrfToken::new(proofs.state.clone()), Nonce::new(proofs.nonce.clone()));
        let verifier = PkceCodeVerifier::new(proofs.verifier.clone());
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let asked = client.authorize_url(flow, move || state, move || nonce).set_pkce_challenge(challenge);
        let scopes = ["profile", "email"].map(|scope| Scope::new(scope.to_owned()));
        let (url, _, _) = asked.add_scopes(scopes).url();
        Ok(url.to_string())
    }

    /// Exchanges the code that a browser brought back for what the provider says about who sits there.
    pub(super) async fn claims(
        &self,
        code: &str,
        proofs: &Proofs,
        back: &str,
        now: Timestamp,
    ) -> Result<Claims, ProviderError> {
        let client = self.client(&*self.fresh(now).await?, back)?;
        let exchange = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|error| unproven("it names no place for codes", &error))?
            .set_pkce_verifier(PkceCodeVerifier::new(proofs.verifier.clone()));
        let tokens = exchange.request_async(&self.http).await.map_err(|error| {
            use openidconnect::RequestTokenError as Error;
            match error {
                Error::Request(_) => ProviderError::NoAnswer(crate::http::chain(&error)),
                _ => unproven("it does not take the code", &error),
            }
        })?;
        let mut claims = match verified(&client, &tokens, proofs, now) {
            // Its keys may be others since.
            Err(Unverified::Signature(_)) => {
                let anew =
                    self.client(&*self.metadata(now.plus_seconds(-PAUSE_SECONDS), now).await?, back)?;
                verified(&anew, &tokens, proofs, now)?
            }
            verified => verified?,
        };
        // What a provider does not put into the token it tells who asks with the token.
        let wanted = [self.settings.claim.as_str(), "email", "email_verified"];
        let lacks = wanted.iter().any(|name| !claims.has(name));
        if lacks && metadata_has_userinfo(&client) {
            let subject = openidconnect::SubjectIdentifier::new(claims.subject.clone());
            let ask = client
                .user_info(tokens.access_token().clone(), Some(subject))
                .map_err(|error| unproven("it names no place for claims", &error))?;
            let more: UserInfoClaims<Others, CoreGenderClaim> = ask
                .request_async(&self.http)
                .await
                .map_err(|error| unproven("it does not tell the claims", &error))?;
            claims.add(&more);
        }
        Ok(claims)
    }
}

fn metadata_has_userinfo(client: &Asking) -> bool {
    client.user_info_url().is_some()
}

fn unproven(what: &str, error: &(dyn std::error::Error + 'static)) -> ProviderError {
    ProviderError::Unproven(format!("{what}: {}", crate::http::chain(error)))
}

/// Why an ID token is not believed.
enum Unverified {
    /// No key fits; the provider may have others by now.
    Signature(String),
    /// Something else.
    Other(String),
}

impl From<Unverified> for ProviderError {
    fn from(error: Unverified) -> Self {
        match error {
            Unverified::Signature(why) | Unverified::Other(why) => Self::Unproven(why),
        }
    }
}

/// The claims of the ID token, whose signature, issuer, audience, nonce and time have been checked.
fn verified(client: &Asking, tokens: &Tokens, proofs: &Proofs, now: Timestamp) -> Result<Claims, Unverified> {
    use openidconnect::ClaimsVerificationError as Error;
    let token = tokens.id_token().ok_or_else(|| Unverified::Other("there is no ID token".to_owned()))?;
    let at = move || DateTime::<Utc>::from_timestamp_millis(now.0).unwrap_or(DateTime::<Utc>::MAX_UTC);
    let verifier = client.id_token_verifier().set_time_fn(at);
    let nonce = Nonce::new(proofs.nonce.clone());
    let claims = token.claims(&verifier, &nonce).map_err(|error| {
        let why = crate::http::chain(&error);
        match error {
            Error::SignatureVerification(_) => Unverified::Signature(why),
            _ => Unverified::Other(why),
        }
    })?;
    if let Some(told) = claims.access_token_hash() {
        let other = |error: &(dyn std::error::Error + 'static)| Unverified::Other(crate::http::chain(error));
        let algorithm = token.signing_alg().map_err(|error| other(&error))?;
        let key = token.signing_key(&verifier).map_err(|error| other(&error))?;
        let found = AccessTokenHash::from_token(tokens.access_token(), algorithm, key);
        if found.map_err(|error| other(&error))? != *told {
            return Err(Unverified::Other("the access token is another one's".to_owned()));
        }
    }
    Ok(Claims::of_token(claims))
}
