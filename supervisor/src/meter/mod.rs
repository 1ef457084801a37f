//! What the environment uses, measured for as long as the supervisor lives: it goes on while the server is away.

mod history;
mod probes;

use std::{cell::Cell, path::PathBuf, rc::Rc, time::Duration};

use berth_shared::api::{GpuUsage, LogSource, UsageHistory, UsageSpan};
use tokio::time::{MissedTickBehavior, interval};

use self::history::History;
pub(super) use self::probes::network;
use super::{supervise::Core, words};

/// Time between two samples.
const EVERY: Duration = Duration::from_secs(UsageSpan::Hour.step_seconds() as u64);

/// Files are counted with every so many samples, once a minute, and with the first few, so that there is something to see.
const DISK_EVERY: u64 = 6;
const DISK_FIRST: u64 = 3;

/// What was measured.
#[derive(Debug, Default)]
pub(super) struct Meter {
    pub(super) disk_bytes: Option<u64>,
    pub(super) gpus: Vec<GpuUsage>,
    history: History,
    disk: DiskWatch,
}

impl Meter {
    /// What was in use, oldest first.
    pub(super) fn history(&self, span: UsageSpan) -> UsageHistory {
        self.history.of(span)
    }
}

/// Whether the files take up more than was asked for: told once, and again after they were fewer for a while.
#[derive(Debug, Default)]
struct DiskWatch {
    above: bool,
}

impl DiskWatch {
    /// What to tell of files that take up `used` bytes where `asked` were asked for; 0 = nobody asked.
    fn told(&mut self, used: u64, asked: u64) -> Option<String> {
        let before = self.above;
        // What goes up and down around the limit is told once.
        self.above = asked > 0 && used > if before { asked / 10 * 9 } else { asked };
        (self.above && !before).then(|| {
            format!(
                "files here take up {}, and {} of disk were asked for (`resources.disk`): nothing stops them, and what is beyond \
                 that is other environments' room",
                words::bytes(used),
                words::bytes(asked)
            )
        })
    }
}

/// Measures for ever.
pub(super) async fn measure(core: &Rc<Core>) {
    let last = Cell::new(None);
    let indices: Vec<u32> =
        core.spec.planned.allocation.as_ref().map(|part| part.gpus.clone()).unwrap_or_default();
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut measured = 0_u64;
    loop {
        ticks.tick().await;
        // Between two jobs nothing is used, and nothing is worth a sample.
        let Some(running) = core.running() else { continue };
        let count_files = measured < DISK_FIRST || measured.is_multiple_of(DISK_EVERY);
        measured += 1;
        if count_files {
            let folders = folders(core, &running.places.home, &running.places.workflow);
            let counted = tokio::task::spawn_blocking(move || probes::disk(&folders)).await;
            let used = counted.ok().flatten();
            core.meter.borrow_mut().disk_bytes = used;
            let asked =
                core.spec.planned.allocation.as_ref().map_or(0, |allocation| allocation.reserved_disk_bytes);
            let told = used.and_then(|used| core.meter.borrow_mut().disk.told(used, asked));
            if let Some(told) = told {
                core.say(LogSource::System, &told);
            }
        }
        if !indices.is_empty() {
            let gpus = probes::gpus(&indices).await;
            core.meter.borrow_mut().gpus = gpus;
        }
        let usage = core.usage_since(&last);
        core.meter.borrow_mut().history.add(&usage);
    }
}

/// The folders that hold the environment's files.
fn folders(core: &Core, home: &std::path::Path, workflow: &std::path::Path) -> Vec<PathBuf> {
    match core.mode {
        super::sandbox::Mode::Container => vec![home.to_owned(), workflow.to_owned()],
        _ => vec![core.dir.home(), core.dir.workflow(), core.dir.tmp(), core.dir.python()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_beyond_what_was_asked_for_are_told_once_and_again_after_they_were_fewer() {
        let mut watch = DiskWatch::default();
        let told: Vec<bool> =
            [90, 101, 150, 95, 101, 80, 102].map(|used| watch.told(used, 100).is_some()).into();
        assert_eq!(told, [false, true, false, false, false, false, true]);
        assert_eq!(DiskWatch::default().told(1 << 40, 0), None);
        insta::assert_snapshot!(
            DiskWatch::default().told(12 << 30, 10 << 30).unwrap_or_default(),
            @"files here take up 12 GiB, and 10 GiB of disk were asked for (`resources.disk`): nothing stops them, and what is beyond that is other environments' room"
        );
    }
}
