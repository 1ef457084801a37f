//! The launch itself.

use std::collections::BTreeMap;

use crate::site::use_navigate;
use berth_shared::api::{Plan, Run, RunCode, SubmitRequest};
use leptos::{prelude::*, task::spawn_local};

use super::{
    desk::{Asking, Desk, Shown},
    files::{self, Unsent},
    planning,
};
use crate::{
    api::{self, ApiError},
    launch::{
        bringing::Bringing,
        plan::Answers,
        ready::{Readiness, variables},
        refused::{Agreement, Refused, Remedy},
    },
    pools::adding,
};

/// A function that launches what the desk holds: asks for missing values first, goes to the run when it is made,
/// and says why when it is not. The text stays whatever happens. Agrees to the price that the plan shows.
pub(super) fn launcher(desk: Desk) -> impl Fn() + Clone + 'static {
    let launch = launcher_at(desk);
    move || launch(None)
}

/// As [`launcher`], for a price that the server has named; `None` = that of the plan.
pub(super) fn launcher_at(desk: Desk) -> impl Fn(Option<Agreement>) + Clone + 'static {
    let navigate = use_navigate();
    move |agreed| {
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
        if !files::missing(desk).is_empty() {
            desk.choosing.set(Some(Asking::ToLaunch));
            return;
        }
        desk.choosing.set(None);
        desk.refused.set(None);
        desk.launching.set(true);
        let mut request = request(desk, agreed);
        let bringing = bringing(desk);
        let navigate = navigate.clone();
        spawn_local(async move {
            if let Some((bringing, entries)) = bringing {
                desk.sending.set(true);
                let sent = files::send(&entries).await;
                if desk.sending.try_set(false).is_some() {
                    // The page was left meanwhile, before anything was launched.
                    return;
                }
                match sent {
                    Ok(archive) => request.code = Some(bringing.code(archive)),
                    Err(why) => {
                        desk.launching.set(false);
                        return refuse(desk, unsent(why));
                    }
                }
            }
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
                Err(error) => refuse(desk, refused(&error)),
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

fn request(desk: Desk, agreed: Option<Agreement>) -> SubmitRequest {
    let asked = asked(desk);
    let agreed = agreed.or_else(|| desk.plan.with_untracked(seen));
    let name = desk.run_name.get_untracked();
    SubmitRequest {
        configuration: desk.text.with_untracked(|text| text.to_string()),
        name: (!name.is_empty()).then_some(name),
        variables: desk.values.get_untracked().into_iter().filter(|(name, _)| asked.contains(name)).collect(),
        agreed_price: agreed.as_ref().map(|agreed| agreed.price),
        agreed_catalog: agreed.map(|agreed| agreed.catalog),
        code: desk.code.get_untracked().map(RunCode::Git),
        no_code: false,
    }
}

/// What the plan on show says it costs.
fn seen(plan: &Answers<Result<Plan, ApiError>>) -> Option<Agreement> {
    let plan = plan.shown()?.as_ref().ok()?;
    let offer = adding::would_be(plan)?;
    Some(Agreement { price: offer.price, catalog: plan.catalog_version.clone() })
}

/// What is to be sent before, and what becomes of it.
fn bringing(desk: Desk) -> Option<(Bringing, js_sys::Array)> {
    let chosen = desk.code.get_untracked();
    let bringing =
        desk.checked.with_untracked(|checked| Bringing::of(checked.configuration.as_ref()?, chosen))?;
    let entries = files::entries(desk, &bringing.files);
    Some((bringing, entries))
}

fn refused(error: &ApiError) -> Refused {
    match error {
        ApiError::Problem(problem) | ApiError::TooMany(problem, _) => Refused::by_server(problem),
        other => Refused::without_answer(other.to_string()),
    }
}

fn unsent(why: Unsent) -> Refused {
    match why {
        Unsent::Server(error) => refused(&error),
        Unsent::Here(why) => Refused::without_answer(why),
    }
}

fn refuse(desk: Desk, refused: Refused) {
    if refused.remedy == Remedy::MendText {
        desk.shown.set(Shown::Text);
    }
    // Whatever was refused, the last plan is not to be trusted any more.
    desk.plan.update(|plan| plan.outdated());
    planning::ask(desk);
    desk.refused.set(Some(refused));
}
