use berth_shared::catalog::Catalogue;
use proptest::{option, prelude::*};

use super::*;

fn read(query: &str) -> (View, Vec<String>) {
    let pairs = decoded(query);
    View::parse(pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())))
}

/// What a browser makes of a query.
fn decoded(query: &str) -> Vec<(String, String)> {
    let plain = |text: &str| {
        let mut bytes = Vec::new();
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            match byte {
                b'+' => bytes.push(b' '),
                b'%' => {
                    let hex: String = rest.by_ref().take(2).map(char::from).collect();
                    bytes.push(u8::from_str_radix(&hex, 16).expect("two hexadecimal digits"));
                }
                byte => bytes.push(byte),
            }
        }
        String::from_utf8(bytes).expect("UTF-8")
    };
    let query = query.trim_start_matches('?');
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(k, v)| (plain(k), plain(v))).collect()
}

#[test]
fn an_address_without_a_query_shows_everything_and_defaults_are_left_out() {
    assert_eq!(read(""), (View::default(), vec![]));
    assert_eq!(View::default().to_query(), "");
    assert_eq!(read("q=&vendor=&sort=price").0, View::default());
}

#[test]
fn every_filter_stands_in_the_address() {
    let query = "?gpu=A100:80GB&q=a100+aws&vendor=nvidia&memory=24&count=8&capability=8.6&backend=aws,gcp\
                 &region=us-east-1&kind=spot&price=2.5&sort=offers";
    let (view, ignored) = read(query);
    assert_eq!(ignored, Vec::<String>::new());
    assert_eq!(view.to_query(), query);
    assert_eq!(view.wanted.capability, Some((8, 6)));
    assert_eq!(view.opened, Some(Opened::Gpu(GpuKind { name: "A100".into(), memory_gib: Some(80.0) })));
    assert!(!view.is_open());
}

#[test]
fn what_means_nothing_is_left_out_and_told() {
    let (view, ignored) =
        read("memory=much&count=0&capability=x&kind=cheap&price=-1&sort=luck&gpu=A100:&zzz=1");
    assert_eq!(view, View::default());
    assert_eq!(
        ignored,
        [
            "memory=much",
            "count=0",
            "capability=x",
            "kind=cheap",
            "price=-1",
            "sort=luck",
            "gpu=A100:",
            "zzz=1"
        ]
    );
}

#[test]
fn what_the_catalogue_has_nothing_of_is_left_out_and_told() {
    let catalogue =
        Catalogue::load(include_bytes!("../../../shared/catalog/offers.bin")).expect("it is whole");
    let choices = Choices::new(&catalogue);
    let (view, _) = read("vendor=acme&region=atlantis&backend=aws,acme&gpu=h100&memory=24");
    let (view, ignored) = view.settle(&catalogue, &choices);
    assert_eq!(ignored, ["vendor=acme", "region=atlantis", "backend=acme"]);
    assert_eq!(view.to_query(), "?gpu=H100&memory=24&backend=aws");
    let (view, ignored) = read("gpu=H999&vendor=none").0.settle(&catalogue, &choices);
    assert_eq!((view.to_query().as_str(), ignored), ("?vendor=none", vec!["gpu=H999".to_owned()]));
    let (view, ignored) = read("gpu=none").0.settle(&catalogue, &choices);
    assert_eq!((view.opened, ignored), (Some(Opened::NoGpu), vec![]));
}

#[test]
fn cards_are_sorted_and_machines_without_gpus_come_last() {
    let catalogue =
        Catalogue::load(include_bytes!("../../../shared/catalog/offers.bin")).expect("it is whole");
    let mut all = berth_shared::explore::cards(&catalogue, &Wanted::default()).cards;
    for (order, ..) in Order::ALL {
        order.sort(&mut all);
        assert!(all.last().is_some_and(|card| card.gpu.is_none()), "{order:?}");
        let gpus = &all[..all.len() - 1];
        match order {
            Order::Price => assert!(gpus.is_sorted_by_key(Card::lowest)),
            Order::Offers => assert!(gpus.is_sorted_by(|a, b| a.offers >= b.offers)),
            Order::Memory => assert_eq!(gpus[0].gpu.as_ref().map(|gpu| gpu.memory_gib), Some(270.0)),
            Order::Name => {
                assert!(gpus.is_sorted_by_key(|card| card.gpu.as_ref().map(|g| g.name.to_lowercase())))
            }
            Order::PerGpu => {}
        }
    }
}

fn any_view() -> impl Strategy<Value = View> {
    let word = || option::of("[a-zA-Z0-9ü&=+%# /._-]{1,12}".prop_map(|text: String| text.trim().to_owned()));
    let full = |word: &Option<String>| word.as_ref().is_none_or(|word| !word.is_empty());
    let number = || option::of((1_u32..1_000_000).prop_map(|n| f64::from(n) / 100.0));
    (
        (
            word(),
            option::of("[a-z]{1,8}"),
            number(),
            option::of(1_u32..1025),
            option::of((0_u32..99, 0_u32..99)),
        ),
        (prop::collection::vec("[a-z0-9-]{1,8}", 0..4), word(), option::of(any::<bool>()), number()),
        (0_usize..Order::ALL.len(), option::of(("[A-Za-z][A-Za-z0-9]{0,8}", number())), any::<bool>()),
    )
        .prop_filter("a value is never empty", move |((text, ..), (_, region, ..), _)| {
            full(text) && full(region)
        })
        .prop_map(|(first, second, (order, gpu, none))| {
            let (text, vendor, memory_gib, count, capability) = first;
            let (backends, region, spot, max_price) = second;
            let text = text.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
            let opened = gpu
                .filter(|(name, _)| !name.eq_ignore_ascii_case(NO_GPU))
                .map(|(name, memory_gib)| Opened::Gpu(GpuKind { name, memory_gib }));
            View {
                wanted: Wanted {
                    text,
                    vendor,
                    memory_gib,
                    count,
                    capability,
                    backends,
                    region,
                    spot,
                    max_price,
                },
                order: Order::ALL[order].0,
                opened: if none { Some(Opened::NoGpu) } else { opened },
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_link_shows_what_it_was_made_of(view in any_view()) {
        let (read, ignored) = read(&view.to_query());
        prop_assert_eq!(read, view);
        prop_assert_eq!(ignored, Vec::<String>::new());
    }

    #[test]
    fn any_query_is_read(query in "\\PC{0,40}") {
        let (view, _) = View::parse([("q", query.as_str()), ("gpu", query.as_str()), ("price", query.as_str())]);
        let _ = view.to_query();
    }
}
