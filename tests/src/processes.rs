//! Looks for processes that a test may have left behind.

use std::fs;

/// Ids of the processes whose command line contains `marker`, this one left out.
///
/// # Panics
/// Where `/proc` cannot be read.
#[must_use]
pub fn with_marker(marker: &str) -> Vec<u32> {
    let mut found: Vec<u32> = fs::read_dir("/proc")
        .expect("/proc lists the processes")
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|&pid: &u32| {
            pid != std::process::id()
                && fs::read(format!("/proc/{pid}/cmdline"))
                    .is_ok_and(|line| String::from_utf8_lossy(&line).contains(marker))
        })
        .collect();
    found.sort_unstable();
    found
}
