//! A line of the offers' table.

use berth_shared::{
    catalog::{Offer, PriceBasis, RowId},
    matcher::Saving,
};
use leptos::prelude::*;

use super::listed::Listed;
use crate::{
    components::{Icon, Spot},
    format::{gib, grouped, machine::plate, number},
    launch::{
        columns::{Column, Columns},
        dates,
        listing::{Line, View},
        saving,
    },
};

/// All that a line depends on: lines with the same key are the same and stay in the page.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    /// Its number, from 0.
    pub(super) number: usize,
    pub(super) line: Line,
    pub(super) view: View,
    pub(super) columns: Columns,
    /// The latest date of a price, with which old ones are told.
    pub(super) newest: String,
    /// Whether its backend is not set up here.
    pub(super) preview: bool,
}

impl Key {
    /// The offer that the line shows or that stands for its group.
    pub(super) fn row(line: Line) -> Option<RowId> {
        match line {
            Line::Group { best, .. } => Some(best),
            Line::Offer { row, .. } => Some(row),
            Line::Pending => None,
        }
    }
}

/// The line.
pub(super) fn line(listed: Listed, key: &Key) -> AnyView {
    let index = listed.index();
    let found =
        Key::row(key.line).zip(index).and_then(|(row, index)| Some((index.offer(row)?, index.saving(row))));
    let Some((offer, saving)) = found else { return pending(key) };
    match key.line {
        Line::Group { key: group, offers, .. } if key.view != View::Types => {
            heading(listed, key, group, offers, &offer)
        }
        Line::Group { key: group, offers, .. } => machine(listed, key, &offer, saving, Some((group, offers))),
        _ => machine(listed, key, &offer, saving, None),
    }
}

/// A place that is kept for what comes.
fn pending(key: &Key) -> AnyView {
    view! {
        <tr class="offers__line" aria-rowindex=rowindex(key) aria-busy="true">
            <td data-col="backend" data-cell="m"></td>
            <td data-col="type" data-cell="1s"><span class="bone"></span></td>
            {key.columns.list().into_iter().map(|column| view! { <td data-col=column.key()></td> }).collect_view()}
            <td class="offers__brief"></td>
        </tr>
    }
    .into_any()
}

fn rowindex(key: &Key) -> String {
    // The head is the first row.
    (key.number + 2).to_string()
}

/// A button that unfolds a group.
fn unfold(listed: Listed, group: u32, children: impl IntoView + 'static) -> impl IntoView {
    view! {
        <button class="offers__unfold"
            aria-expanded=move || listed.open.with(|open| open.contains(&group)).to_string()
            on:click=move |_| listed.toggle(group)>
            {children}
            <Icon name="right"/>
        </button>
    }
}

/// The head of a group of different machines.
fn heading(listed: Listed, key: &Key, group: u32, offers: usize, best: &Offer) -> AnyView {
    let name = match key.view {
        View::Gpus => match &best.gpu {
            Some(gpu) => format!("{} {}", gpu.name, gib(gpu.memory_gib)),
            None => "No GPU".to_owned(),
        },
        View::Backends => best.backend.clone(),
        _ => best.region.clone(),
    };
    let counted =
        if offers == 1 { "1 offer".to_owned() } else { format!("{} offers", grouped(offers as u64)) };
    let backend = (key.view != View::Gpus).then(|| backend(&best.backend, key.preview));
    let cells = key
        .columns
        .list()
        .into_iter()
        .map(|column| {
            let price = (column == Column::Price)
                .then(|| view! { <span class="sr">"from "</span>{price(best, 1.0)} });
            view! {
                <td data-col=column.key() data-num=column.is_number().then_some("")
                    data-cell=(column == Column::Price).then_some("1e")>{price}</td>
            }
        })
        .collect_view();
    view! {
        <tr class="offers__line" data-group aria-rowindex=rowindex(key)>
            <td data-col="backend" data-cell="m">{backend}</td>
            <td data-col="type" data-cell="1s">
                {unfold(listed, group, view! { <span class="table__strong">{name}</span>" "<span class="meta">{counted}</span> })}
            </td>
            {cells}
            <td class="offers__brief"></td>
        </tr>
    }
    .into_any()
}

/// An offer, or the best of those that differ in nothing but region and price.
fn machine(
    listed: Listed,
    key: &Key,
    offer: &Offer,
    saving: Option<Saving>,
    group: Option<(u32, usize)>,
) -> AnyView {
    let more = group.map(|(group, offers)| (group, offers.saturating_sub(1))).filter(|(_, more)| *more > 0);
    let regions = |more: Option<(u32, usize)>| {
        more.map(|(group, more)| {
            let of = format!(" more regions of {}", offer.instance_type);
            unfold(
                listed,
                group,
                view! { <span class="offers__more">"+"{more}<span class="sr">{of}</span></span> },
            )
        })
    };
    let columns = key.columns;
    // Where there is no column for regions, the button stands beside the type.
    let beside = if columns.has(Column::Region) { None } else { more };
    let narrow = if columns.has(Column::Region) { more } else { None };
    let inside = matches!(key.line, Line::Offer { inside: true, .. });
    // Nothing else would tell the offers of a machine apart.
    let place = (group.is_none() && !columns.has(Column::Region)).then(|| offer.region.clone());
    let cells = columns
        .list()
        .into_iter()
        .map(|column| {
            let content = match column {
                Column::Region => view! { <span class="offers__fit">{offer.region.clone()}</span>{regions(more)} }.into_any(),
                Column::Cpus => number(offer.cpus).into_any(),
                Column::Memory => gib(offer.memory_gib).into_any(),
                Column::Disk => offer.disk_gib.map_or_else(|| "chosen".to_owned(), gib).into_any(),
                Column::Gpu => gpu(offer).into_any(),
                Column::Kind => view! { <Spot spot=offer.spot/> }.into_any(),
                Column::Price => price(offer, 1.0).into_any(),
                Column::PricePerGpu => match &offer.gpu {
                    Some(gpu) => price(offer, f64::from(gpu.count.max(1))).into_any(),
                    None => view! { <span class="meta">"–"</span> }.into_any(),
                },
                Column::Saving => saved(saving).into_any(),
                Column::Basis => basis(offer, &key.newest).into_any(),
            };
            let cell = match column {
                Column::Price => Some("1e"),
                Column::Basis => Some("2e"),
                _ => None,
            };
            view! {
                <td data-col=column.key() data-num=column.is_number().then_some("") data-cell=cell>{content}</td>
            }
        })
        .collect_view();
    view! {
        <tr class="offers__line" data-inside=inside.then_some("") aria-rowindex=rowindex(key)>
            <td data-col="backend" data-cell="m">{backend(&offer.backend, key.preview)}</td>
            <td data-col="type" data-cell="1s">
                <span class="offers__type table__strong" title=offer.instance_type.clone()>{offer.instance_type.clone()}</span>
                {place.map(|region| view! { " "<span class="meta">{region}</span> })}
                {regions(beside)}
                <span data-only="phone">{regions(narrow)}</span>
            </td>
            {cells}
            <td class="offers__brief" data-cell="2s">{brief(offer, saving, key)}</td>
        </tr>
    }
    .into_any()
}

/// Three letters, and whether there is more to them than prices.
fn backend(name: &str, preview: bool) -> impl IntoView + use<> {
    let (word, about) =
        if preview { ("preview", "not set up here: a preview of prices") } else { ("set up", "set up here") };
    view! {
        <span class="backend" title=format!("{name}, {about}")>
            <span class="backend__mark" data-preview=preview.then_some("") aria-hidden="true">{plate(name)}</span>
            <span class="sr">{name.to_owned()}" "</span>
            <span class="offers__set">{word}</span>
        </span>
    }
}

fn gpu(offer: &Offer) -> impl IntoView + use<> {
    let (name, memory) = match &offer.gpu {
        None => ("–".to_owned(), String::new()),
        Some(gpu) if gpu.count > 1 => (format!("{} × {}", gpu.count, gpu.name), gib(gpu.memory_gib)),
        Some(gpu) => (gpu.name.clone(), gib(gpu.memory_gib)),
    };
    view! { {name}" "<span class="meta">{memory}</span> }
}

fn price(offer: &Offer, parts: f64) -> impl IntoView + use<> {
    let estimated = offer.basis == PriceBasis::Estimated;
    view! {
        <span class="price" data-basis=estimated.then_some("estimated")>
            {estimated.then(|| view! { <span class="sr">"about "</span> })}
            {format!("{:.3}", offer.price / parts)}
        </span>
    }
}

fn saved(saving: Option<Saving>) -> impl IntoView + use<> {
    match saving {
        None => view! { <span class="meta">"–"</span> }.into_any(),
        Some(found) => view! {
            <span class="price" data-basis=found.estimated.then_some("estimated")>
                {found.estimated.then(|| view! { <span class="sr">"about "</span> })}
                {saving::percent(found.share)}
            </span>
        }
        .into_any(),
    }
}

/// What a price is based on, and of which month it is.
fn basis(offer: &Offer, newest: &str) -> impl IntoView + use<> {
    let word = match offer.basis {
        PriceBasis::Listed => "listed",
        PriceBasis::Sum => "added up",
        PriceBasis::Estimated => "estimated",
        PriceBasis::Own => "own",
    };
    let (age, text) = match &offer.as_of {
        None if offer.basis == PriceBasis::Own => (None, word.to_owned()),
        None => (None, format!("{word}, no date")),
        Some(date) => {
            (dates::is_old(date, newest).then_some("old"), format!("{word} {}", dates::month(date)))
        }
    };
    let mark = age.map(|_| {
        view! {
            <svg class="icon basis__icon" aria-hidden="true"><use href="#i-clock"/></svg>
            <span class="sr">"old: "</span>
        }
    });
    view! { <span class="basis" data-age=age>{mark}{text}</span> }
}

/// On a phone: what does not stand elsewhere, on one line.
fn brief(offer: &Offer, saving: Option<Saving>, key: &Key) -> impl IntoView + use<> {
    let mut parts = vec![if offer.spot { "spot".to_owned() } else { "on-demand".to_owned() }];
    if let Some(saving) = saving {
        let about = if saving.estimated { "≈ " } else { "" };
        parts.push(format!("saves {about}{}", saving::percent(saving.share)));
    }
    parts.push(offer.region.clone());
    for column in key.columns.list() {
        match column {
            Column::Cpus => parts.push(format!("{} vCPU", number(offer.cpus))),
            Column::Memory => parts.push(gib(offer.memory_gib)),
            _ => {}
        }
    }
    let gpu = offer.gpu.is_some().then(|| gpu(offer));
    view! { {gpu}" "<span class="table__sub" data-inline>{parts.join(", ")}</span> }
}
