//! A card for each GPU.

use berth_shared::{
    catalog::{Offer, PriceBasis},
    explore::{Card, Explored},
};

use super::{shelf::Shelf, using::Using};
use crate::{
    components::{Bone, Icon, Price, Void, basis_text},
    explore::{query::Opened, use_this::Pick},
    format::{figure, gib, grouped, machine::plate, vendor},
    launch::dates,
    prelude::*,
};

/// All of them, or why there are none.
#[component]
pub(super) fn Cards(shelf: Shelf, using: Using) -> impl IntoView {
    // Which of the three it is changes seldom; the cards themselves change with each filter.
    let state = Memo::new(move |_| {
        shelf.explored.with(|explored| explored.as_ref().map(|explored| explored.cards.is_empty()))
    });
    let note = move || shelf.explored.with(|explored| explored.as_ref().map(note));
    let all = move || {
        shelf.explored.with(|explored| explored.as_ref().map(|e| e.cards.clone()).unwrap_or_default())
    };
    move || match state.get() {
        None => view! { <Bones/> }.into_any(),
        Some(true) => view! { <Nothing shelf/> }.into_any(),
        Some(false) => view! {
            <div class="gpus">
                <For each=all key=content let:one>{card(shelf, using, &one)}</For>
            </div>
            <p class="meta explore__note">{note}</p>
        }
        .into_any(),
    }
}

/// Everything that a card shows: the same content keeps the same elements.
fn content(card: &Card) -> String {
    use std::fmt::Write as _;

    let gpu = card.gpu.as_ref().map(|gpu| (gpu.name.as_str(), gpu.memory_gib));
    let mut text = format!("{gpu:?} {} {} {} {:?}", card.offers, card.backends, card.regions, card.counts);
    for offer in card.lines.iter().chain(&card.per_gpu) {
        let Offer { backend, instance_type, region, price, .. } = offer;
        let _ = write!(text, " {backend} {instance_type} {region} {price} {}", offer.spot);
    }
    text
}

/// What the prices are.
fn note(explored: &Explored) -> String {
    let span = match (&explored.oldest, &explored.newest) {
        (Some(oldest), Some(newest)) => tf!("Prices of {}. ", dates::span(oldest, newest)),
        _ => String::new(),
    };
    let estimates = match explored.estimated {
        0 => String::new(),
        count => tf!(
            "≈ marks an estimate, as {} of them are: the on-demand price less the average saving as spot. ",
            grouped(count as u64)
        ),
    };
    tf!("{span}{estimates}GB are those of one GPU. Launching asks for the price again.")
}

fn card(shelf: Shelf, using: Using, card: &Card) -> impl IntoView + use<> {
    let newest = shelf.choices.with_untracked(|choices| choices.newest.clone().unwrap_or_default());
    let (name, memory, about) = match &card.gpu {
        None => (t!("No GPU").to_owned(), None, t!("vCPUs and memory alone").to_owned()),
        Some(gpu) => {
            let maker = gpu.vendor.as_deref().map(vendor);
            let made = [maker, gpu.architecture.clone()].into_iter().flatten().collect::<Vec<_>>().join(" ");
            let compute = gpu.capability.map(|(major, minor)| tf!("compute {major}.{minor}"));
            let about = [Some(made), compute].into_iter().flatten().collect::<Vec<_>>().join(", ");
            (gpu.name.clone(), Some(gib(gpu.memory_gib)), about)
        }
    };
    let kind = card.gpu.as_ref().map(berth_shared::explore::CardGpu::kind);
    let opened = kind.clone().map_or(Opened::NoGpu, Opened::Gpu);
    let per_gpu = card.per_gpu.as_ref().filter(|_| card.gpu.is_some()).map(|offer| {
        let count = f64::from(offer.gpu.as_ref().map_or(1, |gpu| gpu.count));
        let estimated = (offer.basis == PriceBasis::Estimated).then_some("estimated");
        let title = tf!("{} of {}, {}", offer.instance_type, offer.backend, basis_text(offer));
        view! {
            <span class="gpu__each meta" title=title>
                <span class="price" data-basis=estimated>{figure(offer.price / count)}</span>" a GPU"
            </span>
        }
    });
    let lowest =
        [&card.on_demand, &card.spot].into_iter().flatten().min_by(|a, b| a.price.total_cmp(&b.price)).map(
            |offer| (figure(offer.price), (offer.basis == PriceBasis::Estimated).then_some("estimated")),
        );
    let (price, basis) = lowest.unwrap_or_default();
    let places = format!(
        "{}, {}",
        counted(card.backends, t!("backend"), t!("backends")),
        counted(card.regions, t!("region"), t!("regions"))
    );
    let offers = counted(card.offers, t!("offer"), t!("offers"));
    let count = card.counts.first().copied().unwrap_or(1);
    let label = memory.as_ref().map_or_else(|| name.clone(), |memory| format!("{name} {memory}"));
    let link = move || {
        let opened = opened.clone();
        shelf.link(move |view| view.opened = Some(opened))
    };
    view! {
        <article class="gpu" aria-label=label.clone()>
            <div class="gpu__head">
                <h2 class="gpu__name">{name}{memory.map(|memory| view! { " "<span class="gpu__mem">{memory}</span> })}</h2>
                <span class="gpu__from">
                    <span class="price__per">"from "</span>
                    <span class="price" data-basis=basis>{price}</span>
                    <span class="price__per">"/h"</span>
                </span>
                <span class="meta">{about}</span>
                {per_gpu}
            </div>
            <div class="gpu__list">{card.lines.iter().map(|offer| line(offer, &newest)).collect_view()}</div>
            <div class="gpu__foot">
                <span>
                    <a class="meta link" href=link>{offers}<span class="sr">" of "{label.clone()}</span></a>
                    <span class="meta gpu__places">{places}</span>
                </span>
                <button class="btn" data-size="sm" on:click=move |_| using.write(Pick::Gpu { kind: kind.clone(), count })>
                    <Icon name="edit"/>"Use this"<span class="sr">": "{label.clone()}</span>
                </button>
            </div>
        </article>
    }
}

/// `1 offer`, `2,205 offers`.
pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count as u64), if count == 1 { one } else { many })
}

fn line(offer: &Offer, newest: &str) -> impl IntoView + use<> {
    let old = offer.as_of.as_ref().is_some_and(|date| dates::is_old(date, newest));
    let times = offer.gpu.as_ref().filter(|gpu| gpu.count > 1).map(|gpu| format!("{} × ", gpu.count));
    let title = tf!("{} in {}, {}", offer.instance_type, offer.region, basis_text(offer));
    view! {
        <div class="gpu__offer">
            <span class="backend">
                <span class="backend__mark" aria-hidden="true">{plate(&offer.backend)}</span>
                <span class="sr">{offer.backend.clone()}</span>
            </span>
            <span class="gpu__type" title=title>
                {times.map(|times| view! { <span class="gpu__times">{times}</span> })}{offer.instance_type.clone()}
            </span>
            <span class="meta">{if offer.spot { t!("spot") } else { t!("on-demand") }}<span class="gpu__region">", "{offer.region.clone()}</span></span>
            <span class="gpu__price">
                {old.then(|| view! { <span class="basis" data-age="old"><Icon name="clock" class="basis__icon"/><span class="sr">"old: "</span></span> })}
                <Price offer=offer.clone()/>
                <span class="sr">", "{basis_text(offer)}</span>
            </span>
        </div>
    }
}

/// Nothing is left.
#[component]
fn Nothing(shelf: Shelf) -> impl IntoView {
    view! {
        <section class="panel" aria-label="Nothing">
            <Void title="No offer is left">
                <p class="void__text">"The filters leave none of the price list. Take one back, or all."</p>
                <div class="actions">
                    <button class="btn" on:click=move |_| shelf.change(false, |view| view.wanted = Default::default())>
                        <Icon name="x"/>"Clear the filters"
                    </button>
                </div>
            </Void>
        </section>
    }
}

/// Cards in their final height while the price list is on its way.
#[component]
fn Bones() -> impl IntoView {
    view! {
        <p class="sr" role="status">"Loading the price list"</p>
        <div class="gpus" aria-hidden="true">
            {(0..9).map(|_| view! {
                <div class="gpu">
                    <div class="gpu__head"><Bone width="7rem"/></div>
                    <div class="gpu__list">
                        {[80, 65, 72].map(|width| view! {
                            <div class="gpu__bone"><Bone width=format!("{width}%")/></div>
                        }).collect_view()}
                    </div>
                    <div class="gpu__foot"><Bone width="5rem"/></div>
                </div>
            }).collect_view()}
        </div>
    }
}
