//! What is offered on the machine that the tests run on.

use berth::provider::{PlanInput, Pools, Provider};

use crate::bench::Bench;

#[tokio::test]
async fn a_file_without_requirements_can_be_launched_here() {
    let bench = Bench::new();
    let checked = berth_shared::check("type: dev-environment\nide: vscode\n");
    let configuration = checked.configuration.expect("a configuration");
    let input = PlanInput {
        configuration: &configuration,
        written: checked.written,
        held: &[],
        pool: Pools::default(),
    };
    let plan = bench.provider.plan(&input).await.expect("a plan");
    assert_eq!((plan.refusals.as_slice(), plan.offers.len()), (&[][..], 1));
    let offer = &plan.offers[0];
    assert!(offer.offer.cpus >= 1.0 && offer.offer.memory_gib > 0.0, "{offer:?}");
    assert!(offer.notes.iter().any(|note| note.code == "isolation"), "{offer:?}");
    let left: Vec<_> = std::fs::read_dir(bench.data_dir.join("local")).expect("the folder").collect();
    assert!(left.is_empty(), "finding out leaves nothing behind: {left:?}");
}
