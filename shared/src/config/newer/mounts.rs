//! Volumes: `name:/path`, `/path/on/the/machine:/path`, or objects.

use super::super::{
    context::{At, Cx, quote},
    scalars,
};
use super::model::{Mount, OneOrMany};
use crate::{diagnostics::Code, yaml::Value};

const HELP: &str = "write `name:/path` for a network volume, or `/path/on/the/machine:/path`";

/// One volume.
pub(super) fn mount(cx: &mut Cx<'_>, at: At<'_>) -> Option<Mount> {
    if let Value::Str(text) = cx.value(at) {
        return of_text(cx, at, text);
    }
    let fields = cx.object(at, "volumes[]")?;
    if fields.has("name") {
        let name = fields.required(cx, at.path, "name", one_or_many);
        let path = fields.required(cx, at.path, "path", path);
        for other in ["instance_path", "optional"] {
            fields.with(at.path, other, |at| {
                cx.report(
                    Code::InvalidValue,
                    at,
                    format!("`{other}` belongs to a directory of the machine, not to a volume with a `name`"),
                )
                .help(HELP);
            });
        }
        return Some(Mount::Network { name: name?, path: path? });
    }
    let instance_path = fields.required(cx, at.path, "instance_path", path);
    let path_inside = fields.required(cx, at.path, "path", path);
    let optional = fields.default(cx, at.path, "optional", false, scalars::boolean);
    Some(Mount::Instance { instance_path: instance_path?, path: path_inside?, optional: optional? })
}

fn of_text(cx: &mut Cx<'_>, at: At<'_>, text: &str) -> Option<Mount> {
    let mut parts = text.split(':');
    let (Some(from), Some(to), None) = (parts.next(), parts.next(), parts.next()) else {
        cx.report(Code::InvalidValue, at, format!("{} is no volume", quote(text))).help(HELP);
        return None;
    };
    let path = normalised(cx, at, to)?;
    if !from.contains('/') {
        return Some(Mount::Network { name: OneOrMany::One(from.to_owned()), path });
    }
    let instance_path = normalised(cx, at, from)?;
    Some(Mount::Instance { instance_path, path, optional: false })
}

/// One text or a list of them.
pub(super) fn one_or_many(cx: &mut Cx<'_>, at: At<'_>) -> Option<OneOrMany> {
    match cx.value(at) {
        Value::Seq(_) | Value::Set(_) => scalars::texts(cx, at).map(OneOrMany::Many),
        _ => scalars::text(cx, at).map(OneOrMany::One),
    }
}

fn path(cx: &mut Cx<'_>, at: At<'_>) -> Option<String> {
    let text = scalars::text(cx, at)?;
    normalised(cx, at, &text)
}

/// The path without what says nothing. Two slashes at its beginning stay, as POSIX has it.
fn normalised(cx: &mut Cx<'_>, at: At<'_>, path: &str) -> Option<String> {
    let wrong = if path.is_empty() {
        "a path is missing here".to_owned()
    } else if !path.starts_with('/') {
        format!("{} is not an absolute path", quote(path))
    } else if path.split('/').any(|part| part == "..") {
        format!("{} leads upwards: `..` is not taken here", quote(path))
    } else {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        let root = if path.starts_with("//") && !path.starts_with("///") { "//" } else { "/" };
        return Some(format!("{root}{}", parts.join("/")));
    };
    cx.report(Code::InvalidValue, at, wrong).help(HELP);
    None
}
