//! What would be tried, and what it costs.

use berth_shared::{
    api::{InstanceStatus, Plan, PlanNote, PlannedInstance, PlannedOffer},
    catalog::{Availability, PriceBasis},
    config::Configuration,
    matcher::launch_disk_gb,
};

use crate::cli::words::{count, duration, resources, spent, table, visible};

/// The instances and offers that would be tried, in order, and what is worth knowing about them.
pub(in crate::cli::run) fn offers(plan: &Plan, configuration: &Configuration, max_offers: usize) -> String {
    instances(plan) + &offers_alone(plan, configuration, max_offers)
}

/// US dollars an hour of what a launch takes: the instance that waits for it, or else the first offer that can be had.
pub(in crate::cli) fn price(plan: &Plan) -> Option<f64> {
    taken(plan).map(|instance| instance.offer.price).or_else(|| offered(plan))
}

/// US dollars an hour of the first offer that can be had.
pub(in crate::cli) fn offered(plan: &Plan) -> Option<f64> {
    let usable = plan.offers.iter().find(|planned| planned.offer.availability.is_usable());
    usable.map(|planned| planned.offer.price)
}

/// The offers that would be tried, in order, and what is worth knowing about them.
pub(in crate::cli) fn offers_alone(plan: &Plan, configuration: &Configuration, max_offers: usize) -> String {
    let mut text = String::new();
    let shown = &plan.offers[..plan.offers.len().min(max_offers)];
    if shown.is_empty() {
        return text;
    }
    let mut rows: Vec<Vec<String>> =
        (1..).zip(shown).map(|(n, planned)| row(n, planned, configuration)).collect();
    if (shown.len() as u64) < plan.total {
        rows.push(vec![String::new(), "...".to_owned()]);
    }
    text.push_str(&table(&["#", "BACKEND", "REGION", "INSTANCE", "RESOURCES", "SPOT", "PRICE", ""], &rows));
    let highest = plan.offers.iter().map(|planned| planned.offer.price).fold(0.0, f64::max);
    if (shown.len() as u64) < plan.total {
        // A plan lists the first ones; of the others only their number is known.
        let highest = match plan.offers.len() as u64 == plan.total {
            true => format!(", ${highest} max"),
            false => String::new(),
        };
        text.push_str(&format!("Shown {} of {}{highest}\n", shown.len(), count(plan.total, "offer")));
    }
    let mut said = Vec::new();
    for note in shown.iter().flat_map(|planned| &planned.notes) {
        let line = self::note(note);
        if !said.contains(&line) {
            said.push(line);
        }
    }
    if !said.is_empty() {
        text.push('\n');
    }
    text.extend(said);
    text
}

fn row(number: usize, planned: &PlannedOffer, configuration: &Configuration) -> Vec<String> {
    let offer = &planned.offer;
    let estimated = if offer.basis == PriceBasis::Estimated { "~" } else { "" };
    let mut sized = planned.share();
    if offer.disk_gib.is_none() && planned.allocation.is_none() {
        sized.disk_gib = Some(launch_disk_gb(None, configuration.resources.disk.map(|disk| disk.size)));
    }
    vec![
        number.to_string(),
        visible(&offer.backend),
        visible(&offer.region),
        visible(&offer.instance_type),
        resources(&sized),
        if offer.spot { "yes" } else { "no" }.to_owned(),
        format!("{estimated}${}", offer.price),
        availability(offer.availability).to_owned(),
    ]
}

fn availability(availability: Availability) -> &'static str {
    match availability {
        Availability::Available | Availability::Unknown => "",
        Availability::Idle => "idle",
        Availability::Busy => "busy",
        Availability::NoQuota => "no quota",
        Availability::NotAvailable => "not available",
    }
}

/// The instance that a launch takes, when one waits.
fn taken(plan: &Plan) -> Option<&PlannedInstance> {
    plan.instances.iter().find(|instance| instance.notes.iter().any(|note| note.code == "reused"))
}

/// Instances that exist already, fit and wait for a run; which of them is taken.
fn instances(plan: &Plan) -> String {
    let taken = taken(plan);
    let row = |instance: &PlannedInstance| {
        let offer = &instance.offer;
        let is_taken = taken.is_some_and(|taken| taken.id == instance.id);
        vec![
            visible(&instance.name),
            visible(&offer.backend),
            visible(&offer.region),
            visible(&offer.instance_type),
            resources(offer),
            if offer.spot { "yes" } else { "no" }.to_owned(),
            format!("${}", offer.price),
            if is_taken { "idle, taken by this run" } else { "idle" }.to_owned(),
        ]
    };
    let idle = plan.instances.iter().filter(|instance| instance.status == InstanceStatus::Idle);
    let rows: Vec<_> = idle.map(row).collect();
    if rows.is_empty() {
        return String::new();
    }
    let mut text =
        table(&["INSTANCE", "BACKEND", "REGION", "TYPE", "RESOURCES", "SPOT", "PRICE", "STATUS"], &rows);
    text.push('\n');
    if taken.is_some() && !plan.offers.is_empty() {
        text.push_str("If it is gone by then, another one is made:\n");
    }
    text
}

/// What the run costs as long as it lasts; nothing where nothing is paid.
pub(in crate::cli::run) fn cost(plan: &Plan, configuration: &Configuration) -> String {
    let Some(price) = price(plan).filter(|price| *price > 0.0) else { return String::new() };
    match configuration.max_duration_seconds().filter(|seconds| *seconds > 0) {
        Some(seconds) => {
            // As exact as a sum of money needs to be.
            #[expect(clippy::cast_precision_loss, reason = "seconds of a run")]
            let most = price * seconds as f64 / 3600.0;
            format!("${price} an hour, {} in {} at most\n", spent(most), duration(seconds))
        }
        None => format!("${price} an hour until it is stopped\n"),
    }
}

fn note(note: &PlanNote) -> String {
    // Where the words name it already, once is enough.
    let named = note.path.is_empty() || note.message.contains(&format!("`{}`", note.path));
    let place = if named { String::new() } else { format!("{}: ", visible(&note.path)) };
    format!("note: {place}{}\n", visible(&note.message))
}

/// Why backends have nothing.
pub(in crate::cli) fn refusals(plan: &Plan) -> String {
    let reasons = plan.refusals.iter().flat_map(|refusal| {
        refusal
            .reasons
            .iter()
            .map(|reason| format!("{}: {}\n", visible(&refusal.backend), visible(&reason.message)))
    });
    reasons.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        let offer = |price: f64| {
            serde_json::json!({
                "backend": "aws", "region": "eu-west-1", "instance_type": "p3.2xlarge", "cpus": 8.0,
                "memory_gib": 61.0, "gpu": { "name": "V100", "count": 1, "memory_gib": 16.0 }, "disk_gib": null,
                "spot": false, "price": price, "basis": "estimated", "as_of": null, "availability": "available",
            })
        };
        let instance = |name: &str, status: &str, code: &str| {
            serde_json::json!({
                "id": uuid::Uuid::from_u128(name.len() as u128), "name": name, "status": status, "status_since": 0,
                "offer": offer(2.5), "notes": [{ "code": code, "path": "", "message": "it waits" }],
            })
        };
        let note =
            serde_json::json!({ "code": "default-unmet", "path": "resources.disk", "message": "less disk" });
        serde_json::from_value(serde_json::json!({
            "valid": true, "diagnostics": [], "total": 1, "refusals": [], "variables": [], "catalog_version": "1",
            "offers": [{ "offer": offer(3.06), "allocation": null, "notes": [note, note] }],
            "instances": [
                instance("box", "idle", "reused"), instance("other", "idle", "free"), instance("mine", "busy", "not-reused"),
            ],
        }))
        .expect("a plan")
    }

    fn configuration(more: &str) -> Configuration {
        let text = format!("type: dev-environment\nide: vscode\n{more}");
        berth_shared::check(&text).configuration.expect("valid")
    }

    #[test]
    fn an_instance_that_waits_stands_before_the_offers_and_its_price_is_agreed_to() {
        let (plan, configuration) = (plan(), configuration("max_duration: 90m\n"));
        let shown = offers(&plan, &configuration, 3) + "\n" + &cost(&plan, &configuration);
        insta::assert_snapshot!(shown, @r"
        INSTANCE  BACKEND  REGION     TYPE        RESOURCES                   SPOT  PRICE  STATUS
        box       aws      eu-west-1  p3.2xlarge  8xCPU, 61GB, 1xV100 (16GB)  no    $2.5   idle, taken by this run
        other     aws      eu-west-1  p3.2xlarge  8xCPU, 61GB, 1xV100 (16GB)  no    $2.5   idle

        If it is gone by then, another one is made:
        #  BACKEND  REGION     INSTANCE    RESOURCES                                 SPOT  PRICE
        1  aws      eu-west-1  p3.2xlarge  8xCPU, 61GB, 1xV100 (16GB), 100GB (disk)  no    ~$3.06

        note: resources.disk: less disk

        $2.5 an hour, $3.75 in 90m at most
        ");
        assert_eq!(price(&plan), Some(2.5));
        assert_eq!(offered(&plan), Some(3.06));
    }
}
