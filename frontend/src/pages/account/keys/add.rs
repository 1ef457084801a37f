//! Adds a key by pasting it.

use berth_shared::api::{AddSshKey, SshKey};
use leptos::{ev::SubmitEvent, task::spawn_local};

use crate::{
    api,
    components::{Field, Icon, Prose, Tone, toaster},
    format,
    prelude::*,
};

/// The form; `done` is called when a key was added.
#[component]
pub(super) fn Add(done: impl Fn() + Copy + Send + 'static) -> impl IntoView {
    let say = toaster();
    let (text, label) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let busy = RwSignal::new(false);
    let wrong = RwSignal::new(None::<String>);
    let add = move |event: SubmitEvent| {
        event.prevent_default();
        let public_key = text.get_untracked().trim().to_owned();
        if busy.get_untracked() || public_key.is_empty() {
            return;
        }
        if public_key.contains(t!("PRIVATE KEY")) {
            wrong.set(Some(t!("this is a private key, which is nobody’s business but yours; paste the line of the `.pub` file beside it").to_owned()));
            return;
        }
        let named = label.get_untracked().trim().to_owned();
        let request = AddSshKey { public_key, label: (!named.is_empty()).then_some(named) };
        busy.set(true);
        spawn_local(async move {
            let answer = api::post::<_, SshKey>("/api/v1/keys", &request).await;
            busy.try_set(false);
            match answer {
                Ok(key) => {
                    text.try_set(String::new());
                    label.try_set(String::new());
                    say(Tone::Done, tf!("Added {} ({})", key.label, key.fingerprint));
                    done();
                }
                Err(error) => {
                    wrong.try_set(Some(error.to_string()));
                }
            }
        });
    };
    view! {
        <div class="panel__body" data-rule="start"><form class="keys__add" on:submit=add>
            <label class="field keys__key">
                <span class="field__label">"Public key"</span>
                <textarea class="input keys__text" rows="3" autocomplete="off" autocapitalize="off" spellcheck="false" placeholder="ssh-ed25519 AAAA… me@laptop"
                    prop:value=move || text.get() aria-invalid=move || wrong.with(Option::is_some).then_some("true") aria-describedby="key-wrong"
                    on:input:target=move |event| { text.set(event.target().value()); wrong.set(None); }></textarea>
            </label>
            <Field label="Name">
                <input class="input" autocomplete="off" spellcheck="false" maxlength="100" placeholder="What stands behind the key" prop:value=move || label.get()
                    on:input:target=move |event| { label.set(event.target().value()); wrong.set(None); }/>
            </Field>
            <p class="field__error" id="key-wrong" role="alert" hidden=move || wrong.with(Option::is_none)>
                <Icon name="error"/>
                <span><Prose text=Signal::derive(move || format::capitalised(&wrong.get().unwrap_or_default()))/></span>
            </p>
            <div class="actions">
                <button class="btn" data-kind="primary" type="submit" disabled=move || text.with(|text| text.trim().is_empty()) aria-busy=move || busy.get().to_string()>
                    <Icon name="plus"/>{move || if busy.get() { t!("Adding…") } else { t!("Add key") }}
                </button>
            </div>
        </form></div>
    }
}
