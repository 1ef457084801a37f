//! Why a run failed, with what its log said last.

use berth_shared::{api::RunStatus, log};
use leptos::{html, task::spawn_local};

use super::{Subject, logs};
use crate::{
    components::{Icon, Prose},
    format,
    live::log_book::LogBook,
    log_text,
    prelude::*,
};

/// How many lines of the log are shown.
const LINES: u64 = 12;

/// A notice over the page of a run that failed, or that was stopped by other than its user's wish.
#[component]
pub(super) fn Trouble(subject: Subject) -> impl IntoView {
    let run = subject.run;
    let log = subject.feed.log;
    let subject_log = log.clone();
    let name = subject.name;
    let failed = Memo::new(move |_| run.with(|run| run.status == RunStatus::Failed));
    let ended = Memo::new(move |_| {
        run.with(|run| {
            matches!(run.status, RunStatus::Terminated | RunStatus::Done)
                .then(|| run.message.clone())
                .flatten()
        })
    });
    let message = Memo::new(move |_| {
        run.with(|run| {
            run.message.clone().unwrap_or_else(|| {
                let reason =
                    run.job_reason.map(|reason| reason.as_str()).or(run.reason.map(|reason| reason.as_str()));
                reason.map_or_else(
                    || t!("The server gave no reason.").to_owned(),
                    |reason| reason.replace('_', " "),
                )
            })
        })
    });
    let last = Memo::new(move |_| {
        log.with(|log| {
            log.last(LINES).map(|row| (row.at, row.source, log::plain(&row.text))).collect::<Vec<_>>()
        })
    });
    Effect::new({
        let log = subject_log;
        move |_| {
            if !failed.get() || !log.with(LogBook::is_answered) {
                return;
            }
            let end = log.with_untracked(LogBook::rows);
            let missing = log.try_update_untracked(|log| log.missing(end.saturating_sub(LINES)..end));
            for missing in missing.into_iter().flatten() {
                let (log, name) = (log.clone(), name.clone());
                // Without them the reason stands by itself.
                spawn_local(async move { drop(logs::load::block(&log, &name, missing).await) });
            }
        }
    });
    // What broke it stands at the end.
    let tail = NodeRef::<html::Div>::new();
    Effect::new(move |_| {
        last.track();
        if let Some(tail) = tail.get() {
            tail.set_scroll_top(tail.scroll_height());
        }
    });
    view! {
        <Show when=move || failed.get()>
            <section class="notice" data-tone="danger" aria-label="Why it failed">
                <Icon name="error"/>
                <p class="notice__text"><b>"Failed. "</b><Prose text=message/></p>
                <Show when=move || !last.with(Vec::is_empty)>
                    <div class="log" tabindex="0" role="group" aria-label="Last lines of the log" node_ref=tail>
                        {move || last.get().into_iter().map(|(at, source, text)| view! {
                            <div class="log__line" data-stream=logs::stream(source) data-level=log_text::level(&text)>
                                <span class="log__time">{format::clock_seconds(at)}</span>
                                <span class="log__text">{text.clone()}</span>
                            </div>
                        }).collect_view()}
                    </div>
                </Show>
            </section>
        </Show>
        <Show when=move || ended.get().is_some()>
            <section class="notice" aria-label="Why it ended">
                <Icon name="hint"/>
                <p class="notice__text"><Prose text=Signal::derive(move || ended.get().unwrap_or_default())/></p>
            </section>
        </Show>
    }
}
