//! Short notes about what an action brought, at the foot of the window.

use std::time::Duration;

use super::{Button, Icon, Prose};
use crate::prelude::*;

/// How a note is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// It worked.
    Done,
    /// It did not.
    Failed,
    /// Something happened elsewhere.
    Told,
}

#[derive(Clone, Debug, PartialEq)]
struct Toast {
    id: u64,
    tone: Tone,
    text: String,
    /// The page about it.
    link: Option<String>,
}

#[derive(Clone, Copy)]
struct Store(RwSignal<(u64, Vec<Toast>)>);

/// How many notes stand at once; older ones go.
const AT_ONCE: usize = 4;

/// Makes the notes' store; called once, at the root.
pub fn provide_toasts() {
    provide_context(Store(RwSignal::new((0, Vec::new()))));
}

/// Says something. What worked goes by itself after a few seconds; what failed stays until it is dismissed.
pub fn toast(tone: Tone, text: impl Into<String>) {
    let Some(store) = use_context::<Store>() else { return };
    say(store, tone, text.into(), None);
}

/// A function that says something later, when there is no component to ask from any more.
pub fn toaster() -> impl Fn(Tone, String) + Copy + Send + Sync + 'static {
    let store = use_context::<Store>();
    move |tone, text| {
        if let Some(store) = store {
            say(store, tone, text, None);
        }
    }
}

/// As [`toaster`], with the address of the page about it.
pub fn teller() -> impl Fn(Tone, String, String) + Copy + Send + Sync + 'static {
    let store = use_context::<Store>();
    move |tone, text, link| {
        if let Some(store) = store {
            say(store, tone, text, Some(link));
        }
    }
}

fn say(Store(store): Store, tone: Tone, text: String, link: Option<String>) {
    let id = store.with_untracked(|(last, _)| last + 1);
    store.update(|(last, toasts)| {
        *last = id;
        toasts.retain(|toast| toast.text != text);
        toasts.push(Toast { id, tone, text, link });
        let over = toasts.len().saturating_sub(AT_ONCE);
        toasts.drain(..over);
    });
    let stays = match tone {
        Tone::Done => Duration::from_secs(5),
        // Nobody has waited for it: it takes longer until it is read.
        Tone::Told => Duration::from_secs(12),
        Tone::Failed => return,
    };
    set_timeout(move || dismiss(Store(store), id), stays);
}

fn dismiss(Store(store): Store, id: u64) {
    store.update(|(_, toasts)| toasts.retain(|toast| toast.id != id));
}

/// Where the notes stand.
#[component]
pub fn Toasts() -> impl IntoView {
    let store = expect_context::<Store>();
    view! {
        <div class="toasts" role="region" aria-label="Notes" aria-live="polite">
            <For each=move || store.0.get().1 key=|toast| toast.id let:toast>
                <Note tone=toast.tone text=toast.text link=toast.link.map(|link| crate::site::at(&link)) dismiss=move |()| dismiss(store, toast.id)/>
            </For>
        </div>
    }
}

/// A note as it stands there.
#[component]
pub fn Note(
    /// How it is meant.
    tone: Tone,
    /// What it says.
    text: String,
    /// The address of the page about it.
    link: Option<String>,
    /// Takes it away.
    #[prop(into)]
    dismiss: Callback<()>,
) -> impl IntoView {
    let icon = match tone {
        Tone::Failed => "error",
        Tone::Done => "check",
        Tone::Told => "bell",
    };
    view! {
        <div class="toast" data-tone=if tone == Tone::Failed { "danger" } else { "ok" } role=(tone == Tone::Failed).then_some("alert")>
            <Icon name=icon/>
            <span class="toast__text">
                <Prose text=text/>
                {link.map(|link| view! { " "<a class="link" href=link on:click=move |_| dismiss.run(())>"Look"</a> })}
            </span>
            <Button kind="quiet" size="sm" icon=true attr:aria-label="Dismiss" press=dismiss><Icon name="x"/></Button>
        </div>
    }
}
