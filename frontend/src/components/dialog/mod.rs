//! A question over the page.

use leptos::{ev, html, prelude::*};

/// The node of a modal `<dialog>` that is shown while `open` holds, and what it does on a click: one beside its content closes it.
pub(super) fn modal(open: RwSignal<bool>) -> (NodeRef<html::Dialog>, impl Fn(ev::MouseEvent)) {
    let node = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = node.get() else { return };
        match (open.get(), dialog.open()) {
            (true, false) => drop(dialog.show_modal()),
            (false, true) => dialog.close(),
            _ => {}
        }
    });
    let beside = move |event: ev::MouseEvent| {
        // Only the backdrop is the dialog itself: its content lies in a child.
        if event.target() == event.current_target() {
            open.set(false);
        }
    };
    (node, beside)
}

/// A modal dialog, shown while `open` holds. Escape and a click beside it close it.
#[component]
pub fn Dialog(
    /// Whether it is shown.
    open: RwSignal<bool>,
    /// Its title and name.
    #[prop(into)]
    title: Signal<String>,
    /// What it says and asks.
    children: Children,
) -> impl IntoView {
    let (node, beside) = modal(open);
    view! {
        <dialog class="dialog" node_ref=node aria-label=move || title.get() on:close=move |_| open.set(false) on:click=beside>
            <div class="dialog__body">
                <h2 class="dialog__title">{move || title.get()}</h2>
                {children()}
            </div>
        </dialog>
    }
}
