//! Names of runs: what was meant by a wrong one, and completion.

use std::{collections::BTreeSet, ffi::OsStr, time::Duration};

use berth_shared::{
    api::{Page, Run},
    schema::closest,
};
use clap_complete::CompletionCandidate;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use super::{Access, Client, ClientError};
use crate::cli::failure::Failure;

/// How long a completion may take; whoever pressed Tab waits for it.
const PATIENCE: Duration = Duration::from_millis(1500);

/// Says what was probably meant when a run is not there.
pub(in crate::cli) async fn meant(client: &Client, name: &str, error: ClientError) -> Failure {
    if error.code() != Some("run-not-found") {
        return error.into();
    }
    let runs = client.get::<Page<Run>>("/runs?limit=200").await.map(|page| page.items).unwrap_or_default();
    match closest(name, runs.iter().map(|run| run.name.as_str())) {
        Some(close) => Failure::No(format!("there is no run named `{name}`; did you mean `{close}`?")),
        None => Failure::No(format!("there is no run named `{name}`; `berth ps -a` lists them")),
    }
}

/// Names of runs that begin with `current`, newest first; nothing when the server does not answer at once.
pub(in crate::cli) fn complete_runs(current: &OsStr) -> Vec<CompletionCandidate> {
    complete::<Run>("/runs?limit=200", |run| run.name, current)
}

/// Names in a list of the API that begin with `current`.
pub(in crate::cli) fn complete<T: DeserializeOwned>(
    path: &str,
    name: impl Fn(T) -> String,
    current: &OsStr,
) -> Vec<CompletionCandidate> {
    let Some(current) = current.to_str() else { return Vec::new() };
    let list = || -> Option<Vec<T>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
        // Flags of the line that is being typed are not known here.
        let client = Access::of_environment().client().ok()?;
        let answer = async { timeout(PATIENCE, client.get::<Page<T>>(path)).await.ok()?.ok() };
        Some(runtime.block_on(answer)?.items)
    };
    let mut seen = BTreeSet::new();
    let names = list().unwrap_or_default().into_iter().map(name);
    // A newline would be another candidate.
    names
        .filter(|name| {
            name.starts_with(current) && !name.contains(char::is_control) && seen.insert(name.clone())
        })
        .map(CompletionCandidate::new)
        .collect()
}
