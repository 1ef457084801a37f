//! Secrets: which there are, giving one a value, removing one. No value is ever shown.

use std::time::Duration;

use berth_shared::{
    api::{SECRET_VALUE_LIMIT, Secret, SetSecret},
    policy::Action,
};
use leptos::{ev::SubmitEvent, html, task::spawn_local};

use super::{Frame, git::GitLogins};
use crate::{
    api,
    components::{Bone, Dialog, Failed, Icon, Locked, Time, Tone, Void, Wrong, toaster},
    format,
    known::Known,
    permissions::refusal,
    prelude::*,
};

/// How often the server is asked while the page is open.
const AGAIN: Duration = Duration::from_secs(15);

fn path(name: &str) -> String {
    format!("/api/v1/secrets/{}", js_sys::encode_uri_component(name))
}

/// What the parts of the page share. Copied about freely; all copies are one.
#[derive(Clone, Copy)]
struct Safe {
    known: Known<Secret>,
    /// Why the reader may change nothing here.
    refused: Memo<Option<String>>,
    /// The name in the form.
    name: RwSignal<String>,
    /// Where its value is typed.
    value: NodeRef<html::Textarea>,
    removing: RwSignal<Option<String>>,
}

/// The page at `/settings/secrets`.
#[component]
pub fn Secrets() -> impl IntoView {
    let safe = Safe {
        known: Known::follow("/api/v1/secrets", AGAIN),
        refused: refusal(Action::ChangeSecrets),
        name: RwSignal::new(String::new()),
        value: NodeRef::new(),
        removing: RwSignal::new(None),
    };
    let empty = Memo::new(move |_| safe.known.is_empty());
    view! {
        <Frame title="Secrets">
            <section class="panel" aria-labelledby="secrets">
                <div class="panel__head">
                    <h2 class="panel__title" id="secrets">"Secrets"</h2>
                    <span class="meta">"a configuration names one as "<code class="mono">"${{ secrets.NAME }}"</code></span>
                </div>
                <Failed why=safe.known.failed what="secrets"/>
                <Show when=move || !empty.get() fallback=Nothing><Table safe/></Show>
                <Set safe/>
                <Show when=move || safe.refused.with(Option::is_some)>
                    <div class="panel__foot"><Locked why=safe.refused/></div>
                </Show>
            </section>
            <GitLogins refused=safe.refused/>
            <RemoveDialog safe/>
        </Frame>
    }
}

#[component]
fn Nothing() -> impl IntoView {
    view! {
        <Void title="No secret yet">
            <p class="void__text">
                "Tokens and passwords that environments need: write one once, and name it in "<code class="mono">"env"</code>" or "
                <code class="mono">"registry_auth"</code>". It is kept sealed, is never shown again, and is blotted out of logs."
            </p>
        </Void>
    }
}

#[component]
fn Table(safe: Safe) -> impl IntoView {
    let rows = move || safe.known.all.get().unwrap_or_default();
    let row = move |secret: Secret| {
        let Secret { name, set_by, set_at } = secret;
        let (again, gone) = (name.clone(), name.clone());
        let replace = move |_| {
            safe.name.set(again.clone());
            if let Some(field) = safe.value.get_untracked() {
                let _ = field.focus();
            }
        };
        let locked = move || safe.refused.with(Option::is_some);
        view! {
            <tr role="row">
                <td role="cell" data-cell="1s"><span class="mono table__strong keys__name">{name.clone()}</span></td>
                <td role="cell" data-priority="2"><span class="meta">"written once, never shown"</span></td>
                <td role="cell" data-cell="2s"><span class="meta">{set_by}", "<Time at=set_at/></span></td>
                <td role="cell" data-cell="1e" data-num=""><span class="rowactions">
                    <button class="btn" data-size="sm" aria-label=tf!("Replace {name}") disabled=locked title=move || safe.refused.get() on:click=replace>"Replace"</button>
                    <button class="btn" data-kind="quiet" data-icon="" data-size="sm" aria-haspopup="dialog" aria-label=tf!("Remove {name}") disabled=locked
                        title=move || safe.refused.get() on:click=move |_| safe.removing.set(Some(gone.clone()))><Icon name="trash"/></button>
                </span></td>
            </tr>
        }
    };
    view! {
        <table class="table" data-stack="" role="table" aria-labelledby="secrets" aria-busy=move || safe.known.is_awaited().to_string()>
            <thead role="rowgroup"><tr role="row">
                <th role="columnheader">"Name"</th>
                <th role="columnheader" data-priority="2">"Value"</th>
                <th role="columnheader">"Set by"</th>
                <th role="columnheader"><span class="sr">"Actions"</span></th>
            </tr></thead>
            <tbody role="rowgroup">
                <For each=rows key=|secret| (secret.name.clone(), secret.set_at) children=row/>
                <Show when=move || safe.known.is_awaited() && safe.known.failed.with(Option::is_none)>
                    <tr role="row" aria-hidden="true"><td role="cell" colspan="4" data-cell="1s"><Bone width="12rem"/></td></tr>
                </Show>
            </tbody>
        </table>
    }
}

#[component]
fn Set(safe: Safe) -> impl IntoView {
    let say = toaster();
    let value = RwSignal::new(String::new());
    let wrong = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let name = safe.name;
    let there = Memo::new(move |_| {
        safe.known
            .all
            .with(|all| all.iter().flatten().any(|secret| name.with(|name| secret.name == name.trim())))
    });
    let ready = move || {
        safe.refused.with(Option::is_none)
            && name.with(|name| !name.trim().is_empty())
            && value.with(|value| !value.is_empty() && value.len() <= SECRET_VALUE_LIMIT)
    };
    let hint = move || match value.with(String::len) {
        length if length > SECRET_VALUE_LIMIT => {
            tf!("{} bytes too many: at most 32 KiB.", length - SECRET_VALUE_LIMIT)
        }
        _ => t!("Nobody reads it again, not even you: it goes to runs alone.").to_owned(),
    };
    let set = move |event: SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() || !untrack(ready) {
            return;
        }
        busy.set(true);
        wrong.set(None);
        let (called, request) =
            (name.get_untracked().trim().to_owned(), SetSecret { value: value.get_untracked() });
        spawn_local(async move {
            let answer = api::put(&path(&called), &request).await;
            busy.try_set(false);
            match answer {
                Ok(()) => {
                    name.try_set(String::new());
                    value.try_set(String::new());
                    say(
                        Tone::Done,
                        tf!("The secret {called} is set. Runs that begin from now on get this value."),
                    );
                }
                Err(error) => drop(wrong.try_set(Some(format::capitalised(&error.to_string())))),
            }
            safe.known.ask();
        });
    };
    view! {
        <form class="panel__body form" data-rule="start" on:submit=set>
            <div class="form__pair">
                <div class="field">
                    <label class="field__label" for="secret-name-field">"Name"</label>
                    <input id="secret-name-field" class="input mono" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="200" placeholder="HF_TOKEN" aria-describedby="secret-name"
                        disabled=move || safe.refused.with(Option::is_some) prop:value=name on:input:target=move |event| { name.set(event.target().value()); wrong.set(None); }/>
                    <span class="field__hint" id="secret-name">{move || if there.get() { t!("There is one of this name: it gets the new value.") } else { t!("Letters, digits, _ and -, beginning with a letter or _.") }}</span>
                </div>
                <div class="field">
                    <label class="field__label" for="secret-value-field">"Value"</label>
                    // Keys and tokens of several lines, too. Its letters are dots until somebody types into it.
                    <textarea id="secret-value-field" class="input mono secret__text" rows="3" autocomplete="off" autocapitalize="none" spellcheck="false" aria-describedby="secret-value" node_ref=safe.value
                        disabled=move || safe.refused.with(Option::is_some) prop:value=value on:input:target=move |event| { value.set(event.target().value()); wrong.set(None); }></textarea>
                    <span class="field__hint" id="secret-value">{hint}</span>
                </div>
            </div>
            <Wrong why=wrong/>
            <div class="actions">
                <button class="btn" data-kind="primary" type="submit" disabled=move || !ready() title=move || safe.refused.get() aria-busy=move || busy.get().to_string()>
                    {move || match (busy.get(), there.get()) { (true, _) => t!("Setting…"), (false, true) => t!("Replace the secret"), (false, false) => t!("Add the secret") }}
                </button>
            </div>
        </form>
    }
}

#[component]
fn RemoveDialog(safe: Safe) -> impl IntoView {
    let say = toaster();
    let open = RwSignal::new(false);
    let removing = safe.removing;
    Effect::new(move |_| open.set(removing.with(Option::is_some)));
    Effect::new(move |_| {
        if !open.get() && removing.with_untracked(Option::is_some) {
            removing.set(None);
        }
    });
    let name = Memo::new(move |_| removing.get().unwrap_or_default());
    let go = move |_| {
        let gone = name.get_untracked();
        removing.set(None);
        spawn_local(async move {
            match api::delete(&path(&gone)).await {
                Ok(()) => say(Tone::Done, tf!("The secret {gone} is removed.")),
                Err(error) => say(Tone::Failed, tf!("The secret {gone} was not removed. {error}")),
            }
            safe.known.ask();
        });
    };
    view! {
        <Dialog open=open title=Signal::derive(move || tf!("Remove the secret {}?", name.get()))>
            <p class="dialog__text">"Configurations that name it can no longer be launched. Environments that run keep the value that they began with."</p>
            <div class="dialog__actions">
                <button class="btn" on:click=move |_| removing.set(None)>"Keep it"</button>
                <button class="btn" data-kind="danger-fill" on:click=go><Icon name="trash"/>"Remove"</button>
            </div>
        </Dialog>
    }
}
