//! Light or dark.

use super::super::Icon;
use crate::{browser, prelude::*};

/// Sets the theme, and keeps the choice for this browser; `None` = as the system has it.
pub(crate) fn set_theme(theme: Option<&str>) {
    if let Some(root) = document().document_element() {
        let _ = match theme {
            Some(theme) => root.set_attribute("data-theme", theme),
            None => root.remove_attribute("data-theme"),
        };
    }
    browser::keep("berth.theme", theme);
}

/// Switches between light and dark, and keeps the choice for this browser.
#[component]
pub(super) fn ThemeToggle() -> impl IntoView {
    let switch = move |_| {
        let Some(root) = document().document_element() else { return };
        let dark = match root.get_attribute("data-theme").as_deref() {
            Some("dark") => true,
            Some("light") => false,
            _ => window()
                .match_media(t!("(prefers-color-scheme: dark)"))
                .ok()
                .flatten()
                .is_some_and(|query| query.matches()),
        };
        set_theme(Some(if dark { "light" } else { "dark" }));
    };
    view! {
        <button class="btn" data-kind="quiet" data-icon aria-label="Switch theme" title="Switch theme" on:click=switch>
            <Icon name="theme"/>
        </button>
    }
}
