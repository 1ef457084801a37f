//! What the environment uses, and used.

mod now;
mod past;

use berth_shared::api::UsageSpan;
use leptos::prelude::*;

use self::{now::Now, past::Past};
use super::Subject;

/// The panel.
#[component]
pub(super) fn Usage(subject: Subject) -> impl IntoView {
    let chosen = RwSignal::new(None::<UsageSpan>);
    let options = [("Now", None), ("Hour", Some(UsageSpan::Hour)), ("Week", Some(UsageSpan::Week))];
    view! {
        <div class="logbar">
            <div class="seg" role="group" aria-label="How far back">
                {options.map(|(word, span)| view! {
                    <button class="seg__opt" aria-pressed=move || (chosen.get() == span).to_string() on:click=move |_| chosen.set(span)>{word}</button>
                }).collect_view()}
            </div>
        </div>
        {move || match chosen.get() {
            None => view! { <Now subject=subject.clone()/> }.into_any(),
            Some(span) => view! { <Past subject=subject.clone() span=span/> }.into_any(),
        }}
    }
}
