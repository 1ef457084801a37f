//! The plan as people see it before they agree.

mod offers;

use berth_shared::config::{Configuration, DEFAULT_IDLE_SECONDS, IntRange, SizeRange, TerminationPolicy};

pub(super) use offers::{cost, offers};
pub(in crate::cli) use offers::{offered, offers_alone, price, refusals};

use crate::cli::words::{duration, visible};

/// What is known of the launch.
pub(super) struct About<'a> {
    pub(super) file: &'a str,
    pub(super) server: &'a str,
    pub(super) user: &'a str,
    pub(super) profile: Option<&'a str>,
    pub(super) configuration: &'a Configuration,
    /// What it works on.
    pub(super) code: Option<String>,
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
    if let Some(code) = &about.code {
        lines.push(("Code", visible(code)));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn configuration(more: &str) -> Configuration {
        let text = format!("type: dev-environment\nide: vscode\n{more}");
        berth_shared::check(&text).configuration.expect("valid")
    }

    #[test]
    fn what_is_asked_for_is_said_as_dstack_says_it() {
        let configuration = configuration(
            "resources:\n  cpu: 4..8\n  memory: ..64GB\n  gpu: A100,H100:40GB..80GB:2..\n  disk: 200GB\n  shm_size: 16GB\n\
             max_price: 2.5\nmax_duration: 90m\nspot_policy: auto\nretry_policy: {duration: 4h}\ncreation_policy: reuse\n\
             termination_policy: dont-destroy\npool_name: team\n",
        );
        let about = About {
            file: "a.dstack.yml",
            server: "http://127.0.0.1:8080",
            user: "admin",
            profile: Some("big"),
            configuration: &configuration,
            code: Some("412 files, 8.3 MiB".to_owned()),
        };
        insta::assert_snapshot!(properties(&about), @r"
        Configuration          a.dstack.yml
        Server                 http://127.0.0.1:8080 (admin)
        Profile                big
        Code                   412 files, 8.3 MiB
        Pool name              team
        Min resources          4..8xCPU, ..64GB, 2..xA100,H100 (40GB..80GB), 200GB (disk), 16GB (shared memory)
        Max price              $2.5
        Max duration           90m
        Spot policy            auto
        Retry policy           4h
        Creation policy        reuse
        Termination policy     dont-destroy
        Termination idle time  -
        ");
    }
}
