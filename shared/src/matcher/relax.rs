//! The smallest changes of a constraint that let something new in.

use super::{Change, Constraint, Requirements, constraint::Constraints, scan::sizes, sieve::Sieve};
use crate::{
    catalog::{Catalogue, RowId, Run, Shape},
    config::{Arch, IntRange, MIN_DISK_GB, SizeRange},
    schema::{self, Dialect},
};

/// An offer that is kept out.
pub(super) type KeptOut<'a> = (&'a Run, &'a Shape, RowId);

/// The requirements without a constraint, in a form that a configuration can say.
pub(super) fn drop(requirements: &Requirements, constraint: Constraint) -> (Change, Requirements) {
    let mut changed = requirements.without(constraint);
    let words = match constraint {
        Constraint::Cpu => {
            changed.cpu.min = Some(0);
            "take any number of vCPUs"
        }
        // A configuration that takes any architecture cannot be written: it changes to the other one.
        Constraint::Arch => {
            return take_arch(requirements, requirements.arch.map(other_than));
        }
        Constraint::Memory => {
            changed.memory.min = Some(0.0);
            "take any amount of memory"
        }
        Constraint::GpuCount => {
            changed.gpu.get_or_insert_default().count.min = Some(0);
            "take any number of GPUs"
        }
        Constraint::GpuVendor => "take GPUs of any vendor",
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
    };
    changed.settle_arch();
    (change(constraint, words.to_owned(), true), changed)
}

/// Asks for an architecture, or for none: then dstack's own choice stands, and machines fit whose architecture is not known.
fn take_arch(requirements: &Requirements, arch: Option<Arch>) -> (Change, Requirements) {
    let mut changed = requirements.clone();
    changed.arch = arch;
    changed.arch_unwritten = arch.is_none();
    changed.settle_arch();
    let words = match arch {
        Some(Arch::X86) => "take machines with x86 CPUs instead",
        Some(Arch::Arm) => "take machines with Arm CPUs instead",
        None => "leave the architecture of the CPU open",
    };
    (change(Constraint::Arch, words.to_owned(), arch.is_none()), changed)
}

const fn other_than(arch: Arch) -> Arch {
    match arch {
        Arch::X86 => Arch::Arm,
        Arch::Arm => Arch::X86,
    }
}

fn change(constraint: Constraint, description: String, drops: bool) -> Change {
    Change { constraint, path: constraint.path(), description, drops }
}

/// The offers that `constraint` alone keeps out and that it takes least to let in: the nearest on each side where
/// it is about a number, else the cheapest.
pub(super) fn nearest<'a>(
    catalogue: &'a Catalogue,
    requirements: &Requirements,
    constraint: Constraint,
    sieve: &Sieve<'a>,
) -> Vec<KeptOut<'a>> {
    let range = range_of(requirements, constraint);
    // The least distance first; of equal ones the first row.
    let mut below: Option<(f64, KeptOut<'a>)> = None;
    let mut above: Option<(f64, KeptOut<'a>)> = None;
    for offer @ (_, shape, row) in sieve.kept_out_by(Constraints::one(constraint)) {
        let machine = sizes(catalogue, shape);
        let (slot, distance) = match (machine.number(constraint), constraint) {
            (Some(value), _) if range.min.is_some_and(|min| value < min) => (&mut below, -value),
            (Some(value), _) => (&mut above, value),
            (None, Constraint::ComputeCapability) => {
                let known = machine.gpu.and_then(|gpu| gpu.capability);
                let Some((major, minor)) = known else { continue };
                (&mut below, -(f64::from(major) * f64::from(u16::MAX) + f64::from(minor)))
            }
            (None, Constraint::Backends)
                if !schema::is_backend(backend_of(catalogue, shape), requirements.dialect) =>
            {
                continue;
            }
            (None, _) => (&mut below, catalogue.price_of(row)),
        };
        if slot.is_none_or(|(least, _)| distance < least) {
            *slot = Some((distance, offer));
        }
    }
    [below, above].into_iter().flatten().map(|(_, offer)| offer).collect()
}

/// The bounds of a constraint that is about a number; none for the others.
fn range_of(requirements: &Requirements, constraint: Constraint) -> SizeRange {
    let of_counts =
        |range: IntRange| SizeRange { min: range.min.map(|v| v as f64), max: range.max.map(|v| v as f64) };
    let gpu = requirements.gpu.as_ref();
    match constraint {
        Constraint::Cpu => of_counts(requirements.cpu),
        Constraint::Memory => requirements.memory,
        Constraint::Disk => requirements.disk.unwrap_or_default(),
        Constraint::GpuCount => gpu.map(|gpu| of_counts(gpu.count)).unwrap_or_default(),
        Constraint::GpuMemory => gpu.and_then(|gpu| gpu.memory).unwrap_or_default(),
        Constraint::GpuTotalMemory => gpu.and_then(|gpu| gpu.total_memory).unwrap_or_default(),
        _ => SizeRange::default(),
    }
}

/// Lets an offer in that `constraint` keeps out: the change, and the requirements after it. `None` where the
/// constraint can only be left out.
pub(super) fn admit(
    catalogue: &Catalogue,
    requirements: &Requirements,
    constraint: Constraint,
    &(_, shape, row): &KeptOut<'_>,
) -> Option<(Change, Requirements)> {
    let machine = sizes(catalogue, shape);
    let mut changed = requirements.clone();
    let gpu = || requirements.gpu.clone().unwrap_or_default();
    let sizes =
        |range: Option<SizeRange>| Some(widened(range.unwrap_or_default(), machine.number(constraint)?));
    let counts = |range: IntRange| {
        let value = machine.number(constraint)?;
        Some(IntRange {
            // Not every machine has whole vCPUs.
            min: range.min.map(|min| min.min(value.floor() as i64)),
            max: range.max.map(|max| max.max(value.ceil() as i64)),
        })
    };
    let add = |names: &mut Option<Vec<String>>, name: &str| {
        names.get_or_insert_default().push(name.to_owned());
        format!("take {name} as well")
    };
    let words = match constraint {
        Constraint::Cpu => {
            changed.cpu = counts(requirements.cpu)?;
            format!("ask for {}", in_words(changed.cpu, " vCPUs"))
        }
        Constraint::Arch => return Some(take_arch(requirements, machine.arch)),
        Constraint::Memory => {
            changed.memory = sizes(Some(requirements.memory))?;
            format!("ask for {} of memory", in_words(changed.memory, " GB"))
        }
        Constraint::Disk => {
            let range = sizes(requirements.disk)?;
            // What dstack does not take can only be had by not asking for a disk.
            let too_small = |bound: f64| requirements.dialect == Dialect::V0_18 && bound < MIN_DISK_GB;
            if [range.min, range.max].into_iter().flatten().any(too_small) {
                return None;
            }
            changed.disk = Some(range);
            format!("ask for a disk of {}", in_words(range, " GB"))
        }
        Constraint::GpuCount => {
            let range = counts(gpu().count)?;
            changed.gpu.get_or_insert_default().count = range;
            format!("ask for {}", in_words(range, " GPUs"))
        }
        Constraint::GpuMemory => {
            let range = sizes(gpu().memory)?;
            changed.gpu.get_or_insert_default().memory = Some(range);
            format!("ask for {} of memory on each GPU", in_words(range, " GB"))
        }
        Constraint::GpuTotalMemory => {
            let range = sizes(gpu().total_memory)?;
            changed.gpu.get_or_insert_default().total_memory = Some(range);
            format!("ask for {} of GPU memory in all", in_words(range, " GB"))
        }
        Constraint::ComputeCapability => {
            let (major, minor) = machine.gpu?.capability?;
            changed.gpu.get_or_insert_default().compute_capability =
                Some((i64::from(major), i64::from(minor)));
            format!("ask for compute capability {major}.{minor} or more")
        }
        Constraint::GpuName => {
            add(&mut changed.gpu.get_or_insert_default().names, catalogue.gpu_name(shape.gpu?.name))
        }
        Constraint::Backends => {
            let backend = backend_of(catalogue, shape);
            if !schema::is_backend(backend, requirements.dialect) {
                return None;
            }
            add(&mut changed.backends, backend)
        }
        Constraint::Regions => add(&mut changed.regions, catalogue.region_name(catalogue.region_of(row))),
        Constraint::InstanceTypes => add(&mut changed.instance_types, &shape.instance_type),
        Constraint::MaxPrice => {
            let price = catalogue.price_of(row);
            // Whole cents are what people write; they are never below the price.
            let limit = if price < 0.01 { price } else { ((price * 100.0).ceil() / 100.0).max(price) };
            // A configuration cannot ask for what is free.
            if limit <= 0.0 {
                return None;
            }
            changed.max_price = Some(limit);
            format!("pay up to ${limit}/h")
        }
        // These have two states, and of vendors one can be written: without them is the only other.
        Constraint::Spot | Constraint::Reuse | Constraint::GpuVendor => return None,
    };
    changed.settle_arch();
    Some((change(constraint, words, false), changed))
}

fn backend_of<'a>(catalogue: &'a Catalogue, shape: &Shape) -> &'a str {
    &catalogue.backends()[usize::from(shape.backend)]
}

/// A range that holds a value besides.
fn widened(range: SizeRange, value: f64) -> SizeRange {
    SizeRange { min: range.min.map(|min| min.min(value)), max: range.max.map(|max| max.max(value)) }
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
