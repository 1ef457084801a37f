//! *Reference*: every key of a configuration, and everything that may be said about one. Both come from the tables
//! that the checks use.

mod keys;
mod problems;

use berth_shared::schema::{Dialect, field};
use leptos_router::hooks::{use_params_map, use_query_map};

use crate::{components::TopBar, pages::title::set_title, prelude::*, site};
use keys::Keys;
use problems::Problems;

/// The page at `/reference` and `/reference/KEY`, of dstack 0.18 but for `?dialect=0.22`.
#[component]
pub fn Reference() -> impl IntoView {
    let here = Memo::new(|_| use_params_map().read().get("key").unwrap_or_default());
    let query = use_query_map();
    let dialect = Memo::new(move |_| {
        let named = query.read().get("dialect").and_then(|name| Dialect::of(&name));
        // A key that only one has is shown there.
        let only = || field(&here.get(), Dialect::V0_22).filter(|field| field.only_in().is_some());
        named.unwrap_or_else(|| only().map(|_| Dialect::V0_22).unwrap_or_default())
    });
    show(Signal::derive(move || {
        dialect.track();
        here.get()
    }));
    set_title(move || if here.get().is_empty() { t!("Reference").to_owned() } else { here.get() });
    view! { <Frame current="keys"><Keys here dialect/></Frame> }
}

/// The page at `/reference/problems` and `/reference/problems/CODE`.
#[component]
pub fn ReferenceProblems() -> impl IntoView {
    let here = Memo::new(|_| use_params_map().read().get("code").unwrap_or_default());
    show(here.into());
    set_title(move || if here.get().is_empty() { t!("Problems").to_owned() } else { here.get() });
    view! { <Frame current="problems"><Problems here=here/></Frame> }
}

/// Brings what the address names into view, once it is there.
fn show(here: Signal<String>) {
    Effect::new(move |_| {
        let id = here.get();
        // After the router has scrolled to the top of a new page.
        request_animation_frame(move || {
            request_animation_frame(move || {
                if let Some(element) = document().get_element_by_id(&id).filter(|_| !id.is_empty()) {
                    element.scroll_into_view();
                }
            });
        });
    });
}

#[component]
fn Frame(
    /// Which of the two it is.
    current: &'static str,
    /// Contents and sections.
    children: Children,
) -> impl IntoView {
    let tab = |key: &'static str, href: &'static str, label: &'static str| {
        view! { <a class="tabs__tab" href=site::at(href) aria-current=(key == current).then_some("page")>{label}</a> }
    };
    view! {
        <TopBar><h1 class="topbar__title">"Reference"</h1></TopBar>
        <main class="page" id="main" tabindex="-1">
            <nav class="tabs" aria-label="Reference">
                {tab("keys", "/reference", t!("Keys"))}
                {tab("problems", "/reference/problems", t!("Problems"))}
            </nav>
            <div class="ref">{children()}</div>
        </main>
    }
}

/// A text in the fixed-width face, as it is written.
#[component]
fn Code(
    /// The text.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    view! { <pre class="ref__code"><code>{text}</code></pre> }
}
