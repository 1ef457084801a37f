//! The instances under their headings, as a table or as cards.

use berth_shared::api::InstanceId;
use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;

use super::{Ways, card::Card, row::Row};
use crate::{
    components::{Avatar, Backend, Icon, Void},
    format,
    live::use_live,
    team::{
        roster::{Group, groups},
        view::{By, Shape},
    },
};

/// How many instances are drawn at first, and how many more whenever the end of them comes into sight.
const AT_ONCE: usize = 50;

/// How many are drawn, and how many could be.
#[derive(Clone, Copy)]
struct Drawn {
    most: RwSignal<usize>,
    groups: Memo<Vec<Group>>,
}

impl Drawn {
    fn left(self) -> usize {
        self.groups.with(|groups| groups.iter().map(|group| group.count - group.ids.len()).sum())
    }
}

/// What the view lets pass.
#[component]
pub(super) fn List(ways: Ways) -> impl IntoView {
    let live = use_live();
    let view = ways.lookout.view;
    let most = RwSignal::new(AT_ONCE);
    Effect::new(move |_| {
        view.track();
        most.set(AT_ONCE);
    });
    let groups =
        Memo::new(move |_| ways.crew.facts.with(|facts| view.with(|view| groups(facts, view, most.get()))));
    let drawn = Drawn { most, groups };
    let cards = Memo::new(move |_| view.with(|view| view.shape == Shape::Cards));
    let none = Memo::new(move |_| {
        live.loaded.get() && groups.with(Vec::is_empty) && ways.crew.facts.with(|facts| !facts.is_empty())
    });
    view! {
        <Show when=move || cards.get() fallback=move || view! { <Table ways drawn/> }><Cards ways drawn/></Show>
        <More drawn/>
        <Show when=move || none.get()>
            <Void title="Nothing matches">
                <p class="void__text">{move || match ways.crew.facts.with(Vec::len) {
                    1 => "1 instance is hidden by the filter.".to_owned(),
                    count => format!("{count} instances are hidden by the filter."),
                }}</p>
                <div class="actions"><button class="btn" on:click=move |_| ways.lookout.change(false, |view| *view = view.opened())><Icon name="x"/>"Clear the filter"</button></div>
            </Void>
        </Show>
    }
}

/// Draws more when it comes into sight, or when it is pressed.
#[component]
fn More(drawn: Drawn) -> impl IntoView {
    let left = Memo::new(move |_| drawn.left());
    view! { <Show when=move || { left.get() > 0 }><MoreButton drawn left/></Show> }
}

#[component]
fn MoreButton(drawn: Drawn, left: Memo<usize>) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    let more = move || drawn.most.update(|most| *most += AT_ONCE);
    let watch = super::Watch::new();
    let near = watch.see("team-more".to_owned(), move || node.get().and_then(|node| node.dyn_into().ok()));
    Effect::new(move |_| {
        // It stays in sight until enough is drawn; each time it has moved down, it is asked again.
        if near.get() && left.get() > 0 {
            request_animation_frame(more);
        }
    });
    view! {
        <div class="panel__foot" id="team-more" node_ref=node>
            <span>{move || format!("{} more", format::grouped(left.get() as u64))}</span>
            <button class="btn" data-size="sm" on:click=move |_| more()>"Show more"</button>
        </div>
    }
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

/// A heading with how many stand under it, and what they cost.
#[component]
fn Heading(ways: Ways, drawn: Drawn, key: String) -> impl IntoView {
    let by = ways.lookout.view.with_untracked(|view| view.by);
    let sum = part(drawn, key.clone(), |group| (group.count, group.rate));
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
            <span>{move || format!("{} active", sum.get().0)}</span>
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
    view! {
        <tbody>
            <tr class="table__group"><td colspan="12"><Heading ways drawn key/></td></tr>
            <For each=move || ids.get() key=|id| *id let:id><Row id ways/></For>
        </tbody>
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
    view! {
        <h3 class="cards__head"><Heading ways drawn key/></h3>
        <div class="cards">
            <For each=move || ids.get() key=|id| *id let:id><Card id ways/></For>
        </div>
    }
}
