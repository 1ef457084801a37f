//! The API over HTTP: a file for each endpoint.

mod health;

use axum::{Router, routing::get};

/// All routes.
pub fn router() -> Router {
    Router::new().route("/healthz", get(health::healthz))
}
