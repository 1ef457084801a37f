//! What this machine has.

use std::{fs, io, path::PathBuf, process::Stdio, sync::Arc, time::Duration};

use berth_shared::{api::Isolation, catalog::GpuFacts, config::Arch};
use tokio::sync::OnceCell;

use crate::{
    provider::share::{Facts, Place, Runtime, gpus},
    supervisor,
};

/// Versions of Python that a configuration can ask for.
const PYTHONS: [&str; 5] = ["3.8", "3.9", "3.10", "3.11", "3.12"];

/// How long it may take to find out about isolation.
const PATIENCE: Duration = Duration::from_secs(20);

/// Looks at this machine.
#[derive(Debug)]
pub(super) struct Machine {
    data_dir: PathBuf,
    program: PathBuf,
    gpus: Arc<GpuFacts>,
    /// Found out once: it takes a few milliseconds and does not change.
    isolation: OnceCell<Isolation>,
}

impl Machine {
    /// The machine, with the data directory on it.
    pub(super) fn new(data_dir: PathBuf, program: PathBuf, gpus: Arc<GpuFacts>) -> Self {
        // What a server left that was killed while it tried the isolation out.
        let _ = fs::remove_dir_all(data_dir.join(super::BACKEND).join(".probe"));
        Self { data_dir, program, gpus, isolation: OnceCell::new() }
    }

    /// Has a process of its own make a sandbox and end it.
    async fn isolation(&self) -> Option<Isolation> {
        let found = self.isolation.get_or_try_init(|| async {
            let scratch = self.data_dir.join(super::BACKEND).join(".probe");
            // What a server left that was killed while it tried; a data directory has one server at a time.
            let _ = fs::remove_dir_all(&scratch);
            supervisor::private_dir(&scratch)?;
            let probe = tokio::process::Command::new(&self.program)
                .arg("probe-isolation")
                .arg(&scratch)
                .stdin(Stdio::null())
                .kill_on_drop(true)
                .output();
            let output = tokio::time::timeout(PATIENCE, probe).await;
            fs::remove_dir_all(&scratch)?;
            let output = output??;
            if !output.status.success() {
                return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
            }
            Ok(serde_json::from_slice(&output.stdout)?)
        });
        match found.await {
            Ok(isolation) => Some(isolation.clone()),
            Err(error) => {
                tracing::warn!(%error, "it cannot be found out how environments are kept apart here");
                None
            }
        }
    }

    /// Looks now; with GPUs when `with_gpus`.
    pub(super) async fn facts(&self, with_gpus: bool, runtime: Runtime) -> Facts {
        let gpus = if with_gpus { gpus::find(&self.gpus).await } else { Vec::new() };
        let path = std::env::var("PATH").unwrap_or_default();
        let home = std::env::var_os("HOME").map(PathBuf::from);
        let pythons = PYTHONS
            .into_iter()
            .filter(|version| supervisor::python::find(version, &path, home.as_deref()).is_some())
            .map(ToOwned::to_owned)
            .collect();
        // The data directory may not be there yet.
        let disk_free_bytes = self
            .data_dir
            .ancestors()
            .find_map(|dir| nix::sys::statvfs::statvfs(dir).ok())
            .map_or(0, |disk| disk.blocks_available() * disk.fragment_size());
        Facts {
            place: Place::this_machine(),
            arch: Arch::of_machine(std::env::consts::ARCH),
            // Counts the processors this process may run on, less what a control group's quota takes away.
            cpus: std::thread::available_parallelism().map_or(1.0, |n| n.get() as f64),
            memory_bytes: memory_bytes(),
            disk_free_bytes,
            gpus,
            pythons,
            bash: std::env::split_paths(&path).any(|dir| dir.join("bash").is_file()),
            isolation: match runtime {
                Runtime::Processes { .. } => self.isolation().await,
                Runtime::Containers { .. } => None,
            },
            runtime,
        }
    }
}

/// RAM of the machine, or what the server's control group leaves of it.
fn memory_bytes() -> u64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = text.lines().find_map(|line| {
        let kib: u64 = line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB")?.trim().parse().ok()?;
        Some(kib * 1024)
    });
    total.unwrap_or(0).min(supervisor::own_memory_limit().unwrap_or(u64::MAX))
}
