//! What else a plan has to say beside its first offer.

use berth_shared::api::{Difference, InstanceStatus, Plan, PlannedInstance};
use berth_texts::{t, tf};

use crate::format::price;

/// Remarks about a plan, the most important one first, without a capital letter or a full stop.
#[must_use]
pub fn asides(plan: &Plan) -> Vec<String> {
    let noted = |over: bool| plan.limits.iter().filter(move |note| note.over == over);
    let mut asides: Vec<String> = noted(true).map(|note| note.message.clone()).collect();
    if let Some(Difference::PriceChanged { was }) = plan.offers.first().and_then(|first| first.difference) {
        asides.push(tf!("the preview says {}/h", price(was)));
    }
    asides.extend(noted(false).map(|note| note.message.clone()));
    asides
}

/// What a launch takes: "a launch uses `fox`, which waits; $0.500/h, at once".
#[must_use]
pub fn uses(taken: &PlannedInstance) -> String {
    tf!("a launch uses `{}`, which waits: {}/h, at once.", taken.name, price(taken.offer.price))
}

/// How many more instances wait and fit; empty when none does.
#[must_use]
pub fn spare(plan: &Plan) -> String {
    match plan.instances.iter().filter(|one| one.status == InstanceStatus::Idle).count() {
        0 | 1 => String::new(),
        2 => t!(" One more waits that fits.").to_owned(),
        more => tf!(" {} more wait that fit.", more - 1),
    }
}

#[cfg(test)]
mod tests {
    use berth_shared::api::{LimitNote, Limited};

    use super::*;
    use crate::pools::{
        adding::tests::{plan, waiting},
        clock::tests::offer,
    };

    fn differing(difference: Option<Difference>) -> Plan {
        let mut plan = plan(vec![offer()], vec![waiting("fox", "reused")]);
        for planned in &mut plan.offers {
            planned.difference = difference;
        }
        plan
    }

    #[test]
    fn a_plan_that_is_what_the_preview_says_needs_no_remark() {
        let none: [&str; 0] = [];
        assert_eq!(asides(&differing(Some(Difference::Same))), none);
        assert_eq!(asides(&differing(Some(Difference::NotInPreview))), none);
    }

    #[test]
    fn another_price_than_the_preview_s_is_said() {
        assert_eq!(
            asides(&differing(Some(Difference::PriceChanged { was: 3.06 }))),
            ["the preview says $3.060/h"]
        );
    }

    #[test]
    fn a_limit_that_stands_in_the_way_comes_first_and_one_that_is_near_last() {
        let note = |over: bool, message: &str| LimitNote {
            person: None,
            what: Limited::Instances,
            limit: 5.0,
            would_be: 5.0,
            over,
            message: message.to_owned(),
        };
        let mut plan = differing(Some(Difference::PriceChanged { was: 3.06 }));
        plan.limits = vec![note(false, "it would be the 5th of 5"), note(true, "the project may have 4")];
        assert_eq!(
            asides(&plan),
            ["the project may have 4", "the preview says $3.060/h", "it would be the 5th of 5"]
        );
    }

    #[test]
    fn the_instance_that_a_launch_takes_is_named_with_its_price() {
        let all = plan(vec![offer()], vec![waiting("fox", "reused"), waiting("box", "free")]);
        assert_eq!(uses(&all.instances[0]), "a launch uses `fox`, which waits: $0.500/h, at once.");
        assert_eq!(spare(&all), " One more waits that fits.");
        assert_eq!(spare(&plan(Vec::new(), vec![waiting("fox", "reused")])), "");
    }
}
