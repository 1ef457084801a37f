//! *Component gallery*: every part that pages are made of, in every state, in both themes beside each other.

mod controls;
mod figures;
mod frame;
mod over;
mod states;
mod words;

use leptos::prelude::*;

use crate::{components::TopBar, pages::title::set_title};

/// One of the two columns. Ids and names that must differ between them take its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Theme(&'static str);

/// Draws the states of a component in a column.
type Draw = fn(Theme) -> AnyView;

/// A component's folder, what it is for, and its states.
type Part = (&'static str, &'static str, Draw);

/// All components, by their folders in `components/`.
const PARTS: &[Part] = &[
    ("button", "Something to press", controls::button),
    ("segments", "One of a few", controls::segments),
    ("switch", "On or off", controls::switch),
    ("choice", "A filter of one value", controls::choice),
    ("field", "A control of a form, and what is wrong with it", controls::field),
    ("password", "A password that is typed or filled in", controls::password),
    ("copy_line", "Something to pass on", controls::copy_line),
    ("tabs", "Panels in one place", controls::tabs),
    ("status", "A word and a shape", words::status),
    ("tag", "A word in a frame", words::tag),
    ("tags", "What a run is marked with, and what else is", words::tags),
    ("avatar", "A person", words::avatar),
    ("backend", "A cloud, never its logo", words::backend),
    ("spot", "Whether it may be taken back", words::spot),
    ("price", "Dollars an hour, as honest as they are known", words::price),
    ("time", "A moment, in the reader’s zone", words::time),
    ("prose", "A message with literals", words::prose),
    ("icon", "The one set, and the mark", words::icon),
    ("spark", "A figure over time", figures::spark),
    ("table", "Rows, and the line over a group of them", figures::table),
    ("long_list", "Any number of rows, drawn where one looks", figures::long_list),
    ("roles", "What each role may do", figures::roles),
    ("notice", "How something stands", states::notice),
    ("void", "Nothing here, and what to do about it", states::void),
    ("bone", "Not here yet", states::bone),
    ("failed", "Not to be had", states::failed),
    ("locked", "Not for the reader", states::locked),
    ("connection", "How the stream stands", frame::connection),
    ("demo", "Nothing is real", frame::demo),
    ("shell", "The frame of this very page", frame::shell),
    ("dialog", "A question over the page", over::dialog),
    ("stop", "Asks before a run is stopped", over::stop),
    ("toast", "What an action brought", over::toast),
    ("palette", "Whatever there is, by a few letters", over::palette),
];

/// The page at `/gallery`.
#[component]
pub fn Gallery() -> impl IntoView {
    set_title(|| "Component gallery".to_owned());
    let links = PARTS
        .iter()
        .map(|(name, ..)| view! { <a class="chip" href=format!("#{name}") rel="external">{*name}</a> })
        .collect_view();
    view! {
        <TopBar><h1 class="topbar__title">"Component gallery"</h1></TopBar>
        <main class="page gallery" id="main" tabindex="-1">
            <nav class="filters" aria-label="Components">{links}</nav>
            {PARTS.iter().map(|part| section(*part)).collect_view()}
        </main>
    }
}

fn section((name, what, draw): Part) -> AnyView {
    let column = |theme: &'static str| {
        view! {
            <div class="gallery__theme" data-theme=theme role="group" aria-label=format!("{name}, {theme}")>{draw(Theme(theme))}</div>
        }
    };
    view! {
        <section class="panel" id=name data-component=name aria-labelledby=format!("{name}-title")>
            <div class="panel__head">
                <h2 class="panel__title" id=format!("{name}-title")>{name}</h2>
                <span class="meta">{what}</span>
            </div>
            <div class="gallery__pair">{column("light")}{column("dark")}</div>
        </section>
    }
    .into_any()
}

/// States beside each other under what they have in common.
fn row(what: &'static str, states: impl IntoView) -> AnyView {
    view! { <div class="gallery__row"><h3 class="gallery__what">{what}</h3><div class="gallery__states">{states.into_any()}</div></div> }
        .into_any()
}
