//! What is known about one file.

use berth_shared::{
    config::{Configuration, NamedProfile, Normalised, check_bytes_in, check_profiles_bytes},
    diagnostics::{Diagnostic, Fixed, Severity},
    schema::Dialect,
};
use serde::{Serialize, Serializer};

use super::Reading;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Configuration,
    Profiles,
}

/// What is known about one file. This is the JSON of `--format json` and `jsonl`.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) file: String,
    pub(super) ok: bool,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// As which release of dstack it was read; not for profiles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dialect: Option<Dialect>,
    /// The normalised configuration; null when there is an error, and for profiles.
    #[serde(serialize_with = "normalised")]
    pub(super) config: Option<Configuration>,
    /// For profiles alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) profiles: Option<Vec<NamedProfile>>,
    /// With `--fix`: what was mended.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) fixed: Vec<Fixed>,
    #[serde(skip)]
    pub(super) kind: Kind,
    /// As it was read, or mended.
    #[serde(skip)]
    pub(super) bytes: Vec<u8>,
}

impl Report {
    /// Checks a file.
    pub(super) fn new(file: String, kind: Kind, reading: Reading, bytes: Vec<u8>) -> Self {
        let dialect = (kind == Kind::Configuration).then(|| reading.of(&bytes));
        let (diagnostics, config, profiles) = match kind {
            Kind::Configuration => {
                let checked = check_bytes_in(&bytes, dialect.unwrap_or_default());
                (checked.diagnostics, checked.configuration, None)
            }
            Kind::Profiles => {
                let checked = check_profiles_bytes(&bytes);
                (checked.diagnostics, None, checked.profiles)
            }
        };
        let ok = diagnostics.iter().all(|d| d.severity != Severity::Error);
        Self { file, ok, diagnostics, dialect, config, profiles, fixed: Vec::new(), kind, bytes }
    }

    /// The text that the ranges of the diagnostics are of.
    pub(super) fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes)
    }
}

/// As the release of dstack writes it that it was read as.
#[expect(clippy::ref_option, reason = "serde's own form")]
fn normalised<S: Serializer>(config: &Option<Configuration>, to: S) -> Result<S::Ok, S::Error> {
    match config.as_ref().and_then(Normalised::of) {
        Some(newer) => newer.serialize(to),
        None => config.serialize(to),
    }
}
