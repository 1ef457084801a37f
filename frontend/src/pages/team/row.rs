//! One instance in the table.

use berth_shared::{
    api::{Instance, InstanceId, InstanceStatus, Run},
    policy::Action,
};
use leptos::{html, prelude::*};

use super::{remove::Remover, stops::Stops};
use crate::{
    components::{Backend, Icon, Price, Status, Stopper},
    format,
    live::use_live,
    permissions::refusal_of,
};

/// The status that people know: a machine with a run is what its run is.
fn status(instance: &Instance, run: Option<&Run>) -> &'static str {
    match run {
        Some(run) if instance.status == InstanceStatus::Busy && !run.status.is_finished() => {
            run.status.as_str()
        }
        _ => instance.status.as_str(),
    }
}

/// A row that redraws only what changes in it.
#[component]
pub(super) fn Row(id: InstanceId, stopper: Stopper, remover: Remover) -> impl IntoView {
    let live = use_live();
    let instance = live.instances.row(id)?;
    let run = Memo::new({
        let instance = instance.clone();
        move |_| instance.with(|one| one.run_id).and_then(|run| live.runs.row(run)).map(|run| run.get())
    });
    let one = Memo::new(move |_| instance.get());
    let word = Signal::derive(move || one.with(|one| run.with(|run| status(one, run.as_ref()))));
    let since = Memo::new(move |_| match word.get() {
        "running" | "busy" => String::new(),
        _ => format::duration(live.now.get().millis_since(one.with(|one| one.status_since))),
    });
    let offer = Memo::new(move |_| one.with(|one| one.offer.clone()));
    let hardware =
        Memo::new(move |_| one.with(|one| format::machine::hardware(&one.offer, one.allocation.as_ref())));
    let name = Memo::new(move |_| {
        run.with(|run| run.as_ref().map(|run| run.name.clone()))
            .unwrap_or_else(|| one.with(|one| one.name.clone()))
    });
    let so_far = Memo::new(move |_| format::cost(one.with(|one| one.cost(live.now.get()))));
    let up =
        Memo::new(move |_| format::duration(live.now.get().millis_since(one.with(|one| one.created_at))));
    let pool = Memo::new(move |_| one.with(|one| one.pool.clone()));
    let can_stop = Memo::new(move |_| run.with(|run| run.as_ref().is_some_and(|run| run.actions().stop)));
    let warn =
        move || one.with(|one| one.status == InstanceStatus::Idle && one.offer.price > 0.0).then_some("warn");
    let no_stop =
        refusal_of(Action::ChangeRun, move || run.with(|run| run.as_ref().map(|run| run.owner.clone())));
    // What is on a machine counts, not for whom it was made.
    let no_change = refusal_of(Action::ChangeRun, move || {
        let by_run = run.with(|run| run.as_ref().map(|run| run.owner.clone()));
        by_run.or_else(|| Some(one.with(|one| one.owner.clone())))
    });
    let label = move || format!("Stop {}", name.get());
    let run_id = move || run.with(|run| run.as_ref().map(|run| run.id));
    let ask = move |_| {
        run.with_untracked(|run| {
            if let Some(run) = run {
                stopper.ask(run)
            }
        })
    };
    // A link from a run leads to its very machine.
    let node = NodeRef::<html::Tr>::new();
    let meant = window().location().hash().is_ok_and(|hash| hash == format!("#{id}"));
    Effect::new(move |_| {
        if let Some(row) = node.get().filter(|_| meant) {
            row.scroll_into_view();
        }
    });
    // A machine keeps the name that it was made with; another run on it has its own.
    let machine = Memo::new(move |_| {
        let machine = one.with(|one| one.name.clone());
        (machine != name.get()).then(|| format!("on {machine}"))
    });
    let can_remove = Memo::new(move |_| one.with(|one| one.status != InstanceStatus::Terminating));
    let remove_label = move || format!("Remove {}", one.with(|one| one.name.clone()));
    let remove = move |_| {
        one.with_untracked(|one| run.with_untracked(|run| remover.remove(one, run.as_ref())));
    };
    let known = move || run.with(Option::is_some);
    Some(view! {
        <tr data-tone=warn id=id.to_string() data-new=meant.then_some("") node_ref=node>
            <td data-cell="1s">
                <Show when=known fallback=move || view! { <span class="table__strong">{move || name.get()}</span> }>
                    <a class="table__strong" href=move || format!("/runs/{}", name.get())>{move || name.get()}</a>
                </Show>
                {move || machine.get().map(|words| view! { <span class="meta">" "{words}</span> })}
                <span class="table__sub" data-only="narrow">{move || format!("{}, {}, {}", hardware.get(), offer.with(format::machine::place), pool.get())}</span>
            </td>
            <td data-cell="1e"><Status status=word note=since/></td>
            <td data-priority="3">{move || pool.get()}</td>
            <td data-priority="3">{move || { let offer = offer.get(); view! { <Backend name=format::machine::place(&offer) backend=offer.backend/> } }}</td>
            <td data-priority="3">{move || hardware.get()}</td>
            <td data-priority="1" data-num="">{move || view! { <Price offer=offer.get()/> }}</td>
            <td data-num="" data-cell="2e">
                {move || so_far.get()}
                <span class="table__sub" data-only="phone" data-inline="">{move || view! { <Price offer=offer.get() per=true/> }}</span>
            </td>
            <td data-priority="4" data-num="">{move || up.get()}</td>
            <td data-cell="3s"><Stops one=one run=run remover=remover locked=no_change/></td>
            <td data-cell="3e"><span class="rowactions">
                <Show when=move || can_stop.get()>
                    <button class="btn" data-kind="quiet" data-icon="" data-size="sm" aria-label=label title=move || no_stop.get().unwrap_or_else(label) disabled=move || no_stop.with(Option::is_some)
                        aria-busy=move || run_id().is_some_and(|run| stopper.is_busy(run)).to_string() on:click=ask>
                        <Icon name="stop"/>
                    </button>
                </Show>
                <Show when=move || can_remove.get()>
                    <button class="btn" data-kind="quiet" data-icon="" data-size="sm" aria-label=remove_label title=move || no_change.get().unwrap_or_else(remove_label) disabled=move || no_change.with(Option::is_some)
                        aria-busy=move || remover.is_busy(id).to_string() on:click=remove>
                        <Icon name="trash"/>
                    </button>
                </Show>
            </span></td>
        </tr>
    })
}
