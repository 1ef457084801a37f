//! The text that the run was made from.

use leptos::task::spawn_local;

use super::Subject;
use crate::{
    browser,
    components::{Icon, Tone, toaster},
    prelude::*,
};

/// The configuration as it was submitted.
#[component]
pub(super) fn Asked(subject: Subject) -> impl IntoView {
    let timeline = subject.feed.timeline;
    let text: Signal<Option<String>> = Signal::derive(move || {
        timeline.with(|timeline| timeline.as_ref().map(|timeline| timeline.configuration.clone()))
    });
    let say = toaster();
    let copy = move |_| {
        let Some(text) = text.get_untracked() else { return };
        spawn_local(async move {
            if browser::copy(&text).await {
                say(Tone::Done, t!("The configuration is on the clipboard.").to_owned());
            } else {
                say(
                    Tone::Failed,
                    t!("The browser did not allow copying: select the text instead.").to_owned(),
                );
            }
        });
    };
    view! {
        <div class="panel__body" data-rule="end"><div class="actions">
            <button class="btn" data-size="sm" on:click=copy disabled=move || text.with(Option::is_none)><Icon name="copy"/>"Copy"</button>
        </div></div>
        <pre class="log asked" tabindex="0" aria-label="Configuration">{move || text.get()}</pre>
    }
}
