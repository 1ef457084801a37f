//! What a process uses, as the kernel tells it.

use std::{fs, time::Duration};

use nix::unistd::{SysconfVar, sysconf};

/// A process that is measured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Process(pub(super) u32);

impl Process {
    /// CPU time so far.
    pub(super) fn cpu(self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0)).expect("the process is there");
        // The name stands in brackets and may have spaces.
        let after = stat.rsplit(')').next().expect("a line");
        let ticks: u64 =
            after.split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<u64>().ok()).sum();
        let per_second = sysconf(SysconfVar::CLK_TCK).ok().flatten().unwrap_or(100);
        Duration::from_secs_f64(ticks as f64 / per_second as f64)
    }

    /// Memory that it holds, bytes.
    pub(super) fn memory(self) -> u64 {
        self.status("VmRSS:")
    }

    /// The most memory that it ever held, bytes.
    pub(super) fn most_memory(self) -> u64 {
        self.status("VmHWM:")
    }

    fn status(self, what: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0)).expect("the process is there");
        let line = status.lines().find_map(|line| line.strip_prefix(what)).expect("the kernel tells");
        line.split_whitespace().next().and_then(|n| n.parse::<u64>().ok()).expect("a number") * 1024
    }
}
