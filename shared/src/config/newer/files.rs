//! Files to copy: `local`, `local:path`, or objects.

use super::super::{
    context::{At, Cx, quote},
    scalars,
};
use super::model::FileMapping;
use crate::{diagnostics::Code, yaml::Value};

/// One file or directory.
pub(super) fn file(cx: &mut Cx<'_>, at: At<'_>) -> Option<FileMapping> {
    if let Value::Str(text) = cx.value(at) {
        return of_text(cx, at, text);
    }
    let fields = cx.object(at, "files[]")?;
    let local_path = fields.required(cx, at.path, "local_path", scalars::text);
    let path = fields.required(cx, at.path, "path", |cx, at| {
        let path = scalars::text(cx, at)?;
        of_unix(cx, at, path)
    });
    Some(FileMapping { local_path: local_path?, path: path? })
}

fn of_text(cx: &mut Cx<'_>, at: At<'_>, text: &str) -> Option<FileMapping> {
    // A letter with a slash is a drive of Windows, and its colon parts nothing.
    let drive = if is_drive(text) { 2 } else { 0 };
    let (local, path) = match text[drive..].split_once(':') {
        None => (text, text),
        Some((local, path)) => (&text[..drive + local.len()], path),
    };
    if text[drive..].matches(':').count() > 1 {
        cx.report(Code::InvalidValue, at, format!("{} has more than two parts", quote(text)))
            .help("write `path`, or `local:path`");
        return None;
    }
    let path = of_unix(cx, at, path.to_owned())?;
    Some(FileMapping { local_path: local.to_owned(), path })
}

/// A path inside of the environment, which is none of Windows'.
fn of_unix(cx: &mut Cx<'_>, at: At<'_>, path: String) -> Option<String> {
    // Windows takes both slashes for one.
    let plain = path.replace('\\', "/");
    let share = plain
        .strip_prefix("//")
        .and_then(|rest| rest.split_once('/'))
        .is_some_and(|(host, share)| !host.is_empty() && !share.is_empty() && !share.starts_with('/'));
    if is_drive(&path) || share {
        cx.report(Code::InvalidValue, at, format!("{} is a path of Windows", quote(&path)))
            .help("environments run Linux: write where to, such as `/data`");
        return None;
    }
    Some(path)
}

fn is_drive(text: &str) -> bool {
    matches!(text.as_bytes(), [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic())
}
