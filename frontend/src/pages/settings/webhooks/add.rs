//! Adds an address.

use berth_shared::api::{AddWebhook, AddedWebhook, NotificationKind};
use leptos::{ev::SubmitEvent, task::spawn_local};

use super::Hooks;
use crate::{api, components::Wrong, format, notify::words, prelude::*};

/// The form.
#[component]
pub(super) fn Add(hooks: Hooks) -> impl IntoView {
    let (name, url) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let kinds = RwSignal::new(NotificationKind::ALL.to_vec());
    let wrong = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let locked = move || hooks.refused.with(Option::is_some);
    let ready = move || {
        !locked()
            && name.with(|name| !name.trim().is_empty())
            && url.with(|url| !url.trim().is_empty())
            && kinds.with(|kinds| !kinds.is_empty())
    };
    let add = move |event: SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() || !untrack(ready) {
            return;
        }
        busy.set(true);
        wrong.set(None);
        // In their own order, not in that of the clicks.
        let wanted = kinds.with_untracked(|kinds| {
            NotificationKind::ALL.into_iter().filter(|kind| kinds.contains(kind)).collect()
        });
        let request = AddWebhook {
            name: name.get_untracked().trim().to_owned(),
            url: url.get_untracked().trim().to_owned(),
            kinds: wanted,
        };
        spawn_local(async move {
            let answer = api::post::<_, AddedWebhook>("/api/v1/webhooks", &request).await;
            busy.try_set(false);
            match answer {
                Ok(added) => {
                    name.try_set(String::new());
                    url.try_set(String::new());
                    hooks.added.try_set(Some(added));
                }
                Err(error) => drop(wrong.try_set(Some(format::capitalised(&error.to_string())))),
            }
            hooks.known.ask();
        });
    };
    let choice = move |kind: NotificationKind| {
        let (label, purpose) = words(kind);
        let change = move |on: bool| {
            kinds.update(|kinds| {
                kinds.retain(|one| *one != kind);
                if on {
                    kinds.push(kind);
                }
            });
        };
        view! {
            <label class="check">
                <input type="checkbox" disabled=locked prop:checked=move || kinds.with(|kinds| kinds.contains(&kind)) on:change:target=move |event| change(event.target().checked())/>
                <span>{label}<span class="meta">" "{purpose}</span></span>
            </label>
        }
    };
    view! {
        <form class="panel__body form" data-rule="start" on:submit=add>
            <div class="form__pair">
                <div class="field">
                    <label class="field__label" for="hook-name-field">"Name"</label>
                    <input id="hook-name-field" class="input" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="40" placeholder="chat" aria-describedby="hook-name" disabled=locked
                        prop:value=name on:input:target=move |event| { name.set(event.target().value()); wrong.set(None); }/>
                    <span class="field__hint" id="hook-name">"Lower-case letters, digits and -. One of the same name is replaced, with a new key."</span>
                </div>
                <div class="field">
                    <label class="field__label" for="hook-url-field">"Address"</label>
                    <input id="hook-url-field" class="input mono" type="url" inputmode="url" autocomplete="off" spellcheck="false" placeholder="https://hooks.example/berth" aria-describedby="hook-url" disabled=locked
                        prop:value=url on:input:target=move |event| { url.set(event.target().value()); wrong.set(None); }/>
                    <span class="field__hint" id="hook-url">"Berth sends a POST to it. Private addresses must be allowed on the server."</span>
                </div>
            </div>
            <fieldset class="checks"><legend class="field__label">"Is told of"</legend>{NotificationKind::ALL.map(choice)}</fieldset>
            <Wrong why=wrong/>
            <div class="actions">
                <button class="btn" data-kind="primary" type="submit" disabled=move || !ready() title=move || hooks.refused.get() aria-busy=move || busy.get().to_string()>
                    {move || if busy.get() { t!("Adding…") } else { t!("Add the webhook") }}
                </button>
            </div>
        </form>
    }
}
