//! Sentences with literals in them.

use leptos::prelude::*;

/// A text whose literals stand in backticks, as diagnostics and refusals write them.
#[component]
pub fn Prose(
    /// The text.
    text: String,
) -> impl IntoView {
    text.split('`')
        .enumerate()
        .map(|(index, part)| {
            let part = part.to_owned();
            if index % 2 == 1 {
                view! { <span class="mono">{part}</span> }.into_any()
            } else {
                part.into_any()
            }
        })
        .collect_view()
}
