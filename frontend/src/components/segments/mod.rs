//! One of a few.

use crate::prelude::*;

/// The row of choices.
#[component]
pub fn Segments(
    /// What is chosen.
    label: &'static str,
    /// The choices, each a [`Segment`].
    children: Children,
) -> impl IntoView {
    view! { <div class="seg" role="group" aria-label=label>{children()}</div> }
}

/// A choice of them.
#[component]
pub fn Segment(
    /// Whether it is the one that is chosen.
    #[prop(into)]
    chosen: Signal<bool>,
    /// Chooses it.
    #[prop(into)]
    choose: Callback<()>,
    /// How many there are of it.
    #[prop(optional, into)]
    count: Option<Signal<String>>,
    /// Its word.
    children: Children,
) -> impl IntoView {
    view! {
        <button class="seg__opt" type="button" aria-pressed=move || chosen.get().to_string() on:click=move |_| choose.run(())>
            {children()}
            {count.map(|count| view! { " "<span class="seg__n">{move || count.get()}</span> })}
        </button>
    }
}
