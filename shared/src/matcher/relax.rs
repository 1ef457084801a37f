//! The smallest changes of a constraint that let something new in.

use super::{
    Constraint, Context, Requirements,
    fit::Sizes,
    scan::{Scan, sizes},
};
use crate::{
    catalog::{Catalogue, RowId, Run, Shape},
    config::{IntRange, SizeRange},
};

/// What leaving a constraint out means.
pub(super) const fn drop_words(constraint: Constraint) -> &'static str {
    match constraint {
        Constraint::Cpu => "take any number of vCPUs",
        Constraint::Memory => "take any amount of memory",
        Constraint::GpuCount => "take any number of GPUs",
        Constraint::GpuName => "take any GPU model",
        Constraint::GpuMemory => "take GPUs with any amount of memory",
        Constraint::GpuTotalMemory => "take GPUs with any amount of memory in all",
        Constraint::ComputeCapability => "take any compute capability",
        Constraint::Disk => "take any disk size",
        Constraint::MaxPrice => "take any price",
        Constraint::Spot => "take spot and on-demand machines",
        Constraint::Backends => "take any backend",
        Constraint::Regions => "take any region",
        Constraint::InstanceTypes => "take any instance type",
        Constraint::Reuse => "let new instances be made",
    }
}

/// What the constraint keeps out, as one value that stands for the nearest.
struct Nearest<'a> {
    /// The largest value below the range, the smallest above it.
    below: Option<f64>,
    above: Option<f64>,
    /// The best compute capability below the least.
    capability: Option<(u32, u32)>,
    /// The cheapest row, with its run and shape.
    cheapest: Option<(f64, RowId, &'a Run, &'a Shape)>,
}

/// The smallest changes of `constraint` that let something in, each with its description. `loose` are
/// the requirements without it.
pub(super) fn widen(
    catalogue: &Catalogue,
    requirements: &Requirements,
    constraint: Constraint,
    loose: &Requirements,
    context: &Context,
) -> Vec<(String, Requirements)> {
    let nearest = nearest(catalogue, requirements, constraint, loose, context);
    let gpu = requirements.gpu.clone().unwrap_or_default();
    let sizes = |range: SizeRange| widen_range(range, nearest.below, nearest.above);
    let counts = |range: IntRange| {
        let as_floats = SizeRange { min: range.min.map(|v| v as f64), max: range.max.map(|v| v as f64) };
        widen_range(as_floats, nearest.below.map(f64::floor), nearest.above.map(f64::ceil))
            .into_iter()
            .map(|range| IntRange { min: range.min.map(|v| v as i64), max: range.max.map(|v| v as i64) })
            .collect::<Vec<_>>()
    };
    let with = |change: &dyn Fn(&mut Requirements)| {
        let mut changed = requirements.clone();
        change(&mut changed);
        changed
    };
    match constraint {
        Constraint::Cpu => counts(requirements.cpu)
            .into_iter()
            .map(|range| (format!("ask for {}", in_words(range, " vCPUs")), with(&|r| r.cpu = range)))
            .collect(),
        Constraint::Memory => sizes(requirements.memory)
            .into_iter()
            .map(|range| {
                (format!("ask for {} of memory", in_words(range, " GB")), with(&|r| r.memory = range))
            })
            .collect(),
        Constraint::Disk => sizes(requirements.disk.unwrap_or_default())
            .into_iter()
            .map(|range| {
                (format!("ask for a disk of {}", in_words(range, " GB")), with(&|r| r.disk = Some(range)))
            })
            .collect(),
        Constraint::GpuCount => counts(gpu.count)
            .into_iter()
            .map(|range| {
                let changed = with(&|r| r.gpu.get_or_insert_default().count = range);
                (format!("ask for {}", in_words(range, " GPUs")), changed)
            })
            .collect(),
        Constraint::GpuMemory => sizes(gpu.memory.unwrap_or_default())
            .into_iter()
            .map(|range| {
                let changed = with(&|r| r.gpu.get_or_insert_default().memory = Some(range));
                (format!("ask for {} of memory on each GPU", in_words(range, " GB")), changed)
            })
            .collect(),
        Constraint::GpuTotalMemory => sizes(gpu.total_memory.unwrap_or_default())
            .into_iter()
            .map(|range| {
                let changed = with(&|r| r.gpu.get_or_insert_default().total_memory = Some(range));
                (format!("ask for {} of GPU memory in all", in_words(range, " GB")), changed)
            })
            .collect(),
        Constraint::ComputeCapability => nearest
            .capability
            .map(|(major, minor)| {
                let least = Some((i64::from(major), i64::from(minor)));
                let changed = with(&|r| r.gpu.get_or_insert_default().compute_capability = least);
                (format!("ask for compute capability {major}.{minor} or more"), changed)
            })
            .into_iter()
            .collect(),
        _ => nearest
            .cheapest
            .and_then(|cheapest| admit(catalogue, requirements, constraint, cheapest))
            .into_iter()
            .collect(),
    }
}

/// Lets the cheapest row in that a list or a limit keeps out.
fn admit(
    catalogue: &Catalogue,
    requirements: &Requirements,
    constraint: Constraint,
    (price, row, _, shape): (f64, RowId, &Run, &Shape),
) -> Option<(String, Requirements)> {
    let add = |names: &mut Option<Vec<String>>, name: &str| {
        names.get_or_insert_default().push(name.to_owned());
        name.to_owned()
    };
    let mut changed = requirements.clone();
    let description = match constraint {
        Constraint::GpuName => {
            let names = &mut changed.gpu.get_or_insert_default().names;
            format!("take {} as well", add(names, catalogue.gpu_name(shape.gpu?.name)))
        }
        Constraint::Backends => {
            let backend = &catalogue.backends()[usize::from(shape.backend)];
            format!("take {} as well", add(&mut changed.backends, backend))
        }
        Constraint::Regions => {
            let region = catalogue.region_name(catalogue.region_of(row));
            format!("take {} as well", add(&mut changed.regions, region))
        }
        Constraint::InstanceTypes => {
            format!("take {} as well", add(&mut changed.instance_types, &shape.instance_type))
        }
        Constraint::MaxPrice => {
            // Whole cents are what people write; they are never below the price.
            let limit = if price < 0.01 { price } else { ((price * 100.0).ceil() / 100.0).max(price) };
            changed.max_price = Some(limit);
            format!("pay up to ${limit}/h")
        }
        // These have two states: without them is the only other.
        _ => return None,
    };
    Some((description, changed))
}

fn nearest<'a>(
    catalogue: &'a Catalogue,
    requirements: &Requirements,
    constraint: Constraint,
    loose: &'a Requirements,
    context: &Context,
) -> Nearest<'a> {
    let mut nearest = Nearest { below: None, above: None, capability: None, cheapest: None };
    let gpu = requirements.gpu.clone().unwrap_or_default();
    let as_floats =
        |range: IntRange| SizeRange { min: range.min.map(|v| v as f64), max: range.max.map(|v| v as f64) };
    let range = match constraint {
        Constraint::Cpu => as_floats(requirements.cpu),
        Constraint::Memory => requirements.memory,
        Constraint::Disk => requirements.disk.unwrap_or_default(),
        Constraint::GpuCount => as_floats(gpu.count),
        Constraint::GpuMemory => gpu.memory.unwrap_or_default(),
        Constraint::GpuTotalMemory => gpu.total_memory.unwrap_or_default(),
        _ => SizeRange::default(),
    };
    let only = requirements.only(constraint);
    let strict = Scan::new(catalogue, &only, context);
    let scan = Scan::new(catalogue, loose, context);
    for (run, shape) in scan.runs() {
        let machine = sizes(catalogue, shape);
        let fits = strict.fits(run, shape);
        let mut any = false;
        for row in scan.rows(run) {
            let price = catalogue.price_of(row);
            if !scan.affordable(price) || fits && strict.takes(row) {
                continue;
            }
            any = true;
            if nearest.cheapest.is_none_or(|(lowest, ..)| price < lowest) {
                nearest.cheapest = Some((price, row, run, shape));
            }
        }
        if !any || fits {
            continue;
        }
        if let Some(value) = value(constraint, &machine) {
            if range.min.is_some_and(|min| value < min) {
                nearest.below = Some(nearest.below.map_or(value, |other| value.max(other)));
            }
            if range.max.is_some_and(|max| value > max) {
                nearest.above = Some(nearest.above.map_or(value, |other| value.min(other)));
            }
        }
        nearest.capability = nearest.capability.max(machine.gpu.and_then(|gpu| gpu.capability));
    }
    nearest
}

/// What of a machine the constraint is about, where that is a number.
fn value(constraint: Constraint, machine: &Sizes<'_>) -> Option<f64> {
    match constraint {
        Constraint::Cpu => Some(machine.cpus),
        Constraint::Memory => Some(machine.memory_gib),
        Constraint::Disk => machine.disk_gib,
        Constraint::GpuCount => Some(machine.gpu_count()),
        Constraint::GpuMemory => Some(machine.gpu_memory()),
        Constraint::GpuTotalMemory => Some(machine.gpu_total_memory()),
        _ => None,
    }
}

/// The range let out to the nearest value on each side where there is one.
fn widen_range(range: SizeRange, below: Option<f64>, above: Option<f64>) -> Vec<SizeRange> {
    let lower = below.map(|min| SizeRange { min: Some(min), ..range });
    let higher = above.map(|max| SizeRange { max: Some(max), ..range });
    lower.into_iter().chain(higher).collect()
}

fn in_words(range: impl Into<Words>, unit: &str) -> String {
    let Words(min, max) = range.into();
    match (min, max) {
        (Some(min), Some(max)) if min == max => format!("{min}{unit}"),
        (Some(min), Some(max)) => format!("{min} to {max}{unit}"),
        (Some(min), None) => format!("{min}{unit} or more"),
        (None, Some(max)) => format!("at most {max}{unit}"),
        (None, None) => format!("any number of{unit}"),
    }
}

/// The bounds of a range, as people write numbers.
struct Words(Option<String>, Option<String>);

impl From<SizeRange> for Words {
    fn from(range: SizeRange) -> Self {
        Self(range.min.map(|v| v.to_string()), range.max.map(|v| v.to_string()))
    }
}

impl From<IntRange> for Words {
    fn from(range: IntRange) -> Self {
        Self(range.min.map(|v| v.to_string()), range.max.map(|v| v.to_string()))
    }
}
