//! *Run*: one environment, from Launch to its end.

pub(crate) mod again;
mod asked;
mod attach;
mod cost;
mod head;
mod logs;
mod offered;
mod phase_bar;
mod ports;
mod pull;
mod terminal;
mod terminals;
mod timeline;
mod trouble;
mod usage;
mod waits;
mod work;

pub(crate) use attach::ssh_command;
pub(super) use logs::stream;

use berth_shared::api::{Run, RunDetail, RunId, RunStatus, Topic};
use leptos::task::spawn_local;
use leptos_router::hooks::use_params_map;

use crate::{
    api,
    components::{Bone, Icon, Prose, StopDialog, Stopper, TopBar, Void},
    format,
    live::{Feed, use_live},
    pages::title::{set_icon, set_title},
    prelude::*,
};

/// What stands behind a run's status: what it does, or why it ended.
pub(super) fn status_note(run: &Run) -> String {
    let note = match run.status {
        RunStatus::Running => None,
        RunStatus::Submitted | RunStatus::Pending => run.progress.as_ref().or(run.message.as_ref()),
        // Its message is why an earlier attempt came to nothing.
        RunStatus::Provisioning => run.progress.as_ref(),
        RunStatus::Terminating | RunStatus::Terminated | RunStatus::Failed | RunStatus::Done => {
            run.message.as_ref()
        }
    };
    // A note is a line; the page of the run has the whole text.
    note.and_then(|note| note.lines().next()).unwrap_or_default().to_owned()
}

/// A run and what is known of it, as the parts of its page get it.
#[derive(Clone)]
struct Subject {
    id: RunId,
    name: String,
    run: Memo<Run>,
    feed: Feed,
}

/// Where the search for a run of a name has got to.
#[derive(Clone, Debug, PartialEq)]
enum Search {
    InList,
    Asking,
    Gone,
    Missing(String),
}

/// The page at `/runs/NAME`.
#[component]
pub fn RunPage() -> impl IntoView {
    let live = use_live();
    let params = use_params_map();
    let name = Memo::new(move |_| params.with(|params| params.get("name").unwrap_or_default()));
    // A name is unique among runs that are not finished; among finished ones the newest is meant.
    let id = Memo::new(move |_| {
        let name = name.get();
        let called = |run: &Run| run.name == name;
        live.runs
            .find(|run| called(run) && !run.status.is_finished())
            .or_else(|| live.runs.find(called))
            .map(|run| run.id)
    });
    let search = RwSignal::new(Search::InList);
    // The stream tells of the newest finished ones only.
    Effect::new(move |before: Option<Option<String>>| {
        let wanted = name.get();
        let found = id.get().is_some();
        if !live.loaded.get() || id.get().is_some() {
            search.set(Search::InList);
            return found.then_some(wanted);
        }
        // It was here a moment ago: somebody has deleted it.
        if before.flatten().as_ref() == Some(&wanted) {
            search.set(Search::Gone);
            return None;
        }
        search.set(Search::Asking);
        spawn_local(async move {
            match api::get::<RunDetail>(&format!("/api/v1/runs/{wanted}")).await {
                Ok(detail) => live.runs.insert_missing(detail.run),
                Err(error) if name.try_get_untracked().as_ref() == Some(&wanted) => {
                    search.try_set(Search::Missing(error.to_string()));
                }
                Err(_) => {}
            }
        });
        None
    });
    let status =
        Memo::new(move |_| id.get().and_then(|id| live.runs.row(id)).map(|run| run.with(|run| run.status)));
    set_title(move || {
        let mark = if status.get() == Some(RunStatus::Running) { "● " } else { "" };
        format!("{mark}{}", name.get())
    });
    set_icon(move || status.get().map(RunStatus::as_str));
    let missing = move || match search.get() {
        Search::Missing(why) => Some(why),
        Search::Gone => Some(tf!("`{}` was deleted.", name.get())),
        Search::InList | Search::Asking => None,
    };
    view! {
        <TopBar>
            <a class="topbar__crumb" href=crate::site::at("/runs")>"Runs"<Icon name="right"/></a>
            <span class="topbar__title">{move || name.get()}</span>
        </TopBar>
        <main class="page" id="main" tabindex="-1">
            {move || match id.get() {
                Some(id) => view! { <Found id=id/> }.into_any(),
                None => view! {
                    <Show when=move || missing().is_some() fallback=Loading>
                        <section class="panel" aria-label="No such run">
                            <Void title="No such run" tone="danger">
                                <p class="void__text"><Prose text=Signal::derive(move || missing().unwrap_or_default()) capital=true/></p>
                                <div class="actions"><a class="btn" href=crate::site::at("/runs")>"See all runs"</a></div>
                            </Void>
                        </section>
                    </Show>
                }.into_any(),
            }}
        </main>
    }
}

#[component]
fn Loading() -> impl IntoView {
    view! {
        <div class="runhead" aria-busy="true">
            <div>
                <h1 class="runhead__name"><Bone width="12rem"/><span class="sr">"Loading"</span></h1>
                <div class="runhead__meta"><Bone width="24rem"/></div>
            </div>
        </div>
    }
}

#[component]
fn Found(id: RunId) -> impl IntoView {
    let live = use_live();
    let row = live.runs.row(id)?;
    let name = row.with_untracked(|run| run.name.clone());
    let feed = live.feed(id);
    live.follow(Topic::Timeline { run_id: id });
    logs::load::follow(&feed, name.clone(), id);
    let subject = Subject { id, name, run: Memo::new(move |_| row.get()), feed };
    let stopper = Stopper::new();
    Some(view! {
        <Told subject=subject.clone()/>
        <head::Head subject=subject.clone() stopper=stopper/>
        <phase_bar::PhaseBar subject=subject.clone()/>
        <pull::Pull subject=subject.clone()/>
        <waits::Waits subject=subject.clone()/>
        <trouble::Trouble subject=subject.clone()/>
        <div class="columns">
            <div class="stack">
                <attach::Attach subject=subject.clone()/>
                <work::Work subject=subject.clone()/>
            </div>
            <div class="stack" data-side="">
                <cost::Cost subject=subject.clone()/>
                <timeline::Timeline subject=subject/>
            </div>
        </div>
        <StopDialog stopper=stopper/>
    })
}

/// Says each change of the status once to those who do not see it. Nothing at first: how the run stood when the page came is no news.
#[component]
fn Told(subject: Subject) -> impl IntoView {
    let Subject { name, run, .. } = subject;
    let status = Memo::new(move |_| run.with(|run| run.status));
    let told = RwSignal::new(String::new());
    Effect::new(move |before: Option<RunStatus>| {
        let now = status.get();
        if before.is_some_and(|before| before != now) {
            told.set(format!("{name}: {}", format::status_word(now.as_str())));
        }
        now
    });
    view! { <p class="sr" role="status">{move || told.get()}</p> }
}
