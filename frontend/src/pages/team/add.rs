//! Adding an instance to a pool without a run.

use std::time::Duration;

use berth_shared::{
    api::{AddInstance, Instance, Plan, PlanRequest},
    policy::Action,
};
use leptos::{ev::SubmitEvent, task::spawn_local};

use super::fleet::Fleet;
use crate::{
    api::{self, ApiError},
    components::{Dialog, Field, Icon, Prose, Tone, toaster},
    launch::plan::Answers,
    pages::launch::draft,
    permissions::refusal,
    pools::adding,
    prelude::*,
};

/// How long the typing rests before the server is asked.
const REST: Duration = Duration::from_millis(250);

/// The button and its dialog.
#[component]
pub(super) fn Add(fleet: Fleet) -> impl IntoView {
    let open = RwSignal::new(false);
    let locked = refusal(Action::ChangePools);
    view! {
        <button class="btn" data-size="sm" aria-haspopup="dialog" disabled=move || locked.with(Option::is_some) title=move || locked.get() on:click=move |_| open.set(true)><Icon name="plus"/>"Add an instance"</button>
        <Dialog open=open title=t!("Add an instance").to_owned()>
            // Made anew with each opening: the draft and the plan are those of the moment.
            <Show when=move || open.get()><Form fleet=fleet open=open/></Show>
        </Dialog>
    }
}

#[component]
fn Form(fleet: Fleet, open: RwSignal<bool>) -> impl IntoView {
    let say = toaster();
    let text = RwSignal::new(draft());
    let pool = RwSignal::new(
        untrack(|| fleet.lookout.pool()).or_else(|| untrack(|| fleet.default())).unwrap_or_default(),
    );
    let plan = RwSignal::new(Answers::<Result<Plan, ApiError>>::default());
    let busy = RwSignal::new(false);
    let revision = StoredValue::new(0);
    let waiting = StoredValue::new(None::<TimeoutHandle>);
    let ask = move || {
        let Some(Some(asked)) = plan.try_update(Answers::ask) else { return };
        spawn_local(async move {
            let request = PlanRequest { configuration: text.get_untracked(), preview: None };
            let answer = api::post("/api/v1/plan", &request).await;
            let _ = plan.try_update(|plan| plan.answered(asked, answer));
        });
    };
    Effect::new(move |before: Option<()>| {
        text.track();
        revision.update_value(|revision| *revision += 1);
        plan.update(|plan| plan.changed(revision.get_value()));
        if let Some(handle) = waiting.get_value() {
            handle.clear();
        }
        let rest = if before.is_none() { Duration::ZERO } else { REST };
        waiting.set_value(set_timeout_with_handle(ask, rest).ok());
    });
    on_cleanup(move || {
        if let Some(handle) = waiting.try_get_value().flatten() {
            handle.clear();
        }
    });
    let verdict = Memo::new(move |_| {
        plan.with(|plan| match plan.shown() {
            _ if !plan.is_current() => None,
            Some(Ok(plan)) => Some(adding::verdict(plan)),
            Some(Err(error)) => Some(Err(error.to_string())),
            None => None,
        })
    });
    let ready = move || verdict.with(|verdict| matches!(verdict, Some(Ok(_)))) && !busy.get();
    let add = move |event: SubmitEvent| {
        event.prevent_default();
        if !untrack(ready) {
            return;
        }
        let agreed_price = plan.with_untracked(|plan| match plan.shown() {
            Some(Ok(plan)) => adding::first(plan).map(|first| first.offer.price),
            _ => None,
        });
        busy.set(true);
        let request = AddInstance { configuration: text.get_untracked(), agreed_price };
        let path = format!("/api/v1/pools/{}/instances", js_sys::encode_uri_component(&pool.get_untracked()));
        spawn_local(async move {
            let answer = api::post::<_, Instance>(&path, &request).await;
            busy.try_set(false);
            match answer {
                // The stream brings it.
                Ok(_) => drop(open.try_set(false)),
                Err(error) => say(Tone::Failed, tf!("No instance was added. {error}")),
            }
        });
    };
    view! {
        <form class="values" on:submit=add>
            <p class="dialog__text">"It is made now and waits for a run. Of the text only what a machine must have, and its limits, count."</p>
            <Field label="Pool">
                <select class="select" prop:value=move || pool.get() on:change:target=move |event| pool.set(event.target().value())>
                    <For each=move || fleet.names() key=Clone::clone let:name>
                        <option value=name.clone() selected={ let name = name.clone(); move || pool.with(|pool| *pool == name) }>{name.clone()}</option>
                    </For>
                </select>
            </Field>
            <Field label="What it must have">
                <textarea class="input add__text" rows="10" spellcheck="false" autocomplete="off" prop:value=move || text.get()
                    on:input:target=move |event| text.set(event.target().value())></textarea>
            </Field>
            <div class="notice" role="status" data-tone=move || verdict.with(|verdict| match verdict { Some(Err(_)) => Some("warn"), Some(Ok(_)) => Some("accent"), None => None })>
                {move || match verdict.get() {
                    None => view! { <span class="notice__text">"Asking the server what it would be…"</span> }.into_any(),
                    Some(Ok(what)) => view! { <span class="notice__text">"Would add: "<b>{what}</b></span> }.into_any(),
                    Some(Err(why)) => view! { <span class="notice__text"><Prose text=why capital=true/></span> }.into_any(),
                }}
            </div>
            <div class="dialog__actions">
                <button class="btn" type="button" on:click=move |_| open.set(false)>"Cancel"</button>
                <button class="btn" data-kind="primary" type="submit" disabled=move || !ready() aria-busy=move || busy.get().to_string()>
                    {move || if busy.get() { t!("Adding…") } else { t!("Add") }}
                </button>
            </div>
        </form>
    }
}
