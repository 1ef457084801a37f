//! Makes an account for somebody, and the link by which they come in.

use berth_shared::api::{AddPerson, Invitation, Role};
use leptos::{ev::SubmitEvent, task::spawn_local};

use super::{Crowd, link::TheLink};
use crate::{
    api,
    components::{Dialog, Field, Notice, Prose, RoleOptions},
    format, permissions,
    prelude::*,
};

/// The dialog: first the question, then the link.
#[component]
pub(super) fn Invite(crowd: Crowd) -> impl IntoView {
    let open = crowd.inviting;
    let made = RwSignal::new(None::<Invitation>);
    Effect::new(move |_| {
        if !open.get() {
            made.set(None);
        }
    });
    let title = Signal::derive(move || {
        made.with(|made| match made {
            Some(invitation) => tf!("The link for {}", invitation.person.name),
            None => t!("Invite somebody").to_owned(),
        })
    });
    view! {
        <Dialog open=open title=title>
            {move || match (open.get(), made.get()) {
                (false, _) => ().into_any(),
                (true, Some(invitation)) => view! { <TheLink invitation done=move || open.set(false)/> }.into_any(),
                // Made anew with each opening.
                (true, None) => view! { <Form crowd made/> }.into_any(),
            }}
        </Dialog>
    }
}

#[component]
fn Form(crowd: Crowd, made: RwSignal<Option<Invitation>>) -> impl IntoView {
    let name = RwSignal::new(String::new());
    let role = RwSignal::new(Role::default());
    let busy = RwSignal::new(false);
    let wrong = RwSignal::new(None::<String>);
    let invite = move |event: SubmitEvent| {
        event.prevent_default();
        let named = name.get_untracked().trim().to_owned();
        if busy.get_untracked() || named.is_empty() {
            return;
        }
        busy.set(true);
        wrong.set(None);
        let request = AddPerson { name: named, role: role.get_untracked() };
        spawn_local(async move {
            let answer = api::post::<_, Invitation>("/api/v1/people", &request).await;
            busy.try_set(false);
            match answer {
                Ok(invitation) => {
                    made.try_set(Some(invitation));
                }
                Err(error) => drop(wrong.try_set(Some(error.to_string()))),
            }
            crowd.known.ask();
        });
    };
    let purpose = move || {
        let role = role.get();
        format!("{} {}.", format::capitalised(permissions::one(role)), permissions::purpose(role))
    };
    view! {
        <form class="values" on:submit=invite>
            <Field label="Name">
                <input class="input" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="40" required prop:value=name
                    aria-invalid=move || wrong.with(Option::is_some).then_some("true") aria-describedby="invite-name"
                    on:input:target=move |event| { name.set(event.target().value()); wrong.set(None); }/>
                <span class="field__hint" id="invite-name">"By it they sign in, and their runs carry it: lower-case letters, digits, -, _ and dots."</span>
            </Field>
            <Field label="Role">
                <select class="select" aria-describedby="invite-role" on:change:target=move |event| if let Ok(chosen) = event.target().value().parse() { role.set(chosen) }>
                    <RoleOptions chosen=Signal::derive(move || Some(role.get()))/>
                </select>
                <span class="field__hint" id="invite-role">{purpose}</span>
            </Field>
            {move || wrong.get().map(|why| view! {
                <Notice tone="danger" alert=true><Prose text=why capital=true/></Notice>
            })}
            <div class="dialog__actions">
                <button class="btn" type="button" on:click=move |_| crowd.inviting.set(false)>"Cancel"</button>
                <button class="btn" data-kind="primary" type="submit" disabled=move || name.with(|name| name.trim().is_empty()) aria-busy=move || busy.get().to_string()>
                    {move || if busy.get() { t!("Inviting…") } else { t!("Invite") }}
                </button>
            </div>
        </form>
    }
}
