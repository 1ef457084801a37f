//! The page.

use leptos::prelude::*;

use crate::components::TopBar;

/// The page.
#[component]
pub fn Runs() -> impl IntoView {
    view! {
        <TopBar><h1 class="topbar__title">"Runs"</h1></TopBar>
        <main class="page" id="main" tabindex="-1"></main>
    }
}
