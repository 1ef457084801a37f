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
        Value::Bool(_) | Value::Int(_) | Value::BigInt(_) => {
            let gpu = of_text(cx, at, &coerce::text(value)?);
            scalar_surprises(cx, at, gpu.as_ref());
            gpu
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

/// Warns about a boolean or a number that is not what it looks like.
pub(super) fn scalar_surprises(cx: &mut Cx<'_>, at: At<'_>, gpu: Option<&Gpu>) {
    match (cx.value(at), gpu) {
        (value @ Value::Bool(is), _) => {
            let text = coerce::text(value).unwrap_or_default();
            let (shown, fixable) = (cx.quote(at), cx.is_bare(at));
            let message = format!(
                "{shown} is a boolean in YAML; here it becomes a GPU by the name of {}",
                quote(&text)
            );
            let draft = cx.report(Code::BooleanAsText, at, message);
            draft.help("write how many GPUs there should be");
            if fixable {
                let count = if *is { "1" } else { "0" };
                draft.offer(format!("write `{count}`"), at.range, count);
            }
        }
        (Value::Int(_) | Value::BigInt(_), Some(gpu)) => {
            let n = gpu.count.min.unwrap_or_default();
            surprise::as_number(cx, at, &format!("{n} GPUs"), &n.to_string());
        }
        _ => {}
    }
}

pub(super) const HELP: &str = "write a count such as `2`, a memory such as `24GB`, a name such as `A100`, or several parted by colons: `A100:80GB:2`";

fn object(cx: &mut Cx<'_>, at: At<'_>) -> Option<Gpu> {
    let fields = cx.object(at, "resources.gpu")?;
    let path = at.path;
    let name = fields.optional(cx, path, "name", names);
    let count = fields.default(cx, path, "count", ONE, count);
    let memory = fields.optional(cx, path, "memory", range::sizes);
    let total_memory = fields.optional(cx, path, "total_memory", range::sizes);
    let compute_capability = fields.optional(cx, path, "compute_capability", compute_capability);
    Some(Gpu {
        vendor: None,
        name: name?,
        count: count?,
        memory: memory?,
        total_memory: total_memory?,
        compute_capability: compute_capability?,
    })
}

/// How many; a number that was perhaps meant as something else is told of.
pub(super) fn count(cx: &mut Cx<'_>, at: At<'_>) -> Option<IntRange> {
    let count = range::ints(cx, at)?;
    if let (Some(least), Some(_)) = (count.min.filter(|&n| n > MANY), &cx.doc.node(at.node).text) {
        cx.report(Code::GpuCount, at, format!("this asks for {least} GPUs in one machine"))
            .help("a memory is written as `memory: 80GB`");
    }
    Some(count)
}

/// One name, or a list; anything that is no list counts as a list of one.
fn names(cx: &mut Cx<'_>, at: At<'_>) -> Option<Vec<String>> {
    if matches!(cx.value(at), Value::Seq(_) | Value::Pairs(_)) {
        let names = scalars::texts(cx, at);
        return scalars::filter(cx, at, "GPU", names);
    }
    one_name(cx, at).map(|name| vec![name])
}

/// A name by itself; a comma in it is told of.
pub(super) fn one_name(cx: &mut Cx<'_>, at: At<'_>) -> Option<String> {
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
    Some(name)
}

/// Two whole numbers: a float's text, a text, or a list of two.
pub(super) fn compute_capability(cx: &mut Cx<'_>, at: At<'_>) -> Option<(i64, i64)> {
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
    let mut vendor = None;
    let mut good = true;
    for token in plain.split(':') {
        if matches!(token.to_ascii_lowercase().as_str(), "nvidia" | "amd" | "intel" | "google" | "tpu")
            && plain.len() > token.len()
        {
            vendor = Some(token);
        }
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
            let without: Vec<_> = plain.split(':').filter(|token| Some(*token) != vendor).collect();
            let without = without.join(":");
            let fix = cx.replacement(at, &without);
            let draft = cx.report(Code::InvalidGpu, at, format!("{} has two {what}", quote(written)));
            match vendor.filter(|_| what == "names") {
                Some(vendor) => {
                    draft.help(format!("dstack 0.18 knows no vendors: leave {} out", quote(vendor)));
                    if let Some(fix) = fix {
                        draft.offer(format!("write {}", quote(&without)), at.range, fix);
                    }
                }
                None => _ = draft.help(help),
            }
            return None;
        }
    }
    good.then(|| Gpu {
        vendor: None,
        name: names,
        count: count.unwrap_or(ONE),
        memory,
        total_memory: None,
        compute_capability: None,
    })
}

/// A memory of the short form. What looks like a count and a name at once gets a better answer than "no size".
pub(super) fn size_token(cx: &mut Cx<'_>, at: At<'_>, token: &str) -> Option<SizeRange> {
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
    let count = &token[..digits];
    let meant = format!("{name}:{count}");
    let whole = cx.doc.node(at.node).text.as_deref().is_some_and(|t| t.replace(' ', "") == token);
    let fix = cx.replacement(at, &meant).filter(|_| whole);
    let draft = cx.report(Code::InvalidGpu, at, format!("{} is no size, no count and no name", quote(token)));
    draft.help(format!("for {count} × {name}, write `{meant}`"));
    if let Some(fix) = fix {
        // `2xA100` is said everywhere; `1A100` may be anything.
        let certain = token.get(digits..).is_some_and(|rest| rest.starts_with(['x', 'X', '*']));
        draft.suggest(certain, format!("write `{meant}`"), at.range, fix);
    }
    None
}

pub(super) fn name_list(
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
    if let Some(size) = list.iter().find(|name| is_size(name)) {
        let rest: Vec<_> = list.iter().filter(|name| *name != size).map(String::as_str).collect();
        let meant = written.replace(' ', "").replacen(token, &format!("{}:{size}", rest.join(",")), 1);
        let fix = cx.replacement(at, &meant).filter(|_| list.len() > 1);
        let draft = cx.report(Code::GpuNameSize, at, format!("{} is read as the name of a GPU", quote(size)));
        draft.help("commas part names; before a size stands a colon");
        if let Some(fix) = fix {
            draft.offer(format!("write {}", quote(&meant)), at.range, fix);
        }
    }
    *names = Some(list);
    full
}

/// Whether a name is a size with its unit, as in `A100,80GB`.
fn is_size(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_digit())
        && name.ends_with(['b', 'B'])
        && memory::parse(name).is_some()
}

/// `gpu: 24`, `gpu: 24..80`, `gpu: A100:80` and `gpu: 3090` are counts.
pub(super) fn count_surprises(cx: &mut Cx<'_>, at: At<'_>, gpu: &Gpu) {
    let Some(least) = gpu.count.min.filter(|&n| n > MANY) else { return };
    let Some(written) = cx.doc.node(at.node).text.clone() else {
        return;
    };
    // `1:30` was told of already; what it is part of is not known.
    if matches!(cx.value(at), Value::Int(_)) && written.contains(':') {
        return;
    }
    let is_count = |token: &&str| {
        token.starts_with(|c: char| c.is_ascii_digit())
            && token.bytes().all(|b| b.is_ascii_digit() || b == b'.')
    };
    let Some(count) = written.split(':').map(str::trim).find(is_count).map(str::to_owned) else { return };
    let alone = count == written;
    let open = count.contains("..");
    let sized = |n: &str| if n.is_empty() { String::new() } else { format!("{n}GB") };
    let sized: Vec<_> = count.split("..").map(sized).collect();
    let memory = written.replacen(&count, &sized.join(".."), 1);
    let (help, meant) = if least >= 1000 && alone {
        ("a model is written with its letters, such as `RTX3090`", vec![format!("RTX{least}")])
    } else if alone && !open {
        ("a memory is written with its unit", vec![memory.clone(), format!("{memory}..")])
    } else {
        ("a memory is written with its unit", vec![memory])
    };
    let fixes: Vec<_> = meant
        .into_iter()
        .filter(|_| gpu.memory.is_none() && !count.starts_with('0'))
        .filter_map(|meant| Some((cx.replacement(at, &meant)?, meant)))
        .collect();
    let more = if open { " or more" } else { "" };
    let draft = cx.report(Code::GpuCount, at, format!("{} is a count: {least} GPUs{more}", quote(&count)));
    draft.help(help);
    for (fix, meant) in fixes {
        draft.offer(format!("write {}", quote(&meant)), at.range, fix);
    }
}
