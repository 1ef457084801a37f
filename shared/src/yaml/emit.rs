//! Texts as YAML 1.1 scalars that read back as the very same text.

use std::fmt::Write as _;

use super::resolver::{Tag, resolve_scalar};

/// The text as a scalar on one line, in double quotes unless it stays the same text without. Fits
/// everywhere, in brackets and as a key too (of up to 1,000 characters).
#[must_use]
pub fn scalar(text: &str) -> String {
    // Fewer than YAML allows: enough for commands and names, and plain to see that none is an indicator.
    let first = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '$');
    let inner = |c: char| {
        first(c) || matches!(c, ' ' | '-' | '+' | '=' | '@' | '%' | '*' | '~' | '^' | '(' | ')' | ';')
    };
    let plain = text.starts_with(first)
        && text.chars().all(inner)
        && !text.ends_with(' ')
        // A document's end, when it comes to stand at the start of a line.
        && !text.starts_with("...")
        && resolve_scalar(text) == Tag::Str;
    if plain { text.to_owned() } else { quoted(text) }
}

/// The text in double quotes.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            // What a reader refuses, breaks lines at, or takes for a mark of the encoding.
            _ if c.is_control() => _ = write!(out, "\\x{:02x}", u32::from(c)),
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::yaml::{Value, load};

    fn read(yaml: &str) -> Option<Vec<Value>> {
        let document = load(yaml).ok()?;
        let Value::Map(entries) = &document.node(document.root?).value else { return None };
        let [entry] = &entries[..] else { return None };
        let values = [entry.key, entry.value].map(|node| document.node(node).value.clone());
        Some(values.into())
    }

    fn same(text: &str) {
        let scalar = scalar(text);
        assert!(!scalar.contains('\n'), "{scalar}");
        let expected = Some(vec![Value::Str(text.to_owned()); 2]);
        for yaml in [format!("{scalar}: {scalar}\n"), format!("{{{scalar}: {scalar}}}")] {
            assert_eq!(read(&yaml), expected, "{yaml}");
        }
    }

    #[test]
    fn what_would_be_read_as_something_else_is_quoted() {
        for text in [
            "",
            " ",
            "yes",
            "No",
            "null",
            "~",
            "3.10",
            "010",
            "0o10",
            "1e3",
            "1:30",
            "22:22",
            "2024-01-01",
            "=",
            "<<",
            "-",
            "a: b",
            "a #b",
            "a ",
            "...",
            "---",
            "é",
            "\u{85}",
            "\u{2028}",
            "\u{feff}",
            "\"\\",
            "a\nb",
            "\u{7f}",
            "\0",
            "*a",
            "&a",
            "%a",
            "@",
            "`",
            "pip install -r requirements.txt",
            "$HOME/x=(1)",
            "0x1F",
            ".inf",
            "1_000",
            "🚢",
        ] {
            same(text);
        }
        for text in ["pip install -r requirements.txt", "A100", "/root", "eu-west-1", "0o10", "1e3"] {
            assert_eq!(scalar(text), text);
        }
    }

    proptest! {
        #[test]
        fn any_text_reads_back_as_it_is(text in "(?s).{0,40}") {
            same(&text);
        }
    }
}
