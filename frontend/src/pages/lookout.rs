//! What a page's address says is shown, and the way to another address.

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_query_map};

use crate::browser;

/// What the query of a page's address says.
pub(super) trait Query: Clone + PartialEq + Send + Sync + 'static {
    /// The page's path.
    const PAGE: &'static str;

    /// Reads the query's pairs.
    fn of_pairs<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Self;

    /// The query, with its `?`.
    fn query(&self) -> String;
}

/// How an address is gone to: the address, and whether it takes the place of the present one.
type Go = Box<dyn Fn(String, bool)>;

/// The view. Copied about freely; all copies are one.
pub(super) struct Lookout<V: Query> {
    /// What the address says.
    pub(super) view: Memo<V>,
    go: StoredValue<Go, LocalStorage>,
}

impl<V: Query> Clone for Lookout<V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V: Query> Copy for Lookout<V> {}

impl<V: Query> Lookout<V> {
    pub(super) fn new() -> Self {
        let query = use_query_map();
        let navigate = crate::site::use_navigate();
        let view = Memo::new(move |_| {
            query.with(|query| V::of_pairs(query.latest_values().map(|(key, value)| (key.as_ref(), value))))
        });
        let go: Go = Box::new(move |query, replace| {
            let options = NavigateOptions { replace, scroll: false, ..NavigateOptions::default() };
            navigate(&format!("{}{query}", V::PAGE), options);
        });
        Self { view, go: StoredValue::new_local(go) }
    }

    /// Goes to the address of a changed view, once what was pressed or typed for it is seen. `replace`: the present one is not
    /// gone back to.
    pub(super) fn change(self, replace: bool, change: impl FnOnce(&mut V) + 'static) {
        browser::after_paint(move || {
            let Some(mut view) = self.view.try_get_untracked() else { return };
            change(&mut view);
            let _ = self.go.try_with_value(|go| go(view.query(), replace));
        });
    }
}

/// What is typed into a page's search, whose text is in the address.
pub(super) struct Typed<V: Query> {
    /// As it stands in the field.
    pub(super) text: RwSignal<String>,
    lookout: Lookout<V>,
    part: fn(&mut V) -> &mut String,
}

impl<V: Query> Typed<V> {
    /// `read` and `part`: where the view has it.
    pub(super) fn new(lookout: Lookout<V>, read: fn(&V) -> &String, part: fn(&mut V) -> &mut String) -> Self {
        let text = Memo::new(move |_| lookout.view.with(|view| read(view).clone()));
        // What is being typed ends in a space now and then; the address does without.
        let typed = RwSignal::new(text.get_untracked());
        Effect::new(move |_| {
            let text = text.get();
            if typed.with_untracked(|typed| typed.split_whitespace().ne(text.split_whitespace())) {
                typed.set(text);
            }
        });
        Self { text: typed, lookout, part }
    }

    /// It is this now.
    pub(super) fn set(&self, value: String) {
        // One step back leads to before the search, not through its letters.
        let replace = self.text.with_untracked(|typed| !typed.trim().is_empty());
        self.text.set(value.clone());
        let part = self.part;
        self.lookout.change(replace, move |view| *part(view) = value);
    }
}
