//! What the machine tells.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use berth_shared::api::{GpuUsage, NetworkUsage};
use tokio::{io::AsyncReadExt, process::Command};

/// How many files are counted at most; with more, nothing is said rather than something wrong.
const FILES: u64 = 500_000;

/// How long the driver may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the files below these folders take up, bytes; `None` when they are too many. What cannot be read counts nothing.
pub(super) fn disk(folders: &[PathBuf]) -> Option<u64> {
    let (mut bytes, mut files) = (0, 0);
    let mut left: Vec<PathBuf> = folders.to_vec();
    while let Some(folder) = left.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            files += 1;
            if files > FILES {
                return None;
            }
            // Of the link itself, not of what it leads to.
            let Ok(metadata) = entry.metadata() else { continue };
            bytes += metadata.blocks() * 512;
            if metadata.is_dir() {
                left.push(entry.path());
            }
        }
    }
    Some(bytes)
}

/// What went over all interfaces of this network but the loopback.
pub(crate) fn network() -> Option<NetworkUsage> {
    counted(&fs::read_to_string(Path::new("/proc/net/dev")).ok()?)
}

fn counted(text: &str) -> Option<NetworkUsage> {
    let mut sum = NetworkUsage::default();
    for line in text.lines().skip(2) {
        let (name, figures) = line.split_once(':')?;
        if name.trim() == "lo" {
            continue;
        }
        let figures: Vec<u64> = figures.split_whitespace().filter_map(|figure| figure.parse().ok()).collect();
        sum.received_bytes += figures.first()?;
        sum.sent_bytes += figures.get(8)?;
    }
    Some(sum)
}

/// What is used of these GPUs, as `nvidia-smi` says; none where it is not there, or does not answer in time.
pub(super) async fn gpus(indices: &[u32]) -> Vec<GpuUsage> {
    let wanted = indices.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
    let child = Command::new("nvidia-smi")
        .args([
            "--query-gpu=index,utilization.gpu,memory.used,memory.total",
            "--format=csv,noheader,nounits",
            "-i",
        ])
        .arg(wanted)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn();
    let Ok(mut child) = child else { return Vec::new() };
    let Some(mut output) = child.stdout.take() else { return Vec::new() };
    let mut text = String::new();
    let read = async {
        let read = output.read_to_string(&mut text).await;
        // Whoever reaps here may have been quicker; what it said is all that matters.
        let _ = child.wait().await;
        read
    };
    match tokio::time::timeout(PATIENCE, read).await {
        Ok(Ok(_)) => told(&text, indices),
        _ => Vec::new(),
    }
}

/// Reads lines of `INDEX, PERCENT, MIB, MIB`; figures that a GPU does not have (`[N/A]`) leave it out.
fn told(text: &str, indices: &[u32]) -> Vec<GpuUsage> {
    let line = |line: &str| {
        let mut parts = line.split(',').map(str::trim);
        let index: u32 = parts.next()?.parse().ok()?;
        let percent: f32 = parts.next()?.parse().ok()?;
        let mib = |part: Option<&str>| part?.parse::<u64>().ok().map(|mib| mib << 20);
        let (memory_bytes, memory_total_bytes) = (mib(parts.next())?, mib(parts.next())?);
        Some(GpuUsage { index, busy: percent / 100.0, memory_bytes, memory_total_bytes })
    };
    let mut gpus: Vec<GpuUsage> =
        text.lines().filter_map(line).filter(|gpu| indices.contains(&gpu.index)).collect();
    gpus.sort_by_key(|gpu| gpu.index);
    gpus
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_driver_says_is_read() {
        let text =
            "1, 37, 1024, 81559\n0, 100, 2, 81559\n2, [N/A], 1, 1\n3, 1, 1, 1\nNo devices were found\n";
        let gpus = told(text, &[0, 1, 2]);
        assert_eq!(gpus.iter().map(|gpu| (gpu.index, gpu.busy)).collect::<Vec<_>>(), [(0, 1.0), (1, 0.37)]);
        assert_eq!((gpus[1].memory_bytes, gpus[1].memory_total_bytes), (1 << 30, 81_559 << 20));
    }

    #[test]
    fn the_loopback_is_no_network() {
        let text = "Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n    lo: 999 1 0 0 0 0 0 0 999 1 0 0 0 0 0 0\n  eth0: 1500 10 0 0 0 0 0 0 700 7 0 0 0 0 0 0\n  eth1:5 1 0 0 0 0 0 0 6 1 0 0 0 0 0 0\n";
        let expected = NetworkUsage { received_bytes: 1505, sent_bytes: 706 };
        assert_eq!(counted(text), Some(expected));
    }

    #[test]
    fn files_are_counted_and_links_are_not_followed() {
        let dir = std::env::temp_dir().join(format!("berth-disk-{}", std::process::id()));
        let inside = dir.join("inside");
        fs::create_dir_all(&inside).expect("a folder");
        fs::write(inside.join("file"), vec![1; 100_000]).expect("a file");
        std::os::unix::fs::symlink("/usr", dir.join("link")).expect("a link");
        let bytes = disk(std::slice::from_ref(&dir));
        fs::remove_dir_all(&dir).expect("removed");
        assert!(bytes.is_some_and(|bytes| (100_000..1_000_000).contains(&bytes)), "{bytes:?}");
    }
}
