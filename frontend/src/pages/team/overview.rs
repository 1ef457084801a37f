//! What burns now.

use super::{Ways, crew::Crew};
use crate::{
    components::Icon,
    format,
    live::use_live,
    prelude::*,
    team::roster::{Sums, sums},
};

/// The sums of all active instances, however they are filtered.
pub(super) fn follow(crew: Crew) -> Memo<Sums> {
    Memo::new(move |_| crew.facts.with(|facts| sums(facts)))
}

/// The figures on top.
#[component]
pub(super) fn Overview(sums: Memo<Sums>, ways: Ways) -> impl IntoView {
    let live = use_live();
    let idle = Memo::new(move |_| sums.with(|sums| sums.idle));
    let so_far = Memo::new(move |_| {
        let now = live.now.get();
        let mut sum = 0.0;
        live.instances.each(|instance| sum += instance.cost(now));
        format::cost(sum)
    });
    let show_idle = move |_| ways.lookout.change(false, |view| view.status = Some("idle".to_owned()));
    view! {
        <section class="overview" aria-label="Now">
            <div class="figure">
                <span class="figure__label">"Burn rate"</span>
                <span class="figure__value" data-size="lg">{move || format::rate(sums.with(|sums| sums.rate))}<span class="figure__unit">"/h"</span></span>
                <span class="figure__note">{move || sums.with(|sums| sums.note.clone())}</span>
            </div>
            <div class="figure" data-tone=move || (idle.get() > 0).then_some("warn")>
                <span class="figure__label"><Show when=move || { idle.get() > 0 }><Icon name="clock"/></Show>"Idle and paid for"</span>
                <span class="figure__value" data-size="lg">{move || format::rate(sums.with(|sums| sums.idle_rate))}<span class="figure__unit">"/h"</span></span>
                <span class="figure__note">
                    {move || match idle.get() { 0 => t!("none").to_owned(), 1 => t!("1 instance").to_owned(), n => tf!("{n} instances") }}
                    <Show when=move || { idle.get() > 0 }><button class="btn" data-size="sm" on:click=show_idle>"Show"<span class="sr">" what is idle"</span></button></Show>
                </span>
            </div>
            <div class="figure">
                <span class="figure__label">"Active so far"</span>
                <span class="figure__value" data-size="lg">{move || so_far.get()}</span>
                <span class="figure__note">{move || match sums.with(|sums| sums.people) { 0 => String::new(), 1 => t!("by 1 person").to_owned(), n => tf!("by {n} people") }}</span>
            </div>
        </section>
    }
}
