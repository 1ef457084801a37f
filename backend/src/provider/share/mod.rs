//! What of a machine that is given out in shares a configuration would get. Pure.
//!
//! A written requirement binds: its minimum is kept free for it. What a range allows beyond that is given and not kept.
//! A default that nobody wrote is a preference: it keeps nothing, prevents nothing, and limits the environment to
//! what is preferred or to what is there.

use std::path::Path;

use berth_shared::{
    api::{Allocation, Isolation, NOT_HONOURED, PlanNote, PlannedOffer},
    catalog::{Availability, Offer, OfferGpu, PriceBasis},
    config::{Configuration, Gpu, IntRange, SizeRange, SpotPolicy},
    honour,
};

mod facts;
pub(crate) mod gpus;

pub(crate) use facts::{Facts, Place, Runtime};
use gpus::MachineGpu;

use crate::{
    provider::{PlanInput, ProviderPlan, container, unmet},
    supervisor::words,
};

const GIB: f64 = (1_u64 << 30) as f64;

/// Less memory than this is none: a shell and a compiler would not start.
const LEAST_MEMORY: f64 = 0.25;

/// Places that are the sandbox's own.
const NOT_HOME: [&str; 6] = ["/proc", "/sys", "/dev", "/tmp", "/workflow", "/python"];

/// What can be had of the machine that `facts` describe, beside what is held already.
pub(crate) fn plan(facts: &Facts, input: &PlanInput<'_>) -> ProviderPlan {
    let configuration = input.configuration;
    let resources = &configuration.resources;
    let free = Free::of(facts, input.held);
    let called = facts.place.called.as_str();
    let mut refusals = not_here(facts, configuration);
    let place = match facts.runtime {
        Runtime::Processes { .. } => honour::Place::Processes,
        Runtime::Containers { .. } => honour::Place::Containers,
    };
    let (mut notes, refused) = unmet(configuration, place);
    refusals.extend(refused);
    refusals.extend(match &facts.runtime {
        Runtime::Processes { volume_roots, .. } => {
            let mut refused = container::refused_volumes(configuration, volume_roots, false);
            if refused.is_empty() && !facts.has_mounts() && !container::mounts(configuration, "").is_empty() {
                let message =
                    "`volumes` cannot be had: this machine gives no environment mounts of its own".to_owned();
                refused.push(note(NOT_HONOURED, "volumes", message));
            }
            refused
        }
        Runtime::Containers { volume_roots, .. } => {
            container::refused_volumes(configuration, volume_roots, true)
        }
    });
    let mut allocation = Allocation::default();

    let cpu =
        SizeRange { min: resources.cpu.min.map(|n| n as f64), max: resources.cpu.max.map(|n| n as f64) };
    let quantities = [
        Quantity {
            called,
            path: "resources.cpu",
            range: cpu,
            written: input.written.cpu,
            total: facts.cpus,
            free: free.cpus,
        },
        Quantity {
            called,
            path: "resources.memory",
            range: resources.memory,
            written: input.written.memory,
            total: facts.memory_bytes as f64 / GIB,
            free: free.memory_gib,
        },
        Quantity {
            called,
            path: "resources.disk",
            range: resources.disk.map(|disk| disk.size).unwrap_or_default(),
            written: input.written.disk,
            total: facts.disk_free_bytes as f64 / GIB,
            free: free.disk_gib,
        },
    ];
    for quantity in &quantities {
        let (limit, reserved) = match quantity.share() {
            Share::Refused(note) => {
                refusals.push(note);
                continue;
            }
            Share::Given { limit, reserved, note } => {
                notes.extend(note);
                (limit, reserved)
            }
        };
        match quantity.path {
            "resources.cpu" => (allocation.cpus, allocation.reserved_cpus) = (limit, reserved),
            "resources.memory" => {
                (allocation.memory_bytes, allocation.reserved_memory_bytes) = (bytes(limit), bytes(reserved));
            }
            _ => allocation.reserved_disk_bytes = bytes(reserved),
        }
    }
    if allocation.reserved_disk_bytes > 0 {
        let size = words::number(allocation.reserved_disk_bytes as f64 / GIB);
        let message = format!(
            "{size} GB of disk are kept free for it and not a limit: its log says when it takes up more"
        );
        notes.push(note("limit-not-enforced", "resources.disk", message));
    }
    match &facts.runtime {
        Runtime::Processes { why, .. } => {
            notes.extend(facts.isolation.iter().flat_map(|found| isolation(found, why)));
        }
        Runtime::Containers { engine, place, default_image, .. } => {
            let image = container::image_name(
                configuration.image.as_deref(),
                configuration.python.as_deref(),
                default_image,
            );
            let message = format!(
                "runs in a container of {} {} on {} ({place}), from the image `{image}`",
                engine.kind, engine.version, facts.place.called
            );
            notes.push(note("container", "", message));
            notes.extend(container::unlimited(engine));
            if configuration.newer.as_ref().is_some_and(|newer| newer.privileged) {
                let message = format!(
                    "the container is privileged: whoever works in it may do what {} may",
                    facts.place.called
                );
                notes.push(note("privileged", "privileged", message));
            }
        }
    }
    let choices = match &resources.gpu {
        None => vec![Vec::new()],
        Some(gpu) => choose(called, gpu, &free.gpus, facts.gpus.is_empty()).unwrap_or_else(|message| {
            refusals.push(note("not-enough-gpus", "resources.gpu", message));
            Vec::new()
        }),
    };
    if !refusals.is_empty() {
        return ProviderPlan { offers: Vec::new(), refusals };
    }
    let offers = choices.into_iter().map(|gpus| PlannedOffer {
        offer: offer(facts, &free, &gpus),
        allocation: Some(Allocation {
            gpus: gpus.iter().map(|gpu| gpu.index).collect(),
            devices: devices(&gpus),
            host: facts.place.host.clone(),
            ..allocation.clone()
        }),
        notes: notes.clone(),
        observed_at: None,
        difference: None,
    });
    ProviderPlan { offers: offers.collect(), refusals }
}

/// What nobody has been promised.
struct Free {
    cpus: f64,
    memory_gib: f64,
    disk_gib: f64,
    gpus: Vec<MachineGpu>,
}

impl Free {
    fn of(facts: &Facts, held: &[Allocation]) -> Self {
        let held = || held.iter().filter(|allocation| allocation.host == facts.place.host);
        let sum = |of: fn(&Allocation) -> f64| held().map(of).sum::<f64>();
        Self {
            cpus: (facts.cpus - sum(|a| a.reserved_cpus)).max(0.0),
            memory_gib: (facts.memory_bytes as f64 - sum(|a| a.reserved_memory_bytes as f64)).max(0.0) / GIB,
            disk_gib: (facts.disk_free_bytes as f64 - sum(|a| a.reserved_disk_bytes as f64)).max(0.0) / GIB,
            gpus: facts
                .gpus
                .iter()
                .filter(|gpu| !held().any(|allocation| allocation.gpus.contains(&gpu.index)))
                .cloned()
                .collect(),
        }
    }
}

/// One of vCPUs, memory and disk.
struct Quantity<'a> {
    /// The machine.
    called: &'a str,
    path: &'static str,
    range: SizeRange,
    written: bool,
    total: f64,
    free: f64,
}

enum Share {
    Given { limit: f64, reserved: f64, note: Option<PlanNote> },
    Refused(PlanNote),
}

impl Quantity<'_> {
    fn share(&self) -> Share {
        // A bound that is no number bounds nothing.
        let bound = |bound: Option<f64>| bound.filter(|bound| !bound.is_nan());
        let (min, max) = (bound(self.range.min).filter(|min| *min > 0.0), bound(self.range.max));
        let least = match self.path {
            "resources.cpu" => self.total.min(0.5),
            "resources.memory" => self.total.min(LEAST_MEMORY),
            _ => 0.0,
        };
        if !self.written {
            let wanted = min.or(max).unwrap_or(self.free);
            let unmet = (wanted > self.free).then(|| {
                let held = if self.free < self.total { " that other environments do not hold" } else { "" };
                let message = format!(
                    "the default asks for {}, and {} has {}{held}: the environment gets what there is",
                    self.tell(wanted),
                    self.called,
                    self.tell_free()
                );
                note("default-unmet", self.path, message)
            });
            let limit = wanted.min(self.free).max(least);
            return Share::Given { limit, reserved: 0.0, note: unmet };
        }
        if let Some(min) = min.filter(|min| *min > self.free) {
            let why = if min > self.total {
                format!("{} has {} in all", self.called, self.tell_total())
            } else {
                format!(
                    "{} of {} are free, the rest is held by other environments",
                    self.tell_free(),
                    self.tell_total()
                )
            };
            let message = format!(
                "{} are asked for and {why}: ask for less, or stop what you no longer need",
                self.tell(min)
            );
            return Share::Refused(note("not-enough", self.path, message));
        }
        if let (Some(max), true) = (max, min.is_none())
            && max < least
        {
            let message =
                format!("at most {} are asked for, with which nothing can run: ask for more", self.tell(max));
            return Share::Refused(note("not-enough", self.path, message));
        }
        let limit = max.map_or_else(|| min.unwrap_or(self.free), |max| max.min(self.free)).max(least);
        Share::Given { limit, reserved: min.unwrap_or(0.0), note: None }
    }

    fn tell(&self, value: f64) -> String {
        match self.path {
            "resources.cpu" => format!("{} vCPUs", words::number(value)),
            "resources.memory" => format!("{} GB of memory", words::number(value)),
            _ => format!("{} GB of disk", words::number(value)),
        }
    }

    fn tell_free(&self) -> String {
        self.tell(floor(self.free))
    }

    fn tell_total(&self) -> String {
        self.tell(floor(self.total))
    }
}

/// Rounded down to one decimal, lest 23.96 is told as 24 and then refused.
fn floor(value: f64) -> f64 {
    (value * 10.0).floor() / 10.0
}

/// What a process without a container cannot honour, and what rules this machine out.
fn not_here(facts: &Facts, c: &Configuration) -> Vec<PlanNote> {
    let mut notes = Vec::new();
    let mut say = |code: &str, path: &str, message: String| notes.push(note(code, path, message));
    let processes = matches!(facts.runtime, Runtime::Processes { .. });
    for (path, asked) in [
        ("image", c.image.is_some()),
        ("registry_auth", c.registry_auth.is_some()),
        ("entrypoint", c.entrypoint.is_some()),
    ] {
        if let (true, Runtime::Processes { why, .. }) = (asked, &facts.runtime) {
            let so = if why.is_empty() { String::new() } else { format!(" ({why})") };
            let message = format!(
                "`{path}` needs a container, and `local` runs processes of this machine{so}: leave it out"
            );
            say("needs-container", path, message);
        }
    }
    if let Some(python) = &c.python
        && processes
        && !facts.pythons.contains(python)
    {
        let there = if facts.pythons.is_empty() {
            "none is".to_owned()
        } else {
            format!("{} {}", facts.pythons.join(", "), if facts.pythons.len() == 1 { "is" } else { "are" })
        };
        let message = format!(
            "Python {python} is not installed on this machine ({there}): install it or ask for another"
        );
        say("python-not-installed", "python", message);
    }
    if processes && !facts.bash {
        say(
            "no-shell",
            "",
            "there is no `bash` on this machine, and commands are run by it: install it".to_owned(),
        );
    }
    // One that nobody wrote is a preference, and rules nothing out.
    if let Some(arch) = c.resources.arch
        && facts.arch != Some(arch)
    {
        let name = arch.name();
        let called = &facts.place.called;
        let has = facts.arch.map_or_else(|| "another one".to_owned(), |own| format!("`{}`", own.name()));
        let message = format!(
            "a CPU of the architecture `{name}` is asked for, and {called} has {has}: leave `{name}` out to use it"
        );
        say("ruled-out", "resources.cpu.arch", message);
    }
    for PlanNote { code, path, message } in ruled_out(&facts.place, c) {
        say(&code, &path, message);
    }
    let home = Path::new(&c.home_dir);
    let own = NOT_HOME.iter().any(|place| home.starts_with(place)) || home.parent().is_none();
    if !home.is_absolute() || own || home.components().any(|part| part.as_os_str() == "..") {
        let message =
            format!("`{}` cannot be a home directory here: use an absolute path such as `/root`", c.home_dir);
        say("bad-home", "home_dir", message);
    }
    notes
}

/// What the text says against this machine by name. Regions are those of clouds: they say nothing against an SSH host
/// (`spec/dstack-0.18.md` §7.3).
fn ruled_out(place: &Place, c: &Configuration) -> Vec<PlanNote> {
    let mut notes = Vec::new();
    let by_name = [
        ("backends", &c.backends, &place.backend),
        ("regions", &c.regions, &place.region),
        ("instance_types", &c.instance_types, &place.instance_type),
    ];
    let counts = |path: &str| place.host.is_none() || path != "regions";
    for (path, names, own) in by_name.into_iter().filter(|(path, ..)| counts(path)) {
        if names.as_ref().is_some_and(|names| !names.iter().any(|name| name == own)) {
            let message = format!("`{path}` does not name `{own}`: add it to use {}", place.called);
            notes.push(note("ruled-out", path, message));
        }
    }
    if c.spot_policy == Some(SpotPolicy::Spot) {
        let message =
            format!("{} is no spot instance: use `spot_policy: auto` or leave it out", place.called);
        notes.push(note("ruled-out", "spot_policy", message));
    }
    if place.host.is_none() && c.only_reuses() {
        let message = format!(
            "`{}` keeps no idle instances to reuse: use `creation_policy: reuse-or-create`",
            place.backend
        );
        notes.push(note("ruled-out", "creation_policy", message));
    }
    notes
}

/// GPUs that fit, one choice for each kind; the message says why there is none. `bare` = the machine has none at all.
fn choose(
    called: &str,
    asked: &Gpu,
    free: &[MachineGpu],
    bare: bool,
) -> Result<Vec<Vec<MachineGpu>>, String> {
    let IntRange { min, max } = asked.count;
    let least = min.unwrap_or(0).max(0);
    let none_will_do = least == 0
        && asked.name.is_none()
        && asked.vendor.is_none()
        && [asked.memory, asked.total_memory].into_iter().flatten().all(|range| fits(0.0, range))
        && asked.compute_capability.is_none();
    let mut choices: Vec<Vec<MachineGpu>> = Vec::new();
    let mut seen: Vec<(&str, f64)> = Vec::new();
    for gpu in free.iter().filter(|gpu| suits(gpu, asked)) {
        if seen.contains(&(&gpu.name, gpu.memory_gib)) {
            continue;
        }
        seen.push((&gpu.name, gpu.memory_gib));
        let same: Vec<&MachineGpu> = free
            .iter()
            .filter(|other| other.name == gpu.name && other.memory_gib == gpu.memory_gib)
            .collect();
        let fewest = (1..=same.len()).find(|&n| {
            let count = i64::try_from(n).unwrap_or(i64::MAX);
            count >= least
                && max.is_none_or(|max| count <= max)
                && asked.total_memory.is_none_or(|range| fits(n as f64 * gpu.memory_gib, range))
        });
        choices.extend(fewest.map(|n| same.into_iter().take(n).cloned().collect()));
    }
    if choices.is_empty() && none_will_do {
        choices.push(Vec::new());
    }
    if !choices.is_empty() {
        return Ok(choices);
    }
    let there = if bare {
        format!("{called} has no GPU that `nvidia-smi` or `rocm-smi` tells of")
    } else if free.is_empty() {
        format!("{called} has no GPU that is free")
    } else {
        let names: Vec<String> =
            free.iter().map(|gpu| format!("{} {} GB", gpu.name, words::number(gpu.memory_gib))).collect();
        format!("what is free on {called} ({}) is not what was asked for", names.join(", "))
    };
    Err(format!("{there}: ask for other GPUs, for fewer, or use a cloud"))
}

/// Device files of the GPUs that are given by those, each once.
fn devices(gpus: &[MachineGpu]) -> Vec<String> {
    let mut all: Vec<String> = gpus.iter().flat_map(|gpu| gpu.devices.iter().cloned()).collect();
    all.sort();
    all.dedup();
    all
}

fn suits(gpu: &MachineGpu, asked: &Gpu) -> bool {
    asked.name.as_ref().is_none_or(|names| names.iter().any(|name| name.eq_ignore_ascii_case(&gpu.name)))
        && asked.vendor.is_none_or(|vendor| vendor == gpu.vendor)
        && asked.memory.is_none_or(|range| fits(gpu.memory_gib, range))
        && asked.compute_capability.is_none_or(|least| {
            gpu.capability.is_some_and(|(major, minor)| (i64::from(major), i64::from(minor)) >= least)
        })
}

fn fits(value: f64, range: SizeRange) -> bool {
    !range.min.is_some_and(|min| value < min) && !range.max.is_some_and(|max| value > max)
}

fn offer(facts: &Facts, free: &Free, gpus: &[MachineGpu]) -> Offer {
    let place = &facts.place;
    Offer {
        backend: place.backend.clone(),
        region: place.region.clone(),
        instance_type: place.instance_type.clone(),
        arch: facts.arch,
        cpus: free.cpus,
        memory_gib: floor(free.memory_gib),
        gpu: gpus.first().map(|gpu| OfferGpu {
            name: gpu.name.clone(),
            count: u32::try_from(gpus.len()).unwrap_or(u32::MAX),
            memory_gib: gpu.memory_gib,
        }),
        disk_gib: Some(floor(free.disk_gib)),
        spot: false,
        price: 0.0,
        basis: PriceBasis::Own,
        as_of: None,
        availability: Availability::Available,
    }
}

/// What is worth knowing about how the environment would be kept apart; `why` says why it is not in a container.
fn isolation(isolation: &Isolation, why: &str) -> Vec<PlanNote> {
    let mut notes = Vec::new();
    for (limit, path, what) in
        [("memory", "resources.memory", "memory"), ("cpu", "resources.cpu", "CPU time")]
    {
        if !isolation.limits.iter().any(|enforced| enforced == limit) {
            let message =
                format!("{what} is not limited: the server may not make control groups on this machine");
            notes.push(note("limit-not-enforced", path, message));
        }
    }
    let message = if isolation.namespaces.is_empty() {
        "processes run beside this machine's own, without namespaces, and may read what the server may, its data too: start nothing \
         that you do not trust"
            .to_owned()
    } else {
        format!(
            "processes run on this machine in namespaces of their own ({}); files outside the home directory, \
             `/workflow` and `/tmp`, and the network, are shared with it: this server's port is reached from there, and its data is not",
            isolation.namespaces.join(", ")
        )
    };
    let message = if why.is_empty() { message } else { format!("{why}, so {message}") };
    notes.push(note("isolation", "", message));
    notes
}

fn note(code: &str, path: &str, message: String) -> PlanNote {
    PlanNote { code: code.to_owned(), path: path.to_owned(), message }
}

fn bytes(gib: f64) -> u64 {
    (gib * GIB) as u64
}

#[cfg(test)]
mod tests;
