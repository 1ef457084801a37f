//! Webhooks and what is on its way to them, on either database.

use berth_shared::time::Timestamp;

use super::{Bed, kept::server, sample::T0};
use crate::store::{DeliveryRow, WebhookRow};

mod kept_and_due {
    use super::*;

    super::super::tests_on!(sqlite webhooks_are_the_same_on_every_database);
    super::super::tests_on!(postgres webhooks_are_the_same_on_every_database);
}

mod cursor {
    use super::*;

    super::super::tests_on!(sqlite deliveries_are_written_with_the_cursor_or_not_at_all);
    super::super::tests_on!(postgres deliveries_are_written_with_the_cursor_or_not_at_all);
}

fn webhook(name: &str, sealed: &str) -> WebhookRow {
    WebhookRow {
        name: name.to_owned(),
        shown: "https://x.example/?a=***".to_owned(),
        sealed: sealed.to_owned(),
        kinds: "running,failed".to_owned(),
        added_by: "ann".to_owned(),
        added_at: T0.0,
    }
}

fn delivery(webhook: &str, id: &str, seconds: i64) -> DeliveryRow {
    DeliveryRow {
        webhook: webhook.to_owned(),
        id: id.to_owned(),
        kind: "running".to_owned(),
        at: T0.plus_seconds(seconds).0,
        body: "{}".to_owned(),
        attempts: 0,
        delivered_at: None,
        next_at: Some(T0.plus_seconds(seconds).0),
        error: None,
    }
}

async fn webhooks_are_the_same_on_every_database(bed: Bed) {
    let (store, _folder) = server(&bed).await;
    let store = store.webhooks();
    store.put(&webhook("ops", "one")).await.expect("added");
    store.put(&webhook("chat", "two")).await.expect("added");
    assert_eq!(store.all().await.expect("read"), [webhook("chat", "two"), webhook("ops", "one")]);
    let rows = [
        delivery("ops", "a", 0),
        delivery("ops", "b", 5),
        delivery("chat", "a", 1),
        delivery("none", "a", 0),
    ];
    store.add(&rows).await.expect("written");
    store.add(&rows[..1]).await.expect("there already");
    let due = async |seconds: i64| -> Vec<(String, String)> {
        let due = store.due(T0.plus_seconds(seconds), 10).await.expect("read");
        due.into_iter().map(|row| (row.webhook, row.id)).collect()
    };
    let named = |webhook: &str, id: &str| (webhook.to_owned(), id.to_owned());
    assert_eq!(due(-1).await, []);
    assert_eq!(due(1).await, [named("ops", "a"), named("chat", "a")]);
    assert_eq!(store.next_due().await.expect("read"), Some(T0));
    let mut waiting = store.waiting().await.expect("read");
    waiting.sort();
    assert_eq!(waiting, [("chat".to_owned(), 1), ("ops".to_owned(), 2)]);

    let failed = DeliveryRow {
        attempts: 1,
        next_at: Some(T0.plus_seconds(60).0),
        error: Some("it answers with 500".to_owned()),
        ..delivery("ops", "a", 0)
    };
    store.tried(&failed).await.expect("written");
    assert_eq!(due(5).await, [named("chat", "a"), named("ops", "b")]);
    let newest = store.newest("ops").await.expect("read");
    assert_eq!(newest, [delivery("ops", "b", 5), failed.clone()]);
    let arrived = DeliveryRow { delivered_at: Some(T0.0), next_at: None, error: None, attempts: 2, ..failed };
    store.tried(&arrived).await.expect("written");
    // What waits is not forgotten, however old.
    store.forget(Timestamp(i64::MAX)).await.expect("forgotten");
    assert_eq!(store.newest("ops").await.expect("read"), [delivery("ops", "b", 5)]);

    // Another address of the same name gets nothing that was for the first.
    store.put(&webhook("ops", "three")).await.expect("in its place");
    assert!(store.newest("ops").await.expect("read").is_empty());
    assert!(store.remove("chat").await.expect("removed") && !store.remove("chat").await.expect("gone"));
    assert_eq!(store.next_due().await.expect("read"), None, "its deliveries went with it");
    assert_eq!(store.all().await.expect("read"), [webhook("ops", "three")]);
}

async fn deliveries_are_written_with_the_cursor_or_not_at_all(bed: Bed) {
    let (one, _folder) = server(&bed).await;
    let (other, _other_folder) = server(&bed).await;
    let (one, other) = (one.webhooks(), other.webhooks());
    one.put(&webhook("ops", "one")).await.expect("added");
    let from = one.cursor().await.expect("read");
    let (rows, others) = ([delivery("ops", "a", 0)], [delivery("ops", "a", 0), delivery("ops", "b", 0)]);
    let (first, second) =
        tokio::join!(one.advance(from, from + 5, &rows), other.advance(from, from + 7, &others));
    let (first, second) = (first.expect("answered"), second.expect("answered"));
    assert!(first != second, "one of them");
    let written = one.newest("ops").await.expect("read").len();
    assert_eq!(
        (one.cursor().await.expect("read"), written),
        if first { (from + 5, 1) } else { (from + 7, 2) }
    );
}
