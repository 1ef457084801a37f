//! Pools: which there are, which one is used when none is named, what is in them.

use berth_shared::{
    api::{CreatePool, DeletePool, InstanceStatus, Pool},
    policy::Action,
};
use leptos::{ev::SubmitEvent, task::spawn_local};

use super::fleet::Fleet;
use crate::{
    api::{self, ApiError},
    components::{Dialog, Icon, Locked, Notice, Tone, toaster},
    live::use_live,
    permissions::refusal,
    prelude::*,
};

/// The address of a pool's actions. Names may hold any letter.
fn address(name: &str, action: &str) -> String {
    format!("/api/v1/pools/{}/{action}", js_sys::encode_uri_component(name))
}

/// The panel.
#[component]
pub(super) fn Pools(fleet: Fleet) -> impl IntoView {
    let names = Memo::new(move |_| fleet.names());
    let deleting = RwSignal::new(None::<String>);
    let locked = refusal(Action::ChangePools);
    view! {
        <section class="panel" aria-labelledby="pools">
            <div class="panel__head">
                <h2 class="panel__title" id="pools">"Pools"</h2>
                <span class="meta">"where instances wait for the next run"</span>
                <span class="panel__spring"></span>
                <Make fleet=fleet locked=locked/>
            </div>
            {move || fleet.failed.get().map(|why| view! {
                <Notice tone="danger" alert=true bleed=true>"No list of pools: "{why}</Notice>
            })}
            <ul class="pools" aria-labelledby="pools" aria-busy=move || fleet.pools.with(Option::is_none).to_string()>
                <For each=move || names.get() key=Clone::clone let:name>
                    <Line fleet=fleet name=name deleting=deleting locked=locked/>
                </For>
            </ul>
            <Show when=move || locked.with(Option::is_some)><div class="panel__foot"><Locked why=locked/></div></Show>
            <DeleteDialog fleet=fleet deleting=deleting/>
        </section>
    }
}

#[component]
fn Make(fleet: Fleet, locked: Memo<Option<String>>) -> impl IntoView {
    let say = toaster();
    let name = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let wrong = Memo::new(move |_| name.with(|name| !name.is_empty() && !Pool::is_name(name)));
    let make = move |event: SubmitEvent| {
        event.prevent_default();
        let wanted = name.get_untracked();
        if busy.get_untracked() || !Pool::is_name(&wanted) {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let answer = api::post::<_, Pool>("/api/v1/pools", &CreatePool { name: wanted }).await;
            busy.try_set(false);
            match answer {
                Ok(_) => {
                    name.try_set(String::new());
                    fleet.soon();
                }
                Err(error) => say(Tone::Failed, tf!("No pool was made. {error}")),
            }
        });
    };
    view! {
        <form class="pools__make" on:submit=make>
            <input class="input" data-size="sm" aria-label="Name of a new pool" disabled=move || locked.with(Option::is_some) title=move || locked.get() placeholder="New pool" autocomplete="off" spellcheck="false"
                maxlength="100" prop:value=move || name.get() aria-invalid=move || wanted_invalid(wrong.get())
                on:input:target=move |event| name.set(event.target().value())/>
            <button class="btn" data-size="sm" type="submit" disabled=move || locked.with(Option::is_some) || wrong.get() || name.with(String::is_empty) title=move || locked.get() aria-busy=move || busy.get().to_string()>
                <Icon name="plus"/>{move || if busy.get() { t!("Making…") } else { t!("Make") }}
            </button>
        </form>
    }
}

fn wanted_invalid(wrong: bool) -> Option<&'static str> {
    wrong.then_some("true")
}

#[component]
fn Line(
    fleet: Fleet,
    name: String,
    deleting: RwSignal<Option<String>>,
    locked: Memo<Option<String>>,
) -> impl IntoView {
    let live = use_live();
    let say = toaster();
    let busy = RwSignal::new(false);
    let name = StoredValue::new(name);
    let is_default =
        Memo::new(move |_| fleet.default().is_some_and(|one| name.with_value(|name| *name == one)));
    // The stream knows the instances: their number is never older than the table.
    let counts = Memo::new(move |_| {
        let (mut inside, mut idle) = (0, 0);
        live.instances.each(|one| {
            if name.with_value(|name| one.pool == *name) {
                inside += 1;
                idle += usize::from(one.status == InstanceStatus::Idle);
            }
        });
        (inside, idle)
    });
    let words = move || match counts.get() {
        (0, _) => t!("empty").to_owned(),
        (1, 0) => t!("1 instance").to_owned(),
        (count, 0) => tf!("{count} instances"),
        (1, _) => t!("1 instance, idle").to_owned(),
        (count, idle) => tf!("{count} instances, {idle} idle"),
    };
    let make_default = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let path = name.with_value(|name| address(name, "default"));
        spawn_local(async move {
            let answer = api::post_empty(&path, &serde_json::json!({})).await;
            busy.try_set(false);
            match answer {
                Ok(()) => fleet.soon(),
                Err(error) => say(Tone::Failed, tf!("The default pool stays as it was. {error}")),
            }
        });
    };
    let label = move |what: &str| format!("{what} {}", name.get_value());
    view! {
        <li class="pools__line">
            <b class="table__strong pools__name">{name.get_value()}</b>
            <Show when=move || is_default.get()><span class="tag" data-tone="accent" title="runs that name no pool use it">"default"</span></Show>
            <span class="meta">{words}</span>
            <span class="panel__spring"></span>
            <span class="actions">
                <Show when=move || !is_default.get()>
                    <button class="btn" data-kind="quiet" data-size="sm" aria-busy=move || busy.get().to_string() aria-label=label(t!("Make default:"))
                        disabled=move || locked.with(Option::is_some) title=move || locked.get() on:click=make_default>"Make default"</button>
                    <button class="btn" data-kind="quiet" data-icon="" data-size="sm" aria-haspopup="dialog" aria-label=label(t!("Delete pool"))
                        disabled=move || locked.with(Option::is_some) title=move || locked.get().unwrap_or_else(|| label(t!("Delete pool")))
                        on:click=move |_| deleting.set(Some(name.get_value()))><Icon name="trash"/></button>
                </Show>
            </span>
        </li>
    }
}

#[component]
fn DeleteDialog(fleet: Fleet, deleting: RwSignal<Option<String>>) -> impl IntoView {
    let live = use_live();
    let say = toaster();
    let open = RwSignal::new(false);
    Effect::new(move |_| open.set(deleting.with(Option::is_some)));
    Effect::new(move |_| {
        if !open.get() && deleting.with_untracked(Option::is_some) {
            deleting.set(None);
        }
    });
    let name = Memo::new(move |_| deleting.get().unwrap_or_default());
    let inside = Memo::new(move |_| {
        let (mut inside, mut runs) = (0, 0);
        name.with(|name| {
            live.instances.each(|one| {
                if one.pool == *name {
                    inside += 1;
                    runs += usize::from(one.run_id.is_some());
                }
            });
        });
        (inside, runs)
    });
    let text = move || match inside.get() {
        (0, _) => t!("It is empty.").to_owned(),
        (1, 0) => t!("Its instance is removed first; then delete it once more.").to_owned(),
        (count, 0) => tf!("Its {count} instances are removed first; then delete it once more."),
        (count, runs) => {
            let (them, runs) = (
                if count == 1 { t!("Its instance is").to_owned() } else { tf!("Its {count} instances are") },
                if runs == 1 { t!("a run").to_owned() } else { tf!("{runs} runs") },
            );
            tf!("{them} removed first, which interrupts {runs}; then delete it once more.")
        }
    };
    let force = move || inside.get().0 > 0;
    let go = move |_| {
        let (pool, force) = (name.get_untracked(), inside.get_untracked().0 > 0);
        deleting.set(None);
        spawn_local(async move {
            match api::post_empty(&address(&pool, "delete"), &DeletePool { force }).await {
                Ok(()) => fleet.soon(),
                // Its instances are on their way.
                Err(error @ ApiError::Problem(_)) if force && error.code() == "pool-not-empty" => {
                    say(Tone::Done, error.to_string());
                }
                Err(error) => say(Tone::Failed, tf!("The pool {pool} was not deleted. {error}")),
            }
        });
    };
    view! {
        <Dialog open=open title=Signal::derive(move || tf!("Delete the pool {}?", name.get()))>
            <p class="dialog__text">{text}</p>
            <div class="dialog__actions">
                <button class="btn" on:click=move |_| deleting.set(None)>"Keep it"</button>
                <button class="btn" data-kind="danger-fill" on:click=go>
                    <Icon name="trash"/>{move || if force() { t!("Remove its instances") } else { t!("Delete") }}
                </button>
            </div>
        </Dialog>
    }
}
