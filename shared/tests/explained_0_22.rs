//! What a configuration of dstack 0.22 is said to mean, and how it is changed where nothing fits.

use berth_shared::{
    catalog::Catalogue,
    config::{check_in, hints, summary},
    diagnostics::apply_edits,
    matcher::{Constraint, Context, Requirements, explain, propose},
    schema::Dialect,
};

const TEXT: &str = "type: dev-environment
name: 1.10
resources:
  cpu: arm:4..
  gpu: nvidia:24GB..
  disk: 10GB..
volumes:
  - data:/data
  - /mnt/sets:/sets
repos: [\"https://example.com/me/project.git\"]
docker: true
idle_duration: off
inactivity_duration: 2h
stop_duration: off
max_duration: 8h
retry: {on_events: [no-capacity], duration: 4h}
utilization_policy: {min_gpu_utilization: 10, time_window: 1h}
schedule: {cron: \"0 8 * * mon-fri\"}
fleets: [a, main/b, c]
instances: [one, {fleet: a, instance: 0}]
";

#[test]
fn what_is_asked_for_is_said_in_a_few_words() {
    let checked = check_in(TEXT, Dialect::V0_22, None);
    let configuration = checked.configuration.expect("it is valid");
    let chips = summary(&configuration, &checked.written);
    let lines: Vec<_> =
        chips.iter().map(|item| format!("{}: {} {}", item.path, item.label, item.value)).collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    ide: IDE none, SSH alone
    resources.cpu: CPU arm, 4 or more
    resources.gpu: GPU 1 or more × nvidia, 24 GB or more
    resources.disk: Disk 10 GB or more
    max_duration: Stops after 8 h
    idle_duration: Instance kept when the run ends
    docker: Docker inside
    volumes: Volumes data at /data, /mnt/sets at /sets
    repos: Repository https://example.com/me/project.git
    inactivity_duration: Unused stops after 2 h
    utilization_policy: GPU use stops after 1 h below 10 %
    schedule: Starts 0 8 * * mon-fri UTC
    fleets: Fleets a, b +1
    instances: Instances one, a #0
    ");
}

#[test]
fn what_nobody_asked_for_is_not_said() {
    let checked = check_in("type: dev-environment\n", Dialect::V0_22, None);
    let configuration = checked.configuration.expect("it is valid");
    let chips = summary(&configuration, &checked.written);
    let paths: Vec<_> = chips.iter().map(|item| item.path.as_str()).collect();
    assert_eq!(paths, ["ide"], "that any GPU will do, or none, is the default");
}

#[test]
fn values_are_explained_beside_them() {
    let notes: Vec<_> = hints(TEXT, Dialect::V0_22)
        .into_iter()
        .map(|hint| {
            let line = TEXT.lines().nth(hint.range.start.line).unwrap_or_default();
            format!("{line}  {}", hint.text)
        })
        .collect();
    insta::assert_snapshot!(notes.join("\n"), @"
    name: 1.10  → the text 1.1
      cpu: arm:4..  → arm, 4 or more
      gpu: nvidia:24GB..  → 1 or more × nvidia, 24 GB or more
      disk: 10GB..  → 10 GB or more
    idle_duration: off  → kept for good
    inactivity_duration: 2h  → 2 h
    stop_duration: off  → no limit
    max_duration: 8h  → 8 h
    retry: {on_events: [no-capacity], duration: 4h}  → 4 h
    utilization_policy: {min_gpu_utilization: 10, time_window: 1h}  → 1 h
    ");
    assert!(hints(TEXT, Dialect::V0_18).is_empty(), "it is none of dstack 0.18");
}

#[test]
fn a_change_that_brings_offers_keeps_all_that_dstack_0_22_has_of_its_own() {
    let catalogue =
        Catalogue::load(include_bytes!("../catalog/offers.bin")).expect("the carried catalogue is whole");
    let context = Context::everything(&catalogue);
    let mut proposed = 0;
    for text in [
        "type: dev-environment\nresources:\n  cpu: x86:900..\n  gpu: nvidia:A100\nidle_duration: 1h\n",
        "type: dev-environment\nresources:\n  gpu: nvidia:A100:900GB\ntags: {team: ml}\n",
        "type: dev-environment\nresources:\n  gpu: {vendor: nvidia, name: A100, count: 900}\n",
        "type: dev-environment\nresources:\n  gpu: A100:80GB\nmax_price: 0.01\nfleets: [a]\n",
        "type: dev-environment\nresources:\n  gpu: 24GB\n  disk: 1MB..2MB\n",
    ] {
        let configuration = check_in(text, Dialect::V0_22, None).configuration.expect("it is valid");
        let explanation = explain(&catalogue, &Requirements::from(&configuration), &context);
        for relaxation in explanation.relaxations {
            let Some(proposal) = propose(text, &relaxation, Dialect::V0_22) else { continue };
            proposed += 1;
            let after = apply_edits(text, &proposal.edits).expect("it applies");
            let read = check_in(&after, Dialect::V0_22, None).configuration.expect("it is valid");
            assert_eq!(read.newer, configuration.newer, "{after}");
            assert_eq!(read.resources.arch, configuration.resources.arch, "{after}");
            let vendor = |configuration: &berth_shared::config::Configuration| {
                configuration.resources.gpu.as_ref().and_then(|gpu| gpu.vendor)
            };
            assert_eq!(vendor(&read), vendor(&configuration), "{after}");
            // What is not changed is asked for as before: a GPU without a count stays one or more.
            let counts = relaxation.changes.iter().any(|change| change.constraint == Constraint::GpuCount);
            let count = |configuration: &berth_shared::config::Configuration| {
                configuration.resources.gpu.as_ref().map(|gpu| gpu.count)
            };
            assert!(counts || count(&read) == count(&configuration), "{after}");
        }
    }
    assert!(proposed >= 5, "only {proposed} were proposed");
}
