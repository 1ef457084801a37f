//! Single sign-on: the button that leads to the provider, and what came of it.

use berth_shared::api::{AcceptInvitation, LoginWays, OidcBegun, OidcProblem, OidcProvider};
use leptos::task::spawn_local;

use crate::{
    api, browser,
    components::{Notice, Prose},
    prelude::*,
    site,
};

/// What people call a provider whose name is not known.
const NAMELESS: &str = t!("the provider");

/// The server's provider. Copied about freely; all copies are one.
#[derive(Clone, Copy)]
pub(super) struct Sso {
    provider: RwSignal<Option<OidcProvider>>,
    problem: RwSignal<Option<OidcProblem>>,
}

impl Sso {
    /// Asks the server for it, and reads from the address why somebody was sent back. Who is signed in already and has nothing to
    /// read here is let `through`.
    pub(super) fn ask(through: impl FnOnce() + 'static) -> Self {
        let problem = browser::take_fragment("problem=").and_then(|code| code.parse().ok());
        let sso = Self { provider: RwSignal::new(None), problem: RwSignal::new(problem) };
        spawn_local(async move {
            // Whoever cannot be told of it signs in otherwise.
            if let Ok(ways) = api::get::<LoginWays>("/api/v1/login").await {
                sso.provider.try_set(ways.oidc);
                if ways.signed_in && sso.problem.try_get_untracked() == Some(None) {
                    through();
                }
            }
        });
        sso
    }

    /// Why nobody was let in; tracks it.
    fn words(self) -> Option<String> {
        let name = self.name().unwrap_or_else(|| NAMELESS.to_owned());
        self.problem.get().map(|problem| problem.words(&name))
    }

    /// What people call the provider, where there is one; tracks it.
    pub(super) fn name(self) -> Option<String> {
        self.provider.with(|provider| provider.as_ref().map(|provider| provider.name.clone()))
    }

    /// Forgets what went wrong: something else is tried.
    pub(super) fn forget(self) {
        self.problem.set(None);
    }
}

/// Goes to the provider to accept the invitation with this token; says why not.
pub(super) async fn accept(token: String) -> Result<(), api::ApiError> {
    let begun: OidcBegun = api::post("/api/v1/oidc/invitation", &AcceptInvitation { token }).await?;
    browser::leave_for(&begun.url);
    Ok(())
}

/// Why the last try ended here, in words.
#[component]
pub(super) fn Sent(sso: Sso) -> impl IntoView {
    move || {
        sso.words().map(|words| {
            view! {
                <Notice tone="danger"><Prose text=words/></Notice>
            }
        })
    }
}

/// The way to the provider, and `next` after it; nothing where there is none.
#[component]
pub(super) fn ByProvider(sso: Sso, next: String) -> impl IntoView {
    // The server knows of no project there: the whole path leads back into this one.
    let to = format!("/api/v1/oidc/begin?to={}", js_sys::encode_uri_component(&site::at(&next)));
    move || {
        let to = to.clone();
        sso.provider.get().map(|OidcProvider { name, answers }| view! {
            <div class="gate__way">
                // Not a page of the dashboard's: the browser goes there itself.
                <a class="btn" data-kind="primary" data-size="lg" rel="external" id="by-provider" href=to
                    aria-describedby=(!answers).then_some("provider-away")>"Sign in with "{name.clone()}</a>
                {(!answers).then(|| view! {
                    <p class="field__hint" id="provider-away">
                        {name}" gave no answer when the server asked it last. It is asked again when you try."
                    </p>
                })}
            </div>
            <div class="or" aria-hidden="true">"or"</div>
        })
    }
}
