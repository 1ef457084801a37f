//! A connection over SSH keeps a run that is stopped when nobody works in it.

use std::{process::Stdio, thread::sleep, time::Duration};

use berth_shared::api::{RunReason, RunStatus};

use crate::bench::{Bench, RUN};

#[test]
fn whoever_is_connected_keeps_the_run_which_stops_when_they_are_gone() {
    let bench = Bench::empty();
    bench.add_key();
    // A connection may be there before the run is.
    let text = "type: dev-environment\nide: vscode\ninactivity_duration: 6s\n";
    let _ = bench.server.submit(RUN, text);
    let mut ssh = bench.ssh(&["-N"]).stdin(Stdio::null()).spawn().expect("started");
    let _ = bench.server.wait_for(RUN, RunStatus::Running);
    sleep(Duration::from_secs(14));
    assert_eq!(bench.server.run(RUN).expect("it is there").run.status, RunStatus::Running);
    ssh.kill().expect("killed");
    ssh.wait().expect("gone");
    let over = bench.server.wait_for(RUN, RunStatus::Terminated).run;
    assert_eq!(over.reason, Some(RunReason::InactivityDurationExceeded));
}
