//! What the server says it would do.

use std::time::Duration;

use berth_shared::api::{Plan, PlanRequest};
use leptos::{prelude::*, task::spawn_local};

use super::desk::Desk;
use crate::{
    api,
    live::{machine::Connection, use_live},
    price_list::Offers,
};

/// How long the typing rests before the server is asked.
const REST: Duration = Duration::from_millis(250);

/// Asks when the text rests, and again when the server is back, its machines have changed or it has another catalogue.
pub(super) fn follow(desk: Desk) {
    let live = use_live();
    let waiting = StoredValue::new(None::<TimeoutHandle>);
    let later = move || {
        if let Some(handle) = waiting.get_value() {
            handle.clear();
        }
        waiting.set_value(set_timeout_with_handle(move || ask(desk), REST).ok());
    };
    Effect::new(move |_| {
        let valid = desk.checked.with(|checked| checked.configuration.is_some());
        let revision = desk.revision.get_untracked();
        if valid {
            desk.plan.update(|plan| plan.changed(revision));
            later();
        } else {
            desk.plan.update(|plan| plan.void());
        }
    });
    let connected = Memo::new(move |_| matches!(live.connection.get(), Connection::Live { .. }));
    // What is free follows from the instances; their number and states say enough.
    let instances = Memo::new(move |_| {
        live.instances.all().iter().map(|instance| (instance.id, instance.status)).collect::<Vec<_>>()
    });
    let catalog = Memo::new(move |_| {
        live.server.with(|server| server.as_ref().map(|server| server.catalog_version.clone()))
    });
    // How the text is read and what it may ask for: a plan made before says something else.
    let settings = Memo::new(move |_| live.settings.get());
    Effect::new(move |first: Option<()>| {
        instances.track();
        catalog.track();
        settings.track();
        if connected.get() && first.is_some() {
            desk.plan.update(|plan| plan.outdated());
            later();
        }
    });
    // The plan is held against the preview that the page shows: another one wants another comparison.
    let shown = Memo::new(move |_| {
        desk.offers.with(|offers| match offers {
            Offers::Ready(catalogue) => Some(catalogue.version().to_owned()),
            _ => None,
        })
    });
    Effect::new(move |before: Option<Option<String>>| {
        let now = shown.get();
        if let (Some(Some(before)), Some(now)) = (&before, &now)
            && before != now
        {
            desk.plan.update(|plan| plan.outdated());
            later();
        }
        now
    });
    on_cleanup(move || {
        if let Some(handle) = waiting.try_get_value().flatten() {
            handle.clear();
        }
    });
}

/// Asks now, unless the answer is there or under way.
pub(super) fn ask(desk: Desk) {
    let Some(Some(revision)) = desk.plan.try_update(|plan| plan.ask()) else { return };
    spawn_local(async move {
        let answer = request(desk).await;
        let _ = desk.plan.try_update(|plan| plan.answered(revision, answer));
    });
}

async fn request(desk: Desk) -> Result<Plan, api::ApiError> {
    let configuration = desk.text.get_untracked().to_string();
    let preview = match desk.offers.get_untracked() {
        Offers::Ready(catalogue) => Some(catalogue.version().to_owned()),
        _ => None,
    };
    api::post("/api/v1/plan", &PlanRequest { configuration, preview }).await
}
