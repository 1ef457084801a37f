//! Which rows are in sight, and what the environments in them use.

use std::collections::HashMap;

use berth_shared::{
    api::{RunId, Topic, UsageHistory},
    time::Timestamp,
};
use leptos::{prelude::*, task::spawn_local};
use web_sys::Element;

use crate::{
    api,
    live::{Live, use_live},
    sight::Sight,
    team::series::Series,
};

/// How many environments are followed at once. The server takes 32 subscriptions of a page, and others want some, too.
const FOLLOWED: usize = 28;
/// Older than this, milliseconds, what is known of an environment's use is asked for anew.
const OLD: i64 = 30_000;

/// What rows share. Copied about freely; all copies are one.
#[derive(Clone, Copy)]
pub(super) struct Watch {
    sight: Sight,
    /// Those whose use is wanted, the first come first.
    wanted: RwSignal<Vec<RunId>>,
    series: StoredValue<HashMap<RunId, ArcRwSignal<Series>>>,
}

impl Watch {
    pub(super) fn new() -> Self {
        // A little beyond the window, so that a row that comes into sight has its figures.
        Self { sight: Sight::new(120), wanted: RwSignal::new(Vec::new()), series: StoredValue::default() }
    }

    /// Whether an element is in sight, until the current component goes. It is told apart by its `id`.
    pub(super) fn see(self, id: String, element: impl Fn() -> Option<Element> + 'static) -> RwSignal<bool> {
        self.sight.see(id, element)
    }

    /// What a run uses, followed until the current component goes as far as there is room.
    pub(super) fn use_of(self, run: RunId, name: String, cpus: f64) -> ArcRwSignal<Series> {
        let live = use_live();
        let series =
            self.series.try_update_value(|series| series.entry(run).or_default().clone()).unwrap_or_default();
        self.wanted.update(|wanted| wanted.push(run));
        on_cleanup(move || {
            let _ = self.wanted.try_update(|wanted| {
                if let Some(at) = wanted.iter().position(|one| *one == run) {
                    wanted.remove(at);
                }
            });
        });
        let followed = Memo::new(move |_| {
            self.wanted.with(|wanted| wanted.iter().take(FOLLOWED).any(|one| *one == run))
        });
        let kept = series.clone();
        Effect::new(move |_| {
            if !followed.get() {
                return;
            }
            live.follow(Topic::Usage { run_id: run });
            let newest = live.newest_use(run);
            let series = kept.clone();
            if is_old(&series, live) {
                remember(series.clone(), name.clone(), cpus);
            }
            Effect::new(move |_| {
                if let Some(usage) = newest.get() {
                    series.update(|series| series.add(&usage, cpus));
                }
            });
        });
        series
    }
}

fn is_old(series: &ArcRwSignal<Series>, live: Live) -> bool {
    let now = live.server_now();
    series.with_untracked(|series| series.last().is_none_or(|at: Timestamp| now.millis_since(at) > OLD))
}

/// Begins with what the server remembers of the last hour.
fn remember(series: ArcRwSignal<Series>, name: String, cpus: f64) {
    spawn_local(async move {
        // Without an answer the line begins now.
        if let Ok(history) = api::get::<UsageHistory>(&format!("/api/v1/runs/{name}/usage")).await {
            series.set(Series::of_history(&history, cpus));
        }
    });
}
