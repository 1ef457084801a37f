//! *Runs*: everything that was launched, as it goes.

mod filter;
mod last;
mod older;
mod row;
mod use_spark;

use berth_shared::api::{Run, RunId};

use crate::{
    components::{Bone, Chunks, Form, GroupRow, Icon, LongList, StopDialog, Stopper, TopBar, Void},
    format,
    live::use_live,
    pages::title::set_title,
    prelude::*,
    runs::View,
};
use filter::{Filter, FilterBar};
use older::Older;
use row::Row;

/// How many columns the table has at most.
const COLUMNS: &str = "10";

/// The page at `/runs`.
#[component]
pub fn Runs() -> impl IntoView {
    let live = use_live();
    set_title(|| t!("Runs").to_owned());
    let stopper = Stopper::new();
    let filter = Filter::new();
    use_spark::provide();
    let nothing = Memo::new(move |_| live.loaded.get() && live.runs.is_empty());
    view! {
        <TopBar><h1 class="topbar__title">"Runs"</h1></TopBar>
        <main class="page" id="main" tabindex="-1">
            <Show when=move || !nothing.get() fallback=Nothing>
                <FilterBar filter=filter/>
                <section class="panel" data-clip="" aria-label="All runs">
                    <Table filter=filter stopper=stopper/>
                    <Older/>
                </section>
            </Show>
            <StopDialog stopper=stopper/>
        </main>
    }
}

#[component]
fn Nothing() -> impl IntoView {
    view! {
        <section class="panel" aria-label="Nothing yet">
            <Void title="No environments yet">
                <p class="void__text">
                    "Paste a " <span class="mono">".dstack.yml"</span>
                    " and see what it means, which machines fit and what each costs. Nothing starts before you press Launch."
                </p>
                <div class="actions"><a class="btn" data-kind="primary" href=crate::site::at("/")>"Launch an environment"</a></div>
            </Void>
        </section>
    }
}

#[component]
fn Table(filter: Filter, stopper: Stopper) -> impl IntoView {
    let live = use_live();
    let shown = move |finished: bool| {
        Memo::new(move |_| {
            let mut ids = Vec::<RunId>::new();
            live.user.with(|user| {
                filter.view.with(|view| {
                    let is_shown = view.filter(user.as_ref().map(|user| user.name.as_str()));
                    live.runs.each(|run| {
                        if run.status.is_finished() == finished && is_shown(run) {
                            ids.push(run.id);
                        }
                    });
                });
            });
            ids
        })
    };
    let (active, finished) = (shown(false), shown(true));
    let burn = Memo::new(move |_| {
        let mut rate = 0.0;
        live.runs.each(|run| {
            rate += run.offer.as_ref().filter(|_| is_billed(run)).map_or(0.0, |offer| offer.price)
        });
        format!("{}/h", format::rate(rate))
    });
    // Without tags there is no column for them.
    let tagged = Memo::new(move |_| live.runs.count(|run| !run.tags.is_empty()) > 0);
    let long = LongList::new();
    let none = move || live.loaded.get() && active.with(Vec::is_empty) && finished.with(Vec::is_empty);
    view! {
        <table class="table" class:stale=move || live.loaded.get() && !live.is_live() data-stack="" data-wide="" aria-label="Runs" aria-busy=move || (!live.loaded.get()).to_string()>
            <thead>
                <tr>
                    <th scope="col">"Run"</th>
                    <th scope="col">"Status"</th>
                    <th scope="col" data-priority="3">"By"</th>
                    <th scope="col">"Where"</th>
                    <th scope="col" data-priority="3">"Hardware"</th>
                    <Show when=move || tagged.get()><th scope="col" data-priority="6">"Tags"</th></Show>
                    <th scope="col" data-priority="4" data-num="">"$/h"</th>
                    <th scope="col" data-num="">"Cost"</th>
                    <th scope="col" data-priority="2" data-num="" aria-sort="descending">"Launched"</th>
                    <th scope="col"><span class="sr">"Actions"</span></th>
                </tr>
            </thead>
            <Show when=move || live.loaded.get() fallback=Bones>
                <tbody>
                    <Show when=move || !active.with(Vec::is_empty)>
                        <GroupRow columns=COLUMNS title="Active" count=Signal::derive(move || active.with(Vec::len)) end=burn/>
                    </Show>
                </tbody>
                <Chunks long ids=active form=Form::Rows(COLUMNS) row=move |id| view! { <Row id=id stopper=stopper filter=filter tagged=tagged/> }/>
                // With nothing below it the last row has no line of its own.
                <Show when=move || !finished.with(Vec::is_empty)>
                    <tbody>
                        <GroupRow columns=COLUMNS title="Finished" count=Signal::derive(move || finished.with(Vec::len))/>
                    </tbody>
                    <Chunks long ids=finished form=Form::Rows(COLUMNS) row=move |id| view! { <Row id=id stopper=stopper filter=filter tagged=tagged/> }/>
                </Show>
            </Show>
        </table>
        <Show when=none>
            <Void title="Nothing matches">
                <p class="void__text">{move || tf!("{} are hidden by the filter.", runs_in_words(live.runs.len()))}</p>
                <div class="actions"><button class="btn" on:click=move |_| filter.change(false, |view| *view = View::default())><Icon name="x"/>"Clear the filter"</button></div>
            </Void>
        </Show>
    }
}

fn runs_in_words(count: usize) -> String {
    if count == 1 { t!("1 run").to_owned() } else { tf!("{count} runs") }
}

fn is_billed(run: &Run) -> bool {
    run.billed_from.is_some() && run.billed_to.is_none()
}

/// Rows in their final height while nothing has come yet.
#[component]
fn Bones() -> impl IntoView {
    view! {
        <tbody aria-hidden="true">
            {(0..3).map(|_| view! {
                <tr>
                    <td data-cell="1s"><Bone width="7rem"/></td>
                    <td class="table__grow" data-cell="2"><Bone width="5rem"/></td>
                    <td data-priority="3"><Bone width="3rem"/></td>
                    <td><Bone width="6rem"/></td>
                    <td data-priority="3"><Bone width="5rem"/></td>
                    <td data-priority="4"><Bone width="3rem" end=true/></td>
                    <td><Bone width="3rem" end=true/></td>
                    <td data-priority="2"><Bone width="4rem" end=true/></td>
                    <td></td>
                </tr>
            }).collect_view()}
        </tbody>
    }
}
