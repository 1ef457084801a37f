//! *Account*: who one is here, and by what one comes in: password, sessions, API tokens, SSH keys.

mod keys;
mod password;
mod sessions;
mod sso;
mod tokens;
mod you;

use std::time::Duration;

use berth_shared::api::{ApiToken, SessionInfo, SshKey};
use leptos_router::{NavigateOptions, hooks::use_location};

use crate::{components::TopBar, known::Known, pages::title::set_title, prelude::*};
use keys::Keys;
use password::SetPassword;
use sessions::Sessions;
use sso::{SingleSignOn, Sso};
use tokens::Tokens;
use you::You;

/// How often the server is asked where else one is signed in, and which tokens are used, while the page is open.
const AGAIN: Duration = Duration::from_secs(15);

/// The part that is there where the server has single sign-on.
const SSO: &str = "oidc";

/// The parts of the page: where they are, and what they are called.
const PARTS: [(&str, &str); 6] = [
    ("you", t!("You")),
    ("password", t!("Password")),
    (SSO, t!("Single sign-on")),
    ("sessions", t!("Sessions")),
    ("tokens", t!("API tokens")),
    ("keys", t!("SSH keys")),
];

/// The page at `/account`.
#[component]
pub fn Account() -> impl IntoView {
    set_title(|| t!("Account").to_owned());
    let sessions = Known::<SessionInfo>::follow("/api/v1/me/sessions", AGAIN);
    let tokens = Known::<ApiToken>::follow("/api/v1/tokens", AGAIN);
    let sso = Sso::ask();
    let ring = Known::<SshKey>::at("/api/v1/keys");
    // The lists above the part that is meant have their height only once they are there.
    let settled =
        Memo::new(move |_| (!sessions.is_awaited() && !tokens.is_awaited(), sso.provider().is_some()));
    let hash = use_location().hash;
    Effect::new(move |_| {
        settled.track();
        show(&hash.get());
    });
    view! {
        <TopBar><h1 class="topbar__title">"Account"</h1></TopBar>
        <main class="page" id="main" tabindex="-1">
            <div class="settings">
                <nav class="settings__nav" aria-label="On this page">
                    {PARTS.map(|(part, name)| view! {
                        <Show when=move || part != SSO || sso.provider().is_some()>
                            <a class="settings__part" href=format!("#{part}")>{name}</a>
                        </Show>
                    })}
                    <a class="settings__part" href=crate::site::at("/settings")>"Settings"</a>
                </nav>
                <div class="stack">
                    <You/>
                    <SetPassword sessions/>
                    <SingleSignOn sso/>
                    <Sessions known=sessions/>
                    <Tokens known=tokens/>
                    <Keys ring/>
                </div>
            </div>
        </main>
    }
}

/// Brings the part that an address's fragment means into view.
fn show(hash: &str) {
    let part = hash.trim_start_matches('#');
    let known = PARTS.iter().any(|(known, _)| *known == part);
    if let Some(part) = document().get_element_by_id(part).filter(|_| known) {
        part.scroll_into_view();
    }
}

/// Leads from where the keys once were to where they are.
#[component]
pub fn ToKeys() -> impl IntoView {
    let navigate = crate::site::use_navigate();
    Effect::new(move |_| navigate("/account#keys", NavigateOptions { replace: true, ..Default::default() }));
}
