//! A file that mixes keys of two dialects: told once, with all of them.

use super::{
    context::{At, Cx, Entry, join, quote},
    convert::convert_keys,
};
use crate::{
    diagnostics::{ByteRange, Code},
    schema::{self, Dialect},
    yaml::Value,
};

/// Reports keys at the top that only another dialect has, where keys that only this one has stand beside them, and answers
/// their names. None, and nothing reported, where the file does not mix: each key is told of by itself then.
pub(super) fn report(cx: &mut Cx<'_>, at: At<'_>, entries: &[Entry]) -> Vec<String> {
    let written: Vec<(&str, ByteRange)> = entries
        .iter()
        .filter_map(|entry| match &cx.doc.node(entry.key).value {
            Value::Str(key) => Some((key.as_str(), entry.key_range)),
            _ => None,
        })
        .collect();
    let only = |dialect: Dialect| {
        written.iter().copied().filter(move |(name, _)| {
            Dialect::ALL.into_iter().all(|other| schema::field(name, other).is_some() == (other == dialect))
        })
    };
    let Some(other) = Dialect::ALL.into_iter().find(|dialect| *dialect != cx.dialect) else {
        return Vec::new();
    };
    let (own, foreign): (Vec<_>, Vec<_>) = (only(cx.dialect).collect(), only(other).collect());
    let (Some(&(_, first)), Some(_)) = (foreign.first(), own.first()) else { return Vec::new() };
    let keys = |keys: &[(&str, ByteRange)]| {
        // By name: the same is said however the keys stand.
        let mut names: Vec<String> = keys.iter().map(|(name, _)| quote(name)).collect();
        crate::order::sort(&mut names);
        let are = if names.len() == 1 { "is a key" } else { "are keys" };
        format!("{} {are}", join(&names, "and"))
    };
    let message = format!(
        "{} of dstack {}, and {} of dstack {}",
        keys(&foreign),
        other.name(),
        keys(&own),
        cx.dialect.name()
    );
    let range = if first.start < first.end { first } else { at.range };
    let names =
        |keys: &[(&str, ByteRange)]| keys.iter().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>();
    let fixes = [(other, cx.dialect, names(&foreign)), (cx.dialect, other, names(&own))]
        .map(|(from, to, names)| (to, convert_keys(cx.text, &names, from, to)));
    let draft = cx.sink.report(Code::MixedDialects, at.path.to_string(), range, message);
    draft.help(format!(
        "a file is read as one release: write it for dstack {}, or for {}",
        cx.dialect.name(),
        other.name()
    ));
    for (_, range) in &foreign[1..] {
        draft.related(*range, format!("this is one of dstack {}, too", other.name()));
    }
    for (to, edits) in fixes {
        if let Some(edits) = edits {
            draft.offer_edits(format!("write it for dstack {}", to.name()), edits);
        }
    }
    names(&foreign)
}
