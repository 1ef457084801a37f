//! Stopping a run, after asking.

use berth_shared::api::{Run, RunId, StopRequest};
use leptos::task::spawn_local;

use super::{Button, Dialog, Icon, Tone, toaster};
use crate::{api, live::use_live, prelude::*};

#[derive(Clone, Debug, PartialEq)]
struct Question {
    run: RunId,
    name: String,
    force: bool,
}

/// Asks before a run is stopped; one for a page.
#[derive(Clone, Copy)]
pub struct Stopper {
    open: RwSignal<bool>,
    question: RwSignal<Option<Question>>,
    /// Runs whose stop is on its way to the server.
    busy: RwSignal<Vec<RunId>>,
}

impl Stopper {
    /// Not asking anything yet.
    #[must_use]
    pub fn new() -> Self {
        Self { open: RwSignal::new(false), question: RwSignal::new(None), busy: RwSignal::new(Vec::new()) }
    }

    /// Asks whether to stop a run; by force when it is stopping already.
    pub fn ask(&self, run: &Run) {
        self.ask_about(run.id, run.name.clone(), !run.actions().stop);
    }

    /// Asks about the run of that id and name.
    pub fn ask_about(&self, run: RunId, name: String, force: bool) {
        self.question.set(Some(Question { run, name, force }));
        self.open.set(true);
    }

    /// Whether a stop of this run is on its way to the server.
    #[must_use]
    pub fn is_busy(&self, run: RunId) -> bool {
        self.busy.with(|busy| busy.contains(&run))
    }
}

impl Default for Stopper {
    fn default() -> Self {
        Self::new()
    }
}

/// The question itself.
#[component]
pub fn StopDialog(
    /// Who asks.
    stopper: Stopper,
) -> impl IntoView {
    let say = toaster();
    let live = use_live();
    let force =
        move || stopper.question.with(|question| question.as_ref().is_some_and(|question| question.force));
    let name = move || {
        stopper.question.with(|question| question.as_ref().map(|q| q.name.clone()).unwrap_or_default())
    };
    let title =
        Signal::derive(
            move || {
                if force() { tf!("Force {} to stop?", name()) } else { tf!("Stop {}?", name()) }
            },
        );
    let go = move |()| {
        let Some(question) = stopper.question.get_untracked() else { return };
        stopper.open.set(false);
        stopper.busy.update(|busy| busy.push(question.run));
        spawn_local(async move {
            let path = format!("/api/v1/runs/{}/stop", question.name);
            let request = StopRequest { abort: question.force };
            let answer = api::post::<_, Run>(&path, &request).await;
            stopper.busy.try_update(|busy| busy.retain(|run| *run != question.run));
            match answer {
                Ok(_) => {}
                // Somebody was faster, or it ended by itself: that is what was wanted.
                Err(_)
                    if live
                        .runs
                        .row(question.run)
                        .is_some_and(|run| run.with_untracked(|run| run.status.is_finished())) => {}
                Err(error) => say(Tone::Failed, tf!("{} was not stopped. {error}", question.name)),
            }
        });
    };
    view! {
        <Dialog open=stopper.open title=title>
            <p class="dialog__text">
                {move || if force() {
                    t!("Its processes are killed at once, without a chance to save anything.")
                } else {
                    t!("Its processes are asked to end and are killed if they do not. Terminals close, files that are only on its machine are lost, and it costs nothing more.")
                }}
            </p>
            <div class="dialog__actions">
                <Button press=move |()| stopper.open.set(false)>"Keep it running"</Button>
                <Button kind="danger-fill" press=go>
                    <Icon name="stop"/>
                    {move || if force() { t!("Stop by force") } else { t!("Stop") }}
                </Button>
            </div>
        </Dialog>
    }
}
