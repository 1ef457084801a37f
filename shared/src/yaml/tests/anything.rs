//! Whatever the text, the reader answers, and every place it names lies in the text.

use proptest::prelude::*;

use crate::diagnostics::ByteRange;
use crate::yaml::{EventKind, Value, YamlError, load, parse};

/// Pieces that mean something to YAML, so that texts made of them get further than arbitrary ones.
const PIECES: [&str; 62] = [
    "- ",
    "? ",
    ": ",
    ":",
    ", ",
    "[",
    "]",
    "{",
    "}",
    "#",
    " #",
    "&a ",
    "*a",
    "&b ",
    "*b",
    "!",
    "!!str ",
    "!!int ",
    "!!set ",
    "!!omap ",
    "!!pairs ",
    "!!binary ",
    "!x ",
    "!e!x ",
    "|",
    ">",
    "|2-\n",
    "'",
    "\"",
    "%YAML 1.1\n",
    "%TAG !e! x\n",
    "---",
    "...\n",
    "\t",
    " ",
    "  ",
    "\n",
    "\n  ",
    "\r\n",
    "\r",
    "\u{85}",
    "\u{2028}",
    "\u{feff}",
    "é",
    "😀",
    "key",
    "<<: *a",
    "<<: [*a, *b]",
    "=",
    "yes",
    "0x1F",
    "1:30.5",
    "2024-13-01",
    "\\u263a",
    "\\",
    "%41",
    "%C3",
    "\u{7}",
    "@",
    "a: 1\n",
    "{a: b}",
    "\n- ",
];

fn yaml_like() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&PIECES[..]), 0..24).prop_map(|pieces| pieces.concat())
}

fn assert_inside(text: &str, range: ByteRange) {
    assert!(text.get(range.start..range.end).is_some(), "{range:?} is no range of {text:?}");
}

fn assert_error_inside(text: &str, error: &YamlError) {
    assert_inside(text, error.range);
    if let Some(context) = &error.context {
        assert_inside(text, context.range);
    }
    assert!(!error.message.is_empty());
}

fn assert_answers(text: &str) {
    match parse(text) {
        Err(error) => {
            assert_error_inside(text, &error);
            assert!(load(text).is_err(), "loads without parsing: {text:?}");
        }
        Ok(events) => {
            let mut last = 0;
            for event in events {
                assert_inside(text, event.content);
                assert_inside(text, ByteRange::new(event.start.offset, event.end.offset));
                assert!(event.start.offset >= last, "events are out of order in {text:?}");
                last = event.start.offset;
            }
        }
    }
    match load(text) {
        Err(error) => assert_error_inside(text, &error),
        Ok(document) => {
            for node in &document.nodes {
                assert_inside(text, node.range);
                match &node.value {
                    Value::Seq(items) | Value::Set(items) => {
                        items.iter().for_each(|item| assert_inside(text, item.1));
                    }
                    Value::Map(entries) => entries.iter().for_each(|entry| {
                        assert_inside(text, entry.key_range);
                        assert_inside(text, entry.value_range);
                    }),
                    _ => {}
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_text_is_answered(text: String) {
        assert_answers(&text);
    }

    #[test]
    fn any_text_that_looks_like_yaml_is_answered(text in yaml_like()) {
        assert_answers(&text);
    }

    #[test]
    fn a_quoted_text_is_itself(text in "[ -~é😀]*") {
        let quoted = format!("'{}'", text.replace('\'', "''"));
        let document = load(&quoted).expect("it loads");
        let node = document.node(document.root.expect("it has a root"));
        prop_assert_eq!(&node.value, &Value::Str(text));
    }

    #[test]
    fn any_integer_is_itself(n: i128) {
        let document = load(&n.to_string()).expect("it loads");
        let node = document.node(document.root.expect("it has a root"));
        prop_assert_eq!(&node.value, &Value::Int(n));
    }

    #[test]
    fn line_ends_of_windows_change_nothing_but_offsets(text in yaml_like()) {
        let text = text.replace('\r', "");
        let read = |text: &str| {
            let events = parse(text).ok()?.into_iter();
            let lines = |e: crate::yaml::Event| {
                let kind = match e.kind {
                    EventKind::Scalar { value, style, .. } => format!("{style:?} {value}"),
                    EventKind::Alias { name } => name,
                    kind => format!("{:?}", std::mem::discriminant(&kind)),
                };
                (kind, e.start.line, e.start.column, e.end.line, e.end.column)
            };
            Some(events.map(lines).collect::<Vec<_>>())
        };
        prop_assert_eq!(read(&text), read(&text.replace('\n', "\r\n")));
    }
}
