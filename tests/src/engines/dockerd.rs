//! Docker's daemon, with a folder of its own.

use std::{path::PathBuf, process::Command};

use super::{Daemon, Engine, images, installed, must_be_root};

pub(super) fn start() -> Result<Engine, String> {
    must_be_root()?;
    for program in ["dockerd", "docker", "containerd", "runc", "unshare", "nsenter", "ip", "iptables"] {
        installed(program)?;
    }
    let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
    let place = |name: &str| dir.path().join(name);
    let (socket, log) = (place("d.sock"), place("log"));
    // In a network of its own it may set a packet filter up, which keeps environments apart, and the machine's stays as it is.
    let mut command = Command::new("unshare");
    command.args(["--net", "sh", "-c", "ip link set lo up && exec dockerd \"$@\"", "dockerd"]);
    command.arg("--host").arg(format!("unix://{}", socket.display()));
    for (flag, name) in [("--data-root", "data"), ("--exec-root", "exec"), ("--pidfile", "pid")] {
        command.arg(flag).arg(place(name));
    }
    let mut daemon = Daemon::spawn(&mut command, &log)?;
    let client = {
        let socket: PathBuf = socket.clone();
        move || {
            let mut command = Command::new("docker");
            command.env_remove("DOCKER_HOST").arg("--host").arg(format!("unix://{}", socket.display()));
            command
        }
    };
    daemon.wait(&log, || client().arg("info").output().is_ok_and(|output| output.status.success()))?;
    images::make(&client)?;
    let network = Some(format!("/proc/{}/ns/net", daemon.0.id()).into());
    Ok(Engine { name: "dockerd", socket, daemon, network, client: Box::new(client), _dir: dir })
}
