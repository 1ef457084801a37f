//! The table that users of dstack know, and where its prices come from.

use std::io::{self, Write};

use berth_shared::{
    api::{CatalogInfo, CatalogOrigin},
    catalog::{Offer, PriceBasis},
    matcher::{Explanation, Matches, Requirements, launch_disk_gb},
};

use super::grouped::Group;

/// What is shown.
pub(super) struct Shown<'a> {
    pub(super) required: &'a Requirements,
    /// The offers in it are those to print.
    pub(super) matches: &'a Matches,
    /// The highest price of all that fit.
    pub(super) highest: Option<f64>,
    pub(super) catalog: &'a CatalogInfo,
}

const OFFERS: [&str; 8] = ["#", "BACKEND", "REGION", "INSTANCE", "RESOURCES", "SPOT", "PRICE", "AS OF"];

/// The offers, a line each.
pub(super) fn offers(out: &mut dyn Write, shown: &Shown<'_>) -> io::Result<()> {
    let Shown { required, matches, .. } = shown;
    if required.reuse_only {
        return writeln!(out, "no cloud offers: `creation_policy: reuse` takes instances that exist already");
    }
    if matches.total == 0 {
        return writeln!(out, "no offer fits; catalogue {}", catalogue(shown.catalog));
    }
    let rows: Vec<[String; 8]> =
        (1..).zip(&matches.offers).map(|(n, offer)| cells(n, offer, required)).collect();
    columns(out, OFFERS, &rows, rows.len() < matches.total)?;
    let highest = shown.highest.map(|price| format!(", ${price} max")).unwrap_or_default();
    let of = format!("Shown {} of {}{highest}", rows.len(), count(matches.total, "offer"));
    footer(out, of, shown)
}

/// The groups, a line each.
pub(super) fn groups(
    out: &mut dyn Write,
    shown: &Shown<'_>,
    groups: &[Group],
    limit: usize,
) -> io::Result<()> {
    let shown_groups = &groups[..groups.len().min(limit)];
    let more = shown_groups.len() < groups.len();
    let price = |group: &Group| {
        let [lowest, highest] = group.prices;
        if lowest == highest { format!("${lowest}") } else { format!("${lowest}..${highest}") }
    };
    let spot = |group: &Group| match group.spot {
        0 => "no".to_owned(),
        all if all == group.offers => "yes".to_owned(),
        some => format!("{some} of {}", group.offers),
    };
    let counts = |group: &Group| match group.gpu_counts {
        [0, 0] => "-".to_owned(),
        [least, most] if least == most => least.to_string(),
        [least, most] => format!("{least}..{most}"),
    };
    let backends = |group: &Group| group.backends.iter().cloned().collect::<Vec<_>>().join(", ");
    let rows = |name: &dyn Fn(&Group) -> [String; 2]| -> Vec<[String; 7]> {
        let row = |(n, group): (usize, &Group)| {
            let [first, second] = name(group);
            [n.to_string(), first, second, counts(group), spot(group), group.offers.to_string(), price(group)]
        };
        (1..).zip(shown_groups).map(row).collect()
    };
    match groups.first() {
        Some(Group { gpu: Some(_), .. }) => {
            let name = |group: &Group| {
                let model = group.gpu.clone().flatten();
                let memory = group.gpu_memory_gib.map(|gib| format!(" {gib}GB")).unwrap_or_default();
                [model.map_or_else(|| "none".to_owned(), |model| model + &memory), backends(group)]
            };
            let head = ["#", "GPU", "BACKENDS", "COUNT", "SPOT", "OFFERS", "PRICE"];
            columns(out, head, &rows(&name), more)?;
        }
        Some(Group { region: Some(_), .. }) => {
            let name = |group: &Group| [backends(group), group.region.clone().unwrap_or_default()];
            let head = ["#", "BACKEND", "REGION", "GPUS", "SPOT", "OFFERS", "PRICE"];
            columns(out, head, &rows(&name), more)?;
        }
        _ => {
            let name = |group: &Group| [backends(group), group.first.instance_type.clone()];
            let head = ["#", "BACKEND", "CHEAPEST", "GPUS", "SPOT", "OFFERS", "PRICE"];
            columns(out, head, &rows(&name), more)?;
        }
    }
    let of = format!(
        "Shown {} of {}, {}",
        shown_groups.len(),
        count(groups.len(), "group"),
        count(shown.matches.total, "offer")
    );
    footer(out, of, shown)
}

/// A table; `more` says that it goes on.
fn columns<const N: usize>(
    out: &mut dyn Write,
    head: [&str; N],
    rows: &[[String; N]],
    more: bool,
) -> io::Result<()> {
    let widths: Vec<usize> = (0..N)
        .map(|at| rows.iter().map(|row| row[at].chars().count()).chain([head[at].len()]).max().unwrap_or(0))
        .collect();
    let mut line = |cells: &[&str]| {
        let padded: Vec<String> =
            cells.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}")).collect();
        writeln!(out, "{}", padded.join("  ").trim_end())
    };
    line(&head)?;
    for row in rows {
        line(&row.each_ref().map(String::as_str))?;
    }
    if more { line(&["", "..."]) } else { Ok(()) }
}

/// What there is to know about the prices.
fn footer(out: &mut dyn Write, of: String, shown: &Shown<'_>) -> io::Result<()> {
    let matches = shown.matches;
    let mut notes = vec![of];
    if let (Some(oldest), Some(newest)) = (&matches.oldest, &matches.newest) {
        notes.push(if oldest == newest {
            format!("prices of {oldest}")
        } else {
            format!("prices from {oldest} to {newest}")
        });
    }
    if matches.undated > 0 {
        notes.push(format!("{} without a date", matches.undated));
    }
    if matches.estimated > 0 {
        notes.push(format!("{} estimated (~)", matches.estimated));
    }
    if matches.above_max_price > 0 {
        notes.push(format!("{} more above `max_price`", matches.above_max_price));
    }
    writeln!(out, "{}; catalogue {}", notes.join(", "), catalogue(shown.catalog))
}

fn catalogue(catalog: &CatalogInfo) -> String {
    let origin = match catalog.origin {
        CatalogOrigin::BuiltIn => "built in",
        CatalogOrigin::Imported => "imported",
    };
    format!("{} ({origin})", catalog.version)
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

fn cells(number: usize, offer: &Offer, required: &Requirements) -> [String; 8] {
    let estimated = if offer.basis == PriceBasis::Estimated { "~" } else { "" };
    [
        number.to_string(),
        offer.backend.clone(),
        offer.region.clone(),
        offer.instance_type.clone(),
        resources(offer, required),
        if offer.spot { "yes" } else { "no" }.to_owned(),
        format!("{estimated}${}", offer.price),
        offer.as_of.clone().unwrap_or_else(|| "unknown".to_owned()),
    ]
}

fn resources(offer: &Offer, required: &Requirements) -> String {
    let gpu = offer
        .gpu
        .as_ref()
        .map(|gpu| format!(", {}x{} ({}GB)", gpu.count, gpu.name, gpu.memory_gib))
        .unwrap_or_default();
    let disk = launch_disk_gb(offer.disk_gib, required.disk);
    format!("{}xCPU, {}GB{gpu}, {disk}GB (disk)", offer.cpus, offer.memory_gib)
}

/// What each constraint costs, and what brings more.
pub(super) fn explained(out: &mut dyn Write, explanation: &Explanation) -> io::Result<()> {
    if !explanation.constraints.is_empty() {
        writeln!(out, "\nwhat each constraint rules out of {} offers:", explanation.universe)?;
    }
    for cost in &explanation.constraints {
        writeln!(out, "  {}: {}; {} fit without it", cost.path, cost.rules_out, cost.without)?;
    }
    if !explanation.relaxations.is_empty() {
        writeln!(out, "\nwhat brings more:")?;
    } else if explanation.total == 0 {
        writeln!(out, "\nno change brings an offer")?;
    }
    for change in &explanation.relaxations {
        writeln!(
            out,
            "  {}: {}: {} from ${}/h",
            change.changes.iter().map(|change| change.path).collect::<Vec<_>>().join(" and "),
            change.description(),
            if change.total == 1 { "1 offer".to_owned() } else { format!("{} offers", change.total) },
            change.cheapest
        )?;
        for field in change.proposal.iter().flat_map(|proposal| &proposal.fields) {
            let of = |value: &Option<String>| value.clone().unwrap_or_else(|| "not written".to_owned());
            writeln!(out, "      {}: {} -> {}", field.path, of(&field.before), of(&field.after))?;
        }
    }
    Ok(())
}
