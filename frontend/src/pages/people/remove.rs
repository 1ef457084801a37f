//! Removes somebody, after asking.

use leptos::task::spawn_local;

use super::{Crowd, row::running};
use crate::{
    api,
    components::{Dialog, Icon, Tone, toaster},
    format,
    live::use_live,
    prelude::*,
};

/// The question.
#[component]
pub(super) fn RemoveDialog(crowd: Crowd) -> impl IntoView {
    let say = toaster();
    let live = use_live();
    let open = RwSignal::new(false);
    let removing = crowd.removing;
    Effect::new(move |_| open.set(removing.with(Option::is_some)));
    Effect::new(move |_| {
        if !open.get() && removing.with_untracked(Option::is_some) {
            removing.set(None);
        }
    });
    let name = Memo::new(move |_| removing.get().unwrap_or_default());
    let own =
        move || live.user.with(|user| user.as_ref().is_some_and(|user| name.with(|name| *name == user.name)));
    let goes = move || {
        let whose = if own() {
            t!("You are signed out at once and do not come in again. Your")
        } else {
            t!("They are signed out at once and do not come in again. Their")
        };
        tf!("{whose} password, sessions, API tokens and SSH keys go, and terminals and connections end.")
    };
    let stays = move || {
        let has = match name.with(|name| running(name)) {
            (0, _) => String::new(),
            (1, rate) => tf!(
                " 1 instance goes on and costs {}/h until a manager or an admin stops it.",
                format::rate(rate)
            ),
            (count, rate) => tf!(
                " {count} instances go on and cost {}/h until a manager or an admin stops them.",
                format::rate(rate)
            ),
        };
        tf!("Runs, their logs and what they cost stay, under the same name.{has}")
    };
    let go = move |_| {
        let gone = name.get_untracked();
        removing.set(None);
        spawn_local(async move {
            match api::delete(&format!("/api/v1/people/{}", js_sys::encode_uri_component(&gone))).await {
                Ok(()) => say(Tone::Done, tf!("{gone} is removed.")),
                Err(error) => say(Tone::Failed, tf!("{gone} was not removed. {error}")),
            }
            crowd.known.ask();
        });
    };
    view! {
        <Dialog open=open title=Signal::derive(move || tf!("Remove {}?", name.get()))>
            <p class="dialog__text">{goes}</p>
            <p class="dialog__text">{stays}</p>
            <div class="dialog__actions">
                <button class="btn" on:click=move |_| removing.set(None)>"Keep them"</button>
                <button class="btn" data-kind="danger-fill" on:click=go><Icon name="trash"/>"Remove"</button>
            </div>
        </Dialog>
    }
}
