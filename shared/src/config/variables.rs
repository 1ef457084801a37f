//! Variables that are not what they look like.

use super::context::{At, Cx, Path, quote};
use crate::{diagnostics::Code, yaml::scalar};

/// Warns about a variable that is not what it looks like: `written` is its item in a list, or its value.
pub(super) fn surprising(cx: &mut Cx<'_>, at: At<'_>, name: &str, value: &str) {
    // dstack 0.22 lets it be another one.
    if name == "HOME" && !cx.is_newer() {
        cx.report(Code::NoEffect, at, "`HOME` is always what `home_dir` says")
            .help("set `home_dir` at the top of the file instead");
    }
    let inner = ['"', '\''].iter().find_map(|&q| value.strip_prefix(q)?.strip_suffix(q));
    if let (Path::Index(..), Some(inner)) = (at.path, inner) {
        let fixable = cx.is_bare(at);
        let without = scalar(&format!("{name}={inner}"));
        let draft =
            cx.report(Code::QuotedValue, at, format!("the quotes belong to the value of {}", quote(name)));
        draft.help("no shell reads the list: leave them out, or quote the whole item");
        if fixable && !inner.is_empty() {
            draft.offer(format!("write {}", quote(&without)), at.range, without);
        }
    }
}

/// Warns about a name that no shell can refer to; a list does not take it.
pub(super) fn odd_name(cx: &mut Cx<'_>, at: At<'_>, name: &str) {
    let good = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !good {
        cx.report(Code::VariableName, at, format!("{} is no name that a shell can use", quote(name)))
            .help("use letters, digits and `_`, and no digit first");
    }
}
