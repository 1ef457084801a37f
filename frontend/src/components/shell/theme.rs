//! Light or dark.

use leptos::prelude::*;

use super::super::Icon;
use crate::browser;

/// Switches between light and dark, and keeps the choice for this browser.
#[component]
pub(super) fn ThemeToggle() -> impl IntoView {
    let switch = move |_| {
        let Some(root) = document().document_element() else { return };
        let dark = match root.get_attribute("data-theme").as_deref() {
            Some("dark") => true,
            Some("light") => false,
            _ => window()
                .match_media("(prefers-color-scheme: dark)")
                .ok()
                .flatten()
                .is_some_and(|query| query.matches()),
        };
        let theme = if dark { "light" } else { "dark" };
        let _ = root.set_attribute("data-theme", theme);
        browser::keep("berth.theme", Some(theme));
    };
    view! {
        <button class="btn" data-kind="quiet" data-icon aria-label="Switch theme" title="Switch theme" on:click=switch>
            <Icon name="theme"/>
        </button>
    }
}
