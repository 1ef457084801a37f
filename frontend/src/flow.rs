//! Views that come and go, and lists of them: Leptos' own `Show` and `For`, with their types forgotten at the door.
//!
//! Leptos makes code anew for each place where they stand, some ten thousand bytes of it for a list. Here all places share it.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use leptos::{
    children::{ChildrenFn, ViewFn},
    prelude::*,
};

/// Shows what is in it while a condition holds, and a fallback while it does not. Both are made anew each time that it changes.
#[component(transparent)]
pub(crate) fn Show<W>(
    children: ChildrenFn,
    when: W,
    #[prop(optional, into)] fallback: ViewFn,
) -> impl IntoView
where
    W: Fn() -> bool + Send + Sync + 'static,
{
    choose(Arc::new(when), children, fallback)
}

#[inline(never)]
fn choose(when: Arc<dyn Fn() -> bool + Send + Sync>, children: ChildrenFn, fallback: ViewFn) -> AnyView {
    let when = ArcMemo::new(move |_| when());
    (move || if when.get() { children() } else { fallback.run() }).into_any()
}

/// A row that is made once its list has no row of its key yet.
struct Row {
    /// What stands for the key: two keys of a list that come to one number of 64 bits are not to be expected.
    key: u64,
    make: Box<dyn FnOnce() -> AnyView + Send>,
}

/// A list of which each row stays as it is, wherever it moves, as long as its key is there.
#[component]
pub(crate) fn For<IF, I, T, EF, N, KF, K>(each: IF, key: KF, children: EF) -> impl IntoView
where
    IF: Fn() -> I + Send + 'static,
    I: IntoIterator<Item = T>,
    EF: Fn(T) -> N + Send + Sync + 'static,
    N: IntoView + 'static,
    KF: Fn(&T) -> K + Send + 'static,
    K: Hash,
    T: Send + 'static,
{
    let children = Arc::new(children);
    rows(Box::new(move || {
        each()
            .into_iter()
            .map(|item| {
                let mut hasher = DefaultHasher::new();
                key(&item).hash(&mut hasher);
                let children = children.clone();
                Row { key: hasher.finish(), make: Box::new(move || children(item).into_any()) }
            })
            .collect()
    }))
}

#[inline(never)]
fn rows(each: Box<dyn Fn() -> Vec<Row> + Send>) -> AnyView {
    leptos::prelude::For(
        leptos::prelude::ForProps::builder()
            .each(each)
            .key(|row: &Row| row.key)
            .children(|row: Row| (row.make)())
            .build(),
    )
    .into_any()
}
