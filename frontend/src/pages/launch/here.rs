//! What this server itself would do: what is worth knowing, or why it has nothing.

use leptos::prelude::*;

use super::desk::Desk;
use crate::components::{Icon, Prose};

/// Notes about the machine that a launch would take, and refusals.
#[component]
pub(super) fn Here(desk: Desk) -> impl IntoView {
    let rows = move || {
        desk.plan.with(|plan| {
            let Some(Ok(plan)) = plan.shown() else { return Vec::new() };
            let notes = plan.offers.first().map(|first| first.notes.as_slice()).unwrap_or_default();
            let refusals = if plan.offers.is_empty() { plan.refusals.as_slice() } else { &[] };
            let notes =
                notes.iter().map(|note| (note.code != "isolation", String::new(), note.message.clone()));
            let refusals = refusals.iter().flat_map(|refusal| {
                refusal.reasons.iter().map(|reason| (true, refusal.backend.clone(), reason.message.clone()))
            });
            notes.chain(refusals).collect::<Vec<_>>()
        })
    };
    let rows = Memo::new(move |_| rows());
    view! {
        <Show when=move || rows.with(|rows| !rows.is_empty())>
            <div class="here" role="group" aria-label="On this server">
                {move || rows.get().into_iter().map(|(warn, backend, message)| view! {
                    <div class="here__row" data-tone=warn.then_some("warn")>
                        <Icon name=if warn { "warn" } else { "hint" }/>
                        <span>
                            {(!backend.is_empty()).then(|| view! { <b>{backend}": "</b> })}
                            <Prose text=message/>
                        </span>
                    </div>
                }).collect_view()}
            </div>
        </Show>
    }
}
