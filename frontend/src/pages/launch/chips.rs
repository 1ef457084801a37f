//! What the text means, in chips that lead to the fields.

use berth_shared::config::{SummaryItem, summary};

use super::desk::Desk;
use crate::{components::Icon, prelude::*};

/// `Reads as …`.
#[component]
pub(super) fn Chips(desk: Desk) -> impl IntoView {
    // While the text makes no sense, the meaning of the last one that did stays in view.
    let items = Memo::new(move |last: Option<&Option<Vec<SummaryItem>>>| {
        desk.checked.with(|checked| {
            checked
                .configuration
                .as_ref()
                .map(|configuration| summary(configuration, &checked.written))
                .or_else(|| last.cloned().flatten())
        })
    });
    let stale = move || desk.checked.with(|checked| checked.configuration.is_none());
    view! {
        <div class="reads" data-stale=move || stale().then_some("")>
            <span class="reads__label">{move || match items.with(Option::is_some) {
                true if stale() => t!("Read before the mistake"),
                true => t!("Reads as"),
                false => t!("Nothing to read yet: mend the text first"),
            }}</span>
            {move || items.get().unwrap_or_default().into_iter().map(|item| {
                let path = item.path.clone();
                view! {
                    <button class="chip" data-tone=item.warning.then_some("warn") on:click=move |_| desk.jump_to(&path)>
                        {item.warning.then(|| view! { <Icon name="warn"/> })}
                        <span class="chip__key">{item.label.clone()}</span>
                        {item.value.clone()}
                    </button>
                }
            }).collect_view()}
        </div>
    }
}
