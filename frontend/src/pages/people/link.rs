//! A link by which somebody comes in, shown this once.

use berth_shared::api::Invitation;
use leptos::task::spawn_local;

use super::Crowd;
use crate::{
    api, browser,
    components::{CopyLine, Dialog, Icon, Notice, Prose},
    format,
    live::use_live,
    prelude::*,
};

/// The link and what to do with it. `done` is called when it has been passed on.
#[component]
pub(super) fn TheLink(invitation: Invitation, done: impl Fn() + Copy + Send + 'static) -> impl IntoView {
    let live = use_live();
    let Invitation { person, token, expires_at } = invitation;
    let link = format!("{}/login#token={token}", browser::origin());
    let until = move || {
        format!(
            "{} ({})",
            format::clock_when(expires_at, live.now.get()),
            format::ahead(expires_at, live.now.get())
        )
    };
    view! {
        <p class="dialog__text">
            "Whoever opens this link is signed in as "<b>{person.name}</b>", once, until "
            <time title=format::exact(expires_at)>{until}</time>"."
        </p>
        <CopyLine text=link what="link"/>
        <p class="dialog__text">"It is not shown again. Berth sends no mail: pass it on yourself, by a way that only they read. Once in, they can set a password under Account."</p>
        <div class="dialog__actions">
            <button class="btn" data-kind="primary" on:click=move |_| done()>"Done"</button>
        </div>
    }
}

/// Makes another link for somebody who has an account.
#[component]
pub(super) fn NewLink(crowd: Crowd) -> impl IntoView {
    let open = RwSignal::new(false);
    let linking = crowd.linking;
    let made = RwSignal::new(None::<Invitation>);
    let busy = RwSignal::new(false);
    let wrong = RwSignal::new(None::<String>);
    Effect::new(move |_| open.set(linking.with(Option::is_some)));
    Effect::new(move |_| {
        if !open.get() {
            made.set(None);
            wrong.set(None);
            if linking.with_untracked(Option::is_some) {
                linking.set(None);
            }
        }
    });
    let name = Memo::new(move |_| linking.get().unwrap_or_default());
    let make = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let asked = name.get_untracked();
        spawn_local(async move {
            let path = format!("/api/v1/people/{}/link", js_sys::encode_uri_component(&asked));
            let answer = api::post::<_, Invitation>(&path, &serde_json::json!({})).await;
            busy.try_set(false);
            // The question may have been closed meanwhile; then nobody waits for the answer.
            if linking.try_get_untracked().flatten().as_ref() != Some(&asked) {
                return;
            }
            match answer {
                Ok(invitation) => made.set(Some(invitation)),
                Err(error) => wrong.set(Some(error.to_string())),
            }
        });
    };
    view! {
        <Dialog open=open title=Signal::derive(move || tf!("A new link for {}", name.get()))>
            {move || match made.get() {
                Some(invitation) => view! { <TheLink invitation done=move || linking.set(None)/> }.into_any(),
                None => view! {
                    <p class="dialog__text">"It lets in once whoever opens it, as this person: for somebody who has no password, or no longer knows it. Links that were made for them before work no longer."</p>
                    {move || wrong.get().map(|why| view! {
                        <Notice tone="danger" alert=true><Prose text=why capital=true/></Notice>
                    })}
                    <div class="dialog__actions">
                        <button class="btn" on:click=move |_| linking.set(None)>"Cancel"</button>
                        <button class="btn" data-kind="primary" aria-busy=move || busy.get().to_string() on:click=make>
                            <Icon name="key"/>{move || if busy.get() { t!("Making…") } else { t!("Make the link") }}
                        </button>
                    </div>
                }.into_any(),
            }}
        </Dialog>
    }
}
