//! The active instances as facts, put together anew a few times a second at most, however many changes there are.

use std::time::Duration;

use berth_shared::api::Instance;
use leptos::prelude::*;

use crate::{
    browser,
    live::{Live, use_live},
    team::roster::Fact,
};

/// How long it takes at least from one time to the next. The first change is seen at once.
const REST: u64 = 200;

/// The facts. Copied about freely; all copies are one.
#[derive(Clone, Copy)]
pub(super) struct Crew {
    /// All active instances, oldest first.
    pub(super) facts: RwSignal<Vec<Fact>>,
    last: StoredValue<u64>,
    waiting: StoredValue<Option<TimeoutHandle>>,
}

impl Crew {
    pub(super) fn follow() -> Self {
        let live = use_live();
        let crew = Self {
            facts: RwSignal::new(gather(live)),
            last: StoredValue::new(browser::steady_millis()),
            waiting: StoredValue::new(None),
        };
        Effect::new(move |first: Option<()>| {
            live.instances.each(|_| {});
            live.runs.each(|_| {});
            if first.is_some() {
                crew.soon(live);
            }
        });
        on_cleanup(move || {
            if let Some(handle) = crew.waiting.try_get_value().flatten() {
                handle.clear();
            }
        });
        crew
    }

    fn soon(self, live: Live) {
        if self.waiting.with_value(Option::is_some) {
            return;
        }
        let since = browser::steady_millis().saturating_sub(self.last.get_value());
        let Some(left) = REST.checked_sub(since).filter(|left| *left > 0) else {
            self.renew(live);
            return;
        };
        let later = move || {
            self.waiting.try_update_value(|waiting| *waiting = None);
            self.renew(live);
        };
        self.waiting.set_value(set_timeout_with_handle(later, Duration::from_millis(left)).ok());
    }

    fn renew(self, live: Live) {
        self.last.try_update_value(|last| *last = browser::steady_millis());
        let facts = untrack(|| gather(live));
        if self.facts.try_with_untracked(|known| *known != facts) == Some(true) {
            self.facts.set(facts);
        }
    }
}

fn gather(live: Live) -> Vec<Fact> {
    untrack(|| {
        let mut facts = Vec::with_capacity(live.instances.len());
        live.instances.each(|instance: &Instance| {
            let run = instance.run_id.and_then(|id| live.runs.row(id));
            facts.push(match run {
                Some(run) => run.with_untracked(|run| {
                    Fact::of(instance, Some(run).filter(|run| !run.status.is_finished()))
                }),
                None => Fact::of(instance, None),
            });
        });
        facts
    })
}
