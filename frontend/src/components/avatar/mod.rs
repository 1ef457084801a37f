//! What stands for a person.

use crate::prelude::*;

/// The first letters of a name that stands beside it.
#[component]
pub fn Avatar(
    /// The person's name.
    #[prop(into)]
    name: Signal<String>,
    /// `lg` beside a title.
    #[prop(optional)]
    size: Option<&'static str>,
) -> impl IntoView {
    let initials = move || name.with(|name| name.chars().take(2).collect::<String>());
    // Drawn, not written: whoever listens hears the name alone.
    view! { <span class="avatar" data-size=size aria-hidden="true" data-initials=initials></span> }
}
