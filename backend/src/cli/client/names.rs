//! Names of runs: what was meant by a wrong one, and completion.

use std::{ffi::OsStr, time::Duration};

use berth_shared::{
    api::{Page, Run},
    schema::closest,
};
use clap_complete::CompletionCandidate;
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

/// Names of runs that begin with `current`, newest first, with their status beside them; nothing when the server
/// does not answer at once.
pub(in crate::cli) fn complete_runs(current: &OsStr) -> Vec<CompletionCandidate> {
    let Some(current) = current.to_str() else { return Vec::new() };
    let runs = || -> Option<Vec<Run>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
        // Flags of the line that is being typed are not known here.
        let client = Access::of_environment().client().ok()?;
        runtime.block_on(async {
            let page = timeout(PATIENCE, client.get::<Page<Run>>("/runs?limit=200")).await.ok()?;
            Some(page.ok()?.items)
        })
    };
    let mut seen = std::collections::BTreeSet::new();
    let mut runs = runs().unwrap_or_default();
    runs.retain(|run| run.name.starts_with(current) && seen.insert(run.name.clone()));
    let candidate = |run: Run| CompletionCandidate::new(run.name).help(Some(run.status.as_str().into()));
    runs.into_iter().map(candidate).collect()
}
