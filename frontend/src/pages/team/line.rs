//! What a row and a card of an instance show, as signals that change one by one.

use std::collections::BTreeMap;

use berth_shared::{
    api::{Instance, InstanceId, InstanceStatus, Run, RunId, RunStatus},
    catalog::Offer,
    policy::Action,
    time::Timestamp,
};

use super::{Ways, remove::Remover};
use crate::{
    components::{Icon, Stopper, Tags},
    format,
    live::use_live,
    permissions::refusal_of,
    prelude::*,
    tags,
    team::roster::status,
};

/// An instance and the run on it. Copied about freely; all copies are one.
#[derive(Clone, Copy)]
pub(super) struct Line {
    pub(super) id: InstanceId,
    pub(super) one: Memo<Instance>,
    pub(super) run: Memo<Option<Run>>,
    /// The server's time. It stands still for what is out of sight: a thousand clocks that nobody sees cost as much as others.
    pub(super) now: Memo<Timestamp>,
    /// The run's name, else the machine's.
    pub(super) name: Memo<String>,
    pub(super) offer: Memo<Offer>,
    pub(super) hardware: Memo<String>,
    /// Why the reader may not keep or remove the machine.
    pub(super) no_change: Memo<Option<String>>,
    /// Since when its GPUs rest, as far as that is seen.
    pub(super) rests: RwSignal<Option<Timestamp>>,
}

impl Line {
    /// `None` when it has gone meanwhile.
    pub(super) fn of(id: InstanceId, seen: RwSignal<bool>) -> Option<Self> {
        let live = use_live();
        let instance = live.instances.row(id)?;
        let run = Memo::new({
            let instance = instance.clone();
            move |_| instance.with(|one| one.run_id).and_then(|run| live.runs.row(run)).map(|run| run.get())
        });
        let one = Memo::new(move |_| instance.get());
        let name = Memo::new(move |_| {
            run.with(|run| run.as_ref().map(|run| run.name.clone()))
                .unwrap_or_else(|| one.with(|one| one.name.clone()))
        });
        let now = Memo::new(move |before: Option<&Timestamp>| match before {
            Some(before) if !seen.get() => *before,
            _ => live.now.get(),
        });
        // What is on a machine counts, not for whom it was made.
        let no_change = refusal_of(Action::ChangeRun, move || {
            let by_run = run.with(|run| run.as_ref().map(|run| run.owner.clone()));
            by_run.or_else(|| Some(one.with(|one| one.owner.clone())))
        });
        Some(Self {
            id,
            one,
            run,
            now,
            name,
            offer: Memo::new(move |_| one.with(|one| one.offer.clone())),
            hardware: Memo::new(move |_| one.with(|one| format::machine::hardware(&one.share()))),
            no_change,
            rests: RwSignal::new(None),
        })
    }

    /// The status's word on the wire.
    pub(super) fn status(self) -> Signal<&'static str> {
        Signal::derive(move || self.one.with(|one| self.run.with(|run| status(one, run.as_ref()))))
    }

    /// What stands behind the status: how long it lasts, or that the GPUs rest, which somebody pays for all the same.
    pub(super) fn note(self) -> Memo<String> {
        let status = self.status();
        Memo::new(move |_| {
            let word = status.get();
            if word == "running" || word == "busy" {
                let resting = |since| {
                    tf!(
                        "GPUs idle for {}",
                        format::duration(self.now.get().millis_since(since) / 60_000 * 60_000)
                    )
                };
                return self.rests.get().map(resting).unwrap_or_default();
            }
            format::duration(self.now.get().millis_since(self.one.with(|one| one.status_since)))
        })
    }

    /// `warn` for what costs money and does nothing.
    pub(super) fn tone(self) -> Memo<Option<&'static str>> {
        Memo::new(move |_| {
            let wasted = self.one.with(|one| {
                one.offer.price > 0.0 && (one.status == InstanceStatus::Idle || self.rests.get().is_some())
            });
            wasted.then_some("warn")
        })
    }

    pub(super) fn so_far(self) -> Memo<String> {
        Memo::new(move |_| format::cost(self.one.with(|one| one.cost(self.now.get()))))
    }

    pub(super) fn person(self) -> Memo<String> {
        Memo::new(move |_| {
            self.run
                .with(|run| run.as_ref().map(|run| run.owner.clone()))
                .unwrap_or_else(|| self.one.with(|one| one.owner.clone()))
        })
    }

    /// The tags of the run on it.
    pub(super) fn tags(self) -> Memo<BTreeMap<String, String>> {
        Memo::new(move |_| {
            let active = |run: &Run| (!run.status.is_finished()).then(|| run.tags.clone());
            self.run.with(|run| run.as_ref().and_then(active)).unwrap_or_default()
        })
    }

    /// A machine keeps the name that it was made with; another run on it has its own.
    pub(super) fn machine(self) -> Memo<Option<String>> {
        Memo::new(move |_| {
            let machine = self.one.with(|one| one.name.clone());
            (machine != self.name.get()).then(|| tf!("on {machine}"))
        })
    }

    /// The run whose use can be watched, its name, and how many CPUs it has.
    pub(super) fn watched(self) -> Memo<Option<(RunId, String, f64)>> {
        Memo::new(move |_| {
            let run = self.run.get().filter(|run| run.status == RunStatus::Running)?;
            let cpus = self.one.with(|one| one.allocation.as_ref().map(|part| part.cpus));
            let cpus = cpus.filter(|cpus| *cpus > 0.0).unwrap_or_else(|| self.offer.with(|offer| offer.cpus));
            Some((run.id, run.name, cpus))
        })
    }
}

/// The name, which leads to the run where there is one.
#[component]
pub(super) fn Name(line: Line, class: &'static str) -> impl IntoView {
    let known = Memo::new(move |_| line.run.with(Option::is_some));
    let machine = line.machine();
    view! {
        <Show when=move || known.get() fallback=move || view! { <span class=class>{move || line.name.get()}</span> }>
            <a class=class href=move || crate::site::at(&format!("/runs/{}", line.name.get()))>{move || line.name.get()}</a>
        </Show>
        {move || machine.get().map(|words| view! { <span class="meta">" "{words}</span> })}
    }
}

/// Its tags; one that is pressed is looked for.
#[component]
pub(super) fn RunTags(line: Line, ways: Ways, most: usize) -> impl IntoView {
    let choose = move |(key, value): (String, String)| {
        ways.lookout.change(false, move |view| view.text = tags::with(&view.text, &key, &value));
    };
    view! { <Tags tags=line.tags() most choose/> }
}

/// *Stop* and *Remove*.
#[component]
pub(super) fn Ends(line: Line, ways: Ways) -> impl IntoView {
    let Ways { stopper, remover, .. } = ways;
    view! {
        <span class="rowactions">
            <Stop line stopper/>
            <Remove line remover/>
        </span>
    }
}

#[component]
fn Stop(line: Line, stopper: Stopper) -> impl IntoView {
    let Line { run, name, .. } = line;
    let can = Memo::new(move |_| run.with(|run| run.as_ref().is_some_and(|run| run.actions().stop)));
    let locked =
        refusal_of(Action::ChangeRun, move || run.with(|run| run.as_ref().map(|run| run.owner.clone())));
    let label = move || tf!("Stop {}", name.get());
    let busy = move || run.with(|run| run.as_ref().is_some_and(|run| stopper.is_busy(run.id)));
    let ask = move |_| {
        run.with_untracked(|run| {
            if let Some(run) = run {
                stopper.ask(run)
            }
        })
    };
    view! {
        <Show when=move || can.get()>
            <button class="btn" data-kind="quiet" data-icon="" data-size="sm" aria-label=label title=move || locked.get().unwrap_or_else(label) disabled=move || locked.with(Option::is_some)
                aria-busy=move || busy().to_string() on:click=ask>
                <Icon name="stop"/>
            </button>
        </Show>
    }
}

#[component]
fn Remove(line: Line, remover: Remover) -> impl IntoView {
    let Line { id, one, run, no_change, .. } = line;
    let can = Memo::new(move |_| one.with(|one| one.status != InstanceStatus::Terminating));
    let label = move || tf!("Remove {}", one.with(|one| one.name.clone()));
    let remove = move |_| {
        one.with_untracked(|one| run.with_untracked(|run| remover.remove(one, run.as_ref())));
    };
    view! {
        <Show when=move || can.get()>
            <button class="btn" data-kind="quiet" data-icon="" data-size="sm" aria-label=label title=move || no_change.get().unwrap_or_else(label) disabled=move || no_change.with(Option::is_some)
                aria-busy=move || remover.is_busy(id).to_string() on:click=remove>
                <Icon name="trash"/>
            </button>
        </Show>
    }
}
