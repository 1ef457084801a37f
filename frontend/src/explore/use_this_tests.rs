use berth_shared::{
    catalog::{Availability, OfferGpu, PriceBasis},
    check,
};
use proptest::{prelude::*, sample::select};

use super::*;

/// As for a project that reads as dstack 0.18 what says nothing else.
fn write(text: &str, pick: &Pick) -> Result<String, String> {
    super::write(text, pick, Dialect::default())
}

fn fresh(pick: &Pick) -> String {
    super::fresh(pick, Dialect::default())
}

#[test]
fn a_text_that_says_nothing_is_written_as_the_project_reads_it() {
    let text = "type: dev-environment\nide: vscode\nresources:\n  gpu: 24GB\n";
    let after = |default| super::write(text, &a100(1), default);
    assert_eq!(after(Dialect::V0_18), Ok(text.replace("24GB", "A100:80GB")));
    assert_eq!(after(Dialect::V0_22), Ok(text.replace("24GB", "A100:80GB:1")));
    assert!(super::fresh(&a100(1), Dialect::V0_22).ends_with("gpu: A100:80GB:1\n"));
}

fn kind(name: &str, memory_gib: Option<f64>) -> GpuKind {
    GpuKind { name: name.to_owned(), memory_gib }
}

fn a100(count: u32) -> Pick {
    Pick::Gpu { kind: Some(kind("A100", Some(80.0))), count }
}

fn nano() -> Pick {
    let offer = Offer {
        backend: "aws".into(),
        region: "us-east-1".into(),
        instance_type: "t3.nano".into(),
        arch: None,
        cpus: 2.0,
        memory_gib: 0.5,
        gpu: None,
        disk_gib: None,
        spot: true,
        price: 0.0052,
        basis: PriceBasis::Listed,
        as_of: None,
        availability: Availability::Unknown,
    };
    Pick::Offer { offer: Box::new(offer), kind: None }
}

fn fits(text: &str, pick: &Pick) -> bool {
    let Pick::Offer { offer, .. } = pick else { return true };
    let row = Row { offer: offer.as_ref().clone(), source: String::new() };
    let alone = Catalogue::from_rows("", &[row], GpuFacts::default());
    let configuration = check(text).configuration.expect("valid");
    let requirements = Requirements::from(&configuration);
    berth_shared::matcher::match_offers(&alone, &requirements, &Context::everything(&alone), 1).total == 1
}

#[test]
fn a_gpu_is_written_into_the_text_and_the_rest_stays() {
    let text = "type: dev-environment\nide: vscode\n\n# what it runs on\nresources:\n  gpu: 24GB # enough\n  cpu: 4..\n";
    assert_eq!(write(text, &a100(1)), Ok(text.replace("24GB", "A100:80GB")));
    assert_eq!(write(text, &a100(8)), Ok(text.replace("24GB", "A100:80GB:8")));
    let none = Pick::Gpu { kind: None, count: 1 };
    assert_eq!(write(text, &none), Ok(text.replace("24GB", "0")));
    let single = Pick::Gpu { kind: Some(kind("H100", None)), count: 1 };
    assert_eq!(write(text, &single), Ok(text.replace("24GB", "H100")));
}

#[test]
fn a_machine_of_another_architecture_brings_it_into_a_text_of_dstack_0_22() {
    let Pick::Offer { mut offer, kind } = nano() else { return };
    offer.instance_type = "t4g.large".into();
    offer.memory_gib = 8.0;
    let pick = Pick::Offer { offer, kind };
    let text = "type: dev-environment\nname: mine\nresources:\n  cpu: x86:2..4\nidle_duration: 1h\n";
    let after = write(text, &pick).expect("it can be written");
    assert!(after.contains("  cpu: arm:2..4\n"), "{after}");
    let unwritten = text.replace("x86:", "");
    let after = write(&unwritten, &pick).expect("it can be written");
    assert!(after.contains("  cpu: arm:2..4\n"), "{after}");
}

#[test]
fn a_text_of_dstack_0_22_stays_one_and_asks_for_the_very_number_of_gpus() {
    let text = "type: dev-environment\nname: mine\nresources:\n  gpu: nvidia:24GB\nidle_duration: 1h\n";
    let after = text.replace("nvidia:24GB", "A100:80GB:1");
    assert_eq!(write(text, &a100(1)), Ok(after.clone()));
    let read = check_in(&after, Reading::default(), None);
    assert!(read.configuration.is_some_and(|configuration| asks_for(&configuration, &a100(1))));
    let pinned = "# dstack: 0.22\n";
    let fresh = write(pinned, &a100(1)).expect("it can be changed");
    assert_eq!(fresh, "# dstack: 0.22\ntype: dev-environment\nide: vscode\nresources:\n  gpu: A100:80GB:1\n");
}

#[test]
fn an_empty_text_becomes_one_of_its_own() {
    let begin = "type: dev-environment\nide: vscode\n";
    assert_eq!(write("", &a100(1)), Ok(format!("{begin}resources:\n  gpu: A100:80GB\n")));
    assert_eq!(write("# mine", &a100(2)), Ok(format!("# mine\n{begin}resources:\n  gpu: A100:80GB:2\n")));
    assert!(check(&fresh(&a100(1))).is_valid());
}

#[test]
fn one_offer_is_written_with_everything_that_makes_it_that_one() {
    let text = "type: dev-environment\nide: vscode\nmax_price: 0.001\nregions:\n- eu-west-1\n# end\n";
    let after = write(text, &nano()).expect("it can be changed");
    let expected = "\
type: dev-environment
ide: vscode
max_price: 0.01
regions: [us-east-1]
# end
resources:
  memory: 0.5GB..
  gpu: 0
backends: [aws]
instance_types: [t3.nano]
spot_policy: spot
";
    assert_eq!(after, expected);
    assert!(fits(&after, &nano()));
}

#[test]
fn a_broken_text_is_refused_in_words() {
    let why = write("type: dev-environment\nide: [vscode\nresources:\n", &a100(1)).expect_err("broken");
    assert!(why.starts_with("line "), "{why}");
    assert_eq!(
        write("type: dev-environment\nide: vscode\nresources: 4\n", &a100(1)).expect_err("broken"),
        "`resources.gpu` stands in it in a way that cannot be changed safely"
    );
    assert_eq!(write("~", &a100(1)).expect_err("broken"), "it holds no keys");
}

#[test]
fn a_mistake_elsewhere_does_not_stand_in_the_way() {
    let text = "type: dev-environment\nide: vscode\ncolour: red\n";
    assert_eq!(write(text, &a100(1)), Ok(format!("{text}resources:\n  gpu: A100:80GB\n")));
}

#[test]
fn a_name_that_the_short_form_cannot_say_becomes_an_object() {
    let odd = Pick::Gpu { kind: Some(kind("3D, Ü", Some(4.5))), count: 2 };
    let text = fresh(&odd);
    assert!(text.contains("gpu: {name: [\"3D, Ü\"], memory: 4.5GB, count: 2}"), "{text}");
    assert!(check(&text).configuration.is_some_and(|configuration| asks_for(&configuration, &odd)));
}

#[test]
fn every_gpu_of_the_catalogue_can_be_used() {
    let catalogue =
        Catalogue::load(include_bytes!("../../../shared/catalog/offers.bin")).expect("it is whole");
    let all = berth_shared::explore::cards(&catalogue, &berth_shared::explore::Wanted::default());
    let text = "type: dev-environment\nide: vscode\nresources:\n  gpu: 24GB\n";
    for card in &all.cards {
        let gpu = card.gpu.as_ref().map(berth_shared::explore::CardGpu::kind);
        let pick = Pick::Gpu { kind: gpu.clone(), count: 4 };
        let after = write(text, &pick).expect("it can be changed");
        let checked = check(&after);
        assert!(
            checked.configuration.is_some_and(|configuration| asks_for(&configuration, &pick)),
            "{after}"
        );
        for offer in &card.lines {
            let pick = Pick::Offer { offer: Box::new(offer.clone()), kind: gpu.clone() };
            let after = write(text, &pick).expect("it can be changed");
            assert!(fits(&after, &pick), "{offer:?}\n{after}");
        }
    }
}

/// Valid texts of parts that real ones have.
fn any_valid() -> impl Strategy<Value = String> {
    let resources = select(vec![
        "",
        "resources:\n  gpu: 24GB..80GB # some\n  disk: 500GB\n",
        "resources: {gpu: {name: T4, count: 1..4}, cpu: 8..}\n",
        "resources:\n  # cores\n  cpu: 16..\n\n",
        "resources:\n  gpu:\n    name: [A100, H100]\n    total_memory: 160GB..\n    compute_capability: 8.0\n  memory: 64GB..\n",
        "resources: {}\n",
    ]);
    let others = select(vec![
        "",
        "spot_policy: auto\n",
        "backends: [gcp]\n",
        "max_price: 1 # dollar\n",
        "env:\n- A=1\n",
    ]);
    (resources, others, "(# [a-z]{0,8}\n){0,2}", any::<bool>()).prop_map(
        |(resources, other, comments, first)| {
            let (a, b) = if first { (resources, other) } else { (other, resources) };
            format!("{comments}type: dev-environment\n{a}ide: vscode\n{b}{comments}")
        },
    )
}

fn any_pick() -> impl Strategy<Value = Pick> {
    let gpu = (
        select(vec!["A100", "H100NVL", "RTX4090", "T4"]),
        prop::option::of(select(vec![16.0, 79.6, 80.0])),
        1_u32..9,
    );
    let machine = (
        0.25_f64..200.0,
        0.5_f64..2000.0,
        prop::option::of(50.0_f64..4000.0),
        any::<bool>(),
        0.001_f64..90.0,
    );
    (
        prop::option::of(gpu),
        prop::option::of(machine),
        select(vec!["p4d.24xlarge", "n1-standard-1 + V100", "1x_A100: \"x\""]),
        select(vec!["aws", "verda"]),
    )
        .prop_map(|(gpu, machine, instance_type, backend)| {
            let kind = gpu.map(|(name, memory, _)| kind(name, memory));
            let count = gpu.map_or(1, |(_, _, count)| count);
            let Some((cpus, memory_gib, disk_gib, spot, price)) = machine else {
                return Pick::Gpu { kind, count };
            };
            let offer = Offer {
                backend: backend.into(),
                region: "eu-west-1".into(),
                instance_type: instance_type.into(),
                arch: None,
                cpus: cpus.ceil(),
                memory_gib,
                gpu: gpu.map(|(name, memory, count)| OfferGpu {
                    name: name.into(),
                    count,
                    memory_gib: memory.unwrap_or(24.0),
                }),
                disk_gib,
                spot,
                price,
                basis: PriceBasis::Listed,
                as_of: None,
                availability: Availability::Unknown,
            };
            Pick::Offer { offer: Box::new(offer), kind }
        })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_valid_text_stays_valid_and_asks_for_what_was_picked(text in any_valid(), pick in any_pick()) {
        prop_assert!(check(&text).is_valid());
        let after = write(&text, &pick).map_err(TestCaseError::fail)?;
        let checked = check(&after);
        prop_assert!(checked.is_valid(), "{after}");
        prop_assert!(checked.configuration.is_some_and(|configuration| asks_for(&configuration, &pick)), "{after}");
        prop_assert!(fits(&after, &pick), "{after}");
        for line in text.lines().filter(|line| line.starts_with('#')) {
            prop_assert!(after.contains(line));
        }
    }
}
