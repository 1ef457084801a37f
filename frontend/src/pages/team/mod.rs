//! *Team*: the instances that exist, who has them, what they cost, when they go.

mod add;
mod fleet;
mod hosts;
mod orphans;
mod pools;
mod remove;
mod row;
mod stops;

use berth_shared::{
    api::{Instance, InstanceId, InstanceStatus},
    catalog::PriceBasis,
};
use leptos::prelude::*;

use crate::{
    components::{Icon, StopDialog, Stopper, TopBar, Void},
    format,
    live::use_live,
    pages::title::set_title,
};
use add::Add;
use fleet::Fleet;
use hosts::Hosts;
use orphans::Orphans;
use pools::Pools;
use remove::{RemoveDialog, Remover};
use row::Row;

/// Whether it costs, or takes up, something now.
pub(super) fn is_billed(instance: &Instance) -> bool {
    instance.billed_from.is_some() && instance.billed_to.is_none()
}

/// The page at `/team`.
#[component]
pub fn Team() -> impl IntoView {
    let live = use_live();
    let stopper = Stopper::new();
    let remover = Remover::new();
    let fleet = Fleet::follow();
    let burn = Memo::new(move |_| rate_of(&live.instances.all(), is_billed));
    set_title(move || format!("Team · {}/h", format::rate(burn.get())));
    let nothing = Memo::new(move |_| live.loaded.get() && live.instances.is_empty());
    view! {
        <TopBar><h1 class="topbar__title">"Team"</h1></TopBar>
        <main class="page" id="main" tabindex="-1">
            <Orphans fleet=fleet/>
            <Overview burn=burn/>
            <section class="panel" aria-labelledby="active">
                <div class="panel__head">
                    <h2 class="panel__title" id="active">"Active"</h2>
                    <span class="meta">{move || live.loaded.get().then(|| live.instances.len())}</span>
                    <Only fleet=fleet/>
                    <span class="panel__spring"></span>
                    <Add fleet=fleet/>
                </div>
                <Show when=move || !nothing.get() fallback=Nothing>
                    <Table stopper=stopper remover=remover fleet=fleet/>
                </Show>
            </section>
            <Pools fleet=fleet/>
            <Hosts/>
            <StopDialog stopper=stopper/>
            <RemoveDialog remover=remover/>
        </main>
    }
}

/// What those of them that count cost together, US dollars an hour.
pub(super) fn rate_of(instances: &[Instance], which: fn(&Instance) -> bool) -> f64 {
    instances.iter().filter(|instance| which(instance)).map(|instance| instance.offer.price).sum()
}

#[component]
fn Overview(burn: Memo<f64>) -> impl IntoView {
    let live = use_live();
    let idle = |instance: &Instance| instance.status == InstanceStatus::Idle && is_billed(instance);
    let idle_rate = Memo::new(move |_| rate_of(&live.instances.all(), idle));
    let idle_count =
        Memo::new(move |_| live.instances.all().iter().filter(|instance| idle(instance)).count());
    let note = move || {
        let all = live.instances.all();
        let costing = all.iter().filter(|one| is_billed(one) && one.offer.basis != PriceBasis::Own).count();
        let own = all.iter().filter(|one| one.offer.basis == PriceBasis::Own).count();
        match (costing, own, all.len()) {
            (_, _, 0) => "nothing runs".to_owned(),
            (0, own, total) if own == total => "all on own machines".to_owned(),
            (costing, _, total) => format!("{costing} of {total} cost money"),
        }
    };
    let so_far = Memo::new(move |_| {
        let now = live.now.get();
        format::cost(live.instances.all().iter().map(|instance| instance.cost(now)).sum())
    });
    let people = Memo::new(move |_| {
        let mut owners: Vec<String> =
            live.instances.all().into_iter().map(|instance| instance.owner).collect();
        berth_shared::order::sort(&mut owners);
        owners.dedup();
        owners.len()
    });
    view! {
        <section class="overview" aria-label="Now">
            <div class="figure">
                <span class="figure__label">"Burn rate"</span>
                <span class="figure__value" data-size="lg">{move || format::rate(burn.get())}<span class="figure__unit">"/h"</span></span>
                <span class="figure__note">{note}</span>
            </div>
            <div class="figure" data-tone=move || (idle_count.get() > 0).then_some("warn")>
                <span class="figure__label"><Show when=move || { idle_count.get() > 0 }><Icon name="clock"/></Show>"Idle and paid for"</span>
                <span class="figure__value" data-size="lg">{move || format::rate(idle_rate.get())}<span class="figure__unit">"/h"</span></span>
                <span class="figure__note">{move || match idle_count.get() { 0 => "none".to_owned(), 1 => "1 instance".to_owned(), n => format!("{n} instances") }}</span>
            </div>
            <div class="figure">
                <span class="figure__label">"Active so far"</span>
                <span class="figure__value" data-size="lg">{move || so_far.get()}</span>
                <span class="figure__note">{move || match people.get() { 0 => String::new(), 1 => "by 1 person".to_owned(), n => format!("by {n} people") }}</span>
            </div>
        </section>
    }
}

#[component]
fn Nothing() -> impl IntoView {
    view! {
        <Void title="Nothing is running">
            <p class="void__text">"Machines appear here the moment they are asked for, with who has them, what they cost and when they stop by themselves."</p>
            <div class="actions">
                <a class="btn" data-kind="primary" href="/">"Launch an environment"</a>
                <a class="btn" href="/runs">"See finished runs"</a>
            </div>
        </Void>
    }
}

/// Which pool's instances are shown, when there are several.
#[component]
fn Only(fleet: Fleet) -> impl IntoView {
    let names = Memo::new(move |_| fleet.names());
    let several = Memo::new(move |_| names.with(|names| names.len() > 1));
    let choose = move |name: String| fleet.only.set((!name.is_empty()).then_some(name));
    view! {
        <Show when=move || several.get()>
            <label class="toolbar__pick">
                <select aria-label="Pool" prop:value=move || fleet.only.get().unwrap_or_default()
                    on:change:target=move |event| choose(event.target().value())>
                    <option value="">"All pools"</option>
                    <For each=move || names.get() key=Clone::clone let:name>
                        <option value=name.clone()>{name.clone()}</option>
                    </For>
                </select>
            </label>
        </Show>
    }
}

#[component]
fn Table(stopper: Stopper, remover: Remover, fleet: Fleet) -> impl IntoView {
    let live = use_live();
    // By person, then by age; people by name.
    let groups = Memo::new(move |_| {
        let mut groups: Vec<(String, Vec<InstanceId>)> = Vec::new();
        let only = fleet.only.get();
        for instance in live.instances.all() {
            if only.as_ref().is_some_and(|pool| instance.pool != *pool) {
                continue;
            }
            match groups.iter_mut().find(|(owner, _)| *owner == instance.owner) {
                Some((_, ids)) => ids.push(instance.id),
                None => groups.push((instance.owner.clone(), vec![instance.id])),
            }
        }
        berth_shared::order::sort_by(&mut groups, |a, b| a.0.cmp(&b.0));
        groups
    });
    let owners = Memo::new(move |_| {
        groups.with(|groups| groups.iter().map(|(owner, _)| owner.clone()).collect::<Vec<_>>())
    });
    view! {
        <table class="table instances" class:stale=move || live.loaded.get() && !live.is_live() data-stack="" data-wide="" aria-label="Instances" aria-busy=move || (!live.loaded.get()).to_string()>
            <thead>
                <tr>
                    <th scope="col">"Environment"</th>
                    <th scope="col">"Status"</th>
                    <th scope="col" data-priority="3">"Pool"</th>
                    <th scope="col" data-priority="3">"Where"</th>
                    <th scope="col" data-priority="3">"Hardware"</th>
                    <th scope="col" data-priority="1" data-num="">"$/h"</th>
                    <th scope="col" data-num="">"So far"</th>
                    <th scope="col" data-priority="4" data-num="">"Up"</th>
                    <th scope="col">"Stops by itself"</th>
                    <th scope="col"><span class="sr">"Stop or remove"</span></th>
                </tr>
            </thead>
            <For each=move || owners.get() key=|owner| owner.clone() let:owner>
                <Group owner=owner groups=groups stopper=stopper remover=remover/>
            </For>
        </table>
    }
}

#[component]
fn Group(
    owner: String,
    groups: Memo<Vec<(String, Vec<InstanceId>)>>,
    stopper: Stopper,
    remover: Remover,
) -> impl IntoView {
    let live = use_live();
    let ids = Memo::new({
        let owner = owner.clone();
        move |_| {
            groups.with(|groups| {
                groups.iter().find(|(name, _)| *name == owner).map(|(_, ids)| ids.clone()).unwrap_or_default()
            })
        }
    });
    let rate = Memo::new(move |_| {
        let all: Vec<Instance> =
            ids.get().into_iter().filter_map(|id| live.instances.row(id)).map(|row| row.get()).collect();
        format!("{}/h", format::rate(rate_of(&all, is_billed)))
    });
    view! {
        <tbody>
            <tr class="table__group"><td colspan="10"><span class="table__group-line">
                <span class="avatar" aria-hidden="true">{owner.chars().take(2).collect::<String>()}</span>
                <b class="table__strong">{owner}</b>
                <span>{move || format!("{} active", ids.with(Vec::len))}</span>
                <span class="table__group-end">{move || rate.get()}</span>
            </span></td></tr>
            <For each=move || ids.get() key=|id| *id let:id><Row id=id stopper=stopper remover=remover/></For>
        </tbody>
    }
}
