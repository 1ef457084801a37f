//! What the address of Team says is shown.

use leptos::prelude::*;

use crate::{
    pages::lookout::{self, Query},
    team::view::View,
};

/// The view, and the way to another.
pub(super) type Lookout = lookout::Lookout<View>;

impl Query for View {
    const PAGE: &'static str = "/team";

    fn of_pairs<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        Self::parse(pairs)
    }

    fn query(&self) -> String {
        self.to_query()
    }
}

impl Lookout {
    /// The pool whose instances alone are shown.
    pub(super) fn pool(self) -> Option<String> {
        self.view.with(|view| view.pool.clone())
    }

    /// A part of the view that is a name, as a filter's value: "" = any.
    pub(super) fn name(self, read: fn(&View) -> &Option<String>) -> Signal<String> {
        Signal::derive(move || self.view.with(|view| read(view).clone().unwrap_or_default()))
    }
}
