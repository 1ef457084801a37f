//! What an engine says of a container.

use std::collections::HashMap;

use berth_shared::{
    api::{InstanceId, JobReason},
    time::Timestamp,
};
use bollard::{errors::Error, query_parameters::ListContainersOptionsBuilder};
use serde::Deserialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{Inner, recipe, words};
use crate::provider::{JobObservation, ProviderError};

/// As much of an inspected container as matters. Podman knows states that Docker's interface does not, so they are read as
/// they come.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Seen {
    state: State,
    config: Config,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase")]
struct State {
    #[serde(default)]
    running: bool,
    #[serde(default, rename = "OOMKilled")]
    oom_killed: bool,
    #[serde(default)]
    exit_code: i64,
    #[serde(default)]
    error: String,
    #[serde(default)]
    finished_at: String,
}

/// Labels, in an inspected container's configuration and in each one of a list.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase")]
struct Config {
    #[serde(default)]
    labels: Option<HashMap<String, String>>,
}

impl Seen {
    /// Whether anything runs in it.
    pub(super) fn is_running(&self) -> bool {
        self.state.running
    }

    /// How a job ended whose container did; `None` where it was never started.
    pub(super) fn ended(&self) -> Option<JobObservation> {
        let State { oom_killed, exit_code, error, finished_at, running } = &self.state;
        if *running || finished_at.is_empty() || finished_at.starts_with("0001-") {
            return None;
        }
        let job_id = self.config.labels.as_ref()?.get(recipe::JOB)?.parse().ok()?;
        let (reason, message) = if *oom_killed {
            let told = "the container was killed because its memory was used up".to_owned();
            (JobReason::OutOfMemory, told)
        } else {
            let why = if error.is_empty() { String::new() } else { format!(": {error}") };
            let told = format!("the container was ended from outside (exit status {exit_code}){why}");
            (JobReason::ExecutorError, told)
        };
        let at = OffsetDateTime::parse(finished_at, &Rfc3339)
            .ok()
            .and_then(|at| i64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok())
            .map_or(Timestamp(0), Timestamp);
        Some(JobObservation::Ended { job_id, reason, message: Some(message), at })
    }
}

impl Inner {
    /// The instance's container; `None` when there is none.
    pub(super) async fn container(&self, id: InstanceId) -> Result<Option<Seen>, ProviderError> {
        let what = "the container cannot be looked at";
        let told = match self.engine.docker.inspect_container(&recipe::name(id), None).await {
            Ok(found) => serde_json::to_string(&found).unwrap_or_default(),
            Err(error) if words::is_gone(&error) => return Ok(None),
            Err(Error::JsonDataError { contents, .. }) => contents,
            Err(error) => return Err(self.engine.error(what, &error)),
        };
        read(what, &told).map(Some)
    }

    /// The labels of all containers that these filters name, running or not.
    pub(super) async fn labelled(
        &self,
        filters: &HashMap<&str, Vec<&str>>,
    ) -> Result<Vec<HashMap<String, String>>, ProviderError> {
        let what = "the containers cannot be listed";
        let options = ListContainersOptionsBuilder::default().all(true).filters(filters).build();
        let told = match self.engine.docker.list_containers(Some(options)).await {
            Ok(found) => serde_json::to_string(&found).unwrap_or_default(),
            Err(Error::JsonDataError { contents, .. }) => contents,
            Err(error) => return Err(self.engine.error(what, &error)),
        };
        let all: Vec<Config> = read(what, &told)?;
        Ok(all.into_iter().filter_map(|container| container.labels).collect())
    }
}

fn read<T: serde::de::DeserializeOwned>(what: &str, told: &str) -> Result<T, ProviderError> {
    serde_json::from_str(told).map_err(|error| ProviderError::Temporary {
        message: format!("{what}: the engine's answer makes no sense"),
        source: Some(Box::new(error)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(state: &str) -> Seen {
        let text = format!(
            r#"{{"Id":"x","State":{state},"Config":{{"Labels":{{"dev.berth.job":"00000000-0000-0000-0000-000000000007"}}}}}}"#
        );
        serde_json::from_str(&text).expect("a container")
    }

    #[test]
    fn states_that_only_podman_knows_are_read() {
        let stopped = seen(
            r#"{"Status":"stopped","Running":false,"ExitCode":137,"OOMKilled":false,"Error":"","FinishedAt":"2026-01-02T03:04:05.678Z"}"#,
        );
        let Some(JobObservation::Ended { reason, message, at, .. }) = stopped.ended() else {
            panic!("{stopped:?}")
        };
        assert_eq!((reason, at), (JobReason::ExecutorError, Timestamp(1_767_323_045_678)));
        assert_eq!(message.as_deref(), Some("the container was ended from outside (exit status 137)"));
    }

    #[test]
    fn what_was_never_started_has_not_ended() {
        for state in [
            r#"{"Status":"created","Running":false,"FinishedAt":"0001-01-01T00:00:00Z"}"#,
            r#"{"Status":"running","Running":true,"FinishedAt":"0001-01-01T00:00:00Z"}"#,
        ] {
            assert_eq!(seen(state).ended(), None);
        }
    }

    #[test]
    fn memory_that_was_used_up_is_told() {
        let killed =
            seen(r#"{"Running":false,"OOMKilled":true,"ExitCode":137,"FinishedAt":"2026-01-02T03:04:05Z"}"#);
        assert!(matches!(killed.ended(), Some(JobObservation::Ended { reason: JobReason::OutOfMemory, .. })));
    }
}
