//! *Explore*: the price list without a configuration. The address holds the filters.

mod backends;
mod cards;
mod detail;
mod filters;
mod places;
mod shelf;
mod using;

use crate::{
    components::{Icon, Prose, TopBar, Void},
    explore::query::Opened,
    pages::title::set_title,
    prelude::*,
    price_list::Offers,
};
use cards::Cards;
use detail::Detail;
use filters::FilterBar;
use shelf::Shelf;
use using::{BrokenDraft, Using};

/// The page at `/explore`.
#[component]
pub fn Explore() -> impl IntoView {
    let shelf = Shelf::new();
    let using = Using::new();
    let opened = Memo::new(move |_| shelf.view.with(|(view, _)| view.opened.clone()));
    set_title(move || match opened.get() {
        None => t!("Explore").to_owned(),
        Some(Opened::NoGpu) => t!("No GPU").to_owned(),
        Some(Opened::Gpu(kind)) => kind.name,
    });
    let failed = move || {
        shelf.offers.with(|offers| match offers {
            Offers::Failed(why) => Some(why.clone()),
            _ => None,
        })
    };
    view! {
        <TopBar><h1 class="topbar__title">"Explore"</h1></TopBar>
        <main class="page explore" id="main" tabindex="-1">
            <FilterBar shelf/>
            <LeftOut shelf/>
            {move || match (failed(), opened.get()) {
                (Some(why), _) => view! {
                    <section class="panel" aria-label="No prices">
                        <Void title="There is no price list" tone="danger"><p class="void__text">{why}</p></Void>
                    </section>
                }.into_any(),
                (None, None) => view! { <Cards shelf using/> }.into_any(),
                (None, Some(opened)) => view! { <Detail shelf using opened/> }.into_any(),
            }}
            <BrokenDraft using/>
        </main>
    }
}

/// What of the address meant nothing.
#[component]
fn LeftOut(shelf: Shelf) -> impl IntoView {
    let ignored = Memo::new(move |_| shelf.view.with(|(_, ignored)| ignored.clone()));
    let words = move || {
        let parts: Vec<String> =
            ignored.get().iter().map(|part| format!("`{}`", part.replace('`', "'"))).collect();
        tf!("left out of the address, because it means nothing here: {}", parts.join(", "))
    };
    view! {
        <Show when=move || !ignored.with(Vec::is_empty)>
            <div class="notice" data-tone="warn" role="status">
                <Icon name="warn"/>
                <span class="notice__text"><Prose text=Signal::derive(words) capital=true/></span>
                <button class="btn" data-size="sm" on:click=move |_| shelf.change(true, |_| {})>"Mend the address"</button>
            </div>
        </Show>
    }
}
