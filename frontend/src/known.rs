//! Lists that the server is asked for, as far as they are known.

use std::time::Duration;

use berth_shared::{api::Page, json::FromJson};
use leptos::{prelude::*, task::spawn_local};

use crate::api;

/// A list of the server's. Copied about freely; all copies are one.
pub(crate) struct Known<T: Send + Sync + 'static> {
    /// What is in it; `None` until the server has answered.
    pub(crate) all: RwSignal<Option<Vec<T>>>,
    /// Why the last question brought nothing.
    pub(crate) failed: RwSignal<Option<String>>,
    path: &'static str,
}

impl<T: Send + Sync + 'static> Clone for Known<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Known<T> {}

impl<T: Clone + PartialEq + FromJson + Send + Sync + 'static> Known<T> {
    /// Asks now.
    pub(crate) fn at(path: &'static str) -> Self {
        let known = Self { all: RwSignal::new(None), failed: RwSignal::new(None), path };
        known.ask();
        known
    }

    /// Asks now, and then again and again until the current component goes; not while nobody looks.
    pub(crate) fn follow(path: &'static str, every: Duration) -> Self {
        let known = Self::at(path);
        let again = move || {
            if !document().hidden() {
                known.ask();
            }
        };
        let again = set_interval_with_handle(again, every);
        on_cleanup(move || {
            if let Ok(again) = again {
                again.clear();
            }
        });
        known
    }

    /// Asks once more.
    pub(crate) fn ask(self) {
        spawn_local(async move {
            match api::get::<Page<T>>(self.path).await {
                Ok(page) => {
                    self.failed.try_set(None);
                    // What has not changed is not drawn anew.
                    let same = self.all.try_with_untracked(|all| all.as_ref() == Some(&page.items));
                    if same == Some(false) {
                        self.all.try_set(Some(page.items));
                    }
                }
                Err(error) => drop(self.failed.try_set(Some(error.to_string()))),
            }
        });
    }

    /// Whether the server has answered and there is nothing.
    pub(crate) fn is_empty(self) -> bool {
        self.all.with(|all| all.as_ref().is_some_and(Vec::is_empty))
    }

    /// Whether the server has not answered yet.
    pub(crate) fn is_awaited(self) -> bool {
        self.all.with(Option::is_none)
    }
}
