//! The filter of backends, of which several may be chosen.

use leptos::{
    ev::KeyboardEvent,
    html::{Button, Div},
};
use wasm_bindgen::JsCast;

use super::{filters::part, shelf::Shelf};
use crate::{components::Icon, format::machine::plate, prelude::*};

/// The button, and the list behind it.
#[component]
pub(super) fn Backends(shelf: Shelf) -> impl IntoView {
    let open = RwSignal::new(false);
    let anchor = NodeRef::<Div>::new();
    let button = NodeRef::<Button>::new();
    let chosen = part(shelf, |view| view.wanted.backends.clone());
    let words = move || match chosen.get().as_slice() {
        [] => t!("Any").to_owned(),
        [one] => one.clone(),
        [one, other] => format!("{one}, {other}"),
        more => tf!("{} of them", more.len()),
    };
    let left = move |event: leptos::ev::FocusEvent| {
        let to = event.related_target().and_then(|to| to.dyn_into::<web_sys::Node>().ok());
        // A click on nothing in particular takes the focus nowhere.
        if to.is_some() && !anchor.get_untracked().is_some_and(|anchor| anchor.contains(to.as_ref())) {
            open.set(false);
        }
    };
    let outside = window_event_listener(leptos::ev::pointerdown, move |event| {
        let at = event.target().and_then(|at| at.dyn_into::<web_sys::Node>().ok());
        if open.get_untracked() && !anchor.get_untracked().is_some_and(|anchor| anchor.contains(at.as_ref()))
        {
            open.set(false);
        }
    });
    on_cleanup(move || outside.remove());
    let keys = move |event: KeyboardEvent| {
        if event.key() == "Escape" && open.get_untracked() {
            open.set(false);
            if let Some(button) = button.get_untracked() {
                let _ = button.focus();
            }
        }
    };
    let toggle = move |name: String| {
        shelf.change(false, move |view| {
            let backends = &mut view.wanted.backends;
            match backends.iter().position(|known| *known == name) {
                Some(at) => drop(backends.remove(at)),
                None => backends.push(name),
            }
            berth_shared::order::sort(backends);
        });
    };
    view! {
        <div class="menu-anchor" node_ref=anchor on:keydown=keys on:focusout=left>
            <button class="btn pick" node_ref=button aria-expanded=move || open.get().to_string() aria-controls="backends"
                data-set=move || (!chosen.with(Vec::is_empty)).then_some("")
                on:click=move |_| open.update(|open| *open = !*open)>
                <span class="pick__key">"Backends"</span>{words}<Icon name="down"/>
            </button>
            <div class="menu explore__backends" id="backends" role="group" aria-label="Backends" hidden=move || !open.get()>
                <For each=move || shelf.choices.with(|choices| choices.backends.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>())
                    key=Clone::clone let:name>
                    {
                        let (this, of) = (name.clone(), name.clone());
                        view! {
                            <label class="menu__item">
                                <input type="checkbox" prop:checked=move || chosen.with(|chosen| chosen.contains(&this))
                                    on:change=move |_| toggle(of.clone())/>
                                <span class="backend__mark" aria-hidden="true">{plate(&name)}</span>
                                {name}
                            </label>
                        }
                    }
                </For>
            </div>
        </div>
    }
}
