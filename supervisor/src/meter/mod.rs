//! What the environment uses, measured for as long as the supervisor lives: it goes on while the server is away.

mod history;
mod probes;

use std::{cell::Cell, path::PathBuf, rc::Rc, time::Duration};

use berth_shared::api::{GpuUsage, UsageHistory, UsageSpan};
use tokio::time::{MissedTickBehavior, interval};

use self::history::History;
pub(super) use self::probes::network;
use super::supervise::Core;

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
}

impl Meter {
    /// What was in use, oldest first.
    pub(super) fn history(&self, span: UsageSpan) -> UsageHistory {
        self.history.of(span)
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
            core.meter.borrow_mut().disk_bytes = counted.ok().flatten();
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
