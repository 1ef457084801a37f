//! What passes through a preview keeps a run that is stopped when nobody works in it; that one is open does not.

use std::time::Duration;

use berth_shared::api::{RunReason, RunStatus};
use futures_util::{SinkExt, StreamExt};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    app,
    bench::{Bench, PATIENCE, RUN},
};

#[tokio::test(flavor = "multi_thread")]
async fn what_passes_keeps_the_run_and_silence_does_not() {
    let mut bench = Bench::empty();
    bench.app = app::serve().await;
    let text = "type: dev-environment\nide: vscode\ninactivity_duration: 10s\nports:\n";
    let _ = bench.server.submit(RUN, &format!("{text}  - \"*:{}\"\n", bench.app));
    let _ = bench.server.wait_for(RUN, RunStatus::Running);
    let page = bench.open(RUN, bench.app).await;
    let mut socket = bench.socket(&page, "/socket", &page.origin()).await.expect("a socket");
    for _ in 0..30 {
        socket.send(Message::text("hello")).await.expect("taken");
        timeout(PATIENCE, socket.next()).await.expect("in time").expect("an answer").expect("a frame");
        sleep(Duration::from_millis(500)).await;
    }
    let kept = bench.server.run(RUN).expect("it is there").run;
    assert_eq!((kept.status, kept.inactive_at), (RunStatus::Running, None));
    // The page stays open, and nothing happens in it.
    let over = bench.server.wait_for(RUN, RunStatus::Terminated).run;
    assert_eq!(over.reason, Some(RunReason::InactivityDurationExceeded));
}
