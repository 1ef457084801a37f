//! Parts of the frame around every page.

use leptos::prelude::*;

use super::{Theme, row};
use crate::{
    browser,
    components::{ConnectionMark, DemoLine},
    live::machine::Connection,
};

pub(super) fn connection(_: Theme) -> AnyView {
    let soon = browser::steady_millis().saturating_add(30_000);
    let all = [
        Connection::Connecting,
        Connection::Live { latency_ms: None },
        Connection::Live { latency_ms: Some(38) },
        Connection::Reconnecting { retry_at_ms: None },
        Connection::Reconnecting { retry_at_ms: Some(soon) },
    ]
    .map(|connection| view! { <ConnectionMark connection=Signal::stored(connection)/> })
    .collect_view();
    row("Connecting, live, lost, lost with the next try", all)
}

pub(super) fn demo(_: Theme) -> AnyView {
    view! { <div class="demo"><DemoLine/></div> }.into_any()
}

pub(super) fn shell(_: Theme) -> AnyView {
    view! {
        <p class="meta">
            "The rail, the bar over the page with the palette’s button and the theme’s, and the place for notes: there is one of each on a page, and this page is in it."
        </p>
    }
    .into_any()
}
