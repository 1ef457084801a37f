//! What the address says is shown, and the way to another address.

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_query_map};

use crate::{browser, team::view::View};

/// How an address is gone to: the address, and whether it takes the place of the present one.
type Go = Box<dyn Fn(String, bool)>;

/// The view. Copied about freely; all copies are one.
#[derive(Clone, Copy)]
pub(super) struct Lookout {
    /// What the address says.
    pub(super) view: Memo<View>,
    go: StoredValue<Go, LocalStorage>,
}

impl Lookout {
    pub(super) fn new() -> Self {
        let query = use_query_map();
        let navigate = crate::site::use_navigate();
        let view = Memo::new(move |_| {
            query.with(|query| View::parse(query.latest_values().map(|(key, value)| (key.as_ref(), value))))
        });
        let go: Go = Box::new(move |query, replace| {
            let options = NavigateOptions { replace, scroll: false, ..NavigateOptions::default() };
            navigate(&format!("/team{query}"), options);
        });
        Self { view, go: StoredValue::new_local(go) }
    }

    /// Goes to the address of a changed view, once what was pressed or typed for it is seen. `replace`: the present one is not
    /// gone back to.
    pub(super) fn change(self, replace: bool, change: impl FnOnce(&mut View) + 'static) {
        browser::after_paint(move || {
            let Some(mut view) = self.view.try_get_untracked() else { return };
            change(&mut view);
            let _ = self.go.try_with_value(|go| go(view.to_query(), replace));
        });
    }

    /// The pool whose instances alone are shown.
    pub(super) fn pool(self) -> Option<String> {
        self.view.with(|view| view.pool.clone())
    }

    /// A part of the view that is a name, as a filter's value: "" = any.
    pub(super) fn name(self, read: fn(&View) -> &Option<String>) -> Signal<String> {
        Signal::derive(move || self.view.with(|view| read(view).clone().unwrap_or_default()))
    }
}
