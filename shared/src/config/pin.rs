//! The comment in the first line that says in which dialect a text is.

use super::pinned;
use crate::{
    diagnostics::{ByteRange, LineIndex, TextEdit},
    schema::Dialect,
};

/// The edit that has the first line of a text name a dialect (`# dstack: 0.22`), or none; `None` where that is so
/// already. All other lines stay.
#[must_use]
pub fn pin(text: &str, dialect: Option<Dialect>) -> Option<TextEdit> {
    let before = pinned(text);
    if before == dialect {
        return None;
    }
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let line = text.get(start..)?.lines().next().unwrap_or_default();
    let end = if before.is_some() { start + line.len() } else { start };
    let comment = dialect.map(|dialect| format!("# dstack: {}", dialect.name()));
    // Where the line goes, and where a new one comes, its end does, too.
    let rest = text.get(end..)?;
    let (end, new_text) = match (before, comment) {
        (Some(_), Some(comment)) => (end, comment),
        (Some(_), None) => {
            let line_end = ["\r\n", "\n"].into_iter().find(|line_end| rest.starts_with(line_end));
            (end + line_end.map_or(0, str::len), String::new())
        }
        (None, comment) => {
            let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
            (end, comment? + line_end)
        }
    };
    Some(TextEdit { range: LineIndex::new(text).range(ByteRange::new(start, end)), new_text })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::apply_edits;

    fn after(text: &str, dialect: Option<Dialect>) -> Option<String> {
        apply_edits(text, &[pin(text, dialect)?])
    }

    #[test]
    fn a_pin_is_written_changed_and_removed_and_all_else_stays() {
        let (old, new) = (Some(Dialect::V0_18), Some(Dialect::V0_22));
        let text = "# mine\ntype: dev-environment\n";
        let pinned = format!("# dstack: 0.22\n{text}");
        assert_eq!(after(text, new).as_deref(), Some(&*pinned));
        assert_eq!(after(&pinned, old), Some(pinned.replace("0.22", "0.18")));
        assert_eq!(after(&pinned, None).as_deref(), Some(text));
        assert_eq!(after(&pinned, new), None);
        assert_eq!(after(text, None), None);
        assert_eq!(after("", new).as_deref(), Some("# dstack: 0.22\n"));
        assert_eq!(after("# dstack: 0.22", None).as_deref(), Some(""));
    }

    #[test]
    fn line_ends_and_a_byte_order_mark_stay() {
        let text = "\u{feff}type: dev-environment\r\nide: vscode\r\n";
        let pinned = text.replacen("type", "# dstack: 0.18\r\ntype", 1);
        assert_eq!(after(text, Some(Dialect::V0_18)).as_deref(), Some(&*pinned));
        assert_eq!(after(&pinned, None).as_deref(), Some(text));
    }
}
