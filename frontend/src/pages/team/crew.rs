//! The active instances as facts, put together anew a few times a second at most, however many changes there are.

use std::{collections::HashMap, sync::Arc, time::Duration};

use berth_shared::api::InstanceId;
use leptos::prelude::*;

use crate::{
    browser,
    live::{Live, use_live},
    team::roster::Fact,
};

/// How long it takes at least from one time to the next. The first change is seen at once.
const REST: u64 = 200;

/// What was made of each instance, with the numbers that it and its run had then.
type Kept = HashMap<InstanceId, ((u64, u64), Arc<Fact>)>;

/// The facts. Copied about freely; all copies are one.
#[derive(Clone, Copy)]
pub(super) struct Crew {
    /// All active instances, oldest first.
    pub(super) facts: RwSignal<Vec<Arc<Fact>>>,
    /// Whether any of them has tags: without, there is no column for them.
    pub(super) tagged: Memo<bool>,
    kept: StoredValue<Kept>,
    last: StoredValue<u64>,
    waiting: StoredValue<Option<TimeoutHandle>>,
}

impl Crew {
    pub(super) fn follow() -> Self {
        let live = use_live();
        let facts = RwSignal::new(Vec::<Arc<Fact>>::new());
        let crew = Self {
            facts,
            tagged: Memo::new(move |_| facts.with(|facts| facts.iter().any(|fact| !fact.tags.is_empty()))),
            kept: StoredValue::default(),
            last: StoredValue::new(browser::steady_millis()),
            waiting: StoredValue::new(None),
        };
        crew.renew(live);
        Effect::new(move |before: Option<bool>| {
            live.instances.track();
            live.runs.track();
            let loaded = live.loaded.get();
            match before {
                // The list is shown from now on, and must not be empty for a moment in which all below it would move.
                Some(false) if loaded => crew.renew(live),
                Some(_) => crew.soon(live),
                None => {}
            }
            loaded
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
        let Some(facts) = self.kept.try_update_value(|kept| gather(live, kept)) else { return };
        let are_same = |known: &Vec<Arc<Fact>>| {
            known.len() == facts.len() && known.iter().zip(&facts).all(|(a, b)| Arc::ptr_eq(a, b))
        };
        if self.facts.try_with_untracked(are_same) == Some(false) {
            self.facts.set(facts);
        }
    }
}

/// The facts of all instances; those of which nothing has changed are the very same as before.
fn gather(live: Live, kept: &mut Kept) -> Vec<Arc<Fact>> {
    let mut before = std::mem::take(kept);
    let mut facts = Vec::with_capacity(before.len());
    live.instances.peek_all(|instance, version| {
        let old = before.remove(&instance.id);
        let run_version = instance.run_id.and_then(|id| live.runs.peek(id, |_, version| version));
        let versions = (version, run_version.unwrap_or_default());
        let fact = match old {
            Some((old, fact)) if old == versions => fact,
            old => {
                let new = instance
                    .run_id
                    .and_then(|id| {
                        live.runs.peek(id, |run, _| {
                            Fact::of(instance, Some(run).filter(|run| !run.status.is_finished()))
                        })
                    })
                    .unwrap_or_else(|| Fact::of(instance, None));
                // What changes without being seen here, a run's progress say, leaves all lists as they are.
                match old {
                    Some((_, fact)) if *fact == new => fact,
                    _ => Arc::new(new),
                }
            }
        };
        kept.insert(instance.id, (versions, Arc::clone(&fact)));
        facts.push(fact);
    });
    facts
}
