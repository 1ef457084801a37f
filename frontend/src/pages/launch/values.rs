//! Values of variables that the text names without one. They are asked for here, sent with the launch, and kept
//! nowhere.

use leptos::ev::SubmitEvent;
use std::collections::BTreeMap;

use super::{
    desk::{Asking, Desk},
    launching,
};
use crate::{
    components::{Dialog, open_while},
    launch::ready::variables,
    prelude::*,
};

/// The dialog.
#[component]
pub(super) fn ValuesDialog(desk: Desk) -> impl IntoView {
    let open = open_while(desk.asking);
    let launch = launching::launcher(desk);
    let asked = Memo::new(move |_| {
        desk.checked.with(|checked| checked.configuration.as_ref().map(variables).unwrap_or_default())
    });
    let typed = RwSignal::new(BTreeMap::<String, String>::new());
    Effect::new(move |_| {
        if desk.asking.with(Option::is_some) {
            typed.set(desk.values.get_untracked());
        }
    });
    let done = move |event: SubmitEvent| {
        event.prevent_default();
        let to_launch = desk.asking.get_untracked() == Some(Asking::ToLaunch);
        desk.values.set(typed.get_untracked());
        desk.asking.set(None);
        if to_launch {
            launch();
        }
    };
    let title = Signal::derive(move || {
        asked.with(|asked| match asked.as_slice() {
            [one] => tf!("Value of {one}"),
            _ => t!("Values of variables").to_owned(),
        })
    });
    view! {
        <Dialog open title>
            <form class="values" on:submit=done>
                <p class="dialog__text">
                    {move || if asked.with(Vec::len) == 1 {
                        t!("The text names it without a value, which goes to this run alone and is kept neither here nor in the text.")
                    } else {
                        t!("The text names these without values, which go to this run alone and are kept neither here nor in the text.")
                    }}
                </p>
                <For each=move || asked.get() key=Clone::clone let:name>
                    <Value name typed/>
                </For>
                <div class="dialog__actions">
                    <button class="btn" type="button" on:click=move |_| desk.asking.set(None)>"Cancel"</button>
                    <button class="btn" data-kind="primary" type="submit">
                        {move || if desk.asking.get() == Some(Asking::ToLaunch) { t!("Launch") } else { t!("Use for this launch") }}
                    </button>
                </div>
            </form>
        </Dialog>
    }
}

#[component]
fn Value(name: String, typed: RwSignal<BTreeMap<String, String>>) -> impl IntoView {
    let key = name.clone();
    let value = {
        let name = name.clone();
        move || typed.with(|typed| typed.get(&name).cloned().unwrap_or_default())
    };
    view! {
        <label class="field">
            <span class="field__label mono">{name}</span>
            <input class="input" type="password" autocomplete="off" spellcheck="false" required prop:value=value
                on:input:target=move |event| {
                    let (key, value) = (key.clone(), event.target().value());
                    typed.update(move |typed| drop(typed.insert(key, value)));
                }/>
        </label>
    }
}
