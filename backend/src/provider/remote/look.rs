//! What an SSH host has: short scripts for any POSIX shell, and what is read of their answers. Pure.

use berth_shared::catalog::GpuFacts;

use crate::provider::share::gpus::{self, MachineGpu};

/// Sockets of container engines, where their own clients look: a line `socket PATH` for one that may be used, `closed PATH` for
/// one that may not.
pub(super) const FIND: &str = r#"
me=$(id -u)
for s in "${DOCKER_HOST#unix://}" "${CONTAINER_HOST#unix://}" /var/run/docker.sock "$XDG_RUNTIME_DIR/docker.sock" \
  "/run/user/$me/docker.sock" /run/podman/podman.sock "$XDG_RUNTIME_DIR/podman/podman.sock" "/run/user/$me/podman/podman.sock"; do
  if [ -S "$s" ]; then if [ -r "$s" ] && [ -w "$s" ]; then echo "socket $s"; else echo "closed $s"; fi; fi
done
"#;

/// What was found of engines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sockets {
    pub(super) open: Vec<String>,
    pub(super) closed: Vec<String>,
}

/// Reads the answer to [`FIND`].
pub(super) fn sockets(text: &str) -> Sockets {
    let mut found = Sockets::default();
    for line in text.lines() {
        let (list, path) = match line.split_once(' ') {
            Some(("socket", path)) => (&mut found.open, path),
            Some(("closed", path)) => (&mut found.closed, path),
            _ => continue,
        };
        if !list.iter().any(|there| there == path) {
            list.push(path.to_owned());
        }
    }
    found
}

/// A script that tells of the free disk where the engine is, and of GPUs.
pub(super) fn script(root: Option<&str>) -> String {
    let root = shlex::try_quote(root.unwrap_or("/")).unwrap_or("/".into());
    format!(
        "export LC_ALL=C\n\
         {{ df -Pk {root} 2>/dev/null || df -Pk /; }} | awk 'END {{ print \"disk_kib \" $4 }}'\n\
         if command -v nvidia-smi >/dev/null 2>&1; then nvidia-smi {nvidia} 2>/dev/null | sed 's/^/nvidia /'; fi\n\
         if command -v rocm-smi >/dev/null 2>&1; then rocm-smi {rocm} 2>/dev/null | tr -d '\\n' | sed 's/^/rocm /'; echo; fi\n\
         for n in /dev/dri/renderD*; do if [ -e \"$n\" ]; then echo \"render $n\"; fi; done\n",
        nvidia = gpus::NVIDIA.join(" "),
        rocm = gpus::ROCM.join(" "),
    )
}

/// A script that tells where a path leads.
///
/// # Errors
/// When no shell could be asked for it.
pub(super) fn real_path(path: &str) -> Result<String, String> {
    let path = shlex::try_quote(path).map_err(|_| format!("`{}` is no path", path.escape_debug()))?;
    Ok(format!(
        "if [ -e {path} ]; then printf 'real %s\\n' \"$(readlink -f -- {path})\"; else echo none; fi\n"
    ))
}

/// Reads the answer to [`real_path`]; `None` = there is nothing.
///
/// # Errors
/// When it is no answer to it.
pub(super) fn path_told(text: &str) -> Result<Option<String>, String> {
    match text.strip_suffix('\n').unwrap_or(text) {
        "none" => Ok(None),
        told => match told.strip_prefix("real ") {
            // A name with a line break in it might be anything.
            Some(path) if path.starts_with('/') && !path.contains('\n') => Ok(Some(path.to_owned())),
            _ => Err("the host does not tell where it leads".to_owned()),
        },
    }
}

/// What a host has besides its engine.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Seen {
    pub(super) disk_free_bytes: u64,
    pub(super) gpus: Vec<MachineGpu>,
}

/// Reads the answer to [`script`].
pub(super) fn seen(text: &str, facts: &GpuFacts) -> Seen {
    let lines = |key: &str| -> Vec<String> {
        text.lines().filter_map(|line| Some(line.strip_prefix(key)?.trim().to_owned())).collect()
    };
    let disk = lines("disk_kib ").first().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0);
    let mut gpus = gpus::parse(&lines("nvidia ").join("\n"), facts);
    gpus.extend(gpus::parse_rocm(&lines("rocm ").join(""), &lines("render "), facts));
    Seen { disk_free_bytes: disk.saturating_mul(1024), gpus }
}

#[cfg(test)]
mod tests {
    use std::{io::Write as _, process::Stdio};

    use super::*;

    #[test]
    fn sockets_are_told_by_whether_they_may_be_used() {
        let found = sockets(
            "motd\nsocket /var/run/docker.sock\nclosed /run/podman/podman.sock\nsocket /var/run/docker.sock\n",
        );
        assert_eq!(found.open, ["/var/run/docker.sock"]);
        assert_eq!(found.closed, ["/run/podman/podman.sock"]);
    }

    #[test]
    fn disk_and_gpus_are_read_and_anything_else_is_passed_over() {
        let text = "Welcome!\ndisk_kib 1048576\nnvidia 0, GPU-1, NVIDIA A100-SXM4-80GB, 81559, 550.1\n\
                    rocm {\"card0\": {\"Card Series\": \"MI300X\", \"VRAM Total Memory (B)\": \"206158430208\"}}\nrender /dev/dri/renderD128\n";
        let seen = seen(text, &GpuFacts::default());
        assert_eq!(seen.disk_free_bytes, 1 << 30);
        let told: Vec<_> =
            seen.gpus.iter().map(|gpu| (gpu.name.as_str(), gpu.memory_gib, gpu.devices.len())).collect();
        assert_eq!(told, [("A100-SXM4-80GB", 80.0, 0), ("MI300X", 192.0, 2)]);
    }

    #[test]
    fn the_scripts_run_in_a_plain_shell() {
        for text in [FIND.to_owned(), script(Some("/")), script(Some("/no such place'"))] {
            let mut shell = std::process::Command::new("sh")
                .args(["-eu", "-s"])
                .env("XDG_RUNTIME_DIR", "/nonexistent")
                .env("DOCKER_HOST", "")
                .env("CONTAINER_HOST", "")
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .expect("a shell");
            shell.stdin.take().expect("piped").write_all(text.as_bytes()).expect("written");
            let output = shell.wait_with_output().expect("it ends");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            if text != FIND {
                let seen = seen(&String::from_utf8_lossy(&output.stdout), &GpuFacts::default());
                assert!(seen.disk_free_bytes > 0, "{seen:?}");
            }
        }
    }
}
