use proptest::{collection::vec, option, prelude::*, sample::select};

use super::{
    Availability, CatalogError, Catalogue, Dropped, GpuFact, GpuFacts, Offer, OfferGpu, PackError,
    PriceBasis, Row, check_rows, format, gcp_region, load::decode, pack,
};

const CARRIED: &[u8] = include_bytes!("../../catalog/offers.bin");

fn facts() -> GpuFacts {
    let fact = |name: &str, memory: f64, capability| GpuFact {
        name: name.to_owned(),
        vendor: "nvidia".to_owned(),
        memory_gib: vec![memory],
        architecture: None,
        compute_capability: capability,
    };
    GpuFacts::new(vec![fact("A100", 80.0, Some((8, 0))), fact("MI300X", 192.0, None)])
}

fn row(instance_type: &str, region: &str, spot: bool, price: f64) -> Row {
    let offer = Offer {
        backend: "aws".to_owned(),
        region: region.to_owned(),
        instance_type: instance_type.to_owned(),
        arch: None,
        cpus: 4.0,
        memory_gib: 16.0,
        gpu: None,
        disk_gib: None,
        spot,
        price,
        basis: PriceBasis::Listed,
        as_of: Some("2026-01-01".to_owned()),
        availability: Availability::Unknown,
    };
    Row { offer, source: "a source".to_owned() }
}

fn any_gpu() -> impl Strategy<Value = OfferGpu> {
    (select(vec!["A100", "a100", "H100", "Ü"]), 1u32..17, select(vec![16.0, 40.0, 80.0, 0.1]))
        .prop_map(|(name, count, memory_gib)| OfferGpu { name: name.to_owned(), count, memory_gib })
}

/// Rows that share types, regions and ratios of prices, as real ones do, and some that share nothing.
fn any_row() -> impl Strategy<Value = Row> {
    let place = (select(vec!["aws", "gcp", "ß"]), "[a-l]", select(vec!["t1", "t2", "t4", ""]));
    let sizes = (select(vec![0.5, 1.0, 2.0, 96.0]), select(vec![0.6, 8.0, 437.5]), option::of(any_gpu()));
    let price = prop_oneof![
        (1u64..50_000_000).prop_map(|micros| micros as f64 / 1e6),
        (0u64..1 << 52).prop_map(|micros| micros as f64 / 1e6),
        select(vec![0.0, 0.1, 0.2, 0.4, 0.01848, 0.03696, 1.0, 0.35, 0.0336]),
    ];
    let origin = (
        select(vec![PriceBasis::Listed, PriceBasis::Sum, PriceBasis::Estimated, PriceBasis::Own]),
        select(vec![None, Some("2026-01-01"), Some("2025-04-04")]),
        select(vec!["one", "two"]),
    );
    (place, sizes, option::of(select(vec![100.0, 6326.0])), any::<bool>(), price, origin).prop_map(
        |((backend, region, instance_type), (cpus, memory_gib, gpu), disk_gib, spot, price, origin)| {
            let (basis, as_of, source) = origin;
            let offer = Offer {
                backend: backend.to_owned(),
                region,
                instance_type: instance_type.to_owned(),
                arch: None,
                cpus,
                memory_gib,
                gpu,
                disk_gib,
                spot,
                price,
                basis,
                as_of: as_of.map(str::to_owned),
                availability: Availability::Unknown,
            };
            Row { offer, source: source.to_owned() }
        },
    )
}

fn all_rows(catalogue: &Catalogue) -> Vec<Row> {
    (0..).map_while(|id| catalogue.row(id)).collect()
}

/// Everything about a row but its price, for putting rows in one order.
fn identity(row: &Row) -> String {
    let mut row = row.clone();
    row.offer.price = 0.0;
    format!("{row:?}")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_packed_comes_out_again(rows in vec(any_row(), 0..120)) {
        let packed = match pack(&rows, &facts()) {
            // Two rows for one offer are refused; all else must work.
            Err(PackError::Duplicate { .. }) => return Ok(()),
            packed => packed.expect("the rows can be packed"),
        };
        let catalogue = Catalogue::load(&packed).expect("it reads back");
        let (mut before, mut after) = (rows, all_rows(&catalogue));
        prop_assert_eq!(catalogue.len(), before.len());
        before.sort_by_key(identity);
        after.sort_by_key(identity);
        for (a, b) in before.iter().zip(&after) {
            prop_assert_eq!(identity(a), identity(b));
            prop_assert!((a.offer.price - b.offer.price).abs() <= 0.5e-6 + a.offer.price * f64::EPSILON);
        }
        prop_assert_eq!(catalogue.gpus(), &facts());
        // The order of the rows does not matter.
        before.reverse();
        prop_assert_eq!(pack(&before, &facts()).expect("the rows can be packed"), packed);
    }

    #[test]
    fn arbitrary_bytes_are_refused_without_a_panic(bytes in vec(any::<u8>(), 0..300)) {
        prop_assert!(Catalogue::load(&bytes).is_err());
        let mut file = format::MAGIC.to_vec();
        file.extend(&bytes);
        prop_assert!(Catalogue::load(&file).is_err());
        // As if its checksum were right.
        let _ = decode(&bytes);
    }

    #[test]
    fn a_payload_with_a_changed_byte_never_panics(
        rows in vec(any_row(), 0..40),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let Ok(packed) = pack(&rows, &facts()) else { return Ok(()) };
        let mut payload = packed[format::HEADER..].to_vec();
        for (index, byte) in changes {
            let at = index.index(payload.len());
            payload[at] = byte;
        }
        if let Ok(catalogue) = decode(&payload) {
            prop_assert_eq!(all_rows(&catalogue).len(), catalogue.len());
        }
    }
}

#[test]
fn the_carried_catalogue_can_be_read() {
    let catalogue = Catalogue::load(CARRIED).expect("the carried catalogue is whole");
    assert!(catalogue.len() > 100_000);
    assert_eq!(catalogue.version().len(), 8);
    assert_eq!(all_rows(&catalogue).len(), catalogue.len());
    assert_eq!(catalogue.offer(catalogue.len() as u32), None);
}

#[test]
fn the_carried_gpu_facts_have_the_capabilities_that_matching_needs() {
    let catalogue = Catalogue::load(CARRIED).expect("the carried catalogue is whole");
    let expected = [
        ("3.7", "K80"),
        ("6.0", "P100"),
        ("6.1", "P4"),
        ("7.0", "V100"),
        ("7.5", "T4 RTX6000"),
        ("8.0", "A100"),
        ("8.6", "A10 A40 A10G A4000 A4500 A5000 A6000 RTX3060 RTX3060Ti RTX3070Ti RTX3080 RTX3080Ti RTX3090"),
        ("8.9", "L4 L40 RTX4090"),
        ("9.0", "H100"),
    ];
    for (capability, names) in expected {
        for name in names.split(' ') {
            let (major, minor) = catalogue.gpus().compute_capability(name).expect(name);
            assert_eq!(format!("{major}.{minor}"), capability, "{name}");
        }
    }
    let facts = catalogue.gpus().get("mi300x").expect("found whatever the case");
    assert_eq!((facts.vendor.as_str(), facts.memory_gib.as_slice()), ("amd", &[192.0][..]));
    assert_eq!(facts.compute_capability, None);
}

#[test]
fn a_file_cut_off_anywhere_is_refused() {
    let rows = [row("t", "r1", false, 1.5), row("t", "r2", false, 1.25), row("t", "r2", true, 0.5)];
    let packed = pack(&rows, &facts()).expect("packs");
    assert_eq!(Catalogue::load(&packed).expect("reads").len(), 3);
    assert_eq!(Catalogue::load(&[]), Err(CatalogError::NotACatalogue));
    for length in 1..packed.len() {
        let error = Catalogue::load(&packed[..length]).expect_err("it is cut off");
        assert!(matches!(error, CatalogError::Truncated { .. }), "{length}: {error}");
    }
}

#[test]
fn a_file_with_a_changed_byte_is_refused() {
    let packed = pack(&[row("t", "r1", false, 1.5), row("t", "r2", true, 0.5)], &facts()).expect("packs");
    for at in 0..packed.len() {
        for bit in 0..8 {
            let mut changed = packed.clone();
            changed[at] ^= 1 << bit;
            assert!(Catalogue::load(&changed).is_err(), "byte {at}, bit {bit}");
        }
    }
}

#[test]
fn errors_say_what_to_do() {
    let packed = pack(&[row("t", "r1", false, 1.5)], &facts()).expect("packs");
    let mut newer = packed.clone();
    newer[8] = 7;
    let mut damaged = packed.clone();
    damaged[60] ^= 1;
    let mut longer = packed.clone();
    longer.push(0);
    let say = |file: &[u8]| Catalogue::load(file).expect_err("refused").to_string();
    let said = [say(b"<html>"), say(&newer), say(&packed[..40]), say(&damaged), say(&longer)].join("\n");
    insta::assert_snapshot!(said, @"
    this is not an offer catalogue: it does not begin with `BERTHCAT`; build one with `cargo xtask catalog`
    the offer catalogue has format 7, this Berth reads up to format 1; update Berth, or use an older catalogue
    the offer catalogue is cut off: 40 of 158 bytes are there; fetch or build it again
    the offer catalogue is damaged: its checksum does not fit its content; fetch or build it again
    the offer catalogue is damaged: its checksum does not fit its content; fetch or build it again
    ");
}

#[test]
fn what_cannot_be_packed_is_named() {
    let say = |rows: &[Row]| pack(rows, &facts()).expect_err("refused").to_string();
    let same = row("t", "r", false, 1.0);
    let other_price = row("t", "r", false, 2.0);
    let said = [
        say(&[same, other_price]),
        say(&[row("t", "r", false, f64::NAN)]),
        say(&[row("t", "r", false, -1.0)]),
        say(&[row("t", "r", false, 1e10)]),
    ];
    insta::assert_snapshot!(said.join("\n"), @"
    two rows offer t of aws in r with the same GPUs and the same `spot`; keep one
    the price NaN of t (aws, r) is not a number from 0 to 9 billion
    the price -1 of t (aws, r) is not a number from 0 to 9 billion
    the price 10000000000 of t (aws, r) is not a number from 0 to 9 billion
    ");
}

#[test]
fn implausible_rows_are_dropped_with_the_reason() {
    let gpu = |count, memory_gib| {
        let mut row = row("gpu", "r", false, 1.0);
        row.offer.instance_type = format!("gpu-{count}-{memory_gib}");
        row.offer.gpu = Some(OfferGpu { name: "A100".to_owned(), count, memory_gib });
        row
    };
    let mut no_memory = row("no-memory", "r", false, 1.0);
    no_memory.offer.memory_gib = 0.0;
    let rows = vec![
        row("t", "r1", false, 1.0),
        row("t", "r2", false, 1.1),
        row("t", "r3", false, 0.9),
        row("t", "r4", false, 2.9),
        row("t", "r5", false, 3.4),
        row("t", "r6", false, 0.3),
        row("t", "r7", true, 0.01),
        row("t", "r1", false, 1.05),
        row("t", "r8", false, 0.0),
        row("t", "r9", false, f64::NAN),
        no_memory,
        gpu(1, 40.0),
        gpu(1, 800.0),
        gpu(0, 40.0),
    ];
    let (kept, dropped) = check_rows(rows, &facts());
    let dropped: Vec<(String, Dropped)> = dropped
        .into_iter()
        .map(|d| (d.row.offer.instance_type + " " + &d.row.offer.region, d.reason))
        .collect();
    let expected = [
        ("t r5", Dropped::PriceOutlier),
        ("t r6", Dropped::PriceOutlier),
        ("t r1", Dropped::Duplicate),
        ("t r8", Dropped::NoPrice),
        ("t r9", Dropped::NoPrice),
        ("no-memory r", Dropped::ImpossibleSize),
        ("gpu-1-800 r", Dropped::ImpossibleGpu),
        ("gpu-0-40 r", Dropped::ImpossibleGpu),
    ];
    assert_eq!(dropped, expected.map(|(row, reason)| (row.to_owned(), reason)));
    assert_eq!(kept.len(), 6);
}

#[test]
fn a_zone_without_its_last_two_characters_is_the_region() {
    let zones = ["us-central1-a", "a", "", "ab", "zone-é"];
    assert_eq!(zones.map(gcp_region), ["us-central1", "", "", "", "zone"]);
}
