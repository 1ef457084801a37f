//! The catalogue of offers, for every page that needs it: fetched once, when a page first asks for it, and again when
//! the server has another.

use std::sync::Arc;

use berth_shared::{assist::Facts, catalog::Catalogue, matcher::OfferIndex};
use gloo_timers::future::TimeoutFuture;
use leptos::task::spawn_local;

use crate::{api, live::use_live, prelude::*, site};

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
    /// Its offers in order, worked out a moment after it came.
    pub index: RwSignal<Option<Arc<OfferIndex>>>,
    /// What it knows about names, counted a moment after it came.
    pub facts: RwSignal<Option<Arc<Facts>>>,
    /// What fetches it, once a page wants it. A function as a value, so that its code is in the parts of the pages that do, and not in
    /// the frame (`parts`).
    fetch: RwSignal<Option<fn(Fetch)>>,
}

/// What there is to fetch.
struct Fetch {
    list: PriceList,
    address: String,
    /// The address that was asked for last.
    asked: StoredValue<Option<String>>,
    /// Whether that failed, and is tried again when the server is back.
    failed: StoredValue<bool>,
}

/// Makes the price list; called once, at the root, when there is a live state.
pub fn provide_price_list() {
    let list = PriceList {
        offers: RwSignal::new(Offers::Loading),
        index: RwSignal::new(None),
        facts: RwSignal::new(None),
        fetch: RwSignal::new(None),
    };
    provide_context(list);
    let live = use_live();
    let address = Memo::new(move |_| {
        site::catalogue()
            .or_else(|| live.server.with(|server| server.as_ref().map(|server| server.catalog_url.clone())))
    });
    let failed = StoredValue::new(false);
    let asked = StoredValue::new(None::<String>);
    Effect::new(move |_| {
        live.server.track();
        let (Some(address), Some(fetch)) = (address.get(), list.fetch.get()) else { return };
        if asked.get_value().as_ref() == Some(&address) && !failed.get_value() {
            return;
        }
        asked.set_value(Some(address.clone()));
        failed.set_value(false);
        fetch(Fetch { list, address, asked, failed });
    });
}

fn fetch(Fetch { list, address, asked, failed }: Fetch) {
    spawn_local(async move {
        let offers = match api::bytes(&address).await {
            Ok(bytes) => match Catalogue::load(&bytes) {
                Ok(catalogue) => Offers::Ready(Arc::new(catalogue)),
                Err(error) => Offers::Failed(tf!("The price list cannot be read: {error}.")),
            },
            Err(error) => {
                failed.set_value(true);
                Offers::Failed(error.to_string())
            }
        };
        // Another catalogue may be on its way meanwhile.
        let current = || asked.get_value().as_ref() == Some(&address);
        if !current() {
            return;
        }
        let known = match &offers {
            Offers::Ready(catalogue) => Some(Arc::clone(catalogue)),
            _ => None,
        };
        let Some(catalogue) = known else {
            // The old prices, which say their version, are better than none.
            if !list.offers.with_untracked(|offers| matches!(offers, Offers::Ready(_))) {
                list.offers.set(offers);
            }
            return;
        };
        list.index.set(None);
        list.offers.set(offers);
        // The offers come first. Ordering and counting them takes a few frames' time, each in a task of its own: keys that come
        // meanwhile do not wait for both.
        TimeoutFuture::new(0).await;
        let index = OfferIndex::new(Arc::clone(&catalogue));
        if current() {
            list.index.set(Some(Arc::new(index)));
        }
        TimeoutFuture::new(50).await;
        let facts = Facts::new(catalogue);
        if current() {
            list.facts.set(Some(Arc::new(facts)));
        }
    });
}

/// The price list, which is fetched now unless it is there already.
///
/// # Panics
/// Outside of the dashboard's root component.
#[must_use]
pub fn use_price_list() -> PriceList {
    let list: PriceList = expect_context();
    if list.fetch.get_untracked().is_none() {
        list.fetch.set(Some(fetch));
    }
    list
}
