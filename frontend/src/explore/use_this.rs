//! *Use this*: a GPU, or one very offer, written into a configuration.

use berth_shared::{
    catalog::{Catalogue, GpuFacts, Offer, Row},
    config::{Checked, Configuration, IntRange, Reading, check_in, set},
    diagnostics::Severity,
    explore::GpuKind,
    matcher::{Constraint, Context, Requirements, explain},
    schema::{self, Dialect},
    yaml,
};
use berth_texts::{t, tf};

/// What is to be used.
#[derive(Clone, Debug, PartialEq)]
pub enum Pick {
    /// Machines with these GPUs; without a GPU: machines that have none.
    Gpu {
        /// The model, with its memory where the model comes in several sizes; `None` = no GPU.
        kind: Option<GpuKind>,
        /// How many; means nothing without a GPU.
        count: u32,
    },
    /// One machine in one region.
    Offer {
        /// The machine.
        offer: Box<Offer>,
        /// Its GPU as [`Pick::Gpu`] has it.
        kind: Option<GpuKind>,
    },
}

impl Pick {
    fn gpu(&self) -> (Option<&GpuKind>, u32) {
        match self {
            Self::Gpu { kind, count } => (kind.as_ref(), *count),
            Self::Offer { offer, kind } => (kind.as_ref(), offer.gpu.as_ref().map_or(1, |gpu| gpu.count)),
        }
    }

    /// In a few words: `2 × A100 80 GB`, `g5.xlarge of aws in us-east-1, spot`.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Gpu { kind: None, .. } => t!("machines without a GPU").to_owned(),
            Self::Gpu { kind: Some(kind), count } => {
                let times = if *count > 1 { format!("{count} × ") } else { String::new() };
                let memory = kind.memory_gib.map(|memory| format!(" {}", crate::format::gib(memory)));
                format!("{times}{}{}", kind.name, memory.unwrap_or_default())
            }
            Self::Offer { offer, .. } => {
                let spot = if offer.spot { t!(", spot") } else { "" };
                tf!("{} of {} in {}{spot}", offer.instance_type, offer.backend, offer.region)
            }
        }
    }
}

/// The text with what is picked in it; all else stays as it is written. `default` is as which release a text is read that says nothing else.
///
/// # Errors
/// A sentence for people, without a full stop, where the text cannot be changed safely.
pub fn write(text: &str, pick: &Pick, default: Dialect) -> Result<String, String> {
    let before = check_in(text, Reading::auto(default), None);
    let dialect = before.told.dialect;
    let document = yaml::load(text).map_err(|_| first_error(&before))?;
    let empty = document.root.is_none_or(|root| document.node(root).value == yaml::Value::Null);
    if empty {
        // Comments may stay; a text of nothing but `null` may not.
        let plain = text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'));
        return if plain {
            Ok(with_line_end(text) + &fresh_in(pick, dialect))
        } else {
            Err(t!("it holds no keys").to_owned())
        };
    }
    let after = fields(pick, dialect).into_iter().try_fold(text.to_owned(), |text, (path, value)| {
        set(&text, path, &value)
            .ok_or_else(|| tf!("`{path}` stands in it in a way that cannot be changed safely"))
    })?;
    let after = make_room(after, pick, dialect);
    judge(&before, &check_in(&after, dialect, None), pick)?;
    Ok(after)
}

/// A text of its own with what is picked in it, as this release has it.
#[must_use]
pub fn fresh(pick: &Pick, default: Dialect) -> String {
    fresh_in(pick, default)
}

fn fresh_in(pick: &Pick, dialect: Dialect) -> String {
    let begin = t!("type: dev-environment\nide: vscode\n").to_owned();
    let text = fields(pick, dialect)
        .into_iter()
        .fold(begin, |text, (path, value)| set(&text, path, &value).unwrap_or(text));
    make_room(text, pick, dialect)
}

fn with_line_end(text: &str) -> String {
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("{text}{end}")
}

fn first_error(checked: &Checked) -> String {
    let error = checked.diagnostics.iter().find(|problem| problem.severity == Severity::Error);
    error.map_or_else(
        || t!("it cannot be read").to_owned(),
        |error| tf!("line {}: {}", error.range.start.line + 1, error.message),
    )
}

/// The fields that say what is picked.
fn fields(pick: &Pick, dialect: Dialect) -> Vec<(&'static str, String)> {
    let (kind, count) = pick.gpu();
    let mut fields =
        vec![("resources.gpu", kind.map_or_else(|| "0".to_owned(), |kind| gpu(kind, count, dialect)))];
    if let Pick::Offer { offer, .. } = pick {
        let list = |name: &str| format!("[{}]", yaml::scalar(name));
        // Where a text cannot name it, region and type say enough.
        if schema::is_backend(&offer.backend, dialect) {
            fields.push(("backends", list(&offer.backend)));
        }
        fields.push(("regions", list(&offer.region)));
        fields.push(("instance_types", list(&offer.instance_type)));
        fields.push(("spot_policy", if offer.spot { "spot" } else { "on-demand" }.to_owned()));
    }
    fields
}

/// `A100:80GB:2`; as an object where the short form cannot say it.
fn gpu(kind: &GpuKind, count: u32, dialect: Dialect) -> String {
    // dstack 0.22 takes a GPU without a count for one or more.
    let is_usual = count == 1 && dialect == Dialect::V0_18;
    let GpuKind { name, memory_gib } = kind;
    // The short form takes a part that begins with a letter for names, parted by commas.
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if plain {
        let mut parts = vec![name.clone()];
        parts.extend(memory_gib.map(|memory| format!("{memory}GB")));
        parts.extend((!is_usual).then(|| count.to_string()));
        return parts.join(":");
    }
    let memory = memory_gib.map(|memory| tf!(", memory: {memory}GB")).unwrap_or_default();
    let count = if is_usual { String::new() } else { tf!(", count: {count}") };
    format!("{{name: [{}]{memory}{count}}}", yaml::quoted(name))
}

/// Where other lines of the text keep the very offer that is picked from fitting, they give way as far as they must.
fn make_room(mut text: String, pick: &Pick, dialect: Dialect) -> String {
    let Pick::Offer { offer, .. } = pick else { return text };
    let row = Row { offer: offer.as_ref().clone(), source: String::new() };
    let alone = Catalogue::from_rows("", &[row], GpuFacts::default());
    let Some(configuration) = check_in(&text, dialect, None).configuration else { return text };
    let found = explain(&alone, &Requirements::from(&configuration), &Context::everything(&alone));
    let hits = |constraint| found.constraints.iter().any(|c| c.constraint == constraint && c.rules_out > 0);
    for cost in found.constraints.iter().filter(|cost| cost.rules_out > 0) {
        let size = |gib: f64| format!("{gib}GB..");
        let change = match cost.constraint {
            // Count and architecture are written in one.
            Constraint::Cpu | Constraint::Arch => {
                let count = if hits(Constraint::Cpu) {
                    format!("{}..", offer.cpus.floor())
                } else {
                    let IntRange { min, max } = configuration.resources.cpu;
                    let max = max.map(|max| max.to_string()).unwrap_or_default();
                    format!("{}..{max}", min.unwrap_or_default())
                };
                let written = configuration.resources.arch;
                let arch = if hits(Constraint::Arch) { offer.cpu_arch() } else { written };
                let arch = arch.map(|arch| format!("{}:", arch.name())).unwrap_or_default();
                ("resources.cpu", format!("{arch}{count}"))
            }
            Constraint::Memory => ("resources.memory", size(offer.memory_gib)),
            Constraint::Disk => match offer.disk_gib {
                Some(disk) => ("resources.disk", size(disk)),
                None => continue,
            },
            Constraint::MaxPrice => ("max_price", ((offer.price * 100.0).ceil() / 100.0).to_string()),
            Constraint::Backends if !schema::is_backend(&offer.backend, dialect) => {
                ("backends", "null".to_owned())
            }
            _ => continue,
        };
        if let Some(changed) = set(&text, change.0, &change.1) {
            text = changed;
        }
    }
    text
}

/// Whether the changed text is as good as it was, and asks for what is picked.
fn judge(before: &Checked, after: &Checked, pick: &Pick) -> Result<(), String> {
    let errors = |checked: &Checked| {
        checked.diagnostics.iter().filter(|problem| problem.severity == Severity::Error).count()
    };
    match &after.configuration {
        Some(configuration) if asks_for(configuration, pick) => Ok(()),
        Some(_) => Err(t!("other lines of it say something else about the GPU").to_owned()),
        None if before.configuration.is_none() && errors(after) <= errors(before) => Ok(()),
        None => Err(first_error(after)),
    }
}

/// Whether a configuration asks for what is picked.
#[must_use]
pub fn asks_for(configuration: &Configuration, pick: &Pick) -> bool {
    let asked = Requirements::from(configuration);
    let (kind, count) = pick.gpu();
    let Some(gpu) = asked.gpu else { return false };
    let count = if kind.is_some() { i64::from(count) } else { 0 };
    let counted = gpu.count.min == Some(count) && gpu.count.max == Some(count);
    let named = gpu.names == kind.map(|kind| vec![kind.name.clone()]);
    let sized = match (kind.and_then(|kind| kind.memory_gib), gpu.memory) {
        (None, None) => true,
        (Some(memory), Some(range)) => range.min == Some(memory) && range.max == Some(memory),
        _ => false,
    };
    let placed = match pick {
        Pick::Gpu { .. } => true,
        Pick::Offer { offer, .. } => {
            let only =
                |names: &Option<Vec<String>>, name: &String| names.as_ref() == Some(&vec![name.clone()]);
            let backend = if schema::is_backend(&offer.backend, configuration.dialect()) {
                only(&asked.backends, &offer.backend)
            } else {
                asked.backends.is_none()
            };
            backend
                && only(&asked.regions, &offer.region)
                && only(&asked.instance_types, &offer.instance_type)
                && asked.spot == Some(offer.spot)
        }
    };
    counted && named && sized && placed && gpu.total_memory.is_none() && gpu.compute_capability.is_none()
}

#[cfg(test)]
#[path = "use_this_tests.rs"]
mod tests;
