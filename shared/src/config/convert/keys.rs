//! Keys at the top of a text, renamed, taken out or kept as a comment; all else stays as it stands.

use crate::{
    config::{
        context::Cx,
        edits::line_break,
        pinned,
        rewrite::{self, written_end},
    },
    diagnostics::{ByteRange, Sink},
    schema::Dialect,
    yaml::{self, Document, MapEntry, Value},
};

/// The first line names the other dialect where it named one.
pub(super) fn pin(text: &str, to: Dialect) -> String {
    match pinned(text) {
        // A name has no part that stands in the words before it.
        Some(from) => text.replacen(from.name(), to.name(), 1),
        None => text.to_owned(),
    }
}

/// The text without a key, its lines kept as comments that say why. `None` where that cannot be done.
pub(super) fn comment_out(text: &str, name: &str, why: &str) -> Option<String> {
    each(text, name, |text, document, entry| match lines(text, document, entry) {
        Some(lines) => {
            let old = text.get(lines.start..lines.end)?;
            Some(format!("{}{}{}", &text[..lines.start], commented(old, why), &text[lines.end..]))
        }
        // Between brackets there is no line for a comment.
        None => {
            let without = removed(text, document, entry)?;
            let begin = if without.ends_with(is_break) { "" } else { line_break(text) };
            Some(format!("{without}{begin}{}", as_comment(text, name, why)?))
        }
    })
}

/// The text without a key that says nothing.
pub(super) fn remove(text: &str, name: &str) -> Option<String> {
    each(text, name, |text, document, entry| match lines(text, document, entry) {
        Some(lines) => Some(format!("{}{}", &text[..lines.start], &text[lines.end..])),
        None => removed(text, document, entry),
    })
}

/// The text with the lines of a field said once more above it, as a comment that says why.
pub(super) fn remember(text: &str, path: &str, why: &str) -> Option<String> {
    let document = yaml::load(text).ok()?;
    let mut shown = path;
    loop {
        if let Some(lines) = entry(&document, shown).and_then(|entry| lines(text, &document, entry)) {
            let comment = commented(text.get(lines.start..lines.end)?, why);
            let end = if comment.ends_with(is_break) { "" } else { line_break(text) };
            return Some(format!("{}{comment}{end}{}", &text[..lines.start], &text[lines.start..]));
        }
        match shown.rsplit_once('.') {
            Some((parent, _)) => shown = parent,
            None => break,
        }
    }
    let begin = if text.ends_with(is_break) { "" } else { line_break(text) };
    Some(format!("{text}{begin}{}", as_comment(text, path, why)?))
}

/// A field as it is written, as a comment that says why.
pub(super) fn as_comment(text: &str, path: &str, why: &str) -> Option<String> {
    let document = yaml::load(text).ok()?;
    let entry = entry(&document, path)?;
    let old = text.get(entry.key_range.start..entry.value_range.end.max(entry.key_range.end))?;
    Some(format!("{}{}", commented(old.trim_end(), why), line_break(text)))
}

/// The text with another name for a key, and another value where there is one.
pub(super) fn rename(text: &str, old: &str, new: &str, value: Option<&str>) -> Option<String> {
    let document = yaml::load(text).ok()?;
    let key = entry(&document, old)?.key_range;
    let text = format!("{}{new}{}", &text[..key.start], text.get(key.end..)?);
    match value {
        Some(value) => set(&text, new, value),
        None => Some(text),
    }
}

/// The text with a field set to a value: as [`rewrite::set`] does, or else with all that stands behind its colon gone.
pub(super) fn set(text: &str, path: &str, value: &str) -> Option<String> {
    rewrite::set(text, path, value).or_else(|| {
        let document = yaml::load(text).ok()?;
        let entry = entry(&document, path)?;
        let lines = lines(text, &document, entry)?;
        let after = text.get(entry.key_range.end..lines.end)?;
        let colon = after.find(':').filter(|at| after[..*at].trim().is_empty())?;
        let end = lines.start + text[lines.start..lines.end].trim_end_matches(is_break).len();
        let head = &text[..=entry.key_range.end + colon];
        Some(format!("{head} {value}{}", &text[end..]))
    })
}

/// Whether a key is written at the top.
pub(super) fn is_written(text: &str, name: &str) -> bool {
    yaml::load(text).is_ok_and(|document| entry(&document, name).is_some())
}

/// The keys that are written at the top.
pub(super) fn names(document: &Document) -> Vec<&str> {
    let name = |entry: &MapEntry| match &document.node(entry.key).value {
        Value::Str(name) => Some(name.as_str()),
        _ => None,
    };
    root(document).iter().filter_map(name).collect()
}

/// The entry that counts for a path such as `resources.gpu`; `None` when it is not written.
pub(super) fn entry<'d>(document: &'d Document, path: &str) -> Option<&'d MapEntry> {
    let mut entries = root(document);
    let mut names = path.split('.');
    let mut name = names.next()?;
    loop {
        let found = entries.iter().rev().find(|entry| !entry.merged && is_key(document, entry, name))?;
        match (names.next(), &document.node(found.value).value) {
            (None, _) => return Some(found),
            (Some(next), Value::Map(inner)) => (entries, name) = (inner, next),
            _ => return None,
        }
    }
}

/// Does something with each entry of a key at the top, the last one first. `None` when nothing is there to be done.
fn each(
    text: &str,
    name: &str,
    change: impl Fn(&str, &Document, &MapEntry) -> Option<String>,
) -> Option<String> {
    let mut changed = None;
    loop {
        let text = changed.as_deref().unwrap_or(text);
        let document = yaml::load(text).ok()?;
        let Some(entry) = root(&document).iter().rev().find(|entry| is_key(&document, entry, name)) else {
            return changed;
        };
        if entry.merged {
            return None;
        }
        let next = change(text, &document, entry)?;
        let fewer = yaml::load(&next).is_ok_and(|next| root(&next).len() < root(&document).len());
        changed = Some(fewer.then_some(next)?);
    }
}

fn root(document: &Document) -> &[MapEntry] {
    match document.root.map(|root| &document.node(root).value) {
        Some(Value::Map(entries)) => entries,
        _ => &[],
    }
}

fn is_key(document: &Document, entry: &MapEntry, name: &str) -> bool {
    matches!(&document.node(entry.key).value, Value::Str(key) if key == name)
}

/// The lines of an entry that has them to itself, the last line break included.
pub(super) fn lines(text: &str, document: &Document, entry: &MapEntry) -> Option<ByteRange> {
    let start = text[..entry.key_range.start].rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let cx = Cx { text, doc: document, sink: Sink::default(), dialect: Dialect::default() };
    let removal = cx.removal(entry.key_range, entry.value_range).filter(|range| range.start == start)?;
    // Comments behind the value are those of the next key.
    let written = written_end(text, document, entry.value);
    let inline = document.node(entry.value).range != entry.value_range || written < entry.key_range.end;
    let end = if inline { entry.value_range.end.max(entry.key_range.end) } else { written };
    let rest = text.get(end..)?;
    let end = end + rest.find('\n').map_or(rest.len(), |at| at + 1);
    Some(ByteRange::new(start, end.min(removal.end)))
}

/// The text without an entry that stands between brackets, and without one comma.
fn removed(text: &str, document: &Document, entry: &MapEntry) -> Option<String> {
    let cx = Cx { text, doc: document, sink: Sink::default(), dialect: Dialect::default() };
    let removal = cx.removal(entry.key_range, entry.value_range).or_else(|| {
        // On lines of their own, the comma stands on another one.
        let before = text[..entry.key_range.start].trim_end();
        before.ends_with(',').then(|| ByteRange::new(before.len() - 1, entry.value_range.end))
    });
    let range = removal?;
    Some(format!("{}{}", &text[..range.start], text.get(range.end..)?))
}

/// What ends a line, and with it a comment, in YAML 1.1.
fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Lines as comments, the first of which says why.
fn commented(lines: &str, why: &str) -> String {
    let indent = lines.len() - lines.trim_start_matches(' ').len();
    let mut out = String::new();
    for (number, line) in lines.split_inclusive(is_break).enumerate() {
        let body = line.trim_end_matches(is_break);
        // The second half of a line break of two.
        if body.is_empty() && line == "\n" && out.ends_with('\r') {
            out.push('\n');
            continue;
        }
        let own = body.len() - body.trim_start_matches(' ').len();
        let (blank, rest) = body.split_at(indent.min(own));
        out.push_str(blank);
        out.push('#');
        if !rest.is_empty() {
            out.push(' ');
            out.push_str(rest.trim_end());
        }
        if number == 0 {
            out.push_str(&format!("  # {why}"));
        }
        out.push_str(&line[body.len()..]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHY: &str = "why";

    #[test]
    fn a_key_becomes_a_comment_with_all_of_its_lines() {
        let text = "name: x # mine\r\nvolumes:\r\n  - a:/b\r\n\r\n  - c:/d\r\n# the next\r\nide: vscode\r\n";
        assert_eq!(
            comment_out(text, "volumes", WHY).as_deref(),
            Some(
                "name: x # mine\r\n# volumes:  # why\r\n#   - a:/b\r\n#\r\n#   - c:/d\r\n# the next\r\nide: vscode\r\n"
            )
        );
        assert_eq!(
            comment_out(text, "name", WHY).as_deref(),
            Some(&*text.replace("name: x # mine", "# name: x # mine  # why"))
        );
        assert_eq!(comment_out("a: 1\nname: x", "name", WHY).as_deref(), Some("a: 1\n# name: x  # why"));
        assert_eq!(comment_out("name:\na: 1\n", "name", WHY).as_deref(), Some("# name:  # why\na: 1\n"));
        assert_eq!(
            comment_out("name: x\nname: y\na: 1\n", "name", WHY).map(|t| t.matches("# why").count()),
            Some(2)
        );
    }

    #[test]
    fn what_ends_a_comment_does_not_bring_a_key_back() {
        let text = "name: \"a\u{2028}b: c\"\nide: vscode\n";
        let after = comment_out(text, "name", WHY).unwrap();
        assert_eq!(names(&yaml::load(&after).unwrap()), ["ide"], "{after:?}");
    }

    #[test]
    fn between_brackets_a_key_goes_and_its_comment_stands_at_the_end() {
        let text = "{type: x, name: a, ide: y}";
        assert_eq!(comment_out(text, "name", WHY).as_deref(), Some("{type: x, ide: y}\n# name: a  # why\n"));
        assert_eq!(remove("{name: a, ide: y}", "name").as_deref(), Some("{ide: y}"));
    }

    #[test]
    fn what_is_changed_is_remembered_where_there_is_a_line_for_it() {
        let text = "resources:\n  gpu: amd # big\n  cpu: 4\n";
        assert_eq!(
            remember(text, "resources.gpu", WHY).as_deref(),
            Some("resources:\n  # gpu: amd # big  # why\n  gpu: amd # big\n  cpu: 4\n")
        );
        assert_eq!(
            remember("resources: {gpu: amd}", "resources.gpu", WHY).as_deref(),
            Some("# resources: {gpu: amd}  # why\nresources: {gpu: amd}")
        );
    }

    #[test]
    fn a_key_gets_another_name_and_keeps_its_comment() {
        assert_eq!(
            rename("pool_name: a # b\n", "pool_name", "fleets", Some("[a]")).as_deref(),
            Some("fleets: [a] # b\n")
        );
        assert_eq!(rename("x: 1h\n", "x", "y", None).as_deref(), Some("y: 1h\n"));
        assert_eq!(rename("x: 1h\n", "z", "y", None), None);
    }

    #[test]
    fn a_tag_goes_with_the_value_that_it_is_of() {
        assert_eq!(set("a: !!binary eA==\nb: 1\n", "a", "x").as_deref(), Some("a: x\nb: 1\n"));
    }
}
