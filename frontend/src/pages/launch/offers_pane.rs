//! What the text means, costs, and would take.

use super::{
    chips::Chips,
    columns_menu::ColumnsMenu,
    desk::{Desk, Kind},
    here::{Here, all_set_up},
    matching::Matched,
    none::NoneFits,
    plot::Plot,
    table::{OffersTable, Room},
    waiting::Waiting,
};
use crate::{
    components::{Icon, Spot, Switch},
    format::{grouped, price, rate},
    launch::{
        columns::{Column, clicked},
        dates,
        listing::View,
    },
    prelude::*,
    price_list::Offers,
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
    let room = Room::new(desk);
    view! {
        <section class="launch__offers" aria-label="What fits" tabindex="0"
            on:scroll=move |_| desk.listed.moved.update(|moved| *moved = moved.wrapping_add(1))>
            <Chips desk/>
            <Here desk/>
            <Waiting desk/>
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
                <Toolbar desk room/>
                <Show when=move || !nothing.get()>
                    <OffersTable desk room/>
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
                (Some(oldest), Some(newest)) => tf!("Prices of {}", dates::span(oldest, newest)),
                _ => t!("Dates of prices not known").to_owned(),
            };
            let version = desk.offers.with(|offers| match offers {
                Offers::Ready(catalogue) => tf!("catalogue {}", catalogue.version()),
                _ => String::new(),
            });
            let estimates = match all.estimated {
                0 => String::new(),
                1 => t!("1 of them is an estimate").to_owned(),
                count => tf!("{} of them are estimates", grouped(count as u64)),
            };
            Some(view! { <div>{span}", "<span class="headline__catalog">{version}</span></div><div>{estimates}</div> })
        })
    };
    view! {
        <div class="headline">
            {one(t!("Offers that fit"), |matched| Some((grouped(matched.all.total as u64), "")))}
            {one(t!("Cheapest"), |matched| {
                let offer = matched.all.cheapest.as_ref()?;
                Some((figure(offer.price), if offer.spot { "/h spot" } else { "/h" }))
            })}
            {one(t!("Cheapest on-demand"), |matched| {
                let offer = matched.all.cheapest_on_demand.as_ref()?;
                Some((figure(offer.price), "/h"))
            })}
            <div class="headline__more">{more}</div>
        </div>
    }
}

/// Which offers are shown.
#[component]
fn Toolbar(desk: Desk, room: Room) -> impl IntoView {
    let listed = desk.listed;
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
    let sorted = move || {
        let sort = listed.sort.get();
        let by = sort.and_then(|(by, _)| Column::ALL.into_iter().find(|column| column.sort() == by));
        by.map_or("", Column::key)
    };
    let sort = move |event: leptos::ev::Event| {
        let key = event_target_value(&event);
        let column = Column::ALL.into_iter().find(|column| column.key() == key);
        listed.sort.set(column.and_then(|column| clicked(None, column.sort())));
    };
    let all_set_up = all_set_up(desk);
    view! {
        <div class="toolbar">
            <div class="seg" role="group" aria-label="Kind">
                {option(Kind::All, t!("All"), |matched| matched.all.total)}
                {option(Kind::OnDemand, t!("On-demand"), |matched| matched.all.on_demand)}
                {option(Kind::Spot, t!("Spot"), |matched| matched.all.spot)}
            </div>
            <label class="toolbar__pick">
                <select aria-label="Group by" prop:value=move || listed.view.get().key()
                    on:change=move |event| if let Some(view) = View::of_key(&event_target_value(&event)) { listed.show(view) }>
                    {View::ALL.into_iter().map(|view| view! { <option value=view.key()>{view.label()}</option> }).collect_view()}
                </select>
            </label>
            <label class="toolbar__pick" data-only="phone">
                <select aria-label="Sort by" prop:value=sorted on:change=sort>
                    <option value="">"Cheapest first"</option>
                    {Column::ALL.into_iter().map(|column| {
                        let label = if column == Column::Price { t!("Dearest first") } else { column.long_label() };
                        view! { <option value=column.key()>{label}</option> }
                    }).collect_view()}
                </select>
            </label>
            <ColumnsMenu listed room/>
            <span class="toolbar__spring"></span>
            <Show when=move || !all_set_up.get()>
                <Switch on=desk.preview flip=move |()| desk.preview.update(|preview| *preview = !*preview)>
                    "Backends not set up"
                    <span class="tag" data-preview="" aria-hidden="true" title="such a frame stands around backends that are not set up here: a preview of prices">"preview"</span>
                </Switch>
            </Show>
        </div>
    }
}

/// A price as a figure: to the cent where that says enough.
fn figure(dollars: f64) -> String {
    if dollars >= 0.1 { rate(dollars) } else { price(dollars) }
}
