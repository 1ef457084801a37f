//! One GPU: its machines by backend and instance type.

use std::collections::HashSet;

use berth_shared::{
    catalog::{Offer, PriceBasis},
    explore::{BackendTypes, Card, CardGpu, GpuKind, Machine, MachineId, types},
};

use super::{cards::counted, places::places_of, shelf::Shelf, using::Using};
use crate::{
    components::{Icon, Spot, Void},
    explore::{query::Opened, use_this::Pick},
    format::{figure, gib, grouped, machine::plate, number, price, vendor},
    launch::dates,
    prelude::*,
};

/// How many machines of a backend are shown at first.
const FIRST: usize = 12;
/// How many are shown of one that is asked for in full; nobody reads more.
const MOST: usize = 600;
/// How many columns the table has.
const COLUMNS: &str = "9";

/// The view.
#[component]
pub(super) fn Detail(shelf: Shelf, using: Using, opened: Opened) -> impl IntoView {
    let full = RwSignal::new(HashSet::<String>::new());
    let unfolded = RwSignal::new(HashSet::<MachineId>::new());
    let of = opened.clone();
    let groups = Memo::new(move |_| {
        let catalogue = shelf.catalogue()?;
        let groups = shelf.view.with(|(view, _)| {
            full.with(|full| {
                let limit = |backend: &str| if full.contains(backend) { MOST } else { FIRST };
                types(&catalogue, &view.wanted, of.kind(), limit)
            })
        });
        Some(groups)
    });
    let newest = Memo::new(move |_| shelf.choices.with(|choices| choices.newest.clone().unwrap_or_default()));
    let empty = Memo::new(move |_| groups.with(|groups| groups.as_ref().is_some_and(Vec::is_empty)));
    let back = move || shelf.link(|view| view.opened = None);
    let kind = opened.kind().cloned();
    let without = kind.is_none();
    let rows = {
        let kind = kind.clone();
        move || {
            groups
                .get()
                .unwrap_or_default()
                .into_iter()
                .map(|group| {
                    let kind = kind.clone();
                    let rows = group
                        .machines
                        .iter()
                        .map(|machine| {
                            let (id, of) = (machine.id, kind.clone());
                            let regions = move || {
                                let open = unfolded.with(|unfolded| unfolded.contains(&id));
                                open.then(|| places_of(shelf, using, id, of.clone(), newest))
                            };
                            view! {
                                {row(using, machine, kind_of(machine, &kind), unfolded, &newest.get())}
                                {regions}
                            }
                        })
                        .collect_view();
                    view! { <tbody>{head(&group, full)}{rows}</tbody> }
                })
                .collect_view()
        }
    };
    view! {
        <section class="panel explore__panel" aria-label="Offers of one GPU">
            <div class="panel__head">
                <a class="btn" data-kind="quiet" data-size="sm" href=back><Icon name="left"/>"All GPUs"</a>
                <Title shelf opened=opened.clone()/>
                <span class="panel__spring"></span>
                <UseAll shelf using opened/>
            </div>
            <table class="table explore__table" data-stack data-gpu=without.then_some("none") aria-label="Offers">
                <thead><tr>
                    <th scope="col">"Instance type"</th>
                    <th scope="col" data-num>"GPUs"</th>
                    <th scope="col" data-priority="4" data-num>"vCPU"</th>
                    <th scope="col" data-priority="4" data-num>"RAM"</th>
                    <th scope="col" data-priority="2">"Kind"</th>
                    <th scope="col">"Regions"</th>
                    <th scope="col" data-num>"$/h"</th>
                    <th scope="col" data-priority="2" data-num>"$/GPU h"</th>
                    <th scope="col"><span class="sr">"Price basis and use"</span></th>
                </tr></thead>
                {rows}
            </table>
            <Show when=move || empty.get()>
                <Void title="No offer of it is left">
                    <p class="void__text">"The filters leave none, or no cloud of the price list has it."</p>
                    <div class="actions">
                        <button class="btn" on:click=move |_| shelf.change(false, |view| view.wanted = Default::default())>
                            <Icon name="x"/>"Clear the filters"
                        </button>
                    </div>
                </Void>
            </Show>
        </section>
    }
}

/// The GPU of a machine, as a text names it.
fn kind_of(machine: &Machine, opened: &Option<GpuKind>) -> Option<GpuKind> {
    let gpu = machine.offer.gpu.as_ref()?;
    let kind = opened.clone()?;
    // Opened by its name alone, a model may have several sizes.
    Some(GpuKind { memory_gib: Some(gpu.memory_gib), ..kind })
}

/// The cards of what is opened.
fn of_opened(shelf: Shelf, opened: &Opened) -> Vec<Card> {
    let same = |card: &Card| match (opened, &card.gpu) {
        (Opened::NoGpu, None) => true,
        (Opened::Gpu(kind), Some(gpu)) => {
            kind.name == gpu.name && kind.memory_gib.is_none_or(|memory| memory == gpu.memory_gib)
        }
        _ => false,
    };
    shelf.explored.with(|explored| {
        explored.iter().flat_map(|explored| &explored.cards).filter(|card| same(card)).cloned().collect()
    })
}

/// Its name, what is known about it, and its other sizes.
#[component]
fn Title(shelf: Shelf, opened: Opened) -> impl IntoView {
    let (name, memory) = match opened.kind() {
        None => (t!("No GPU").to_owned(), None),
        Some(kind) => (kind.name.clone(), kind.memory_gib.map(gib)),
    };
    let facts = {
        let name = name.clone();
        move || {
            let catalogue = shelf.catalogue()?;
            let fact = catalogue.gpus().get(&name)?;
            let compute = fact.compute_capability.map(|(major, minor)| tf!("compute {major}.{minor}"));
            let made = format!("{} {}", vendor(&fact.vendor), fact.architecture.clone().unwrap_or_default());
            Some([Some(made.trim().to_owned()), compute].into_iter().flatten().collect::<Vec<_>>().join(", "))
        }
    };
    let sizes = move || {
        let name = opened.kind()?.name.clone();
        let cards = of_opened(shelf, &Opened::Gpu(GpuKind { name, memory_gib: None }));
        let gpus: Vec<CardGpu> = cards.into_iter().filter_map(|card| card.gpu).collect();
        (gpus.len() > 1).then(|| {
            let links = gpus
                .into_iter()
                .map(|gpu| {
                    let here = opened.kind().and_then(|kind| kind.memory_gib) == Some(gpu.memory_gib);
                    let kind = gpu.kind();
                    let link = shelf.link(move |view| view.opened = Some(Opened::Gpu(kind)));
                    view! { <a class="chip" href=link aria-current=here.then_some("true")>{gib(gpu.memory_gib)}</a> }
                })
                .collect_view();
            view! { <nav class="explore__sizes" aria-label="Sizes">{links}</nav> }
        })
    };
    view! {
        <h2 class="gpu__name">{name}{memory.map(|memory| view! { " "<span class="gpu__mem">{memory}</span> })}</h2>
        <span class="meta">{facts}</span>
        {sizes}
    }
}

/// Writes the GPU into the text, whichever machine has it.
#[component]
fn UseAll(shelf: Shelf, using: Using, opened: Opened) -> impl IntoView {
    let pick = move || {
        let counts = of_opened(shelf, &opened).into_iter().filter_map(|card| card.counts.first().copied());
        Pick::Gpu { kind: opened.kind().cloned(), count: counts.min().unwrap_or(1) }
    };
    view! {
        <button class="btn" data-kind="primary" data-size="sm" on:click=move |_| using.write(untrack(&pick))>
            <Icon name="edit"/>"Use this"
        </button>
    }
}

/// The line over a backend's machines.
fn head(group: &BackendTypes, full: RwSignal<HashSet<String>>) -> impl IntoView + use<> {
    let BackendTypes { backend, total, offers, machines } = group;
    let (this, shown) = (backend.clone(), machines.len());
    let more = (*total > FIRST).then(|| {
        let (word, all) = if shown < *total && shown <= FIRST {
            let all = grouped(*total as u64);
            (if *total > MOST { tf!("Show {MOST} of {all}") } else { tf!("Show all {all}") }, true)
        } else {
            (t!("Show fewer").to_owned(), false)
        };
        let of = this.clone();
        view! {
            <button class="btn" data-kind="quiet" data-size="sm" on:click=move |_| full.update(|full| {
                if all { full.insert(this.clone()); } else { full.remove(&this); }
            })>{word}<span class="sr">" of "{of}</span></button>
        }
    });
    view! {
        <tr class="table__group"><td colspan=COLUMNS><span class="table__group-line">
            <span class="backend">
                <span class="backend__mark" aria-hidden="true">{plate(backend)}</span>
                <b class="table__strong">{backend.clone()}</b>
            </span>
            <span>{counted(*total, t!("machine"), t!("machines"))}", "{counted(*offers, t!("offer"), t!("offers"))}</span>
            <span class="table__group-end">{more}</span>
        </span></td></tr>
    }
}

fn row(
    using: Using,
    machine: &Machine,
    kind: Option<GpuKind>,
    unfolded: RwSignal<HashSet<MachineId>>,
    newest: &str,
) -> impl IntoView + use<> {
    let Machine { id, offer, regions, highest } = machine.clone();
    let count = offer.gpu.as_ref().map_or(0, |gpu| gpu.count);
    let each = (count > 0).then(|| figure(offer.price / f64::from(count)));
    let (where_, several) = match regions {
        1 => (offer.region.clone(), false),
        more => (tf!("{more} regions"), true),
    };
    let span = (several && highest > offer.price).then(|| tf!("to {}", price(highest)));
    let estimated = (offer.basis == PriceBasis::Estimated).then_some("estimated");
    let gpus = match &offer.gpu {
        None => "–".to_owned(),
        Some(gpu) => format!("{} × {}", gpu.count, gib(gpu.memory_gib)),
    };
    let spot = offer.spot;
    let pick = Pick::Offer { offer: Box::new(offer.clone()), kind };
    let name = offer.instance_type.clone();
    view! {
        <tr>
            <td class="explore__type" data-cell="1s"><span class="offers__type table__strong" title=name.clone()>{name.clone()}</span></td>
            <td data-num data-cell="2s">{gpus}<span class="table__sub" data-only="narrow" data-inline>{if spot { t!("spot") } else { t!("on-demand") }}</span></td>
            <td data-priority="4" data-num>{number(offer.cpus)}</td>
            <td data-priority="4" data-num>{gib(offer.memory_gib)}</td>
            <td data-priority="2"><Spot spot/></td>
            <td data-cell="3s">{if several {
                view! {
                    <button class="table__sort" aria-expanded=move || unfolded.with(|unfolded| unfolded.contains(&id)).to_string()
                        on:click=move |_| unfolded.update(|unfolded| if !unfolded.remove(&id) { unfolded.insert(id); })>
                        <Icon name="right"/>{where_}<span class="sr">" of "{name.clone()}</span>
                    </button>
                }.into_any()
            } else {
                view! { <span class="explore__one">{where_}</span> }.into_any()
            }}</td>
            <td data-num data-cell="1e">
                <span class="price" data-basis=estimated>{price(offer.price)}</span>
                {span.map(|span| view! { <span class="table__sub">{span}</span> })}
            </td>
            <td data-priority="2" data-num>{each}</td>
            <td data-cell="3e">
                <span class="explore__end">
                    {basis(&offer, newest)}
                    <button class="btn" data-kind="quiet" data-size="sm" on:click=move |_| using.write(pick.clone())>
                        "Use"<span class="sr">" "{name.clone()}" of "{offer.backend.clone()}", "{if spot { t!("spot") } else { t!("on-demand") }}", in "{offer.region.clone()}</span>
                    </button>
                </span>
            </td>
        </tr>
    }
}

/// What a price rests on, and since when.
pub(super) fn basis(offer: &Offer, newest: &str) -> impl IntoView + use<> {
    let word = match offer.basis {
        PriceBasis::Listed => t!("listed"),
        PriceBasis::Sum => t!("added up"),
        PriceBasis::Estimated => t!("estimated"),
        PriceBasis::Own => t!("own"),
    };
    let old = offer.as_of.as_ref().is_some_and(|date| dates::is_old(date, newest));
    let text = offer
        .as_of
        .as_deref()
        .map_or_else(|| tf!("{word}, no date"), |date| format!("{word} {}", dates::month(date)));
    view! {
        <span class="basis" data-age=old.then_some("old")>
            {old.then(|| view! { <Icon name="clock" class="basis__icon"/><span class="sr">"old: "</span> })}
            {text}
        </span>
    }
}
