//! One answer of the server, to a question that changes.

use std::time::Duration;

use berth_shared::json::FromJson;
use leptos::{prelude::*, task::spawn_local};

use crate::api::{self, ApiError};

/// An answer of the server's. Copied about freely; all copies are one.
pub(crate) struct Asked<T: Send + Sync + 'static> {
    /// The last answer; `None` until there is one.
    pub(crate) answer: RwSignal<Option<T>>,
    /// Why the last question brought nothing.
    pub(crate) failed: RwSignal<Option<String>>,
    /// Whether the answer to the present question is not there yet.
    pub(crate) waits: RwSignal<bool>,
    path: Signal<String>,
}

impl<T: Send + Sync + 'static> Clone for Asked<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Asked<T> {}

impl<T: Clone + PartialEq + FromJson + Send + Sync + 'static> Asked<T> {
    /// Asks now, whenever the question changes, and again and again until the current component goes; not while nobody looks.
    pub(crate) fn follow(path: impl Fn() -> String + Send + Sync + 'static, every: Duration) -> Self {
        let asked = Self {
            answer: RwSignal::new(None),
            failed: RwSignal::new(None),
            waits: RwSignal::new(true),
            path: Memo::new(move |_| path()).into(),
        };
        Effect::new(move |_| {
            asked.path.track();
            asked.waits.set(true);
            asked.ask();
        });
        let again = move || {
            if !document().hidden() {
                asked.ask();
            }
        };
        let again = set_interval_with_handle(again, every);
        on_cleanup(move || {
            if let Ok(again) = again {
                again.clear();
            }
        });
        asked
    }

    /// Asks once more.
    pub(crate) fn ask(self) {
        let Some(path) = self.path.try_get_untracked() else { return };
        spawn_local(async move {
            let answer = api::get::<T>(&path).await;
            // The question may be another one meanwhile.
            if self.path.try_get_untracked().as_ref() != Some(&path) {
                return;
            }
            self.waits.try_set(false);
            self.take(answer);
        });
    }

    fn take(self, answer: Result<T, ApiError>) {
        match answer {
            Ok(answer) => {
                self.failed.try_set(None);
                // What has not changed is not drawn anew.
                if self.answer.try_with_untracked(|known| known.as_ref() != Some(&answer)) == Some(true) {
                    self.answer.try_set(Some(answer));
                }
            }
            Err(error) => drop(self.failed.try_set(Some(error.to_string()))),
        }
    }
}
