use berth_shared::{
    config::{Arch, Vendor, Written, check_in},
    schema::Dialect,
};

use super::*;
use crate::provider::Pools;

fn machine() -> Facts {
    Facts {
        place: Place::this_machine(),
        arch: Some(Arch::X86),
        cpus: 8.0,
        memory_bytes: 32 << 30,
        disk_free_bytes: 200 << 30,
        gpus: Vec::new(),
        pythons: vec!["3.11".into(), "3.12".into()],
        bash: true,
        isolation: None,
        runtime: Runtime::default(),
    }
}

fn laptop() -> Facts {
    Facts { cpus: 1.0, memory_bytes: 4 << 30, disk_free_bytes: (19 << 30) / 10, ..machine() }
}

fn gpu(index: u32, name: &str, memory_gib: f64, capability: (u32, u32)) -> MachineGpu {
    MachineGpu {
        index,
        vendor: Vendor::Nvidia,
        name: name.into(),
        memory_gib,
        capability: Some(capability),
        devices: Vec::new(),
    }
}

fn with_gpus() -> Facts {
    let gpus = vec![
        gpu(0, "A100", 80.0, (8, 0)),
        gpu(1, "A100", 80.0, (8, 0)),
        gpu(2, "L4", 24.0, (8, 9)),
        gpu(3, "A100", 80.0, (8, 0)),
    ];
    Facts { gpus, ..machine() }
}

/// Plans for a configuration in YAML, as it comes from the page.
fn planned(facts: &Facts, yaml: &str, held: &[Allocation]) -> ProviderPlan {
    let checked = berth_shared::check(&format!("type: dev-environment\nide: vscode\n{yaml}"));
    let configuration = checked.configuration.unwrap_or_else(|| panic!("{:?}", checked.diagnostics));
    plan(
        facts,
        &PlanInput { configuration: &configuration, written: checked.written, held, pool: Pools::default() },
    )
}

fn only(plan: ProviderPlan) -> PlannedOffer {
    assert_eq!((plan.refusals.as_slice(), plan.offers.len()), (&[][..], 1));
    plan.offers.into_iter().next().expect("an offer")
}

fn told(notes: &[PlanNote]) -> String {
    notes.iter().map(|n| format!("{} [{}] {}\n", n.code, n.path, n.message)).collect()
}

fn held(planned: PlannedOffer) -> Allocation {
    planned.allocation.expect("an allocation")
}

#[test]
fn defaults_are_limits_and_keep_nothing() {
    let offer = only(planned(&machine(), "", &[]));
    assert_eq!(offer.notes, []);
    assert_eq!(held(offer), Allocation { cpus: 2.0, memory_bytes: 8 << 30, ..Allocation::default() });
}

#[test]
fn a_default_that_is_not_met_is_told_and_prevents_nothing() {
    let offer = only(planned(&laptop(), "", &[]));
    insta::assert_snapshot!(told(&offer.notes), @"
    default-unmet [resources.cpu] the default asks for 2 vCPUs, and this machine has 1 vCPUs: the environment gets what there is
    default-unmet [resources.memory] the default asks for 8 GB of memory, and this machine has 4 GB of memory: the environment gets what there is
    default-unmet [resources.disk] the default asks for 100 GB of disk, and this machine has 1.8 GB of disk: the environment gets what there is
    ");
    let allocation = held(offer);
    assert_eq!((allocation.cpus, allocation.memory_bytes), (1.0, 4 << 30));
    let second = only(planned(&laptop(), "", &[allocation]));
    assert_eq!(held(second).memory_bytes, 4 << 30);
}

#[test]
fn what_is_written_is_kept_and_not_promised_twice() {
    let yaml = "resources: {cpu: 4, memory: 20GB..24GB, disk: 150GB..}";
    let first = held(only(planned(&machine(), yaml, &[])));
    assert_eq!(
        first,
        Allocation {
            cpus: 4.0,
            memory_bytes: 24 << 30,
            reserved_cpus: 4.0,
            reserved_memory_bytes: 20 << 30,
            reserved_disk_bytes: 150 << 30,
            ..Allocation::default()
        }
    );
    let second = planned(&machine(), yaml, &[first]);
    assert_eq!(second.offers, []);
    insta::assert_snapshot!(told(&second.refusals), @"
    not-enough [resources.memory] 20 GB of memory are asked for and 12 GB of memory of 32 GB of memory are free, the rest is held by other environments: ask for less, or stop what you no longer need
    not-enough [resources.disk] 150 GB of disk are asked for and 50 GB of disk of 200 GB of disk are free, the rest is held by other environments: ask for less, or stop what you no longer need
    ");
}

#[test]
fn what_the_machine_never_had_is_refused() {
    let plan = planned(&machine(), "resources: {cpu: 16.., memory: 64GB}", &[]);
    insta::assert_snapshot!(told(&plan.refusals), @"
    not-enough [resources.cpu] 16 vCPUs are asked for and this machine has 8 vCPUs in all: ask for less, or stop what you no longer need
    not-enough [resources.memory] 64 GB of memory are asked for and this machine has 32 GB of memory in all: ask for less, or stop what you no longer need
    ");
}

#[test]
fn the_offer_is_what_nobody_was_promised() {
    let taken = Allocation { reserved_cpus: 3.0, reserved_memory_bytes: 8 << 30, ..Allocation::default() };
    let offer = only(planned(&machine(), "", &[taken])).offer;
    assert_eq!((offer.cpus, offer.memory_gib, offer.disk_gib), (5.0, 24.0, Some(200.0)));
    assert_eq!((offer.price, offer.basis, offer.spot), (0.0, PriceBasis::Own, false));
    assert_eq!((offer.backend.as_str(), offer.region.as_str()), ("local", "local"));
}

#[test]
fn a_default_gets_at_least_enough_to_run_when_everything_is_kept_for_others() {
    let taken = Allocation { reserved_cpus: 8.0, reserved_memory_bytes: 32 << 30, ..Allocation::default() };
    let allocation = held(only(planned(&machine(), "", &[taken])));
    assert_eq!((allocation.cpus, allocation.memory_bytes), (0.5, 256 << 20));
}

#[test]
fn bounds_that_are_no_numbers_do_no_harm() {
    let checked = berth_shared::check("type: dev-environment\nide: vscode\n");
    let mut configuration = checked.configuration.expect("a configuration");
    for (min, max, fits) in [
        (Some(f64::INFINITY), None, false),
        (Some(f64::NAN), Some(f64::NAN), true),
        (Some(-1.0), Some(f64::INFINITY), true),
        (None, Some(-1.0), false),
    ] {
        configuration.resources.memory = SizeRange { min, max };
        let written = Written { memory: true, ..Written::default() };
        let input = PlanInput { configuration: &configuration, written, held: &[], pool: Pools::default() };
        assert_eq!(plan(&machine(), &input).refusals.is_empty(), fits, "{min:?} {max:?}");
    }
}

#[test]
fn no_gpu_is_given_to_who_asks_for_none() {
    let offer = only(planned(&with_gpus(), "", &[]));
    assert_eq!(offer.offer.gpu, None);
    assert!(held(offer).gpus.is_empty());
}

#[test]
fn gpus_are_chosen_by_name_memory_count_and_capability() {
    let chosen = |yaml: &str| -> Vec<Vec<u32>> {
        let plan = planned(&with_gpus(), &format!("resources: {{gpu: {yaml}}}"), &[]);
        plan.offers.into_iter().map(|offer| held(offer).gpus).collect()
    };
    assert_eq!(chosen("1"), [vec![0], vec![2]]);
    assert_eq!(chosen("A100:2"), [vec![0, 1]]);
    assert_eq!(chosen("a100:80GB:2..3"), [vec![0, 1]]);
    assert_eq!(chosen("L4"), [vec![2]]);
    assert_eq!(chosen("{total_memory: 200GB.., count: 1..8}"), [vec![0, 1, 3]]);
    assert_eq!(chosen("{compute_capability: 8.9}"), [vec![2]]);
    assert_eq!(chosen("A100:4"), Vec::<Vec<u32>>::new());
    assert_eq!(chosen("H100"), Vec::<Vec<u32>>::new());
}

#[test]
fn gpus_where_there_are_none_are_told_of_and_so_is_a_disk_without_a_limit() {
    let bare = planned(&machine(), "resources: {gpu: 1}", &[]);
    insta::assert_snapshot!(told(&bare.refusals), @"not-enough-gpus [resources.gpu] this machine has no GPU that `nvidia-smi` or `rocm-smi` tells of: ask for other GPUs, for fewer, or use a cloud");
    let disk = only(planned(&machine(), "resources: {disk: 60GB..}", &[]));
    insta::assert_snapshot!(told(&disk.notes), @"limit-not-enforced [resources.disk] 60 GB of disk are kept free for it and not a limit: its log says when it takes up more");
}

#[test]
fn a_gpu_belongs_to_one_run() {
    let first = held(only(planned(&with_gpus(), "resources: {gpu: A100:2}", &[])));
    let second = planned(&with_gpus(), "resources: {gpu: A100:2}", std::slice::from_ref(&first));
    insta::assert_snapshot!(told(&second.refusals), @"not-enough-gpus [resources.gpu] what is free on this machine (L4 24 GB, A100 80 GB) is not what was asked for: ask for other GPUs, for fewer, or use a cloud");
    assert_eq!(held(only(planned(&with_gpus(), "resources: {gpu: A100}", &[first]))).gpus, [3]);
}

#[test]
fn what_needs_a_container_or_rules_this_machine_out_is_refused_with_every_reason() {
    let yaml = "image: ubuntu\nentrypoint: sh\nregistry_auth: {username: u, password: p}\npython: '3.8'\n\
                backends: [aws]\nregions: [eu]\ninstance_types: [big]\nspot_policy: spot\ncreation_policy: reuse\n\
                home_dir: /proc/x\n"
        .replace("python: '3.8'\n", "");
    let mut plan = planned(&machine(), &yaml, &[]);
    assert_eq!(plan.offers, []);
    plan.refusals.extend(planned(&machine(), "python: '3.8'", &[]).refusals);
    insta::assert_snapshot!(told(&plan.refusals), @"
    needs-container [image] `image` needs a container, and `local` runs processes of this machine: leave it out
    needs-container [registry_auth] `registry_auth` needs a container, and `local` runs processes of this machine: leave it out
    needs-container [entrypoint] `entrypoint` needs a container, and `local` runs processes of this machine: leave it out
    ruled-out [backends] `backends` does not name `local`: add it to use this machine
    ruled-out [regions] `regions` does not name `local`: add it to use this machine
    ruled-out [instance_types] `instance_types` does not name `this-machine`: add it to use this machine
    ruled-out [spot_policy] this machine is no spot instance: use `spot_policy: auto` or leave it out
    ruled-out [creation_policy] `local` keeps no idle instances to reuse: use `creation_policy: reuse-or-create`
    bad-home [home_dir] `/proc/x` cannot be a home directory here: use an absolute path such as `/root`
    python-not-installed [python] Python 3.8 is not installed on this machine (3.11, 3.12 are): install it or ask for another
    ");
}

#[test]
fn how_the_environment_is_kept_apart_is_told() {
    let full = Isolation {
        namespaces: vec!["pid".into(), "mount".into()],
        limits: vec!["memory".into(), "cpu".into(), "pids".into()],
        ..Isolation::default()
    };
    let none = Isolation::default();
    let of = |isolation: &Isolation| {
        told(&only(planned(&Facts { isolation: Some(isolation.clone()), ..machine() }, "", &[])).notes)
    };
    insta::assert_snapshot!(of(&full) + &of(&none), @"
    isolation [] processes run on this machine in namespaces of their own (pid, mount); files outside the home directory, `/workflow` and `/tmp`, and the network, are shared with it: this server's port is reached from there, and its data is not
    limit-not-enforced [resources.memory] memory is not limited: the server may not make control groups on this machine
    limit-not-enforced [resources.cpu] CPU time is not limited: the server may not make control groups on this machine
    isolation [] processes run beside this machine's own, without namespaces, and may read what the server may, its data too: start nothing that you do not trust
    ");
}

#[test]
fn a_configuration_that_names_this_machine_gets_it() {
    let yaml = "backends: [aws, local]\nregions: [local]\ninstance_types: [this-machine]\nspot_policy: auto\n\
                max_price: 0.01\npython: '3.12'";
    only(planned(&machine(), yaml, &[]));
}

/// The same machine with a container engine that limits these.
fn with_engine(limits: &[&str]) -> Facts {
    let engine = container::Facts {
        kind: container::Kind::Podman,
        version: "4.3.1".into(),
        arch: "amd64".into(),
        cgroup: Some("v2".into()),
        limits: limits.iter().map(|&limit| limit.to_owned()).collect(),
        cpus: 8.0,
        memory_bytes: 32 << 30,
        root: None,
        rootless: false,
    };
    let runtime = Runtime::Containers {
        engine: Box::new(engine),
        place: "unix:///run/podman/podman.sock".into(),
        default_image: container::DEFAULT_IMAGE.into(),
        volume_roots: vec!["/data".into()],
    };
    Facts { bash: false, pythons: Vec::new(), runtime, ..machine() }
}

#[test]
fn with_an_engine_everything_runs_in_containers_and_the_plan_says_which() {
    let offer = only(planned(&with_engine(&["memory", "cpu", "pids"]), "python: '3.12'\n", &[]));
    insta::assert_snapshot!(told(&offer.notes), @"container [] runs in a container of Podman 4.3.1 on this machine (unix:///run/podman/podman.sock), from the image `dstackai/base:py3.12-0.4rc4-cuda-12.1`");
    let yaml = "image: quay.io/a/b:1\nentrypoint: /init --flag\nregistry_auth: {username: a, password: b}\n";
    let offer = only(planned(&with_engine(&["cpu"]), yaml, &[]));
    insta::assert_snapshot!(told(&offer.notes), @"
    container [] runs in a container of Podman 4.3.1 on this machine (unix:///run/podman/podman.sock), from the image `quay.io/a/b:1`
    limit-not-enforced [resources.memory] memory is not limited: Podman says that it cannot here
    limit-not-enforced [] the number of processes is not limited: Podman says that it cannot here
    ");
}

#[test]
fn volumes_are_had_in_containers_and_folders_of_the_machine_where_they_are_allowed() {
    let engine = with_engine(&["memory", "cpu", "pids"]);
    only(planned_newer(&engine, "volumes: ['/data/a:/a', 'cache:/b']\n"));
    let refused = planned_newer(&engine, "volumes: ['/etc:/a']\n");
    insta::assert_snapshot!(told(&refused.refusals), @"not-honoured [volumes] `/etc` cannot be mounted: of this machine that is for what is below `/data`");
}

#[test]
fn processes_are_shown_folders_of_the_machine_where_they_are_allowed() {
    let processes = |namespaces: &[&str]| Facts {
        isolation: Some(Isolation {
            namespaces: namespaces.iter().map(|&name| name.to_owned()).collect(),
            ..Isolation::default()
        }),
        runtime: Runtime::Processes { why: String::new(), volume_roots: vec!["/data".into()] },
        ..machine()
    };
    let with_mounts = processes(&["pid", "mount"]);
    only(planned_newer(&with_mounts, "volumes: ['/data/a:/a']\n"));
    let refused =
        |facts: &Facts, volumes: &str| told(&planned_newer(facts, &format!("volumes: {volumes}\n")).refusals);
    insta::assert_snapshot!(refused(&with_mounts, "['/etc:/a']"), @"not-honoured [volumes] `/etc` cannot be mounted: of this machine that is for what is below `/data`");
    insta::assert_snapshot!(refused(&with_mounts, "['cache:/b']"), @"not-honoured [volumes] the volume `cache` cannot be had: volumes are a container engine's, and environments are processes here; name a folder of the machine by `instance_path`");
    insta::assert_snapshot!(refused(&processes(&["pid"]), "['/data/a:/a']"), @"not-honoured [volumes] `volumes` cannot be had: this machine gives no environment mounts of its own");
    insta::assert_snapshot!(refused(&machine(), "['/data/a:/a']"), @"not-honoured [volumes] `/data/a` cannot be mounted: no folder of this machine may be; whoever runs the server allows one by `--volume-root`");
}

#[test]
fn without_an_engine_the_plan_says_why_processes_run_on_the_machine() {
    let why = "no container engine was found on this machine when the server started";
    let runtime = Runtime::Processes { why: why.into(), volume_roots: Vec::new() };
    let isolation = Some(Isolation {
        namespaces: vec!["pid".into(), "mount".into()],
        limits: vec!["memory".into(), "cpu".into()],
        ..Isolation::default()
    });
    let facts = Facts { runtime, isolation, ..machine() };
    insta::assert_snapshot!(told(&only(planned(&facts, "", &[])).notes), @"isolation [] no container engine was found on this machine when the server started, so processes run on this machine in namespaces of their own (pid, mount); files outside the home directory, `/workflow` and `/tmp`, and the network, are shared with it: this server's port is reached from there, and its data is not");
    insta::assert_snapshot!(told(&planned(&facts, "image: ubuntu\n", &[]).refusals), @"needs-container [image] `image` needs a container, and `local` runs processes of this machine (no container engine was found on this machine when the server started): leave it out");
}

/// As [`planned`], for dstack 0.22.
fn planned_newer(facts: &Facts, yaml: &str) -> ProviderPlan {
    let text = format!("type: dev-environment\nide: vscode\n{yaml}");
    let checked = check_in(&text, Dialect::V0_22, None);
    let configuration = checked.configuration.unwrap_or_else(|| panic!("{:?}", checked.diagnostics));
    let written = checked.written;
    plan(facts, &PlanInput { configuration: &configuration, written, held: &[], pool: Pools::default() })
}

fn codes(plan: &ProviderPlan) -> Vec<(&str, &str)> {
    plan.refusals.iter().map(|note| (note.code.as_str(), note.path.as_str())).collect()
}

#[test]
fn a_machine_is_refused_where_another_architecture_is_written() {
    let plan = planned_newer(&machine(), "resources: {cpu: arm}\n");
    assert_eq!(codes(&plan), [("ruled-out", "resources.cpu.arch")]);
    let there = planned_newer(&machine(), "resources: {cpu: x86}\n");
    assert_eq!((codes(&there), there.offers[0].offer.arch), (vec![], Some(Arch::X86)));
}

#[test]
fn an_architecture_that_nobody_wrote_rules_no_machine_out() {
    let plan = planned_newer(&Facts { arch: Some(Arch::Arm), ..machine() }, "");
    assert_eq!((codes(&plan), plan.offers[0].offer.arch), (vec![], Some(Arch::Arm)));
}

#[test]
fn gpus_of_another_vendor_are_not_what_was_asked_for() {
    assert_eq!(planned_newer(&with_gpus(), "resources: {gpu: nvidia}\n").offers.len(), 2);
    let plan = planned_newer(&with_gpus(), "resources: {gpu: amd}\n");
    assert_eq!(codes(&plan), [("not-enough-gpus", "resources.gpu")]);
}

#[test]
fn processes_are_never_privileged_and_a_privileged_container_is_told_of() {
    let text = "# dstack: 0.22\ntype: dev-environment\nprivileged: true\n";
    let checked = berth_shared::config::check_in(text, berth_shared::config::Reading::default(), None);
    let configuration = checked.configuration.expect("valid");
    let input = |facts: &Facts| {
        let written = checked.written;
        plan(facts, &PlanInput { configuration: &configuration, written, held: &[], pool: Pools::default() })
    };
    let refused = input(&machine());
    assert_eq!(refused.offers, []);
    insta::assert_snapshot!(told(&refused.refusals), @"not-honoured [privileged] `privileged` cannot be had here: only containers have it, where an admin of the server allows it to the project; leave it out to launch without it");
    let offer = only(input(&with_engine(&["memory", "cpu", "pids"])));
    let about: Vec<_> = offer.notes.iter().filter(|note| note.path == "privileged").collect();
    assert_eq!(about.len(), 1, "{:?}", offer.notes);
    assert!(about[0].message.contains("may do what this machine may"), "{about:?}");
}
