//! Carries out what the machine decides.

use std::time::Duration;

use berth_shared::api::{Page, Project, Role, User, page_of};
use leptos::{ev, prelude::*};
use wasm_bindgen_futures::spawn_local;

use super::{
    Live,
    machine::{Connection, Effect, Input, Machine, Probe},
};
use crate::{
    api, browser, site,
    socket::{Socket, SocketEvent},
};

/// The machine and its socket.
#[derive(Default)]
pub(super) struct Driver {
    machine: Machine,
    socket: Option<Socket>,
    /// Tells what a socket says from what one before it said.
    generation: u64,
}

/// Gives the machine its clock and the browser's hints.
pub(super) fn run(live: Live) {
    let tick = move || {
        live.input(Input::Tick);
        let now = live.server_now();
        // Whole seconds are what the page shows; a signal that changes more often redraws for nothing.
        if live.now.with_untracked(|old| old.0 / 1000 != now.0 / 1000) {
            live.now.set(now);
        }
    };
    if let Ok(interval) = set_interval_with_handle(tick, Duration::from_millis(250)) {
        on_cleanup(move || interval.clear());
    }
    let wake = move |_: web_sys::Event| live.input(Input::Wake);
    let online = window_event_listener_untyped("online", wake);
    let visible = window_event_listener(ev::visibilitychange, move |_| {
        if !document().hidden() {
            live.input(Input::Wake);
        }
    });
    on_cleanup(move || {
        online.remove();
        visible.remove();
    });
}

/// Gives the machine an input and does what it says.
pub(super) fn input(live: Live, input: Input) {
    // Without a server there is nobody to connect to, whatever wakes the page.
    if !site::has_server() {
        return;
    }
    let step = |driver: &mut Driver| driver.machine.step(input, browser::steady_millis(), browser::random());
    let effects = live.driver().try_update_value(step).unwrap_or_default();
    for effect in effects {
        carry_out(live, effect);
    }
}

fn carry_out(live: Live, effect: Effect) {
    match effect {
        Effect::Connect { after } => connect(live, after),
        Effect::Disconnect => {
            live.driver().update_value(|driver| {
                driver.socket = None;
                driver.generation += 1;
            });
        }
        Effect::Send(message) => {
            // Every message of ours can be written as JSON; one that could not would be sent by nobody.
            let Ok(text) = serde_json::to_string(&message) else { return };
            live.driver().with_value(|driver| {
                if let Some(socket) = &driver.socket {
                    socket.send_text(&text);
                }
            });
        }
        Effect::Probe => spawn_local(async move {
            let probe = match api::get::<User>("/api/v1/me").await {
                Err(error) if error.is_unauthorized() => Probe::Unauthorized,
                Err(api::ApiError::Unreachable) => Probe::Unreachable,
                // Here there is nothing for them, or nothing any more.
                Ok(user) if user.role == Role::Guest => {
                    live.meet(user);
                    look_for_project(live).await;
                    Probe::Reachable
                }
                Err(error) if error.code() == "project-not-found" => miss_project(live).await,
                _ => Probe::Reachable,
            };
            live.input(Input::Probed(probe));
        }),
        Effect::Show(connection) => {
            if connection == Connection::SignedOut {
                live.user.set(None);
            }
            live.connection.set(connection);
        }
        Effect::Welcome { server, user } => {
            live.server.set(Some(server));
            live.meet(user);
            // Another may have changed them while the page was away.
            live.ask_settings();
            // Whoever is let in is somewhere again.
            if live.nowhere.get_untracked() {
                live.nowhere.set(false);
            }
        }
        Effect::Clock(now) => live.skew.set_value(now.0 - browser::wall_millis()),
        Effect::Apply(message) => live.apply(*message),
        // The frame watches the connection and leads the way.
        Effect::LogIn => {}
        Effect::Reload => {
            let _ = window().location().reload();
        }
    }
}

/// Says that the page's project is none of the reader's. A guest of the server is led on from the first page instead.
async fn miss_project(live: Live) -> Probe {
    // A whole address is asked as it is, and so about the first project.
    match api::get::<User>(&format!("{}/api/v1/me", browser::origin())).await {
        Ok(user) if user.role == Role::Guest => {
            browser::leave_for("/");
            Probe::Unreachable
        }
        Ok(_) => {
            live.nowhere.set(true);
            Probe::Reachable
        }
        Err(error) if error.is_unauthorized() => Probe::Unauthorized,
        Err(_) => Probe::Unreachable,
    }
}

/// Leads to the first project that the reader is in.
async fn look_for_project(live: Live) {
    let Ok(page) = api::get::<Page<Project>>("/api/v1/projects").await else { return };
    let path = window().location().pathname().unwrap_or_default();
    match page.items.first() {
        // One's account is one's own everywhere: nobody is led away from it.
        Some(_) if site::below(&path) == "/account" => {}
        Some(project) => browser::leave_for(&page_of(&project.name, "/")),
        None => live.nowhere.set(true),
    }
}

fn connect(live: Live, after: Option<u64>) {
    let Some(generation) = live.driver().try_update_value(|driver| {
        driver.socket = None;
        driver.generation += 1;
        driver.generation
    }) else {
        return;
    };
    let path = after.map_or_else(|| "/api/v1/stream".to_owned(), |seq| format!("/api/v1/stream?after={seq}"));
    let socket = Socket::open(&crate::site::endpoint(&path), move |event| {
        if live.driver().try_with_value(|driver| driver.generation) != Some(generation) {
            return;
        }
        match event {
            SocketEvent::Opened | SocketEvent::Bytes(_) => {}
            SocketEvent::Text(text) => live.input(Input::Frame(text)),
            SocketEvent::Closed => live.input(Input::Closed),
        }
    });
    match socket {
        Ok(socket) => live.driver().update_value(|driver| driver.socket = Some(socket)),
        Err(()) => live.input(Input::Closed),
    }
}
