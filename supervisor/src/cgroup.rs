//! Limits by control groups, version 2 or 1: a leaf of its own for each instance.
//!
//! The leaf holds the environment's processes and nothing else: neither the supervisor nor the sandbox's first
//! process, so that the kernel never chooses those when memory runs out.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use nix::{
    sys::{signal::Signal, wait::WaitStatus},
    unistd::ForkResult,
};

use super::process;

/// What may be used at most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Limits {
    /// RAM, bytes.
    pub memory_bytes: u64,
    /// vCPUs.
    pub cpus: f64,
    /// Processes and threads.
    pub pids: u64,
}

const CONTROLLERS: [&str; 3] = ["memory", "cpu", "pids"];

/// Microseconds over which the share of CPU time is counted.
const CPU_PERIOD: u64 = 100_000;

/// The leaf of one instance: one folder with version 2, one for each controller with version 1.
#[derive(Clone, Debug, Default)]
pub(super) struct Cgroup {
    unified: bool,
    /// Controller to folder; `cpuacct` besides the three of version 1.
    folders: BTreeMap<&'static str, PathBuf>,
    /// Limits in force, of [`CONTROLLERS`].
    limits: Vec<String>,
    missing: Vec<String>,
    /// Whether somebody else made it, with this process inside: it is read, and nothing else.
    foreign: bool,
}

impl Cgroup {
    /// Makes the leaf `name` with as many of the limits as can be had. To be called before there are threads: it forks
    /// to try whether a process can be put in.
    #[must_use]
    pub(super) fn create(name: &str, limits: Limits) -> Self {
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let hierarchies = Hierarchies::parse(&mounts, &own);
        let mut group = hierarchies.leaf(name);
        if !group.folders.is_empty() && !group.takes_processes() {
            group.remove();
            group.folders.clear();
        }
        group.set(limits);
        group
    }

    /// The group that this process is in, to read its figures: a container's own.
    #[must_use]
    pub(super) fn own() -> Self {
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        Hierarchies::parse(&mounts, &own).own()
    }

    /// `v1`, `v2`, or `None` when there is none.
    #[must_use]
    pub(super) fn version(&self) -> Option<&'static str> {
        if self.folders.is_empty() { None } else { Some(if self.unified { "v2" } else { "v1" }) }
    }

    /// Limits that are in force: `memory`, `cpu`, `pids`.
    #[must_use]
    pub(super) fn limits(&self) -> &[String] {
        &self.limits
    }

    /// What is not in force, a sentence each.
    #[must_use]
    pub(super) fn missing(&self) -> &[String] {
        &self.missing
    }

    /// All its folders.
    #[must_use]
    pub(super) fn folders(&self) -> Vec<PathBuf> {
        let mut folders: Vec<_> = self.folders.values().cloned().collect();
        folders.dedup();
        folders
    }

    /// Files that a process writes `0` to, to go in.
    #[must_use]
    pub(super) fn entrances(&self) -> Vec<PathBuf> {
        if self.foreign {
            return Vec::new();
        }
        self.folders().into_iter().map(|folder| folder.join("cgroup.procs")).collect()
    }

    /// How many processes the kernel killed for want of memory, so far.
    #[must_use]
    pub(super) fn oom_kills(&self) -> u64 {
        let Some(folder) = self.folders.get("memory") else { return 0 };
        let file = if self.unified { "memory.events" } else { "memory.oom_control" };
        field(&folder.join(file), "oom_kill").unwrap_or(0)
    }

    /// CPU time used so far, milliseconds of one CPU.
    #[must_use]
    pub(super) fn cpu_millis(&self) -> Option<u64> {
        if self.unified {
            return Some(field(&self.folders.get("cpu")?.join("cpu.stat"), "usage_usec")? / 1000);
        }
        Some(number(&self.folders.get("cpuacct")?.join("cpuacct.usage"))? / 1_000_000)
    }

    /// RAM in use, bytes, without the file cache that the kernel would give back at once.
    #[must_use]
    pub(super) fn memory_bytes(&self) -> Option<u64> {
        let folder = self.folders.get("memory")?;
        let (usage, cache) = if self.unified {
            ("memory.current", "inactive_file")
        } else {
            ("memory.usage_in_bytes", "total_inactive_file")
        };
        let used = number(&folder.join(usage))?;
        Some(used.saturating_sub(field(&folder.join("memory.stat"), cache).unwrap_or(0)))
    }

    /// Kills whatever is in it.
    pub(super) fn kill(&self) {
        if !self.foreign {
            kill(&self.folders());
        }
    }

    /// Whether no process is in it. One that somebody else made holds this process, which says nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.foreign || self.folders().iter().all(|folder| members(folder).is_empty())
    }

    /// Removes it; it must be empty.
    pub(super) fn remove(&self) {
        if !self.foreign {
            remove(&self.folders());
        }
    }

    fn set(&mut self, limits: Limits) {
        for controller in CONTROLLERS {
            let what = match controller {
                "memory" => format!("memory is not limited to {}", super::words::bytes(limits.memory_bytes)),
                "cpu" => format!("CPU time is not limited to {} vCPUs", limits.cpus),
                _ => format!("the number of processes is not limited to {}", limits.pids),
            };
            let Some(folder) = self.folders.get(controller) else {
                self.missing.push(format!(
                    "{what}: the server may not make a control group with the `{controller}` controller here"
                ));
                continue;
            };
            match write_limit(folder, self.unified, controller, limits) {
                Ok(()) => self.limits.push(controller.to_owned()),
                Err(error) => self.missing.push(format!("{what}: {error}")),
            }
        }
    }

    /// Tries it out with a process that ends at once.
    fn takes_processes(&self) -> bool {
        let entrances = self.entrances();
        // SAFETY: there is one thread, so the child may do all that this process may; it ends by `_exit`.
        match unsafe { nix::unistd::fork() } {
            Ok(ForkResult::Child) => {
                let entered = entrances.iter().all(|file| fs::write(file, "0").is_ok());
                // SAFETY: ends the child without running what belongs to the parent.
                unsafe { nix::libc::_exit(i32::from(!entered)) }
            }
            Ok(ForkResult::Parent { child }) => {
                matches!(nix::sys::wait::waitpid(child, None), Ok(WaitStatus::Exited(_, 0)))
            }
            Err(_) => false,
        }
    }
}

/// The least limit of RAM on this process, bytes; `None` = none.
#[must_use]
pub fn own_memory_limit() -> Option<u64> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let hierarchies = Hierarchies::parse(&mounts, &own);
    let legacy = hierarchies.legacy.iter().filter(|(name, ..)| name == "memory");
    let legacy = legacy.map(|(_, mount, own)| (mount, own, "memory.limit_in_bytes"));
    let unified = hierarchies.unified.iter().map(|(mount, own)| (mount, own, "memory.max"));
    let folders = legacy.chain(unified).flat_map(|(mount, own, file)| {
        own.ancestors()
            .take_while(move |folder| folder.starts_with(mount))
            .map(move |folder| folder.join(file))
    });
    folders.filter_map(|file| number(&file)).min()
}

/// Kills what is in these control groups, as often as something new turns up meanwhile.
pub fn kill(folders: &[PathBuf]) {
    for folder in folders {
        if fs::write(folder.join("cgroup.kill"), "1").is_ok() {
            continue;
        }
        process::signal(members(folder), Signal::SIGKILL);
    }
}

/// Processes in a control group.
#[must_use]
pub fn members(folder: &Path) -> Vec<i32> {
    let text = fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default();
    text.lines().filter_map(|line| line.parse().ok()).collect()
}

/// Removes control groups, those that the environment made inside them first. They must be empty of processes.
pub fn remove(folders: &[PathBuf]) {
    for folder in folders {
        let inside: Vec<PathBuf> =
            fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        remove(&inside.into_iter().filter(|path| path.is_dir()).collect::<Vec<_>>());
        let _ = fs::remove_dir(folder);
    }
}

fn write_limit(folder: &Path, unified: bool, controller: &str, limits: Limits) -> io::Result<()> {
    let quota = ((limits.cpus * CPU_PERIOD as f64).round() as u64).max(1000);
    match (controller, unified) {
        ("memory", true) => {
            fs::write(folder.join("memory.max"), limits.memory_bytes.to_string())?;
            // Where swap is not counted there is no such file.
            let _ = fs::write(folder.join("memory.swap.max"), "0");
            Ok(())
        }
        ("memory", false) => {
            let bytes = limits.memory_bytes.to_string();
            fs::write(folder.join("memory.limit_in_bytes"), &bytes)?;
            let _ = fs::write(folder.join("memory.memsw.limit_in_bytes"), &bytes);
            Ok(())
        }
        ("cpu", true) => fs::write(folder.join("cpu.max"), format!("{quota} {CPU_PERIOD}")),
        ("cpu", false) => {
            fs::write(folder.join("cpu.cfs_period_us"), CPU_PERIOD.to_string())?;
            fs::write(folder.join("cpu.cfs_quota_us"), quota.to_string())
        }
        _ => fs::write(folder.join("pids.max"), limits.pids.to_string()),
    }
}

/// Reads `NAME VALUE` from a file with one such pair a line.
fn field(file: &Path, name: &str) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok())
}

fn number(file: &Path) -> Option<u64> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

/// Where control groups are mounted, and where in them this process is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Hierarchies {
    /// Version 1: controller, mount point, own folder.
    legacy: Vec<(String, PathBuf, PathBuf)>,
    /// Version 2: mount point, own folder.
    unified: Option<(PathBuf, PathBuf)>,
}

impl Hierarchies {
    /// Reads `/proc/self/mountinfo` and `/proc/self/cgroup`.
    fn parse(mounts: &str, own: &str) -> Self {
        // `ID:CONTROLLERS:PATH`, with no controllers for version 2.
        let own_path = |controller: &str| {
            own.lines().find_map(|line| {
                let mut parts = line.splitn(3, ':').skip(1);
                let found = parts.next()?.split(',').any(|name| name == controller);
                found.then(|| parts.next().unwrap_or("/"))
            })
        };
        let mut found = Self::default();
        for line in mounts.lines() {
            let Some((before, after)) = line.split_once(" - ") else { continue };
            let before: Vec<&str> = before.split(' ').collect();
            let after: Vec<&str> = after.split(' ').collect();
            let (Some(root), Some(point), Some(kind)) = (before.get(3), before.get(4), after.first()) else {
                continue;
            };
            let folder = |path: &str| {
                // In a container, the mount's root is the container's own group.
                let inside = path.strip_prefix(root.trim_end_matches('/')).unwrap_or("/");
                Path::new(point).join(inside.trim_start_matches('/'))
            };
            match *kind {
                "cgroup2" => {
                    if let Some(path) = own_path("") {
                        found.unified = Some((point.into(), folder(path)));
                    }
                }
                "cgroup" => {
                    for name in after.get(2).unwrap_or(&"").split(',') {
                        if let Some(path) = own_path(name)
                            && (CONTROLLERS.contains(&name) || name == "cpuacct")
                        {
                            found.legacy.push((name.to_owned(), point.into(), folder(path)));
                        }
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// The group that this process is in.
    fn own(&self) -> Cgroup {
        let mut group = Cgroup { foreign: true, ..Cgroup::default() };
        for controller in CONTROLLERS.into_iter().chain(["cpuacct"]) {
            if let Some((_, _, own)) = self.legacy.iter().find(|(name, ..)| name == controller) {
                group.folders.insert(controller, own.clone());
            }
        }
        if let (true, Some((_, own))) = (group.folders.is_empty(), &self.unified) {
            group.unified = true;
            group.folders = CONTROLLERS.into_iter().map(|name| (name, own.clone())).collect();
        }
        group
    }

    /// Makes the leaf, with version 1 where that has the controllers.
    fn leaf(&self, name: &str) -> Cgroup {
        let mut group = Cgroup::default();
        for controller in CONTROLLERS.into_iter().chain(["cpuacct"]) {
            let Some((_, mount, own)) = self.legacy.iter().find(|(name, ..)| name == controller) else {
                continue;
            };
            let leaf = [own, mount].into_iter().map(|parent| parent.join(name)).find(|leaf| made(leaf));
            if let Some(leaf) = leaf {
                group.folders.insert(controller, leaf);
            }
        }
        if group.folders.is_empty()
            && let Some((mount, own)) = &self.unified
        {
            group.unified = true;
            // A group that holds processes cannot give controllers to one below, so the nearest that can is above.
            let parents =
                own.ancestors().skip(usize::from(own != mount)).take_while(|p| p.starts_with(mount));
            for parent in parents {
                for controller in CONTROLLERS {
                    let _ = fs::write(parent.join("cgroup.subtree_control"), format!("+{controller}"));
                }
                let leaf = parent.join(name);
                if !made(&leaf) {
                    continue;
                }
                let there = fs::read_to_string(leaf.join("cgroup.controllers")).unwrap_or_default();
                let there: Vec<&str> = there.split_whitespace().collect();
                group.folders = CONTROLLERS
                    .into_iter()
                    .filter(|name| there.contains(name))
                    .map(|c| (c, leaf.clone()))
                    .collect();
                if !group.folders.is_empty() {
                    break;
                }
                let _ = fs::remove_dir(&leaf);
            }
        }
        group
    }
}

fn made(folder: &Path) -> bool {
    match fs::create_dir(folder) {
        Ok(()) => true,
        Err(error) => error.kind() == io::ErrorKind::AlreadyExists,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_1_mounts_are_read() {
        let mounts = "34 25 0:29 / /sys/fs/cgroup rw - tmpfs cgroup rw,mode=755\n\
                      35 34 0:30 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct\n\
                      36 34 0:31 / /sys/fs/cgroup/memory rw,relatime shared:1 - cgroup cgroup rw,memory\n";
        let found = Hierarchies::parse(mounts, "4:memory:/a/b\n2:cpu,cpuacct:/\n0::/\n");
        assert_eq!(
            found.legacy,
            [
                ("cpu".to_owned(), "/sys/fs/cgroup/cpu,cpuacct".into(), "/sys/fs/cgroup/cpu,cpuacct/".into()),
                (
                    "cpuacct".to_owned(),
                    "/sys/fs/cgroup/cpu,cpuacct".into(),
                    "/sys/fs/cgroup/cpu,cpuacct/".into()
                ),
                ("memory".to_owned(), "/sys/fs/cgroup/memory".into(), "/sys/fs/cgroup/memory/a/b".into()),
            ]
        );
        assert_eq!(found.unified, None);
    }

    #[test]
    fn a_version_2_mount_inside_a_container_is_read() {
        let mounts = "30 23 0:26 /docker/ab /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw\n";
        let found = Hierarchies::parse(mounts, "0::/docker/ab/inner\n");
        assert_eq!(found.unified, Some(("/sys/fs/cgroup".into(), "/sys/fs/cgroup/inner".into())));
        assert!(found.legacy.is_empty());
    }

    #[test]
    fn no_control_groups_at_all_is_an_answer_too() {
        let mut group = Hierarchies::parse("garbage\n", "").leaf("berth-x");
        group.set(Limits { memory_bytes: 2 << 30, cpus: 1.5, pids: 100 });
        assert_eq!(group.version(), None);
        assert!(group.limits().is_empty());
        insta::assert_snapshot!(group.missing().join("\n"), @"
        memory is not limited to 2 GiB: the server may not make a control group with the `memory` controller here
        CPU time is not limited to 1.5 vCPUs: the server may not make a control group with the `cpu` controller here
        the number of processes is not limited to 100: the server may not make a control group with the `pids` controller here
        ");
    }
}
