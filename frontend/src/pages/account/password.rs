//! A password, set or changed.

use berth_shared::api::{PASSWORD_CHARACTERS, SessionInfo, SetPassword as Request};
use leptos::{ev::SubmitEvent, task::spawn_local};

use crate::{
    api,
    components::{Icon, Password, Prose, Tone, toaster},
    format,
    known::Known,
    live::use_live,
    prelude::*,
};

/// What a new password still lacks; `None` = nothing.
fn lacks(password: &str) -> Option<String> {
    let (least, most) = (*PASSWORD_CHARACTERS.start(), *PASSWORD_CHARACTERS.end());
    match password.chars().count() {
        count if count > most => Some(tf!("{} characters too many", count - most)),
        count if count + 1 == least => Some(t!("1 more character").to_owned()),
        count if count < least => Some(tf!("{} more characters", least - count)),
        _ => None,
    }
}

/// The panel. Other sessions may end with a new password, so `sessions` are asked for anew.
#[component]
pub(super) fn SetPassword(sessions: Known<SessionInfo>) -> impl IntoView {
    let live = use_live();
    let say = toaster();
    let has_one = Memo::new(move |_| live.user.with(|user| user.as_ref().map(|user| user.has_password)));
    let name = move || live.user.with(|user| user.as_ref().map(|user| user.name.clone()));
    let (current, new) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let busy = RwSignal::new(false);
    let wrong = RwSignal::new(None::<String>);
    let changes = move || has_one.get() == Some(true);
    // Whoever came in by a link a moment ago need not know the old one; the server tells the others.
    let ready = Memo::new(move |_| new.with(|new| lacks(new).is_none()));
    let hint = Signal::derive(move || {
        let (least, most) = (PASSWORD_CHARACTERS.start(), PASSWORD_CHARACTERS.end());
        match new.with(|new| if new.is_empty() { None } else { lacks(new) }) {
            Some(lacks) => tf!("{least} to {most} characters: {lacks}"),
            None => {
                tf!("{least} to {most} characters; best some words that nobody else would put together.")
            }
        }
    });
    let set = move |event: SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() || !ready.get_untracked() {
            return;
        }
        busy.set(true);
        wrong.set(None);
        let changed = has_one.get_untracked() == Some(true);
        let request = Request {
            current: Some(current.get_untracked()).filter(|current| changed && !current.is_empty()),
            new: new.get_untracked(),
        };
        spawn_local(async move {
            let answer = api::put("/api/v1/me/password", &request).await;
            busy.try_set(false);
            match answer {
                Ok(()) => {
                    current.try_set(String::new());
                    new.try_set(String::new());
                    let words =
                        if changed { t!("The password is changed.") } else { t!("You have a password now.") };
                    say(Tone::Done, words.to_owned());
                    live.ask_who();
                    sessions.ask();
                }
                Err(error) => drop(wrong.try_set(Some(format::capitalised(&error.to_string())))),
            }
        });
    };
    view! {
        <section class="panel" id="password" aria-labelledby="password-title">
            <div class="panel__head">
                <h2 class="panel__title" id="password-title">"Password"</h2>
                <span class="meta">{move || match has_one.get() {
                    Some(true) => t!("you sign in by your name and your password, or by a link"),
                    Some(false) => t!("none yet: without one you sign in by links, or by single sign-on where there is one"),
                    None => "",
                }}</span>
            </div>
            <form class="panel__body form" on:submit=set>
                // For password managers, which want to know whose it is.
                <input type="text" name="username" autocomplete="username" prop:value=move || name().unwrap_or_default() hidden readonly/>
                <Show when=changes>
                    <Password label="Current password" autocomplete="current-password" value=current
                        hint=Signal::stored(t!("Not asked for within an hour after a link has let you in.").to_owned())/>
                </Show>
                <Password label="New password" autocomplete="new-password" value=new hint=hint
                    wrong=Signal::derive(move || wrong.with(Option::is_some)) error="password-wrong"/>
                <p class="field__error" id="password-wrong" role="alert" hidden=move || wrong.with(Option::is_none)>
                    <Icon name="error"/>
                    <span><Prose text=Signal::derive(move || wrong.get().unwrap_or_default())/></span>
                </p>
                <div class="actions">
                    <button class="btn" data-kind="primary" type="submit" disabled=move || !ready.get() aria-busy=move || busy.get().to_string()>
                        {move || match (busy.get(), changes()) {
                            (true, _) => t!("Setting…"),
                            (false, true) => t!("Change password"),
                            (false, false) => t!("Set password"),
                        }}
                    </button>
                </div>
            </form>
        </section>
    }
}
