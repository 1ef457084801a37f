//! What there is to say about a conversion.

use std::io::{self, Write};

use berth_shared::{
    config::{ConvertError, Converted},
    diagnostics::{Diagnostic, Range},
    schema::Dialect,
};
use serde::Serialize;

/// This is the JSON of `--format json`.
#[derive(Serialize)]
pub(super) struct Report<'r> {
    file: &'r str,
    pub(super) ok: bool,
    from: Dialect,
    to: Dialect,
    /// Why it is not converted; absent when it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
    /// About the text before.
    diagnostics: &'r [Diagnostic],
    /// `text`, `edits`, `changed` and `lost`; absent when there is an error.
    #[serde(flatten)]
    pub(super) converted: Option<Converted>,
}

impl<'r> Report<'r> {
    /// `result` is `None` for what is not valid.
    pub(super) fn new(
        file: &'r str,
        from: Dialect,
        to: Dialect,
        diagnostics: &'r [Diagnostic],
        result: Option<Result<Converted, ConvertError>>,
    ) -> Self {
        let invalid = || {
            let errors =
                diagnostics.iter().filter(|d| d.severity == berth_shared::diagnostics::Severity::Error);
            ConvertError::Invalid { from, errors: errors.count() }
        };
        let (converted, error) = match result.unwrap_or_else(|| Err(invalid())) {
            Ok(converted) => (Some(converted), None),
            Err(error) => (None, Some(format!("`{file}` is not converted: {error}"))),
        };
        Self { file, ok: error.is_none(), from, to, error, diagnostics, converted }
    }

    /// What was changed and what is lost, for people.
    pub(super) fn write(&self, err: &mut dyn Write) -> io::Result<()> {
        let Some(Converted { changed, lost, .. }) = &self.converted else { return Ok(()) };
        let place = |range: Range| format!("{}:{}", self.file, range.start.line + 1);
        for change in changed {
            let after = match (&change.before, &change.after) {
                (Some(before), Some(after)) => format!("{before} is {after} now"),
                (None, Some(after)) => format!("{after} is said now"),
                (before, None) => {
                    format!("{} is gone: it said nothing", before.as_deref().unwrap_or_default())
                }
            };
            writeln!(err, "changed: {}: {after}", place(change.range))?;
        }
        for lost in lost {
            writeln!(err, "lost: {}: `{}`: {}", place(lost.range), lost.path, lost.message)?;
        }
        let (from, to) = (self.from.name(), self.to.name());
        match (self.from == self.to, changed.len(), lost.len()) {
            (true, ..) => writeln!(err, "it is a configuration of dstack {to} already"),
            (_, 0, 0) => writeln!(err, "dstack {to} reads the same of it as dstack {from}"),
            (_, _, 0) => writeln!(err, "converted from dstack {from} to {to}: nothing is lost"),
            (_, _, lost) => {
                let those = if lost == 1 { "1 thing is" } else { &format!("{lost} things are") };
                writeln!(
                    err,
                    "converted from dstack {from} to {to}: {those} lost; comments in the text keep what was written"
                )
            }
        }
    }
}
