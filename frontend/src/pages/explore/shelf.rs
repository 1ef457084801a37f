//! What the parts of the page share: the address's meaning, and the price list.

use std::sync::Arc;

use berth_shared::{
    catalog::Catalogue,
    explore::{Choices, Explored, cards},
};
use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_query_map};

use crate::{
    explore::query::View,
    price_list::{Offers, use_price_list},
    site,
};

/// How an address is gone to: the address, and whether it takes the place of the present one.
type Go = Box<dyn Fn(String, bool)>;

/// The state of the page. Copied about freely; all copies are one.
#[derive(Clone, Copy)]
pub(super) struct Shelf {
    /// The price list.
    pub(super) offers: RwSignal<Offers>,
    /// What may be chosen; nothing until the price list is there.
    pub(super) choices: Memo<Choices>,
    /// What the address says, and what of it means nothing.
    pub(super) view: Memo<(View, Vec<String>)>,
    /// The GPUs that are wanted; `None` until the price list is there.
    pub(super) explored: Memo<Option<Explored>>,
    go: StoredValue<Go, LocalStorage>,
}

impl Shelf {
    pub(super) fn new() -> Self {
        let offers = use_price_list().offers;
        let query = use_query_map();
        let navigate = crate::site::use_navigate();
        let choices = Memo::new(move |_| {
            offers.with(|offers| match offers {
                Offers::Ready(catalogue) => Choices::new(catalogue),
                _ => Choices::default(),
            })
        });
        let view = Memo::new(move |_| {
            let (view, mut ignored) = query
                .with(|query| View::parse(query.latest_values().map(|(key, value)| (key.as_ref(), value))));
            offers.with(|offers| match offers {
                Offers::Ready(catalogue) => {
                    let (view, unknown) = choices.with(|choices| view.settle(catalogue, choices));
                    ignored.extend(unknown);
                    (view, ignored)
                }
                _ => (view, ignored),
            })
        });
        let explored = Memo::new(move |_| {
            offers.with(|offers| match offers {
                Offers::Ready(catalogue) => view.with(|(view, _)| {
                    let mut explored = cards(catalogue, &view.wanted);
                    view.order.sort(&mut explored.cards);
                    Some(explored)
                }),
                _ => None,
            })
        });
        let go: Go = Box::new(move |query, replace| {
            let options = NavigateOptions { replace, scroll: false, ..NavigateOptions::default() };
            navigate(&site::to(&format!("/explore{query}")), options);
        });
        Self { offers, choices, view, explored, go: StoredValue::new_local(go) }
    }

    /// The catalogue, once it is there.
    pub(super) fn catalogue(self) -> Option<Arc<Catalogue>> {
        self.offers.with(|offers| match offers {
            Offers::Ready(catalogue) => Some(Arc::clone(catalogue)),
            _ => None,
        })
    }

    /// Goes to the address of a changed view. `replace`: the present one is not gone back to.
    pub(super) fn change(self, replace: bool, change: impl FnOnce(&mut View)) {
        let mut view = self.view.with_untracked(|(view, _)| view.clone());
        change(&mut view);
        self.go.with_value(|go| go(view.to_query(), replace));
    }

    /// The address of a changed view.
    pub(super) fn link(self, change: impl FnOnce(&mut View)) -> String {
        let mut view = self.view.with(|(view, _)| view.clone());
        change(&mut view);
        site::at(&format!("/explore{}", view.to_query()))
    }
}
