//! The window's title.

use leptos::prelude::*;

/// Keeps the window's title on what a page is about: `Runs · Berth`.
pub(crate) fn set_title(title: impl Fn() -> String + 'static) {
    Effect::new(move |_| document().set_title(&format!("{} · Berth", title())));
}
