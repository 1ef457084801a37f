//! *Launch*: a configuration, what it means and costs, and the button.

mod bar;
mod chips;
mod code;
mod columns_menu;
mod convert;
mod costs;
mod desk;
mod dialect;
mod drafts;
mod examples_menu;
mod figures;
mod files;
mod help;
mod here;
mod incoming;
mod launching;
mod line;
mod listed;
mod matching;
mod no_server;
mod none;
mod offers_pane;
mod planning;
mod plot;
mod problems;
mod share;
mod table;
mod text_pane;
mod values;
mod waiting;

use crate::{components::TopBar, launch::counts, prelude::*, site};
use bar::LaunchBar;
use desk::{Desk, Shown};
use drafts::Saved;
use files::FilesDialog;
pub(crate) use help::Help;
pub use incoming::{draft, leave, provide_incoming};
use no_server::NoServerBar;
use offers_pane::OffersPane;
use text_pane::TextPane;
use values::ValuesDialog;

/// The page at `/`.
#[component]
pub fn Launch() -> impl IntoView {
    let desk = Desk::new(&drafts::first_text(), Saved::Yes);
    // The first verdict does not wait for the editor's script.
    desk.check_now();
    desk.follow_project();
    drafts::keep(desk);
    matching::load(desk);
    matching::follow(desk);
    costs::follow(desk);
    listed::follow(desk);
    if site::has_server() {
        planning::follow(desk);
    }
    on_cleanup(move || desk.close());
    view! {
        <TopBar><h1 class="topbar__title">"Launch"</h1></TopBar>
        <main class="launch-page" id="main" tabindex="-1">
            <div class="launch" data-show=move || match desk.shown.get() {
                Shown::Text => "text",
                Shown::Offers => "offers",
            }>
                <Switch desk/>
                <TextPane desk/>
                <OffersPane desk/>
            </div>
            {if site::has_server() {
                view! { <LaunchBar desk/><ValuesDialog desk/><FilesDialog desk/> }.into_any()
            } else {
                view! { <NoServerBar/> }.into_any()
            }}
            <share::SharedText desk/>
        </main>
    }
}

/// On a narrow window: text or offers.
#[component]
fn Switch(desk: Desk) -> impl IntoView {
    let problems = move || desk.checked.with(|checked| counts::worst(&checked.diagnostics));
    let offers = move || {
        desk.matched.with(|matched| {
            matched
                .as_ref()
                .map(|matched| crate::format::grouped(matched.all.total as u64))
                .unwrap_or_default()
        })
    };
    let chosen = move |this: Shown| (desk.shown.get() == this).to_string();
    view! {
        <div class="launch__switch">
            <div class="seg" role="tablist" aria-label="Show">
                <button class="seg__opt" role="tab" aria-selected=move || chosen(Shown::Text)
                    on:click=move |_| desk.shown.set(Shown::Text)>
                    "Configuration " <span class="seg__n">{problems}</span>
                </button>
                <button class="seg__opt" role="tab" aria-selected=move || chosen(Shown::Offers)
                    on:click=move |_| desk.shown.set(Shown::Offers)>
                    "Offers " <span class="seg__n">{offers}</span>
                </button>
            </div>
        </div>
    }
}
