//! Name, status, where, and what can be done.

use crate::site::use_navigate;
use berth_shared::{api::Run, policy::Action};
use leptos::task::spawn_local;

use super::{Subject, again::Again, status_note};
use crate::{
    api, browser,
    components::{Backend, Dialog, Icon, Locked, Status, Stopper, Tags, Tone, toaster},
    format,
    live::use_live,
    permissions::{refusal, refusal_of},
    prelude::*,
};

/// The head of the page.
#[component]
pub(super) fn Head(subject: Subject, stopper: Stopper) -> impl IntoView {
    let live = use_live();
    let run = subject.run;
    let status = Signal::derive(move || run.with(|run| run.status.as_str()));
    let note = Memo::new(move |_| {
        // A notice below says why it is over, or waits for its next attempt.
        let told = |run: &Run| run.status.is_finished() || run.retry_at.or(run.due_at).is_some();
        run.with(|run| if told(run) { String::new() } else { status_note(run) })
    });
    let offer = Memo::new(move |_| run.with(|run| run.offer.clone()));
    let hardware = Memo::new(move |_| offer.with(|offer| offer.as_ref().map(format::machine::hardware)));
    let tags = Memo::new(move |_| run.with(|run| run.tags.clone()));
    let attempts = Memo::new(move |_| run.with(|run| run.attempts));
    let owner = run.with_untracked(|run| run.owner.clone());
    let launched = run.with_untracked(|run| run.submitted_at);
    let when = Memo::new(move |_| {
        let now = live.now.get();
        run.with(|run| match (run.started_at, run.finished_at) {
            (_, Some(over)) => {
                tf!("over since {}, {}", format::clock_when(over, now), format::ago(over, now))
            }
            (Some(started), None) => {
                tf!(
                    "started {}, {} ago",
                    format::clock_when(started, now),
                    format::duration(now.millis_since(started))
                )
            }
            (None, None) => tf!(
                "launched {}, {} ago",
                format::clock_when(launched, now),
                format::duration(now.millis_since(launched))
            ),
        })
    });
    view! {
        <div class="runhead">
            <div>
                <h1 class="runhead__name">
                    {subject.name.clone()}
                    <Status status=status note=note size="lg"/>
                </h1>
                <div class="runhead__meta">
                    <span>{owner}</span>
                    {move || offer.get().map(|offer| {
                        let region = if offer.backend == "local" { t!("this machine").to_owned() } else { format!("{} {}", offer.backend, offer.region) };
                        let own_word = offer.instance_type != offer.backend;
                        view! {
                            <span><Backend backend=offer.backend.clone() name=region/></span>
                            <span>{move || hardware.get()}</span>
                            {own_word.then(|| view! { <span class="mono">{offer.instance_type.clone()}</span> })}
                            {offer.spot.then(|| view! { <span>"Spot"</span> })}
                        }
                    })}
                    <Show when=move || { attempts.get() > 1 }><span>"attempt "{move || attempts.get()}</span></Show>
                    <span title=format::exact(launched)>{move || when.get()}</span>
                    <Tags tags/>
                </div>
            </div>
            <Actions subject=subject stopper=stopper/>
        </div>
    }
}

#[component]
fn Actions(subject: Subject, stopper: Stopper) -> impl IntoView {
    let id = subject.id;
    let run = subject.run;
    let can =
        Memo::new(move |_| run.with(|run| (run.actions().stop, run.actions().abort, run.actions().delete)));
    // What the reader may not do is said once, the stronger reason first.
    let (no_launch, no_change) = (
        refusal(Action::Launch),
        refusal_of(Action::ChangeRun, move || Some(run.with(|run| run.owner.clone()))),
    );
    let locked = Signal::derive(move || no_launch.get().or_else(|| no_change.get()));
    let again = RwSignal::new(false);
    let removal = RwSignal::new(false);
    let say = toaster();
    let navigate = use_navigate();
    let timeline = subject.feed.timeline.clone();
    let text: Signal<Option<String>> = Signal::derive(move || {
        timeline.with(|timeline| timeline.as_ref().map(|timeline| timeline.configuration.clone()))
    });

    let run_again = {
        let navigate = navigate.clone();
        move |_| {
            let Some(configuration) = text.get_untracked() else { return };
            again.set(true);
            let navigate = navigate.clone();
            spawn_local(async move {
                match super::again::again(&run.get_untracked(), configuration).await {
                    Again::Launched(name) => navigate(&format!("/runs/{name}"), Default::default()),
                    Again::Waits(error) => {
                        say(Tone::Failed, error.to_string());
                        navigate("/", Default::default());
                    }
                    Again::Failed(error) => say(Tone::Failed, error.to_string()),
                }
                again.try_set(false);
            });
        }
    };
    let edit = {
        let navigate = navigate.clone();
        move |_| {
            let Some(configuration) = text.get_untracked() else { return };
            if browser::leave_draft(&configuration) {
                navigate("/", Default::default());
            } else {
                say(
                    Tone::Failed,
                    t!("The browser keeps nothing for this page: copy the text under Asked for.").to_owned(),
                );
            }
        }
    };
    let name = subject.name.clone();
    let remove = {
        let name = name.clone();
        move |_| {
            removal.set(false);
            let (navigate, name) = (navigate.clone(), name.clone());
            spawn_local(async move {
                match api::delete(&format!("/api/v1/runs/{name}")).await {
                    Ok(()) => {
                        say(Tone::Done, tf!("{name} was removed."));
                        navigate("/runs", Default::default());
                    }
                    Err(error) => say(Tone::Failed, tf!("{name} was not removed. {error}")),
                }
            });
        }
    };
    view! {
        <div class="actions">
            <button class="btn" on:click=run_again disabled=move || text.with(Option::is_none) || no_launch.with(Option::is_some) title=move || no_launch.get() aria-busy=move || again.get().to_string()>
                <Icon name="again"/>{move || if again.get() { t!("Launching…") } else { t!("Run again") }}
            </button>
            <button class="btn" on:click=edit disabled=move || text.with(Option::is_none) || no_launch.with(Option::is_some) title=move || no_launch.get()><Icon name="edit"/>"Edit and run"</button>
            <Show when=move || can.get().0>
                <button class="btn" data-kind="danger" aria-busy=move || stopper.is_busy(id).to_string()
                    disabled=move || no_change.with(Option::is_some) title=move || no_change.get()
                    on:click=move |_| run.with_untracked(|run| stopper.ask(run))>
                    <Icon name="stop"/>{move || if stopper.is_busy(id) { t!("Stopping…") } else { t!("Stop") }}
                </button>
            </Show>
            <Show when=move || can.get().1 && !can.get().0>
                <button class="btn" data-kind="danger" aria-busy=move || stopper.is_busy(id).to_string()
                    disabled=move || no_change.with(Option::is_some) title=move || no_change.get()
                    on:click=move |_| run.with_untracked(|run| stopper.ask(run))>
                    <Icon name="stop"/>"Force stop"
                </button>
            </Show>
            <Show when=move || can.get().2>
                <button class="btn" data-kind="quiet" disabled=move || no_change.with(Option::is_some) title=move || no_change.get() on:click=move |_| removal.set(true)><Icon name="trash"/>"Delete"</button>
            </Show>
            <Locked why=locked/>
        </div>
        <Dialog open=removal title=tf!("Delete {name}?")>
            <p class="dialog__text">"Its log and timeline go with it. This cannot be undone."</p>
            <div class="dialog__actions">
                <button class="btn" on:click=move |_| removal.set(false)>"Keep it"</button>
                <button class="btn" data-kind="danger-fill" on:click=remove><Icon name="trash"/>"Delete"</button>
            </div>
        </Dialog>
    }
}
