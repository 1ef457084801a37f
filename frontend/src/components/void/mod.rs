//! A view without anything to show, and what to do about it.

use crate::prelude::*;

/// An empty berth, a title, a sentence, and the actions that fill it.
#[component]
pub fn Void(
    /// What is missing.
    #[prop(into)]
    title: Signal<String>,
    /// `danger` when it is missing because something went wrong.
    #[prop(optional)]
    tone: Option<&'static str>,
    /// A sentence, and actions.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="void" data-tone=tone>
            <svg class="void__mark" viewBox="0 0 20 20" aria-hidden="true">
                <path class="brand__quay" data-thin="" d="M18.5 3.1H5.2A3.1 3.1 0 0 0 2.1 6.2v7.6a3.1 3.1 0 0 0 3.1 3.1h13.3"/>
                <rect class="void__ship" x="7" y="7" width="11.5" height="6" rx="3"/>
            </svg>
            <h2 class="void__title">{move || title.get()}</h2>
            {children()}
        </div>
    }
}
