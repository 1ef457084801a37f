//! SSH hosts: machines of one's own that environments run on.

use serde::{Deserialize, Serialize};

use crate::{json::FromJson, time::Timestamp};

/// A machine of one's own, which the server reaches by SSH and gives out in shares. `GET /api/v1/hosts`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SshHost {
    /// What it is called; unique.
    pub name: String,
    /// Where it is and as whom the server comes in: `ubuntu@gpu-1.example:22`.
    pub address: String,
    /// Hosts that the connection goes through, in order: `ada@bastion.example:22`.
    pub jumps: Vec<String>,
    /// What the server proves itself with.
    pub login: SshLogin,
    /// The host's key, by which it is known again: `SHA256:…`, as `ssh-keygen -l` shows it.
    pub fingerprint: String,
    /// How it is.
    pub status: SshHostStatus,
    /// Why it is not ready, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Since when it is so, as far as this server saw.
    pub since: Timestamp,
    /// What it has, as last seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<SshHostFacts>,
    /// The pool whose runs use it; absent: whichever is the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<String>,
    /// Who added it.
    pub added_by: String,
    /// When.
    pub added_at: Timestamp,
}

/// What the server proves itself with to an SSH host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum SshLogin {
    /// A private key that was given with the host.
    Key,
    /// The SSH agent of the server.
    Agent,
}

/// How an SSH host is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum SshHostStatus {
    /// The server is about to reach it.
    Connecting,
    /// It takes environments.
    Ready,
    /// It cannot be reached, or used. What runs on it goes on.
    Away,
}

/// What an SSH host has.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SshHostFacts {
    /// As images name it: `amd64`.
    pub arch: String,
    /// vCPUs.
    pub cpus: f64,
    /// RAM, bytes.
    pub memory_bytes: u64,
    /// Free disk where its engine keeps environments, bytes.
    pub disk_free_bytes: u64,
    /// Its GPUs, an entry each.
    pub gpus: Vec<SshHostGpu>,
    /// Its container engine: `Podman 4.3.1`.
    pub engine: String,
}

impl SshHostFacts {
    /// In words, by how much each tells: `2 x A100 80 GB`, `64 vCPUs`, `512 GB of memory`, `1800 GB of disk free`, `Docker 27.1`.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let gib = |bytes: u64| format!("{:.0}", bytes as f64 / (1_u64 << 30) as f64);
        let mut kinds: Vec<(String, u32)> = Vec::new();
        for gpu in &self.gpus {
            let kind = format!("{} {} GB", gpu.name, gpu.memory_gib);
            match kinds.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, count)) => *count += 1,
                None => kinds.push((kind, 1)),
            }
        }
        let mut words: Vec<String> =
            kinds.into_iter().map(|(kind, count)| format!("{count} x {kind}")).collect();
        words.extend([
            format!("{} vCPUs", self.cpus),
            format!("{} GB of memory", gib(self.memory_bytes)),
            format!("{} GB of disk free", gib(self.disk_free_bytes)),
            self.engine.clone(),
        ]);
        words
    }
}

/// A GPU of an SSH host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SshHostGpu {
    /// Its model, as the catalogue spells it where that knows it: `A100`.
    pub name: String,
    /// GB.
    pub memory_gib: f64,
}

/// Adds an SSH host. `POST /api/v1/hosts`
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AddSshHost {
    /// `USER@HOST` or `USER@HOST:PORT`.
    pub address: String,
    /// What to call it: letters, digits, `-` and `.`, up to 60. Absent: its host's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Hosts to go through, in order, as addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub jumps: Vec<String>,
    /// A private key in OpenSSH's or PEM form without a passphrase. Absent: the SSH agent of the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_key: Option<String>,
    /// Path of the container engine's socket there. Absent: it is looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
    /// The pool whose runs are to use it, made if there is none. Absent: whichever is the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<String>,
    /// The fingerprint of the host's key, where it is known: another one is refused. Absent: the key is trusted that is seen now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
}

impl std::fmt::Debug for AddSshHost {
    /// Without the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AddSshHost")
            .field("address", &self.address)
            .field("name", &self.name)
            .field("jumps", &self.jumps)
            .field("private_key", &self.private_key.as_ref().map(|_| "…"))
            .field("engine", &self.engine)
            .field("pool", &self.pool)
            .field("fingerprint", &self.fingerprint)
            .finish()
    }
}
