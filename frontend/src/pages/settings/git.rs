//! Logins at hosts of Git repositories: which there are, setting one, removing one. No password is ever shown.

use std::time::Duration;

use berth_shared::api::{GIT_USERNAME, GitLogin, SetGitLogin};
use leptos::{ev::SubmitEvent, task::spawn_local};

use crate::{
    api,
    components::{Failed, Icon, Time, Tone, Wrong, toaster},
    format,
    known::Known,
    prelude::*,
};

/// How often the server is asked while the page is open.
const AGAIN: Duration = Duration::from_secs(15);

fn path(host: &str) -> String {
    format!("/api/v1/git/{}", js_sys::encode_uri_component(host))
}

/// The panel.
#[component]
pub(super) fn GitLogins(
    /// Why the reader may change nothing here.
    refused: Memo<Option<String>>,
) -> impl IntoView {
    let known = Known::<GitLogin>::follow("/api/v1/git", AGAIN);
    let say = toaster();
    let remove = move |host: String| {
        spawn_local(async move {
            match api::delete(&path(&host)).await {
                Ok(()) => say(Tone::Done, tf!("The login for {host} is removed.")),
                Err(error) => say(Tone::Failed, tf!("The login for {host} was not removed. {error}")),
            }
            known.ask();
        });
    };
    let row = move |GitLogin { host, set_by, set_at }: GitLogin| {
        let (gone, label) = (host.clone(), tf!("Remove the login for {host}"));
        view! {
            <li class="projects__one">
                <span class="mono table__strong projects__name">{host}</span>
                <span class="meta">{set_by}", "<Time at=set_at/></span>
                <button class="btn" data-kind="quiet" data-icon="" data-size="sm" aria-label=label disabled=move || refused.with(Option::is_some) title=move || refused.get()
                    on:click=move |_| remove(gone.clone())><Icon name="trash"/></button>
            </li>
        }
    };
    view! {
        <section class="panel" aria-labelledby="git">
            <div class="panel__head">
                <h2 class="panel__title" id="git">"Private repositories"</h2>
                <span class="meta">"what runs are let in by when they clone"</span>
            </div>
            <Failed why=known.failed what="logins"/>
            <ul class="projects" aria-busy=move || known.is_awaited().to_string()>
                <For each=move || known.all.get().unwrap_or_default() key=|login| (login.host.clone(), login.set_at) children=row/>
            </ul>
            <Set known refused/>
        </section>
    }
}

#[component]
fn Set(known: Known<GitLogin>, refused: Memo<Option<String>>) -> impl IntoView {
    let say = toaster();
    let (host, username, password) =
        (RwSignal::new(String::new()), RwSignal::new(String::new()), RwSignal::new(String::new()));
    let wrong = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let locked = move || refused.with(Option::is_some);
    let ready = move || {
        !locked()
            && host.with(|host| !host.trim().is_empty())
            && password.with(|password| !password.is_empty())
    };
    let set = move |event: SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() || !untrack(ready) {
            return;
        }
        busy.set(true);
        wrong.set(None);
        let at = host.get_untracked().trim().to_owned();
        let named = username.get_untracked().trim().to_owned();
        let named = if named.is_empty() { GIT_USERNAME.to_owned() } else { named };
        let request = SetGitLogin { username: named, password: password.get_untracked() };
        spawn_local(async move {
            let answer = api::put(&path(&at), &request).await;
            busy.try_set(false);
            match answer {
                Ok(()) => {
                    for field in [host, username, password] {
                        field.try_set(String::new());
                    }
                    say(Tone::Done, tf!("Runs that clone from {at} are let in by it from now on."));
                }
                Err(error) => drop(wrong.try_set(Some(format::capitalised(&error.to_string())))),
            }
            known.ask();
        });
    };
    let typed = move |field: RwSignal<String>, text: String| {
        field.set(text);
        wrong.set(None);
    };
    view! {
        <form class="panel__body form" data-rule="start" on:submit=set>
            <div class="form__pair">
                <div class="field">
                    <label class="field__label" for="git-host">"Host"</label>
                    <input id="git-host" class="input mono" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="270" placeholder="github.com" aria-describedby="git-host-hint"
                        disabled=locked prop:value=host on:input:target=move |event| typed(host, event.target().value())/>
                    <span class="field__hint" id="git-host-hint">"By HTTPS, and to this host alone; http://HOST:PORT where it is reached in the open."</span>
                </div>
                <div class="field">
                    <label class="field__label" for="git-user">"User"</label>
                    <input id="git-user" class="input mono" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="200" placeholder=GIT_USERNAME aria-describedby="git-user-hint"
                        disabled=locked prop:value=username on:input:target=move |event| typed(username, event.target().value())/>
                    <span class="field__hint" id="git-user-hint">"With a token as the password most hosts take any."</span>
                </div>
                <div class="field">
                    <label class="field__label" for="git-password">"Password or token"</label>
                    <input id="git-password" class="input mono" type="password" autocomplete="off" aria-describedby="git-password-hint"
                        disabled=locked prop:value=password on:input:target=move |event| typed(password, event.target().value())/>
                    <span class="field__hint" id="git-password-hint">"Nobody reads it again; it is gone from an environment with the clone."</span>
                </div>
            </div>
            <Wrong why=wrong/>
            <div class="actions">
                <button class="btn" data-kind="primary" type="submit" disabled=move || !ready() title=move || refused.get() aria-busy=move || busy.get().to_string()>
                    {move || if busy.get() { t!("Setting…") } else { t!("Set the login") }}
                </button>
            </div>
        </form>
    }
}
