//! A container engine, Docker or Podman: where it is, and what it is.

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use bollard::{
    Docker,
    models::{SystemInfo, SystemInfoCgroupVersionEnum},
};

use super::words;
use crate::provider::ProviderError;

/// How long an engine may take to say what it is.
const PATIENCE: Duration = Duration::from_secs(15);

/// Seconds that one call may take, pulls and connections not counted. Removing a container waits for its processes.
const CALL_SECONDS: u64 = 60;

/// Which engine the server uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum EngineSetting {
    /// The first that answers of those that are looked for.
    #[default]
    Auto,
    /// None, though there may be one.
    None,
    /// The one at this socket.
    Socket(PathBuf),
}

impl std::str::FromStr for EngineSetting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "none" => Ok(Self::None),
            _ => {
                match text.strip_prefix("unix://").unwrap_or(text) {
                    path if path.starts_with('/') => Ok(Self::Socket(path.into())),
                    _ => Err("use `auto`, `none` or the path of a socket such as `/var/run/docker.sock`"
                        .to_owned()),
                }
            }
        }
    }
}

/// Sockets where an engine may be, those that variables name first: `DOCKER_HOST` and `CONTAINER_HOST` as the engines' own
/// clients read them, then Docker's and Podman's, the machine's and the user's.
#[must_use]
pub fn places(variable: impl Fn(&str) -> Option<String>) -> Vec<PathBuf> {
    let mut places: Vec<PathBuf> = ["DOCKER_HOST", "CONTAINER_HOST"]
        .iter()
        .filter_map(|name| Some(variable(name)?.strip_prefix("unix://")?.into()))
        .collect();
    let user = variable("XDG_RUNTIME_DIR").map(PathBuf::from);
    places.push("/var/run/docker.sock".into());
    places.extend(user.as_ref().map(|dir| dir.join("docker.sock")));
    places.push("/run/podman/podman.sock".into());
    places.extend(user.map(|dir| dir.join("podman/podman.sock")));
    places.dedup();
    places
}

/// The two that speak this interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Docker's own.
    Docker,
    /// Podman's service.
    Podman,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Docker => "Docker",
            Self::Podman => "Podman",
        })
    }
}

/// What an engine can do.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// Which it is.
    pub kind: Kind,
    /// Its version.
    pub version: String,
    /// The machine's architecture as images name it: `amd64`, `arm64`.
    pub arch: String,
    /// `v1` or `v2`.
    pub cgroup: Option<String>,
    /// Limits that it can set: `memory`, `cpu`, `pids`.
    pub limits: Vec<String>,
    /// vCPUs.
    pub cpus: f64,
    /// RAM, bytes.
    pub memory_bytes: u64,
    /// Where it keeps what it has.
    pub root: Option<String>,
    /// Whether it runs as an ordinary user: then what leaves its networks has the machine's own address.
    pub rootless: bool,
}

impl Facts {
    /// Whether environments on networks of their own cannot reach each other. Netavark 1.4, of Podman 4.3, takes away the rules for
    /// all isolated networks with the first one that goes.
    #[must_use]
    pub fn keeps_networks_apart(&self) -> bool {
        let major: u32 = self.version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0);
        self.kind == Kind::Docker || major >= 5
    }

    fn new(kind: Kind, version: String, arch: String, info: &SystemInfo) -> Self {
        let limits = [("memory", info.memory_limit), ("cpu", info.cpu_cfs_quota), ("pids", info.pids_limit)];
        let cgroup = info.cgroup_version.and_then(|version| match version {
            SystemInfoCgroupVersionEnum::_1 => Some("v1".to_owned()),
            SystemInfoCgroupVersionEnum::_2 => Some("v2".to_owned()),
            SystemInfoCgroupVersionEnum::EMPTY => None,
        });
        Self {
            kind,
            version,
            arch,
            cgroup,
            limits: limits
                .into_iter()
                .filter(|(_, can)| *can == Some(true))
                .map(|(name, _)| name.to_owned())
                .collect(),
            cpus: info.ncpu.map_or(1.0, |n| n as f64),
            memory_bytes: info.mem_total.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(0),
            root: info.docker_root_dir.clone(),
            rootless: info.security_options.iter().flatten().any(|option| option.contains("rootless")),
        }
    }
}

/// A connection to an engine. Cheap to clone; each call connects as it needs.
#[derive(Clone, Debug)]
pub struct Engine {
    pub(super) docker: Docker,
    facts: Arc<Facts>,
    place: Arc<str>,
}

impl Engine {
    /// The engine at a socket of this machine.
    ///
    /// # Errors
    /// When nothing answers there, for people.
    pub async fn at(socket: &std::path::Path) -> Result<Self, ProviderError> {
        let place = format!("unix://{}", socket.display());
        let docker = Docker::connect_with_unix(&place, CALL_SECONDS, bollard::API_DEFAULT_VERSION)
            .map_err(|error| words::engine(&place, &error))?;
        Self::on(docker, place).await
    }

    /// The first engine that answers at one of these sockets; `None` when there is none.
    pub async fn first(places: &[PathBuf]) -> Option<Self> {
        for place in places.iter().filter(|place| place.exists()) {
            match Self::at(place).await {
                Ok(engine) => return Some(engine),
                Err(error) => {
                    tracing::warn!(%error, "there is a container engine's socket, and no use in it")
                }
            }
        }
        None
    }

    /// The engine at the end of this connection; `place` says for people where that is.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn on(docker: Docker, place: String) -> Result<Self, ProviderError> {
        let asked = async {
            let docker = docker.negotiate_version().await?;
            let version = docker.version().await?;
            let info = docker.info().await?;
            Ok((docker, version, info))
        };
        let answer = tokio::time::timeout(PATIENCE, asked).await;
        let (docker, version, info) = answer
            .unwrap_or(Err(bollard::errors::Error::RequestTimeoutError))
            .map_err(|error| words::engine(&place, &error))?;
        let components = version.components.unwrap_or_default();
        let podman = components.iter().any(|component| component.name.starts_with("Podman"));
        let kind = if podman { Kind::Podman } else { Kind::Docker };
        let facts =
            Facts::new(kind, version.version.unwrap_or_default(), version.arch.unwrap_or_default(), &info);
        Ok(Self { docker, facts: Arc::new(facts), place: place.into() })
    }

    /// Makes sure that it answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn answers(&self) -> Result<(), ProviderError> {
        let answer = tokio::time::timeout(PATIENCE, self.docker.ping()).await;
        let answer = answer.unwrap_or(Err(bollard::errors::Error::RequestTimeoutError));
        answer.map(drop).map_err(|error| words::engine(&self.place, &error))
    }

    /// What it can do.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Where it is: `unix:///var/run/docker.sock`.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// An error of it in words, as one that may pass or not.
    pub(super) fn error(&self, what: &str, error: &bollard::errors::Error) -> ProviderError {
        words::call(&self.place, what, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_is_looked_for_where_its_own_clients_look() {
        let variable = |name: &str| match name {
            "DOCKER_HOST" => Some("tcp://elsewhere:2375".to_owned()),
            "CONTAINER_HOST" => Some("unix:///srv/podman.sock".to_owned()),
            "XDG_RUNTIME_DIR" => Some("/run/user/7".to_owned()),
            _ => None,
        };
        let found: Vec<String> = places(variable).iter().map(|place| place.display().to_string()).collect();
        assert_eq!(
            found,
            [
                "/srv/podman.sock",
                "/var/run/docker.sock",
                "/run/user/7/docker.sock",
                "/run/podman/podman.sock",
                "/run/user/7/podman/podman.sock",
            ]
        );
    }

    #[test]
    fn a_setting_is_a_word_or_a_socket() {
        assert_eq!("auto".parse(), Ok(EngineSetting::Auto));
        assert_eq!("none".parse(), Ok(EngineSetting::None));
        for socket in ["/a/b.sock", "unix:///a/b.sock"] {
            assert_eq!(socket.parse(), Ok(EngineSetting::Socket("/a/b.sock".into())));
        }
        assert!("docker".parse::<EngineSetting>().is_err());
    }
}
