//! Sentences with literals in them.

use leptos::prelude::*;

/// A text whose literals stand in backticks, as diagnostics and refusals write them.
#[component]
pub fn Prose(
    /// The text.
    text: String,
    /// Whether it stands by itself and begins with a capital letter.
    #[prop(optional)]
    capital: bool,
) -> impl IntoView {
    let text = if capital { capitalised(&text) } else { text };
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

/// The text with its first letter large. A literal at the beginning stays as it is.
fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
