//! The catalogue, and the offers of it that fit the text.

use std::{sync::Arc, time::Duration};

use berth_shared::matcher::{
    BackendSetup, Context, Explanation, Matches, Requirements, explain, match_offers,
};
use leptos::prelude::*;

use super::desk::{Desk, Kind};
use crate::{
    browser,
    live::use_live,
    price_list::{Offers, use_price_list},
};

/// How many rows the table shows at first; *Show more* adds as many as [`MORE_ROWS`].
pub(super) const FIRST_ROWS: usize = 60;
/// How many rows *Show more* adds.
pub(super) const MORE_ROWS: usize = 240;

/// The offers that fit a text.
pub(super) struct Matched {
    /// All of them, whichever kind the table shows.
    pub(super) all: Matches,
    /// Those of the kind that the table shows; `None` = the same.
    pub(super) of_kind: Option<Matches>,
    /// Why there are none, when there are none.
    pub(super) explanation: Option<Explanation>,
    /// The limit of the price.
    pub(super) max_price: Option<f64>,
    /// Whether every offer would do: only machines that exist already may be used.
    pub(super) reuse_only: bool,
    /// How long it took, milliseconds.
    pub(super) millis: f64,
}

impl Matched {
    /// What the table shows.
    pub(super) fn table(&self) -> &Matches {
        self.of_kind.as_ref().unwrap_or(&self.all)
    }
}

/// Takes the catalogue, and what it knows about names, as soon as they are there.
pub(super) fn load(desk: Desk) {
    let list = use_price_list();
    desk.offers.set(list.offers.get_untracked());
    Effect::new(move |first: Option<()>| {
        let offers = list.offers.get();
        if first.is_some() {
            desk.offers.set(offers);
        }
    });
    Effect::new(move |_| {
        if let Some(facts) = list.facts.get() {
            desk.know(facts);
        }
    });
}

/// Matches whenever the text, the catalogue or the view changes: after the frame that shows the change, so that
/// no key stroke waits for it.
pub(super) fn follow(desk: Desk) {
    let live = use_live();
    let pending = StoredValue::new(false);
    let set_up = move || {
        live.server.with(|server| server.as_ref().map(|server| server.backends.clone()).unwrap_or_default())
    };
    Effect::new(move |_| {
        desk.checked.track();
        desk.offers.track();
        desk.kind.track();
        desk.preview.track();
        desk.limit.track();
        live.server.track();
        if pending.get_value() {
            return;
        }
        pending.set_value(true);
        request_animation_frame(move || {
            set_timeout(
                move || {
                    if pending.try_set_value(false).is_none() {
                        run(desk, &untrack(set_up));
                    }
                },
                Duration::ZERO,
            );
        });
    });
    // Another text: the table begins at its top.
    Effect::new(move |_| {
        desk.checked.track();
        if desk.limit.get_untracked() != FIRST_ROWS {
            desk.limit.set(FIRST_ROWS);
        }
    });
}

fn run(desk: Desk, set_up: &[String]) {
    let Some(Offers::Ready(catalogue)) = desk.offers.try_get_untracked() else { return };
    let checked = desk.checked.get_untracked();
    // While the text makes no sense, the offers of the last one that did stay in view.
    let Some(configuration) = &checked.configuration else { return };
    let begin = browser::precise_millis();
    let requirements = Requirements::from(configuration);
    let context = if desk.preview.get_untracked() {
        Context::everything(&catalogue)
    } else {
        let setup = |name: &String| BackendSetup { name: name.clone(), regions: None };
        Context { backends: set_up.iter().map(setup).collect() }
    };
    let limit = desk.limit.get_untracked();
    let all = match_offers(&catalogue, &requirements, &context, limit);
    let of_kind = match desk.kind.get_untracked() {
        Kind::All => None,
        kind => {
            let spot = kind == Kind::Spot;
            Some(match requirements.spot {
                Some(other) if other != spot => Matches::default(),
                _ => match_offers(
                    &catalogue,
                    &Requirements { spot: Some(spot), ..requirements.clone() },
                    &context,
                    limit,
                ),
            })
        }
    };
    let explanation = (all.total == 0).then(|| explain(&catalogue, &requirements, &context));
    desk.matched.set(Some(Arc::new(Matched {
        all,
        of_kind,
        explanation,
        max_price: requirements.max_price,
        reuse_only: requirements.reuse_only,
        millis: browser::precise_millis() - begin,
    })));
}
