//! Simulated clouds for other processes, over HTTP. For tests on this machine: there is no sign-in.
//!
//! | | |
//! |---|---|
//! | `GET /` | the clouds' names |
//! | `POST /NAME/call` | a [`Call`]; answers `{"Ok": Reply}` or `{"Err": CloudError}`, or never |
//! | `GET /NAME/changes` | identifiers of instances that have changed, one a line, for ever |
//! | `GET /NAME/offers`, `GET /NAME/bill` | [`Offers`](super::Offers), [`Bill`] |
//! | `GET`, `PUT /NAME/faults` | [`Faults`] |
//! | `PUT /NAME/capacity` | `[Pool, slots or null]` |
//! | `PUT /NAME/take-back` | `[handle, milliseconds of notice]` |

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json, Router,
    body::Body,
    extract::{FromRequestParts, Path, State},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use futures_util::stream;
use tokio::sync::broadcast::error::RecvError;

use super::{Bill, Call, CloudApi, CloudError, Faults, Offers, Pool, Reply, SimulatedCloud};

type Clouds = Arc<(Vec<String>, BTreeMap<String, SimulatedCloud>)>;

/// The routes. Of two clouds with the same name the last counts.
pub fn router(clouds: Vec<SimulatedCloud>) -> Router {
    let named = clouds.into_iter().map(|cloud| (cloud.name(), cloud)).collect::<Vec<_>>();
    let names = named.iter().map(|(name, _)| name.clone()).collect();
    let clouds: Clouds = Arc::new((names, named.into_iter().collect()));
    Router::new()
        .route("/", get(|State(clouds): State<Clouds>| async move { Json(clouds.0.clone()) }))
        .route("/{name}/call", post(call))
        .route("/{name}/changes", get(changes))
        .route("/{name}/offers", get(offers))
        .route("/{name}/bill", get(bill))
        .route("/{name}/faults", get(faults).put(set_faults))
        .route("/{name}/capacity", put(set_capacity))
        .route("/{name}/take-back", put(take_back))
        .with_state(clouds)
}

/// The cloud that the address names.
struct Named(SimulatedCloud);

impl FromRequestParts<Clouds> for Named {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, clouds: &Clouds) -> Result<Self, Response> {
        let Path(name) =
            Path::<String>::from_request_parts(parts, clouds).await.map_err(IntoResponse::into_response)?;
        let cloud = clouds.1.get(&name).cloned();
        cloud
            .map(Self)
            .ok_or_else(|| (StatusCode::NOT_FOUND, format!("there is no cloud `{name}`")).into_response())
    }
}

async fn call(Named(cloud): Named, Json(call): Json<Call>) -> Json<Result<Reply, CloudError>> {
    Json(cloud.call(call).await)
}

async fn changes(Named(cloud): Named) -> Body {
    let told = cloud.changes();
    // Holds the cloud: its changes end with it.
    Body::from_stream(stream::unfold((cloud, told), |(cloud, mut told)| async move {
        loop {
            match told.recv().await {
                Ok(id) => return Some((Ok::<_, std::io::Error>(format!("{id}\n")), (cloud, told))),
                // Hints may be missed.
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    }))
}

async fn offers(Named(cloud): Named) -> Json<Offers> {
    Json(cloud.with(|account, _| account.cloud.offers().clone()))
}

async fn bill(Named(cloud): Named) -> Json<Bill> {
    Json(cloud.bill())
}

async fn faults(Named(cloud): Named) -> Json<Faults> {
    Json(cloud.with(|account, _| account.faults.clone()))
}

async fn set_faults(Named(cloud): Named, Json(faults): Json<Faults>) {
    cloud.set_faults(faults);
}

async fn set_capacity(Named(cloud): Named, Json((pool, slots)): Json<(Pool, Option<u32>)>) {
    cloud.with(|account, _| account.cloud.set_capacity(pool, slots));
}

async fn take_back(Named(cloud): Named, Json((handle, notice)): Json<(String, i64)>) -> Result<(), Response> {
    let taken = cloud.with(|account, now| account.cloud.take_back(now, &handle, notice));
    taken.map_err(|error| (StatusCode::NOT_FOUND, error.to_string()).into_response())
}
