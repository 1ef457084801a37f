//! The instances under their headings, as a table or as cards.

use berth_shared::api::InstanceId;

use super::{Ways, card::Card, row::Row};
use crate::{
    components::{Avatar, Backend, Chunks, Form, Icon, LongList, Void},
    format,
    live::use_live,
    prelude::*,
    team::{
        roster::{Group, groups},
        view::{By, Shape},
    },
};

/// How many columns the table has at most.
const COLUMNS: &str = "13";

/// What is listed, and how it is drawn. Copied about freely; all copies are one.
#[derive(Clone, Copy)]
struct Drawn {
    groups: Memo<Vec<Group>>,
    long: LongList,
    /// The machine that a link from a run leads to.
    meant: Option<InstanceId>,
}

/// What the view lets pass.
#[component]
pub(super) fn List(ways: Ways) -> impl IntoView {
    let live = use_live();
    let view = ways.lookout.view;
    let groups = Memo::new(move |_| ways.crew.facts.with(|facts| view.with(|view| groups(facts, view))));
    let drawn = Drawn { groups, long: LongList::new(), meant: meant() };
    let cards = Memo::new(move |_| view.with(|view| view.shape == Shape::Cards));
    let none = Memo::new(move |_| {
        live.loaded.get() && groups.with(Vec::is_empty) && ways.crew.facts.with(|facts| !facts.is_empty())
    });
    view! {
        <Show when=move || cards.get() fallback=move || view! { <Table ways drawn/> }><Cards ways drawn/></Show>
        <Show when=move || none.get()>
            <Void title="Nothing matches">
                <p class="void__text">{move || match ways.crew.facts.with(Vec::len) {
                    1 => t!("1 instance is hidden by the filter.").to_owned(),
                    count => tf!("{count} instances are hidden by the filter."),
                }}</p>
                <div class="actions"><button class="btn" on:click=move |_| ways.lookout.change(false, |view| *view = view.opened())><Icon name="x"/>"Clear the filter"</button></div>
            </Void>
        </Show>
    }
}

fn meant() -> Option<InstanceId> {
    let hash = window().location().hash().ok()?;
    hash.trim_start_matches('#').parse().ok().map(InstanceId)
}

/// The keys of the headings, each with its own part of the list.
fn headings(drawn: Drawn) -> Memo<Vec<String>> {
    Memo::new(move |_| drawn.groups.with(|groups| groups.iter().map(|group| group.key.clone()).collect()))
}

/// A part of a group; an empty one once it has gone.
fn part<T: Clone + Default + PartialEq + Send + Sync + 'static>(
    drawn: Drawn,
    key: String,
    read: fn(&Group) -> T,
) -> Memo<T> {
    Memo::new(move |_| {
        drawn.groups.with(|groups| groups.iter().find(|group| group.key == key).map(read).unwrap_or_default())
    })
}

/// Whether it is the first heading as things are.
fn is_first(drawn: Drawn, key: &str) -> bool {
    drawn.groups.with_untracked(|groups| groups.first().is_some_and(|group| group.key == key))
}

/// A heading with how many stand under it, and what they cost.
#[component]
fn Heading(ways: Ways, drawn: Drawn, key: String) -> impl IntoView {
    let by = ways.lookout.view.with_untracked(|view| view.by);
    let sum = part(drawn, key.clone(), |group| (group.ids.len(), group.rate));
    let title = match by {
        By::Person => view! {
            <Avatar name=key.clone()/>
            <b class="table__strong">{key}</b>
        }
        .into_any(),
        By::Backend => view! { <b class="table__strong"><Backend backend=key/></b> }.into_any(),
        By::Gpu => view! { <b class="table__strong">{key}</b> }.into_any(),
    };
    view! {
        <span class="table__group-line">
            {title}
            <span>{move || tf!("{} active", sum.get().0)}</span>
            <span class="table__group-end">{move || format!("{}/h", format::rate(sum.get().1))}</span>
        </span>
    }
}

#[component]
fn Table(ways: Ways, drawn: Drawn) -> impl IntoView {
    let live = use_live();
    let by = Memo::new(move |_| ways.lookout.view.with(|view| view.by));
    let headings = headings(drawn);
    view! {
        <table class="table instances" class:stale=move || live.loaded.get() && !live.is_live() data-stack="" data-wide="" aria-label="Instances" aria-busy=move || (!live.loaded.get()).to_string()>
            <thead>
                <tr>
                    <th scope="col">"Environment"</th>
                    <th scope="col">"Status"</th>
                    <Show when=move || by.get() != By::Person><th scope="col" data-priority="3">"Person"</th></Show>
                    <th scope="col" data-priority="4">"Pool"</th>
                    <th scope="col" data-priority="3">"Where"</th>
                    <th scope="col" data-priority="3">"Hardware"</th>
                    <Show when=move || ways.crew.tagged.get()><th scope="col" data-priority="6">"Tags"</th></Show>
                    <th scope="col" data-priority="2">"Use, 30 min"</th>
                    <th scope="col" data-priority="1" data-num="">"$/h"</th>
                    <th scope="col" data-num="">"So far"</th>
                    <th scope="col" data-priority="5" data-num="">"Up"</th>
                    <th scope="col">"Stops by itself"</th>
                    <th scope="col"><span class="sr">"Stop or remove"</span></th>
                </tr>
            </thead>
            <For each=move || { let by = by.get(); headings.get().into_iter().map(move |key| (by, key)).collect::<Vec<_>>() } key=|(by, key)| (by.word(), key.clone()) let((_, key))>
                <Rows ways drawn key/>
            </For>
        </table>
    }
}

#[component]
fn Rows(ways: Ways, drawn: Drawn, key: String) -> impl IntoView {
    let ids = part(drawn, key.clone(), |group| group.ids.clone());
    let first = is_first(drawn, &key);
    view! {
        <tbody><tr class="table__group"><td colspan=COLUMNS><Heading ways drawn key/></td></tr></tbody>
        <Chunks long=drawn.long ids form=Form::Rows(COLUMNS) meant=drawn.meant first row=move |id| view! { <Row id ways/> }/>
    }
}

#[component]
fn Cards(ways: Ways, drawn: Drawn) -> impl IntoView {
    let live = use_live();
    let by = Memo::new(move |_| ways.lookout.view.with(|view| view.by));
    let headings = headings(drawn);
    view! {
        <div class:stale=move || live.loaded.get() && !live.is_live() role="group" aria-label="Instances">
            <For each=move || { let by = by.get(); headings.get().into_iter().map(move |key| (by, key)).collect::<Vec<_>>() } key=|(by, key)| (by.word(), key.clone()) let((_, key))>
                <CardGroup ways drawn key/>
            </For>
        </div>
    }
}

#[component]
fn CardGroup(ways: Ways, drawn: Drawn, key: String) -> impl IntoView {
    let ids: Memo<Vec<InstanceId>> = part(drawn, key.clone(), |group| group.ids.clone());
    let first = is_first(drawn, &key);
    view! {
        <h3 class="cards__head"><Heading ways drawn key/></h3>
        <Chunks long=drawn.long ids form=Form::Cards meant=drawn.meant first row=move |id| view! { <Card id ways/> }/>
    }
}
