//! The offers that fit: a row for each type and kind, however many regions have it.

use berth_shared::{
    catalog::PriceBasis,
    matcher::{Matches, OfferGroup},
};
use leptos::prelude::*;

use super::{desk::Desk, matching::MORE_ROWS};
use crate::{
    components::Spot,
    format::{gib, grouped, machine::plate, number},
    launch::dates,
};

/// The table and its foot.
#[component]
pub(super) fn OffersTable(desk: Desk) -> impl IntoView {
    let rows = move || {
        desk.matched.with(|matched| {
            let matched = matched.as_ref()?;
            let table = matched.table();
            let newest = matched.all.newest.clone().unwrap_or_default();
            Some(table.groups.iter().map(|group| row(group, &newest)).collect_view())
        })
    };
    let count = move |read: fn(&Matches) -> usize| {
        desk.matched.with(|matched| matched.as_ref().map_or(0, |matched| read(matched.table())))
    };
    let more = Memo::new(move |_| count(|table| table.group_total.saturating_sub(table.groups.len())));
    let loading = Memo::new(move |_| desk.matched.with(Option::is_none));
    let empty = Memo::new(move |_| !loading.get() && count(|table| table.total) == 0);
    let foot = move || {
        desk.matched.with(|matched| {
            let table = matched.as_ref()?.table();
            let rows = grouped(table.group_total as u64);
            let types = if table.group_total == 1 {
                "1 machine type".to_owned()
            } else {
                format!("{rows} machine types")
            };
            Some(format!("{types}, {} offers", grouped(table.total as u64)))
        })
    };
    let took = move || {
        desk.matched.with(|matched| {
            matched
                .as_ref()
                .map(|matched| format!("matched in {}", crate::launch::counts::millis(matched.millis)))
        })
    };
    view! {
        <div class="offers">
            <table class="table" data-stack aria-label="Offers" aria-busy=move || loading.get().to_string()>
                <thead><tr>
                    <th scope="col">"Backend"</th>
                    <th scope="col">"Instance type"</th>
                    <th scope="col" data-priority="3">"Region"</th>
                    <th scope="col" data-priority="4" data-num>"vCPU"</th>
                    <th scope="col" data-priority="4" data-num>"RAM"</th>
                    <th scope="col">"GPU"</th>
                    <th scope="col" data-priority="2">"Kind"</th>
                    <th scope="col" data-num aria-sort="ascending">"$/h"</th>
                    <th scope="col" data-num>"Price basis"</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
            <Show when=move || loading.get()>
                <div class="offers__loading" role="status">
                    <span class="sr">"Loading the price list"</span>
                    {[70, 55, 62, 48, 66].map(|width| view! {
                        <span class="bone" style=("--w", format!("{width}%"))></span>
                    }).collect_view()}
                </div>
            </Show>
            <Show when=move || empty.get()>
                <p class="offers__empty">"None of this kind. The configuration’s "<span class="mono">"spot_policy"</span>" decides which kinds fit."</p>
            </Show>
            <Show when=move || { more.get() > 0 }>
                <div class="offers__rest">
                    <button class="btn" data-size="sm" on:click=move |_| desk.limit.update(|limit| *limit += MORE_ROWS)>
                        {move || format!("Show more of {}", grouped(more.get() as u64))}
                    </button>
                </div>
            </Show>
        </div>
        <div class="panel__foot">
            <span>{foot}</span>
            <span class="strip__spring"></span>
            <span>{took}</span>
        </div>
    }
}

fn row(group: &OfferGroup, newest: &str) -> impl IntoView + use<> {
    let offer = &group.offer;
    let more = group.regions.saturating_sub(1);
    let (gpu, memory) = match &offer.gpu {
        None => ("–".to_owned(), String::new()),
        Some(gpu) if gpu.count > 1 => (format!("{} × {}", gpu.count, gpu.name), gib(gpu.memory_gib)),
        Some(gpu) => (gpu.name.clone(), gib(gpu.memory_gib)),
    };
    let estimated = offer.basis == PriceBasis::Estimated;
    let word = match offer.basis {
        PriceBasis::Listed => "listed",
        PriceBasis::Sum => "added up",
        PriceBasis::Estimated => "estimated",
        PriceBasis::Own => "own",
    };
    let (age, basis) = match &offer.as_of {
        None if offer.basis == PriceBasis::Own => (None, word.to_owned()),
        None => (None, format!("{word}, no date")),
        Some(date) => {
            (dates::is_old(date, newest).then_some("old"), format!("{word} {}", dates::month(date)))
        }
    };
    let kind = if offer.spot { "spot" } else { "on-demand" };
    view! {
        <tr>
            <td data-cell="m">
                <span class="backend">
                    <span class="backend__mark" aria-hidden="true">{plate(&offer.backend)}</span>
                    <span class="sr">{offer.backend.clone()}</span>
                </span>
            </td>
            <td data-cell="1s"><span class="offers__type table__strong" title=offer.instance_type.clone()>{offer.instance_type.clone()}</span></td>
            <td data-priority="3">
                {offer.region.clone()}
                {(more > 0).then(|| view! { " "<span class="offers__more">"+"{more}<span class="sr">" more regions"</span></span> })}
            </td>
            <td data-priority="4" data-num>{number(offer.cpus)}</td>
            <td data-priority="4" data-num>{gib(offer.memory_gib)}</td>
            <td data-cell="2s">
                {gpu}" "<span class="meta">{memory}</span>
                <span class="table__sub" data-only="phone" data-inline>{kind}", "{offer.region.clone()}</span>
            </td>
            <td data-priority="2"><Spot spot=offer.spot/></td>
            <td data-num data-cell="1e">
                <span class="price" data-basis=estimated.then_some("estimated")>{format!("{:.3}", offer.price)}</span>
            </td>
            <td data-num data-cell="2e">
                <span class="basis" data-age=age>
                    {age.map(|_| view! { <svg class="icon basis__icon" aria-hidden="true"><use href="#i-clock"/></svg><span class="sr">"old: "</span> })}
                    {basis}
                </span>
            </td>
        </tr>
    }
}
