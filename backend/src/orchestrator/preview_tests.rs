use berth_shared::{
    api::CatalogOrigin,
    catalog::{Availability, GpuFacts, PriceBasis, Row, pack},
    config::check_bytes,
    schema::Dialect,
};

use super::*;

fn offer(backend: &str, name: &str, region: &str, price: f64) -> Offer {
    Offer {
        backend: backend.to_owned(),
        region: region.to_owned(),
        instance_type: name.to_owned(),
        arch: None,
        cpus: 4.0,
        memory_gib: 16.0,
        gpu: None,
        disk_gib: None,
        spot: false,
        price,
        basis: PriceBasis::Listed,
        as_of: None,
        availability: Availability::Unknown,
    }
}

fn planned(offer: Offer) -> PlannedOffer {
    PlannedOffer { offer, allocation: None, notes: Vec::new(), observed_at: None, difference: None }
}

fn catalogue() -> Arc<Published> {
    let rows = [
        offer("aws", "m5", "us", 0.2),
        offer("aws", "m5", "eu", 0.3),
        offer("aws", "m6", "eu", 0.4),
        offer("aws", "tiny", "eu", 0.1),
        offer("gcp", "n1", "us", 0.2),
        offer("gcp", "n1", "eu", 0.2),
        offer("lambda", "cpu", "eu", 0.2),
    ];
    let rows: Vec<Row> = rows.into_iter().map(|offer| Row { offer, source: "test".to_owned() }).collect();
    let packed = pack(&rows, &GpuFacts::default()).expect("packs");
    Arc::new(Published::new(packed, CatalogOrigin::Imported).expect("reads"))
}

fn required(text: &str) -> Requirements {
    let checked =
        check_bytes(format!("type: dev-environment\nide: vscode\n{text}\n").as_bytes(), Dialect::V0_18);
    Requirements::from(&checked.configuration.expect("a configuration"))
}

#[test]
fn each_offer_is_held_against_the_preview_and_what_is_gone_is_counted() {
    let mut offers = [
        planned(offer("aws", "m5", "us", 0.2)),
        planned(offer("aws", "m5", "eu", 0.35)),
        planned(offer("aws", "m9", "eu", 0.9)),
        planned(offer("local", "this machine", "local", 0.0)),
    ];
    let unreachable = PlanNote {
        code: "unreachable".into(),
        path: String::new(),
        message: "`gcp` did not answer within 30 s".into(),
    };
    let refusals = [Refusal { backend: "gcp".into(), reasons: vec![unreachable] }];
    let configured = ["aws", "gcp", "local"];
    let preview =
        against(&catalogue(), &required("backends: [aws, gcp, lambda]"), &configured, &mut offers, &refusals);
    assert_eq!(
        offers.map(|planned| planned.difference),
        [
            Some(Difference::Same),
            Some(Difference::PriceChanged { was: 0.3 }),
            Some(Difference::NotInPreview),
            Some(Difference::NotInPreview),
        ]
    );
    assert_eq!((preview.total, preview.catalog_version.as_str()), (7, catalogue().version()));
    let gone: Vec<String> = preview
        .gone
        .iter()
        .map(|gone| format!("{} {} {}: {}", gone.backend, gone.offers, gone.reason.code, gone.reason.message))
        .collect();
    insta::assert_snapshot!(gone.join("\n"), @"
    aws 2 not-offered: `aws` does not offer them now
    gcp 2 unreachable: `gcp` did not answer within 30 s
    lambda 1 not-configured: `lambda` is not configured on this server
    ");
}

#[test]
fn what_the_text_does_not_ask_for_is_not_gone() {
    let preview =
        against(&catalogue(), &required("backends: [aws]\nmax_price: 0.15"), &["local"], &mut [], &[]);
    assert_eq!(preview.total, 1);
    assert_eq!(preview.gone.iter().map(|gone| gone.offers).collect::<Vec<_>>(), [1]);
}
