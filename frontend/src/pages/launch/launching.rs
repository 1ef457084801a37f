//! The launch itself.

use std::collections::BTreeMap;

use berth_shared::api::{Run, SubmitRequest};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_navigate;

use super::{
    desk::{Asking, Desk, Shown},
    planning,
};
use crate::{
    api::{self, ApiError},
    launch::{
        ready::{Readiness, variables},
        refused::{Refused, Remedy},
    },
};

/// A function that launches what the desk holds: asks for missing values first, goes to the run when it is made,
/// and says why when it is not. The text stays whatever happens.
pub(super) fn launcher(desk: Desk) -> impl Fn() + Clone + 'static {
    let navigate = use_navigate();
    move || {
        match untrack(move || desk.readiness()) {
            Readiness::Ready => {}
            Readiness::Waiting => return,
            Readiness::Blocked(_) => {
                // The bar says why; the problems of the text are in its list.
                if desk.checked.with_untracked(|checked| checked.configuration.is_none()) {
                    desk.shown.set(Shown::Text);
                }
                return;
            }
        }
        if !missing(desk).is_empty() {
            desk.asking.set(Some(Asking::ToLaunch));
            return;
        }
        desk.asking.set(None);
        desk.refused.set(None);
        desk.launching.set(true);
        let request = request(desk);
        let navigate = navigate.clone();
        spawn_local(async move {
            let answer = api::post::<_, Run>("/api/v1/runs", &request).await;
            if desk.launching.try_set(false).is_some() {
                // The page was left meanwhile; the list of runs tells the rest.
                return;
            }
            match answer {
                Ok(run) => {
                    desk.values.set(BTreeMap::new());
                    navigate(&format!("/runs/{}", run.name), Default::default());
                }
                Err(error) => refuse(desk, &error),
            }
        });
    }
}

/// The variables that the text asks for and nobody has given yet.
pub(super) fn missing(desk: Desk) -> Vec<String> {
    let given = desk.values.get_untracked();
    asked(desk).into_iter().filter(|name| !given.contains_key(name)).collect()
}

fn asked(desk: Desk) -> Vec<String> {
    desk.checked.with_untracked(|checked| checked.configuration.as_ref().map(variables).unwrap_or_default())
}

fn request(desk: Desk) -> SubmitRequest {
    let asked = asked(desk);
    let name = desk.run_name.get_untracked();
    SubmitRequest {
        configuration: desk.text.with_untracked(|text| text.to_string()),
        name: (!name.is_empty()).then_some(name),
        variables: desk.values.get_untracked().into_iter().filter(|(name, _)| asked.contains(name)).collect(),
        agreed_price: desk.plan.with_untracked(|plan| {
            plan.shown()?.as_ref().ok()?.offers.first().map(|first| first.offer.price)
        }),
    }
}

fn refuse(desk: Desk, error: &ApiError) {
    let refused = match error {
        ApiError::Problem(problem) => Refused::by_server(problem),
        other => Refused::without_answer(other.to_string()),
    };
    if refused.remedy == Remedy::MendText {
        desk.shown.set(Shown::Text);
    }
    // Whatever was refused, the last plan is not to be trusted any more.
    desk.plan.update(|plan| plan.outdated());
    planning::ask(desk);
    desk.refused.set(Some(refused));
}
