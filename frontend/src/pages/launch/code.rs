//! A repository that the environment clones before the first command runs.

use berth_shared::api::GitSource;
use leptos::ev::SubmitEvent;

use super::desk::Desk;
use crate::{
    components::{Dialog, Icon, Prose},
    format,
    prelude::*,
};

/// The button, which says what is chosen, and the dialog behind it.
#[component]
pub(super) fn CodeButton(desk: Desk) -> impl IntoView {
    let open = RwSignal::new(false);
    let (url, branch) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let wrong = RwSignal::new(None::<String>);
    let show = move |_| {
        let source = desk.code.get_untracked();
        url.set(source.as_ref().map(|source| source.url.clone()).unwrap_or_default());
        branch.set(source.and_then(|source| source.branch).unwrap_or_default());
        wrong.set(None);
        open.set(true);
    };
    let done = move |event: SubmitEvent| {
        event.prevent_default();
        let source = typed(&url.get_untracked(), &branch.get_untracked());
        match source.as_ref().map_or(Ok(()), GitSource::check) {
            Ok(()) => {
                desk.code.set(source);
                open.set(false);
            }
            Err(why) => wrong.set(Some(why)),
        }
    };
    let chosen = move || desk.code.with(|code| code.as_ref().map(short));
    view! {
        <button class="btn launch__code" data-kind="quiet" data-size="sm" aria-haspopup="dialog"
            title=move || desk.code.with(|code| code.as_ref().map(|code| tf!("Code: {}", code.url))) on:click=show>
            <Icon name="code"/>" "<span class="launch__code-name">{move || chosen().unwrap_or_else(|| t!("Code").to_owned())}</span>
        </button>
        <Dialog open title="Code">
            <form class="values" on:submit=done>
                <p class="dialog__text">
                    "The environment clones this repository to "<code class="mono">"/workflow"</code>" before the first command, by the "
                    <code class="mono">"git"</code>" of its image. Code that is on your own machine comes by "<code class="mono">"berth run"</code>" there."
                </p>
                <label class="field">
                    <span class="field__label">"Repository"</span>
                    <input class="input" inputmode="url" autocomplete="off" autocapitalize="off" spellcheck="false" placeholder="https://host/path"
                        maxlength="2000" prop:value=move || url.get() aria-invalid=move || wrong.with(Option::is_some).then_some("true")
                        aria-describedby="code-wrong" on:input:target=move |event| { url.set(event.target().value()); wrong.set(None); }/>
                </label>
                <label class="field">
                    <span class="field__label">"Branch or tag"</span>
                    <input class="input" autocomplete="off" autocapitalize="off" spellcheck="false" placeholder="The repository’s own choice"
                        maxlength="2000" prop:value=move || branch.get()
                        on:input:target=move |event| { branch.set(event.target().value()); wrong.set(None); }/>
                </label>
                <p class="field__error" id="code-wrong" role="alert" hidden=move || wrong.with(Option::is_none)>
                    <Icon name="error"/>
                    <span><Prose text=Signal::derive(move || format::capitalised(&wrong.get().unwrap_or_default()))/></span>
                </p>
                <div class="dialog__actions">
                    <button class="btn" type="button" on:click=move |_| open.set(false)>"Cancel"</button>
                    <button class="btn" data-kind="primary" type="submit">
                        {move || if url.with(|url| url.trim().is_empty()) { t!("Launch without code") } else { t!("Use for this launch") }}
                    </button>
                </div>
            </form>
        </Dialog>
    }
}

/// What was typed; `None` when that is nothing.
fn typed(url: &str, branch: &str) -> Option<GitSource> {
    let (url, branch) = (url.trim(), branch.trim());
    (!url.is_empty()).then(|| GitSource {
        url: url.to_owned(),
        branch: (!branch.is_empty()).then(|| branch.to_owned()),
        ..GitSource::default()
    })
}

/// The repository's name and its branch, for a button.
fn short(source: &GitSource) -> String {
    let name = source.url.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or_default();
    let name = name.strip_suffix(".git").unwrap_or(name);
    match &source.branch {
        Some(branch) => format!("{name} @ {branch}"),
        None => name.to_owned(),
    }
}
