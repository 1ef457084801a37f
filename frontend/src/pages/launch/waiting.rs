//! The instance that waits and that a launch would take.

use super::desk::Desk;
use crate::{
    components::{Icon, Prose},
    format::duration,
    launch::asides,
    live::use_live,
    pools::adding::taken,
    prelude::*,
};

/// A notice over the offers, only when a launch makes nothing new.
#[component]
pub(super) fn Waiting(desk: Desk) -> impl IntoView {
    let live = use_live();
    let found = Memo::new(move |_| {
        let valid = desk.checked.with(|checked| checked.configuration.is_some());
        desk.plan.with(|plan| match plan.shown() {
            Some(Ok(plan)) if valid => {
                taken(plan).map(|one| (one.id, asides::uses(one), asides::spare(plan), one.status_since))
            }
            _ => None,
        })
    });
    move || {
        found.get().map(|(id, uses, spare, since)| {
            let waits = move || tf!("It has waited for {}.", duration(live.now.get().millis_since(since)));
            view! {
                <section class="notice" data-tone="accent" data-bleed="" aria-label="Taken by a launch">
                    <Icon name="check"/>
                    <p class="notice__text">
                        <Prose text=uses capital=true/>" "
                        <span class="meta">{waits}{spare}</span>
                    </p>
                    <a class="btn" data-size="sm" href=crate::site::at(&format!("/team#{id}"))>"See it"</a>
                </section>
            }
        })
    }
}
