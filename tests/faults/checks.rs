//! What must hold after every crash.

use std::collections::HashMap;

use berth_shared::api::{RunDetail, Subject};
use berth_tests::{
    processes,
    server::{Server, until},
};

/// A configuration that leaves a process with `marker` in its command line running, and then does `then`.
pub(crate) fn configuration(marker: &str, then: &str) -> String {
    format!("type: dev-environment\nide: vscode\nsetup:\n  - sleep 9{marker} &\n  - {then}\n")
}

/// The processes with `marker` that `setup` left running. The shell goes on while its background process is still a
/// copy of itself, so a running environment may be a moment ahead of it.
pub(crate) fn setup_processes(marker: &str) -> Vec<u32> {
    let there = || Some(processes::with_marker(marker)).filter(|found| !found.is_empty());
    until("it is there", there).unwrap_or_default()
}

/// Events have rising numbers, and each transition begins where the one before ended.
pub(crate) fn assert_events_are_whole(detail: &RunDetail) {
    let mut status: HashMap<Subject, String> = HashMap::new();
    let mut last = 0;
    for event in &detail.events {
        assert!(event.seq > last, "numbers rise: {:#?}", detail.events);
        last = event.seq;
        if let Some(to) = &event.to {
            let before = status.insert(event.subject, to.clone());
            assert_eq!(event.from, before, "no transition is missing or doubled: {:#?}", detail.events);
        }
    }
    assert_eq!(status.get(&Subject::Run).map(String::as_str), Some(detail.run.status.as_str()));
}

/// No process of the environment and no folder of an instance is there, or will be soon.
pub(crate) fn assert_nothing_is_left(server: &Server, marker: &str) {
    until("it is gone", || {
        (processes::with_marker(marker).is_empty() && server.instance_folders().is_empty()).then_some(())
    })
    .unwrap_or_else(|| {
        panic!("left behind: {:?}, {:?}", processes::with_marker(marker), server.instance_folders())
    });
}
