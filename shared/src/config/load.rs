//! From a text to the root of its document, whatever is written in it: a configuration or profiles.

use super::{
    TEXT_LIMIT,
    context::{At, Cx, Path},
    edits::line_break,
};
use crate::{
    diagnostics::{ByteRange, Code, Diagnostic, Sink},
    schema::Dialect,
    yaml::{self, Value},
};

/// What a text should hold, for when it holds nothing.
pub(super) struct What {
    /// The message.
    pub(super) missing: &'static str,
    /// How one begins.
    pub(super) help: &'static str,
    /// The lines of a smallest one.
    pub(super) start: &'static [&'static str],
}

impl What {
    /// Reports an empty document at `at`, where one may be begun.
    fn missing(&self, sink: &mut Sink, text: &str, at: ByteRange) {
        let eol = line_break(text);
        let begin = if at.start == 0 || text[..at.start].ends_with(['\n', '\r']) { "" } else { eol };
        let start = self.start.join(eol);
        sink.report(Code::EmptyDocument, String::new(), at, self.missing.to_owned()).help(self.help).offer(
            "begin one",
            at,
            format!("{begin}{start}{eol}"),
        );
    }
}

type Read<T> = (Option<T>, Vec<Diagnostic>);

/// Reads a text with `read`, unless there is nothing to read.
pub(super) fn text<T>(
    text: &str,
    dialect: Dialect,
    what: &What,
    read: impl FnOnce(&mut Cx<'_>, At<'_>) -> Option<T>,
) -> Read<T> {
    if text.len() > TEXT_LIMIT {
        return (None, too_long(text));
    }
    let mut sink = Sink::default();
    let document = match yaml::load(text) {
        Ok(document) => document,
        Err(error) => {
            syntax(&mut sink, text, &error);
            return (None, sink.finish(text));
        }
    };
    let Some(root) = document.root else {
        what.missing(&mut sink, text, ByteRange::new(text.len(), text.len()));
        return (None, sink.finish(text));
    };
    let range = document.node(root).range;
    if document.node(root).value == Value::Null {
        what.missing(&mut sink, text, range);
        return (None, sink.finish(text));
    }
    let mut cx = Cx { text, doc: &document, sink, dialect };
    // The whole of a mapping is nothing to underline.
    let key = match &document.node(root).value {
        Value::Map(entries) => entries.first().map_or(range, |entry| entry.key_range),
        _ => range,
    };
    let errors = cx.sink.errors();
    let value = read(&mut cx, At { node: root, range, key, path: &Path::Root });
    let good = cx.sink.errors() == errors;
    (value.filter(|_| good), cx.sink.finish(text))
}

/// As [`text`], for bytes that may not be text.
pub(super) fn bytes<T>(
    bytes: &[u8],
    dialect: Dialect,
    what: &What,
    read: impl FnOnce(&mut Cx<'_>, At<'_>) -> Option<T>,
) -> Read<T> {
    match std::str::from_utf8(bytes) {
        Ok(good) => text(good, dialect, what, read),
        Err(_) if bytes.len() > TEXT_LIMIT => (None, too_long(&String::from_utf8_lossy(bytes))),
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
            (None, sink.finish(&text))
        }
    }
}

fn too_long(text: &str) -> Vec<Diagnostic> {
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
    sink.finish(text)
}

/// Turns the reader's error into a diagnostic.
fn syntax(sink: &mut Sink, text: &str, error: &yaml::YamlError) {
    let draft = sink.report(Code::YamlSyntax, String::new(), shown(text, error.range), error.message.clone());
    if let Some(help) = error.help {
        draft.help(help);
    }
    if let Some(context) = &error.context {
        draft.related(shown(text, context.range), context.message.clone());
    }
}

/// An empty range has nothing to underline: the character there is taken, unless the line ends there.
fn shown(text: &str, range: ByteRange) -> ByteRange {
    let next =
        text.get(range.start..).and_then(|rest| rest.chars().next()).filter(|c| !matches!(c, '\n' | '\r'));
    match next {
        Some(c) if range.start == range.end => ByteRange::new(range.start, range.start + c.len_utf8()),
        _ => range,
    }
}
