//! The frame around every page but the login: rail, top bar, notes.

mod leave;
mod rail;
pub(super) mod theme;

use leptos::portal::Portal;
use leptos_router::{components::Outlet, hooks::use_location, location::Url};

use super::{
    ConnectionState, Icon, Mark, Toasts, Tone, Void,
    palette::{Finder, Palette},
    toaster,
};
use crate::{
    live::{machine::Connection, use_live},
    permissions,
    prelude::*,
    site,
};
use berth_shared::api::{DEFAULT_PROJECT, User};
pub use leave::leave;
use rail::Rail;
use theme::ThemeToggle;

/// The frame. Connects the stream, and leads to the login page when there is no session.
#[component]
pub fn Shell() -> impl IntoView {
    let live = use_live();
    if site::has_server() {
        live.start();
    }
    let navigate = crate::site::use_navigate();
    let location = use_location();
    Effect::new(move |_| {
        if live.connection.get() == Connection::SignedOut {
            let back = crate::site::below(&location.pathname.get_untracked())
                + &query(&location.search.get_untracked());
            let back = if back == "/" { String::new() } else { format!("?next={}", Url::escape(&back)) };
            navigate(&format!("/login{back}"), Default::default());
        }
    });
    let say = toaster();
    Effect::new(move |before: Option<Option<User>>| {
        let user = live.user.get();
        if let (Some(Some(before)), Some(user)) = (&before, &user)
            && before.name == user.name
            && before.roles() != user.roles()
        {
            // What one is here says more than what one is to the server; that is told where it alone is another.
            let (is, was, place) = match before.role == user.role {
                false => (user.role, before.role, ""),
                true => (user.server_role, before.server_role, t!(" on the server")),
            };
            let (one, purpose) = (permissions::one(is), permissions::purpose(is));
            let was = permissions::one(was);
            say(Tone::Done, tf!("You are {one} now{place}, and were {was}: {one} {purpose}."));
        }
        user
    });
    // One's account is one's own everywhere; only a project that is not there has no page of it.
    let path = use_location().pathname;
    let is_named = names_project();
    let is_nowhere =
        Memo::new(move |_| live.nowhere.get() && (is_named || site::below(&path.get()) != "/account"));
    view! {
        <a class="skip" href="#main">"Skip to content"</a>
        <div class="app">
            <Rail/>
            <div class="main">
                <Show when=move || !is_nowhere.get() fallback=Nowhere><Outlet/></Show>
            </div>
        </div>
        <Palette/>
        <Portal><Toasts/></Portal>
    }
}

/// Whether the address names a project other than the first.
fn names_project() -> bool {
    site::project() != DEFAULT_PROJECT
}

/// What somebody sees who is in no project, or not in the one that the address names.
#[component]
fn Nowhere() -> impl IntoView {
    if names_project() { NoneOfThisName().into_any() } else { NoneYet().into_any() }
}

#[component]
fn NoneOfThisName() -> impl IntoView {
    view! {
        <TopBar><h1 class="topbar__title">"No such project"</h1></TopBar>
        <main class="page" id="main" tabindex="-1">
            <Void title=tf!("There is no project {} for you", site::project())>
                <p class="void__text">"There is none of this name, or you are not in it: ask an admin."</p>
                // Another project's pages are opened anew: the browser goes there itself.
                <div class="actions"><a class="btn" rel="external" href="/">"To the first project"</a></div>
            </Void>
        </main>
    }
}

#[component]
fn NoneYet() -> impl IntoView {
    view! {
        <TopBar><h1 class="topbar__title">"No project yet"</h1></TopBar>
        <main class="page" id="main" tabindex="-1">
            <Void title="You are in no project yet">
                <p class="void__text">"You are signed in, and what there is to see here belongs to projects. Ask an admin to put you into yours: this page leads you there once you are."</p>
                <div class="actions"><a class="btn" href=site::at("/account")>"Your account"</a></div>
            </Void>
        </main>
    }
}

/// The query of an address with its question mark, when there is one.
fn query(search: &str) -> String {
    if search.is_empty() { String::new() } else { format!("?{search}") }
}

/// The bar over a page: where one is, how the connection stands.
#[component]
pub fn TopBar(
    /// Crumbs and title.
    children: Children,
) -> impl IntoView {
    view! {
        <header class="topbar">
            <a class="topbar__brand" href=site::at("/") aria-label="Berth"><Mark/></a>
            {children()}
            <span class="topbar__spring"></span>
            <div class="topbar__tools">
                {if site::has_server() {
                    view! { <ConnectionState/> }.into_any()
                } else {
                    view! { <span class="conn" data-state="none"><span class="conn__dot" aria-hidden="true"></span>"No server"</span> }.into_any()
                }}
                <Finder/>
                <ThemeToggle/>
                {site::has_server().then(|| view! {
                    <a class="btn topbar__me" data-kind="quiet" data-icon="" href=crate::site::at("/account") aria-label="Your account"><Icon name="user"/></a>
                })}
            </div>
        </header>
    }
}
