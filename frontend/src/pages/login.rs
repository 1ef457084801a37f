//! *Login*: a one-time link becomes a session.

use berth_shared::api::{LinkLogin, LoginRequest, User};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
};

use crate::{
    api::{self, ApiError},
    components::{Icon, Mark},
    live::use_live,
};

/// Berths beside one another, some taken, one just now.
const ART: &str = include_str!("login.svg");

/// The token in what somebody pasted: a whole link, or the token alone.
fn token_of(pasted: &str) -> String {
    let pasted = pasted.trim();
    pasted
        .split_once("token=")
        .map_or(pasted, |(_, token)| token.split(['&', '#']).next().unwrap_or_default())
        .to_owned()
}

/// What is wrong and how to get in all the same.
fn explain(error: &ApiError) -> String {
    match error.code() {
        "login-token-used" => "This link has been used already. Each works once.".to_owned(),
        "login-token-expired" => "This link is too old.".to_owned(),
        "login-token-invalid" => {
            "The server does not know this link. Perhaps a part of it is missing.".to_owned()
        }
        _ => error.to_string(),
    }
}

/// The page at `/login`.
#[component]
pub fn Login() -> impl IntoView {
    let live = use_live();
    let query = use_query_map();
    let navigate = use_navigate();
    let pasted = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let error = RwSignal::new(None::<String>);

    let next = query.with_untracked(|query| query.get("next"));
    // Only paths of this very server: a link must not be able to send people elsewhere.
    let next = next.filter(|path| path.starts_with('/') && !path.starts_with("//") && !path.contains('\\'));
    let next = next.unwrap_or_else(|| "/".to_owned());

    let log_in = {
        let navigate = navigate.clone();
        move |token: String| {
            if token.is_empty() {
                error.set(Some("Paste the link that the server printed, or the token in it.".to_owned()));
                return;
            }
            busy.set(true);
            error.set(None);
            let (navigate, next) = (navigate.clone(), next.clone());
            spawn_local(async move {
                match api::post::<_, User>("/api/v1/login", &LoginRequest::Link(LinkLogin { token })).await {
                    Ok(_) => {
                        live.start();
                        navigate(&next, NavigateOptions { replace: true, ..Default::default() });
                    }
                    Err(problem) => error.set(Some(explain(&problem))),
                }
                busy.set(false);
            });
        }
    };

    // A token in the address is taken at once, and does not stay in the history.
    if let Some(token) = query.with_untracked(|query| query.get("token")) {
        let path = window().location().pathname().unwrap_or_else(|_| "/login".to_owned());
        if let Ok(history) = window().history() {
            let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&path));
        }
        log_in(token.trim().to_owned());
    }

    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if !busy.get_untracked() {
            log_in(token_of(&pasted.get_untracked()));
        }
    };
    let host = window().location().host().unwrap_or_default();
    view! {
        <main class="gate" id="main">
            <section class="gate__form">
                <div><Mark word=true/></div>
                <form class="gate__fields" on:submit=submit>
                    <h1 class="gate__title">"Sign in to "{host}</h1>
                    <label class="field">
                        <span class="field__label">"Login link or token"</span>
                        <input class="input" type="password" autocomplete="off" spellcheck="false" prop:value=pasted
                            on:input:target=move |event| pasted.set(event.target().value())
                            aria-invalid=move || error.with(Option::is_some).then_some("true")
                            aria-describedby="login-error"/>
                        <span class="field__error" id="login-error" role="alert">
                            {move || error.get().map(|text| view! { <Icon name="error"/><span>{text}</span> })}
                        </span>
                    </label>
                    <button class="btn" data-kind="primary" data-size="lg" type="submit"
                        aria-busy=move || busy.get().to_string()>
                        {move || if busy.get() { "Signing in…" } else { "Sign in" }}
                    </button>
                    <p class="field__hint">
                        "First start? Open the link that " <span class="mono">"berth serve"</span>
                        " printed. For a new one, run " <span class="mono">"berth login-link"</span> " on the server’s machine."
                    </p>
                </form>
            </section>
            <aside class="gate__side" aria-hidden="true">
                <svg class="gate__art" viewBox="0 0 900 900" preserveAspectRatio="xMinYMid slice" inner_html=ART></svg>
            </aside>
        </main>
    }
}
