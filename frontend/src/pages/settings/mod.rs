//! *Settings*: secrets, who is told of what, the project's own, the audit log.

mod audit;
mod git;
mod notifications;
mod project;
mod secrets;
mod webhooks;

use leptos_router::{NavigateOptions, hooks::use_location};

use crate::{
    components::{Icon, TopBar},
    pages::title::set_title,
    prelude::*,
};
pub use audit::AuditLog;
pub use notifications::Notifications;
pub use project::ProjectPage;
pub use secrets::Secrets;
pub use webhooks::Webhooks;

/// The pages: their addresses and names.
const PAGES: [(&str, &str); 7] = [
    ("/settings/secrets", t!("Secrets")),
    ("/settings/notifications", t!("Notifications")),
    ("/settings/webhooks", t!("Webhooks")),
    ("/settings/project", t!("Project")),
    ("/settings/audit", t!("Audit log")),
    ("/people", t!("People")),
    ("/account", t!("Your account")),
];

/// Leads from `/settings` to its first page.
#[component]
pub fn ToSettings() -> impl IntoView {
    let navigate = crate::site::use_navigate();
    Effect::new(move |_| navigate(PAGES[0].0, NavigateOptions { replace: true, ..Default::default() }));
}

/// The links between the pages, the present one marked.
#[component]
pub(super) fn SettingsNav() -> impl IntoView {
    let path = use_location().pathname;
    let current =
        move |address: &'static str| path.with(|path| crate::site::below(path) == address).then_some("page");
    view! {
        <nav class="settings__nav" aria-label="Settings">
            {PAGES.map(|(address, name)| view! { <a class="settings__part" href=crate::site::at(address) aria-current=move || current(address)>{name}</a> })}
        </nav>
    }
}

/// A page with its links beside it.
#[component]
fn Frame(
    /// Its name.
    title: &'static str,
    /// Its panels.
    children: Children,
) -> impl IntoView {
    set_title(move || title.to_owned());
    view! {
        <TopBar>
            <a class="topbar__crumb" data-wide="" href=crate::site::at("/settings")>"Settings"<Icon name="right"/></a>
            <h1 class="topbar__title">{title}</h1>
        </TopBar>
        <main class="page" id="main" tabindex="-1">
            <div class="settings" data-wide="">
                <SettingsNav/>
                <div class="stack">{children()}</div>
            </div>
        </main>
    }
}
