//! The page.

use leptos::prelude::*;

use crate::components::TopBar;

/// The page.
#[component]
pub fn RunPage() -> impl IntoView {
    view! {
        <TopBar><h1 class="topbar__title">"RunPage"</h1></TopBar>
        <main class="page" id="main" tabindex="-1"></main>
    }
}
