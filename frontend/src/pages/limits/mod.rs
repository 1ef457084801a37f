//! *Limits*: how much the project and each person may have and spend, and where they stand.

mod edit;
mod meter;

use std::time::Duration;

use berth_shared::{
    api::{Limits, LimitsOverview, Standing},
    policy::Action,
};
use leptos::task::spawn_local;

use crate::{
    api,
    asked::Asked,
    components::{Avatar, Failed, Icon, Locked, Tag, Time, TimeAs, Tone, TopBar, toaster},
    limits::{ALL, Reach, meters, name, of},
    live::use_live,
    pages::{team::TeamTabs, title::set_title},
    permissions::refusal,
    prelude::*,
};
use edit::EditDialog;
use meter::{Gauge, Line};

/// How often the server is asked while the page is open.
const AGAIN: Duration = Duration::from_secs(10);

/// Whose limits.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Whose {
    Project,
    Everybody,
    Person(String),
}

impl Whose {
    fn path(&self) -> String {
        match self {
            Self::Project => "/api/v1/limits/project".to_owned(),
            Self::Everybody => "/api/v1/limits/everybody".to_owned(),
            Self::Person(name) => format!("/api/v1/limits/people/{}", js_sys::encode_uri_component(name)),
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Project => t!("the project").to_owned(),
            Self::Everybody => t!("each person").to_owned(),
            Self::Person(name) => name.clone(),
        }
    }
}

/// What the parts of the page share. Copied about freely; all copies are one.
#[derive(Clone, Copy)]
struct Board {
    asked: Asked<LimitsOverview>,
    /// Why the reader may change nothing here.
    refused: Memo<Option<String>>,
    /// Whose limits are being changed.
    editing: RwSignal<Option<Whose>>,
}

/// The page at `/team/limits`.
#[component]
pub fn LimitsPage() -> impl IntoView {
    set_title(|| t!("Limits").to_owned());
    let board = Board {
        asked: Asked::follow(|| "/api/v1/limits".to_owned(), AGAIN),
        refused: refusal(Action::ChangeLimits),
        editing: RwSignal::new(None),
    };
    view! {
        <TopBar><h1 class="topbar__title">"Limits"</h1></TopBar>
        <main class="page" id="main" tabindex="-1">
            <TeamTabs/>
            <Failed why=board.asked.failed what="limits"/>
            <Project board/>
            <People board/>
            <EditDialog board/>
        </main>
    }
}

#[component]
fn Change(board: Board, whose: Whose) -> impl IntoView {
    let label = tf!("Change the limits of {}", whose.words());
    view! {
        <button class="btn" data-size="sm" aria-haspopup="dialog" aria-label=label disabled=move || board.refused.with(Option::is_some) title=move || board.refused.get()
            on:click=move |_| board.editing.set(Some(whose.clone()))><Icon name="edit"/>"Change"</button>
    }
}

#[component]
fn Project(board: Board) -> impl IntoView {
    let project =
        Memo::new(move |_| board.asked.answer.with(|all| all.as_ref().map(|all| all.project.clone())));
    let ends = Memo::new(move |_| board.asked.answer.with(|all| all.as_ref().map(|all| all.month_ends_at)));
    view! {
        <section class="panel" aria-labelledby="project-limits">
            <div class="panel__head">
                <h2 class="panel__title" id="project-limits">"The project"</h2>
                <span class="meta">"all people together"</span>
                <span class="panel__spring"></span>
                <Change board whose=Whose::Project/>
            </div>
            <div class="gauges" aria-busy=move || project.with(Option::is_none).to_string()>
                {move || match project.get() {
                    Some(standing) => meters(&standing).into_iter().map(|meter| view! { <Gauge meter/> }).collect_view().into_any(),
                    None => ALL.map(|(what, ..)| view! {
                        <div class="gauge"><div class="gauge__head"><span>{name(what)}</span></div><span class="bone"></span><div class="meta">" "</div></div>
                    }).collect_view().into_any(),
                }}
            </div>
            <div class="panel__foot">
                <span>"From 80 % of a limit on it is said; what would go over one is not launched."</span>
                {move || ends.get().map(|at| view! { <span>"The month ends "<Time at how=TimeAs::Ahead/>"."</span> })}
            </div>
        </section>
    }
}

#[component]
fn People(board: Board) -> impl IntoView {
    let live = use_live();
    let everybody = move || board.asked.answer.with(|all| all.as_ref().map(|all| in_words(&all.everybody)));
    let people = Memo::new(move |_| {
        board.asked.answer.with(|all| {
            all.iter().flat_map(|all| &all.people).filter_map(|one| one.person.clone()).collect::<Vec<_>>()
        })
    });
    let standing = move |person: String| {
        Memo::new(move |_| {
            board.asked.answer.with(|all| {
                let mut people = all.iter().flat_map(|all| &all.people);
                people.find(|one| one.person.as_ref() == Some(&person)).cloned().unwrap_or_default()
            })
        })
    };
    let row = move |person: String| {
        let standing = standing(person.clone());
        let reader = {
            let person = person.clone();
            Memo::new(move |_| live.user.with(|user| user.as_ref().is_some_and(|user| user.name == person)))
        };
        view! { <Row board person standing reader/> }
    };
    view! {
        <section class="panel" aria-labelledby="people-limits">
            <div class="panel__head">
                <h2 class="panel__title" id="people-limits">"People"</h2>
                <span class="meta">"each: "{everybody}</span>
                <span class="panel__spring"></span>
                <Change board whose=Whose::Everybody/>
            </div>
            <table class="table limits" data-stack="" role="table" aria-labelledby="people-limits" aria-busy=move || board.asked.answer.with(Option::is_none).to_string()>
                <thead role="rowgroup"><tr role="row">
                    <th role="columnheader">"Person"</th>
                    {ALL.map(|(what, ..)| view! { <th role="columnheader">{name(what)}</th> })}
                    <th role="columnheader"><span class="sr">"Actions"</span></th>
                </tr></thead>
                <tbody role="rowgroup"><For each=move || people.get() key=Clone::clone children=row/></tbody>
            </table>
            <Show when=move || board.refused.with(Option::is_some)>
                <div class="panel__foot"><Locked why=board.refused/></div>
            </Show>
        </section>
    }
}

#[component]
fn Row(board: Board, person: String, standing: Memo<Standing>, reader: Memo<bool>) -> impl IntoView {
    let say = toaster();
    let own = Memo::new(move |_| standing.with(|standing| standing.own));
    let tone = move || {
        let worst = standing.with(meters).into_iter().map(|meter| meter.reach).max();
        matches!(worst, Some(Reach::Near | Reach::Over)).then_some("warn")
    };
    let cells = move || {
        let places = ["2s", "2e", "3s", "3e"];
        meters(&standing.get())
            .into_iter()
            .zip(places)
            .map(|(meter, place)| view! { <td role="cell" data-cell=place><Line meter/></td> })
            .collect_view()
    };
    let called = StoredValue::new(person.clone());
    let reset = move |_| {
        let person = called.get_value();
        spawn_local(async move {
            match api::delete(&Whose::Person(person.clone()).path()).await {
                Ok(()) => say(Tone::Done, tf!("{person} has the limits of everybody now.")),
                Err(error) => say(Tone::Failed, tf!("The limits of {person} stay as they were. {error}")),
            }
            board.asked.ask();
        });
    };
    view! {
        <tr role="row" data-tone=tone>
            <td role="cell" data-cell="1s"><span class="person">
                <Avatar name=person.clone()/>
                <span class="table__strong person__name">{person.clone()}</span>
                <Show when=move || reader.get()><Tag tone="accent">"you"</Tag></Show>
                <Show when=move || own.get()><Tag>"own limits"</Tag></Show>
            </span></td>
            {cells}
            <td role="cell" data-cell="1e" data-num=""><span class="rowactions limits__acts">
                <Show when=move || own.get()>
                    <button class="btn" data-kind="quiet" data-size="sm" aria-label=move || tf!("Reset the limits of {}", called.get_value())
                        disabled=move || board.refused.with(Option::is_some) title=move || board.refused.get() on:click=reset>"Reset"</button>
                </Show>
                <Change board whose=Whose::Person(person)/>
            </span></td>
        </tr>
    }
}

/// Limits in one line.
fn in_words(limits: &Limits) -> String {
    let parts: Vec<String> = ALL
        .into_iter()
        .filter_map(|(what, ..)| {
            let limit = of(limits, what)?;
            Some(match what {
                berth_shared::api::Limited::Instances => tf!("{limit:.0} instances at once"),
                berth_shared::api::Limited::Gpus => tf!("{limit:.0} GPUs at once"),
                berth_shared::api::Limited::UsdPerHour => tf!("${limit:.2} an hour"),
                berth_shared::api::Limited::UsdPerMonth => tf!("${limit:.2} a month"),
            })
        })
        .collect();
    if parts.is_empty() { t!("as much as there is").to_owned() } else { parts.join(", ") }
}
