//! Relaxations as changes of the text.

use serde::Serialize;

use super::{Change, Constraint, GpuRequirements, Relaxation};
use crate::{
    config::{
        Configuration, CreationPolicy, Disk, Gpu, IntRange, Resources, SizeRange, SpotPolicy, check_in,
        rewrite::{self, Edit, NewValue},
    },
    diagnostics::{LineIndex, TextEdit, apply_edits},
    schema::Dialect,
    yaml::{self, Document, scalar},
};

/// A relaxation as a change of the text.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Proposal {
    /// What changes, for people.
    pub fields: Vec<FieldChange>,
    /// The change.
    pub edits: Vec<TextEdit>,
}

/// A field that changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    /// The field, such as `resources.gpu`.
    pub path: String,
    /// Its value as it is written, on one line; `None` = it is not written.
    pub before: Option<String>,
    /// Its new value; `None` = the field goes.
    pub after: Option<String>,
}

/// Writes a relaxation into a text that is valid in a dialect of dstack. The text that comes out is a configuration which differs in what the
/// relaxation says and in nothing else: each way of writing it is tried before it is proposed. `None` where
/// none of them does that, or the text is not valid.
#[must_use]
pub fn propose(text: &str, relaxation: &Relaxation, dialect: Dialect) -> Option<Proposal> {
    let document = yaml::load(text).ok()?;
    let read = |text: &str| check_in(text, dialect, None).configuration;
    let before = read(text)?;
    let promised = promised(before, relaxation);
    let index = LineIndex::new(text);
    let edit = |(range, new_text): Edit| TextEdit { range: index.range(range), new_text };
    let keeps_its_word = |edits: &[TextEdit]| {
        let after = apply_edits(text, edits).and_then(|after| read(&after));
        // As texts: numbers that are none do not even equal themselves.
        let json = |configuration: &Configuration| serde_json::to_string(configuration).ok();
        after.is_some_and(|after| json(&after) == json(&promised))
    };
    let ways = |fields: &[Field]| -> Vec<Vec<Edit>> {
        fields.iter().map(|field| rewrite::rewrite(text, &document, field.path, &field.value)).collect()
    };
    let first =
        |ways: &[Vec<Edit>]| ways.iter().map(|ways| ways.first().cloned()).collect::<Option<Vec<_>>>();
    let last = |ways: &[Vec<Edit>]| ways.iter().map(|ways| ways.last().cloned()).collect::<Option<Vec<_>>>();
    // Where two edits meet, as at the end of a text, one has to be made after the other.
    let in_turn = |fields: &[Field]| -> Option<Vec<Edit>> {
        let mut after = text.to_owned();
        for field in fields {
            let document = yaml::load(&after).ok()?;
            let (range, new) = rewrite::rewrite(&after, &document, field.path, &field.value).pop()?;
            after.replace_range(range.start..range.end, &new);
        }
        let (range, new) = rewrite::difference(text, &after)?;
        Some(vec![(range, new.to_owned())])
    };
    // The best way for each field; then the plainest; then all in turn; then what is below `resources` in one.
    let fields = fields(&document, relaxation, &promised);
    let attempt = |fields: &[Field], edits: Option<Vec<Edit>>| {
        let edits: Vec<TextEdit> = edits?.into_iter().map(edit).collect();
        keeps_its_word(&edits).then(|| Proposal {
            fields: fields.iter().map(|field| field.change(text, &document)).collect(),
            edits,
        })
    };
    let each = ways(&fields);
    attempt(&fields, first(&each))
        .or_else(|| attempt(&fields, last(&each)))
        .or_else(|| attempt(&fields, in_turn(&fields)))
        .or_else(|| {
            let whole = with_whole_resources(&fields, &promised);
            attempt(&whole, last(&ways(&whole)))
        })
}

/// A field and what it is to become.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Field {
    path: &'static str,
    value: NewValue,
}

impl Field {
    fn change(&self, text: &str, document: &Document) -> FieldChange {
        let as_written = || {
            Some(
                rewrite::written(text, document, self.path)?.split_whitespace().collect::<Vec<_>>().join(" "),
            )
        };
        FieldChange {
            path: self.path.to_owned(),
            // A list over several lines as one in brackets, as what it becomes is shown.
            before: rewrite::texts(document, self.path).map(|names| list(&names)).or_else(as_written),
            after: match &self.value {
                NewValue::Set(value) | NewValue::Append { list: value, .. } => Some(value.clone()),
                NewValue::Remove => None,
            },
        }
    }
}

/// The configuration after a relaxation.
fn promised(mut configuration: Configuration, relaxation: &Relaxation) -> Configuration {
    let target = &relaxation.requirements;
    for Change { constraint, .. } in &relaxation.changes {
        let resources = &mut configuration.resources;
        let gpu = (&mut resources.gpu, &target.gpu);
        match constraint {
            Constraint::Cpu => resources.cpu = target.cpu,
            Constraint::Arch => resources.arch = target.arch.filter(|_| !target.arch_unwritten),
            Constraint::Memory => resources.memory = target.memory,
            Constraint::Disk => resources.disk = target.disk.map(|size| Disk { size }),
            Constraint::MaxPrice => configuration.max_price = target.max_price,
            Constraint::Spot => configuration.spot_policy = Some(SpotPolicy::Auto),
            Constraint::Backends => configuration.backends.clone_from(&target.backends),
            Constraint::Regions => configuration.regions.clone_from(&target.regions),
            Constraint::InstanceTypes => configuration.instance_types.clone_from(&target.instance_types),
            Constraint::Reuse => configuration.creation_policy = Some(CreationPolicy::ReuseOrCreate),
            Constraint::GpuCount
            | Constraint::GpuVendor
            | Constraint::GpuName
            | Constraint::GpuMemory
            | Constraint::GpuTotalMemory
            | Constraint::ComputeCapability => {
                if let (Some(gpu), Some(target)) = gpu {
                    promised_gpu(gpu, target, *constraint);
                }
            }
        }
    }
    configuration
}

fn promised_gpu(gpu: &mut Gpu, target: &GpuRequirements, constraint: Constraint) {
    match constraint {
        Constraint::GpuCount => gpu.count = target.count,
        Constraint::GpuVendor => gpu.vendor = target.vendor,
        Constraint::GpuName => gpu.name.clone_from(&target.names),
        Constraint::GpuMemory => gpu.memory = target.memory,
        Constraint::GpuTotalMemory => gpu.total_memory = target.total_memory,
        _ => gpu.compute_capability = target.compute_capability,
    }
}

/// The fields that a relaxation changes.
fn fields(document: &Document, relaxation: &Relaxation, promised: &Configuration) -> Vec<Field> {
    let mut fields = Vec::new();
    for change in &relaxation.changes {
        let field = field(document, change, promised);
        // The short form of a GPU says several things at once.
        fields.extend(field.filter(|field| !fields.contains(field)));
    }
    fields
}

fn field(document: &Document, change: &Change, promised: &Configuration) -> Option<Field> {
    const GPU: &str = "resources.gpu";
    let set = |path, value: String| Some(Field { path, value: NewValue::Set(value) });
    let names = |path, names: &Option<Vec<String>>| {
        let value = match names {
            None => NewValue::Remove,
            Some(names) => match names.last().filter(|_| !change.drops) {
                Some(added) => NewValue::Append { item: scalar(added), list: list(names) },
                None => NewValue::Set(list(names)),
            },
        };
        Some(Field { path, value })
    };
    let resources = &promised.resources;
    let gpu = resources.gpu.as_ref();
    let optional = |path, value: Option<String>| {
        Some(Field { path, value: value.map_or(NewValue::Remove, NewValue::Set) })
    };
    match change.constraint {
        Constraint::Cpu | Constraint::Arch => set("resources.cpu", cpu(resources)),
        Constraint::Memory => set("resources.memory", sizes(resources.memory)),
        Constraint::Disk => set("resources.disk", disk(resources)),
        Constraint::MaxPrice => optional("max_price", promised.max_price.map(|price| price.to_string())),
        Constraint::Spot => set("spot_policy", "auto".to_owned()),
        Constraint::Backends => names("backends", &promised.backends),
        Constraint::Regions => names("regions", &promised.regions),
        Constraint::InstanceTypes => names("instance_types", &promised.instance_types),
        Constraint::Reuse => set("creation_policy", "reuse-or-create".to_owned()),
        of_gpu if rewrite::is_mapping(document, GPU) => match of_gpu {
            Constraint::GpuVendor => {
                optional("resources.gpu.vendor", gpu?.vendor.map(|vendor| vendor.name().to_owned()))
            }
            Constraint::GpuName => names("resources.gpu.name", &gpu?.name),
            Constraint::GpuCount => set("resources.gpu.count", counts(gpu?.count)),
            Constraint::GpuMemory => optional("resources.gpu.memory", gpu?.memory.map(sizes)),
            Constraint::GpuTotalMemory => {
                optional("resources.gpu.total_memory", gpu?.total_memory.map(sizes))
            }
            _ => optional("resources.gpu.compute_capability", gpu?.compute_capability.map(capability)),
        },
        _ => {
            let gpu = gpu?;
            set(GPU, short(gpu, promised.dialect()).unwrap_or_else(|| object(gpu)))
        }
    }
}

/// The fields with all of `resources` written anew in the place of those below it.
fn with_whole_resources(fields: &[Field], promised: &Configuration) -> Vec<Field> {
    let resources = &promised.resources;
    let parts = [
        Some(("cpu", cpu(resources))),
        Some(("memory", sizes(resources.memory))),
        resources.shm_size.map(|size_gb| ("shm_size", size(size_gb))),
        resources.gpu.as_ref().map(|gpu| ("gpu", object(gpu))),
        Some(("disk", disk(resources))),
    ];
    let whole: Vec<String> =
        parts.into_iter().flatten().map(|(name, value)| format!("{name}: {value}")).collect();
    let (below, mut others): (Vec<&Field>, Vec<&Field>) =
        fields.iter().partition(|field| field.path.starts_with("resources."));
    let whole = Field { path: "resources", value: NewValue::Set(format!("{{{}}}", whole.join(", "))) };
    if !below.is_empty() {
        others.push(&whole);
    }
    others.into_iter().cloned().collect()
}

/// `arm:4..`.
fn cpu(resources: &Resources) -> String {
    let count = counts(resources.cpu);
    match resources.arch {
        Some(arch) => format!("{}:{count}", arch.name()),
        None => count,
    }
}

fn disk(resources: &Resources) -> String {
    resources.disk.map_or_else(|| "null".to_owned(), |disk| sizes(disk.size))
}

/// `nvidia:A100,H100:40GB..80GB:2`; `None` where the short form cannot say it.
fn short(gpu: &Gpu, dialect: Dialect) -> Option<String> {
    if gpu.total_memory.is_some() || gpu.compute_capability.is_some() {
        return None;
    }
    let mut parts: Vec<String> = gpu.vendor.iter().map(|vendor| vendor.name().to_owned()).collect();
    if let Some(names) = &gpu.name {
        // The short form reads a comma as "or" and a colon as the end of the name.
        let plain = |name: &String| {
            name.starts_with(char::is_alphabetic)
                && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        };
        if names.is_empty() || !names.iter().all(plain) {
            return None;
        }
        parts.push(names.join(","));
    }
    parts.extend(gpu.memory.map(sizes));
    let unwritten = match dialect {
        Dialect::V0_18 => IntRange { min: Some(1), max: Some(1) },
        Dialect::V0_22 => IntRange { min: Some(1), max: None },
    };
    if parts.is_empty() || gpu.count != unwritten {
        parts.push(counts(gpu.count));
    }
    let text = parts.join(":");
    // YAML 1.1 reads digits around a colon as a number to the base of 60.
    let numeric = text.contains(':') && text.chars().all(|c| c.is_ascii_digit() || c == ':');
    Some(if numeric { yaml::quoted(&text) } else { text })
}

/// `{name: [A100], count: 2, memory: 80GB}`.
fn object(gpu: &Gpu) -> String {
    let parts = [
        gpu.vendor.map(|vendor| ("vendor", vendor.name().to_owned())),
        gpu.name.as_ref().map(|names| ("name", list(names))),
        Some(("count", counts(gpu.count))),
        gpu.memory.map(|range| ("memory", sizes(range))),
        gpu.total_memory.map(|range| ("total_memory", sizes(range))),
        gpu.compute_capability.map(|least| ("compute_capability", capability(least))),
    ];
    let parts: Vec<String> =
        parts.into_iter().flatten().map(|(name, value)| format!("{name}: {value}")).collect();
    format!("{{{}}}", parts.join(", "))
}

fn list(names: &[String]) -> String {
    format!("[{}]", names.iter().map(|name| scalar(name)).collect::<Vec<_>>().join(", "))
}

fn capability((major, minor): (i64, i64)) -> String {
    format!("[{major}, {minor}]")
}

fn counts(range: IntRange) -> String {
    bounds(range.min.map(|n| n.to_string()), range.max.map(|n| n.to_string()))
}

fn sizes(range: SizeRange) -> String {
    bounds(range.min.map(size), range.max.map(size))
}

fn bounds(min: Option<String>, max: Option<String>) -> String {
    match (min, max) {
        (Some(min), Some(max)) if min == max => min,
        // What has no bound has no short form.
        (None, None) => "{}".to_owned(),
        (min, max) => format!("{}..{}", min.unwrap_or_default(), max.unwrap_or_default()),
    }
}

fn size(gb: f64) -> String {
    format!("{gb}GB")
}
