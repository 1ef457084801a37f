//! The ways between the pages about the team.

use leptos_router::hooks::use_location;

use crate::prelude::*;

/// The pages: their addresses and names.
const PAGES: [(&str, &str); 3] =
    [("/team", t!("Now")), ("/team/spend", t!("Spend")), ("/team/limits", t!("Limits"))];

/// Links, the present page marked.
#[component]
pub(crate) fn TeamTabs() -> impl IntoView {
    let path = use_location().pathname;
    let current =
        move |address: &'static str| path.with(|path| crate::site::below(path) == address).then_some("page");
    view! {
        <nav class="tabs team__tabs" aria-label="Team">
            {PAGES.map(|(address, name)| view! { <a class="tabs__tab" href=crate::site::at(address) aria-current=move || current(address)>{name}</a> })}
        </nav>
    }
}
