//! The same once more.

use berth_shared::api::{Run, RunDetail, SubmitRequest};

use crate::{
    api::{self, ApiError},
    browser,
};

/// What became of it.
pub(crate) enum Again {
    /// It is launched: the new run's name.
    Launched(String),
    /// Something is missing that can be given on *Launch* (a variable's value, a machine), where its text now waits.
    Waits(ApiError),
    /// It was not.
    Failed(ApiError),
}

/// Launches a run's text once more, at no higher price.
pub(crate) async fn again(run: &Run, configuration: String) -> Again {
    let request = SubmitRequest {
        configuration,
        name: None,
        variables: Default::default(),
        agreed_catalog: None,
        code: run.code.clone(),
        // What was left out is left out again, whatever the text names.
        no_code: run.code.is_none(),
        agreed_price: run.offer.as_ref().map(|offer| offer.price),
    };
    match api::post::<_, Run>("/api/v1/runs", &request).await {
        Ok(run) => Again::Launched(run.name),
        Err(error) if error.status().is_some() && browser::leave_draft(&request.configuration) => {
            Again::Waits(error)
        }
        Err(error) => Again::Failed(error),
    }
}

/// The same for a run of which only the name is known.
pub(crate) async fn again_named(name: &str) -> Again {
    match api::get::<RunDetail>(&format!("/api/v1/runs/{name}")).await {
        Ok(detail) => again(&detail.run, detail.configuration).await,
        Err(error) => Again::Failed(error),
    }
}
