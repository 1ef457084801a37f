//! How long each phase took.

use berth_shared::api::RunStatus;

use super::Subject;
use crate::{
    format,
    live::use_live,
    phases::{Phase, phases},
    prelude::*,
};

/// The bar under the head.
#[component]
pub(super) fn PhaseBar(subject: Subject) -> impl IntoView {
    let live = use_live();
    let run = subject.run;
    let timeline = subject.feed.timeline;
    let all = Memo::new(move |_| {
        run.with(|run| {
            timeline.with(|timeline| {
                phases(run, timeline.as_ref().map(|t| t.events.as_slice()).unwrap_or_default())
            })
        })
    });
    let count = Memo::new(move |_| all.with(Vec::len));
    let part = move |index: usize| {
        let phase = Memo::new(move |_| all.with(|all| all.get(index).cloned()));
        let last = move || index + 1 == count.get();
        // What went wrong went wrong in the last phase before it was stopped.
        let broke = Memo::new(move |_| {
            run.with(|run| run.status == RunStatus::Failed)
                && all.with(|all| all.iter().rposition(Phase::is_work) == Some(index))
        });
        let weight = Memo::new(move |_| {
            phase.with(|phase| phase.as_ref().map(|phase| format!("{:.2}", phase.weight(live.now.get()))))
        });
        let words = Memo::new(move |_| {
            phase
                .with(|phase| phase.as_ref().map(|phase| format::duration(phase.millis(live.now.get()))))
                .unwrap_or_default()
        });
        let ready = Memo::new(move |_| {
            let from = phase.with(|phase| {
                phase.as_ref().filter(|phase| phase.status == "running").map(|phase| phase.from)
            });
            from.map(|from| {
                tf!(
                    ", ready {} after Launch",
                    format::duration(from.millis_since(run.with(|run| run.submitted_at)))
                )
            })
        });
        let status = move || {
            if broke.get() {
                "failed"
            } else {
                phase.with(|phase| phase.as_ref().map_or("", |phase| phase.status))
            }
        };
        let now = move || (broke.get() || last() && run.with(|run| !run.status.is_finished())).then_some("");
        view! {
            <div class="phases__part" style:--w=move || weight.get() data-now=now data-status=status>
                <span><b>{move || phase.with(|phase| phase.as_ref().map_or("", |phase| phase.name))}</b>{move || words.get()}{move || ready.get()}</span>
            </div>
        }
    };
    view! {
        <section class="phases" aria-label="Time to running">
            <For each=move || 0..count.get() key=|index| *index children=part/>
        </section>
    }
}
