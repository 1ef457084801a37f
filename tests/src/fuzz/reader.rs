//! The YAML reader.

use berth_shared::{
    diagnostics::ByteRange,
    yaml::{Value, YamlError, load, parse},
};

use super::{assert_inside, text};

/// It answers, its places lie in the text and in order, and what it makes takes no more room than the text is long.
pub(super) fn answers(bytes: &[u8]) {
    let text = text(bytes);
    match parse(text) {
        Err(error) => {
            inside(text, &error);
            assert!(load(text).is_err(), "it loads without parsing: {text:?}");
        }
        Ok(events) => {
            // Each event but the six that frame a document comes from a character of its own.
            assert!(events.len() <= 3 * text.len() + 6, "{} events of {} bytes", events.len(), text.len());
            let mut last = 0;
            for event in &events {
                assert_inside(text, event.content, "an event");
                assert_inside(text, ByteRange::new(event.start.offset, event.end.offset), "an event");
                assert!(event.start.offset >= last, "events are out of order in {text:?}");
                last = event.start.offset;
            }
        }
    }
    match load(text) {
        Err(error) => inside(text, &error),
        Ok(document) => {
            assert!(document.len() <= 3 * text.len() + 3, "too many nodes of {text:?}");
            for node in document.iter() {
                assert_inside(text, node.range, "a node");
                match &node.value {
                    Value::Seq(items) | Value::Set(items) => {
                        items.iter().for_each(|item| assert_inside(text, item.1, "an item"));
                    }
                    Value::Map(entries) => entries.iter().for_each(|entry| {
                        assert_inside(text, entry.key_range, "a key");
                        assert_inside(text, entry.value_range, "a value");
                    }),
                    _ => {}
                }
            }
        }
    }
}

fn inside(text: &str, error: &YamlError) {
    assert_inside(text, error.range, "a mistake");
    if let Some(context) = &error.context {
        assert_inside(text, context.range, "a context");
    }
    assert!(!error.message.is_empty(), "a mistake without words in {text:?}");
}
