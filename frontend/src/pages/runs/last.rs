//! The last lines of a failed run's log, once somebody wants to see them.

use berth_shared::{
    api::LogChunk,
    log::{self, Row, RowJoiner},
};
use leptos::task::spawn_local;

use crate::{api, log_text, pages::run::stream, prelude::*};

/// How many lines are shown.
const LINES: usize = 8;
/// An offset beyond the end of every log.
const PAST: u64 = (1 << 53) - 1;
/// How much of the end of a log is looked at, bytes.
const WINDOW: u64 = 16 * 1024;

/// A line that opens.
#[component]
pub(super) fn LastLines(name: String) -> impl IntoView {
    let rows = RwSignal::new(None::<Result<Vec<Row>, String>>);
    let asked = StoredValue::new(false);
    let open = {
        let name = name.clone();
        move |_| {
            if asked.try_update_value(|asked| std::mem::replace(asked, true)) != Some(false) {
                return;
            }
            let name = name.clone();
            spawn_local(async move {
                let read = read(&name).await.map_err(|error| error.to_string());
                if read.is_err() {
                    asked.try_set_value(false);
                }
                rows.try_set(Some(read));
            });
        }
    };
    let label = tf!("Last lines of the log of {name}");
    let lines = move || {
        match rows.get() {
        None => view! { <p class="log__note">"Loading…"</p> }.into_any(),
        Some(Err(why)) => view! { <p class="log__note">{why}</p> }.into_any(),
        Some(Ok(rows)) if rows.is_empty() => view! { <p class="log__note">"It wrote nothing."</p> }.into_any(),
        Some(Ok(rows)) => rows
            .into_iter()
            .map(|row| {
                let text = log::plain(&row.text);
                view! { <div class="log__line" data-stream=stream(row.source) data-level=log_text::level(&text)><span class="log__text">{text.clone()}</span></div> }
            })
            .collect_view()
            .into_any(),
    }
    };
    view! {
        <details class="lastlines" on:toggle=open>
            <summary>"Last lines"</summary>
            <div class="log" tabindex="0" role="group" aria-label=label>{lines}</div>
        </details>
    }
}

async fn read(name: &str) -> Result<Vec<Row>, api::ApiError> {
    let piece =
        async |after: u64| api::get::<LogChunk>(&format!("/api/v1/runs/{name}/logs?after={after}")).await;
    let end = piece(PAST).await?.next_offset;
    // A server that does not know where its log ends repeats what it was asked.
    let mut after = if end == PAST { 0 } else { end.saturating_sub(WINDOW) };
    let (mut rows, mut joiner) = (Vec::new(), RowJoiner::default());
    loop {
        let chunk = piece(after).await?;
        log::rows(&chunk, &mut joiner, &mut rows);
        rows.drain(..rows.len().saturating_sub(LINES));
        if chunk.complete || chunk.next_offset <= after {
            return Ok(rows);
        }
        after = chunk.next_offset;
    }
}
