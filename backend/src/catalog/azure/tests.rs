use berth_shared::catalog::{Availability, Catalogue, GpuFacts, Offer, PriceBasis, Row};

use super::{
    merge::{Merged, merge, types},
    pace::{self, Limits},
    page::{Item, Page},
    prices::{Prices, Skipped},
};

const TODAY: &str = "2026-06-15";

/// A price as the list writes it; `change` changes it.
fn item(sku: &str, region: &str, price: f64, change: impl FnOnce(&mut serde_json::Value)) -> Item {
    let mut item = serde_json::json!({
        "currencyCode": "USD",
        "tierMinimumUnits": 0.0,
        "retailPrice": price,
        "unitPrice": price,
        "armRegionName": region,
        "location": "somewhere",
        "effectiveStartDate": "2025-01-01T00:00:00Z",
        "meterId": "000",
        "meterName": "D2",
        "productName": "Virtual Machines D Series",
        "skuName": "D2",
        "serviceName": "Virtual Machines",
        "unitOfMeasure": "1 Hour",
        "type": "Consumption",
        "isPrimaryMeterRegion": true,
        "armSkuName": sku,
        "reservationTerm": null,
    });
    change(&mut item);
    serde_json::from_value(item).expect("a price")
}

fn row(backend: &str, sku: &str, region: &str, spot: bool, price: f64) -> Row {
    let offer = Offer {
        backend: backend.to_owned(),
        region: region.to_owned(),
        instance_type: sku.to_owned(),
        arch: None,
        cpus: 2.0,
        memory_gib: 8.0,
        gpu: None,
        disk_gib: None,
        spot,
        price,
        basis: if spot { PriceBasis::Estimated } else { PriceBasis::Listed },
        as_of: Some("2026-01-01".to_owned()),
        availability: Availability::Unknown,
    };
    Row { offer, source: "old".to_owned() }
}

fn catalogue() -> Catalogue {
    let rows = [
        row("aws", "D2", "westeurope", false, 9.0),
        row("azure", "D2", "westeurope", false, 0.1),
        row("azure", "D2", "westeurope", true, 0.05),
        row("azure", "D2", "eastus", false, 0.2),
        row("azure", "D4", "eastus", false, 0.4),
    ];
    Catalogue::from_rows("old", &rows, GpuFacts::default())
}

fn prices(items: &[Item]) -> Prices {
    let mut prices = Prices::new(types(&catalogue()), TODAY);
    items.iter().for_each(|item| prices.add(item));
    prices
}

/// Azure's rows after the merge: type, region, spot, price, date.
fn told(merged: &Merged) -> Vec<String> {
    let rows = merged.rows.iter().filter(|row| row.offer.backend == "azure");
    rows.map(|Row { offer, source }| {
        let kind = if offer.spot { "spot" } else { "on-demand" };
        let as_of = offer.as_of.as_deref().unwrap_or("unknown");
        format!(
            "{} {} {kind} ${} {:?} {as_of} {source}",
            offer.instance_type, offer.region, offer.price, offer.basis
        )
    })
    .collect()
}

#[test]
fn known_prices_are_renewed_new_regions_join_and_the_rest_stays() {
    let items = [
        item("D2", "westeurope", 0.12, |_| {}),
        item("D2", "westeurope", 0.03, |item| item["skuName"] = "D2 Spot".into()),
        item("D2", "eastus", 0.2, |_| {}),
        item("D2", "moon", 0.5, |_| {}),
        item("D99", "eastus", 5.0, |_| {}),
    ];
    let merged = merge(&catalogue(), &prices(&items), TODAY);
    assert_eq!((merged.changed, merged.confirmed, merged.added, merged.left), (2, 1, 1, 1));
    insta::assert_snapshot!(told(&merged).join("\n"), @"
    D2 westeurope on-demand $0.12 Listed 2026-06-15 azure-retail-prices
    D2 westeurope spot $0.03 Listed 2026-06-15 azure-retail-prices
    D2 eastus on-demand $0.2 Listed 2026-06-15 azure-retail-prices
    D4 eastus on-demand $0.4 Listed 2026-01-01 old
    D2 moon on-demand $0.5 Listed 2026-06-15 azure-retail-prices
    ");
    // Other clouds' rows are nobody's business here.
    assert_eq!(merged.rows[0], row("aws", "D2", "westeurope", false, 9.0));
    // A new place has the size of its type.
    assert_eq!(merged.rows[5].offer.memory_gib, 8.0);
}

#[test]
fn what_is_no_price_of_a_machine_by_the_hour_in_dollars_is_passed_over() {
    let odd = |change: fn(&mut serde_json::Value)| item("D2", "eastus", 0.01, change);
    let items = [
        odd(|item| item["currencyCode"] = "EUR".into()),
        odd(|item| item["unitOfMeasure"] = "1/Month".into()),
        odd(|item| item["tierMinimumUnits"] = 100.0.into()),
        odd(|item| item["type"] = "Reservation".into()),
        odd(|item| item["productName"] = "Virtual Machines D Series Windows".into()),
        odd(|item| item["productName"] = "D Series Cloud Services".into()),
        odd(|item| item["productName"] = "D Series Dedicated Host".into()),
        odd(|item| item["skuName"] = "D2 Low Priority".into()),
        odd(|item| item["effectiveStartDate"] = "2026-07-01T00:00:00Z".into()),
        odd(|item| item["effectiveEndDate"] = "2026-06-01T00:00:00Z".into()),
        odd(|item| item["retailPrice"] = 0.0.into()),
        odd(|item| item["retailPrice"] = serde_json::Value::Null),
        odd(|item| item["armSkuName"] = "".into()),
        odd(|item| item["armSkuName"] = serde_json::Value::Null),
        odd(|item| item["armRegionName"] = "".into()),
    ];
    let prices = prices(&items);
    assert!(prices.is_empty());
    assert_eq!(prices.seen(), items.len());
    let counts: Vec<_> = prices.skipped().iter().map(|(why, count)| (*why, *count)).collect();
    assert_eq!(
        counts,
        [
            (Skipped::UnknownType, 3),
            (Skipped::Currency, 1),
            (Skipped::Unit, 3),
            (Skipped::Product, 3),
            (Skipped::LowPriority, 1),
            (Skipped::Date, 2),
            (Skipped::Amount, 2),
        ]
    );
}

#[test]
fn of_several_prices_the_regions_own_counts_then_the_latest_then_the_lowest() {
    let at = |price: f64, since: &'static str, primary: bool| {
        item("D2", "eastus", price, move |item| {
            item["effectiveStartDate"] = since.into();
            item["isPrimaryMeterRegion"] = primary.into();
        })
    };
    let mut items = vec![
        at(0.10, "2026-06-01T00:00:00Z", false),
        at(0.20, "2025-01-01T00:00:00Z", true),
        at(0.31, "2026-06-15T00:00:00Z", true),
        at(0.30, "2026-06-15T00:00:00Z", true),
        at(0.40, "2026-06-16T00:00:00Z", true),
    ];
    let place = ("D2".to_owned(), "eastus".to_owned(), false);
    assert_eq!(prices(&items).of(&place), Some(0.30));
    items.reverse();
    assert_eq!(prices(&items).of(&place), Some(0.30));
}

#[test]
fn only_a_whole_page_is_a_page() {
    let read = |text: &str| Page::read(text.as_bytes()).map(|page| (page.items.len(), page.next));
    let whole = r#"{"BillingCurrency":"USD","Items":[{"armSkuName":"D2"}],"NextPageLink":null,"Count":1}"#;
    assert_eq!(read(whole).expect("a page"), (1, None));
    for length in 0..whole.len() {
        assert!(read(&whole[..length]).is_err(), "{length}");
    }
    let said = [
        read("<html>busy</html>"),
        read(r#"{"Items":[]}"#),
        read(r#"{"error":{"code":"429"}}"#),
        read(&whole.replace("\"Count\":1", "\"Count\":1000")),
    ]
    .map(|read| crate::http::chain(&read.expect_err("it is none")));
    insta::assert_snapshot!(said.join("\n"), @"
    the answer is cut off or is no page of the list: expected value at line 1 column 1
    the answer is cut off or is no page of the list: missing field `NextPageLink` at line 1 column 12
    the answer is cut off or is no page of the list: missing field `Items` at line 1 column 24
    the answer is not whole: it has 1 of 1000 prices
    ");
}

#[test]
fn the_wait_grows_is_spread_and_is_as_long_as_the_server_asks_for() {
    let millis = |attempt, asked: Option<u64>, roll| {
        let asked = asked.map(std::time::Duration::from_secs);
        Limits::default().wait(attempt, asked, roll).map(|wait| wait.as_millis())
    };
    assert_eq!([0.0, 0.5, 1.0].map(|roll| millis(1, None, roll)), [Some(250), Some(375), Some(500)]);
    assert_eq!(
        [1, 2, 3, 5].map(|attempt| millis(attempt, None, 1.0)),
        [Some(500), Some(1000), Some(2000), Some(8000)]
    );
    assert_eq!(millis(1, Some(7), 1.0), Some(7000));
    assert_eq!(millis(Limits::default().attempts, Some(7), 1.0), None);
    assert_eq!(pace::retry_after(" 3 "), Some(std::time::Duration::from_secs(3)));
    assert_eq!(pace::retry_after("Wed, 21 Oct 2026 07:28:00 GMT"), None);
    assert!([429, 500, 503, 408].into_iter().all(pace::is_temporary));
    assert!(![200, 301, 400, 401, 403, 404].into_iter().any(pace::is_temporary));
}
