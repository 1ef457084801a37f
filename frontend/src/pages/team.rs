//! The page.

use leptos::prelude::*;

use crate::components::TopBar;

/// The page.
#[component]
pub fn Team() -> impl IntoView {
    view! {
        <TopBar><h1 class="topbar__title">"Team"</h1></TopBar>
        <main class="page" id="main" tabindex="-1"></main>
    }
}
