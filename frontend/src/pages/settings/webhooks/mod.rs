//! Webhooks: which addresses are told of what, whether it arrives, adding and removing one.

mod add;
mod deliveries;

use std::time::Duration;

use berth_shared::{
    api::{AddedWebhook, Webhook},
    policy::Action,
};
use leptos::task::spawn_local;

use super::Frame;
use crate::{
    api,
    components::{Bone, CopyLine, Dialog, Failed, Icon, Locked, Time, Tone, Void, toaster},
    known::Known,
    notify::words,
    permissions::refusal,
    prelude::*,
};
use add::Add;
use deliveries::Deliveries;

/// How often the server is asked whether notifications have arrived while the page is open.
const AGAIN: Duration = Duration::from_secs(5);

/// What the parts of the page share. Copied about freely; all copies are one.
#[derive(Clone, Copy)]
struct Hooks {
    known: Known<Webhook>,
    /// Why the reader may change nothing here.
    refused: Memo<Option<String>>,
    /// One that was just added, with its secret.
    added: RwSignal<Option<AddedWebhook>>,
    removing: RwSignal<Option<String>>,
}

/// The page at `/settings/webhooks`.
#[component]
pub fn Webhooks() -> impl IntoView {
    let hooks = Hooks {
        known: Known::follow("/api/v1/webhooks", AGAIN),
        refused: refusal(Action::ChangeWebhooks),
        added: RwSignal::new(None),
        removing: RwSignal::new(None),
    };
    let empty = Memo::new(move |_| hooks.known.is_empty());
    let names = Memo::new(move |_| {
        hooks.known.all.with(|all| all.iter().flatten().map(|hook| hook.name.clone()).collect::<Vec<_>>())
    });
    view! {
        <Frame title="Webhooks">
            <section class="panel" aria-labelledby="webhooks">
                <div class="panel__head">
                    <h2 class="panel__title" id="webhooks">"Webhooks"</h2>
                    <span class="meta">"addresses that are told of what happens, signed"</span>
                </div>
                <Failed why=hooks.known.failed what="webhooks"/>
                {move || hooks.added.get().map(|added| view! { <Told hooks added/> })}
                <Show when=move || !empty.get() fallback=Nothing>
                    <ul class="hooks" aria-labelledby="webhooks" aria-busy=move || hooks.known.is_awaited().to_string()>
                        <For each=move || names.get() key=Clone::clone let:name><Line hooks name/></For>
                        <Show when=move || hooks.known.is_awaited() && hooks.known.failed.with(Option::is_none)>
                            <li class="hooks__line" aria-hidden="true"><Bone width="14rem"/></li>
                        </Show>
                    </ul>
                </Show>
                <Add hooks/>
                <Show when=move || hooks.refused.with(Option::is_some)>
                    <div class="panel__foot"><Locked why=hooks.refused/></div>
                </Show>
            </section>
            <RemoveDialog hooks/>
        </Frame>
    }
}

#[component]
fn Nothing() -> impl IntoView {
    view! {
        <Void title="Nobody is told yet">
            <p class="void__text">"A webhook gets a signed request for each of the things you choose, and it is tried again while it does not answer: for a chat, a pager, or a program of your own."</p>
        </Void>
    }
}

/// The secret of a new one, this once.
#[component]
fn Told(hooks: Hooks, added: AddedWebhook) -> impl IntoView {
    view! {
        <div class="panel__body" data-rule="end" data-stack="">
            <div class="notice" data-tone="accent" role="status">
                <Icon name="key"/>
                <span class="notice__text">"This is the key of the signatures of "<b>{added.webhook.name}</b>". Copy it now: it is not shown again."</span>
                <button class="btn" data-size="sm" on:click=move |_| hooks.added.set(None)>"I have it"</button>
            </div>
            <CopyLine text=added.secret what="key"/>
        </div>
    }
}

#[component]
fn Line(hooks: Hooks, name: String) -> impl IntoView {
    let say = toaster();
    let called = StoredValue::new(name.clone());
    let hook = Memo::new(move |_| {
        hooks.known.all.with(|all| {
            called.with_value(|name| all.iter().flatten().find(|hook| hook.name == *name).cloned())
        })
    });
    let busy = RwSignal::new(false);
    let test = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let name = called.get_value();
        spawn_local(async move {
            let path = format!("/api/v1/webhooks/{}/test", js_sys::encode_uri_component(&name));
            match api::post_empty(&path, &serde_json::json!({})).await {
                Ok(()) => say(
                    Tone::Done,
                    tf!("A test is on its way to {name}; its deliveries tell whether it arrives."),
                ),
                Err(error) => say(Tone::Failed, tf!("{name} was not sent a test. {error}")),
            }
            busy.try_set(false);
            hooks.known.ask();
        });
    };
    let locked = move || hooks.refused.with(Option::is_some);
    let url = move || hook.with(|hook| hook.as_ref().map(|hook| hook.url.clone()));
    let kinds = move || {
        hook.with(|hook| {
            let kinds = hook.iter().flat_map(|hook| hook.kinds.clone());
            kinds.map(|kind| view! { <li class="tag">{words(kind).0}</li> }).collect_view()
        })
    };
    let by = move || {
        hook.with(|hook| {
            hook.as_ref().map(|hook| view! { {hook.added_by.clone()}", "<Time at=hook.added_at/> })
        })
    };
    let deliveries = Memo::new(move |_| {
        hook.with(|hook| hook.as_ref().map(|hook| hook.deliveries.clone()).unwrap_or_default())
    });
    view! {
        <li class="hooks__line">
            <div class="hooks__head">
                <b class="table__strong">{name.clone()}</b>
                <span class="mono hooks__url">{url}</span>
                <span class="panel__spring"></span>
                <span class="meta">{by}</span>
                <span class="actions">
                    <button class="btn" data-size="sm" aria-label=tf!("Test {name}") disabled=locked title=move || hooks.refused.get() aria-busy=move || busy.get().to_string() on:click=test>
                        {move || if busy.get() { t!("Sending…") } else { t!("Test") }}
                    </button>
                    <button class="btn" data-kind="quiet" data-icon="" data-size="sm" aria-haspopup="dialog" aria-label=tf!("Remove {name}") disabled=locked
                        title=move || hooks.refused.get() on:click=move |_| hooks.removing.set(Some(called.get_value()))><Icon name="trash"/></button>
                </span>
            </div>
            <ul class="hooks__kinds" aria-label=tf!("What {name} is told of")>{kinds}</ul>
            <Deliveries name deliveries/>
        </li>
    }
}

#[component]
fn RemoveDialog(hooks: Hooks) -> impl IntoView {
    let say = toaster();
    let open = RwSignal::new(false);
    let removing = hooks.removing;
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
            let path = format!("/api/v1/webhooks/{}", js_sys::encode_uri_component(&gone));
            match api::delete(&path).await {
                Ok(()) => say(Tone::Done, tf!("{gone} is told no more.")),
                Err(error) => say(Tone::Failed, tf!("{gone} was not removed. {error}")),
            }
            hooks.known.ask();
        });
    };
    view! {
        <Dialog open=open title=Signal::derive(move || tf!("Remove the webhook {}?", name.get()))>
            <p class="dialog__text">"It is told no more, and what is on its way to it is dropped. Its key is void."</p>
            <div class="dialog__actions">
                <button class="btn" on:click=move |_| removing.set(None)>"Keep it"</button>
                <button class="btn" data-kind="danger-fill" on:click=go><Icon name="trash"/>"Remove"</button>
            </div>
        </Dialog>
    }
}
