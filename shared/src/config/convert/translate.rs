//! What a configuration is in the other dialect, and what of it that one has no words for. What means the same here
//! means the same to a run: see `Configuration::max_duration_seconds` and `Profile::defaults`.

use serde_json::Value;

use super::fields::{self, Fields};
use crate::{
    config::{
        Configuration, CreationPolicy, DEFAULT_IDLE_SECONDS, FleetReference, InstanceSelector, Limit,
        MIN_DISK_GB, Newer, Off, Retry, RetryPolicy, SizeRange, TerminationPolicy,
    },
    schema::{self, Dialect},
};

/// Upon what dstack 0.18 tries again (`spec` §8), in the words of dstack 0.22.
const EVENTS: [&str; 2] = ["no-capacity", "interruption"];

/// The last port that dstack 0.22 knows.
const LAST_PORT: u32 = 65535;

/// What a text is to be read as in the other dialect.
pub(super) struct Goal {
    /// The value of each field.
    pub(super) fields: Fields,
    /// What was given up on the way.
    pub(super) losses: Vec<Loss>,
}

/// Something that the other dialect has no words for.
pub(super) struct Loss {
    /// The field, such as `volumes` or `resources.gpu.vendor`.
    pub(super) path: String,
    /// Why, in one sentence without a full stop.
    pub(super) message: String,
    /// Whether nothing of the field is left.
    pub(super) whole: bool,
}

impl Loss {
    fn whole(path: &str, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), message: message.into(), whole: true }
    }

    fn part(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into(), whole: false }
    }
}

/// The configuration as a dialect has it.
pub(super) fn translate(configuration: &Configuration, to: Dialect) -> Goal {
    let mut losses = Vec::new();
    let mut goal = configuration.clone();
    match to {
        Dialect::V0_18 => older(configuration, &mut goal, &mut losses),
        Dialect::V0_22 => newer(configuration, &mut goal, &mut losses),
    }
    if let Some(backends) = &mut goal.backends {
        let known = schema::values("backends", to);
        for (at, backend) in backends.iter().enumerate().filter(|(_, name)| !known.contains(&name.as_str())) {
            let message = format!("dstack {} has no backend `{backend}`", to.name());
            losses.push(Loss::part(format!("backends[{at}]"), message));
        }
        backends.retain(|backend| known.contains(&backend.as_str()));
    }
    if let Some(python) =
        goal.python.take_if(|python| !schema::values("python", to).contains(&python.as_str()))
    {
        losses.push(Loss::whole("python", format!("dstack {} has no Python {python}", to.name())));
    }
    Goal { fields: fields::of(&goal), losses }
}

/// From 0.18 to 0.22.
fn newer(c: &Configuration, goal: &mut Configuration, losses: &mut Vec<Loss>) {
    if goal.entrypoint.take().is_some() {
        losses.push(Loss::whole("entrypoint", "a dev environment of dstack 0.22 has no `entrypoint`"));
    }
    for (at, port) in c.ports.iter().enumerate() {
        let high = |port: &u32| *port > LAST_PORT;
        if port.local_port.as_ref().is_some_and(high) || high(&port.container_port) {
            let message = format!("the last port of dstack 0.22 is {LAST_PORT}");
            losses.push(Loss::part(format!("ports[{at}]"), message));
        }
    }
    goal.ports.retain(|port| port.local_port.unwrap_or_default().max(port.container_port) <= LAST_PORT);
    let names = goal.resources.gpu.as_mut().and_then(|gpu| gpu.name.as_mut());
    for name in names.into_iter().flatten() {
        if let Some(rest) = name.strip_prefix("tpu-").map(str::to_owned) {
            let message = format!("dstack 0.22 reads `{name}` as `{rest}`");
            losses.push(Loss::part("resources.gpu.name", message));
            *name = rest;
        }
    }
    let max_duration = c.max_duration.as_deref().and_then(|duration| match duration.parse::<i64>() {
        Ok(seconds) if seconds < 0 => {
            losses.push(Loss::whole("max_duration", "a duration of dstack 0.22 is not below 0"));
            None
        }
        // No limit is how dstack 0.18 takes no time at all.
        Ok(0) => Some(Limit::Off(Off::Off)),
        Ok(seconds) => Some(Limit::Seconds(seconds)),
        Err(_) if duration == "off" => Some(Limit::Off(Off::Off)),
        Err(_) => {
            let message = "no run lasts so long: `off` stands there now";
            losses.push(Loss::part("max_duration", message));
            Some(Limit::Off(Off::Off))
        }
    });
    let instances = c.instance_name.clone().and_then(|name| {
        if name.is_empty() {
            losses.push(Loss::whole("instance_name", "an instance of dstack 0.22 has a name"));
            return None;
        }
        // There, whoever names an instance has no new one made.
        if c.creation_policy != Some(CreationPolicy::Reuse) {
            let message = "dstack 0.22 takes this instance or none, and makes no new one";
            losses.push(Loss::part("instance_name", message));
        }
        Some(vec![InstanceSelector::Name { name }])
    });
    let idle_duration = match (c.termination_policy, c.termination_idle_time) {
        (None, None) => None,
        (Some(TerminationPolicy::DontDestroy), idle) => {
            if idle.is_some() {
                let message =
                    "`termination_idle_time` has no effect beside `termination_policy: dont-destroy`";
                losses.push(Loss::whole("termination_idle_time", message));
            }
            Some(-1)
        }
        // Less than no time is over at once; dstack 0.22 would take it for "never".
        (_, idle) => Some(idle.unwrap_or(DEFAULT_IDLE_SECONDS).max(0)),
    };
    goal.newer = Some(Box::new(Newer {
        retry: c.retry_policy.map(|policy| match policy.retry {
            false => Retry::Whether(false),
            true => {
                Retry::Policy { on_events: Some(EVENTS.map(str::to_owned).into()), duration: policy.duration }
            }
        }),
        max_duration,
        idle_duration,
        fleets: c.pool_name.clone().map(|name| vec![FleetReference { project: None, name }]),
        instances,
        ..Newer::default()
    }));
}

/// From 0.22 to 0.18.
fn older(c: &Configuration, goal: &mut Configuration, losses: &mut Vec<Loss>) {
    let newer = c.newer.as_deref().cloned().unwrap_or_default();
    goal.newer = None;
    if let other @ (None | Some("cursor" | "windsurf" | "zed")) = c.ide.as_deref() {
        goal.ide = Some("vscode".to_owned());
        losses.push(Loss::part(
            "ide",
            match other {
                None => "dstack 0.18 needs an IDE: `vscode` stands there now".to_owned(),
                Some(ide) => format!("dstack 0.18 has no `{ide}`: `vscode` stands there now"),
            },
        ));
        if goal.version.take().is_some_and(|version| !version.is_empty()) {
            losses.push(Loss::whole("version", "it is the version of another IDE"));
        }
    }
    resources(goal, losses);
    let with_errors = "dstack 0.18 does not try again upon an error";
    goal.retry_policy = newer.retry.as_ref().map(|retry| match retry {
        Retry::Whether(retry) => {
            if *retry {
                losses.push(Loss::part("retry", with_errors));
            }
            RetryPolicy { retry: *retry, duration: None }
        }
        Retry::Policy { on_events, duration } => {
            let has = |event: &str| on_events.as_ref().is_none_or(|events| events.iter().any(|e| e == event));
            if has("error") {
                losses.push(Loss::part("retry.on_events", with_errors));
            }
            if !EVENTS.iter().all(|event| has(event)) {
                let message = "dstack 0.18 tries again upon both a lack of capacity and an interruption";
                losses.push(Loss::part("retry.on_events", message));
            }
            RetryPolicy { retry: true, duration: *duration }
        }
    });
    goal.termination_policy =
        newer.idle_duration.filter(|idle| *idle < 0).map(|_| TerminationPolicy::DontDestroy);
    goal.termination_idle_time = newer.idle_duration.filter(|idle| *idle >= 0);
    goal.pool_name = newer.fleets.as_ref().and_then(|fleets| Some(fleets.first()?.name.clone()));
    match newer.fleets.as_deref() {
        None => {}
        Some([FleetReference { project: None, .. }]) => {}
        Some([]) => losses.push(Loss::whole("fleets", "dstack 0.18 has no `fleets`")),
        Some([_]) => {
            losses.push(Loss::part("fleets", "a pool of dstack 0.18 is one of the run's own project"))
        }
        Some(_) => {
            losses.push(Loss::part("fleets", "a run of dstack 0.18 has one pool: the first stands there"))
        }
    }
    if c.only_reuses() {
        goal.creation_policy = Some(CreationPolicy::Reuse);
    }
    goal.instance_name = match newer.instances.as_deref() {
        Some([InstanceSelector::Name { name }]) => Some(name.clone()),
        Some(_) => {
            losses.push(Loss::whole("instances", "dstack 0.18 knows one instance, by its name"));
            None
        }
        None => None,
    };
    let (said, unsaid) = (fields::object(&newer), fields::object(&Newer::default()));
    for field in schema::keys("", Dialect::V0_22) {
        let name = field.name();
        let translated = ["retry", "idle_duration", "fleets", "instances"].contains(&name);
        if translated || schema::field(name, Dialect::V0_18).is_some() {
            continue;
        }
        if said.get(name) != unsaid.get(name) && said.get(name) != Some(&Value::Bool(false)) {
            losses.push(Loss::whole(name, format!("dstack 0.18 has no `{name}`")));
        }
    }
}

fn resources(goal: &mut Configuration, losses: &mut Vec<Loss>) {
    let resources = &mut goal.resources;
    if resources.arch.take().is_some() {
        losses.push(Loss::part("resources.cpu", "dstack 0.18 has no architectures of CPUs"));
    }
    if let Some(gpu) = &mut resources.gpu
        && let Some(vendor) = gpu.vendor.take()
    {
        let message = format!("dstack 0.18 has no vendors of GPUs such as `{}`", vendor.name());
        losses.push(Loss::part("resources.gpu", message));
    }
    if let Some(disk) = &mut resources.disk {
        // Not a number is not below.
        let raised = |bound: Option<f64>| bound.map(|gb| if gb < MIN_DISK_GB { MIN_DISK_GB } else { gb });
        let size = SizeRange { min: raised(disk.size.min), max: raised(disk.size.max) };
        let low = |bound: Option<f64>| bound.is_some_and(|gb| gb < MIN_DISK_GB);
        if low(disk.size.min) || low(disk.size.max) {
            let message = format!("dstack 0.18 takes no less than {MIN_DISK_GB} GB: that stands there now");
            losses.push(Loss::part("resources.disk", message));
            disk.size = size;
        }
    }
}
