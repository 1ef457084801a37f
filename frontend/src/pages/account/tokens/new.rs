//! The form for a new API token.

use berth_shared::api::{ApiToken, NewToken, Role, TokenRequest};
use leptos::{ev::SubmitEvent, task::spawn_local};

use crate::{
    api,
    components::{Field, Icon, Prose, RoleOptions},
    format,
    known::Known,
    live::use_live,
    prelude::*,
};

/// How long a token may live: seconds, and in words. No number = without end.
const LIVES: [(&str, &str); 5] = [
    ("604800", t!("7 days")),
    ("2592000", t!("30 days")),
    ("7776000", t!("90 days")),
    ("31536000", t!("1 year")),
    ("", t!("Never")),
];

/// The form; what is made is put into `made`.
#[component]
pub(super) fn New(made: RwSignal<Option<NewToken>>, known: Known<ApiToken>) -> impl IntoView {
    let live = use_live();
    let label = RwSignal::new(String::new());
    let role = RwSignal::new(None::<Role>);
    let life = RwSignal::new("7776000".to_owned());
    let busy = RwSignal::new(false);
    let wrong = RwSignal::new(None::<String>);
    let own = Memo::new(move |_| live.user.with(|user| user.as_ref().map(|user| user.role)));
    let all = move || {
        own.get().map_or_else(|| t!("All that I may").to_owned(), |own| tf!("All that I may ({own})"))
    };
    let make = move |event: SubmitEvent| {
        event.prevent_default();
        let named = label.get_untracked().trim().to_owned();
        if busy.get_untracked() || named.is_empty() {
            return;
        }
        busy.set(true);
        wrong.set(None);
        let request = TokenRequest {
            label: named,
            role: role.get_untracked(),
            expires_in: life.with_untracked(|life| life.parse().ok()),
        };
        spawn_local(async move {
            let answer = api::post::<_, NewToken>("/api/v1/tokens", &request).await;
            busy.try_set(false);
            match answer {
                Ok(token) => {
                    label.try_set(String::new());
                    made.try_set(Some(token));
                    known.ask();
                }
                Err(error) => drop(wrong.try_set(Some(format::capitalised(&error.to_string())))),
            }
        });
    };
    view! {
        <form class="panel__body form" data-rule="start" on:submit=make>
            <div class="form__row">
                <Field label="What it is for">
                    <input class="input" autocomplete="off" spellcheck="false" maxlength="100" placeholder="ci" prop:value=label
                        aria-invalid=move || wrong.with(Option::is_some).then_some("true") aria-describedby="token-wrong"
                        on:input:target=move |event| { label.set(event.target().value()); wrong.set(None); }/>
                </Field>
                <Field label="May do">
                    <select class="select" on:change:target=move |event| role.set(event.target().value().parse().ok())>
                        <option value="" prop:selected=move || role.get().is_none()>{all}</option>
                        {move || own.get().map(|own| view! { <RoleOptions chosen=role.into() most=own least=Role::Viewer/> })}
                    </select>
                </Field>
                <Field label="Ends after">
                    <select class="select" on:change:target=move |event| life.set(event.target().value())>
                        {LIVES.map(|(seconds, words)| view! { <option value=seconds prop:selected=move || life.with(|life| life == seconds)>{words}</option> })}
                    </select>
                </Field>
            </div>
            <p class="field__error" id="token-wrong" role="alert" hidden=move || wrong.with(Option::is_none)>
                <Icon name="error"/>
                <span><Prose text=Signal::derive(move || wrong.get().unwrap_or_default())/></span>
            </p>
            <div class="actions">
                <button class="btn" data-kind="primary" type="submit" disabled=move || label.with(|label| label.trim().is_empty()) aria-busy=move || busy.get().to_string()>
                    <Icon name="plus"/>{move || if busy.get() { t!("Making…") } else { t!("Make a token") }}
                </button>
            </div>
        </form>
    }
}
