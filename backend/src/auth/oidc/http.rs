//! Requests to the provider.

use std::{pin::Pin, time::Duration};

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::{Client, Url, redirect};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The largest answer, bytes: sets of keys are the longest, and have some thousand.
const MAX_ANSWER: usize = 1 << 20;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum HttpError {
    /// It could not be asked.
    #[error("the provider cannot be reached")]
    Away(#[from] reqwest::Error),
    /// It does not end.
    #[error("the provider answers with more than {} KiB", MAX_ANSWER / 1024)]
    TooLong,
    /// It cannot be told on.
    #[error("the provider's answer makes no sense")]
    Garbled(#[from] openidconnect::http::Error),
}

/// Asks the provider, and nobody whom it would send us to instead.
#[derive(Clone, Debug)]
pub(super) struct Http(Client);

impl Http {
    /// For the provider at `issuer`.
    ///
    /// # Errors
    /// When there is no way to make requests at all.
    pub(super) fn new(issuer: &Url) -> Result<Self, reqwest::Error> {
        // One that is installed already is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = Client::builder()
            .user_agent(concat!("berth/", env!("CARGO_PKG_VERSION")))
            .timeout(PATIENCE)
            .redirect(redirect::Policy::none());
        let builder = if super::is_loopback(issuer) { builder.no_proxy() } else { builder };
        Ok(Self(builder.build()?))
    }

    /// Sends a request; the whole answer.
    async fn send(self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (parts, body) = request.into_parts();
        let request = self.0.request(parts.method, parts.uri.to_string()).headers(parts.headers).body(body);
        let mut answer = request.send().await?;
        let mut response = openidconnect::http::Response::builder().status(answer.status());
        for (name, value) in answer.headers() {
            response = response.header(name, value);
        }
        let mut bytes = Vec::new();
        while let Some(piece) = answer.chunk().await? {
            if bytes.len() + piece.len() > MAX_ANSWER {
                return Err(HttpError::TooLong);
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(response.body(bytes)?)
    }
}

impl AsyncHttpClient<'_> for Http {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send>>;

    fn call(&self, request: HttpRequest) -> Self::Future {
        Box::pin(self.clone().send(request))
    }
}
