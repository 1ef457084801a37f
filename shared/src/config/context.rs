//! What every reader of a field works with: the text, its tree, a place in it, and where to report.

use crate::{
    diagnostics::{ByteRange, Code, Draft, Sink},
    schema::{self, Dialect},
    yaml::{Document, NodeId, Value},
};

/// The reading of one text.
pub(super) struct Cx<'t> {
    pub(super) text: &'t str,
    pub(super) doc: &'t Document,
    pub(super) sink: Sink,
}

/// Where in the configuration, linked on the stack so that nothing is built unless it is reported.
#[derive(Clone, Copy)]
pub(super) enum Path<'p> {
    Root,
    Key(&'p Path<'p>, &'p str),
    Index(&'p Path<'p>, usize),
}

impl std::fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Key(Path::Root, key) => f.write_str(key),
            Self::Key(parent, key) => write!(f, "{parent}.{key}"),
            Self::Index(parent, i) => write!(f, "{parent}[{i}]"),
        }
    }
}

/// A value, where it is referred to, and what it is called.
#[derive(Clone, Copy)]
pub(super) struct At<'p> {
    pub(super) node: NodeId,
    /// Where the value is referred to: an alias, when it is one.
    pub(super) range: ByteRange,
    /// The key it belongs to; empty for items and the root.
    pub(super) key: ByteRange,
    pub(super) path: &'p Path<'p>,
}

impl At<'_> {
    /// The range to mark: the value, or its key when the value is not written.
    pub(super) fn spot(&self) -> ByteRange {
        if self.range.start < self.range.end { self.range } else { self.key }
    }
}

impl<'t> Cx<'t> {
    pub(super) fn value(&self, at: At<'_>) -> &'t Value {
        &self.doc.node(at.node).value
    }

    /// Reports about a value.
    pub(super) fn report(&mut self, code: Code, at: At<'_>, message: impl Into<String>) -> &mut Draft {
        self.sink.report(code, at.path.to_string(), at.spot(), message.into())
    }

    /// The value as it is written, shortened, in backticks.
    pub(super) fn quote(&self, at: At<'_>) -> String {
        let node = self.doc.node(at.node);
        match &node.text {
            Some(text) => quote(text),
            None => quote(self.text.get(at.range.start..at.range.end).unwrap_or_default()),
        }
    }

    /// Whether the value stands right here, without a tag: what is written in its place is what is read.
    pub(super) fn is_in_place(&self, at: At<'_>) -> bool {
        let range = self.doc.node(at.node).range;
        range == at.range && range.start < range.end && !self.is_tagged(range.start)
    }

    /// Whether the value is moreover a plain scalar: what it is read as can be changed by quoting it.
    pub(super) fn is_bare(&self, at: At<'_>) -> bool {
        self.doc.node(at.node).plain && self.is_in_place(at)
    }

    /// Whether a tag stands before this place, among the properties of the value.
    fn is_tagged(&self, start: usize) -> bool {
        let mut before = self.text.get(..start).unwrap_or_default();
        loop {
            before = before.trim_end_matches([' ', '\t', '\r', '\n']);
            let word = before.rsplit([' ', '\t', '\r', '\n', ',', '[', '{']).next().unwrap_or_default();
            if word.starts_with('!') {
                return true;
            }
            if !word.starts_with('&') {
                return false;
            }
            before = &before[..before.len() - word.len()];
        }
    }

    /// The entries of a value that stands for an object (`object` is its path in the table of
    /// fields), with keys that do not belong there reported. `None`, and reported, when it is none.
    pub(super) fn object(&mut self, at: At<'_>, object: &'static str) -> Option<Fields> {
        let Some(entries) = self.entries(at) else {
            let what = self.kind_of(at);
            let keys: Vec<_> = known(object).map(|f| format!("`{}`", f.name())).collect();
            self.report(Code::WrongType, at, format!("expected a mapping, got {what}"))
                .help(format!("its keys are {}", join(&keys, "and")));
            return None;
        };
        self.duplicates(at, &entries);
        let known: Vec<_> = known(object).collect();
        let mut fields = Vec::new();
        for entry in &entries {
            let key = &self.doc.node(entry.key).value;
            let Value::Str(name) = key else {
                let written = self.quote(At { node: entry.key, range: entry.key_range, ..at });
                let what = kind(key);
                let bare = self.is_bare(At { node: entry.key, range: entry.key_range, ..at });
                let draft = self.sink.report(
                    Code::KeyNotText,
                    at.path.to_string(),
                    nonempty(entry.key_range, entry.value_range),
                    format!("key {written} is read as {what}, not as text"),
                );
                draft.help("quote it to make it text");
                if bare {
                    let text = self.text.get(entry.key_range.start..entry.key_range.end).unwrap_or_default();
                    draft.offer(format!("quote {written}"), entry.key_range, format!("\"{text}\""));
                }
                continue;
            };
            match known.iter().find(|field| field.name() == name) {
                Some(field) => {
                    // The last of equal keys wins.
                    fields.retain(|f: &FieldAt| f.name != field.name());
                    fields.push(FieldAt {
                        name: field.name(),
                        node: entry.value,
                        range: entry.value_range,
                        key: entry.key_range,
                    });
                }
                None => self.unknown_key(at, object, name, *entry, &entries),
            }
        }
        Some(Fields { entries: fields, at: at.range, key: at.key })
    }

    fn unknown_key(
        &mut self,
        at: At<'_>,
        object: &'static str,
        name: &str,
        entry: Entry,
        siblings: &[Entry],
    ) {
        if self.sink.is_full() {
            self.sink.report(Code::UnknownKey, String::new(), entry.key_range, String::new());
            return;
        }
        let path = Path::Key(at.path, name).to_string();
        let shown = quote(name);
        let newer = schema::keys(object).find(|f| f.dialect > Dialect::V0_18 && f.name() == name);
        let removal = self.removal(entry.key_range, entry.value_range);
        if let Some(field) = newer {
            let draft = self.sink.report(
                Code::UnknownKey,
                path,
                nonempty(entry.key_range, at.range),
                format!("{shown} is a key of newer releases of dstack"),
            );
            draft.help(format!(
                "Berth reads dstack 0.18; {shown} came after it, up to {}",
                field.dialect.name()
            ));
            if let Some(removal) = removal {
                draft.offer(format!("remove {shown}"), removal, "");
            }
            return;
        }
        // A key that is there already is not what was meant.
        let taken = |name: &str| {
            let key =
                |entry: &Entry| matches!(&self.doc.node(entry.key).value, Value::Str(key) if key == name);
            siblings.len() < 100 && siblings.iter().any(key)
        };
        let close = schema::closest(name, known(object).map(schema::Field::name).filter(|name| !taken(name)));
        // A key of another object, such as `gpu` at the top.
        let elsewhere = schema::FIELDS
            .iter()
            .find(|f| f.dialect == Dialect::V0_18 && f.name() == name && !f.path.contains(['*', '[']));
        let draft = self.sink.report(
            Code::UnknownKey,
            path,
            nonempty(entry.key_range, at.range),
            format!("unknown key {shown}"),
        );
        match (elsewhere, close) {
            (Some(field), None) if field.parent().is_empty() => {
                draft.help(format!("`{name}` belongs at the top of the file"));
            }
            (Some(field), None) => {
                draft.help(format!("`{name}` belongs under `{}`", field.parent()));
            }
            (_, Some(close)) => {
                draft.help(format!("did you mean `{close}`?"));
                draft.fix(format!("replace with `{close}`"), entry.key_range, close);
            }
            (None, None) => {
                let keys: Vec<_> = known(object).map(|f| format!("`{}`", f.name())).collect();
                draft.help(format!("the keys here are {}", join(&keys, "and")));
                if let Some(removal) = removal {
                    draft.offer(format!("remove {shown}"), removal, "");
                }
            }
        }
    }

    /// The lines of an entry, when nothing else stands on them, for a fix that removes it.
    pub(super) fn removal(&self, key: ByteRange, value: ByteRange) -> Option<ByteRange> {
        let before = self.text.get(..key.start)?;
        let start = before.rfind(['\n', '\r']).map_or(0, |i| i + 1);
        // An alias stands after its key; the anchor elsewhere.
        let end = key.start + self.text.get(key.start..value.end.max(key.end))?.trim_end().len();
        let after = self.text.get(end..)?;
        let line = after.find('\n').map_or(after.len(), |i| i + 1);
        let tail = after[..line].trim();
        let alone =
            before[start..].trim().is_empty() && (tail.is_empty() || tail == ":" || tail.starts_with('#'));
        alone.then_some(ByteRange::new(start, end + line))
    }

    /// Warns about keys of one mapping that stand there more than once.
    fn duplicates(&mut self, at: At<'_>, entries: &[Entry]) {
        // Sorted by the key, so that a mapping of thousands stays quick.
        let mut keys: Vec<(String, usize)> = entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| !entry.merged)
            .filter_map(|(i, entry)| Some((super::coerce::text(&self.doc.node(entry.key).value)?, i)))
            .collect();
        keys.sort();
        for group in keys.chunk_by(|a, b| a.0 == b.0) {
            let Some((last, ignored)) = group.split_last() else { continue };
            for (name, i) in ignored {
                let first = entries[*i];
                let removal = self.removal(first.key_range, first.value_range);
                let draft = self.sink.report(
                    Code::DuplicateKey,
                    Path::Key(at.path, name).to_string(),
                    first.key_range,
                    format!("{} stands here more than once; this value is ignored", quote(name)),
                );
                draft.help("only the last one counts: remove the others");
                draft.related(entries[last.1].key_range, "this one counts");
                if let Some(removal) = removal {
                    draft.offer("remove this one", removal, "");
                }
            }
        }
    }

    /// The entries of a value that Python's `dict()` takes: a mapping, a list of pairs, or something
    /// empty. (Texts of two characters count as pairs, too: `env` sees to them; no object has a key
    /// of one character.)
    fn entries(&self, at: At<'_>) -> Option<Vec<Entry>> {
        match self.value(at) {
            Value::Map(entries) => Some(
                entries
                    .iter()
                    .map(|e| Entry {
                        key: e.key,
                        value: e.value,
                        key_range: e.key_range,
                        value_range: e.value_range,
                        merged: e.merged,
                    })
                    .collect(),
            ),
            Value::Pairs(pairs) => Some(pairs.iter().map(|&(key, value)| self.pair(key, value)).collect()),
            Value::Str(text) if text.is_empty() => Some(Vec::new()),
            Value::Binary(bytes) if bytes.is_empty() => Some(Vec::new()),
            Value::Seq(items) | Value::Set(items) => {
                items.iter().map(|&(item, _)| self.pair_of(item)).collect()
            }
            _ => None,
        }
    }

    /// A value of two as a pair: a list of two, or the keys of a mapping of two.
    pub(super) fn pair_of(&self, item: NodeId) -> Option<Entry> {
        let ((key, key_range), (value, value_range)) = match &self.doc.node(item).value {
            Value::Seq(pair) | Value::Set(pair) => match pair[..] {
                [a, b] => (a, b),
                _ => return None,
            },
            Value::Map(entries) => match &entries[..] {
                [a, b] => ((a.key, a.key_range), (b.key, b.key_range)),
                _ => return None,
            },
            _ => return None,
        };
        self.is_hashable(key).then_some(Entry { key, value, key_range, value_range, merged: false })
    }

    fn pair(&self, key: NodeId, value: NodeId) -> Entry {
        let (key_range, value_range) = (self.doc.node(key).range, self.doc.node(value).range);
        Entry { key, value, key_range, value_range, merged: false }
    }

    fn is_hashable(&self, key: NodeId) -> bool {
        !matches!(self.doc.node(key).value, Value::Seq(_) | Value::Map(_) | Value::Set(_) | Value::Pairs(_))
    }

    /// The entries for a mapping with free keys (`env`), without checking them; equal keys are reported.
    pub(super) fn free_entries(&mut self, at: At<'_>) -> Option<Vec<Entry>> {
        let entries = self.entries(at)?;
        self.duplicates(at, &entries);
        Some(entries)
    }

    /// The items of a list, or of what counts as one; `None` when it is something else.
    pub(super) fn items(&self, at: At<'_>) -> Option<Vec<(NodeId, ByteRange)>> {
        match self.value(at) {
            Value::Seq(items) | Value::Set(items) => Some(items.clone()),
            // Python sees a list of tuples; none of the lists here takes a tuple.
            Value::Pairs(pairs) => Some(pairs.iter().map(|_| (at.node, at.range)).collect()),
            _ => None,
        }
    }

    /// What a value is, in words: `the number 5`, `a list`.
    pub(super) fn kind_of(&self, at: At<'_>) -> String {
        let value = self.value(at);
        match value {
            Value::Null => "nothing".to_owned(),
            Value::Str(_) | Value::Int(_) | Value::BigInt(_) | Value::Float(_) | Value::Bool(_) => format!(
                "{} {}",
                kind(value).trim_start_matches("a ").trim_start_matches("an "),
                self.quote(at)
            )
            .replacen("text", "the text", 1)
            .replacen("number", "the number", 1)
            .replacen("boolean", "the boolean", 1),
            _ => kind(value).to_owned(),
        }
    }
}

fn known(object: &'static str) -> impl Iterator<Item = &'static schema::Field> + Clone {
    schema::keys(object).filter(|field| field.dialect == Dialect::V0_18)
}

fn nonempty(range: ByteRange, other: ByteRange) -> ByteRange {
    if range.start < range.end { range } else { other }
}

/// What a value is, in words.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Int(_) | Value::BigInt(_) | Value::Float(_) => "a number",
        Value::Str(_) => "a text",
        Value::Binary(_) => "binary data",
        Value::Timestamp(_) => "a date",
        Value::Seq(_) => "a list",
        Value::Map(_) => "a mapping",
        Value::Set(_) => "a set",
        Value::Pairs(_) => "a list of pairs",
    }
}

/// An entry of a mapping.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub(super) key: NodeId,
    pub(super) value: NodeId,
    pub(super) key_range: ByteRange,
    pub(super) value_range: ByteRange,
    pub(super) merged: bool,
}

/// The known keys of an object that are written.
pub(super) struct Fields {
    entries: Vec<FieldAt>,
    at: ByteRange,
    key: ByteRange,
}

#[derive(Clone, Copy)]
struct FieldAt {
    name: &'static str,
    node: NodeId,
    range: ByteRange,
    key: ByteRange,
}

impl Fields {
    /// Whether the key is written, with a value or without.
    pub(super) fn has(&self, name: &str) -> bool {
        self.entries.iter().any(|field| field.name == name)
    }

    /// Where the key and its value are written.
    pub(super) fn entry(&self, name: &str) -> Option<(ByteRange, ByteRange)> {
        self.entries.iter().find(|field| field.name == name).map(|field| (field.key, field.range))
    }

    /// Where the key is written.
    pub(super) fn key(&self, name: &str) -> Option<ByteRange> {
        self.entries.iter().find(|field| field.name == name).map(|field| field.key)
    }

    /// Calls `read` with the value of a key, when it is written.
    pub(super) fn with<T>(
        &self,
        path: &Path<'_>,
        name: &'static str,
        read: impl FnOnce(At<'_>) -> T,
    ) -> Option<T> {
        let field = self.entries.iter().find(|field| field.name == name)?;
        let path = Path::Key(path, name);
        Some(read(At { node: field.node, range: field.range, key: field.key, path: &path }))
    }

    /// Reads a key that may be missing or null; the outer `None` says that it is wrong.
    pub(super) fn optional<'t, T>(
        &self,
        cx: &mut Cx<'t>,
        path: &Path<'_>,
        name: &'static str,
        read: impl FnOnce(&mut Cx<'t>, At<'_>) -> Option<T>,
    ) -> Option<Option<T>> {
        self.with(path, name, |at| match cx.value(at) {
            Value::Null => Some(None),
            _ => read(cx, at).map(Some),
        })
        .unwrap_or(Some(None))
    }

    /// Reads a key that may be missing, and then means `default`, but not null.
    pub(super) fn default<'t, T>(
        &self,
        cx: &mut Cx<'t>,
        path: &Path<'_>,
        name: &'static str,
        default: T,
        read: impl FnOnce(&mut Cx<'t>, At<'_>) -> Option<T>,
    ) -> Option<T> {
        self.with(path, name, |at| cx.not_null(at, read)).unwrap_or(Some(default))
    }

    /// Reads a key that must be there.
    pub(super) fn required<'t, T>(
        &self,
        cx: &mut Cx<'t>,
        path: &Path<'_>,
        name: &'static str,
        read: impl FnOnce(&mut Cx<'t>, At<'_>) -> Option<T>,
    ) -> Option<T> {
        self.with(path, name, |at| cx.not_null(at, read)).unwrap_or_else(|| {
            let missing = Path::Key(path, name).to_string();
            let spot = nonempty(self.key, self.at);
            let draft = cx.sink.report(Code::MissingKey, missing, spot, format!("`{name}` is missing"));
            if let Some(field) = schema::FIELDS.iter().find(|f| f.required && f.name() == name) {
                draft.help(format!("{} For example: `{name}: {}`", field.doc, field.example));
            }
            None
        })
    }
}

impl<'t> Cx<'t> {
    /// Reads a value that must not be null.
    pub(super) fn not_null<T>(
        &mut self,
        at: At<'_>,
        read: impl FnOnce(&mut Self, At<'_>) -> Option<T>,
    ) -> Option<T> {
        if *self.value(at) != Value::Null {
            return read(self, at);
        }
        let path = at.path.to_string();
        let table = schema::field(&path);
        let draft = self.report(Code::UnexpectedNull, at, "a value is missing here");
        match table {
            Some(field) if !field.required => {
                draft.help(format!("give it one, such as `{}`, or remove the key", field.example))
            }
            Some(field) => draft.help(format!("give it one, such as `{}`", field.example)),
            None => draft.help("give it one, or remove it"),
        };
        None
    }
}

/// A text in backticks, shortened to what fits a line, on one line.
pub(super) fn quote(text: &str) -> String {
    let mut short: String = text.chars().take(60).flat_map(one_line).collect();
    if text.chars().nth(60).is_some() {
        short.push('…');
    }
    format!("`{short}`")
}

fn one_line(c: char) -> impl Iterator<Item = char> {
    let escaped = c.is_control().then(|| c.escape_default());
    let plain = escaped.is_none().then_some(c);
    escaped.into_iter().flatten().chain(plain)
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn join(items: &[String], word: &str) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} {word} {last}", rest.join(", ")),
    }
}
