//! Disk: a size or a range, or `{size: …}`.

use super::{
    context::{At, Cx, Path},
    memory, range,
};
use crate::{
    config::{Disk, SizeRange},
    diagnostics::Code,
    yaml::Value,
};

/// The least that dstack lets a bound of the disk be, GB.
pub const MIN_DISK_GB: f64 = 50.0;

/// The disk requirements.
pub(super) fn disk(cx: &mut Cx<'_>, at: At<'_>) -> Option<Disk> {
    let size = match cx.value(at) {
        Value::Str(_) | Value::Int(_) | Value::BigInt(_) | Value::Float(_) | Value::Bool(_) => {
            let path = Path::Key(at.path, "size");
            // What is reported about the size is about `resources.disk` as written.
            size(cx, At { path: if matches!(at.path, Path::Root) { &path } else { at.path }, ..at })?
        }
        Value::Binary(_) | Value::Timestamp(_) => {
            let what = cx.kind_of(at);
            cx.report(Code::WrongType, at, format!("expected a size, got {what}"))
                .help("write a size such as `200GB..`");
            return None;
        }
        _ => cx.object(at, "resources.disk")?.required(cx, at.path, "size", size)?,
    };
    Some(Disk { size })
}

fn size(cx: &mut Cx<'_>, at: At<'_>) -> Option<SizeRange> {
    let size = range::sizes(cx, at)?;
    let small = [("lower", size.min), ("upper", size.max)]
        .into_iter()
        .filter(|_| !cx.is_newer())
        .find_map(|(which, bound)| bound.filter(|&gb| gb < MIN_DISK_GB).map(|gb| (which, gb)));
    if let Some((which, gb)) = small {
        let exact = size.min == size.max;
        let what = if exact { "the disk".to_owned() } else { format!("the {which} bound of the disk") };
        let fixable = cx.is_bare(at) && exact;
        let draft =
            cx.report(Code::DiskTooSmall, at, format!("{what} is {}, less than 50 GB", memory::words(gb)));
        draft.help("ask for 50 GB or more");
        if fixable {
            draft.offer("write `50GB..`", at.range, "50GB..");
        }
        return None;
    }
    if let (Some(gb), true) = (size.min.filter(|_| size.min == size.max), is_bare_size(cx, at)) {
        let written = cx.doc.node(at.node).text.clone().unwrap_or_default();
        let fixable = cx.is_bare(at);
        let draft = cx.report(
            Code::DiskExact,
            at,
            format!("the disk must have exactly {}, no more", memory::words(gb)),
        );
        // What is a number of another base or form now would be another number as text.
        let open = match memory::parse(&written) {
            Some(same) if same == gb && !written.ends_with('.') => format!("{}..", written.trim()),
            _ => format!("{gb}GB.."),
        };
        draft.help(format!("write `{open}` for that much or more"));
        if fixable {
            draft.offer(format!("write `{open}`"), at.range, open);
        }
    }
    Some(size)
}

/// Whether a single size is written, not a range of two equal ones.
fn is_bare_size(cx: &Cx<'_>, at: At<'_>) -> bool {
    match cx.value(at) {
        Value::Str(text) => !text.contains(".."),
        value => matches!(value, Value::Int(_) | Value::BigInt(_) | Value::Float(_)),
    }
}
