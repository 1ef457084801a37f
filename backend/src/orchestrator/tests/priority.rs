//! Who goes first when several runs wait for the same machine.

use berth_shared::api::{Run, RunStatus};

use super::{Bench, Script, Server, one_offer};

/// Runs that take what waits in the pool, and nothing else.
fn text(priority: i64) -> String {
    format!(
        "type: dev-environment\ncreation_policy: reuse\npriority: {priority}\nretry: {{duration: 1h}}\nidle_duration: 1h\n"
    )
}

/// A server with one instance that is in use by `fox`.
async fn in_use(bench: &Bench) -> Server {
    let server = bench.start().await;
    let fox = server.submit("fox", "type: dev-environment\nidle_duration: 1h\n").await;
    server.until(fox, RunStatus::Running).await;
    server
}

async fn both(server: &Server, names: [&str; 2]) -> [Run; 2] {
    [
        server.service.run(names[0]).await.expect("a run").run,
        server.service.run(names[1]).await.expect("a run").run,
    ]
}

#[tokio::test]
async fn of_runs_that_wait_for_the_same_instance_the_one_of_the_highest_priority_has_it_first() {
    let bench = Bench::new(Script { keeps_idle: true, ..one_offer() });
    let server = in_use(&bench).await;
    let high = server.submit("high", &text(90)).await;
    // It has been refused for long: its next attempt is minutes away.
    server.pass(200).await;
    server.service.stop("ann", "fox", false).await.expect("asked");
    let low = server.submit("low", &text(10)).await;
    server.until(high, RunStatus::Running).await;
    let [_, after] = both(&server, ["high", "low"]).await;
    assert_ne!(after.status, RunStatus::Running, "there is one for one of them");
    let events = server.service.run_by_id(low).await.expect("events").events;
    assert!(
        events
            .iter()
            .any(|event| event.message.contains("`high` waits for it too, and has a higher priority")),
        "{events:?}"
    );
    server.service.stop("ann", "high", false).await.expect("asked");
    server.until(low, RunStatus::Running).await;
    server.check_events().await;
}

#[tokio::test]
async fn whoever_could_not_take_it_is_not_waited_for() {
    let bench = Bench::new(Script { keeps_idle: true, ..one_offer() });
    let server = in_use(&bench).await;
    let large = format!("{}resources: {{cpu: '900..'}}\n", text(90));
    let other = format!("{}fleets: [other]\n", text(80));
    let (_, _) = (server.submit("large", &large).await, server.submit("other", &other).await);
    server.pass(20).await;
    server.service.stop("ann", "fox", false).await.expect("asked");
    let low = server.submit("low", &text(0)).await;
    server.until(low, RunStatus::Running).await;
    server.check_events().await;
}
