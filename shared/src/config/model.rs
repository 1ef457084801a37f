//! The normalised configuration: every key present, in the order in which it is written out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::newer::{InstanceSelector, Newer};
use crate::{json::FromJson, schema::Dialect};

/// A dev environment, normalised: as dstack 0.18 does, with what dstack 0.22 has besides in one key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Configuration {
    /// The IDE to run: `vscode`, and since dstack 0.22 `cursor`, `windsurf`, `zed` or none.
    pub ide: Option<String>,
    /// The IDE's version.
    pub version: Option<String>,
    /// Bash commands to run each time the environment starts.
    pub init: Vec<String>,
    /// Always `dev-environment`.
    pub r#type: String,
    /// Docker image.
    pub image: Option<String>,
    /// Docker entrypoint.
    pub entrypoint: Option<String>,
    /// Home directory inside the environment; `/root` when not written.
    pub home_dir: String,
    /// Credentials for a private registry.
    pub registry_auth: Option<RegistryAuth>,
    /// `3.8` to `3.12`.
    pub python: Option<String>,
    /// Environment variables.
    pub env: BTreeMap<String, EnvValue>,
    /// Bash commands to run once, on the boot.
    pub setup: Vec<String>,
    /// Resource requirements.
    pub resources: Resources,
    /// Ports to expose.
    pub ports: Vec<PortMapping>,
    /// Backends to consider; `None` = all, empty = none.
    pub backends: Option<Vec<String>>,
    /// Regions to consider; `None` = all, empty = none.
    pub regions: Option<Vec<String>>,
    /// Instance types to consider; `None` = all, empty = none.
    pub instance_types: Option<Vec<String>>,
    /// Spot or on-demand; `None` means on-demand.
    pub spot_policy: Option<SpotPolicy>,
    /// Whether and how long to re-submit.
    pub retry_policy: Option<RetryPolicy>,
    /// `off` or decimal seconds.
    pub max_duration: Option<String>,
    /// US dollars an hour, above 0.
    #[serde(with = "crate::config::number::option")]
    pub max_price: Option<f64>,
    /// Name of the pool.
    pub pool_name: Option<String>,
    /// Name of the instance.
    pub instance_name: Option<String>,
    /// Whether new instances may be made.
    pub creation_policy: Option<CreationPolicy>,
    /// What happens to an idle instance.
    pub termination_policy: Option<TerminationPolicy>,
    /// Seconds that an idle instance is kept.
    pub termination_idle_time: Option<i64>,
    /// What dstack 0.22 has besides, in a configuration that is read as it does; `None` in one of dstack 0.18.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newer: Option<Box<Newer>>,
}

impl Configuration {
    /// The dialect that it was read in.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        if self.newer.is_some() { Dialect::V0_22 } else { Dialect::V0_18 }
    }

    /// Whether only instances are used that exist already: by `creation_policy`, or because `instances` names some.
    #[must_use]
    pub fn only_reuses(&self) -> bool {
        self.creation_policy == Some(CreationPolicy::Reuse)
            || self.newer.as_ref().is_some_and(|newer| newer.instances.is_some())
    }

    /// The names of the instances that exist and may be used; `None` = any. Those that `instances` chooses by their address or
    /// by their number are not known by name, and none of them is among these.
    #[must_use]
    pub fn instance_names(&self) -> Option<Vec<String>> {
        let chosen = self.newer.as_ref().and_then(|newer| newer.instances.as_ref());
        let named = |one: &InstanceSelector| match one {
            InstanceSelector::Name { name } => Some(name.clone()),
            InstanceSelector::Hostname { .. } | InstanceSelector::OfFleet { .. } => None,
        };
        match chosen {
            Some(chosen) => Some(chosen.iter().filter_map(named).collect()),
            None => self.instance_name.clone().map(|name| vec![name]),
        }
    }

    /// The names of the pools whose instances may be used, the one for new instances first; none = the default one.
    #[must_use]
    pub fn pool_names(&self) -> Vec<String> {
        match self.newer.as_ref().and_then(|newer| newer.fleets.as_ref()) {
            Some(fleets) => fleets.iter().map(|fleet| fleet.name.clone()).collect(),
            None => self.pool_name.iter().cloned().collect(),
        }
    }

    /// The longest the run may last, in seconds from its start; `None` = no limit.
    ///
    /// Defaults to no limit, as the reference page says; 0 is no limit either (`spec` §6).
    #[must_use]
    pub fn max_duration_seconds(&self) -> Option<i64> {
        self.max_duration.as_deref()?.parse().ok().filter(|&seconds| seconds != 0)
    }
}

/// Credentials for a private registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistryAuth {
    /// The user name.
    pub username: String,
    /// The password or access token.
    pub password: String,
}

/// The value of an environment variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum EnvValue {
    /// Written in the text.
    Literal(String),
    /// Comes from whoever submits the run.
    FromSubmitter {
        /// The variable's name at the submitter's.
        key: String,
    },
}

/// Bounds of a quantity, both inclusive; `None` = open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntRange {
    /// At least this.
    pub min: Option<i64>,
    /// At most this.
    pub max: Option<i64>,
}

/// Bounds of a size in GB (1024 MB), both inclusive; `None` = open. Not finite is possible.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SizeRange {
    /// At least this.
    #[serde(with = "crate::config::number::option")]
    pub min: Option<f64>,
    /// At most this.
    #[serde(with = "crate::config::number::option")]
    pub max: Option<f64>,
}

/// Resource requirements.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resources {
    /// The architecture of the CPU; `None` = not written ([`Requirements`](crate::matcher::Requirements) say what that
    /// means). Since dstack 0.22.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arch: Option<Arch>,
    /// vCPUs; 2.. when not written.
    pub cpu: IntRange,
    /// RAM in GB; 8.. when not written.
    pub memory: SizeRange,
    /// Shared memory in GB.
    #[serde(with = "crate::config::number::option")]
    pub shm_size: Option<f64>,
    /// GPUs; `None` = no condition at all.
    pub gpu: Option<Gpu>,
    /// Disk; 100.. when not written, `None` = no condition.
    pub disk: Option<Disk>,
}

/// An architecture of CPUs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Arch {
    /// x86-64.
    X86,
    /// AArch64.
    Arm,
}

impl Arch {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::X86, Self::Arm];

    /// As it is written in a configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::X86 => "x86",
            Self::Arm => "arm",
        }
    }

    /// The architecture of this name, as a configuration writes it, whatever its case.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|arch| arch.name().eq_ignore_ascii_case(name))
    }

    /// The architecture that a machine tells of itself: `x86_64` or `aarch64` by `uname -m`, `amd64` or `arm64` by
    /// container engines; `None` for any other.
    #[must_use]
    pub fn of_machine(name: &str) -> Option<Self> {
        match name {
            "x86_64" | "amd64" => Some(Self::X86),
            "aarch64" | "arm64" => Some(Self::Arm),
            _ => None,
        }
    }
}

/// Who makes a GPU, or what counts as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Vendor {
    /// NVIDIA.
    Nvidia,
    /// AMD.
    Amd,
    /// Google: TPUs.
    Google,
    /// Intel: Gaudi.
    Intel,
    /// Tenstorrent.
    Tenstorrent,
}

impl Vendor {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Nvidia, Self::Amd, Self::Google, Self::Intel, Self::Tenstorrent];

    /// As it is written in a configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nvidia => "nvidia",
            Self::Amd => "amd",
            Self::Google => "google",
            Self::Intel => "intel",
            Self::Tenstorrent => "tenstorrent",
        }
    }

    /// The vendor of this name, whatever its case.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|vendor| vendor.name().eq_ignore_ascii_case(name))
    }

    /// The vendor that a part of a short form names: `tpu` and `tt` count there, too.
    #[must_use]
    pub fn of_token(token: &str) -> Option<Self> {
        match token.to_ascii_lowercase().as_str() {
            "tpu" => Some(Self::Google),
            "tt" => Some(Self::Tenstorrent),
            name => Self::of(name),
        }
    }
}

/// GPU requirements.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Gpu {
    /// Who makes it; `None` = anybody. Since dstack 0.22.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<Vendor>,
    /// Any of these names; `None` = any GPU, empty = none matches.
    pub name: Option<Vec<String>>,
    /// How many; 1..1 when not written.
    pub count: IntRange,
    /// GB of each GPU.
    pub memory: Option<SizeRange>,
    /// GB of all GPUs together.
    pub total_memory: Option<SizeRange>,
    /// At least this CUDA compute capability, (major, minor).
    pub compute_capability: Option<(i64, i64)>,
}

/// Disk requirements.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Disk {
    /// GB.
    pub size: SizeRange,
}

/// A port of the environment and the one it is reached by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortMapping {
    /// 1 to 65536; `None` = any that is free.
    pub local_port: Option<u32>,
    /// 1 to 65536.
    pub container_port: u32,
}

/// Which kind of machines to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SpotPolicy {
    /// Only spot.
    Spot,
    /// Only on-demand.
    OnDemand,
    /// Both.
    Auto,
}

impl SpotPolicy {
    /// As it is written in a configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Spot => "spot",
            Self::OnDemand => "on-demand",
            Self::Auto => "auto",
        }
    }
}

/// Whether and how long to re-submit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetryPolicy {
    /// Whether to.
    pub retry: bool,
    /// For how many seconds.
    pub duration: Option<i64>,
}

/// Whether new instances may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CreationPolicy {
    /// Only those there are.
    Reuse,
    /// New ones too.
    ReuseOrCreate,
}

impl CreationPolicy {
    /// As it is written in a configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reuse => "reuse",
            Self::ReuseOrCreate => "reuse-or-create",
        }
    }
}

/// What happens to an idle instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TerminationPolicy {
    /// It stays.
    DontDestroy,
    /// It goes after its idle time.
    DestroyAfterIdle,
}

impl TerminationPolicy {
    /// As it is written in a configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DontDestroy => "dont-destroy",
            Self::DestroyAfterIdle => "destroy-after-idle",
        }
    }
}

/// Which requirements were written by the author. An unwritten default is a preference on machines
/// whose size is given (this machine, SSH hosts); a written requirement always binds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// `resources.cpu`.
    pub cpu: bool,
    /// `resources.memory`.
    pub memory: bool,
    /// `resources.disk`.
    pub disk: bool,
}

pub(crate) mod number {
    /// Floats that may not be finite: `"inf"`, `"-inf"`, `"nan"` as text.
    pub(crate) mod option {
        use serde::{Deserialize, Deserializer, Serialize, Serializer};

        #[derive(Serialize, Deserialize)]
        #[serde(untagged)]
        enum Number<'a> {
            Finite(f64),
            Text(std::borrow::Cow<'a, str>),
        }

        pub(crate) fn serialize<S: Serializer>(value: &Option<f64>, to: S) -> Result<S::Ok, S::Error> {
            value
                .map(|v| match v {
                    v if v.is_finite() => Number::Finite(v),
                    v if v.is_nan() => Number::Text("nan".into()),
                    v if v > 0.0 => Number::Text("inf".into()),
                    _ => Number::Text("-inf".into()),
                })
                .serialize(to)
        }

        pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
            Ok(match Option::<Number<'_>>::deserialize(from)? {
                None => None,
                Some(Number::Finite(v)) => Some(v),
                Some(Number::Text(t)) => Some(t.parse().map_err(serde::de::Error::custom)?),
            })
        }
    }
}
