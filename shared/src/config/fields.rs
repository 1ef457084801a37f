//! The keys of objects: which are written, which do not belong there, which stand there twice.

use super::{
    coerce,
    context::{At, Cx, Entry, Path, join, kind, quote},
    mixed,
};
use crate::{
    diagnostics::{ByteRange, Code},
    schema::{self, Dialect},
    yaml::{NodeId, Value},
};

impl Cx<'_> {
    /// The entries of a value that stands for an object (`object` is its path in the table of
    /// fields), with keys that do not belong there reported. `None`, and reported, when it is none.
    pub(super) fn object(&mut self, at: At<'_>, object: &'static str) -> Option<Fields> {
        let Some(entries) = self.entries(at) else {
            let what = self.kind_of(at);
            let keys: Vec<_> =
                known(object, self.dialect).iter().map(|f| format!("`{}`", f.name())).collect();
            self.report(Code::WrongType, at, format!("expected a mapping, got {what}"))
                .help(format!("its keys are {}", join(&keys, "and")));
            return None;
        };
        self.duplicates(at, &entries);
        let known = known(object, self.dialect);
        let told = if object.is_empty() { mixed::report(self, at, &entries) } else { Vec::new() };
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
                None if told.contains(name) => {}
                None => self.unknown_key(at, object, name, *entry, &entries),
            }
        }
        // What belongs to an item is shown at the item, not at the whole list.
        let first = entries.first().map_or(at.range, |entry| entry.key_range);
        let key = if matches!(at.path, Path::Index(..)) { first } else { at.key };
        Some(Fields { entries: fields, at: at.range, key, object })
    }

    fn unknown_key(
        &mut self,
        at: At<'_>,
        object: &'static str,
        name: &str,
        entry: Entry,
        siblings: &[Entry],
    ) {
        if self.sink.is_full(Code::UnknownKey) {
            self.sink.report(Code::UnknownKey, String::new(), entry.key_range, String::new());
            return;
        }
        let path = Path::Key(at.path, name).to_string();
        let shown = quote(name);
        let of_profile = object == PROFILE;
        let newer = schema::newer().find(|f| {
            !self.is_newer() && f.parent() == if of_profile { "" } else { object } && f.name() == name
        });
        let removal = self.removal(entry.key_range, entry.value_range);
        if let Some(now) = schema::renamed(name).filter(|_| self.is_newer() && object.is_empty()) {
            let draft = self.sink.report(
                Code::UnknownKey,
                path,
                nonempty(entry.key_range, at.range),
                format!("{shown} is a key of dstack 0.18"),
            );
            draft.help(format!("dstack 0.22 has `{now}` instead"));
            if let Some(removal) = removal {
                draft.offer(format!("remove {shown}"), removal, "");
            }
            return;
        }
        if let Some(field) = newer {
            let draft = self.sink.report(
                Code::UnknownKey,
                path,
                nonempty(entry.key_range, at.range),
                format!("{shown} is a key of newer releases of dstack"),
            );
            let release = field.since.name();
            draft.help(if of_profile {
                format!("profiles are those of dstack 0.18; {shown} came after it, up to {release}")
            } else {
                format!("begin the file with `# dstack: {release}` to have it read as that release does")
            });
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
        let close = schema::guess(
            name,
            known(object, self.dialect).iter().map(|f| f.name()).filter(|name| !taken(name)),
        );
        // A key of another object, such as `gpu` at the top. A profile belongs to none of them.
        let elsewhere = schema::fields(self.dialect)
            .filter(|_| object != PROFILES_FILE)
            .find(|f| f.name() == name && !f.path.contains(['*', '[']));
        let draft = self.sink.report(
            Code::UnknownKey,
            path,
            nonempty(entry.key_range, at.range),
            format!("unknown key {shown}"),
        );
        match (elsewhere, close) {
            (Some(_), None) if of_profile => {
                draft.help(format!("`{name}` belongs in a configuration, not in a profile"));
            }
            (Some(field), None) if field.parent().is_empty() => {
                draft.help(format!("`{name}` belongs at the top of the file"));
            }
            (Some(field), None) => {
                draft.help(format!("`{name}` belongs under `{}`", field.parent()));
            }
            (_, Some(close)) => {
                draft.help(format!("did you mean `{}`?", close.name));
                let certain = close.sure && elsewhere.is_none();
                draft.suggest(certain, format!("replace with `{}`", close.name), entry.key_range, close.name);
            }
            (None, None) => {
                let keys: Vec<_> =
                    known(object, self.dialect).iter().map(|f| format!("`{}`", f.name())).collect();
                draft.help(format!("the keys here are {}", join(&keys, "and")));
                if let Some(removal) = removal {
                    draft.offer(format!("remove {shown}"), removal, "");
                }
            }
        }
    }

    /// Warns about keys of one mapping that stand there more than once.
    fn duplicates(&mut self, at: At<'_>, entries: &[Entry]) {
        // Sorted by the key, so that a mapping of thousands stays quick.
        let doc = self.doc;
        let mut keys: Vec<_> = entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| !entry.merged)
            .filter_map(|(i, entry)| Some((coerce::as_text(&doc.node(entry.key).value)?, i)))
            .collect();
        crate::order::sort(&mut keys);
        for group in keys.chunk_by(|a, b| a.0 == b.0) {
            let Some((last, ignored)) = group.split_last() else { continue };
            for (name, i) in ignored {
                if self.sink.is_full(Code::DuplicateKey) {
                    self.sink.report(Code::DuplicateKey, String::new(), at.range, String::new());
                    continue;
                }
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

    /// The entries for a mapping with free keys (`env`), without checking them; equal keys are reported, and only the last
    /// of them is there: what the others hold is never looked at.
    pub(super) fn free_entries(&mut self, at: At<'_>) -> Option<Vec<Entry>> {
        let entries = self.entries(at)?;
        self.duplicates(at, &entries);
        // Sorted at once: keys that stand in order, as they often do, are soon sorted.
        let doc = self.doc;
        let key = |entry: &Entry| {
            let key = &doc.node(entry.key).value;
            (kind(key), coerce::as_text(key))
        };
        let mut keys: Vec<_> = entries.iter().enumerate().map(|(i, entry)| (key(entry), i)).collect();
        crate::order::sort(&mut keys);
        let mut counts = vec![false; entries.len()];
        keys.chunk_by(|a, b| a.0 == b.0).filter_map(<[_]>::last).for_each(|&(_, i)| counts[i] = true);
        Some(entries.into_iter().zip(counts).filter_map(|(entry, counts)| counts.then_some(entry)).collect())
    }
}

/// The root of a file of profiles, as an object.
pub(super) const PROFILES_FILE: &str = "profiles.yml";
/// A profile in such a file, as an object.
pub(super) const PROFILE: &str = "profiles[]";

/// The keys of an object that are read here.
fn known(object: &'static str, dialect: Dialect) -> Vec<&'static schema::Field> {
    match object {
        PROFILES_FILE => schema::PROFILE_FIELDS.iter().filter(|field| field.parent().is_empty()).collect(),
        PROFILE => schema::profile_keys().collect(),
        _ => schema::keys(object, dialect).collect(),
    }
}

fn nonempty(range: ByteRange, other: ByteRange) -> ByteRange {
    if range.start < range.end { range } else { other }
}

/// The known keys of an object that are written.
pub(super) struct Fields {
    entries: Vec<FieldAt>,
    at: ByteRange,
    key: ByteRange,
    /// The object's path in the table of fields.
    object: &'static str,
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
            Value::Null => {
                no_value(cx, at, name);
                Some(None)
            }
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
            let known = known(self.object, cx.dialect);
            if let Some(field) = known.iter().find(|f| f.required && f.name() == name) {
                draft.help(format!("{} For example: `{name}: {}`", field.doc, field.example));
            }
            None
        })
    }
}

/// Hints at a key whose value was perhaps forgotten; one that says `null` means it.
fn no_value(cx: &mut Cx<'_>, at: At<'_>, name: &str) {
    if at.range.start < at.range.end {
        return;
    }
    let removal = cx.removal(at.key, at.range);
    let message = match name {
        "disk" => "`disk` has no value, which lifts even the usual least of 100 GB".to_owned(),
        _ => format!("`{name}` has no value, which is as if it were not there"),
    };
    let draft = cx.report(Code::NoValue, at, message);
    draft.help("give it a value, write `null` to say so, or remove the key");
    if let Some(removal) = removal {
        draft.offer("remove the key", removal, "");
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
        let table = match path.split_once("].") {
            Some((list, key)) if list.starts_with("profiles[") => schema::field(key, self.dialect),
            // The table says `[]` for any item.
            _ => schema::field(&path.replace(|c: char| c.is_ascii_digit(), ""), self.dialect)
                .or_else(|| schema::field(&path, self.dialect)),
        };
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
