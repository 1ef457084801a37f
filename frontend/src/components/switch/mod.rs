//! On or off.

use crate::prelude::*;

/// A switch with its words.
#[component]
pub fn Switch(
    /// Whether it is on.
    #[prop(into)]
    on: Signal<bool>,
    /// Turns it over.
    #[prop(into)]
    flip: Callback<()>,
    /// Whether it cannot be turned now.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// What is on or off.
    children: Children,
) -> impl IntoView {
    view! {
        <button class="switch" type="button" role="switch" aria-checked=move || on.get().to_string() disabled=move || disabled.get() on:click=move |_| flip.run(())>
            <span class="switch__track" aria-hidden="true"></span>
            {children()}
        </button>
    }
}
