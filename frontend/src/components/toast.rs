//! Short notes about what an action brought, at the foot of the window.

use std::time::Duration;

use leptos::prelude::*;

use super::{Icon, Prose};

/// How a note is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// It worked.
    Done,
    /// It did not.
    Failed,
}

#[derive(Clone, Debug, PartialEq)]
struct Toast {
    id: u64,
    tone: Tone,
    text: String,
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
    say(store, tone, text.into());
}

/// A function that says something later, when there is no component to ask from any more.
pub fn toaster() -> impl Fn(Tone, String) + Copy + Send + Sync + 'static {
    let store = use_context::<Store>();
    move |tone, text| {
        if let Some(store) = store {
            say(store, tone, text);
        }
    }
}

fn say(Store(store): Store, tone: Tone, text: String) {
    let id = store.with_untracked(|(last, _)| last + 1);
    store.update(|(last, toasts)| {
        *last = id;
        toasts.retain(|toast| toast.text != text);
        toasts.push(Toast { id, tone, text });
        let over = toasts.len().saturating_sub(AT_ONCE);
        toasts.drain(..over);
    });
    if tone == Tone::Done {
        set_timeout(move || dismiss(Store(store), id), Duration::from_secs(5));
    }
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
                <div class="toast" data-tone=if toast.tone == Tone::Failed { "danger" } else { "ok" }
                    role=(toast.tone == Tone::Failed).then_some("alert")>
                    <Icon name=if toast.tone == Tone::Failed { "error" } else { "check" }/>
                    <span class="toast__text"><Prose text=toast.text.clone()/></span>
                    <button class="btn" data-kind="quiet" data-icon data-size="sm" aria-label="Dismiss"
                        on:click=move |_| dismiss(store, toast.id)>
                        <Icon name="x"/>
                    </button>
                </div>
            </For>
        </div>
    }
}
