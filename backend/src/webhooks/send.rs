//! Sends one notification.

use std::time::Duration;

use berth_shared::time::Timestamp;
use reqwest::{Client, StatusCode, Url, header::CONTENT_TYPE, redirect};

use super::{
    egress::{Barred, Egress},
    sign::signature,
};

/// How long the other side may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What became of a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// It arrived.
    Arrived,
    /// It did not, and why; worth another try.
    Failed(String),
    /// It did not, and never will.
    Unwanted(String),
}

/// Sends notifications. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Sender {
    http: Client,
    egress: Egress,
}

impl Sender {
    /// That reaches what it may.
    ///
    /// # Errors
    /// When the machine's certificates cannot be read.
    pub(crate) fn new(egress: Egress) -> Result<Self, reqwest::Error> {
        // One that is installed already is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = Client::builder()
            .user_agent(concat!("berth/", env!("CARGO_PKG_VERSION")))
            .timeout(PATIENCE)
            .connect_timeout(PATIENCE)
            // Whoever answers may not send us anywhere, and a proxy would look names up by itself.
            .redirect(redirect::Policy::none())
            .no_proxy()
            // What is open was looked at when it was opened; each try looks anew.
            .pool_max_idle_per_host(0)
            .dns_resolver(egress.clone());
        Ok(Self { http: builder.build()?, egress })
    }

    /// One try.
    pub(crate) async fn send(&self, url: &str, secret: &str, id: &str, body: &str, now: Timestamp) -> Sent {
        let Ok(url) = Url::parse(url) else { return Sent::Unwanted("its address cannot be read".to_owned()) };
        if let Err(barred) = self.egress.check(&url) {
            return Sent::Failed(barred.to_string());
        }
        let second = now.0.div_euclid(1000);
        let Some(signature) = signature(secret, id, second, body) else {
            return Sent::Unwanted("its secret cannot be read; add the webhook anew".to_owned());
        };
        let request = self.http.post(url).header(CONTENT_TYPE, "application/json").header("webhook-id", id);
        let request = request.header("webhook-timestamp", second).header("webhook-signature", signature);
        match request.body(body.to_owned()).send().await {
            // What the answer says beyond its status is nobody's business here, and is not read.
            Ok(answer) => outcome(answer.status()),
            Err(error) => Sent::Failed(why(&error)),
        }
    }
}

fn outcome(status: StatusCode) -> Sent {
    match status {
        status if status.is_success() => Sent::Arrived,
        StatusCode::GONE => Sent::Unwanted("it answers that it is gone for good (410)".to_owned()),
        status if status.is_redirection() => {
            Sent::Failed(format!("it leads elsewhere ({}), which is not followed", status.as_u16()))
        }
        status => Sent::Failed(format!("it answers with {}", status.as_u16())),
    }
}

/// In words, without the address, which may have secrets in it.
fn why(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("it does not answer within {} s", PATIENCE.as_secs());
    }
    let mut cause: &(dyn std::error::Error + 'static) = error;
    let mut last = "it cannot be reached".to_owned();
    while let Some(source) = cause.source() {
        if let Some(barred) = source.downcast_ref::<Barred>() {
            return barred.to_string();
        }
        last = source.to_string();
        cause = source;
    }
    let last = last.split(" (os error").next().unwrap_or_default().to_owned();
    format!("it cannot be reached: {last}")
}
