//! Messages for people, whose literals stand between backticks.

use crate::{format::capitalised, prelude::*};

/// A message with its literals set in the fixed-width face.
#[component]
pub fn Prose(
    /// The message.
    #[prop(into)]
    text: Signal<String>,
    /// Whether it stands by itself and begins with a capital letter.
    #[prop(optional)]
    capital: bool,
) -> impl IntoView {
    move || {
        let text = text.get();
        let text = if capital { capitalised(&text) } else { text };
        let mut parts = text.split('`').collect::<Vec<_>>();
        // Without its partner a backtick is a backtick.
        let odd = (parts.len() % 2 == 0).then(|| parts.pop()).flatten().map(|rest| format!("`{rest}"));
        let parts = parts
            .into_iter()
            .enumerate()
            .map(|(index, part)| {
                let part = part.to_owned();
                if index % 2 == 1 {
                    view! { <code class="mono">{part}</code> }.into_any()
                } else {
                    part.into_any()
                }
            })
            .collect_view();
        view! { {parts}{odd} }
    }
}
