//! Who asks the server for something, again and again.

use std::time::Duration;

use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};

use super::{figures::Times, phases::now};

/// A person of one session. Cheap to clone.
#[derive(Clone)]
pub(super) struct Person {
    http: Client,
    address: String,
    session: String,
}

impl Person {
    pub(super) fn new(address: &str, session: &str) -> Self {
        // One that is installed already is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder().no_proxy().timeout(Duration::from_secs(60)).build().expect("a client");
        Self { http, address: address.to_owned(), session: session.to_owned() }
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    pub(super) fn session(&self) -> &str {
        &self.session
    }

    async fn text(answer: Result<Response, reqwest::Error>) -> (StatusCode, String) {
        let answer = answer.expect("the server answers");
        (answer.status(), answer.text().await.expect("the answer has a text"))
    }

    /// What is at an address below `/api/v1`.
    pub(super) async fn get(&self, at: &str) -> String {
        let request = self.http.get(format!("{}/api/v1{at}", self.address)).header("cookie", &self.session);
        let (status, text) = Self::text(request.send().await).await;
        assert!(status.is_success(), "{at}: {status}: {text}");
        text
    }

    pub(super) async fn post(&self, at: &str, body: &Value) -> (StatusCode, String) {
        let request = self.http.post(format!("{}/api/v1{at}", self.address));
        let request = request
            .header("cookie", &self.session)
            .header("origin", &self.address)
            .header("content-type", "application/json")
            .body(body.to_string());
        Self::text(request.send().await).await
    }

    /// Launches a run.
    pub(super) async fn launch(&self, name: &str, configuration: &str) {
        let (status, text) =
            self.post("/runs", &json!({ "name": name, "configuration": configuration })).await;
        assert!(status.is_success(), "{name}: {status}: {text}");
    }

    /// Asks for a run's end.
    pub(super) async fn stop(&self, name: &str) {
        let (status, text) = self.post(&format!("/runs/{name}/stop"), &json!({})).await;
        assert!(status.is_success(), "{name}: {status}: {text}");
    }

    /// Adds how long something takes to `times`.
    pub(super) async fn timed<T>(times: &Times, work: impl Future<Output = T>) -> T {
        let begun = now();
        let done = work.await;
        times.add(begun.elapsed().as_millis() as i64);
        done
    }
}
