//! What is known of a machine that is given out in shares.

use berth_shared::{api::Isolation, config::Arch};

use super::gpus::MachineGpu;
use crate::provider::container;

/// How a machine that is given out in shares is named.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Place {
    /// Its backend.
    pub(crate) backend: String,
    /// Its region.
    pub(crate) region: String,
    /// Its instance type.
    pub(crate) instance_type: String,
    /// What it is called in a sentence: "this machine", "`gpu-1`".
    pub(crate) called: String,
    /// The SSH host that it is; `None` = the server's own machine.
    pub(crate) host: Option<String>,
}

impl Place {
    /// The machine that the server runs on.
    pub(crate) fn this_machine() -> Self {
        Self {
            backend: "local".to_owned(),
            region: "local".to_owned(),
            instance_type: "this-machine".to_owned(),
            called: "this machine".to_owned(),
            host: None,
        }
    }
}

/// What a machine has, at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Facts {
    /// Which machine.
    pub(crate) place: Place,
    /// The architecture of its CPU; `None` = another than those that configurations name.
    pub(crate) arch: Option<Arch>,
    /// vCPUs that environments may use.
    pub(crate) cpus: f64,
    /// RAM that environments may use, bytes.
    pub(crate) memory_bytes: u64,
    /// Free disk where environments are kept, bytes.
    pub(crate) disk_free_bytes: u64,
    /// GPUs; asked for only when a plan needs them.
    pub(crate) gpus: Vec<MachineGpu>,
    /// Versions of Python that are installed: `3.12`.
    pub(crate) pythons: Vec<String>,
    /// Whether there is a `bash`.
    pub(crate) bash: bool,
    /// How an environment would be kept apart; `None` = could not be found out, or a container does it.
    pub(crate) isolation: Option<Isolation>,
    /// What environments run in.
    pub(crate) runtime: Runtime,
}

impl Facts {
    /// Whether environments have mounts of their own.
    pub(crate) fn has_mounts(&self) -> bool {
        match self.runtime {
            Runtime::Containers { .. } => true,
            Runtime::Processes { .. } => {
                self.isolation.iter().flat_map(|found| &found.namespaces).any(|name| name == "mount")
            }
        }
    }
}

/// What environments run in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Runtime {
    /// As processes of the server's machine, and why not in containers.
    Processes {
        /// A clause: "no container engine was found on this machine".
        why: String,
        /// Below which folders of the machine `volumes` may show something.
        volume_roots: Vec<String>,
    },
    /// In containers.
    Containers {
        /// Of this engine.
        engine: Box<container::Facts>,
        /// Where it is.
        place: String,
        /// From this image where a configuration names none; `{version}` stands for its Python.
        default_image: String,
        /// Below which folders of the machine `volumes` may mount something.
        volume_roots: Vec<String>,
    },
}

impl Default for Runtime {
    fn default() -> Self {
        Self::Processes { why: String::new(), volume_roots: Vec::new() }
    }
}
