//! A host whose network goes, and comes back.

use berth::provider::{JobObservation, ProviderError};

use crate::bench::{Bench, job, says, told, until};

const COUNT: &str = "(i=0; while :; do echo count $i; i=$((i+1)); sleep 0.2; done) &";

/// How many numbers were counted: each once and in order.
fn counted(log: &str) -> usize {
    let counts: Vec<usize> = log
        .split("out count ")
        .skip(1)
        .map(|n| n.lines().next().unwrap_or_default())
        .flat_map(str::parse)
        .collect();
    assert!(counts.iter().enumerate().all(|(n, &count)| n == count), "{counts:?}");
    counts.len()
}

pub(crate) async fn a_pulled_cable_is_told_and_nothing_is_lost_by_it(bench: &Bench) {
    let host = bench.host().expect("this holds on hosts alone");
    let (id, environment) = bench.running(&job(&["echo before"], &[COUNT])).await;
    let began = environment.observe().await.expect("observed");
    until("it to count", async || (counted(&told(&*environment).await) > 0).then_some(())).await;
    let before = counted(&told(&*environment).await);

    let (unwanted, _) = bench.running(&job(&[], &[])).await;
    let next_door = bench.next_door();
    let (neighbour, beside) = next_door.running(&job(&[], &[])).await;

    host.cable(false);
    let why = until("to be told", async || environment.observe().await.err()).await;
    assert!(matches!(why, ProviderError::Temporary { .. }), "nobody can know: {why:?}");
    assert!(why.to_string().contains(&host.name), "{why}");
    assert_eq!(says(&*beside, "echo there").await, "there");
    next_door.remove(neighbour).await;
    // Whether this is taken or refused, it is not forgotten that the instance may be there.
    let _ = bench.provider.terminate(unwanted).await;
    assert!(bench.provider.observe(unwanted).await.is_err(), "nobody can know");

    host.cable(true);
    until("it to be found", async || environment.observe().await.ok().filter(|seen| *seen == began)).await;
    assert!(matches!(began, JobObservation::Running { .. }));
    until("it to count on", async || (counted(&told(&*environment).await) > before).then_some(())).await;
    assert_eq!(told(&*environment).await.matches("out before\n").count(), 1);
    assert_eq!(says(&*environment, "echo there").await, "there");
    bench.remove(unwanted).await;
    bench.remove(id).await;
}
