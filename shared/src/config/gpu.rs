//! GPUs: a count, a text such as `A100:80GB:2`, or an object.

use super::{
    coerce,
    context::{At, Cx, Path, quote},
    memory, range, scalars, surprise,
};
use crate::{
    config::{Gpu, IntRange, SizeRange},
    diagnostics::Code,
    yaml::Value,
};

/// More than this in one machine was surely meant as something else.
const MANY: i64 = 16;

const ONE: IntRange = IntRange { min: Some(1), max: Some(1) };

/// The GPU requirements.
pub(super) fn gpu(cx: &mut Cx<'_>, at: At<'_>) -> Option<Gpu> {
    let value = cx.value(at);
    let gpu = match value {
        // dstack turns the number into text first, so that `true` is a GPU by the name of `True`.
        Value::Bool(_) => {
            let text = coerce::text(value)?;
            surprise::as_text(cx, at, &text);
            of_text(cx, at, &text)
        }
        Value::Int(_) | Value::BigInt(_) => {
            let gpu = of_text(cx, at, &coerce::text(value)?)?;
            let n = gpu.count.min.unwrap_or_default();
            surprise::as_number(cx, at, &format!("{n} GPUs"), &n.to_string());
            Some(gpu)
        }
        Value::Str(text) if !text.is_empty() => of_text(cx, at, text),
        Value::Str(_) => {
            cx.report(Code::InvalidGpu, at, "expected GPUs, got an empty text").help(HELP);
            None
        }
        Value::Float(_) | Value::Timestamp(_) => {
            let what = cx.kind_of(at);
            cx.report(Code::InvalidGpu, at, format!("expected GPUs, got {what}")).help(HELP);
            None
        }
        _ => object(cx, at),
    }?;
    count_surprises(cx, at, &gpu);
    Some(gpu)
}

const HELP: &str = "write a count such as `2`, a memory such as `24GB`, a name such as `A100`, or several parted by colons: `A100:80GB:2`";

fn object(cx: &mut Cx<'_>, at: At<'_>) -> Option<Gpu> {
    let fields = cx.object(at, "resources.gpu")?;
    let path = at.path;
    let name = fields.optional(cx, path, "name", names);
    let count = fields.default(cx, path, "count", ONE, range::ints);
    let memory = fields.optional(cx, path, "memory", range::sizes);
    let total_memory = fields.optional(cx, path, "total_memory", range::sizes);
    let compute_capability = fields.optional(cx, path, "compute_capability", compute_capability);
    Some(Gpu {
        name: name?,
        count: count?,
        memory: memory?,
        total_memory: total_memory?,
        compute_capability: compute_capability?,
    })
}

/// One name, or a list; anything that is no list counts as a list of one.
fn names(cx: &mut Cx<'_>, at: At<'_>) -> Option<Vec<String>> {
    if matches!(cx.value(at), Value::Seq(_) | Value::Pairs(_)) {
        let names = scalars::texts(cx, at);
        return scalars::filter(cx, at, "GPU", names);
    }
    let name = scalars::text(cx, at)?;
    if name.contains(',') {
        let fixable = cx.is_bare(at);
        let draft =
            cx.report(Code::GpuNameComma, at, format!("{} is one name here, comma and all", quote(&name)));
        draft.help("a list holds several names");
        if fixable && !name.contains(['[', ']', '{', '}', ':', '#']) {
            let parts: Vec<_> = name.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
            let list = format!("[{}]", parts.join(", "));
            let certain = parts.iter().all(|part| part.starts_with(coerce::is_letter));
            draft.suggest(certain, format!("write `{list}`"), at.range, list);
        }
    }
    Some(vec![name])
}

/// Two whole numbers: a float's text, a text, or a list of two.
fn compute_capability(cx: &mut Cx<'_>, at: At<'_>) -> Option<(i64, i64)> {
    let value = cx.value(at);
    let pair = match value {
        Value::Float(f) => of_version(&coerce::float_text(*f)),
        Value::Str(text) => of_version(text),
        Value::Seq(items) => match items[..] {
            [(major, _), (minor, _)] => {
                coerce::int(&cx.doc.node(major).value).zip(coerce::int(&cx.doc.node(minor).value))
            }
            _ => None,
        },
        _ => None,
    };
    let Some((major, minor)) = pair else {
        let what = cx.kind_of(at);
        let whole = match value {
            Value::Int(n) if cx.is_bare(at) => Some(format!("\"{n}.0\"")),
            _ => None,
        };
        let draft = cx.report(
            Code::InvalidComputeCapability,
            at,
            format!("expected a compute capability, got {what}"),
        );
        draft.help("write two whole numbers parted by a dot, such as `7.5`");
        if let Some(whole) = whole {
            draft.offer(format!("write `{whole}`"), at.range, whole);
        }
        return None;
    };
    let read = (scalars::fits(cx, at, major)?, scalars::fits(cx, at, minor)?);
    if let (Value::Float(_), Some(written)) = (value, cx.doc.node(at.node).text.clone())
        && written.trim_end_matches('0') != written
        && of_version(&written).is_some_and(|w| w != (major, minor))
    {
        surprise::as_text(cx, at, &format!("{}.{}", read.0, read.1));
    }
    Some(read)
}

fn of_version(text: &str) -> Option<(coerce::Int, coerce::Int)> {
    let (major, minor) = text.split_once('.')?;
    coerce::int_of_text(major).zip(coerce::int_of_text(minor))
}

/// The short form: names, memory and count in any order, parted by colons.
fn of_text(cx: &mut Cx<'_>, at: At<'_>, written: &str) -> Option<Gpu> {
    let plain = written.replace(' ', "");
    let (mut names, mut memory, mut count) = (None, None, None);
    let mut good = true;
    for token in plain.split(':') {
        if token.is_empty() {
            cx.report(Code::InvalidGpu, at, format!("{} has an empty part", quote(written))).help(HELP);
            return None;
        }
        let slot = if token.chars().next().is_some_and(coerce::is_letter) {
            let fresh = names.is_none();
            good &= name_list(cx, at, written, token, &mut names);
            (fresh, "names", "write several names with commas: `A100,H100`")
        } else if token.chars().any(coerce::is_letter) {
            let fresh = memory.is_none();
            let path = Path::Key(at.path, "memory");
            let range = size_token(cx, At { path: &path, ..at }, token);
            good &= range.is_some();
            memory = Some(range.unwrap_or_default());
            (fresh, "sizes of memory", "write a range: `40GB..80GB`")
        } else {
            let fresh = count.is_none();
            let path = Path::Key(at.path, "count");
            let range = range::ints_of_text(cx, At { path: &path, ..at }, token);
            good &= range.is_some();
            count = Some(range.unwrap_or_default());
            (fresh, "counts", "write a range: `1..2`")
        };
        if let (false, what, help) = slot {
            cx.report(Code::InvalidGpu, at, format!("{} has two {what}", quote(written))).help(help);
            return None;
        }
    }
    good.then(|| Gpu {
        name: names,
        count: count.unwrap_or(ONE),
        memory,
        total_memory: None,
        compute_capability: None,
    })
}

/// A memory of the short form. What looks like a count and a name at once gets a better answer than "no size".
fn size_token(cx: &mut Cx<'_>, at: At<'_>, token: &str) -> Option<SizeRange> {
    let digits = token.find(|c: char| !c.is_ascii_digit()).unwrap_or(0);
    let name = token.get(digits..).unwrap_or_default().trim_start_matches(['x', 'X', '*', '-']);
    let looks_like_name = digits > 0
        && memory::parse(token).is_none()
        && name.len() > 1
        && name.starts_with(coerce::is_letter)
        && name.bytes().any(|b| b.is_ascii_digit())
        && !token.contains("..");
    if !looks_like_name {
        return range::sizes_of_text(cx, at, token);
    }
    let (count, whole) =
        (&token[..digits], cx.is_bare(at) && cx.doc.node(at.node).text.as_deref() == Some(token));
    let meant = format!("{name}:{count}");
    let spaced =
        cx.is_bare(at) && cx.doc.node(at.node).text.as_deref().is_some_and(|t| t.replace(' ', "") == token);
    let draft = cx.report(Code::InvalidGpu, at, format!("{} is no size, no count and no name", quote(token)));
    draft.help(format!("for {count} × {name}, write `{meant}`"));
    if whole || spaced {
        // `2xA100` is said everywhere; `1A100` may be anything.
        let certain = token.get(digits..).is_some_and(|rest| rest.starts_with(['x', 'X', '*']));
        draft.suggest(certain, format!("write `{meant}`"), at.range, meant);
    }
    None
}

fn name_list(
    cx: &mut Cx<'_>,
    at: At<'_>,
    written: &str,
    token: &str,
    names: &mut Option<Vec<String>>,
) -> bool {
    let list: Vec<_> = token.split(',').map(str::to_owned).collect();
    let full = list.iter().all(|name| !name.is_empty());
    if !full {
        cx.report(Code::InvalidGpu, at, format!("{} has an empty name", quote(written)))
            .help("remove the comma too many");
    }
    *names = Some(list);
    full
}

/// `gpu: 24` and `gpu: 3090` are counts.
fn count_surprises(cx: &mut Cx<'_>, at: At<'_>, gpu: &Gpu) {
    let text = cx.doc.node(at.node).text.clone();
    let Some(written) =
        text.filter(|t| !t.contains(['.', ':']) && gpu.name.is_none() && gpu.memory.is_none())
    else {
        return;
    };
    let Some(n) = gpu.count.min.filter(|&n| n > MANY && gpu.count.max == Some(n)) else { return };
    let fixable = cx.is_bare(at) && written.bytes().all(|b| b.is_ascii_digit()) && !written.starts_with('0');
    let draft = cx.report(Code::GpuCount, at, format!("{} is a count: {n} GPUs", quote(&written)));
    if n >= 1000 {
        draft.help("a model is written with its letters, such as `RTX3090`");
        if fixable {
            draft.offer(format!("write `RTX{n}`"), at.range, format!("RTX{n}"));
        }
    } else {
        draft.help("a memory is written with its unit");
        if fixable {
            draft.offer(format!("write `{n}GB`"), at.range, format!("{n}GB"));
            draft.offer(format!("write `{n}GB..`"), at.range, format!("{n}GB.."));
        }
    }
}
