//! Which rows are in sight, and what the environments in them use.

use std::collections::HashMap;

use berth_shared::{
    api::{RunId, Topic, UsageHistory},
    time::Timestamp,
};
use js_sys::Array;
use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, IntersectionObserver, IntersectionObserverEntry, IntersectionObserverInit};

use crate::{
    api,
    live::{Live, use_live},
    team::series::Series,
};

/// How many environments are followed at once. The server takes 32 subscriptions of a page, and others want some, too.
const FOLLOWED: usize = 28;
/// Older than this, milliseconds, what is known of an environment's use is asked for anew.
const OLD: i64 = 30_000;

/// What rows share. Copied about freely; all copies are one.
#[derive(Clone, Copy)]
pub(super) struct Watch {
    observer: StoredValue<Option<Observer>, LocalStorage>,
    seen: StoredValue<HashMap<String, RwSignal<bool>>>,
    /// Those whose use is wanted, the first come first.
    wanted: RwSignal<Vec<RunId>>,
    series: StoredValue<HashMap<RunId, ArcRwSignal<Series>>>,
}

struct Observer {
    observer: IntersectionObserver,
    _callback: Closure<dyn FnMut(Array)>,
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

impl Watch {
    pub(super) fn new() -> Self {
        let seen = StoredValue::new(HashMap::<String, RwSignal<bool>>::new());
        let callback = Closure::<dyn FnMut(Array)>::new(move |entries: Array| {
            for entry in entries.iter().filter_map(|entry| entry.dyn_into::<IntersectionObserverEntry>().ok())
            {
                let id = entry.target().id();
                let signal = seen.try_with_value(|seen| seen.get(&id).copied()).flatten();
                if let Some(signal) = signal
                    && signal.try_get_untracked() != Some(entry.is_intersecting())
                {
                    signal.try_set(entry.is_intersecting());
                }
            }
        });
        let options = IntersectionObserverInit::new();
        // A little beyond the window, so that a row that comes into sight has its figures.
        options.set_root_margin("120px 0px");
        let observer =
            IntersectionObserver::new_with_options(callback.as_ref().unchecked_ref(), &options).ok();
        Self {
            observer: StoredValue::new_local(
                observer.map(|observer| Observer { observer, _callback: callback }),
            ),
            seen,
            wanted: RwSignal::new(Vec::new()),
            series: StoredValue::default(),
        }
    }

    /// Whether an element is in sight, until the current component goes. It is told apart by its `id`.
    pub(super) fn see(self, id: String, element: impl Fn() -> Option<Element> + 'static) -> RwSignal<bool> {
        let signal = RwSignal::new(false);
        self.seen.update_value(|seen| {
            seen.insert(id.clone(), signal);
        });
        let node = StoredValue::new_local(None::<Element>);
        Effect::new(move |_| {
            let Some(element) = element() else { return };
            let _ = self.observer.try_with_value(|observer| {
                if let Some(observer) = observer {
                    observer.observer.observe(&element);
                }
            });
            node.set_value(Some(element));
        });
        on_cleanup(move || {
            if let Some(element) = node.try_get_value().flatten() {
                let _ = self.observer.try_with_value(|observer| {
                    if let Some(observer) = observer {
                        observer.observer.unobserve(&element);
                    }
                });
            }
            let _ = self.seen.try_update_value(|seen| {
                // A row that was drawn anew has its own signal there by now.
                if seen.get(&id) == Some(&signal) {
                    seen.remove(&id);
                }
            });
        });
        signal
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
