//! Where a fix may take something away or put something in without disturbing what stands around it.

use super::context::Cx;
use crate::{diagnostics::ByteRange, yaml::Node};

impl Cx<'_> {
    /// What to delete to remove an entry: its lines, when nothing else stands on them; in braces, the
    /// entry and one comma. `None` when that cannot be told.
    pub(super) fn removal(&self, key: ByteRange, value: ByteRange) -> Option<ByteRange> {
        let before = self.text.get(..key.start)?;
        // An alias stands after its key; the anchor elsewhere.
        let end = key.start + self.text.get(key.start..value.end.max(key.end))?.trim_end().len();
        let after = self.text.get(end..)?;
        let start = line_start(before);
        let line = after.find('\n').map_or(after.len(), |i| i + 1);
        let tail = after[..line].trim();
        let alone =
            before[start..].trim().is_empty() && (tail.is_empty() || tail == ":" || tail.starts_with('#'));
        if alone && self.bracket_around(key).is_none() {
            return Some(ByteRange::new(start, end + line));
        }
        // `{a: 1, b: 2}`: with the comma before, or else the one after.
        let head = before.trim_end_matches(' ');
        let rest = after.trim_start_matches(' ');
        if let Some(head) = head.strip_suffix(',') {
            rest.starts_with([',', '}']).then(|| ByteRange::new(head.len(), end))
        } else if head.ends_with('{') {
            match rest.strip_prefix(',') {
                Some(rest) => {
                    Some(ByteRange::new(key.start, self.text.len() - rest.trim_start_matches(' ').len()))
                }
                None => rest.starts_with('}').then(|| ByteRange::new(key.start, end)),
            }
        } else {
            None
        }
    }

    /// The bracket of the innermost flow collection around an entry.
    fn bracket_around(&self, key: ByteRange) -> Option<u8> {
        let around =
            |node: &&Node| node.text.is_none() && node.range.start < key.start && key.end < node.range.end;
        let bracket = |node: &Node| {
            let first = *self.text.as_bytes().get(node.range.start)?;
            matches!(first, b'{' | b'[').then_some((node.range.start, first))
        };
        self.doc.nodes.iter().filter(around).filter_map(bracket).max().map(|(_, first)| first)
    }

    /// An insertion that adds `line` (`name: value`) beside the entry with this key: where, and what.
    pub(super) fn addition(
        &self,
        key: ByteRange,
        value: ByteRange,
        line: &str,
    ) -> Option<(ByteRange, String)> {
        let before = self.text.get(..key.start)?;
        let here = |text| Some((ByteRange::new(key.start, key.start), text));
        match self.bracket_around(key) {
            Some(b'{') => return here(format!("{line}, ")),
            Some(_) => return None,
            None => {}
        }
        let indent = &before[line_start(before)..];
        // `- key: …`: what follows stands below the key, not below the dash.
        if !indent.chars().all(|c| matches!(c, ' ' | '-')) {
            return None;
        }
        let indent = " ".repeat(indent.len());
        let end = value.end.max(key.end);
        let entry = self.text.get(key.start..end)?;
        let rest = self.text.get(end..)?;
        let tail = &rest[..rest.find(['\n', '\r']).unwrap_or(rest.len())];
        let eol = self.line_break();
        if !entry.contains(['\n', '\r']) && (tail.trim().is_empty() || tail.trim_start().starts_with('#')) {
            let at = end + tail.len();
            return Some((ByteRange::new(at, at), format!("{eol}{indent}{line}")));
        }
        here(format!("{line}{eol}{indent}"))
    }

    /// How the lines of the text end.
    pub(super) fn line_break(&self) -> &'static str {
        line_break(self.text)
    }
}

/// How the lines of a text end.
pub(super) fn line_break(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

fn line_start(before: &str) -> usize {
    before.rfind(['\n', '\r']).map_or(0, |i| i + 1)
}
