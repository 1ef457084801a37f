//! The frame around every page but the login: rail, top bar, notes.

mod connection;
mod rail;
mod theme;

use leptos::{portal::Portal, prelude::*};
use leptos_router::{
    components::Outlet,
    hooks::{use_location, use_navigate},
};

use super::{Mark, Toasts};
use crate::live::{machine::Connection, use_live};
use connection::ConnectionState;
use rail::Rail;
use theme::ThemeToggle;

/// The frame. Connects the stream, and leads to the login page when there is no session.
#[component]
pub fn Shell() -> impl IntoView {
    let live = use_live();
    live.start();
    let navigate = use_navigate();
    let location = use_location();
    Effect::new(move |_| {
        if live.connection.get() == Connection::SignedOut {
            let back = location.pathname.get_untracked();
            let back = if back == "/" { String::new() } else { format!("?next={back}") };
            navigate(&format!("/login{back}"), Default::default());
        }
    });
    view! {
        <a class="skip" href="#main">"Skip to content"</a>
        <div class="app">
            <Rail/>
            <div class="main"><Outlet/></div>
        </div>
        <Portal><Toasts/></Portal>
    }
}

/// The bar over a page: where one is, how the connection stands.
#[component]
pub fn TopBar(
    /// Crumbs and title.
    children: Children,
) -> impl IntoView {
    view! {
        <header class="topbar">
            <a class="topbar__brand" href="/" aria-label="Berth"><Mark/></a>
            {children()}
            <span class="topbar__spring"></span>
            <div class="topbar__tools">
                <ConnectionState/>
                <ThemeToggle/>
            </div>
        </header>
    }
}
