//! `GET /healthz`

/// Answers as long as the process does.
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}
