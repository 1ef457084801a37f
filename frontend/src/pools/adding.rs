//! What adding an instance would do, from a plan.

use berth_shared::{
    api::{Plan, PlannedInstance, PlannedOffer},
    catalog::Offer,
};
use berth_texts::{t, tf};

use crate::format::{machine, price};

/// Backends whose machines are there anyway: they keep no instances without a run.
const OWN: [&str; 2] = ["local", "remote"];

/// The offer that an added instance would be: the first one of a backend that keeps instances without a run.
#[must_use]
pub fn first(plan: &Plan) -> Option<&PlannedOffer> {
    plan.offers.iter().find(|planned| !OWN.contains(&planned.offer.backend.as_str()))
}

/// What would be added, or why nothing can be.
///
/// # Errors
/// The reason, in words.
pub fn verdict(plan: &Plan) -> Result<String, String> {
    if !plan.valid {
        let first = plan.diagnostics.first();
        return Err(first.map_or_else(
            || t!("The text is not valid.").to_owned(),
            |problem| tf!("The text is not valid: {}", problem.message),
        ));
    }
    if let Some(planned) = first(plan) {
        let offer = &planned.offer;
        let spot = if offer.spot { t!(", spot") } else { "" };
        return Ok(tf!(
            "{} ({}{spot}) at {}, {}/h",
            machine::hardware(offer),
            offer.instance_type,
            machine::place(offer),
            price(offer.price)
        ));
    }
    if !plan.offers.is_empty() {
        return Err(t!("What fits is on machines of your own alone, which keep no instances without a run.")
            .to_owned());
    }
    let why = plan.refusals.iter().flat_map(|refusal| &refusal.reasons).next();
    Err(why.map_or_else(|| t!("Nothing fits.").to_owned(), |why| why.message.clone()))
}

/// The instance that a launch takes, when one waits.
#[must_use]
pub fn taken(plan: &Plan) -> Option<&PlannedInstance> {
    plan.instances.iter().find(|instance| instance.notes.iter().any(|note| note.code == "reused"))
}

/// What a launch would be on first: the instance that it takes, or the first offer.
#[must_use]
pub fn would_be(plan: &Plan) -> Option<&Offer> {
    taken(plan).map(|one| &one.offer).or_else(|| plan.offers.first().map(|first| &first.offer))
}

#[cfg(test)]
pub(crate) mod tests {
    use berth_shared::{
        api::{InstanceId, InstanceStatus, PlanNote, Refusal},
        time::Timestamp,
    };

    use super::*;
    use crate::pools::clock::tests::offer;

    pub(crate) fn note(code: &str, message: &str) -> PlanNote {
        PlanNote { code: code.into(), path: String::new(), message: message.into() }
    }

    pub(crate) fn waiting(name: &str, code: &str) -> PlannedInstance {
        PlannedInstance {
            id: InstanceId(uuid::Uuid::nil()),
            name: name.into(),
            status: InstanceStatus::Idle,
            status_since: Timestamp(0),
            offer: offer(),
            notes: vec![note(code, "it waits for a run")],
        }
    }

    pub(crate) fn plan(offers: Vec<Offer>, instances: Vec<PlannedInstance>) -> Plan {
        let planned = |offer| PlannedOffer {
            offer,
            allocation: None,
            notes: Vec::new(),
            observed_at: None,
            difference: None,
        };
        Plan {
            valid: true,
            diagnostics: Vec::new(),
            total: offers.len() as u64,
            offers: offers.into_iter().map(planned).collect(),
            refusals: Vec::new(),
            variables: Vec::new(),
            catalog_version: "a94ae25c".into(),
            instances,
            preview: None,
            limits: Vec::new(),
        }
    }

    #[test]
    fn what_would_be_added_is_said_with_its_price() {
        let local = Offer { backend: "local".into(), price: 0.0, ..offer() };
        assert_eq!(
            verdict(&plan(vec![local.clone(), Offer { spot: true, ..offer() }], Vec::new())),
            Ok("8 vCPU, 61 GB (p3.2xlarge, spot) at eu-west-1, $0.500/h".to_owned())
        );
        assert!(verdict(&plan(vec![local], Vec::new())).is_err_and(|why| why.contains("of your own")));
    }

    #[test]
    fn what_cannot_be_added_is_said_with_the_reason() {
        let mut none = plan(Vec::new(), Vec::new());
        assert_eq!(verdict(&none), Err("Nothing fits.".to_owned()));
        none.refusals.push(Refusal { backend: "aws".into(), reasons: vec![note("gpu", "no such GPU")] });
        assert_eq!(verdict(&none), Err("no such GPU".to_owned()));
        none.valid = false;
        assert_eq!(verdict(&none), Err("The text is not valid.".to_owned()));
    }

    #[test]
    fn a_launch_takes_the_instance_that_the_plan_marks() {
        let both = vec![waiting("box", "free"), waiting("fox", "reused")];
        assert_eq!(taken(&plan(Vec::new(), both)).map(|one| one.name.as_str()), Some("fox"));
        assert_eq!(taken(&plan(Vec::new(), vec![waiting("box", "free")])), None);
    }
}
