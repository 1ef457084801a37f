//! Podman, with storage of its own.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{Daemon, Disk, Engine, images, installed, must_be_root, within};

/// What it needs where control groups are of version 1 and there is no systemd.
const CONTAINERS: &str = r#"[containers]
default_ulimits = ["nofile=20000:20000", "nproc=32768:32768"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"#;

/// Registries on loopback speak HTTP.
const REGISTRIES: &str = "[[registry]]\nprefix = \"127.0.0.1\"\nlocation = \"127.0.0.1\"\ninsecure = true\n";

/// Starts it in this network; `None` = the machine's. With `disk` it has no more room than that, bytes.
pub(super) fn start(network: Option<PathBuf>, disk: Option<u64>) -> Result<Engine, String> {
    must_be_root()?;
    for program in ["podman", "runc"] {
        installed(program)?;
    }
    let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
    let path = dir.path().to_owned();
    let disk = disk.map(|bytes| Disk::mount(&path.join("root"), bytes)).transpose()?;
    let written = fs::write(path.join("containers.conf"), CONTAINERS)
        .and_then(|()| fs::write(path.join("registries.conf"), REGISTRIES))
        .and_then(|()| fs::create_dir(path.join("networks")));
    written.map_err(|error| error.to_string())?;
    let socket = path.join("podman.sock");
    let client = {
        let network = network.clone();
        move || podman(network.as_deref(), &path)
    };
    images::make(&client)?;
    let respawn = {
        let (client, socket, log) = (client.clone(), socket.clone(), dir.path().join("log"));
        move || {
            // What an earlier one left would be taken for this one's.
            let _ = fs::remove_file(&socket);
            let mut service = client();
            service.args(["system", "service", "--time=0"]).arg(format!("unix://{}", socket.display()));
            let mut daemon = Daemon::spawn(&mut service, &log)?;
            daemon.wait(&log, || std::os::unix::net::UnixStream::connect(&socket).is_ok())?;
            Ok(daemon)
        }
    };
    let daemon = respawn()?;
    Ok(Engine {
        name: "podman",
        socket,
        daemon: Some(daemon).into(),
        respawn: Box::new(respawn),
        network,
        client: Box::new(client),
        _holder: None,
        _disk: disk,
        _dir: dir,
    })
}

fn podman(network: Option<&Path>, dir: &Path) -> Command {
    let mut command = within(network, "podman");
    command
        .env("CONTAINERS_CONF", dir.join("containers.conf"))
        .env("CONTAINERS_REGISTRIES_CONF", dir.join("registries.conf"))
        .env_remove("CONTAINER_HOST")
        .arg("--root")
        .arg(dir.join("root"))
        .arg("--runroot")
        .arg(dir.join("run"))
        .arg("--tmpdir")
        .arg(dir.join("tmp"))
        .arg("--network-config-dir")
        .arg(dir.join("networks"));
    command
}
