//! *Login*: a one-time link, or a name and its password, becomes a session.

mod provider;

use berth_shared::api::{LinkLogin, LoginRequest, PasswordLogin, User};
use leptos::task::spawn_local;
use leptos_router::{NavigateOptions, hooks::use_query_map};

use crate::{
    api::{self, ApiError},
    browser,
    components::{Mark, Notice, Password, Prose},
    format,
    live::use_live,
    pages::title::set_title,
    prelude::*,
};
use provider::{ByProvider, Sent, Sso, accept};

/// Berths beside one another, some taken, one just now.
const ART: &str = include_str!("login.svg");

/// By what somebody signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Password,
    Link,
}

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
        "login-token-used" => t!("This link has been used already. Each works once.").to_owned(),
        "login-token-expired" => t!("This link is too old.").to_owned(),
        "login-token-invalid" => {
            t!("The server does not know this link. Perhaps a part of it is missing.").to_owned()
        }
        _ => format::capitalised(&error.to_string()),
    }
}

/// What the page knows of its tries. Copied about freely; all copies are one.
#[derive(Clone, Copy)]
struct Gate {
    busy: RwSignal<Option<Way>>,
    wrong: RwSignal<Option<(Way, String)>>,
    /// Until when the server takes no more tries of a way, on the machine's clock.
    held: RwSignal<Option<(Way, u64)>>,
}

impl Gate {
    /// How many seconds the server takes no try of this way; tracks the time.
    fn wait(self, way: Way) -> Option<u64> {
        let until = self.held.get().filter(|(held, _)| *held == way)?.1;
        use_live().now.track();
        let left = until.saturating_sub(browser::steady_millis());
        (left > 0).then(|| left.div_ceil(1000))
    }

    fn is_wrong(self, way: Way) -> bool {
        self.wrong.with(|wrong| wrong.as_ref().is_some_and(|(wrong, _)| *wrong == way))
    }

    fn refused(self, way: Way, error: &ApiError) {
        self.wrong.set(Some((way, explain(error))));
        if let ApiError::TooMany(_, seconds) = error {
            self.held.set(Some((way, browser::steady_millis() + u64::from(*seconds) * 1000)));
        }
    }
}

/// Where the reader wanted to go. Only paths of this very server: a link must not be able to send people elsewhere.
fn next() -> String {
    use_query_map()
        .with_untracked(|query| query.get("next"))
        .filter(|path| path.starts_with('/') && !path.starts_with("//") && !path.contains('\\'))
        .unwrap_or_else(|| "/".to_owned())
}

/// The token in the address, which does not stay there nor in the history.
fn token_of_address() -> Option<String> {
    if let Some(token) = browser::take_fragment("token=") {
        return Some(token.trim().to_owned());
    }
    let token = use_query_map().with_untracked(|query| query.get("token"))?;
    let path = window().location().pathname().unwrap_or_else(|_| "/login".to_owned());
    if let Ok(history) = window().history() {
        let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&path));
    }
    Some(token.trim().to_owned())
}

/// The page at `/login`.
#[component]
pub fn Login() -> impl IntoView {
    let live = use_live();
    let navigate = crate::site::use_navigate();
    set_title(|| t!("Sign in").to_owned());
    let gate = Gate { busy: RwSignal::new(None), wrong: RwSignal::new(None), held: RwSignal::new(None) };
    let next = next();
    let page = next.clone();
    let go_on = Callback::new(move |()| {
        live.start();
        navigate(&next, NavigateOptions { replace: true, ..Default::default() });
    });
    let sso = Sso::ask(move || {
        // A link that was opened may be somebody else's, and what came of it is to be read.
        let idle = gate.busy.try_get_untracked() == Some(None);
        if idle && gate.wrong.with_untracked(Option::is_none) {
            go_on.run(());
        }
    });
    let enter = Callback::new(move |(way, request): (Way, LoginRequest)| {
        if gate.busy.get_untracked().is_some() {
            return;
        }
        gate.busy.set(Some(way));
        gate.wrong.set(None);
        sso.forget();
        spawn_local(async move {
            match api::post::<_, User>("/api/v1/login", &request).await {
                Ok(_) => go_on.run(()),
                Err(error) => gate.refused(way, &error),
            }
            gate.busy.try_set(None);
        });
    });
    let by_token = move |token: String| {
        if token.is_empty() {
            let words = t!("Paste the link that you were given, or the token in it.").to_owned();
            gate.wrong.set(Some((Way::Link, words)));
        } else {
            enter.run((Way::Link, LoginRequest::Link(LinkLogin { token })));
        }
    };
    if let Some(token) = token_of_address() {
        by_token(token);
    }
    // Whoever is here and opens a link changes nothing but the fragment: the page is not loaded anew.
    let opened = window_event_listener_untyped("hashchange", move |_| {
        if let Some(token) = browser::take_fragment("token=") {
            by_token(token.trim().to_owned());
        }
    });
    on_cleanup(move || opened.remove());

    let host = window().location().host().unwrap_or_default();
    view! {
        <main class="gate" id="main">
            <section class="gate__form">
                <div><Mark word=true/></div>
                <div class="gate__fields">
                    <h1 class="gate__title">"Sign in to "{host}</h1>
                    <div class="gate__wrong" id="login-error" role="alert">
                        {move || gate.wrong.get().map(|(_, words)| view! {
                            <Notice tone="danger"><Prose text=words/></Notice>
                        })}
                        <Sent sso/>
                    </div>
                    <ByProvider sso next=page/>
                    <ByPassword gate enter/>
                    <div class="or" aria-hidden="true">"or"</div>
                    <ByLink gate sso open=by_token/>
                    <p class="field__hint">
                        "First start? Open the link that " <span class="mono">"berth serve"</span>
                        " printed. For a new one ask an admin, or run " <span class="mono">"berth login-link"</span> " on the server’s machine."
                    </p>
                </div>
            </section>
            <aside class="gate__side" aria-hidden="true">
                <svg class="gate__art" viewBox="0 0 900 900" preserveAspectRatio="xMinYMid slice" inner_html=ART></svg>
            </aside>
        </main>
    }
}

/// The button of a way in: what it does, that it is at it, or when it can be pressed again.
#[component]
fn Go(
    gate: Gate,
    way: Way,
    word: &'static str,
    #[prop(optional)] kind: Option<&'static str>,
) -> impl IntoView {
    let words = move || match (gate.busy.get() == Some(way), gate.wait(way)) {
        (true, _) => t!("Signing in…").to_owned(),
        (false, Some(seconds)) => tf!("Try again in {seconds} s"),
        (false, None) => word.to_owned(),
    };
    view! {
        <button class="btn" data-kind=kind data-size="lg" type="submit" disabled=move || gate.wait(way).is_some()
            aria-busy=move || (gate.busy.get() == Some(way)).to_string()>{words}</button>
    }
}

#[component]
fn ByPassword(gate: Gate, enter: Callback<(Way, LoginRequest)>) -> impl IntoView {
    let (name, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let wrong = Signal::derive(move || gate.is_wrong(Way::Password));
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let name = name.get_untracked().trim().to_owned();
        let password = password.get_untracked();
        if name.is_empty() || password.is_empty() {
            gate.wrong.set(Some((Way::Password, t!("Write your name and your password.").to_owned())));
            return;
        }
        enter.run((Way::Password, LoginRequest::Password(PasswordLogin { name, password })));
    };
    view! {
        <form class="gate__way" on:submit=submit novalidate>
            <label class="field">
                <span class="field__label">"Name"</span>
                <input class="input" name="username" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="100" prop:value=name
                    on:input:target=move |event| name.set(event.target().value())
                    aria-invalid=move || wrong.get().then_some("true") aria-describedby="login-error"/>
            </label>
            <Password label="Password" autocomplete="current-password" value=password wrong=wrong error="login-error"/>
            <Go gate way=Way::Password word="Sign in" kind="primary"/>
        </form>
    }
}

#[component]
fn ByLink(gate: Gate, sso: Sso, open: impl Fn(String) + Copy + Send + 'static) -> impl IntoView {
    let pasted = RwSignal::new(String::new());
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        open(token_of(&pasted.get_untracked()));
    };
    let by_provider = move |_| {
        let token = token_of(&pasted.get_untracked());
        if token.is_empty() {
            // The same words as without the provider.
            return open(token);
        }
        gate.wrong.set(None);
        sso.forget();
        spawn_local(async move {
            if let Err(error) = accept(token).await {
                gate.refused(Way::Link, &error);
            }
        });
    };
    view! {
        <form class="gate__way" on:submit=submit novalidate>
            <label class="field">
                <span class="field__label">"Login link or token"</span>
                <input class="input" type="password" autocomplete="off" spellcheck="false" prop:value=pasted
                    on:input:target=move |event| pasted.set(event.target().value())
                    aria-invalid=move || gate.is_wrong(Way::Link).then_some("true") aria-describedby="login-error"/>
            </label>
            <Go gate way=Way::Link word="Use the link"/>
            {move || sso.name().map(|name| view! {
                <button class="btn" data-kind="quiet" type="button" on:click=by_provider>"Use it, and sign in with "{name}" from now on"</button>
            })}
        </form>
    }
}
