//! Configurations to start from.

use leptos::{ev::KeyboardEvent, html::Div};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::desk::Desk;
use crate::{components::Icon, launch::examples, prelude::*};

/// The button and its menu.
#[component]
pub(super) fn ExamplesMenu(desk: Desk) -> impl IntoView {
    let open = RwSignal::new(false);
    let menu = NodeRef::<Div>::new();
    let button = NodeRef::<leptos::html::Button>::new();
    Effect::new(move |_| {
        if open.get()
            && let Some(menu) = menu.get()
        {
            focus_item(&menu, |_, _| 0);
        }
    });
    let close = move || {
        open.set(false);
        if let Some(button) = button.get_untracked() {
            let _ = button.focus();
        }
    };
    let keys = move |event: KeyboardEvent| {
        let Some(menu) = menu.get_untracked() else { return };
        match event.key().as_str() {
            "Escape" => close(),
            "ArrowDown" => focus_item(&menu, |at, count| (at + 1) % count),
            "ArrowUp" => focus_item(&menu, |at, count| (at + count - 1) % count),
            "Home" => focus_item(&menu, |_, _| 0),
            "End" => focus_item(&menu, |_, count| count - 1),
            _ => return,
        }
        event.prevent_default();
    };
    let left = move |event: leptos::ev::FocusEvent| {
        let to = event.related_target().and_then(|to| to.dyn_into::<web_sys::Node>().ok());
        let inside = menu.get_untracked().is_some_and(|menu| menu.contains(to.as_ref()));
        let on_button = button.get_untracked().is_some_and(|button| button.contains(to.as_ref()));
        if !inside && !on_button {
            open.set(false);
        }
    };
    view! {
        <div class="menu-anchor">
            <button class="btn" data-kind="quiet" data-size="sm" aria-haspopup="menu" node_ref=button
                aria-expanded=move || open.get().to_string() on:click=move |_| open.update(|open| *open = !*open)>
                "Examples " <Icon name="down"/>
            </button>
            <Show when=move || open.get()>
                <div class="menu" role="menu" aria-label="Examples" node_ref=menu on:keydown=keys on:focusout=left>
                    {examples::ALL.iter().map(|example| view! {
                        <button class="menu__item" role="menuitem" tabindex="-1" on:click=move |_| {
                            open.set(false);
                            desk.file.set(None);
                            desk.replace(example.text);
                        }>
                            <span class="menu__text">{example.title}<span class="table__sub">{example.about}</span></span>
                        </button>
                    }).collect_view()}
                </div>
            </Show>
        </div>
    }
}

/// Moves the focus to the item that `choose` picks from the present one's number and how many there are.
fn focus_item(menu: &web_sys::HtmlDivElement, choose: impl Fn(usize, usize) -> usize) {
    let Ok(items) = menu.query_selector_all("[role=menuitem]") else { return };
    let items: Vec<HtmlElement> =
        (0..items.length()).filter_map(|index| items.item(index)?.dyn_into::<HtmlElement>().ok()).collect();
    if items.is_empty() {
        return;
    }
    let active = document().active_element();
    let at =
        items.iter().position(|item| active.as_ref().is_some_and(|active| item.is_same_node(Some(active))));
    if let Some(item) = items.get(choose(at.unwrap_or(0), items.len())) {
        let _ = item.focus();
    }
}
