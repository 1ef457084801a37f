//! Single sign-on: whom the account is connected with.

use berth_shared::api::{OidcAccount, OidcBegun, OidcProblem};
use leptos::task::spawn_local;

use crate::{
    api, browser,
    components::{Notice, Prose, Tone, toaster},
    format,
    live::use_live,
    prelude::*,
};

/// What the server says of it. Copied about freely; all copies are one.
#[derive(Clone, Copy)]
pub(super) struct Sso(RwSignal<Option<OidcAccount>>);

impl Sso {
    /// Asks the server.
    pub(super) fn ask() -> Self {
        let sso = Self(RwSignal::new(None));
        sso.again();
        sso
    }

    fn again(self) {
        spawn_local(async move {
            // Without an answer the part stays away, as where there is no provider.
            if let Ok(account) = api::get::<OidcAccount>("/api/v1/me/oidc").await {
                self.0.try_set(Some(account));
            }
        });
    }

    /// What people call the provider, where there is one; tracks it.
    pub(super) fn provider(self) -> Option<String> {
        self.0.with(|account| Some(account.as_ref()?.provider.as_ref()?.name.clone()))
    }
}

/// The panel; nothing where there is no provider.
#[component]
pub(super) fn SingleSignOn(sso: Sso) -> impl IntoView {
    let provider = Memo::new(move |_| sso.provider());
    let problem = browser::take_fragment("problem=").and_then(|code| code.parse::<OidcProblem>().ok());
    view! { {move || provider.get().map(|provider| view! { <Panel sso provider problem/> })} }
}

#[component]
fn Panel(sso: Sso, provider: String, problem: Option<OidcProblem>) -> impl IntoView {
    let say = toaster();
    let live = use_live();
    let busy = RwSignal::new(false);
    let wrong = RwSignal::new(problem.map(|problem| problem.words(&provider)));
    let connection = Memo::new(move |_| {
        sso.0.with(|account| account.as_ref().and_then(|account| account.connected.clone()))
    });
    let has_password =
        Memo::new(move |_| live.user.with(|user| user.as_ref().is_some_and(|user| user.has_password)));
    let connect = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        wrong.set(None);
        spawn_local(async move {
            match api::post::<_, OidcBegun>("/api/v1/me/oidc", &()).await {
                Ok(begun) => browser::leave_for(&begun.url),
                Err(error) => {
                    wrong.try_set(Some(format::capitalised(&error.to_string())));
                    busy.try_set(false);
                }
            }
        });
    };
    let name = StoredValue::new(provider.clone());
    let disconnect = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        wrong.set(None);
        spawn_local(async move {
            match api::delete("/api/v1/me/oidc").await {
                Ok(()) => say(Tone::Done, tf!("{} opens your account no longer.", name.get_value())),
                Err(error) => drop(wrong.try_set(Some(format::capitalised(&error.to_string())))),
            }
            busy.try_set(false);
            sso.again();
        });
    };
    view! {
        <section class="panel" id="oidc" aria-labelledby="oidc-title">
            <div class="panel__head">
                <h2 class="panel__title" id="oidc-title">"Single sign-on"</h2>
                <span class="meta">{move || match connection.get() {
                    Some(connection) => tf!("connected as {}", connection.label),
                    None => t!("not connected").to_owned(),
                }}</span>
            </div>
            <div class="panel__body form">
                <div id="oidc-wrong" role="alert">
                    {move || wrong.get().map(|words| view! {
                        <Notice tone="danger"><Prose text=words/></Notice>
                    })}
                </div>
                <p class="field__hint">{move || match (connection.get(), has_password.get()) {
                    (None, _) => tf!("Connect your account of {} to sign in with it.", name.get_value()),
                    (Some(_), true) => t!("Disconnecting it ends no session; you sign in by your password or a link then.").to_owned(),
                    (Some(_), false) => t!("Set a password before you disconnect it, or you would come in by links of an admin alone.").to_owned(),
                }}</p>
                <div class="actions">
                    {move || if connection.with(Option::is_some) {
                        view! {
                            <button class="btn" data-kind="danger" type="button" on:click=disconnect disabled=move || !has_password.get()
                                aria-busy=move || busy.get().to_string()>"Disconnect "{name.get_value()}</button>
                        }.into_any()
                    } else {
                        view! {
                            <button class="btn" type="button" on:click=connect aria-busy=move || busy.get().to_string()>
                                "Connect "{name.get_value()}
                            </button>
                        }.into_any()
                    }}
                </div>
            </div>
        </section>
    }
}
