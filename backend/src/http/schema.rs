//! `GET /schema/dstack-0.18.json`, `GET /schema/dstack-0.22.json` and `GET /schema/dstack-0.18-profiles.json`
//!
//! For editors, which send no cookie: like the dashboard's files they are the same for everybody, and need no
//! session.

use std::sync::LazyLock;

use axum::{
    http::{HeaderName, header},
    response::IntoResponse,
};
use berth_shared::schema::{
    Dialect,
    json::{File, json_schema},
};

pub(super) const CONFIGURATION: &str = "/schema/dstack-0.18.json";
pub(super) const NEWER: &str = "/schema/dstack-0.22.json";
pub(super) const PROFILES: &str = "/schema/dstack-0.18-profiles.json";

/// A release of Berth may add to it, so that it is asked for again after an hour. Any page may read it.
const HEADERS: [(HeaderName, &str); 3] = [
    (header::CONTENT_TYPE, "application/schema+json"),
    (header::CACHE_CONTROL, "public, max-age=3600"),
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
];

/// The JSON Schema of `.dstack.yml` as dstack 0.18 reads it.
pub(super) async fn configuration() -> impl IntoResponse {
    static TEXT: LazyLock<String> = LazyLock::new(|| json_schema(File::Configuration(Dialect::V0_18)));
    (HEADERS, TEXT.as_str())
}

/// The JSON Schema of `.dstack.yml` as dstack 0.22 reads it.
pub(super) async fn newer() -> impl IntoResponse {
    static TEXT: LazyLock<String> = LazyLock::new(|| json_schema(File::Configuration(Dialect::V0_22)));
    (HEADERS, TEXT.as_str())
}

/// The JSON Schema of `.dstack/profiles.yml`.
pub(super) async fn profiles() -> impl IntoResponse {
    static TEXT: LazyLock<String> = LazyLock::new(|| json_schema(File::Profiles));
    (HEADERS, TEXT.as_str())
}
