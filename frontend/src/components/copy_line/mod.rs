//! A command that can be copied.

use leptos::task::spawn_local;
use std::time::Duration;

use super::{Icon, Tone, toaster};
use crate::{browser, prelude::*};

/// A command, or something else to pass on, on one line with its button.
#[component]
pub fn CopyLine(
    /// The command.
    text: String,
    /// What it is, in a word.
    #[prop(default = "command")]
    what: &'static str,
) -> impl IntoView {
    let copied = RwSignal::new(false);
    let say = toaster();
    let command = text.clone();
    let copy = move |_| {
        let command = command.clone();
        spawn_local(async move {
            if browser::copy(&command).await {
                copied.set(true);
                set_timeout(
                    move || {
                        copied.try_set(false);
                    },
                    Duration::from_secs(2),
                );
            } else {
                say(
                    Tone::Failed,
                    t!("The browser did not allow copying: select the text instead.").to_owned(),
                );
            }
        });
    };
    view! {
        <div class="copyline">
            <span class="copyline__text" title=text.clone()>{text.clone()}</span>
            <button class="btn" data-kind="quiet" data-icon data-size="sm" aria-label=tf!("Copy the {what}") on:click=copy>
                {move || if copied.get() { view! { <Icon name="check"/> } } else { view! { <Icon name="copy"/> } }}
            </button>
            <span class="sr" role="status">{move || copied.get().then_some(t!("Copied"))}</span>
        </div>
    }
}
