//! Docker's daemon, with a folder of its own.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use super::{Daemon, Disk, Engine, images, installed, must_be_root, within};

/// In this network namespace, or in a new one.
pub(super) fn start(network: Option<PathBuf>, disk: Option<u64>) -> Result<Engine, String> {
    must_be_root()?;
    for program in ["dockerd", "docker", "containerd", "runc", "unshare", "nsenter", "ip", "iptables"] {
        installed(program)?;
    }
    let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
    let place = |name: &str| dir.path().join(name);
    let (socket, log) = (place("d.sock"), place("log"));
    let disk = disk.map(|bytes| Disk::mount(&place("data"), bytes)).transpose()?;
    // In a network of its own it may set a packet filter up, which keeps environments apart, and the machine's stays as it is.
    let (network, holder) = match network {
        Some(network) => (network, None),
        None => new_network(&log).map(|(network, holder)| (network, Some(holder)))?,
    };
    let client = {
        let socket = socket.clone();
        move || {
            let mut command = Command::new("docker");
            command.env_remove("DOCKER_HOST").arg("--host").arg(format!("unix://{}", socket.display()));
            command
        }
    };
    let respawn = {
        let (network, client, dir) = (network.clone(), client.clone(), dir.path().to_owned());
        let host = format!("unix://{}", socket.display());
        move || {
            let mut command = within(Some(&network), "dockerd");
            command.arg("--host").arg(&host);
            for (flag, name) in [("--data-root", "data"), ("--exec-root", "exec"), ("--pidfile", "pid")] {
                command.arg(flag).arg(dir.join(name));
            }
            let mut daemon = Daemon::spawn(&mut command, &log)?;
            daemon
                .wait(&log, || client().arg("info").output().is_ok_and(|output| output.status.success()))?;
            Ok(daemon)
        }
    };
    let daemon = respawn()?;
    images::make(&client)?;
    Ok(Engine {
        name: "dockerd",
        socket,
        daemon: Some(daemon).into(),
        respawn: Box::new(respawn),
        network: Some(network),
        client: Box::new(client),
        _holder: holder,
        _disk: disk,
        _dir: dir,
    })
}

/// A network namespace, for as long as the process lives that holds it.
fn new_network(log: &Path) -> Result<(PathBuf, Daemon), String> {
    let mut holder = Daemon::spawn(
        Command::new("unshare").args([
            "--net",
            "sh",
            "-c",
            "ip link set lo up && echo up && exec sleep infinity",
        ]),
        log,
    )?;
    holder.wait(log, || std::fs::read_to_string(log).is_ok_and(|said| said.contains("up")))?;
    Ok((PathBuf::from(format!("/proc/{}/ns/net", holder.0.id())), holder))
}
