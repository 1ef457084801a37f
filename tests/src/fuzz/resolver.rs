//! What a plain scalar is read as.

use berth_shared::yaml::{Value, load};

use super::text;

/// Where YAML 1.1 ends a line.
const LINE_ENDS: [char; 5] = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];

/// A scalar is read as something, quoting it makes it text again, and a number is the same however it is wrapped.
pub(super) fn answers(bytes: &[u8]) {
    let Some(line) = text(bytes).split(LINE_ENDS).next() else { return };
    let read = |text: &str| {
        let document = load(text).ok()?;
        document.root.map(|root| document.node(root).value.clone())
    };
    let item = |value: Option<Value>, text: &str| match (value, load(text)) {
        (Some(Value::Seq(items)), Ok(document)) => {
            items.first().map(|(id, _)| document.node(*id).value.clone())
        }
        _ => None,
    };
    let block = format!("- {line}\n");
    let Some(value) = item(read(&block), &block) else { return };
    let same = |other: &Value| format!("{value:?}") == format!("{other:?}");
    // At the beginning of a text these belong to the document, not to the scalar.
    let of_document = ["\u{feff}", "%", "---", "..."].iter().any(|mark| line.starts_with(mark));
    if let Some(alone) = read(line)
        && !of_document
        && !matches!(value, Value::Seq(_) | Value::Map(_))
    {
        assert!(same(&alone), "{line:?} is {alone:?} alone and {value:?} in a list");
    }
    let quoted = format!("- '{}'\n", line.replace('\'', "''"));
    if let Some(text) = item(read(&quoted), &quoted) {
        assert!(matches!(text, Value::Str(_)), "{quoted:?} is {text:?}");
    }
}
