//! The catalogue of offers, for every page that needs it: fetched once, when a page first asks for it, and again when
//! the server has another.

use std::{sync::Arc, time::Duration};

use berth_shared::{assist::Facts, catalog::Catalogue};
use leptos::{prelude::*, task::spawn_local};

use crate::{api, live::use_live, site};

/// Whether the offers are there.
#[derive(Clone)]
pub enum Offers {
    /// Not yet.
    Loading,
    /// Here they are.
    Ready(Arc<Catalogue>),
    /// They could not be had; a sentence says why.
    Failed(String),
}

/// The catalogue as far as it is there. Copied about freely; all copies are one.
#[derive(Clone, Copy)]
pub struct PriceList {
    /// The catalogue.
    pub offers: RwSignal<Offers>,
    /// What it knows about names, counted a moment after it came.
    pub facts: RwSignal<Option<Arc<Facts>>>,
    wanted: RwSignal<bool>,
}

/// Makes the price list; called once, at the root, when there is a live state.
pub fn provide_price_list() {
    let list = PriceList {
        offers: RwSignal::new(Offers::Loading),
        facts: RwSignal::new(None),
        wanted: RwSignal::new(false),
    };
    provide_context(list);
    let live = use_live();
    let address = Memo::new(move |_| {
        site::catalogue()
            .or_else(|| live.server.with(|server| server.as_ref().map(|server| server.catalog_url.clone())))
    });
    // A fetch that failed is tried again when the server is back.
    let failed = StoredValue::new(false);
    let asked = StoredValue::new(None::<String>);
    Effect::new(move |_| {
        live.server.track();
        let Some(address) = address.get().filter(|_| list.wanted.get()) else { return };
        if asked.get_value().as_ref() == Some(&address) && !failed.get_value() {
            return;
        }
        asked.set_value(Some(address.clone()));
        failed.set_value(false);
        spawn_local(async move {
            let offers = match api::bytes(&address).await {
                Ok(bytes) => match Catalogue::load(&bytes) {
                    Ok(catalogue) => Offers::Ready(Arc::new(catalogue)),
                    Err(error) => Offers::Failed(format!("The price list cannot be read: {error}.")),
                },
                Err(error) => {
                    failed.set_value(true);
                    Offers::Failed(error.to_string())
                }
            };
            if asked.get_value().as_ref() != Some(&address) {
                return;
            }
            let known = match &offers {
                Offers::Ready(catalogue) => Some(Arc::clone(catalogue)),
                _ => None,
            };
            list.offers.set(offers);
            // The offers come first; counting them takes a few frames' time.
            if let Some(catalogue) = known {
                let count = move || list.facts.set(Some(Arc::new(Facts::new(catalogue))));
                set_timeout(count, Duration::from_millis(50));
            }
        });
    });
}

/// The price list, which is fetched now unless it is there already.
///
/// # Panics
/// Outside of the dashboard's root component.
#[must_use]
pub fn use_price_list() -> PriceList {
    let list: PriceList = expect_context();
    if !list.wanted.get_untracked() {
        list.wanted.set(true);
    }
    list
}
