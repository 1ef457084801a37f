use proptest::{option, prelude::*, sample::select};

use super::{GpuKind, NO_GPU, Wanted, cards, places, types};
use crate::{
    catalog::{Availability, Catalogue, GpuFact, GpuFacts, Offer, OfferGpu, PriceBasis, Row},
    explore::Choices,
};

const CARRIED: &[u8] = include_bytes!("../../catalog/offers.bin");

fn carried() -> Catalogue {
    Catalogue::load(CARRIED).expect("the carried catalogue is whole")
}

/// `backend type region` with `count × name:memory`, spot or not, and the price.
fn row(place: &str, gpu: Option<(u32, &str, f64)>, spot: bool, price: f64) -> Row {
    let mut words = place.split(' ').map(str::to_owned);
    let mut word = || words.next().unwrap_or_default();
    let offer = Offer {
        backend: word(),
        instance_type: word(),
        region: word(),
        arch: None,
        cpus: 8.0,
        memory_gib: 32.0,
        gpu: gpu.map(|(count, name, memory_gib)| OfferGpu { name: name.to_owned(), count, memory_gib }),
        disk_gib: None,
        spot,
        price,
        basis: if spot { PriceBasis::Estimated } else { PriceBasis::Listed },
        as_of: Some(if spot { "2026-02-01" } else { "2025-01-01" }.to_owned()),
        availability: Availability::Unknown,
    };
    Row { offer, source: "a source".to_owned() }
}

fn small() -> Catalogue {
    let fact = |name: &str, vendor: &str, memory: &[f64], architecture: &str, capability| GpuFact {
        name: name.to_owned(),
        vendor: vendor.to_owned(),
        memory_gib: memory.to_vec(),
        architecture: Some(architecture.to_owned()),
        compute_capability: capability,
    };
    let facts = GpuFacts::new(vec![
        fact("A100", "nvidia", &[40.0, 80.0], "Ampere", Some((8, 0))),
        fact("T4", "nvidia", &[16.0], "Turing", Some((7, 5))),
        fact("MI300X", "amd", &[192.0], "CDNA3", None),
    ]);
    let rows = [
        row("aws p4 east", Some((8, "A100", 40.0)), false, 32.0),
        row("aws p4 west", Some((8, "A100", 40.0)), false, 24.0),
        row("aws p4 east", Some((8, "A100", 40.0)), true, 12.0),
        row("gcp a2 europe", Some((1, "A100", 40.0)), false, 3.5),
        row("gcp a2 europe", Some((1, "A100", 40.0)), true, 2.0),
        row("lambda big europe", Some((1, "A100", 40.0)), false, 4.0),
        row("azure nc europe", Some((1, "A100", 80.0)), false, 3.6),
        row("aws g4 east", Some((1, "T4", 16.0)), true, 0.2),
        row("azure mi europe", Some((8, "MI300X", 192.0)), false, 48.0),
        row("aws t4g.nano east", None, false, 0.01),
        row("aws m5 west", None, true, 0.05),
    ];
    Catalogue::from_rows("small", &rows, facts)
}

fn names(catalogue: &Catalogue, wanted: &Wanted) -> String {
    let cards = cards(catalogue, wanted).cards;
    let name = |card: &super::Card| match &card.gpu {
        Some(gpu) => format!("{} {}: {}", gpu.name, gpu.memory_gib, card.offers),
        None => format!("none: {}", card.offers),
    };
    cards.iter().map(name).collect::<Vec<_>>().join(", ")
}

#[test]
fn there_is_a_card_for_each_size_of_each_gpu_and_one_for_none() {
    let catalogue = small();
    assert_eq!(
        names(&catalogue, &Wanted::default()),
        "A100 40: 6, A100 80: 1, MI300X 192: 1, T4 16: 1, none: 2"
    );
    let all = cards(&catalogue, &Wanted::default());
    assert_eq!((all.offers, all.estimated), (11, 4));
    assert_eq!((all.oldest.as_deref(), all.newest.as_deref()), (Some("2025-01-01"), Some("2026-02-01")));
    let card = &all.cards[0];
    let gpu = card.gpu.as_ref().expect("a GPU");
    assert_eq!((gpu.sizes, gpu.vendor.as_deref(), gpu.capability), (2, Some("nvidia"), Some((8, 0))));
    assert_eq!(gpu.kind().memory_gib, Some(40.0));
    assert_eq!((card.backends, card.regions, card.counts.as_slice()), (3, 4, &[1, 8][..]));
    let price = |offer: &Option<Offer>| offer.as_ref().map(|offer| offer.price);
    assert_eq!((price(&card.on_demand), price(&card.spot)), (Some(3.5), Some(2.0)));
    assert_eq!(card.lowest(), 2.0);
    // 12 dollars for 8 of them is less for each than 2 dollars for one.
    assert_eq!(price(&card.per_gpu), Some(12.0));
    let mono = all.cards[2].gpu.as_ref().expect("a GPU").kind();
    assert_eq!((mono.name.as_str(), mono.memory_gib), ("MI300X", None));
}

#[test]
fn a_card_shows_both_kinds_and_other_backends() {
    let catalogue = small();
    let lines = |wanted: &Wanted| {
        let all = cards(&catalogue, wanted);
        let line = |offer: &Offer| format!("{} {} {}", offer.backend, offer.spot, offer.price);
        all.cards[0].lines.iter().map(line).collect::<Vec<_>>()
    };
    assert_eq!(lines(&Wanted::default()), ["gcp true 2", "gcp false 3.5", "lambda false 4"]);
    let one = Wanted { backends: vec!["aws".into()], ..Wanted::default() };
    assert_eq!(lines(&one), ["aws true 12", "aws false 24"]);
}

#[test]
fn each_filter_takes_what_it_says() {
    let catalogue = small();
    let with = |change: fn(&mut Wanted)| {
        let mut wanted = Wanted::default();
        change(&mut wanted);
        names(&catalogue, &wanted)
    };
    assert_eq!(with(|w| w.vendor = Some("AMD".into())), "MI300X 192: 1");
    assert_eq!(with(|w| w.vendor = Some(NO_GPU.into())), "none: 2");
    assert_eq!(with(|w| w.memory_gib = Some(80.0)), "A100 80: 1, MI300X 192: 1");
    assert_eq!(with(|w| w.count = Some(8)), "A100 40: 3, MI300X 192: 1");
    assert_eq!(with(|w| w.capability = Some((8, 0))), "A100 40: 6, A100 80: 1");
    assert_eq!(with(|w| w.backends = vec!["gcp".into(), "lambda".into()]), "A100 40: 3");
    assert_eq!(with(|w| w.region = Some("west".into())), "A100 40: 1, none: 1");
    assert_eq!(with(|w| w.spot = Some(true)), "A100 40: 2, T4 16: 1, none: 1");
    assert_eq!(with(|w| w.max_price = Some(3.5)), "A100 40: 2, T4 16: 1, none: 2");
    assert_eq!(with(|w| w.region = Some("nowhere".into())), "");
}

#[test]
fn words_find_gpus_types_backends_and_regions() {
    let catalogue = small();
    let find = |text: &str| names(&catalogue, &Wanted { text: text.into(), ..Wanted::default() });
    assert_eq!(find("a100"), "A100 40: 6, A100 80: 1");
    assert_eq!(find("ampere gcp"), "A100 40: 2");
    assert_eq!(find("A100 East"), "A100 40: 2");
    assert_eq!(find("t4"), "T4 16: 1, none: 1");
    assert_eq!(find("amd"), "MI300X 192: 1");
    assert_eq!(find("europe lambda"), "A100 40: 1");
    assert_eq!(find("west zzz"), "");
    assert_eq!(find("  "), names(&catalogue, &Wanted::default()));
}

#[test]
fn an_opened_gpu_has_its_machines_by_backend_and_their_regions() {
    let catalogue = small();
    let kind = GpuKind { name: "a100".into(), memory_gib: Some(40.0) };
    let all = types(&catalogue, &Wanted::default(), Some(&kind), |_| 10);
    let shown: Vec<_> = all
        .iter()
        .flat_map(|group| group.machines.iter().map(move |machine| (group, machine)))
        .map(|(group, m)| {
            format!(
                "{} {} {} {}..{} in {}",
                group.backend, m.offer.instance_type, m.offer.spot, m.offer.price, m.highest, m.regions
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "gcp a2 true 2..2 in 1",
            "gcp a2 false 3.5..3.5 in 1",
            "lambda big false 4..4 in 1",
            "aws p4 true 12..12 in 1",
            "aws p4 false 24..32 in 2",
        ]
    );
    let on_demand = all[2].machines[1].id;
    let regions = |wanted: &Wanted| {
        let offers = places(&catalogue, wanted, on_demand);
        offers.iter().map(|offer| format!("{} {}", offer.region, offer.price)).collect::<Vec<_>>()
    };
    assert_eq!(regions(&Wanted::default()), ["west 24", "east 32"]);
    assert_eq!(regions(&Wanted { max_price: Some(30.0), ..Wanted::default() }), ["west 24"]);
    // A limit counts on.
    let few = types(&catalogue, &Wanted::default(), Some(&kind), |_| 1);
    assert_eq!((few[2].total, few[2].offers, few[2].machines.len()), (2, 3, 1));
    let any_size = GpuKind { name: "A100".into(), memory_gib: None };
    assert_eq!(types(&catalogue, &Wanted::default(), Some(&any_size), |_| 10).len(), 4);
    let none = types(&catalogue, &Wanted::default(), None, |_| 10);
    assert_eq!((none.len(), none[0].total), (1, 2));
}

#[test]
fn what_may_be_chosen_has_offers() {
    let choices = Choices::new(&small());
    assert_eq!(choices.vendors, ["amd", "nvidia"]);
    assert_eq!(choices.memory_gib, [16.0, 40.0, 80.0, 192.0]);
    assert_eq!(choices.newest.as_deref(), Some("2026-02-01"));
    assert_eq!(choices.counts, [1, 8]);
    assert_eq!(choices.capabilities, [(7, 5), (8, 0)]);
    assert!(choices.without_gpu && choices.has_region("europe") && !choices.has_region("aws"));
    assert_eq!(choices.backends[0], ("aws".to_owned(), vec!["east".to_owned(), "west".to_owned()]));
}

#[test]
fn the_carried_catalogue_is_counted_in_full() {
    let catalogue = carried();
    let all = cards(&catalogue, &Wanted::default());
    assert_eq!(all.offers, catalogue.len());
    let a100: Vec<_> =
        all.cards.iter().filter_map(|card| card.gpu.as_ref()).filter(|gpu| gpu.name == "A100").collect();
    assert!(a100.len() >= 2 && a100.iter().all(|gpu| gpu.sizes == a100.len()));
    for card in &all.cards {
        assert!(!card.lines.is_empty() && card.lines.len() <= 3);
        assert_eq!(card.lines[0].price, card.lowest());
    }
}

/// What a filter says, row by row and without any of the shortcuts.
fn plainly(catalogue: &Catalogue, wanted: &Wanted) -> usize {
    let takes = |offer: &Offer| {
        let gpu = offer.gpu.as_ref();
        let fact = gpu.and_then(|gpu| catalogue.gpus().get(&gpu.name));
        let maker = fact.map_or(if gpu.is_none() { NO_GPU } else { "" }, |fact| &fact.vendor);
        wanted.vendor.as_ref().is_none_or(|vendor| vendor == maker)
            && wanted.memory_gib.is_none_or(|least| gpu.is_some_and(|gpu| gpu.memory_gib >= least))
            && wanted.count.is_none_or(|count| gpu.map_or(0, |gpu| gpu.count) == count)
            && wanted
                .capability
                .is_none_or(|least| fact.and_then(|fact| fact.compute_capability).is_some_and(|c| c >= least))
            && (wanted.backends.is_empty() || wanted.backends.contains(&offer.backend))
            && wanted.region.as_ref().is_none_or(|region| *region == offer.region)
            && wanted.spot.is_none_or(|spot| spot == offer.spot)
            && wanted.max_price.is_none_or(|most| offer.price <= most)
            && wanted.text.split_whitespace().all(|word| {
                let name = gpu.map_or("", |gpu| &gpu.name);
                let architecture = fact.and_then(|fact| fact.architecture.as_deref()).unwrap_or_default();
                let vendor = fact.map_or("", |fact| &fact.vendor);
                [name, vendor, architecture, &offer.backend, &offer.instance_type, &offer.region]
                    .iter()
                    .any(|text| text.to_lowercase().contains(&word.to_lowercase()))
            })
    };
    (0..).map_while(|id| catalogue.offer(id)).filter(takes).count()
}

fn any_wanted() -> impl Strategy<Value = Wanted> {
    let texts = select(vec!["", "", "a100", "aws", "east", "T4 e", "mi300x", "p4 west", "zzz"]);
    let vendors = option::of(select(vec!["nvidia", "amd", NO_GPU, "x"]));
    let regions = option::of(select(vec!["east", "west", "europe", "x"]));
    (
        (texts, vendors, option::of(select(vec![16.0, 40.0, 80.0, 200.0]))),
        (option::of(0_u32..9), option::of((7_u32..9, 0_u32..6)), option::of(any::<bool>())),
        (prop::collection::vec(select(vec!["aws", "gcp", "azure"]), 0..3), regions, option::of(0.0..40.0)),
    )
        .prop_map(
            |((text, vendor, memory_gib), (count, capability, spot), (backends, region, max_price))| Wanted {
                text: text.to_owned(),
                vendor: vendor.map(str::to_owned),
                memory_gib,
                count,
                capability,
                backends: backends.into_iter().map(str::to_owned).collect(),
                region: region.map(str::to_owned),
                spot,
                max_price,
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_pass_counts_what_a_look_at_every_row_counts(wanted in any_wanted()) {
        let catalogue = small();
        let explored = cards(&catalogue, &wanted);
        prop_assert_eq!(explored.offers, plainly(&catalogue, &wanted));
        for card in &explored.cards {
            let kind = card.gpu.as_ref().map(|gpu| GpuKind { memory_gib: Some(gpu.memory_gib), ..gpu.kind() });
            let opened = types(&catalogue, &wanted, kind.as_ref(), |_| usize::MAX);
            prop_assert_eq!(opened.iter().map(|group| group.offers).sum::<usize>(), card.offers);
            prop_assert_eq!(opened.len(), card.backends);
            for machine in opened.iter().flat_map(|group| &group.machines) {
                prop_assert_eq!(places(&catalogue, &wanted, machine.id).len(), machine.regions);
            }
        }
    }
}
