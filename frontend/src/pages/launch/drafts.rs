//! The text survives a reload.

use std::time::Duration;

use super::desk::Desk;
use crate::{browser, launch::examples, prelude::*};

/// Where the draft is kept. The text alone: values of variables are kept nowhere.
const KEY: &str = "berth.draft";
/// Longer texts are no configurations, and would crowd out what else the browser keeps.
const LONGEST: usize = 512 * 1024;
/// How long the typing rests before the draft is kept.
const REST: Duration = Duration::from_millis(300);

/// Whether the draft is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Saved {
    /// As it is.
    Yes,
    /// In a moment.
    Soon,
    /// Not this one.
    TooLong,
}

impl Saved {
    /// In words.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Yes => t!("Draft saved"),
            Self::Soon => t!("Saving draft…"),
            Self::TooLong => t!("Too long to keep as a draft"),
        }
    }
}

/// The text to begin with: what another page left, or the draft, or the first example.
pub(super) fn first_text() -> String {
    browser::take_draft().unwrap_or_else(kept)
}

/// The draft, or the first example.
pub(super) fn kept() -> String {
    browser::recall(KEY).unwrap_or_else(|| examples::first().to_owned())
}

/// Keeps the draft while the page is open.
pub(super) fn keep(desk: Desk) {
    let save = move || {
        desk.text.with_untracked(|text| {
            if text.len() <= LONGEST {
                browser::keep(KEY, Some(text));
                desk.saved.set(Saved::Yes);
            } else {
                desk.saved.set(Saved::TooLong);
            }
        });
    };
    let waiting = StoredValue::new(None::<TimeoutHandle>);
    Effect::new(move |first: Option<()>| {
        desk.text.track();
        if first.is_none() {
            return;
        }
        desk.saved.set(Saved::Soon);
        if let Some(handle) = waiting.get_value() {
            handle.clear();
        }
        waiting.set_value(set_timeout_with_handle(save, REST).ok());
    });
    // What was typed in the last moments.
    let leaving = window_event_listener(leptos::ev::pagehide, move |_| {
        if desk.saved.get_untracked() == Saved::Soon {
            save();
        }
    });
    on_cleanup(move || {
        leaving.remove();
        if let Some(handle) = waiting.try_get_value().flatten() {
            handle.clear();
        }
        if desk.saved.try_get_untracked() == Some(Saved::Soon) {
            save();
        }
    });
}
