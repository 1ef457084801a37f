//! When an instance stops by itself and why, and what moves that moment.

use berth_shared::{
    api::{Instance, InstanceStatus, KeepInstance, Run},
    time::Timestamp,
};
use leptos::task::spawn_local;

use super::remove::Remover;
use crate::{
    api,
    components::{Prose, Tone, toaster},
    format,
    pools::clock,
    prelude::*,
};

/// What stands in the last words of a row: the idle clock with its reason and *Keep*, what an instance waits for that
/// does not go, or when its run takes it along.
#[component]
pub(super) fn Stops(
    one: Memo<Instance>,
    run: Memo<Option<Run>>,
    remover: Remover,
    locked: Memo<Option<String>>,
    now: Memo<Timestamp>,
) -> impl IntoView {
    let when = move |at| format::clock_when(at, now.get());
    let idle = Memo::new(move |_| one.with(|one| one.status == InstanceStatus::Idle));
    let at = Memo::new(move |_| one.with(|one| one.idle_stop_at));
    let plain = Memo::new(move |_| one.with(|one| run.with(|run| clock::stops(one, run.as_ref(), when))));
    let why = Memo::new(move |_| one.with(|one| clock::why(one, when)));
    let can_keep = Memo::new(move |_| one.with(|one| clock::can_keep(one, now.get())));
    let waits = Memo::new(move |_| one.with(|one| clock::waits_for(one, now.get())));
    let stuck = Memo::new(move |_| one.with(Instance::removal_fails));
    let leaves = Memo::new(move |_| {
        let at = one.with(|one| one.leaves_at.filter(|_| one.status != InstanceStatus::Terminating))?;
        Some((tf!("its provider takes it away at {}", when(at)), format::exact(at)))
    });
    let write_off = move |_| one.with_untracked(|one| remover.ask_to_write_off(one));
    view! {
        <Show when=move || idle.get() && at.get().is_some() fallback=move || view! { <span class="meta">{move || plain.get()}</span> }>
            <span class="idle" title=move || at.get().map(format::exact)>
                <span class="idle__clock">"stops in "{move || at.get().map(|at| clock::left(at, now.get()))}</span>
                <Show when=move || can_keep.get()><Keep one locked/></Show>
            </span>
        </Show>
        <Show when=move || idle.get()><span class="stops__why">{move || why.get()}</span></Show>
        <Show when=move || waits.get().is_some()>
            <span class="stops__why" data-tone=move || stuck.get().then_some("danger")>
                <Prose text=Signal::derive(move || waits.get().unwrap_or_default()) capital=true/>
            </span>
        </Show>
        <Show when=move || stuck.get()>
            <button class="btn" data-kind="danger" data-size="sm" aria-haspopup="dialog"
                disabled=move || locked.with(Option::is_some) title=move || locked.get() on:click=write_off>"Write off…"<span class="sr">" "{move || one.with(|one| one.name.clone())}</span></button>
        </Show>
        {move || leaves.get().map(|(words, exact)| view! { <span class="stops__why" data-tone="warn" title=exact>{words}</span> })}
    }
}

/// One press, and it stays for an hour at least. The stream brings the new clock.
#[component]
fn Keep(one: Memo<Instance>, locked: Memo<Option<String>>) -> impl IntoView {
    let say = toaster();
    let busy = RwSignal::new(false);
    let keep = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let (id, name) = one.with_untracked(|one| (one.id, one.name.clone()));
        spawn_local(async move {
            let request = KeepInstance { seconds: clock::KEEP_SECONDS };
            let answer = api::post::<_, Instance>(&format!("/api/v1/instances/{id}/keep"), &request).await;
            busy.try_set(false);
            if let Err(error) = answer {
                say(Tone::Failed, tf!("{name} is not kept. {error}"));
            }
        });
    };
    view! {
        <button class="btn" data-size="sm" aria-busy=move || busy.get().to_string() disabled=move || locked.with(Option::is_some) title=move || locked.get() on:click=keep>
            {move || if busy.get() { t!("Keeping…") } else { t!("Keep for 1 h") }}
            <span class="sr">": "{move || one.with(|one| one.name.clone())}</span>
        </button>
    }
}
