//! The catalogue, and the offers of it that fit the text.

use std::{sync::Arc, time::Duration};

use berth_shared::matcher::{
    BackendSetup, Context, Explanation, Matches, Requirements, explain, match_offers,
};
use leptos::prelude::*;

use super::desk::Desk;
use crate::{
    browser,
    live::use_live,
    price_list::{Offers, use_price_list},
};

/// How many lines of the table come with the match; the others are worked out when the typing rests.
const FIRST_LINES: usize = 60;

/// The offers that fit a text.
pub(super) struct Matched {
    /// All of them, whichever kind the table shows.
    pub(super) all: Matches,
    /// What was asked for.
    pub(super) requirements: Requirements,
    /// Of which backends.
    pub(super) context: Context,
    /// Why there are none, when there are none.
    pub(super) explanation: Option<Explanation>,
    /// How long it took, milliseconds.
    pub(super) millis: f64,
}

/// Takes the catalogue, and what it knows about names, as soon as they are there.
pub(super) fn load(desk: Desk) {
    let list = use_price_list();
    Effect::new(move |_| match (list.offers.get(), list.index.get()) {
        // The order of the offers comes a moment after them.
        (Offers::Ready(_), None) => {}
        (offers, index) => {
            if let Some(index) = index {
                desk.listed.know(index);
            }
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
        desk.preview.track();
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
    let all = match_offers(&catalogue, &requirements, &context, FIRST_LINES);
    let explanation = (all.total == 0).then(|| explain(&catalogue, &requirements, &context));
    desk.matched.set(Some(Arc::new(Matched {
        all,
        explanation,
        requirements,
        context,
        millis: browser::precise_millis() - begin,
    })));
}
