//! A question over the page.

use leptos::{ev, html};
use web_sys::{HtmlDialogElement, HtmlElement};

use crate::{browser, prelude::*};

/// The node of a modal `<dialog>` that is shown while `open` holds, and what it does on a click: one beside its content closes it.
pub(super) fn modal(open: RwSignal<bool>) -> (NodeRef<html::Dialog>, impl Fn(ev::MouseEvent)) {
    let node = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = node.get() else { return };
        if open.get() {
            show(dialog, open);
        } else {
            let _ = dialog.set_popover(None);
            dialog.close();
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

/// What opens a dialog that is shown while there is something that it is about, which closing it takes away.
pub fn open_while<T: Send + Sync + 'static>(about: RwSignal<Option<T>>) -> RwSignal<bool> {
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(about.with(Option::is_some)));
    Effect::new(move |_| {
        if !open.get() && about.with_untracked(Option::is_some) {
            about.set(None);
        }
    });
    open
}

/// Shows a dialog, and makes it a modal one once it is painted: all else on the page becomes inert with that, for which a browser works out
/// every style of it, and over a long list that takes longer than a frame. Until then it is a popover, in the same place.
fn show(dialog: HtmlDialogElement, open: RwSignal<bool>) {
    if dialog.open() || dialog.popover().is_some() {
        return;
    }
    let since = browser::steady_millis();
    let _ = HtmlElement::style(&dialog).remove_property("--shown-for");
    if dialog.set_popover(Some("manual")).and_then(|()| dialog.show_popover()).is_err() {
        // A browser without popovers.
        let _ = dialog.set_popover(None);
        let _ = dialog.show_modal();
        return;
    }
    browser::after_paint(move || {
        if open.try_get_untracked() != Some(true) || dialog.popover().is_none() {
            return;
        }
        // Its motion goes on where it is.
        let shown_for = format!("{}ms", browser::steady_millis() - since);
        let _ = HtmlElement::style(&dialog).set_property("--shown-for", &shown_for);
        let _ = dialog.set_popover(None);
        let _ = dialog.show_modal();
    });
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
