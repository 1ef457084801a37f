//! Processes of this machine, as `/proc` tells of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde::{Deserialize, Serialize};

/// Names a process for good: a number alone is given to another process some time later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessIdentity {
    /// Its number.
    pub pid: i32,
    /// When it began, in clock ticks since the machine's start.
    pub start_ticks: u64,
    /// The machine's start.
    pub boot_id: String,
}

impl ProcessIdentity {
    /// The process that has this number now; `None` when there is none.
    #[must_use]
    pub fn of(pid: i32) -> Option<Self> {
        let start_ticks = Stat::read(pid)?.start_ticks;
        Some(Self { pid, start_ticks, boot_id: boot_id() })
    }

    /// Whether it is still there; a zombie is not.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        Stat::read(self.pid).is_some_and(|stat| stat.start_ticks == self.start_ticks && stat.state != 'Z')
            && boot_id() == self.boot_id
    }

    /// Kills it; nothing happens when it is gone.
    pub fn kill(&self) {
        if self.is_alive() {
            let _ = kill(Pid::from_raw(self.pid), Signal::SIGKILL);
        }
    }
}

/// Tells one start of the machine from the next.
#[must_use]
pub fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
}

/// What `/proc/PID/stat` says.
#[derive(Clone, Copy, Debug)]
pub struct Stat {
    /// `R`, `S`, `Z` …
    pub state: char,
    /// Its parent.
    pub parent: i32,
    /// CPU time used so far, clock ticks (100 a second).
    pub cpu_ticks: u64,
    /// When it began, clock ticks since the machine's start.
    pub start_ticks: u64,
    /// Memory in use, pages.
    pub pages: u64,
}

impl Stat {
    /// Of the process with this number; `None` when there is none.
    #[must_use]
    pub fn read(pid: i32) -> Option<Self> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name comes second, in brackets, and may hold brackets and spaces itself.
        let fields: Vec<&str> = text.get(text.rfind(')')? + 2..)?.split(' ').collect();
        let number = |at: usize| fields.get(at - 3)?.trim().parse::<u64>().ok();
        Some(Self {
            state: fields.first()?.chars().next()?,
            parent: fields.get(1)?.parse().ok()?,
            cpu_ticks: number(14)? + number(15)?,
            start_ticks: number(22)?,
            pages: number(24)?,
        })
    }
}

/// Numbers of all processes.
///
/// # Errors
/// When `/proc` is not there.
pub fn all() -> io::Result<Vec<i32>> {
    Ok(fs::read_dir("/proc")?
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect())
}

/// Every process below `root`, itself and zombies not counted.
#[must_use]
pub fn descendants(root: i32) -> Vec<(i32, Stat)> {
    let mut children: BTreeMap<i32, Vec<(i32, Stat)>> = BTreeMap::new();
    for pid in all().unwrap_or_default() {
        if let Some(stat) = Stat::read(pid) {
            children.entry(stat.parent).or_default().push((pid, stat));
        }
    }
    let mut found = Vec::new();
    let mut next = vec![root];
    while let Some(parent) = next.pop() {
        for (pid, stat) in children.remove(&parent).unwrap_or_default() {
            next.push(pid);
            if stat.state != 'Z' {
                found.push((pid, stat));
            }
        }
    }
    found
}

/// Name of the variable that every process of an instance carries, so that it can be recognised.
pub const TAG: &str = "BERTH_INSTANCE";

/// Processes that carry the tag of this instance. Only those of the same user can be seen, unless that is root.
#[must_use]
pub fn tagged(instance: &str) -> BTreeSet<i32> {
    let wanted = format!("{TAG}={instance}");
    let carries = |pid: &i32| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment.split(|&b| b == 0).any(|variable| variable == wanted.as_bytes())
    };
    let alive = |pid: &i32| Stat::read(*pid).is_some_and(|stat| stat.state != 'Z');
    all().unwrap_or_default().into_iter().filter(carries).filter(alive).collect()
}

/// Sends a signal to each; who is gone meanwhile is passed over.
pub fn signal(pids: impl IntoIterator<Item = i32>, signal: Signal) {
    for pid in pids.into_iter().filter(|&pid| pid > 1) {
        let _ = kill(Pid::from_raw(pid), signal);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_known_by_more_than_its_number() {
        let me = ProcessIdentity::of(std::process::id().cast_signed()).expect("this process");
        assert!(me.is_alive());
        assert!(!ProcessIdentity { start_ticks: me.start_ticks + 1, ..me.clone() }.is_alive());
        assert!(!ProcessIdentity { boot_id: "another".into(), ..me }.is_alive());
    }

    #[test]
    fn a_child_is_a_descendant_and_carries_its_tag() {
        let tag = format!("test-{}", std::process::id());
        let mut child = std::process::Command::new("sleep").arg("60").env(TAG, &tag).spawn().expect("sleep");
        let pid = child.id().cast_signed();
        let found = descendants(std::process::id().cast_signed());
        // The kernel shows the environment of a program a moment after it has begun.
        let look = |_| {
            let found = tagged(&tag);
            if found.is_empty() {
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            Some(found).filter(|found| !found.is_empty())
        };
        let with_tag = (0..1000).find_map(look).unwrap_or_default();
        signal([pid], Signal::SIGKILL);
        child.wait().expect("its end");
        assert!(found.iter().any(|(found, _)| *found == pid));
        assert_eq!(with_tag, BTreeSet::from([pid]));
        assert!(tagged(&tag).is_empty());
    }
}
