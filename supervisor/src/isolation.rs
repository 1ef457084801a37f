//! What is to be told about how an environment is kept apart.

use berth_shared::api::{Allocation, Isolation};

use super::{InstanceDir, cgroup::Cgroup, sandbox::Mode};

/// What is in force and what is not.
pub(super) fn describe(
    mode: Mode,
    refusals: &[(Mode, String)],
    cgroup: &Cgroup,
    allocation: &Allocation,
    dir: &InstanceDir,
) -> Isolation {
    let mut missing = Vec::new();
    if mode == Mode::Plain {
        let why = refusals.last().map_or("", |(_, why)| why.as_str());
        missing
            .push(format!(
                "processes have no namespaces of their own, see all of this machine's, and may read what the server may ({why})"
            ));
        missing.push(format!(
            "`/workflow` is `{}` and the home directory is `{}`: only namespaces could show them elsewhere",
            dir.workflow().display(),
            dir.home().display()
        ));
    } else {
        if !mode.has_pids() {
            let why = refusals.last().map_or("", |(_, why)| why.as_str());
            missing.push(format!("processes see all processes of this machine ({why})"));
        }
        missing.push(
            "files outside the home directory, `/workflow` and `/tmp` are this machine's own: what is installed \
             system-wide stays after the run"
                .to_owned(),
        );
    }
    missing.push(
        "the network is this machine's: ports are reached on 127.0.0.1 and may be taken by something else; the server's own port is \
         reached, too, and wants a session or a token"
            .to_owned(),
    );
    if nix::unistd::geteuid().is_root() {
        missing.push("processes run as this machine's root, because the server does: what is hidden from them, its data among it, they can find; \
             a server that is an ordinary user's keeps that from them".to_owned());
    }
    if !allocation.gpus.is_empty() {
        missing.push(
            "GPUs are assigned by `CUDA_VISIBLE_DEVICES`; nothing keeps a process from the others".to_owned(),
        );
    }
    missing.extend_from_slice(cgroup.missing());
    missing
        .push("disk space is not limited; the log says when more is taken up than was asked for".to_owned());
    Isolation {
        namespaces: mode.namespaces().iter().map(|&name| name.to_owned()).collect(),
        limits: cgroup.limits().to_vec(),
        cgroup: cgroup.version().map(ToOwned::to_owned),
        missing,
    }
}
