//! Nothing fits: why, and which changes bring offers back.

use berth_shared::matcher::{Explanation, FieldChange, Relaxation, propose};

use super::desk::Desk;
use crate::{
    components::Prose,
    format::{grouped, price},
    prelude::*,
};

/// More proposals than this are no help any more.
const MOST: usize = 6;

/// In place of figures and table.
#[component]
pub(super) fn NoneFits(desk: Desk) -> impl IntoView {
    move || {
        desk.matched.with(|matched| {
            let matched = matched.as_ref()?;
            let explanation = matched.explanation.as_ref()?;
            Some(view! {
                <div class="explain" role="status">
                    <h2 class="explain__title">"No offer fits yet"</h2>
                    <p class="explain__text">{sentence(explanation, matched.requirements.reuse_only)}</p>
                </div>
                <div class="relax" role="group" aria-label="Changes that bring offers back">
                    {explanation.relaxations.iter().take(MOST).map(|relaxation| proposal(desk, relaxation)).collect_view()}
                </div>
                {sieve(explanation)}
            })
        })
    }
}

fn sentence(explanation: &Explanation, reuse_only: bool) -> impl IntoView + use<> {
    let universe = grouped(explanation.universe as u64);
    let together = explanation.relaxations.iter().map(|relaxation| relaxation.changes.len()).max();
    let why = if explanation.universe == 0 {
        t!("No backend that is set up here has prices in the list. Turn on Backends not set up to see what clouds would cost.")
            .to_owned()
    } else if reuse_only {
        t!("The text takes only instances that exist already: no new one is made.").to_owned()
    } else if let Some(lines) = together.filter(|&lines| lines > 1) {
        tf!(
            "None of {universe} offers has all of this, and no single change brings one back: {lines} lines must give way. Each of these proposals changes as many as it takes."
        )
    } else {
        let dearest = explanation.constraints.iter().max_by_key(|cost| cost.rules_out);
        match dearest {
            Some(cost) => tf!(
                "Of {universe} offers, `{}` alone leaves {}; together with the other lines it leaves none. Any one of these changes brings offers back.",
                cost.path,
                grouped((explanation.universe - cost.rules_out) as u64)
            ),
            None => tf!("None of {universe} offers has all of this."),
        }
    };
    view! { <Prose text=why/> }
}

fn proposal(desk: Desk, relaxation: &Relaxation) -> impl IntoView + use<> {
    let why = view! { <Prose text=relaxation.description() capital=true/> };
    let (lines, act) = match desk.text.with_untracked(|text| propose(text, relaxation, desk.dialect())) {
        Some(proposal) => {
            let lines = proposal.fields.iter().map(field).collect_view();
            let apply = view! {
                <button class="btn" on:click=move |_| desk.apply(&proposal.edits)>"Apply"</button>
            };
            (lines.into_any(), apply.into_any())
        }
        None => {
            let path = relaxation.changes.first().map_or("", |change| change.path);
            let show = view! { <button class="btn" on:click=move |_| desk.jump_to(path)>"Show"</button> };
            (view! { <div class="relax__edit">{path}</div> }.into_any(), show.into_any())
        }
    };
    view! {
        <div class="relax__item">
            <div>{lines}<div class="relax__why">{why}</div></div>
            <div class="relax__num"><span class="relax__big">{grouped(relaxation.total as u64)}</span><span class="meta">{if relaxation.total == 1 { t!("offer") } else { t!("offers") }}</span></div>
            <div class="relax__num"><span class="relax__big">{price(relaxation.cheapest)}</span><span class="meta">"/h and up"</span></div>
            {act}
        </div>
    }
}

/// One line of the text, as it is and as it would be.
fn field(change: &FieldChange) -> impl IntoView + use<> {
    let FieldChange { path, before, after } = change.clone();
    let key = path.strip_prefix("resources.").unwrap_or(&path).to_owned();
    view! {
        <div class="relax__edit">
            {key}": "
            {before.map(|before| view! { <del>{before}</del>" " })}
            {after.map(|after| view! { <ins>{after}</ins> })}
        </div>
    }
}

/// What each line rules out.
fn sieve(explanation: &Explanation) -> impl IntoView + use<> {
    if explanation.constraints.is_empty() || explanation.universe == 0 {
        return None;
    }
    let universe = explanation.universe;
    let mut costs = explanation.constraints.clone();
    berth_shared::order::sort_by_key(&mut costs, |cost| std::cmp::Reverse(cost.rules_out));
    let rows = costs
        .into_iter()
        .map(|cost| {
            let share = 100.0 * cost.rules_out as f64 / universe as f64;
            view! {
                <div class="sieve__row" role="row" data-hit=(cost.without > 0).then_some("")>
                    <span class="sieve__key" role="cell">{cost.path}</span>
                    <span class="sieve__bar" role="cell" style=("--at", format!("{share:.2}%"))></span>
                    <span class="sieve__num" role="cell">{grouped(cost.rules_out as u64)}</span>
                    <span class="sieve__num sieve__wide" role="cell">{grouped(cost.without as u64)}</span>
                </div>
            }
        })
        .collect_view();
    Some(view! {
        <div class="strip" data-open>
            <span class="strip__title">"What each line rules out"</span>
            <span class="meta">"of "{grouped(universe as u64)}" offers"</span>
            <span class="strip__spring"></span>
            <span class="legend"><span class="legend__key"><span class="legend__bar"></span>"without it, offers come back"</span></span>
        </div>
        <div class="sieve" role="table" aria-label="What each line rules out">
            <div class="sieve__row sieve__head" role="row">
                <span role="columnheader">"Line"</span>
                <span class="sieve__bar" role="columnheader"><span class="sr">"Share"</span></span>
                <span class="sieve__num" role="columnheader">"Rules out alone"</span>
                <span class="sieve__num sieve__wide" role="columnheader">"Left without it"</span>
            </div>
            {rows}
        </div>
    })
}
