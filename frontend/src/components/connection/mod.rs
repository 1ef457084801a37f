//! How the connection stands, in a word and a shape.

use crate::{
    browser,
    live::{machine::Connection, use_live},
    prelude::*,
};

/// How the page's own connection stands.
#[component]
pub fn ConnectionState() -> impl IntoView {
    let live = use_live();
    move || {
        match live.nowhere.get() {
        false => view! { <ConnectionMark connection=live.connection/> }.into_any(),
        // There is a server, and nothing that it could tell of.
        true => view! { <span class="conn" data-state="none"><span class="conn__dot" aria-hidden="true"></span>"No project"</span> }.into_any(),
    }
    }
}

/// `Live 38 ms`, or that there is none and when it is tried again.
#[component]
pub fn ConnectionMark(
    /// The connection.
    #[prop(into)]
    connection: Signal<Connection>,
) -> impl IntoView {
    let live = use_live();
    let state = move || match connection.get() {
        Connection::Connecting | Connection::SignedOut => "connecting",
        Connection::Live { .. } => "live",
        Connection::Reconnecting { .. } => "reconnecting",
    };
    let word = move || match connection.get() {
        Connection::Connecting | Connection::SignedOut => t!("Connecting…"),
        Connection::Live { .. } => t!("Live"),
        Connection::Reconnecting { .. } => t!("Reconnecting…"),
    };
    let detail = move || match connection.get() {
        Connection::Live { latency_ms: Some(latency) } => tf!("{latency} ms"),
        Connection::Reconnecting { retry_at_ms: Some(at) } => {
            // The clock's signal makes this count down.
            live.now.track();
            let left = at.saturating_sub(browser::steady_millis());
            if left == 0 { String::new() } else { tf!("next try in {} s", left.div_ceil(1000)) }
        }
        _ => String::new(),
    };
    view! {
        <span class="conn" data-state=state>
            <span class="conn__dot" aria-hidden="true"></span>
            <span role="status">{word}</span>
            <span class="conn__detail meta">{detail}</span>
        </span>
    }
}
