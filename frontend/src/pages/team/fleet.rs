//! What *Team* asks the server for besides the stream: pools, and what providers have that nobody here knows of.

use std::time::Duration;

use berth_shared::api::{Orphan, Page, Pool};
use leptos::{prelude::*, task::spawn_local};

use super::lookout::Lookout;
use crate::{api, live::use_live};

/// How long the news rest before they are asked about, so that many at once are one question.
const REST: Duration = Duration::from_millis(200);
/// How long it takes at most until what instances have to do with it is asked about.
const NOW_AND_THEN: Duration = Duration::from_secs(15);

/// Pools and orphans.
#[derive(Clone, Copy)]
pub(super) struct Fleet {
    /// Pools by name; `None` until the server has answered.
    pub(super) pools: RwSignal<Option<Vec<Pool>>>,
    /// What is not gone.
    pub(super) orphans: RwSignal<Vec<Orphan>>,
    /// What of it all is shown.
    pub(super) lookout: Lookout,
    /// Why the last question brought nothing.
    pub(super) failed: RwSignal<Option<String>>,
    waiting: StoredValue<Option<TimeoutHandle>>,
}

impl Fleet {
    /// Asks now, with every change of pools, and now and then when instances come and go.
    pub(super) fn follow(lookout: Lookout) -> Self {
        let live = use_live();
        let fleet = Self {
            pools: RwSignal::new(None),
            orphans: RwSignal::new(Vec::new()),
            lookout,
            failed: RwSignal::new(None),
            waiting: StoredValue::new(None),
        };
        Effect::new(move |_| {
            live.pools_changed.track();
            if live.is_live() {
                fleet.soon();
            }
        });
        Effect::new(move |first: Option<()>| {
            let _ = live.instances.keys();
            if first.is_some() && fleet.waiting.with_value(Option::is_none) {
                fleet.ask_after(NOW_AND_THEN);
            }
        });
        on_cleanup(move || {
            if let Some(handle) = fleet.waiting.try_get_value().flatten() {
                handle.clear();
            }
        });
        fleet
    }

    /// Asks in a moment.
    pub(super) fn soon(self) {
        self.ask_after(REST);
    }

    fn ask_after(self, rest: Duration) {
        if let Some(handle) = self.waiting.get_value() {
            handle.clear();
        }
        self.waiting.set_value(set_timeout_with_handle(move || self.ask(), rest).ok());
    }

    fn ask(self) {
        self.waiting.try_update_value(|waiting| *waiting = None);
        spawn_local(async move {
            match api::get::<Page<Pool>>("/api/v1/pools").await {
                Ok(page) => {
                    self.failed.try_set(None);
                    // A pool that is gone hides nothing any more.
                    let only = self.lookout.view.try_with_untracked(|view| view.pool.clone()).flatten();
                    if only.is_some_and(|only| !page.items.iter().any(|pool| pool.name == only)) {
                        self.lookout.change(true, |view| view.pool = None);
                    }
                    self.pools.try_set(Some(page.items));
                }
                Err(error) => drop(self.failed.try_set(Some(error.to_string()))),
            }
            if let Ok(page) = api::get::<Page<Orphan>>("/api/v1/orphans").await {
                let there = page.items.into_iter().filter(|orphan| orphan.gone_at.is_none()).collect();
                self.orphans.try_set(there);
            }
        });
    }

    /// The names of all pools.
    pub(super) fn names(self) -> Vec<String> {
        self.pools.with(|pools| pools.iter().flatten().map(|pool| pool.name.clone()).collect())
    }

    /// The pool of runs that name none.
    pub(super) fn default(self) -> Option<String> {
        self.pools
            .with(|pools| pools.iter().flatten().find(|pool| pool.default).map(|pool| pool.name.clone()))
    }
}
