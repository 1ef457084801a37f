//! Tags.

use std::collections::BTreeMap;

use super::super::{
    context::{At, Cx, Path, quote},
    scalars,
};
use crate::{diagnostics::Code, yaml::Value};

/// Keys of letters, digits, `_` and `-`, values of these, blanks and `.:/=+@`.
pub(super) fn tags(cx: &mut Cx<'_>, at: At<'_>) -> Option<BTreeMap<String, String>> {
    let Some(entries) = cx.free_entries(at) else {
        let what = cx.kind_of(at);
        cx.report(Code::WrongType, at, format!("expected a mapping, got {what}"))
            .help("write `NAME: value`, one a line");
        return None;
    };
    let mut tags = Some(BTreeMap::new());
    for entry in entries {
        let key = At { node: entry.key, range: entry.key_range, key: entry.value_range, path: at.path };
        let name = text(cx, key);
        let shown = name.clone().unwrap_or_default();
        let path = Path::Key(at.path, &shown);
        let item = At { node: entry.value, range: entry.value_range, key: entry.key_range, path: &path };
        let value = text(cx, item);
        let (Some(name), Some(value)) = (name, value) else {
            tags = None;
            continue;
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        // A line break at the end is dstack's regular expressions' own.
        let (key_text, value_text) =
            (name.strip_suffix('\n').unwrap_or(&name), value.strip_suffix('\n').unwrap_or(&value));
        if key_text.is_empty() || key_text.len() > 60 || !key_text.chars().all(plain) {
            cx.report(Code::InvalidValue, key, format!("{} cannot be the name of a tag", quote(&name)))
                .help("a name has 1 to 60 letters, digits, `_` and `-`");
            tags = None;
        } else if value_text.len() > 256
            || !value_text.chars().all(|c| plain(c) || matches!(c, ' ' | '.' | ':' | '/' | '=' | '+' | '@'))
        {
            cx.report(Code::InvalidValue, item, format!("{} cannot be the value of a tag", quote(&value)))
                .help("a value has up to 256 letters, digits, blanks and `_ - . : / = + @`");
            tags = None;
        } else if let Some(tags) = &mut tags {
            tags.insert(name, value);
        }
    }
    tags
}

/// Text as it is written: dstack 0.22 takes nothing else for a tag.
fn text(cx: &mut Cx<'_>, at: At<'_>) -> Option<String> {
    if let Value::Str(text) = cx.value(at) {
        return Some(text.clone());
    }
    scalars::wrong_text(cx, at);
    None
}
