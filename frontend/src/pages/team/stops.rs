//! When an instance stops by itself and why, and what moves that moment.

use super::remove::Remover;
use crate::{
    components::Prose,
    format,
    pages::keep::{Keep, Kept},
    pools::clock,
    prelude::*,
};
use berth_shared::{
    api::{Instance, InstanceStatus, Run},
    time::Timestamp,
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
    let busy = Memo::new(move |_| one.with(|one| one.status == InstanceStatus::Busy));
    // Its run's own clock, while nobody is in that.
    let alone =
        Memo::new(move |_| run.with(|run| run.as_ref().and_then(clock::inactive)).filter(|_| busy.get()));
    let at =
        Memo::new(move |_| alone.get().or_else(|| one.with(|one| one.idle_stop_at.filter(|_| idle.get()))));
    let plain = Memo::new(move |_| one.with(|one| run.with(|run| clock::stops(one, run.as_ref(), when))));
    let why = Memo::new(move |_| one.with(|one| clock::why(one, when)));
    let can_keep = Memo::new(move |_| match alone.get() {
        Some(_) => run.with(|run| run.as_ref().is_some_and(|run| clock::can_keep_run(run, now.get()))),
        None => one.with(|one| clock::can_keep(one, now.get())),
    });
    let kept = Memo::new(move |_| match run.with(|run| run.as_ref().map(|run| run.name.clone())) {
        Some(run) if alone.get().is_some() => Kept::Run(run),
        _ => one.with(|one| Kept::Instance(one.id, one.name.clone())),
    });
    let waits = Memo::new(move |_| one.with(|one| clock::waits_for(one, now.get())));
    let stuck = Memo::new(move |_| one.with(Instance::removal_fails));
    let leaves = Memo::new(move |_| {
        let at = one.with(|one| one.leaves_at.filter(|_| one.status != InstanceStatus::Terminating))?;
        Some((tf!("its provider takes it away at {}", when(at)), format::exact(at)))
    });
    let write_off = move |_| one.with_untracked(|one| remover.ask_to_write_off(one));
    view! {
        <Show when=move || at.get().is_some() fallback=move || view! { <span class="meta">{move || plain.get()}</span> }>
            <span class="idle" title=move || at.get().map(format::exact)>
                <span class="idle__clock">"stops in "{move || at.get().map(|at| clock::left(at, now.get()))}</span>
                <Show when=move || can_keep.get()><Keep what=kept locked=locked/></Show>
            </span>
        </Show>
        <Show when=move || alone.get().is_some()><span class="stops__why">"nobody is in its run"</span></Show>
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
