//! Statuses and reasons; the words on the wire are those of `docs` and of `data-status` in the page.

use serde::{Deserialize, Serialize};

use crate::json::{FromJson, Json, Unreadable};

macro_rules! words {
    ($(#[doc = $of:literal])* $name:ident { $($(#[doc = $what:literal])* $variant:ident = $word:literal,)* }) => {
        $(#[doc = $of])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[doc = $what])* #[serde(rename = $word)] $variant,)*
        }

        // By hand: the derived one does not see words that a macro was given.
        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                let mut described = String::from(concat!($($of,)*).trim());
                $(described.push_str(&format!(concat!("\n\n`", $word, "`:{}"), concat!($($what,)*)));)*
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .enum_values(Some(Self::ALL.iter().map(|word| word.as_str())))
                    .description(Some(described))
                    .into()
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}

        impl $name {
            /// Every value, in declaration order.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The word on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromJson for $name {
            fn from_json(json: &mut Json<'_>) -> Result<Self, Unreadable> {
                let word = String::from_json(json)?;
                word.parse().map_err(|_| Unreadable::word(&word))
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                Self::ALL
                    .iter()
                    .copied()
                    .find(|v| v.as_str() == word)
                    .ok_or_else(|| format!("`{word}` is no {}", stringify!($name)))
            }
        }
    };
}

words! {
    /// Where a run stands.
    RunStatus {
        /// Asked for; nothing has begun.
        Submitted = "submitted",
        /// Waits to be submitted again.
        Pending = "pending",
        /// A machine and the environment on it are being made.
        Provisioning = "provisioning",
        /// The environment can be worked in.
        Running = "running",
        /// Being stopped.
        Terminating = "terminating",
        /// Stopped by somebody or by a limit.
        Terminated = "terminated",
        /// Went wrong.
        Failed = "failed",
        /// Ended by itself.
        Done = "done",
    }
}

words! {
    /// Where one attempt of a run stands.
    JobStatus {
        /// Asked for.
        Submitted = "submitted",
        /// Its machine is being made.
        Provisioning = "provisioning",
        /// Its environment is being prepared: image pulled, `setup` run.
        Pulling = "pulling",
        /// Its environment can be worked in.
        Running = "running",
        /// Being stopped.
        Terminating = "terminating",
        /// Stopped by the server or a limit.
        Terminated = "terminated",
        /// Stopped by a user, at once.
        Aborted = "aborted",
        /// Went wrong.
        Failed = "failed",
        /// Ended by itself.
        Done = "done",
    }
}

words! {
    /// Where an instance stands.
    InstanceStatus {
        /// Asked for; nothing has begun.
        Pending = "pending",
        /// Being made.
        Provisioning = "provisioning",
        /// There, without a run.
        Idle = "idle",
        /// There, with a run.
        Busy = "busy",
        /// Being removed.
        Terminating = "terminating",
        /// Gone, confirmed by its provider.
        Terminated = "terminated",
    }
}

words! {
    /// Why a run ends.
    RunReason {
        /// Its job ended by itself.
        AllJobsDone = "all_jobs_done",
        /// Its job failed.
        JobFailed = "job_failed",
        /// It was re-submitted for as long as it may be.
        RetryLimitExceeded = "retry_limit_exceeded",
        /// Somebody stopped it.
        StoppedByUser = "stopped_by_user",
        /// Somebody stopped it by force.
        AbortedByUser = "aborted_by_user",
        /// It lasted as long as it may (`max_duration`).
        MaxDurationExceeded = "max_duration_exceeded",
        /// Nobody worked in it for as long as it waits for somebody (`inactivity_duration`).
        InactivityDurationExceeded = "inactivity_duration_exceeded",
        /// Its GPUs were used too little for too long (`utilization_policy`).
        TerminatedDueToUtilizationPolicy = "terminated_due_to_utilization_policy",
        /// The server could not go on.
        ServerError = "server_error",
    }
}

words! {
    /// Why a job ends.
    JobReason {
        /// No machine could be had.
        FailedToStartDueToNoCapacity = "failed_to_start_due_to_no_capacity",
        /// Its machine went away.
        InterruptedByNoCapacity = "interrupted_by_no_capacity",
        /// The environment did not come up in time.
        WaitingRunnerLimitExceeded = "waiting_runner_limit_exceeded",
        /// A command ended with an error.
        ContainerExitedWithError = "container_exited_with_error",
        /// A port was taken.
        PortsBindingFailed = "ports_binding_failed",
        /// The environment could not be made.
        CreatingContainerError = "creating_container_error",
        /// The supervisor failed.
        ExecutorError = "executor_error",
        /// It used more memory than it may.
        OutOfMemory = "out_of_memory",
        /// A user stopped it.
        TerminatedByUser = "terminated_by_user",
        /// A user stopped it by force.
        AbortedByUser = "aborted_by_user",
        /// The server stopped it.
        TerminatedByServer = "terminated_by_server",
        /// It lasted as long as it may (`max_duration`).
        MaxDurationExceeded = "max_duration_exceeded",
        /// Nobody worked in it for as long as it waits for somebody (`inactivity_duration`).
        InactivityDurationExceeded = "inactivity_duration_exceeded",
        /// Its GPUs were used too little for too long (`utilization_policy`).
        TerminatedDueToUtilizationPolicy = "terminated_due_to_utilization_policy",
        /// It ended by itself.
        DoneByRunner = "done_by_runner",
    }
}

impl RunStatus {
    /// Whether nothing will change any more.
    #[must_use]
    pub const fn is_finished(self) -> bool {
        matches!(self, Self::Terminated | Self::Failed | Self::Done)
    }
}

impl JobStatus {
    /// Whether nothing will change any more.
    #[must_use]
    pub const fn is_finished(self) -> bool {
        matches!(self, Self::Terminated | Self::Aborted | Self::Failed | Self::Done)
    }
}

impl InstanceStatus {
    /// Whether it exists or may come to exist, and so may cost money.
    #[must_use]
    pub const fn is_active(self) -> bool {
        !matches!(self, Self::Terminated)
    }
}

impl RunReason {
    /// The status that a run ends in for this reason (`spec/dstack-0.18.md` §8).
    #[must_use]
    pub const fn final_status(self) -> RunStatus {
        match self {
            Self::AllJobsDone => RunStatus::Done,
            Self::JobFailed | Self::RetryLimitExceeded | Self::ServerError => RunStatus::Failed,
            Self::StoppedByUser
            | Self::AbortedByUser
            | Self::MaxDurationExceeded
            | Self::InactivityDurationExceeded
            | Self::TerminatedDueToUtilizationPolicy => RunStatus::Terminated,
        }
    }
}

impl JobReason {
    /// The status that a job ends in for this reason (`spec/dstack-0.18.md` §8).
    #[must_use]
    pub const fn final_status(self) -> JobStatus {
        match self {
            Self::DoneByRunner => JobStatus::Done,
            Self::AbortedByUser => JobStatus::Aborted,
            Self::TerminatedByUser
            | Self::TerminatedByServer
            | Self::MaxDurationExceeded
            | Self::InactivityDurationExceeded
            | Self::TerminatedDueToUtilizationPolicy => JobStatus::Terminated,
            Self::FailedToStartDueToNoCapacity
            | Self::InterruptedByNoCapacity
            | Self::WaitingRunnerLimitExceeded
            | Self::ContainerExitedWithError
            | Self::PortsBindingFailed
            | Self::CreatingContainerError
            | Self::ExecutorError
            | Self::OutOfMemory => JobStatus::Failed,
        }
    }
}
