//! Tabs, with the arrow keys that belong to them.

use leptos::html;

use crate::prelude::*;

/// A tab: its key, its word, and a count when there is one.
#[derive(Clone)]
pub struct Tab {
    /// Tells it from the others; part of the ids `t-KEY` and `p-KEY`.
    pub key: &'static str,
    /// Its word.
    pub label: &'static str,
    /// A number behind the word; 0 shows none.
    pub count: Option<Signal<usize>>,
}

/// The row of tabs. The panels are the page's own: `id="p-KEY"`, `role="tabpanel"`,
/// `aria-labelledby="t-KEY"`.
#[component]
pub fn TabList(
    /// Its name.
    label: &'static str,
    /// In order.
    tabs: Vec<Tab>,
    /// The key of the chosen one.
    chosen: RwSignal<&'static str>,
) -> impl IntoView {
    let list = NodeRef::<html::Div>::new();
    let keys: Vec<&'static str> = tabs.iter().map(|tab| tab.key).collect();
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        let at = keys.iter().position(|key| *key == chosen.get_untracked()).unwrap_or_default();
        let next = match event.key().as_str() {
            "ArrowRight" => (at + 1) % keys.len(),
            "ArrowLeft" => (at + keys.len() - 1) % keys.len(),
            "Home" => 0,
            "End" => keys.len() - 1,
            _ => return,
        };
        event.prevent_default();
        chosen.set(keys[next]);
        let tab = list
            .get_untracked()
            .and_then(|list| list.query_selector(&format!("#t-{}", keys[next])).ok().flatten());
        if let Some(tab) =
            tab.and_then(|tab| wasm_bindgen::JsCast::dyn_into::<web_sys::HtmlElement>(tab).ok())
        {
            let _ = tab.focus();
        }
    };
    view! {
        <div class="tabs" role="tablist" aria-label=label node_ref=list on:keydown=on_key>
            {tabs.into_iter().map(|tab| {
                let key = tab.key;
                view! {
                    <button class="tabs__tab" role="tab" id=format!("t-{key}") aria-controls=format!("p-{key}")
                        aria-selected=move || (chosen.get() == key).to_string()
                        tabindex=move || if chosen.get() == key { "0" } else { "-1" }
                        on:click=move |_| chosen.set(key)>
                        {tab.label}
                        {tab.count.map(|count| view! {
                            <Show when=move || { count.get() > 0 }><span class="tabs__n">{move || count.get()}</span></Show>
                        })}
                    </button>
                }
            }).collect_view()}
        </div>
    }
}
