//! The `.dstack.yml` model.
//!
//! [`check`] reads a text as dstack 0.18.2 does: the verdict and the normalised configuration are
//! the same to the letter. What there is to say about it is said all at once, in words of our own.

mod coerce;
mod context;
mod disk;
mod duration;
mod edits;
mod effects;
mod env;
mod environment;
mod fields;
mod gpu;
mod hints;
mod known;
mod memory;
mod model;
mod ports;
mod profile;
mod python;
mod range;
mod registry_auth;
mod resources;
mod scalars;
mod summary;
mod surprise;

pub(crate) use env::is_secret_name;
pub(crate) use hints::meaning;
pub use hints::{InlineHint, hints};
pub use known::check_with;
pub(crate) use model::number;
pub use model::*;
pub use summary::{SummaryItem, summary};

use crate::{
    diagnostics::{ByteRange, Code, Diagnostic, Severity, Sink},
    yaml::{self, Value},
};
use context::{At, Cx, Path};

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
}

impl Checked {
    /// Whether the text is a valid configuration.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        !self.diagnostics.iter().any(|d| d.severity == Severity::Error)
    }
}

/// Reads a configuration and says everything there is to say about it. Never panics, whatever the text.
#[must_use]
pub fn check(text: &str) -> Checked {
    if text.len() > TEXT_LIMIT {
        return too_long(text);
    }
    let mut sink = Sink::default();
    let document = match yaml::load(text) {
        Ok(document) => document,
        Err(error) => {
            syntax(&mut sink, text, &error);
            return Checked { diagnostics: sink.finish(text), ..Checked::default() };
        }
    };
    let Some(root) = document.root else {
        let end = ByteRange::new(text.len(), text.len());
        let begin = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        sink.report(Code::EmptyDocument, String::new(), end, "there is no configuration here".to_owned())
            .help("a configuration begins with `type: dev-environment`")
            .offer("begin one", end, format!("{begin}type: dev-environment\nide: vscode\n"));
        return Checked { diagnostics: sink.finish(text), ..Checked::default() };
    };
    let mut cx = Cx { text, doc: &document, sink };
    let range = document.node(root).range;
    // The whole of a mapping is nothing to underline.
    let key = match &document.node(root).value {
        Value::Map(entries) => entries.first().map_or(range, |entry| entry.key_range),
        _ => range,
    };
    let at = At { node: root, range, key, path: &Path::Root };
    let read = environment::configuration(&mut cx, at);
    let (configuration, written) = read.unzip();
    Checked { configuration, written: written.unwrap_or_default(), diagnostics: cx.sink.finish(text) }
}

/// As [`check`], for bytes that may not be text.
#[must_use]
pub fn check_bytes(bytes: &[u8]) -> Checked {
    match std::str::from_utf8(bytes) {
        Ok(text) => check(text),
        Err(_) if bytes.len() > TEXT_LIMIT => too_long(&String::from_utf8_lossy(bytes)),
        Err(error) => {
            let text = String::from_utf8_lossy(bytes);
            let start = error.valid_up_to();
            let mut sink = Sink::default();
            sink.report(
                Code::NotUtf8,
                String::new(),
                // The replacement character stands there now.
                ByteRange::new(start, start + '\u{fffd}'.len_utf8()),
                "this is not text in UTF-8".to_owned(),
            )
            .help("save the file as UTF-8; a configuration is plain text");
            Checked { diagnostics: sink.finish(&text), ..Checked::default() }
        }
    }
}

fn too_long(text: &str) -> Checked {
    let mut sink = Sink::default();
    let line = text.find(['\n', '\r']).unwrap_or(text.len()).min(80);
    let line = (0..=line).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
    let limit = TEXT_LIMIT / 1024;
    sink.report(
        Code::TextTooLong,
        String::new(),
        ByteRange::new(0, line),
        format!("the text is longer than {limit} KiB, the most that is checked"),
    )
    .help("something else was pasted here; a configuration is usually a few lines");
    Checked { diagnostics: sink.finish(text), ..Checked::default() }
}

/// Turns the reader's error into a diagnostic.
fn syntax(sink: &mut Sink, text: &str, error: &yaml::YamlError) {
    // An empty range has nothing to underline: take the character there.
    let next = text
        .get(error.range.start..)
        .and_then(|rest| rest.chars().next())
        .filter(|c| !matches!(c, '\n' | '\r'));
    let range = match next {
        Some(c) if error.range.start == error.range.end => {
            ByteRange::new(error.range.start, error.range.start + c.len_utf8())
        }
        _ => error.range,
    };
    let draft = sink.report(Code::YamlSyntax, String::new(), range, error.message.clone());
    if let Some(help) = error.help {
        draft.help(help);
    }
    if let Some(context) = &error.context {
        draft.related(context.range, context.message.clone());
    }
}
