//! Agreeing to a price, and submitting.

use berth_shared::{
    api::{Plan, Run, SubmitRequest, are_for_good},
    config::{Configuration, RetryPolicy},
};

use super::{Args, ask, code::Code, merge::Merged, show::price};
use crate::cli::{
    client::{Client, ClientError},
    failure::Failure,
    words::{say, visible},
};

/// Whether there is anything to try, now or later.
pub(super) fn is_possible(plan: &Plan, configuration: &Configuration) -> bool {
    price(plan).is_some()
        || is_scheduled(configuration)
        || matches!(configuration.retry_policy, Some(RetryPolicy { retry: true, .. }))
            && !are_for_good(&plan.refusals)
}

/// Whether it begins later, when other machines may be had than now.
pub(super) fn is_scheduled(configuration: &Configuration) -> bool {
    configuration.newer.as_ref().is_some_and(|newer| newer.schedule.is_some())
}

/// Asks whether to go on, and submits; asks again when the price has risen meanwhile. `None` when the answer is no.
pub(super) async fn agree_and_submit(
    args: &Args,
    client: &Client,
    plan: &Plan,
    merged: Merged,
    code: Code,
) -> Result<Option<Run>, Failure> {
    if !args.yes {
        if !ask::somebody() {
            return Err(Failure::Usage(
                "`berth run` asks before it launches, and there is no terminal to ask at; add `-y` to agree beforehand"
                    .to_owned(),
            ));
        }
        say!()?;
        if !ask::confirm("Continue?")? {
            return Ok(None);
        }
    }
    let code = code.send(client).await?;
    let names_code = merged.configuration.newer.as_ref().is_some_and(|newer| !newer.repos.is_empty());
    let mut request = SubmitRequest {
        no_code: code.is_none() && names_code,
        configuration: merged.text,
        name: args.name.clone(),
        variables: merged.variables,
        agreed_price: price(plan),
        agreed_catalog: Some(plan.catalog_version.clone()),
        code,
    };
    loop {
        let error = match client.post::<Run>("/runs", &request).await {
            Ok(run) => return Ok(Some(run)),
            Err(error) => error,
        };
        let Some(change) = error.problem().and_then(|problem| problem.price.clone()) else {
            return Err(explained(args, client, error));
        };
        // What was agreed to beforehand was the price of the plan.
        if !ask::somebody() {
            return Err(error.into());
        }
        let offer = &change.offer;
        let question = format!(
            "The price has risen meanwhile: {} in {} on {} now costs ${} an hour instead of ${}. Continue?",
            visible(&offer.instance_type),
            visible(&offer.region),
            visible(&offer.backend),
            change.now,
            change.agreed
        );
        if !ask::confirm(&question)? {
            return Ok(None);
        }
        request.agreed_price = Some(change.now);
        request.agreed_catalog = Some(change.catalog_version);
    }
}

/// What to do about a refusal, where the server cannot know.
fn explained(args: &Args, client: &Client, error: ClientError) -> Failure {
    match (error.code(), &args.name) {
        (Some("run-name-taken"), Some(name)) => Failure::No(format!(
            "there is a run named `{name}` already; `berth stop {name}{}` ends it, or give another name with `-n`",
            client.in_project()
        )),
        _ => error.into(),
    }
}
