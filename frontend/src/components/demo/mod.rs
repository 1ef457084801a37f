//! That nothing here is real, on every page of a server in demo mode.

use super::Icon;
use crate::{live::use_live, prelude::*, site};

/// A line over the page, wherever one is. Nothing where the server is no demo.
#[component]
pub fn DemoBar() -> impl IntoView {
    let live = use_live();
    // The page's own mark is there at once; the server's word counts where the page comes from elsewhere (`trunk serve`).
    let demo = Memo::new(move |_| {
        site::is_demo() || live.server.with(|server| server.as_ref().is_some_and(|server| server.demo))
    });
    Effect::new(move |_| {
        // The frame leaves room for it.
        if let Some(root) = document().document_element() {
            let _ = if demo.get() {
                root.set_attribute("data-demo", "")
            } else {
                root.remove_attribute("data-demo")
            };
        }
    });
    view! {
        <Show when=move || demo.get()>
            <aside class="demo" aria-label="Demo"><DemoLine/></aside>
        </Show>
    }
}

/// The line's words.
#[component]
pub fn DemoLine() -> impl IntoView {
    view! {
        <Icon name="hint"/>
        <p><strong>"Demo: nothing here is real."</strong>" No machine is made and nothing is billed."</p>
    }
}
