//! *Launch*: a configuration, what it means and costs, and the button.

use leptos::prelude::*;

use crate::components::TopBar;

/// The page at `/`.
#[component]
pub fn Launch() -> impl IntoView {
    view! {
        <TopBar><h1 class="topbar__title">"Launch"</h1></TopBar>
        <main class="page" id="main" tabindex="-1" data-bleed></main>
    }
}
