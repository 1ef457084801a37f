//! What a configuration of dstack 0.22 asks for besides.

use super::{SummaryItem, duration, names};
use crate::config::{InstanceSelector, Mount, Newer, OneOrMany};

/// In the order of the table of fields.
pub(super) fn summary(newer: &Newer) -> Vec<SummaryItem> {
    let mut items = Vec::new();
    let mut add = |path: &str, label: &str, value: String, warning: bool| {
        items.push(SummaryItem { path: path.to_owned(), label: label.to_owned(), value, warning });
    };
    if let Some(user) = &newer.user {
        add("user", "User", user.clone(), false);
    }
    if newer.privileged {
        add("privileged", "Container", "privileged".to_owned(), true);
    }
    if newer.docker == Some(true) {
        add("docker", "Docker", "inside".to_owned(), false);
    }
    if let Some(priority) = newer.priority {
        add("priority", "Priority", priority.to_string(), false);
    }
    let volumes: Vec<_> = newer.volumes.iter().map(mount).collect();
    let repos: Vec<_> =
        newer.repos.iter().filter_map(|repo| repo.url.clone().or_else(|| repo.local_path.clone())).collect();
    let files: Vec<_> = newer.files.iter().map(|file| file.path.clone()).collect();
    for (path, label, list) in
        [("volumes", "Volumes", volumes), ("repos", "Repository", repos), ("files", "Files", files)]
    {
        if !list.is_empty() {
            add(path, label, names(&list), false);
        }
    }
    if let Some(seconds) = newer.inactivity_duration {
        add("inactivity_duration", "Unused", format!("stops after {}", duration(seconds)), false);
    }
    if let Some(policy) = newer.utilization_policy {
        let (least, window) = (policy.min_gpu_utilization, duration(policy.time_window));
        add("utilization_policy", "GPU use", format!("stops after {window} below {least} %"), false);
    }
    if let Some(schedule) = &newer.schedule {
        add("schedule", "Starts", format!("{} UTC", names(&schedule.cron)), false);
    }
    let fleets = newer.fleets.as_ref().map(|fleets| fleets.iter().map(|one| one.name.clone()).collect());
    let instances = newer.instances.as_ref().map(|instances| instances.iter().map(instance).collect());
    for (path, label, list) in [
        ("availability_zones", "Zones", newer.availability_zones.clone()),
        ("fleets", "Fleets", fleets),
        ("instances", "Instances", instances),
    ] {
        if let Some(list) = list {
            add(path, label, names(&list), list.is_empty());
        }
    }
    if let Some(reservation) = &newer.reservation {
        add("reservation", "Reservation", reservation.clone(), false);
    }
    items
}

/// Where it is mounted, and what.
fn mount(mount: &Mount) -> String {
    match mount {
        Mount::Instance { instance_path, path, .. } => format!("{instance_path} at {path}"),
        Mount::Network { name: OneOrMany::One(name), path } => format!("{name} at {path}"),
        Mount::Network { name: OneOrMany::Many(list), path } => format!("{} at {path}", names(list)),
    }
}

fn instance(selector: &InstanceSelector) -> String {
    match selector {
        InstanceSelector::Name { name } => name.clone(),
        InstanceSelector::Hostname { hostname } => hostname.clone(),
        InstanceSelector::OfFleet { fleet, instance } => format!("{} #{instance}", fleet.name),
    }
}
