//! One run in the table.

use berth_shared::{
    api::{Run, RunId, RunStatus},
    policy::Action,
};

use crate::{
    components::{Backend, Icon, Price, Status, Stopper, Tags, Time},
    format,
    live::use_live,
    pages::run::status_note,
    permissions::refusal_of,
    prelude::*,
    tags,
};

use super::{filter::Filter, last::LastLines, use_spark::UseSpark};

/// A row that redraws only what changes in it.
#[component]
pub(super) fn Row(id: RunId, stopper: Stopper, filter: Filter, tagged: Memo<bool>) -> impl IntoView {
    let live = use_live();
    let run = live.runs.row(id)?;
    let name = run.with_untracked(|run| run.name.clone());
    let owner = run.with_untracked(|run| run.owner.clone());
    let launched = run.with_untracked(|run| run.submitted_at);

    let with = move |read: fn(&Run) -> String| {
        let run = run.clone();
        Memo::new(move |_| run.with(read))
    };
    let run = live.runs.row(id)?;
    let status = Signal::derive({
        let run = run.clone();
        move || run.with(|run| run.status.as_str())
    });
    let failed = Memo::new({
        let run = run.clone();
        move |_| run.with(|run| run.status == RunStatus::Failed)
    });
    // Its CPUs, while it runs.
    let running = Memo::new({
        let run = run.clone();
        move |_| {
            run.with(|run| {
                let cpus = run.offer.as_ref().map_or(1.0, |offer| offer.cpus);
                (run.status == RunStatus::Running).then_some(cpus)
            })
        }
    });
    let named = StoredValue::new(name.clone());
    let note = with(status_note);
    let hardware = with(|run| run.offer.as_ref().map(format::machine::hardware).unwrap_or_default());
    let offer = Memo::new({
        let run = run.clone();
        move |_| run.with(|run| run.offer.clone())
    });
    let marks = Memo::new({
        let run = run.clone();
        move |_| run.with(|run| run.tags.clone())
    });
    let find = move |(key, value): (String, String)| {
        filter.change(false, move |view| view.text = tags::with(&view.text, &key, &value));
    };
    let cost = Memo::new({
        let run = run.clone();
        move |_| run.with(|run| format::cost(run.cost(live.now.get())))
    });
    let can_stop = Memo::new({
        let run = run.clone();
        move |_| run.with(|run| run.actions().stop)
    });
    let place = move || {
        offer.get().map(
            |offer| view! { <Backend backend=offer.backend.clone() name=format::machine::place(&offer)/> },
        )
    };
    let ask = {
        let run = run.clone();
        move |_| run.with_untracked(|run| stopper.ask(run))
    };
    let locked = refusal_of(Action::ChangeRun, {
        let owner = owner.clone();
        move || Some(owner.clone())
    });
    let stop_label = tf!("Stop {name}");
    let stop_title = {
        let label = stop_label.clone();
        move || locked.get().unwrap_or_else(|| label.clone())
    };
    Some(view! {
        <tr>
            <td data-cell="1s"><a class="table__strong" href=crate::site::at(&format!("/runs/{name}"))>{name.clone()}</a></td>
            <td class="table__grow" data-cell="2">
                <Status status=status note=note/>
                <Show when=move || running.get().is_some()>
                    <UseSpark name=named.get_value() cpus=running.get_untracked().unwrap_or(1.0)/>
                </Show>
                <Show when=move || failed.get()><LastLines name=named.get_value()/></Show>
            </td>
            <td data-priority="3">{owner}</td>
            <td data-cell="3s">
                {place}
                <span class="table__sub" data-only="narrow" data-inline="">{move || hardware.get()}</span>
            </td>
            <td data-priority="3">{move || hardware.get()}</td>
            <Show when=move || tagged.get()><td data-priority="6" data-cell="4"><Tags tags=marks most=2 choose=find/></td></Show>
            <td data-priority="4" data-num="">{move || offer.get().map(|offer| view! { <Price offer=offer/> })}</td>
            <td data-num="" data-cell="3e">{move || cost.get()}</td>
            <td data-priority="2" data-num="" data-cell="1e">
                <Time at=launched class="meta"/>
            </td>
            <td>
                <Show when=move || can_stop.get()>
                    <button class="btn" data-kind="quiet" data-icon="" data-size="sm" aria-label=stop_label.clone() title=stop_title.clone() disabled=move || locked.with(Option::is_some)
                        aria-busy=move || stopper.is_busy(id).to_string() on:click=ask.clone()>
                        <Icon name="stop"/>
                    </button>
                </Show>
            </td>
        </tr>
    })
}
