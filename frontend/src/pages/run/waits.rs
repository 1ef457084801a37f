//! What a run waits for: its next attempt, or a machine that does not go.

use berth_shared::api::RunStatus;

use super::Subject;
use crate::{
    attempts,
    components::{Icon, Prose},
    format,
    live::use_live,
    pools::clock,
    prelude::*,
};

/// A notice while there is something to wait for.
#[component]
pub(super) fn Waits(subject: Subject) -> impl IntoView {
    let live = use_live();
    let run = subject.run;
    let next = Memo::new(move |_| run.with(|run| attempts::next(run, live.now.get())));
    let at = move || run.with(|run| run.due_at.or(run.retry_at).map(format::exact));
    // What waits for its time lacks nothing.
    let scheduled = Memo::new(move |_| run.with(|run| run.due_at.is_some()));
    let why = Memo::new(move |_| run.with(|run| run.message.clone()).unwrap_or_default());
    let machine = Memo::new(move |_| {
        let id = run.with(|run| run.instance_id.filter(|_| run.status == RunStatus::Terminating))?;
        let words = live.instances.row(id)?.with(|one| clock::waits_for(one, live.now.get()))?;
        Some((id, words))
    });
    view! {
        <Show when=move || next.get().is_some()>
            <section class="notice" data-tone=move || (!scheduled.get()).then_some("warn") aria-label="Next attempt">
                {move || if scheduled.get() { view! { <Icon name="clock"/> } } else { view! { <Icon name="again"/> } }}
                <p class="notice__text">
                    <b title=at><Prose text=Signal::derive(move || next.get().unwrap_or_default()) capital=true/>". "</b>
                    <Prose text=why capital=true/>
                </p>
            </section>
        </Show>
        {move || machine.get().map(|(id, words)| view! {
            <section class="notice" data-tone="warn" aria-label="What it waits for">
                <Icon name="clock"/>
                <p class="notice__text"><b>"Its machine does not go yet. "</b><Prose text=words capital=true/></p>
                <a class="btn" data-size="sm" href=crate::site::at(&format!("/team#{id}"))>"See it on Team"</a>
            </section>
        })}
    }
}
