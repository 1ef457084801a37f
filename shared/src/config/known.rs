//! What the catalogue has to say about the names in a configuration. All of it is hints: a catalogue is never
//! complete, and the verdict is dstack's.

use super::{
    Gpu, SizeRange,
    context::{At, Cx, Path, join, quote},
    gpu,
    hints::entry,
    memory, newer,
};
use crate::{
    assist::{Choice, Facts, GpuStock},
    diagnostics::{ByteRange, Code, Draft},
    schema,
    yaml::{self, NodeId, Value},
};

/// Backends that no price list has: the machines are somebody's own.
const OWN: &[&str] = &["local", "remote", "kubernetes", "slurm"];

/// Hints at names that the catalogue does not know.
pub(super) fn report_unknown(cx: &mut Cx<'_>, root: NodeId, facts: &Facts) {
    if facts.catalogue().is_empty() {
        return;
    }
    let document = cx.doc;
    let list = |name| entry(document, root, name).map(|(node, range)| items(document, node, range));
    let (backends, regions, types) = (list("backends"), list("regions"), list("instance_types"));
    let names: Vec<&str> = backends.iter().flatten().map(|item| item.name).collect();
    // An empty list chooses nothing, and says so itself.
    let chosen = (!names.is_empty()).then_some(names.as_slice());
    for (i, item) in backends.iter().flatten().enumerate() {
        backend(cx, facts, i, item);
    }
    // A backend without a price list may have any region and type.
    let told = names.iter().all(|name| facts.backend(name).is_some());
    if told {
        let backends_at = entry(document, root, "backends").map(|(_, range)| range);
        for (i, item) in regions.iter().flatten().enumerate() {
            region(cx, facts, i, item, chosen, backends_at);
        }
        for (i, item) in types.iter().flatten().enumerate() {
            instance_type(cx, facts, i, item, chosen, backends_at);
        }
    }
    let gpu = entry(document, root, "resources").and_then(|(node, _)| entry(document, node, "gpu"));
    if let Some((node, range)) = gpu {
        gpus(cx, facts, node, range);
    }
}

/// A text in a list.
struct Item<'t> {
    name: &'t str,
    node: NodeId,
    range: ByteRange,
}

fn items<'t>(document: &'t yaml::Document, node: NodeId, range: ByteRange) -> Vec<Item<'t>> {
    let text = |node: NodeId, range| match &document.node(node).value {
        Value::Str(name) => Some(Item { name, node, range }),
        _ => None,
    };
    match &document.node(node).value {
        Value::Seq(items) => items.iter().filter_map(|&(node, range)| text(node, range)).collect(),
        Value::Str(_) => text(node, range).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn report<'c>(
    cx: &'c mut Cx<'_>,
    code: Code,
    list: &'static str,
    index: usize,
    item: &Item<'_>,
    message: String,
) -> &'c mut Draft {
    let list = Path::Key(&Path::Root, list);
    let path = Path::Index(&list, index);
    cx.report(code, At { node: item.node, range: item.range, key: item.range, path: &path }, message)
}

fn is_bare(cx: &Cx<'_>, item: &Item<'_>) -> bool {
    cx.is_bare(At { node: item.node, range: item.range, key: item.range, path: &Path::Root })
}

/// Offers another name in the place of a plain one.
fn suggest(cx: &mut Cx<'_>, draft_at: &Item<'_>, close: Option<&str>) -> Option<String> {
    let close = close?;
    let plain = close.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        && close.starts_with(|c: char| c.is_ascii_alphabetic());
    (plain && is_bare(cx, draft_at)).then(|| close.to_owned())
}

fn backend(cx: &mut Cx<'_>, facts: &Facts, index: usize, item: &Item<'_>) {
    let name = item.name;
    if !schema::is_backend(name, cx.dialect) || OWN.contains(&name) || facts.backend(name).is_some() {
        return;
    }
    report(
        cx,
        Code::BackendWithoutOffers,
        "backends",
        index,
        item,
        format!("no offers of {} are known", quote(name)),
    )
    .help("the catalogue does not list what it costs; a server that has it set up may still have offers");
}

fn region(
    cx: &mut Cx<'_>,
    facts: &Facts,
    index: usize,
    item: &Item<'_>,
    chosen: Option<&[&str]>,
    backends_at: Option<ByteRange>,
) {
    let name = item.name;
    let of: Vec<&str> = facts.regions().filter(|(_, known, _)| *known == name).map(|(of, ..)| of).collect();
    let is_chosen = |of: &str| chosen.is_none_or(|chosen| chosen.contains(&of));
    if of.iter().any(|of| is_chosen(of)) {
        return;
    }
    if !of.is_empty() {
        elsewhere(cx, Code::RegionElsewhere, "regions", index, item, ("region", &of), chosen, backends_at);
        return;
    }
    let candidates = facts
        .regions()
        .filter(|(of, ..)| is_chosen(of))
        .map(|(_, known, _)| known)
        .filter(|known| near(name, known));
    let close = schema::closest(name, candidates);
    let fix = suggest(cx, item, close);
    let message = match chosen {
        Some(chosen) => format!("no offer of {} is in a region {}", of_all(chosen), quote(name)),
        None => format!("no offer is in a region {}", quote(name)),
    };
    let draft = report(cx, Code::UnknownRegion, "regions", index, item, message);
    finish(draft, item, close, fix, "a region is written in its cloud's own words, such as `us-east-1`");
}

fn instance_type(
    cx: &mut Cx<'_>,
    facts: &Facts,
    index: usize,
    item: &Item<'_>,
    chosen: Option<&[&str]>,
    backends_at: Option<ByteRange>,
) {
    let name = item.name;
    let of: Vec<&str> = facts.instance_type(name).iter().map(|kind| kind.backend).collect();
    if of.iter().any(|of| chosen.is_none_or(|chosen| chosen.contains(of))) {
        return;
    }
    if !of.is_empty() {
        let what = ("instance type", of.as_slice());
        elsewhere(cx, Code::InstanceTypeElsewhere, "instance_types", index, item, what, chosen, backends_at);
        return;
    }
    // There are thousands: only those that begin alike are looked at.
    let head = name.get(..name.len().min(2)).unwrap_or_default();
    let candidates = facts
        .type_names(Choice { backends: chosen, regions: None })
        .filter(|known| known.get(..head.len()).is_some_and(|start| start.eq_ignore_ascii_case(head)))
        .filter(|known| near(name, known));
    let close = schema::closest(name, candidates);
    let fix = suggest(cx, item, close);
    let message = match chosen {
        Some(chosen) => format!("no offer of {} has the instance type {}", of_all(chosen), quote(name)),
        None => format!("no offer has the instance type {}", quote(name)),
    };
    let draft = report(cx, Code::UnknownInstanceType, "instance_types", index, item, message);
    finish(
        draft,
        item,
        close,
        fix,
        "an instance type is written in its cloud's own words, such as `p4d.24xlarge`",
    );
}

/// Whether a name is long enough, and not too long, to be meant: comparing in earnest is dear.
fn near(name: &str, known: &str) -> bool {
    name.len().abs_diff(known.len()) <= 3
}

fn finish(draft: &mut Draft, item: &Item<'_>, close: Option<&str>, fix: Option<String>, otherwise: &str) {
    match close {
        Some(close) => draft.help(format!("did you mean `{close}`?")),
        None => draft.help(otherwise),
    };
    if let Some(fix) = fix {
        draft.offer(format!("replace with `{fix}`"), item.range, fix);
    }
}

fn of_all(names: &[&str]) -> String {
    let names: Vec<_> = names.iter().map(|name| quote(name)).collect();
    join(&names, "and")
}

#[expect(clippy::too_many_arguments, reason = "two callers that say the same of two kinds of names")]
fn elsewhere(
    cx: &mut Cx<'_>,
    code: Code,
    list: &'static str,
    index: usize,
    item: &Item<'_>,
    (what, of): (&str, &[&str]),
    chosen: Option<&[&str]>,
    backends_at: Option<ByteRange>,
) {
    let not = chosen.map(of_all).unwrap_or_default();
    let message = format!("{} is a {what} of {}, not of {not}", quote(item.name), of_all(of))
        .replace("a instance", "an instance");
    // Only in brackets is it plain how another one is added.
    let end = backends_at
        .filter(|range| {
            cx.text.get(range.start..range.end).is_some_and(|t| t.starts_with('[') && t.ends_with(']'))
        })
        .map(|range| ByteRange::new(range.end - 1, range.end - 1));
    let draft = report(cx, code, list, index, item, message);
    draft.help(format!("add {} to `backends`, or choose another {what}", of_all(of)));
    if let (Some(end), [only]) = (end, of) {
        draft.offer(format!("add `{only}` to `backends`"), end, format!(", {only}"));
    }
    if let Some(range) = backends_at {
        draft.related(range, "these backends are chosen");
    }
}

/// The names and the memory of the GPUs.
fn gpus(cx: &mut Cx<'_>, facts: &Facts, node: NodeId, range: ByteRange) {
    let resources = Path::Key(&Path::Root, "resources");
    let path = Path::Key(&resources, "gpu");
    let at = At { node, range, key: range, path: &path };
    // What is wrong with it was said; here only what it means counts.
    let kept = std::mem::take(&mut cx.sink);
    let read = if cx.is_newer() { newer::gpu(cx, at) } else { gpu::gpu(cx, at) };
    cx.sink = kept;
    let Some(Gpu { name: Some(names), memory, .. }) = read else { return };
    let name_at = entry(cx.doc, node, "name");
    let mut known = Vec::new();
    for (i, name) in names.iter().enumerate() {
        match facts.gpu(name) {
            Some(gpu) if gpu.stock.offers == 0 => {
                let (at, token) = name_place(cx, at, name_at, i, name);
                let draft = cx.sink.report(
                    Code::UnknownGpu,
                    at.path.to_string(),
                    token.unwrap_or(at.range),
                    format!("no offer has the GPU `{}`", gpu.name),
                );
                draft.help("the catalogue knows the model, but nobody in it rents it out");
                known.push(gpu);
            }
            Some(gpu) => known.push(gpu),
            None => unknown_gpu(cx, facts, at, name_at, i, name),
        }
    }
    if let Some(memory) = memory.filter(|_| known.len() == names.len() && !known.is_empty()) {
        gpu_memory(cx, at, &known, memory);
    }
}

fn unknown_gpu(
    cx: &mut Cx<'_>,
    facts: &Facts,
    at: At<'_>,
    name_at: Option<(NodeId, ByteRange)>,
    index: usize,
    name: &str,
) {
    let offered = facts.gpus(Choice::default());
    let close = schema::closest(name, offered.iter().map(|(gpu, _)| gpu.name.as_str()))
        .or_else(|| schema::closest(name, facts.gpu_names()));
    let (at, token) = name_place(cx, at, name_at, index, name);
    let draft = cx.sink.report(
        Code::UnknownGpu,
        at.path.to_string(),
        token.unwrap_or(at.range),
        format!("no offer has a GPU {}", quote(name)),
    );
    match close {
        Some(close) => draft.help(format!("did you mean `{close}`?")),
        None => draft.help("a GPU is written by the name of its model, such as `A100` or `RTX4090`"),
    };
    if let (Some(close), Some(token)) = (close, token) {
        draft.offer(format!("replace with `{close}`"), token, close);
    }
}

/// The value that holds a name, and the name itself where it stands there as it is.
fn name_place<'p>(
    cx: &Cx<'_>,
    at: At<'p>,
    name_at: Option<(NodeId, ByteRange)>,
    index: usize,
    name: &str,
) -> (At<'p>, Option<ByteRange>) {
    let at = match name_at {
        None => at,
        Some((node, range)) => match &cx.doc.node(node).value {
            Value::Seq(items) => {
                items.get(index).map_or(at, |&(node, range)| At { node, range, key: range, ..at })
            }
            _ => At { node, range, key: range, ..at },
        },
    };
    let token = token(cx, at, |part| part == name);
    (at, token)
}

/// The part of a short form, between colons and commas, that `is` takes.
fn token(cx: &Cx<'_>, at: At<'_>, is: impl Fn(&str) -> bool) -> Option<ByteRange> {
    if !cx.is_in_place(at) {
        return None;
    }
    let written = cx.text.get(at.range.start..at.range.end)?;
    if written.contains(['\n', '\\']) {
        return None;
    }
    let mut start = at.range.start;
    for part in written.split_inclusive([':', ',', '"', '\'']) {
        let end = start + part.len();
        let bare = part.trim_end_matches([':', ',', '"', '\'']);
        let lead = bare.len() - bare.trim_start().len();
        let bare = bare.trim();
        if is(bare) {
            return Some(ByteRange::new(start + lead, start + lead + bare.len()));
        }
        start = end;
    }
    None
}

fn gpu_memory(cx: &mut Cx<'_>, at: At<'_>, known: &[&GpuStock], asked: SizeRange) {
    let fits = |&gb: &f64| !asked.min.is_some_and(|min| gb < min) && !asked.max.is_some_and(|max| gb > max);
    if known.iter().any(|gpu| gpu.memory.is_empty() || gpu.memory.iter().any(fits)) {
        return;
    }
    let facts: Vec<_> = known
        .iter()
        .map(|gpu| {
            let sizes: Vec<_> = gpu.memory.iter().map(|&gb| memory::words(gb)).collect();
            format!("`{}` has {}", gpu.name, join(&sizes, "or"))
        })
        .collect();
    let path = Path::Key(at.path, "memory");
    let object = entry(cx.doc, at.node, "memory");
    let place = match object {
        Some((node, range)) => At { node, range, key: range, path: &path },
        None => at,
    };
    let token = match object {
        Some(_) => cx.is_bare(place).then_some(place.range),
        None => token(cx, at, |part| {
            part.starts_with(|c: char| c.is_ascii_digit() || c == '.') && part.contains(char::is_alphabetic)
        }),
    };
    let mut sizes: Vec<f64> = known.iter().flat_map(|gpu| gpu.memory.iter().copied()).collect();
    crate::order::sort_by(&mut sizes, f64::total_cmp);
    sizes.dedup();
    let draft =
        cx.sink.report(Code::GpuMemory, path.to_string(), token.unwrap_or(place.range), join(&facts, "and"));
    draft.help("no offer can have this memory; leave it out, or write one that the GPU comes with");
    if let Some(token) = token {
        for gb in sizes.into_iter().take(4) {
            draft.offer(format!("write `{gb}GB`"), token, format!("{gb}GB"));
        }
    }
}
