//! GPUs with a vendor: a count, a text such as `nvidia:A100:80GB:2`, or an object.

use super::super::{
    coerce,
    context::{At, Cx, Path, quote},
    gpu::{self, HELP},
    range, scalars,
};
use crate::{
    config::{Gpu, IntRange, Vendor},
    diagnostics::Code,
    yaml::Value,
};

/// What a GPU that is written is counted as when no count is.
const SOME: IntRange = IntRange { min: Some(1), max: None };

/// The GPU requirements.
pub(in crate::config) fn gpu(cx: &mut Cx<'_>, at: At<'_>) -> Option<Gpu> {
    let gpu = match cx.value(at) {
        value @ (Value::Bool(_) | Value::Int(_) | Value::BigInt(_)) => {
            let gpu = of_text(cx, at, &coerce::text(value)?);
            gpu::scalar_surprises(cx, at, gpu.as_ref());
            gpu
        }
        Value::Str(text) => of_text(cx, at, text),
        Value::Map(_) => object(cx, at),
        _ => {
            let what = cx.kind_of(at);
            cx.report(Code::InvalidGpu, at, format!("expected GPUs, got {what}")).help(HELP);
            None
        }
    }?;
    gpu::count_surprises(cx, at, &gpu);
    Some(gpu)
}

fn object(cx: &mut Cx<'_>, at: At<'_>) -> Option<Gpu> {
    let fields = cx.object(at, "resources.gpu")?;
    let path = at.path;
    let vendor = fields.optional(cx, path, "vendor", |cx, at| {
        let found = match cx.value(at) {
            Value::Str(text) => Vendor::of_token(text),
            _ => None,
        };
        if found.is_none() {
            let what = cx.kind_of(at);
            cx.report(Code::InvalidValue, at, format!("expected a vendor of GPUs, got {what}"))
                .help("write `nvidia`, `amd`, `google`, `intel` or `tenstorrent`");
        }
        found
    });
    let name = fields.optional(cx, path, "name", |cx, at| {
        let names = match cx.value(at) {
            Value::Seq(_) => {
                let names = scalars::texts(cx, at);
                scalars::filter(cx, at, "GPU", names)
            }
            _ => gpu::one_name(cx, at).map(|name| vec![name]),
        };
        // Bytes that are text keep it.
        let cut = !matches!(cx.value(at), Value::Binary(_));
        names.map(|names| {
            names.into_iter().map(|name| if cut { without_prefix(name) } else { name }).collect()
        })
    });
    let count = fields.default(cx, path, "count", SOME, gpu::count);
    let memory = fields.optional(cx, path, "memory", range::sizes);
    let total_memory = fields.optional(cx, path, "total_memory", range::sizes);
    let compute_capability = fields.optional(cx, path, "compute_capability", gpu::compute_capability);
    Some(Gpu {
        vendor: vendor?,
        name: name?,
        count: count?,
        memory: memory?,
        total_memory: total_memory?,
        compute_capability: compute_capability?,
    })
}

fn of_text(cx: &mut Cx<'_>, at: At<'_>, written: &str) -> Option<Gpu> {
    let plain = written.replace(' ', "");
    let mut found = Gpu { count: SOME, ..Gpu::default() };
    let (mut counted, mut good) = (false, true);
    for token in plain.split(':') {
        if token.is_empty() {
            cx.report(Code::InvalidGpu, at, format!("{} has an empty part", quote(written))).help(HELP);
            return None;
        }
        let (again, what) = if let Some(vendor) = Vendor::of_token(token) {
            (found.vendor.replace(vendor).is_some(), "vendors")
        } else if token.starts_with(coerce::is_letter) {
            let again = found.name.is_some();
            good &= gpu::name_list(cx, at, written, token, &mut found.name);
            (again, "names")
        } else if token.chars().any(coerce::is_letter) {
            let path = Path::Key(at.path, "memory");
            let range = gpu::size_token(cx, At { path: &path, ..at }, token);
            good &= range.is_some();
            (found.memory.replace(range.unwrap_or_default()).is_some(), "sizes of memory")
        } else {
            let path = Path::Key(at.path, "count");
            let range = range::ints_of_text(cx, At { path: &path, ..at }, token);
            good &= range.is_some();
            found.count = range.unwrap_or_default();
            (std::mem::replace(&mut counted, true), "counts")
        };
        if again {
            cx.report(Code::InvalidGpu, at, format!("{} has two {what}", quote(written))).help(HELP);
            return None;
        }
    }
    found.name = found.name.map(|names| names.into_iter().map(without_prefix).collect());
    good.then_some(found)
}

/// `tpu-v5p-8` is the `v5p-8`.
fn without_prefix(name: String) -> String {
    name.strip_prefix("tpu-").map_or(name.clone(), str::to_owned)
}
