//! What is known about one file.

use berth_shared::{
    config::{Configuration, NamedProfile, Normalised, Reading, Told, check_bytes, check_profiles_bytes},
    diagnostics::{Diagnostic, Fixed, Severity},
};
use serde::{Serialize, Serializer};

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
    /// As which release of dstack it was read, and why; not for profiles.
    #[serde(flatten)]
    pub(super) told: Option<Told>,
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
        let (diagnostics, config, profiles, told) = match kind {
            Kind::Configuration => {
                let checked = check_bytes(&bytes, reading);
                (checked.diagnostics, checked.configuration, None, Some(checked.told))
            }
            Kind::Profiles => {
                let checked = check_profiles_bytes(&bytes);
                (checked.diagnostics, None, checked.profiles, None)
            }
        };
        let ok = diagnostics.iter().all(|d| d.severity != Severity::Error);
        Self { file, ok, diagnostics, told, config, profiles, fixed: Vec::new(), kind, bytes }
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
