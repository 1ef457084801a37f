//! Writing values so that YAML reads them as what they are.

use super::super::outline::Style;

/// A text as a scalar: plain where that is read as the same text, in double quotes otherwise.
pub(super) fn text(value: &str, style: Style) -> String {
    match style {
        Style::Single if !value.contains('\'') => format!("'{value}'"),
        Style::Plain if is_plain(value) => value.to_owned(),
        _ => {
            let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
            format!("\"{escaped}\"")
        }
    }
}

/// A value that is YAML as it stands; in the quotes that are there already, when it is a plain scalar.
pub(super) fn yaml(value: &str, style: Style) -> String {
    let quoted = value.starts_with(['"', '\'', '[', '{']);
    match style {
        Style::Single if !quoted => format!("'{value}'"),
        Style::Double if !quoted => format!("\"{value}\""),
        _ => value.to_owned(),
    }
}

/// Whether a plain scalar of these characters is text to YAML 1.1, in brackets and outside of them. Some that are
/// would do, too, are refused: quotes never hurt.
fn is_plain(value: &str) -> bool {
    let words = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    let letter = |c: char| c.is_ascii_alphabetic();
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '+' | ' ');
    value.starts_with(letter)
        && value.chars().all(fine)
        && !value.ends_with(' ')
        && !words.iter().any(|word| value.eq_ignore_ascii_case(word))
        || value.starts_with(|c: char| c.is_ascii_digit())
            && value.chars().all(fine)
            && !value.ends_with(' ')
            // Digits with letters that no number and no date has.
            && value.chars().any(|c| letter(c) && !matches!(c.to_ascii_lowercase(), 'a'..='f' | 'o' | 'x' | 't' | 'z' | 'n'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{self, Value};

    #[test]
    fn every_name_is_read_back_as_itself() {
        for name in [
            "A100",
            "us-east-1",
            "p4d.24xlarge",
            "1xH100",
            "2x4090",
            "123",
            "1e5",
            "0x1F",
            "12:30",
            "yes",
            "N",
            "null",
            "NVIDIA A100 80GB PCIe",
            "a: b",
            "a #b",
            "[x]",
            "it's",
            "a\\\"b",
            "1_000",
            "2024-01-01",
            ".5",
            "~",
            "=",
            "<<",
            "Standard_NC24ads_A100_v4",
            "on",
            "3.10",
            "*a",
            "&a",
            "- a",
            "",
        ] {
            for style in [Style::Plain, Style::Single, Style::Double] {
                for list in [false, true] {
                    let scalar = text(name, style);
                    let document = if list { format!("[{scalar}, b]") } else { format!("- {scalar}\n") };
                    let read = yaml::load(&document).unwrap();
                    let Value::Seq(items) = &read.node(read.root.unwrap()).value else {
                        panic!("{document}")
                    };
                    assert_eq!(read.node(items[0].0).value, Value::Str(name.to_owned()), "{document}");
                }
            }
        }
    }
}
