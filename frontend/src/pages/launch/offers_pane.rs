//! What the text means, costs, and would take.

use leptos::prelude::*;

use super::{
    chips::Chips,
    desk::{Desk, Kind, Offers},
    here::Here,
    matching::Matched,
    none::NoneFits,
    plot::Plot,
    table::OffersTable,
};
use crate::{
    components::{Icon, Spot},
    format::{grouped, price, rate},
    launch::dates,
};

/// The right half.
#[component]
pub(super) fn OffersPane(desk: Desk) -> impl IntoView {
    let failed = move || {
        desk.offers.with(|offers| match offers {
            Offers::Failed(why) => Some(why.clone()),
            _ => None,
        })
    };
    let nothing = Memo::new(move |_| {
        desk.matched.with(|matched| matched.as_ref().is_some_and(|matched| matched.explanation.is_some()))
    });
    let stale = move || desk.checked.with(|checked| checked.configuration.is_none());
    view! {
        <section class="launch__offers" aria-label="What fits">
            <Chips desk/>
            <Here desk/>
            {move || failed().map(|why| view! {
                <div class="notice" data-tone="danger" data-bleed role="alert">
                    <Icon name="error"/>
                    <span class="notice__text">"No prices: "{why}</span>
                </div>
            })}
            <div class="launch__fit" data-stale=move || stale().then_some("")>
                <Show when=move || !nothing.get() fallback=move || view! { <NoneFits desk/> }>
                    <Headline desk/>
                    <Plot desk/>
                </Show>
                <Toolbar desk/>
                <Show when=move || !nothing.get()>
                    <OffersTable desk/>
                </Show>
            </div>
        </section>
    }
}

/// The figures; they have their height before the prices are there.
#[component]
fn Headline(desk: Desk) -> impl IntoView {
    let value = move |read: fn(&Matched) -> Option<(String, &'static str)>| {
        desk.matched.with(|matched| match matched {
            None => ("–".to_owned(), ""),
            Some(matched) => read(matched).unwrap_or_else(|| ("–".to_owned(), "")),
        })
    };
    let one = move |label: &'static str, read: fn(&Matched) -> Option<(String, &'static str)>| {
        view! {
            <div class="figure">
                <span class="figure__label">{label}</span>
                <span class="figure__value">
                    {move || value(read).0}<span class="figure__unit">{move || value(read).1}</span>
                </span>
            </div>
        }
    };
    let more = move || {
        desk.matched.with(|matched| {
            let matched = matched.as_ref()?;
            let all = &matched.all;
            let span = match (&all.oldest, &all.newest) {
                (Some(oldest), Some(newest)) => format!("Prices of {}", dates::span(oldest, newest)),
                _ => "Dates of prices not known".to_owned(),
            };
            let version = desk.offers.with(|offers| match offers {
                Offers::Ready(catalogue) => format!("catalogue {}", catalogue.version()),
                _ => String::new(),
            });
            let estimates = match all.estimated {
                0 => String::new(),
                1 => "1 of them is an estimate".to_owned(),
                count => format!("{} of them are estimates", grouped(count as u64)),
            };
            Some(view! { <div>{span}", "<span class="headline__catalog">{version}</span></div><div>{estimates}</div> })
        })
    };
    view! {
        <div class="headline">
            {one("Offers that fit", |matched| Some((grouped(matched.all.total as u64), "")))}
            {one("Cheapest", |matched| {
                let offer = matched.all.cheapest.as_ref()?;
                Some((figure(offer.price), if offer.spot { "/h spot" } else { "/h" }))
            })}
            {one("Cheapest on-demand", |matched| {
                let offer = matched.all.cheapest_on_demand.as_ref()?;
                Some((figure(offer.price), "/h"))
            })}
            <div class="headline__more">{more}</div>
        </div>
    }
}

/// Which offers are shown.
#[component]
fn Toolbar(desk: Desk) -> impl IntoView {
    let option = move |kind: Kind, label: &'static str, count: fn(&Matched) -> usize| {
        let count = move || {
            desk.matched.with(|matched| {
                matched.as_ref().map(|matched| grouped(count(matched) as u64)).unwrap_or_default()
            })
        };
        view! {
            <button class="seg__opt" aria-pressed=move || (desk.kind.get() == kind).to_string()
                on:click=move |_| desk.kind.set(kind)>
                {match kind {
                    Kind::All => None,
                    Kind::OnDemand => Some(view! { <Spot spot=false bare=true/> }),
                    Kind::Spot => Some(view! { <Spot spot=true bare=true/> }),
                }}
                {label}" "<span class="seg__n">{count}</span>
            </button>
        }
    };
    view! {
        <div class="toolbar">
            <div class="seg" role="group" aria-label="Kind">
                {option(Kind::All, "All", |matched| matched.all.total)}
                {option(Kind::OnDemand, "On-demand", |matched| matched.all.on_demand)}
                {option(Kind::Spot, "Spot", |matched| matched.all.spot)}
            </div>
            <span class="toolbar__spring"></span>
            <button class="switch" role="switch" aria-checked=move || desk.preview.get().to_string()
                on:click=move |_| desk.preview.update(|preview| *preview = !*preview)>
                <span class="switch__track" aria-hidden="true"></span>"Backends not set up"
            </button>
        </div>
    }
}

/// A price as a figure: to the cent where that says enough.
fn figure(dollars: f64) -> String {
    if dollars >= 0.1 { rate(dollars) } else { price(dollars) }
}
