//! Requirements that no machine can meet together.

use super::{
    Gpu, Resources, SizeRange,
    context::{Cx, Path},
    fields::Fields,
    memory,
};
use crate::diagnostics::Code;

/// Warns about what can never match, whatever the offers.
pub(super) fn warn(cx: &mut Cx<'_>, path: &Path<'_>, fields: &Fields, resources: &Resources) {
    let r = resources;
    if r.cpu.max.is_some_and(|max| max < 1) {
        report(cx, path, fields, "cpu", "no machine has fewer than 1 CPU".to_owned());
    }
    if is_nothing(r.memory) {
        report(cx, path, fields, "memory", "no machine has that little memory".to_owned());
    }
    if let Some(why) = r.gpu.as_ref().and_then(why_not) {
        report(cx, path, fields, "gpu", why);
    }
}

fn report(cx: &mut Cx<'_>, path: &Path<'_>, fields: &Fields, name: &'static str, why: String) {
    fields.with(path, name, |at| {
        // The whole of an object is nothing to underline.
        let at =
            if cx.doc.node(at.node).text.is_some() { at } else { super::context::At { range: at.key, ..at } };
        cx.report(Code::MatchesNothing, at, why).help("nothing can match this");
    });
}

/// Not a number is in no range, either.
fn is_nothing(range: SizeRange) -> bool {
    range.max.is_some_and(|max| max <= 0.0 || max.is_nan()) || range.min.is_some_and(f64::is_nan)
}

fn why_not(gpu: &Gpu) -> Option<String> {
    let some = |range: Option<SizeRange>| range.and_then(|range| range.min).filter(|&min| min > 0.0);
    if gpu.count.max.is_some_and(|max| max < 0) {
        return Some("no machine has fewer than 0 GPUs".to_owned());
    }
    if gpu.count.max == Some(0) {
        let asked = [
            (gpu.name.is_some(), "a name"),
            (gpu.vendor.is_some(), "a vendor"),
            (some(gpu.memory).is_some(), "a memory"),
            (some(gpu.total_memory).is_some(), "a memory"),
            (gpu.compute_capability.is_some(), "a compute capability"),
        ];
        let (_, what) = asked.into_iter().find(|(asked, _)| *asked)?;
        return Some(format!("0 GPUs cannot have {what}"));
    }
    let least = gpu.count.min.unwrap_or_default();
    if least > 0 && [gpu.memory, gpu.total_memory].into_iter().flatten().any(is_nothing) {
        return Some("no GPU has that little memory".to_owned());
    }
    let most = gpu.total_memory.and_then(|total| total.max)?;
    #[expect(clippy::cast_precision_loss, reason = "a count of GPUs")]
    let together = some(gpu.memory)? * least as f64;
    (together > most).then(|| {
        format!(
            "{least} GPUs of {} have more than {} together",
            memory::words(some(gpu.memory).unwrap_or_default()),
            memory::words(most)
        )
    })
}
