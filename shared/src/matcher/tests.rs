//! The matcher against the rules, written down a second time in the plainest way.

mod rows;

use std::cmp::Ordering;

use proptest::{collection::vec, option, prelude::*, sample::select};

use super::{
    BackendSetup, Constraint, Context, GpuRequirements, PoolInstance, Requirements, explain, launch_disk_gb,
    match_offers, match_pool,
};
use crate::{
    api::InstanceStatus,
    catalog::{Availability, Catalogue, GpuFact, GpuFacts, Offer, OfferGpu, PriceBasis, Row},
    config::{Arch, IntRange, SizeRange, Vendor},
    schema::Dialect,
};

const BACKENDS: [&str; 3] = ["aws", "gcp", "lambda"];
const REGIONS: [&str; 3] = ["us-1", "us-2", "eu-1"];
const TYPES: [&str; 4] = ["small", "Large", "gpu", "m7g.large"];
const GPUS: [&str; 5] = ["A100", "T4", "MI300X", "v5p-8", "Unheard"];
const ARCHS: [Option<Arch>; 3] = [None, Some(Arch::X86), Some(Arch::Arm)];

fn facts() -> GpuFacts {
    [("A100", "nvidia", Some((8, 0))), ("T4", "Nvidia", Some((7, 5))), ("MI300X", "amd", None)]
        .into_iter()
        .map(|(name, vendor, compute_capability)| GpuFact {
            name: name.to_owned(),
            vendor: vendor.to_owned(),
            memory_gib: vec![],
            architecture: None,
            compute_capability,
        })
        .collect()
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn any_availability() -> impl Strategy<Value = Availability> {
    select(vec![
        Availability::Available,
        Availability::Unknown,
        Availability::Unknown,
        Availability::NoQuota,
        Availability::NotAvailable,
    ])
}

fn any_offer() -> impl Strategy<Value = Offer> {
    let gpu = (select(GPUS.to_vec()), 1u32..4, select(vec![16.0, 40.0, 80.0]))
        .prop_map(|(name, count, memory_gib)| OfferGpu { name: name.to_owned(), count, memory_gib });
    let place = (select(BACKENDS.to_vec()), select(REGIONS.to_vec()), select(TYPES.to_vec()));
    let sizes = (select(vec![1.0, 4.0, 5.5, 8.0]), select(vec![2.0, 8.0, 16.0]), option::of(gpu));
    let disk = (option::weighted(0.3, select(vec![50.0, 100.0, 500.0])), select(ARCHS.to_vec()));
    (place, sizes, disk, any::<bool>(), select(vec![0.0, 0.5, 1.0, 1.25, 7.346]), any_availability())
        .prop_map(
            |(
                (backend, region, instance_type),
                (cpus, memory_gib, gpu),
                (disk_gib, arch),
                spot,
                price,
                availability,
            )| Offer {
                backend: backend.to_owned(),
                region: region.to_owned(),
                instance_type: instance_type.to_owned(),
                arch,
                cpus,
                memory_gib,
                gpu,
                disk_gib,
                spot,
                price,
                basis: PriceBasis::Listed,
                as_of: None,
                availability,
            },
        )
}

fn any_counts(values: Vec<i64>) -> impl Strategy<Value = IntRange> {
    (option::of(select(values.clone())), option::of(select(values)))
        .prop_map(|(min, max)| IntRange { min, max })
}

fn any_sizes(values: Vec<f64>) -> impl Strategy<Value = SizeRange> {
    (option::of(select(values.clone())), option::weighted(0.3, select(values)))
        .prop_map(|(min, max)| SizeRange { min, max })
}

fn any_names(names: Vec<&'static str>) -> impl Strategy<Value = Option<Vec<String>>> {
    option::weighted(0.2, vec(select(names), 0..3)).prop_map(|names| names.map(|names| owned(&names)))
}

fn any_gpu_requirements() -> impl Strategy<Value = GpuRequirements> {
    (
        any_names(vec!["a100", "A100", "t4", "MI300X", "none"]),
        any_counts(vec![0, 1, 2, 3]),
        option::of(any_sizes(vec![0.0, 16.0, 24.0, 80.0])),
        option::of(any_sizes(vec![16.0, 48.0, 160.0])),
        option::weighted(0.2, select(vec![(7, 0), (7, 5), (8, 0), (9, 0)])),
        option::weighted(0.3, select(vec![Vendor::Nvidia, Vendor::Amd, Vendor::Google, Vendor::Intel])),
    )
        .prop_map(|(names, count, memory, total_memory, compute_capability, vendor)| GpuRequirements {
            vendor,
            names,
            count,
            memory,
            total_memory,
            compute_capability,
        })
}

fn any_requirements() -> impl Strategy<Value = Requirements> {
    // What nobody wrote is x86: none of the GPUs that are named here is on a Grace chip.
    let arch = select(vec![
        (None, false),
        (Some(Arch::X86), true),
        (Some(Arch::X86), false),
        (Some(Arch::Arm), false),
    ]);
    let sizes = (
        (any_counts(vec![1, 2, 5, 8]), arch),
        any_sizes(vec![0.0, 8.0, 16.0, 64.0]),
        option::of(any_gpu_requirements()),
        option::of(any_sizes(vec![50.0, 100.0, 200.0])),
    );
    let names = (
        any_names(BACKENDS.to_vec()),
        any_names(vec!["us-1", "eu-1", "us-1-a", "US-1"]),
        any_names(vec!["small", "large", "gpu"]),
    );
    let rest = (
        option::weighted(0.4, select(vec![0.25, 0.5, 1.0, 5.0])),
        option::of(any::<bool>()),
        prop::bool::weighted(0.05),
        option::weighted(0.2, select(vec!["one", "two"])),
    );
    (sizes, names, rest).prop_map(
        |(
            ((cpu, (arch, arch_unwritten)), memory, gpu, disk),
            (backends, regions, types),
            (max_price, spot, reuse_only, name),
        )| {
            Requirements {
                cpu,
                arch,
                arch_unwritten,
                memory,
                gpu,
                disk,
                max_price,
                spot,
                backends,
                regions,
                instance_types: types,
                reuse_only,
                instance_names: name.map(|name| vec![name.to_owned()]),
                dialect: Dialect::V0_18,
            }
        },
    )
}

fn any_context() -> impl Strategy<Value = Context> {
    let regions = option::weighted(0.4, vec(select(REGIONS.to_vec()), 0..3));
    vec((select(BACKENDS.to_vec()), regions), 0..4).prop_map(|backends| Context {
        backends: backends
            .into_iter()
            .map(|(name, regions)| BackendSetup {
                name: name.to_owned(),
                regions: regions.map(|r| owned(&r)),
            })
            .collect(),
    })
}

/// Every choice of `length` of the constraints.
fn choices(constraints: &[Constraint], length: usize) -> Vec<Vec<Constraint>> {
    match (constraints, length) {
        (_, 0) => vec![vec![]],
        ([], _) => vec![],
        ([first, rest @ ..], _) => {
            let mut with = choices(rest, length - 1);
            with.iter_mut().for_each(|choice| choice.push(*first));
            with.extend(choices(rest, length));
            with
        }
    }
}

fn within(value: f64, min: Option<f64>, max: Option<f64>) -> bool {
    min.is_none_or(|min| value >= min) && max.is_none_or(|max| value <= max)
}

fn listed(names: &Option<Vec<String>>, name: &str) -> bool {
    names.as_ref().is_none_or(|names| names.iter().any(|n| n == name))
}

/// Rules 1 to 4.
fn fits(offer: &Offer, r: &Requirements) -> bool {
    let counts =
        |value, range: IntRange| within(value, range.min.map(|v| v as f64), range.max.map(|v| v as f64));
    let sizes = |value, range: SizeRange| within(value, range.min, range.max);
    let (name, count, memory) =
        offer.gpu.as_ref().map_or((None, 0.0, 0.0), |g| (Some(&g.name), f64::from(g.count), g.memory_gib));
    let arch = offer.arch.or(match (offer.backend.as_str(), offer.instance_type.as_str()) {
        ("aws", "m7g.large") => Some(Arch::Arm),
        ("lambda", _) => Some(Arch::X86),
        _ => None,
    });
    let arch_fits = |wanted| if arch.is_none() { r.arch_unwritten } else { arch == Some(wanted) };
    let vendor = name.and_then(|name| match name.as_str() {
        "A100" | "T4" => Some(Vendor::Nvidia),
        "MI300X" => Some(Vendor::Amd),
        "v5p-8" => Some(Vendor::Google),
        _ => None,
    });
    let gpu_fits = |gpu: &GpuRequirements| {
        (gpu.vendor.is_none() || gpu.vendor == vendor)
            && counts(count, gpu.count)
            && gpu.memory.is_none_or(|range| sizes(memory, range))
            && gpu.total_memory.is_none_or(|range| sizes(count * memory, range))
            && gpu.names.as_ref().is_none_or(|names| {
                name.is_some_and(|name| names.iter().any(|n| n.to_lowercase() == name.to_lowercase()))
            })
            && gpu.compute_capability.is_none_or(|least| {
                let known = name.and_then(|name| facts().compute_capability(name));
                known.is_some_and(|(major, minor)| (i64::from(major), i64::from(minor)) >= least)
            })
    };
    counts(offer.cpus, r.cpu)
        && r.arch.is_none_or(arch_fits)
        && sizes(offer.memory_gib, r.memory)
        && r.gpu.as_ref().is_none_or(gpu_fits)
        && offer.disk_gib.is_none_or(|disk| r.disk.is_none_or(|range| sizes(disk, range)))
        && r.max_price.is_none_or(|max| offer.price <= max)
        && r.spot.is_none_or(|spot| offer.spot == spot)
}

/// Rules 1 to 9 for cloud offers.
fn reference(offers: &[Offer], r: &Requirements, context: &Context) -> Vec<Offer> {
    if r.reuse_only {
        return Vec::new();
    }
    let rank = |offer: &Offer| context.backends.iter().position(|setup| setup.name == offer.backend);
    let mut found: Vec<Offer> = Vec::new();
    for offer in offers {
        let configured = rank(offer).is_some_and(|at| listed(&context.backends[at].regions, &offer.region));
        let chosen = listed(&r.backends, &offer.backend)
            && listed(&r.regions, &offer.region)
            && listed(&r.instance_types, &offer.instance_type);
        if !configured || !chosen || !fits(offer, r) {
            continue;
        }
        let same_zone = found.iter_mut().find(|other| {
            offer.backend == "gcp"
                && other.backend == "gcp"
                && (&other.instance_type, &other.gpu, other.spot, &other.region)
                    == (&offer.instance_type, &offer.gpu, offer.spot, &offer.region)
        });
        match same_zone {
            Some(other) if offer.price < other.price => {
                // The cheaper row takes its own place in the order.
                *other = Offer { backend: "dropped".to_owned(), ..other.clone() };
                found.push(offer.clone());
            }
            Some(_) => {}
            None => found.push(offer.clone()),
        }
    }
    found.retain(|offer| offer.backend != "dropped");
    found.sort_by(|a, b| {
        b.availability
            .is_usable()
            .cmp(&a.availability.is_usable())
            .then(a.price.partial_cmp(&b.price).unwrap_or(Ordering::Equal))
            .then(rank(a).cmp(&rank(b)))
    });
    found
}

fn catalogue(offers: &[Offer]) -> Catalogue {
    let rows: Vec<Row> =
        offers.iter().map(|offer| Row { offer: offer.clone(), source: String::new() }).collect();
    Catalogue::from_rows("made up", &rows, facts())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1500) })]

    #[test]
    fn offers_are_those_of_the_rules_in_their_order(
        offers in vec(any_offer(), 0..60),
        requirements in any_requirements(),
        context in any_context(),
        limit in 0usize..20,
    ) {
        let catalogue = catalogue(&offers);
        let expected = reference(&offers, &requirements, &context);
        let all = match_offers(&catalogue, &requirements, &context, usize::MAX);
        prop_assert_eq!(&all.offers, &expected);
        prop_assert_eq!(all.total, expected.len());
        prop_assert_eq!(all.on_demand + all.spot, all.total);
        prop_assert_eq!(all.spot, expected.iter().filter(|offer| offer.spot).count());
        let usable = expected.first().filter(|offer| offer.availability.is_usable());
        prop_assert_eq!(all.cheapest.as_ref(), usable);
        prop_assert_eq!(
            all.groups.iter().map(|group| group.regions).sum::<usize>(), all.total, "each offer is in one group"
        );
        prop_assert_eq!(all.groups.first().map(|group| &group.offer), expected.first());
        let within_limit = |above: bool| {
            all.plot.iter().filter(|point| point.above_max_price == above).map(|point| point.offers).sum::<usize>()
        };
        prop_assert_eq!(within_limit(false), all.total);
        prop_assert_eq!(within_limit(true), all.above_max_price);
        let dearer = reference(&offers, &requirements.without(Constraint::MaxPrice), &context);
        prop_assert_eq!(all.above_max_price, dearer.len() - expected.len());

        let few = match_offers(&catalogue, &requirements, &context, limit);
        prop_assert_eq!(&few.offers[..], &expected[..limit.min(expected.len())]);
        prop_assert_eq!(&few.groups[..], &all.groups[..limit.min(all.groups.len())]);
        prop_assert_eq!((few.total, few.group_total), (all.total, all.groups.len()));
    }

    #[test]
    fn explanations_promise_what_the_changes_give(
        offers in vec(any_offer(), 0..60),
        requirements in any_requirements(),
        context in any_context(),
    ) {
        let catalogue = catalogue(&offers);
        let explanation = explain(&catalogue, &requirements, &context);
        let count = |requirements: &Requirements| reference(&offers, requirements, &context).len();
        prop_assert_eq!(explanation.total, count(&requirements));
        prop_assert_eq!(explanation.universe, count(&Requirements::default()));
        let mut names: Vec<Constraint> = Vec::new();
        for cost in &explanation.constraints {
            names.push(cost.constraint);
            prop_assert_eq!(cost.without, count(&requirements.without(cost.constraint)));
            let alone = count(&requirements.only(cost.constraint));
            prop_assert_eq!(cost.rules_out, explanation.universe.saturating_sub(alone));
        }
        let bare = names.iter().fold(requirements.clone(), |bare, &constraint| bare.without(constraint));
        prop_assert_eq!(count(&bare), explanation.universe, "every constraint is named");
        for relaxation in &explanation.relaxations {
            let after = reference(&offers, &relaxation.requirements, &context);
            prop_assert_eq!(after.len(), relaxation.total);
            prop_assert!(after.len() > explanation.total, "{}", relaxation.description());
            let cheapest = after.iter().map(|offer| offer.price).fold(f64::INFINITY, f64::min);
            prop_assert_eq!(cheapest, relaxation.cheapest);
        }
        for cost in explanation.constraints.iter().filter(|cost| cost.without > explanation.total) {
            // One architecture can be taken for the other one, not both: that need not give more.
            let helps = cost.constraint == Constraint::Arch || explanation
                .relaxations
                .iter()
                .any(|r| r.changes.len() == 1 && r.changes[0].constraint == cost.constraint);
            prop_assert!(helps, "{} is the obstacle", cost.path);
        }
        // Several changes only where nothing fits, and never more than are needed.
        let several = explanation.relaxations.iter().map(|r| r.changes.len()).max().unwrap_or(1);
        if several > 1 {
            prop_assert_eq!(explanation.total, 0);
            prop_assert!(explanation.relaxations.iter().all(|r| r.changes.len() == several));
            for given_up in choices(&names, several - 1) {
                let loose = given_up.iter().fold(requirements.clone(), |loose, &one| loose.without(one));
                prop_assert_eq!(count(&loose), 0, "{:?} are enough", given_up);
            }
        }
        let helped = !explanation.relaxations.is_empty();
        prop_assert!(helped || explanation.total > 0 || explanation.universe == 0, "something always helps");
    }

    #[test]
    fn pool_instances_are_those_of_the_rules(
        instances in vec((any_offer(), 0usize..7, select(vec!["one", "two", "three"]), any::<bool>()), 0..12),
        requirements in any_requirements(),
    ) {
        let statuses = [
            InstanceStatus::Idle,
            InstanceStatus::Idle,
            InstanceStatus::Busy,
            InstanceStatus::Pending,
            InstanceStatus::Provisioning,
            InstanceStatus::Terminating,
            InstanceStatus::Terminated,
        ];
        let pool: Vec<PoolInstance> = instances
            .into_iter()
            .map(|(mut offer, status, name, remote)| {
                if remote {
                    offer.backend = "remote".to_owned();
                }
                let offer = (status != 3).then_some(offer);
                PoolInstance { name: name.to_owned(), status: statuses[status], offer }
            })
            .collect();
        let found = match_pool(&pool, &requirements, &facts());
        let mut run: Option<usize> = None;
        let mut expected = Vec::new();
        for (index, instance) in pool.iter().enumerate() {
            let Some(offer) = &instance.offer else { continue };
            let gone = [InstanceStatus::Terminating, InstanceStatus::Terminated].contains(&instance.status);
            let placed = offer.backend == "remote"
                || listed(&requirements.backends, &offer.backend)
                    && listed(&requirements.regions, &offer.region)
                    && listed(&requirements.instance_types, &offer.instance_type);
            let named = requirements.instance_names.as_ref().is_none_or(|names| names.contains(&instance.name));
            if gone || !placed || !named || !fits(offer, &requirements) {
                continue;
            }
            let idle = instance.status == InstanceStatus::Idle;
            expected.push((index, idle));
            let price = |index: usize| pool[index].offer.as_ref().map_or(0.0, |offer| offer.price);
            if idle
                && run.is_none_or(|best| {
                    price(index) < price(best) || price(index) == price(best) && instance.name < pool[best].name
                })
            {
                run = Some(index);
            }
        }
        let listed: Vec<(usize, bool)> =
            found.listed.iter().map(|m| (m.index, m.availability == Availability::Idle)).collect();
        prop_assert_eq!(listed, expected);
        prop_assert_eq!(found.run, run);
    }
}

#[test]
fn a_disk_is_the_machines_own_or_what_was_asked_for_or_a_hundred() {
    let range = |min, max| Some(SizeRange { min, max });
    assert_eq!(launch_disk_gb(Some(549.9), range(Some(100.0), None)), 549.9);
    assert_eq!(launch_disk_gb(None, range(Some(200.0), None)), 200.0);
    assert_eq!(launch_disk_gb(None, range(None, Some(50.0))), 50.0);
    assert_eq!(launch_disk_gb(None, range(None, Some(600.0))), 100.0);
    assert_eq!(launch_disk_gb(None, range(None, None)), 100.0);
    assert_eq!(launch_disk_gb(None, None), 100.0);
}

/// A file that is too narrow by its number of GPUs, its price, its backends or its policy.
fn narrow() -> Requirements {
    Requirements {
        gpu: Some(GpuRequirements {
            names: Some(owned(&["A100"])),
            memory: Some(SizeRange { min: Some(80.0), max: Some(80.0) }),
            count: IntRange { min: Some(2), max: Some(2) },
            ..GpuRequirements::default()
        }),
        max_price: Some(5.0),
        spot: Some(false),
        backends: Some(owned(&["aws", "gcp", "azure"])),
        ..Requirements::default()
    }
}

#[test]
fn when_nothing_fits_the_smallest_changes_are_named() {
    let carried = Catalogue::load(include_bytes!("../../catalog/offers.bin")).expect("it is whole");
    let explanation = explain(&carried, &narrow(), &Context::everything(&carried));
    assert_eq!(explanation.total, 0);
    let said: Vec<String> = explanation
        .relaxations
        .iter()
        .map(|r| format!("{}: {}", r.changes[0].path, r.description()))
        .collect();
    insta::assert_snapshot!(said.join("\n"), @"
    backends: take vastai as well
    resources.gpu.count: ask for 1 to 2 GPUs
    max_price: pay up to $7.35/h
    spot_policy: take spot and on-demand machines
    backends: take any backend
    max_price: take any price
    ");
}

#[test]
fn no_backend_means_no_offer() {
    let offers = catalogue(&[]);
    let matches = match_offers(&offers, &Requirements::default(), &Context::default(), 10);
    assert_eq!(matches.total, 0);
    assert_eq!(explain(&offers, &narrow(), &Context::default()).relaxations, []);
}

fn machine(backend: &str, instance_type: &str, gpu: Option<&str>, price: f64) -> Offer {
    Offer {
        backend: backend.to_owned(),
        region: "us-1".to_owned(),
        instance_type: instance_type.to_owned(),
        arch: None,
        cpus: 8.0,
        memory_gib: 64.0,
        gpu: gpu.map(|name| OfferGpu { name: name.to_owned(), count: 1, memory_gib: 80.0 }),
        disk_gib: None,
        spot: false,
        price,
        basis: PriceBasis::Listed,
        as_of: None,
        availability: Availability::Unknown,
    }
}

/// A few machines of each kind.
fn kinds() -> Vec<Offer> {
    let mut own = machine("own", "board", None, 0.25);
    own.arch = Some(Arch::Arm);
    vec![
        own,
        machine("aws", "m7g.large", None, 0.5),
        machine("aws", "m7i.large", None, 1.0),
        machine("vastai", "1x-RTX_3090", None, 2.0),
        machine("aws", "p4d.24xlarge", Some("A100"), 3.0),
        machine("runpod", "AMD MI300X", Some("MI300X"), 4.0),
        machine("lambda", "gpu_1x_gh200", Some("GH200"), 5.0),
        machine("gcp", "ct5p-hightpu-4t", Some("v5p-8"), 6.0),
    ]
}

fn read(resources: &str, dialect: Dialect) -> (String, Requirements) {
    let text = format!("type: dev-environment\nide: vscode\nresources: {{{resources}}}\n");
    let configuration = crate::config::check_in(&text, dialect, None).configuration.expect("it is valid");
    (text, Requirements::from(&configuration))
}

/// The machines that a configuration of dstack 0.22 gets, by their types.
fn found(resources: &str) -> Vec<String> {
    let catalogue = catalogue(&kinds());
    let (_, required) = read(resources, Dialect::V0_22);
    let all = match_offers(&catalogue, &required, &Context::everything(&catalogue), usize::MAX);
    all.offers.into_iter().map(|offer| offer.instance_type).collect()
}

#[test]
fn a_gpu_fits_by_its_vendor_alone() {
    assert_eq!(found("gpu: nvidia"), ["p4d.24xlarge"]);
    assert_eq!(found("gpu: {vendor: amd}"), ["AMD MI300X"]);
    assert_eq!(found("gpu: tpu"), ["ct5p-hightpu-4t"]);
    assert_eq!(found("gpu: tt"), Vec::<String>::new());
    assert_eq!(found("gpu: amd:A100"), Vec::<String>::new());
    assert_eq!(found("gpu: A100"), ["p4d.24xlarge"], "a name says enough");
}

#[test]
fn a_machine_fits_by_the_architecture_that_it_is_known_to_have() {
    assert_eq!(found("cpu: arm"), ["board", "m7g.large", "gpu_1x_gh200"]);
    assert_eq!(found("cpu: x86, gpu: 0"), ["m7i.large"]);
    assert_eq!(found("cpu: x86:9.."), Vec::<String>::new());
}

#[test]
fn an_architecture_that_nobody_wrote_is_x86_or_what_is_not_known_and_arm_with_a_grace_chip() {
    assert_eq!(found("gpu: 0"), ["m7i.large", "1x-RTX_3090"]);
    assert_eq!(found("gpu: GH200"), ["gpu_1x_gh200"]);
    assert_eq!(found("gpu: \"A100,gh200\""), ["gpu_1x_gh200"]);
    assert_eq!(found("cpu: x86, gpu: GH200"), Vec::<String>::new());
}

#[test]
fn dstack_0_18_takes_any_architecture_and_any_vendor() {
    let (_, required) = read("cpu: 2.., memory: 1GB..", Dialect::V0_18);
    assert_eq!((required.arch, required.arch_unwritten), (None, false));
    let catalogue = catalogue(&kinds());
    let context = Context::everything(&catalogue);
    assert_eq!(match_offers(&catalogue, &required, &context, 0).total, kinds().len());
    assert!(!required.has(Constraint::Arch) && !required.has(Constraint::GpuVendor));
}

/// What is proposed for a configuration of dstack 0.22, and how many offers each gives; each holds what it promises.
fn relaxed(resources: &str) -> String {
    let catalogue = catalogue(&kinds());
    let context = Context::everything(&catalogue);
    let (text, required) = read(resources, Dialect::V0_22);
    let mut explanation = explain(&catalogue, &required, &context);
    explanation.write_into(&text, Dialect::V0_22);
    let told = explanation.relaxations.iter().map(|relaxation| {
        let proposal = relaxation.proposal.as_ref().expect("it can be written");
        let after = crate::diagnostics::apply_edits(&text, &proposal.edits).expect("it applies");
        let read = crate::config::check_in(&after, Dialect::V0_22, None).configuration.expect("it is valid");
        let found = match_offers(&catalogue, &Requirements::from(&read), &context, 1);
        assert_eq!(found.total, relaxation.total, "{after}");
        assert_eq!(found.offers.first().map(|offer| offer.price), Some(relaxation.cheapest), "{after}");
        let line = after.lines().last().unwrap_or_default();
        format!("{}: {} ({})", line, relaxation.description(), relaxation.total)
    });
    told.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_vendor_goes_and_an_architecture_gives_way_to_the_other_one() {
    insta::assert_snapshot!(relaxed("gpu: amd:A100"), @r#"
    resources: {gpu: "amd:A100,MI300X"}: take MI300X as well (1)
    resources: {gpu: A100}: take GPUs of any vendor (1)
    "#);
    insta::assert_snapshot!(relaxed("gpu: {vendor: intel, count: 1}"), @"resources: {gpu: {count: 1}}: take GPUs of any vendor (3)");
    insta::assert_snapshot!(relaxed("cpu: x86, gpu: GH200"), @r#"
    resources: {cpu: x86, gpu: "GH200,A100"}: take A100 as well (1)
    resources: {cpu: "arm:2..", gpu: GH200}: take machines with Arm CPUs instead (1)
    resources: {cpu: x86, gpu: 1..}: take any GPU model (2)
    "#);
    insta::assert_snapshot!(relaxed("cpu: {arch: arm, count: 4..}, gpu: nvidia:A100"), @r#"resources: {cpu: "x86:4..", gpu: nvidia:A100}: take machines with x86 CPUs instead (1)"#);
    insta::assert_snapshot!(relaxed("cpu: arm, gpu: {vendor: google, name: MI300X}"), @r#"
    resources: {cpu: "x86:2..", gpu: {name: MI300X}}: take machines with x86 CPUs instead and take GPUs of any vendor (1)
    resources: {cpu: arm, gpu: {name: [MI300X, GH200]}}: take GPUs of any vendor and take GH200 as well (1)
    resources: {cpu: 2.., gpu: {vendor: google, name: [MI300X, v5p-8]}}: leave the architecture of the CPU open and take v5p-8 as well (1)
    "#);
    insta::assert_snapshot!(relaxed("gpu: L4"), @r#"
    resources: {gpu: "L4,A100"}: take A100 as well (1)
    resources: {gpu: 1..}: take any GPU model (3)
    "#);
}

#[test]
fn each_line_says_what_its_vendor_and_its_architecture_leave_out() {
    let carried = Catalogue::load(include_bytes!("../../catalog/offers.bin")).expect("it is whole");
    let text = "type: dev-environment\nspot_policy: auto\nresources:\n  cpu:\n    arch: arm\n  gpu:\n    vendor: amd\n";
    let configuration =
        crate::config::check_in(text, Dialect::V0_22, None).configuration.expect("it is valid");
    let required = Requirements::from(&configuration);
    let explanation = explain(&carried, &required, &Context::everything(&carried));
    let notes: Vec<String> = super::line_costs(text, &explanation)
        .into_iter()
        .map(|note| {
            format!("{}: {}", text.lines().nth(note.range.start.line).unwrap_or_default().trim(), note.text)
        })
        .collect();
    insta::assert_snapshot!(notes.join("\n"), @"
    arch: arm: → 148 offers without it, from $0.1098
    vendor: amd: → 121 offers without it, from $0.1344
    ");
}

#[test]
fn an_instance_of_the_pool_fits_by_what_it_said_of_its_cpu() {
    let pool: Vec<PoolInstance> = kinds()
        .into_iter()
        .map(|offer| PoolInstance {
            name: offer.instance_type.clone(),
            status: InstanceStatus::Idle,
            offer: Some(offer),
        })
        .collect();
    let fitting = |resources: &str| -> Vec<&str> {
        let (_, required) = read(resources, Dialect::V0_22);
        let found = match_pool(&pool, &required, &facts());
        found.listed.iter().map(|one| pool[one.index].name.as_str()).collect()
    };
    assert_eq!(fitting("cpu: arm, gpu: 0"), ["board", "m7g.large"]);
    assert_eq!(fitting("gpu: amd"), ["AMD MI300X"]);
}
