//! The plan as people see it before they agree.

use berth_shared::{
    api::{InstanceStatus, Plan, PlanNote, PlannedOffer},
    catalog::{Availability, PriceBasis},
    config::{Configuration, DEFAULT_IDLE_SECONDS, IntRange, SizeRange, TerminationPolicy},
    matcher::launch_disk_gb,
};

use crate::cli::words::{count, duration, resources, table, visible};

/// What is known of the launch.
pub(super) struct About<'a> {
    pub(super) file: &'a str,
    pub(super) server: &'a str,
    pub(super) user: &'a str,
    pub(super) profile: Option<&'a str>,
    pub(super) configuration: &'a Configuration,
}

/// What is asked for, a line each, in the words that users of dstack know.
pub(super) fn properties(about: &About<'_>) -> String {
    let c = about.configuration;
    let none = || "-".to_owned();
    let policy = c.termination_policy.unwrap_or(TerminationPolicy::DestroyAfterIdle);
    let idle = match policy {
        TerminationPolicy::DontDestroy => none(),
        TerminationPolicy::DestroyAfterIdle => {
            duration(c.termination_idle_time.unwrap_or(DEFAULT_IDLE_SECONDS))
        }
    };
    let mut lines = vec![
        ("Configuration", visible(about.file)),
        ("Server", format!("{} ({})", about.server, visible(about.user))),
    ];
    if let Some(profile) = about.profile {
        lines.push(("Profile", visible(profile)));
    }
    lines.extend([
        ("Pool name", c.pool_name.as_deref().map_or_else(none, visible)),
        ("Min resources", requirements(c)),
        ("Max price", c.max_price.map_or_else(none, |price| format!("${price}"))),
        ("Max duration", c.max_duration_seconds().map_or_else(none, duration)),
        ("Spot policy", c.spot_policy.map_or("on-demand", |policy| policy.name()).to_owned()),
        (
            "Retry policy",
            match c.retry_policy {
                Some(policy) if policy.retry => policy.duration.map_or_else(|| "yes".to_owned(), duration),
                _ => "no".to_owned(),
            },
        ),
        ("Creation policy", c.creation_policy.map_or("reuse-or-create", |policy| policy.name()).to_owned()),
        ("Termination policy", policy.name().to_owned()),
        ("Termination idle time", idle),
    ]);
    let width = lines.iter().map(|(label, _)| label.len()).max().unwrap_or(0);
    lines.iter().map(|(label, value)| format!(" {label:width$}  {value}\n")).collect()
}

/// `2..xCPU, 8GB.., 1xA100 (80GB), 100GB.. (disk)`
pub(in crate::cli) fn requirements(c: &Configuration) -> String {
    let r = &c.resources;
    let mut parts = vec![format!("{}xCPU", ints(r.cpu)), sizes(r.memory)];
    if let Some(gpu) = &r.gpu {
        let name = match gpu.name.as_deref() {
            None => "GPU".to_owned(),
            Some(names) => names.iter().map(|name| visible(name)).collect::<Vec<_>>().join(","),
        };
        let mut details: Vec<String> = gpu.memory.map(sizes).into_iter().collect();
        details.extend(gpu.total_memory.map(|total| format!("{} together", sizes(total))));
        details.extend(gpu.compute_capability.map(|(major, minor)| format!("capability {major}.{minor}..")));
        let details = if details.is_empty() { String::new() } else { format!(" ({})", details.join(", ")) };
        parts.push(format!("{}x{name}{details}", ints(gpu.count)));
    }
    parts.extend(r.disk.map(|disk| format!("{} (disk)", sizes(disk.size))));
    parts.extend(r.shm_size.map(|size| format!("{size}GB (shared memory)")));
    parts.join(", ")
}

fn ints(range: IntRange) -> String {
    match (range.min, range.max) {
        (Some(min), Some(max)) if min == max => min.to_string(),
        (min, max) => span(min.map(|n| n.to_string()), max.map(|n| n.to_string())),
    }
}

fn sizes(range: SizeRange) -> String {
    match (range.min, range.max) {
        (Some(min), Some(max)) if min.total_cmp(&max).is_eq() => format!("{min}GB"),
        (min, max) => span(min.map(|n| format!("{n}GB")), max.map(|n| format!("{n}GB"))),
    }
}

fn span(min: Option<String>, max: Option<String>) -> String {
    format!("{}..{}", min.unwrap_or_default(), max.unwrap_or_default())
}

/// The instances and offers that would be tried, in order, and what is worth knowing about them.
pub(super) fn offers(plan: &Plan, configuration: &Configuration, max_offers: usize) -> String {
    instances(plan) + &offers_alone(plan, configuration, max_offers)
}

/// What the first offer that can be had costs, US dollars an hour.
pub(in crate::cli) fn price(plan: &Plan) -> Option<f64> {
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
        text.push_str(&format!("Shown {} of {}, ${highest} max\n", shown.len(), count(plan.total, "offer")));
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
    let mut sized = offer.clone();
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

/// Instances that exist already and fit.
fn instances(plan: &Plan) -> String {
    let idle: Vec<_> =
        plan.instances.iter().filter(|instance| instance.status == InstanceStatus::Idle).collect();
    if idle.is_empty() {
        return String::new();
    }
    let row = |instance: &&berth_shared::api::PlannedInstance| {
        let offer = &instance.offer;
        vec![
            visible(&instance.name),
            visible(&offer.backend),
            visible(&offer.region),
            visible(&offer.instance_type),
            resources(offer),
            format!("${}", offer.price),
            instance.status.to_string(),
        ]
    };
    let rows: Vec<_> = idle.iter().map(row).collect();
    let mut text = "Instances that wait for a run:\n".to_owned();
    text.push_str(&table(&["INSTANCE", "BACKEND", "REGION", "TYPE", "RESOURCES", "PRICE", "STATUS"], &rows));
    let mut said: Vec<String> = idle.iter().flat_map(|instance| &instance.notes).map(note).collect();
    said.dedup();
    text.extend(said);
    text.push('\n');
    text
}

fn note(note: &PlanNote) -> String {
    let place = if note.path.is_empty() { String::new() } else { format!("{}: ", visible(&note.path)) };
    format!("note: {place}{}\n", visible(&note.message))
}

/// Why backends have nothing.
pub(super) fn refusals(plan: &Plan) -> String {
    let reasons = plan.refusals.iter().flat_map(|refusal| {
        refusal
            .reasons
            .iter()
            .map(|reason| format!("{}: {}\n", visible(&refusal.backend), visible(&reason.message)))
    });
    reasons.collect()
}
