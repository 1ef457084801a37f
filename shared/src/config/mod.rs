//! The `.dstack.yml` model.
//!
//! [`check`] reads a text as dstack 0.18.2 does, and [`check_in`] as the dialect that it is told, or as the text itself
//! tells: the verdict and the normalised configuration are the same to the letter. What there is to say about it is said
//! all at once, in words of our own.

mod coerce;
mod context;
mod convert;
mod dialect;
mod disk;
mod duration;
mod edits;
mod effects;
mod emit;
mod env;
mod environment;
mod fields;
mod gpu;
mod hints;
mod impossible;
mod known;
mod load;
mod meaning;
mod memory;
mod merge;
mod mixed;
mod model;
mod newer;
mod pin;
mod ports;
mod profile;
mod profiles;
mod python;
mod range;
pub mod references;
mod registry_auth;
mod resources;
pub(crate) mod rewrite;
mod scalars;
mod secrets;
mod summary;
mod surprise;
mod variables;

pub use convert::{Changed, ConvertError, Converted, Lost, convert};
pub use dialect::{Reading, Told, Why, pinned};
pub use disk::MIN_DISK_GB;
pub use hints::{InlineHint, hints};
pub(crate) use meaning::meaning;
pub use merge::{DEFAULT_IDLE_SECONDS, Profile};
pub(crate) use model::number;
pub use model::*;
pub use newer::*;
pub use pin::pin;
pub use profiles::{
    CheckedProfiles, NamedProfile, NoSuchProfile, check_profiles, check_profiles_bytes, choose_profile,
};
pub use rewrite::{append, difference, place, set};
pub(crate) use secrets::is_secret_name;
pub use summary::{SummaryItem, summary};

use crate::{
    assist::Facts,
    diagnostics::{Diagnostic, Severity},
    schema::Dialect,
};
use context::{At, Cx};
use load::What;

/// The longest text that is checked, in bytes.
pub const TEXT_LIMIT: usize = 256 * 1024;

/// What [`check`] found.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// The typed configuration; `None` when there is an error.
    pub configuration: Option<Configuration>,
    /// Which requirements the author wrote, as opposed to defaults.
    pub written: Written,
    /// Everything there is to say, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// The dialect that it was read in, and why.
    pub told: Told,
}

impl Checked {
    /// Whether the text is a valid configuration.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        !self.diagnostics.iter().any(|d| d.severity == Severity::Error)
    }
}

const CONFIGURATION: What = What {
    missing: "there is no configuration here",
    help: "a configuration begins with `type: dev-environment`",
    start: &["type: dev-environment", "ide: vscode"],
};

/// Reads a configuration as dstack 0.18 does, and says everything there is to say about it. Never panics, whatever the text.
#[must_use]
pub fn check(text: &str) -> Checked {
    check_in(text, Dialect::V0_18, None)
}

/// As [`check`], as `reading` says, and with hints about names that the catalogue does not know. They change no verdict.
#[must_use]
pub fn check_in(text: &str, reading: impl Into<Reading>, facts: Option<&Facts>) -> Checked {
    dialect::told(text, reading.into(), |dialect| {
        checked(load::text(text, dialect, &CONFIGURATION, |cx, at| configuration(cx, at, facts)))
    })
}

/// As [`check_in`], as dstack 0.18 does.
#[must_use]
pub fn check_with(text: &str, facts: Option<&Facts>) -> Checked {
    check_in(text, Dialect::V0_18, facts)
}

/// [`check_in`] and [`hints`], for the price of one reading.
#[must_use]
pub fn check_and_hint(
    text: &str,
    reading: impl Into<Reading>,
    facts: Option<&Facts>,
) -> (Checked, Vec<InlineHint>) {
    // Those of the last reading that found no error: the one that was chosen, if it is without.
    let mut notes = Vec::new();
    let checked = dialect::told(text, reading.into(), |dialect| {
        checked(load::text(text, dialect, &CONFIGURATION, |cx, at| {
            let read = configuration(cx, at, facts);
            if let Some((configuration, _)) = read.as_ref().filter(|_| cx.sink.errors() == 0) {
                notes = hints::of_document(text, cx.doc, configuration);
            }
            read
        }))
    });
    (checked, notes)
}

fn configuration(cx: &mut Cx<'_>, at: At<'_>, facts: Option<&Facts>) -> Option<(Configuration, Written)> {
    let read = environment::configuration(cx, at);
    if let Some(facts) = facts {
        known::report_unknown(cx, at.node, facts);
    }
    read
}

/// As [`check_in`], for bytes that may not be text.
#[must_use]
pub fn check_bytes(bytes: &[u8], reading: impl Into<Reading>) -> Checked {
    dialect::told(&String::from_utf8_lossy(bytes), reading.into(), |dialect| {
        checked(load::bytes(bytes, dialect, &CONFIGURATION, |cx, at| configuration(cx, at, None)))
    })
}

fn checked((read, diagnostics): (Option<(Configuration, Written)>, Vec<Diagnostic>)) -> Checked {
    let (configuration, written) = read.unzip();
    Checked { configuration, written: written.unwrap_or_default(), diagnostics, told: Told::default() }
}
