//! What each line of the text costs in choice, and what each fix would bring, once the typing rests.

use std::time::Duration;

use berth_shared::matcher::{explain, fix_gains, line_costs};
use leptos::prelude::*;

use super::desk::Desk;
use crate::price_list::Offers;

/// How long the typing rests before it is counted, milliseconds.
const REST: Duration = Duration::from_millis(200);

/// Counts after each change, when the typing rests: no key stroke waits for it.
pub(super) fn follow(desk: Desk) {
    let waiting = StoredValue::new(None::<TimeoutHandle>);
    let stop = move || {
        if let Some(handle) = waiting.try_get_value().flatten() {
            handle.clear();
        }
    };
    Effect::new(move |_| {
        desk.checked.track();
        desk.matched.track();
        stop();
        waiting.set_value(set_timeout_with_handle(move || untrack(|| show(desk)), REST).ok());
    });
    on_cleanup(stop);
}

fn show(desk: Desk) {
    let Some(Offers::Ready(catalogue)) = desk.offers.try_get_untracked() else { return };
    let Some(matched) = desk.matched.get_untracked() else { return };
    let checked = desk.checked.get_untracked();
    // What was said about the last text that made sense does not fit this one.
    let Some(configuration) = &checked.configuration else { return desk.show_costs(&[], &[]) };
    let explanation = explain(&catalogue, &matched.requirements, &matched.context);
    desk.text.with_untracked(|text| {
        let notes = line_costs(text, &explanation);
        let gains = fix_gains(text, configuration, &checked.diagnostics, &catalogue, &matched.context);
        desk.show_costs(&notes, &gains);
    });
}
