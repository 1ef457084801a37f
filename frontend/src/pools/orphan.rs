//! What a provider has and nobody here knows of, in words.

use berth_shared::{api::Orphan, time::Timestamp};
use berth_texts::{t, tf};

use crate::{
    format::{cost, price},
    pools::clock::left,
};

/// What it costs: "$0.500/h, $1.20 so far".
#[must_use]
pub fn costs(orphan: &Orphan, now: Timestamp) -> String {
    match (orphan.price, orphan.billed_from) {
        (Some(hourly), Some(_)) => tf!("{}/h, {} so far", price(hourly), cost(orphan.cost(now))),
        (Some(hourly), None) => format!("{}/h", price(hourly)),
        (None, _) => t!("its provider does not say what it costs").to_owned(),
    }
}

/// What becomes of it.
#[must_use]
pub fn fate(orphan: &Orphan, now: Timestamp) -> String {
    match orphan.remove_at {
        _ if !orphan.ours => t!("another installation made it; it is left alone").to_owned(),
        None => t!("kept").to_owned(),
        Some(at) if at <= now => t!("is removed at the next sweep").to_owned(),
        Some(at) => tf!("is removed in {}", left(at, now)),
    }
}

#[cfg(test)]
mod tests {
    use berth_shared::api::InstanceId;

    use super::*;

    fn orphan() -> Orphan {
        Orphan {
            backend: "aws".into(),
            handle: "i-0abc".into(),
            id: InstanceId(uuid::Uuid::nil()),
            name: None,
            ours: true,
            found_at: Timestamp(0),
            remove_at: Some(Timestamp(600_000)),
            gone_at: None,
            billed_from: Some(Timestamp(0)),
            billed_to: None,
            price: Some(0.5),
        }
    }

    #[test]
    fn its_price_and_its_cost_are_said_as_far_as_they_are_known() {
        let hour = Timestamp(3_600_000);
        assert_eq!(costs(&orphan(), hour), "$0.500/h, $0.50 so far");
        assert_eq!(costs(&Orphan { billed_from: None, ..orphan() }, hour), "$0.500/h");
        assert_eq!(
            costs(&Orphan { price: None, ..orphan() }, hour),
            "its provider does not say what it costs"
        );
    }

    #[test]
    fn when_it_is_removed_is_said() {
        assert_eq!(fate(&orphan(), Timestamp(0)), "is removed in 10 min 00 s");
        assert_eq!(fate(&orphan(), Timestamp(600_000)), "is removed at the next sweep");
        assert_eq!(fate(&Orphan { remove_at: None, ..orphan() }, Timestamp(0)), "kept");
        assert_eq!(
            fate(&Orphan { ours: false, ..orphan() }, Timestamp(0)),
            "another installation made it; it is left alone"
        );
    }
}
