//! What else a plan has to say beside its first offer.

use berth_shared::api::{Difference, InstanceStatus, Plan};

use crate::format::price;

/// Remarks about a plan, the most important one first, without a capital letter or a full stop.
#[must_use]
pub fn asides(plan: &Plan) -> Vec<String> {
    let mut asides = Vec::new();
    if let Some(Difference::PriceChanged { was }) = plan.offers.first().and_then(|first| first.difference) {
        asides.push(format!("the preview says {}/h", price(was)));
    }
    let waiting = plan.instances.iter().filter(|instance| instance.status == InstanceStatus::Idle).count();
    match waiting {
        0 => {}
        1 => asides.push("one instance that fits waits, and cannot be given a run yet".to_owned()),
        more => asides.push(format!("{more} instances that fit wait, and cannot be given a run yet")),
    }
    asides
}

#[cfg(test)]
mod tests {
    use berth_shared::{
        api::{InstanceId, PlannedInstance, PlannedOffer},
        catalog::{Availability, Offer, PriceBasis},
        time::Timestamp,
    };

    use super::*;

    fn offer() -> Offer {
        Offer {
            backend: "aws".into(),
            region: "eu-west-1".into(),
            instance_type: "p3.2xlarge".into(),
            cpus: 8.0,
            memory_gib: 61.0,
            gpu: None,
            disk_gib: None,
            spot: false,
            price: 3.5,
            basis: PriceBasis::Listed,
            as_of: None,
            availability: Availability::Unknown,
        }
    }

    fn plan(difference: Option<Difference>, statuses: &[InstanceStatus]) -> Plan {
        let instance = |status: &InstanceStatus| PlannedInstance {
            id: InstanceId(uuid::Uuid::nil()),
            name: "fox".into(),
            status: *status,
            status_since: Timestamp(0),
            offer: offer(),
            notes: Vec::new(),
        };
        Plan {
            valid: true,
            diagnostics: Vec::new(),
            offers: vec![PlannedOffer {
                offer: offer(),
                allocation: None,
                notes: Vec::new(),
                observed_at: None,
                difference,
            }],
            total: 1,
            refusals: Vec::new(),
            variables: Vec::new(),
            catalog_version: "a94ae25c".into(),
            instances: statuses.iter().map(instance).collect(),
            preview: None,
        }
    }

    #[test]
    fn a_plan_that_is_what_the_preview_says_needs_no_remark() {
        let none: [&str; 0] = [];
        assert_eq!(asides(&plan(Some(Difference::Same), &[InstanceStatus::Busy])), none);
        assert_eq!(asides(&plan(Some(Difference::NotInPreview), &[])), none);
    }

    #[test]
    fn another_price_and_instances_that_wait_are_said_first() {
        let idle = [InstanceStatus::Idle, InstanceStatus::Busy, InstanceStatus::Idle];
        assert_eq!(
            asides(&plan(Some(Difference::PriceChanged { was: 3.06 }), &idle)),
            ["the preview says $3.060/h", "2 instances that fit wait, and cannot be given a run yet"]
        );
    }
}
