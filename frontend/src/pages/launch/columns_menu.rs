//! Which columns the table has.

use leptos::{ev::KeyboardEvent, html::Div};
use wasm_bindgen::JsCast;

use super::{listed::Listed, table::Room};
use crate::{
    components::Icon,
    launch::columns::{Column, Columns},
    prelude::*,
};

/// The button, and a box to tick for each column. A narrow table says which of them have no room.
#[component]
pub(super) fn ColumnsMenu(listed: Listed, room: Room) -> impl IntoView {
    let open = RwSignal::new(false);
    let menu = NodeRef::<Div>::new();
    let button = NodeRef::<leptos::html::Button>::new();
    let keys = move |event: KeyboardEvent| {
        if event.key() == "Escape" {
            event.prevent_default();
            open.set(false);
            if let Some(button) = button.get_untracked() {
                let _ = button.focus();
            }
        }
    };
    let left = move |event: leptos::ev::FocusEvent| {
        let to = event.related_target().and_then(|to| to.dyn_into::<web_sys::Node>().ok());
        // A click on a label takes the focus nowhere for a moment.
        let Some(to) = to else { return };
        let inside = menu.get_untracked().is_some_and(|menu| menu.contains(Some(&to)));
        let on_button = button.get_untracked().is_some_and(|button| button.contains(Some(&to)));
        if !inside && !on_button {
            open.set(false);
        }
    };
    let away = window_event_listener(leptos::ev::pointerdown, move |event| {
        let on = event.target().and_then(|target| target.dyn_into::<web_sys::Node>().ok());
        let within = |node: Option<&web_sys::Node>| node.is_some_and(|node| node.contains(on.as_ref()));
        let menu = menu.try_get_untracked().flatten();
        let button = button.try_get_untracked().flatten();
        if !within(menu.as_deref().map(AsRef::as_ref)) && !within(button.as_deref().map(AsRef::as_ref)) {
            let _ = open.try_set(false);
        }
    });
    on_cleanup(move || away.remove());
    let row = move |column: Column| {
        let shown = move || room.shown.with(|shown| shown.has(column));
        let wanted = move || listed.columns.with(|columns| columns.has(column));
        view! {
            <label class="menu__item">
                <input type="checkbox" prop:checked=wanted
                    on:change=move |_| listed.choose(listed.columns.get_untracked().toggled(column))/>
                <span class="menu__text">{column.long_label()}</span>
                <span class="meta offers__noroom">
                    {move || (wanted() && !shown() && !room.stacked.get()).then_some(t!("no room"))}
                </span>
            </label>
        }
    };
    view! {
        <div class="menu-anchor" on:keydown=keys on:focusout=left>
            <button class="btn" data-size="sm" node_ref=button
                aria-expanded=move || open.get().to_string() on:click=move |_| open.update(|open| *open = !*open)>
                "Columns " <Icon name="down"/>
            </button>
            <Show when=move || open.get()>
                <div class="menu" role="group" aria-label="Columns" node_ref=menu>
                    {Column::ALL.into_iter().map(row).collect_view()}
                    <div class="menu__rule"></div>
                    <button class="menu__item" on:click=move |_| listed.choose(Columns::default())>"The usual ones"</button>
                </div>
            </Show>
        </div>
    }
}
