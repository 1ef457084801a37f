//! Values: words of the language, names that the catalogue knows, and examples where there is no list of them.

use super::{
    super::{
        Facts, Stock,
        cursor::{Cursor, Place},
        facts::InstanceType,
        outline::{Kind as Node, Style},
        words,
    },
    Chosen, Completion, CompletionKind, Found, MOST,
    examples::examples,
    plain, rank,
};
use crate::{
    config::Vendor,
    diagnostics::ByteRange,
    schema::{Dialect, Field, Kind},
};

pub(super) fn offer<'t>(cursor: &Cursor<'t>, facts: Option<&Facts>, found: &mut Found<'t>) {
    let table = cursor.path.in_table();
    let Some(field) = cursor.path.field(cursor.dialect) else { return };
    // Within an object that is an item, or a collection in the place of a text, no value stands.
    if matches!(cursor.outline.nodes[cursor.node].kind, Node::Map) {
        return;
    }
    if cursor.style == Style::Block {
        return;
    }
    let mut writer = Writer::new(cursor, field, &table);
    match table.strip_suffix("[]").unwrap_or(&table) {
        "backends" => backends(&mut writer, field, facts, found),
        "regions" => regions(&mut writer, facts, found),
        "instance_types" => instance_types(&mut writer, facts, found),
        "resources.gpu" if table == "resources.gpu" => gpu(&mut writer, facts, found),
        "resources.gpu.name" => gpu_names(&mut writer, facts, found),
        _ if field.kind == Kind::PythonVersion => {
            for value in field.values {
                writer.add(found, value, &format!("\"{value}\""), CompletionKind::Value, None, None);
            }
        }
        _ if !field.values.is_empty() => {
            for value in field.values {
                let detail = (field.default == Some(*value)).then(|| "the default".to_owned());
                writer.add(found, value, value, CompletionKind::Value, detail, None);
            }
        }
        path => {
            for value in examples(path, field) {
                let kind =
                    if field.kind == Kind::Boolean { CompletionKind::Value } else { CompletionKind::Example };
                let detail = (field.default == Some(value)).then(|| "the default".to_owned());
                writer.add(found, value.trim_matches('"'), value, kind, detail, None);
            }
        }
    }
}

/// Puts values into the form that the place wants.
struct Writer<'c, 't> {
    cursor: &'c Cursor<'t>,
    before: &'static str,
    after: &'static str,
    taken: Vec<&'t str>,
    style: Style,
}

impl<'c, 't> Writer<'c, 't> {
    fn new(cursor: &'c Cursor<'t>, field: &Field, table: &str) -> Self {
        let is_list = matches!(field.kind, Kind::TextList | Kind::ChoiceList | Kind::Ports | Kind::List)
            && !table.ends_with("[]");
        let dash = cursor.place == Place::Dash || (is_list && cursor.place == Place::Below);
        let (before, after) = match (dash, is_list) {
            (true, _) => ("- ", ""),
            (false, true) if cursor.place == Place::Value => ("[", "]"),
            _ => ("", ""),
        };
        let before = match (cursor.wants_blank(), before) {
            (true, "[") => " [",
            (true, "") => " ",
            _ => before,
        };
        // A word that becomes a list loses its quotes.
        let style = if before.is_empty() { cursor.style } else { Style::Plain };
        Self { cursor, before, after, taken: cursor.items().collect(), style }
    }

    fn is_taken(&self, value: &str) -> bool {
        self.taken.contains(&value)
    }

    /// Adds a value that is YAML as it stands.
    fn add(
        &self,
        found: &mut Found<'_>,
        label: &str,
        value: &str,
        kind: CompletionKind,
        detail: Option<String>,
        documentation: Option<String>,
    ) {
        let bare = value.trim_matches('"');
        let value = if self.style == Style::Plain { value.to_owned() } else { plain::yaml(bare, self.style) };
        if self.is_taken(bare) {
            return;
        }
        found.add(Completion {
            label: label.to_owned(),
            insert: format!("{}{value}{}", self.before, self.after),
            select: None,
            kind,
            detail,
            documentation,
            again: false,
        });
    }

    /// Adds a name.
    fn name(
        &self,
        found: &mut Found<'_>,
        name: &str,
        kind: CompletionKind,
        stock: Option<Stock>,
        about: Option<String>,
    ) {
        if self.is_taken(name) {
            return;
        }
        let documentation = about.or_else(|| stock.map(words::stock_in_full).map(|text| format!("{text}.")));
        found.add(Completion {
            label: name.to_owned(),
            insert: format!("{}{}{}", self.before, plain::text(name, self.style), self.after),
            select: None,
            kind,
            detail: stock.map(words::stock),
            documentation,
            again: false,
        });
    }
}

fn backends(writer: &mut Writer<'_, '_>, field: &Field, facts: Option<&Facts>, found: &mut Found<'_>) {
    let offered = facts.map(Facts::backends).unwrap_or_default();
    let stock = |name: &str| offered.iter().find(|(known, _)| *known == name).map(|(_, stock)| *stock);
    let (some, none): (Vec<_>, Vec<_>) = field.values.iter().partition(|name| stock(name).is_some());
    for name in some.into_iter().chain(none) {
        writer.name(found, name, CompletionKind::Backend, stock(name), None);
    }
}

fn regions(writer: &mut Writer<'_, '_>, facts: Option<&Facts>, found: &mut Found<'_>) {
    let Some(facts) = facts else { return };
    let chosen = Chosen::new(&writer.cursor.outline);
    let mut all: Vec<_> = facts
        .regions()
        .filter(|(backend, ..)| chosen.backends.as_ref().is_none_or(|names| names.contains(backend)))
        .collect();
    crate::order::sort_by_key(&mut all, |(_, name, stock)| (std::cmp::Reverse(stock.offers), *name));
    // One name may belong to several backends.
    let mut seen: Vec<(&str, Stock, Vec<&str>)> = Vec::with_capacity(all.len());
    let mut places = std::collections::HashMap::new();
    for (backend, name, stock) in all {
        let at = *places.entry(name).or_insert(seen.len());
        if at == seen.len() {
            seen.push((name, stock, vec![backend]));
        } else {
            seen[at].1.add(stock);
            seen[at].2.push(backend);
        }
    }
    for (name, stock, backends) in seen {
        // What does not fit is not worth its words.
        if rank(name, found.typed).is_none() {
            continue;
        }
        let backends: Vec<_> = backends.iter().map(|backend| format!("`{backend}`")).collect();
        let about = format!("A region of {}: {}.", backends.join(" and of "), words::stock_in_full(stock));
        writer.name(found, name, CompletionKind::Region, Some(stock), Some(about));
    }
}

fn instance_types(writer: &mut Writer<'_, '_>, facts: Option<&Facts>, found: &mut Found<'_>) {
    let Some(facts) = facts else { return };
    let chosen = Chosen::new(&writer.cursor.outline);
    let typed = found.typed;
    let (types, total) = facts.instance_types(chosen.choice(), MOST, |name| {
        if writer.is_taken(name) { None } else { rank(name, typed) }
    });
    found.more |= total > types.len();
    for kind in types {
        let about = machine(&kind);
        writer.name(found, kind.name, CompletionKind::InstanceType, Some(kind.stock), Some(about));
    }
}

/// What a machine has, and what it costs.
pub(in super::super) fn machine(kind: &InstanceType<'_>) -> String {
    let gpu = match kind.gpu {
        Some((name, memory, count)) => format!("{count} × {name} {memory} GB, "),
        None => String::new(),
    };
    let InstanceType { backend, cpus, memory_gib, stock, .. } = kind;
    format!("`{backend}`: {gpu}{cpus} vCPUs, {memory_gib} GB of RAM; {}.", words::stock_in_full(*stock))
}

fn about_gpu(gpu: &super::super::facts::GpuStock, stock: Stock) -> String {
    let mut about = words::sizes(&gpu.memory);
    if let Some(architecture) = &gpu.architecture {
        about.push_str(&format!(", {architecture}"));
    }
    if let Some((major, minor)) = gpu.capability {
        about.push_str(&format!(", compute capability {major}.{minor}"));
    }
    if !about.is_empty() {
        about.push_str("; ");
    }
    format!("{about}{}.", words::stock_in_full(stock))
}

fn gpu_names(writer: &mut Writer<'_, '_>, facts: Option<&Facts>, found: &mut Found<'_>) {
    let Some(facts) = facts else { return };
    let chosen = Chosen::new(&writer.cursor.outline);
    for (gpu, stock) in facts.gpus(chosen.choice()) {
        writer.name(found, &gpu.name, CompletionKind::Gpu, Some(stock), Some(about_gpu(gpu, stock)));
    }
}

/// The short form: the part between colons and commas that the place is in.
fn gpu<'t>(writer: &mut Writer<'_, 't>, facts: Option<&Facts>, found: &mut Found<'t>) {
    let cursor = writer.cursor;
    let (range, offset) = (cursor.range, cursor.outline.offset);
    let text = cursor.outline.text;
    let inner = cursor.outline.bare(range);
    let shift = usize::from(matches!(cursor.style, Style::Single | Style::Double));
    let at = offset.saturating_sub(range.start + shift).min(inner.len());
    let begin = inner[..at].rfind([':', ',']).map(|i| i + 1);
    let vendors: &[Vendor] = if cursor.dialect >= Dialect::V0_22 { &Vendor::ALL } else { &[] };
    let (mut names, mut vendor, mut memory, mut count) = (Vec::new(), false, false, false);
    let start = begin.unwrap_or(0);
    let end = inner[at..].find([':', ',']).map_or(inner.len(), |i| at + i);
    for part in inner[..start].split([':', ',']).chain(inner[end..].split([':', ','])) {
        let part = part.trim();
        if !vendors.is_empty() && Vendor::of_token(part).is_some() {
            vendor = true;
        } else if part.starts_with(|c: char| c.is_alphabetic()) {
            names.push(part);
        } else if part.contains(|c: char| c.is_alphabetic()) {
            memory = true;
        } else if !part.is_empty() {
            count = true;
        }
    }
    let name_list = start > 0 && inner[..start].ends_with(',') || inner[end..].starts_with(',');
    if start > 0 || end < inner.len() {
        // Only this part of the word goes; the quotes around it stay.
        found.narrow(text, ByteRange::new(range.start + shift + start, range.start + shift + end), offset);
        writer.style = Style::Plain;
        writer.before = "";
    }
    if names.is_empty() || name_list {
        let chosen = Chosen::new(&cursor.outline);
        for (gpu, stock) in facts.map(|facts| facts.gpus(chosen.choice())).unwrap_or_default() {
            if !names.iter().any(|name| name.eq_ignore_ascii_case(&gpu.name)) {
                writer.name(found, &gpu.name, CompletionKind::Gpu, Some(stock), Some(about_gpu(gpu, stock)));
            }
        }
    }
    if name_list {
        return;
    }
    if !vendor {
        for vendor in vendors {
            let detail = Some("the vendor".to_owned());
            writer.add(found, vendor.name(), vendor.name(), CompletionKind::Value, detail, None);
        }
    }
    if !memory {
        let known: Vec<f64> = names
            .iter()
            .filter_map(|name| facts.and_then(|facts| facts.gpu(name)))
            .flat_map(|gpu| gpu.memory.iter().copied())
            .collect();
        if known.is_empty() {
            for size in ["16GB..", "24GB..", "40GB..", "80GB.."] {
                writer.add(
                    found,
                    size,
                    size,
                    CompletionKind::Example,
                    Some("memory of each".to_owned()),
                    None,
                );
            }
        }
        let mut sizes = known;
        crate::order::sort_by(&mut sizes, f64::total_cmp);
        sizes.dedup();
        for size in sizes {
            // An example: what begins like it may be a count.
            let size = format!("{size}GB");
            writer.add(found, &size, &size, CompletionKind::Example, Some("memory of each".to_owned()), None);
        }
    }
    // A count of its own is a number, and easily taken for a memory; behind a name it is plain.
    if !count && start > 0 {
        for n in ["2", "4", "8"] {
            writer.add(found, n, n, CompletionKind::Example, Some(format!("{n} of them")), None);
        }
    }
}
