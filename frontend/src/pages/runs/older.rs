//! Finished runs that are older than those which the stream tells of.

use berth_shared::api::{Page, Run, RunId, SNAPSHOT_FINISHED};
use leptos::task::spawn_local;

use crate::{
    api::{self, ApiError},
    components::Failed,
    live::{Live, use_live},
    prelude::*,
};

/// How many runs are asked for at once: the most that the server gives.
const PIECE: u32 = 200;

/// Where the list goes on: the server's word for it, and the last run before.
type Place = Option<(String, RunId)>;

/// At the foot of the list, while there may be older ones: says so, and shows them on demand, until the page is left.
#[component]
pub(super) fn Older() -> impl IntoView {
    let live = use_live();
    let finished = Memo::new(move |_| live.runs.count(|run| run.status.is_finished()));
    let place = StoredValue::new(Place::None);
    let busy = RwSignal::new(false);
    // The last run of all, once it is here.
    let oldest = RwSignal::new(None::<RunId>);
    let failed = RwSignal::new(None::<String>);
    on_cleanup(move || live.forget_older());
    let show = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let answer = more(live, place).await;
            // Whoever has left the page wants none of them.
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok((runs, last)) => {
                    failed.set(None);
                    live.add_older(runs);
                    oldest.set(last);
                }
                Err(error) => failed.set(Some(error.to_string())),
            }
        });
    };
    let wanted = move || {
        finished.get() >= SNAPSHOT_FINISHED as usize
            && oldest.get().is_none_or(|oldest| live.runs.row(oldest).is_none())
    };
    view! {
        <Show when=wanted>
            <Failed why=failed what="older runs"/>
            <div class="panel__foot actions">
                <button class="btn" data-size="sm" aria-busy=move || busy.get().to_string() on:click=show>"Show older runs"</button>
                <span role="status">{move || tf!("The newest {} finished runs are shown.", finished.get())}</span>
            </div>
        </Show>
    }
}

/// The next finished runs that the page does not have; and the last run of all, when they end with it.
async fn more(live: Live, place: StoredValue<Place>) -> Result<(Vec<Run>, Option<RunId>), ApiError> {
    // A new connection begins with the newest ones again: so does this, then.
    let mut next = place
        .try_get_value()
        .flatten()
        .filter(|(_, last)| live.runs.row(*last).is_some())
        .map(|(next, _)| next);
    loop {
        let cursor = next.as_ref().map(|next| format!("&cursor={next}")).unwrap_or_default();
        let Page { items, next: after } =
            api::get::<Page<Run>>(&format!("/api/v1/runs?limit={PIECE}{cursor}")).await?;
        let last = items.last().map(|run| run.id);
        let new: Vec<Run> = items
            .into_iter()
            .filter(|run| run.status.is_finished() && live.runs.row(run.id).is_none())
            .collect();
        place.try_set_value(after.clone().zip(last));
        if !new.is_empty() || after.is_none() {
            return Ok((new, last.filter(|_| after.is_none())));
        }
        next = after;
    }
}
