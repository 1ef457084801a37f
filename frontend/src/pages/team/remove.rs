//! Removing an instance: at once when nothing is on it, after asking when something is; writing off one that cannot be
//! removed.

use berth_shared::api::{Instance, InstanceId, RemoveInstance, Run};
use leptos::task::spawn_local;

use crate::{
    api,
    components::{Dialog, Icon, Tone, toaster},
    live::use_live,
    prelude::*,
};

#[derive(Clone, Debug, PartialEq)]
struct Question {
    id: InstanceId,
    name: String,
    /// The run that removing it interrupts.
    run: Option<String>,
    write_off: bool,
}

/// Removes instances of a page, and asks first where that is wanted.
#[derive(Clone, Copy)]
pub(super) struct Remover {
    open: RwSignal<bool>,
    question: RwSignal<Option<Question>>,
    /// Instances whose removal is on its way to the server.
    busy: RwSignal<Vec<InstanceId>>,
    go: StoredValue<Box<dyn Fn(Question) + Send + Sync>>,
}

impl Remover {
    /// Not asking anything yet.
    pub(super) fn new() -> Self {
        let say = toaster();
        let live = use_live();
        let busy = RwSignal::new(Vec::new());
        let go = move |question: Question| {
            let Question { id, name, run, write_off } = question;
            busy.update(|busy: &mut Vec<InstanceId>| busy.push(id));
            spawn_local(async move {
                let request = RemoveInstance { force: run.is_some(), forget: write_off };
                let answer =
                    api::post::<_, Instance>(&format!("/api/v1/instances/{id}/remove"), &request).await;
                busy.try_update(|busy| busy.retain(|other| *other != id));
                let word = if write_off { t!("written off") } else { t!("removed") };
                match answer {
                    Ok(_) => {}
                    // It went by itself meanwhile: that is what was wanted.
                    Err(_) if live.instances.row(id).is_none() => {}
                    Err(error) => say(Tone::Failed, tf!("{name} was not {word}. {error}")),
                }
            });
        };
        Self {
            open: RwSignal::new(false),
            question: RwSignal::new(None),
            busy,
            go: StoredValue::new(Box::new(go)),
        }
    }

    /// Removes it; asks first when a run is on it.
    pub(super) fn remove(self, instance: &Instance, run: Option<&Run>) {
        let run = run.filter(|run| !run.status.is_finished()).map(|run| run.name.clone());
        let question = Question { id: instance.id, name: instance.name.clone(), run, write_off: false };
        if question.run.is_some() {
            self.ask(question);
        } else {
            self.go.with_value(|go| go(question));
        }
    }

    /// Asks whether to write it off.
    pub(super) fn ask_to_write_off(self, instance: &Instance) {
        self.ask(Question { id: instance.id, name: instance.name.clone(), run: None, write_off: true });
    }

    /// Whether its removal is on its way to the server.
    pub(super) fn is_busy(self, id: InstanceId) -> bool {
        self.busy.with(|busy| busy.contains(&id))
    }

    fn ask(self, question: Question) {
        self.question.set(Some(question));
        self.open.set(true);
    }
}

/// The question itself.
#[component]
pub(super) fn RemoveDialog(remover: Remover) -> impl IntoView {
    let of = move |read: fn(&Question) -> String| {
        remover.question.with(|question| question.as_ref().map(read).unwrap_or_default())
    };
    let write_off = move || {
        remover.question.with(|question| question.as_ref().is_some_and(|question| question.write_off))
    };
    let title = Signal::derive(move || {
        let name = of(|question| question.name.clone());
        if write_off() { tf!("Write off {name}?") } else { tf!("Remove {name}?") }
    });
    let text = move || {
        if write_off() {
            return t!("Its provider has not confirmed that it is gone: it may still cost money. It leaves this list, and the sweep goes on looking for it. See to it in the provider’s console.").to_owned();
        }
        let run = of(|question| question.run.clone().unwrap_or_default());
        tf!(
            "This interrupts the run {run}: its processes end, and files that are only on this machine are lost."
        )
    };
    let go = move |_| {
        let Some(question) = remover.question.get_untracked() else { return };
        remover.open.set(false);
        remover.go.with_value(|go| go(question));
    };
    view! {
        <Dialog open=remover.open title=title>
            <p class="dialog__text">{text}</p>
            <div class="dialog__actions">
                <button class="btn" on:click=move |_| remover.open.set(false)>"Keep it"</button>
                <button class="btn" data-kind="danger-fill" on:click=go>
                    <Icon name="trash"/>{move || if write_off() { t!("Write off") } else { t!("Remove and interrupt") }}
                </button>
            </div>
        </Dialog>
    }
}
