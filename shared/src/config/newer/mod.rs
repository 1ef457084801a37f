//! A configuration as dstack 0.22.5 reads it.
//!
//! What the two dialects share is read by the same functions, which ask the dialect where its library is stricter; what
//! dstack 0.22 has of its own is read here.

mod as_profile;
mod cpu;
mod cron;
mod durations;
mod files;
mod gpu;
mod labels;
mod model;
mod mounts;
mod normalised;
mod places;
mod policies;
mod repos;
mod schedule;
mod user;

pub(in crate::config) use gpu::gpu;
pub use model::*;
pub use normalised::Normalised;

use super::{
    Configuration, CreationPolicy, Gpu, IntRange, Resources, SpotPolicy, Written,
    context::{At, Cx, Path},
    disk, effects, env,
    fields::Fields,
    memory, ports, profile, python, range, registry_auth, scalars, secrets,
};
use crate::{diagnostics::Code, yaml::Value};

/// Reads the keys of a document whose type is known.
pub(super) fn configuration(cx: &mut Cx<'_>, fields: &Fields) -> Option<(Configuration, Written)> {
    let path = &Path::Root;
    let errors = cx.sink.errors();
    let commands = |cx: &mut Cx<'_>, at: At<'_>| scalars::list(cx, at, secrets::text);
    let ide = fields.optional(cx, path, "ide", |cx, at| scalars::choice(cx, at, "ide").map(str::to_owned));
    let version = fields.optional(cx, path, "version", scalars::text);
    let init = fields.default(cx, path, "init", Vec::new(), commands);
    let inactivity_duration = fields.optional(cx, path, "inactivity_duration", durations::inactivity);
    let ports = fields.default(cx, path, "ports", Vec::new(), ports::ports);
    let name = fields.optional(cx, path, "name", scalars::text);
    let image = fields.optional(cx, path, "image", secrets::text);
    let user = fields.optional(cx, path, "user", user::user);
    let privileged = fields.default(cx, path, "privileged", false, scalars::boolean);
    let no_entrypoint = fields.optional(cx, path, "entrypoint", |cx, at| {
        let removal = cx.removal(at.key, at.range);
        let draft = cx.report(Code::InvalidValue, at, "a dev environment has no `entrypoint`");
        draft.help("remove the key: the environment is kept running by itself");
        if let Some(removal) = removal {
            draft.offer("remove the key", removal, "");
        }
        None::<()>
    });
    let working_dir = fields.optional(cx, path, "working_dir", scalars::text);
    let home_dir = fields.default(cx, path, "home_dir", "/root".to_owned(), scalars::text);
    let registry_auth = fields.optional(cx, path, "registry_auth", registry_auth::registry_auth);
    let has_image = image.as_ref().is_some_and(|image| image.as_ref().is_some_and(|image| !image.is_empty()));
    let python = fields.optional(cx, path, "python", |cx, at| {
        if has_image {
            super::environment::image_and_python(cx, at, fields);
            return None;
        }
        python::python(cx, at)
    });
    let nvcc = fields.optional(cx, path, "nvcc", scalars::boolean);
    let single_branch = fields.optional(cx, path, "single_branch", scalars::boolean);
    let env = fields.default(cx, path, "env", Default::default(), env::env);
    let shell = fields.optional(cx, path, "shell", user::shell);
    let resources = fields.default(cx, path, "resources", (newer_default(), Written::default()), resources);
    let priority = fields.optional(cx, path, "priority", |cx, at| policies::within(cx, at, 0, 100));
    let volumes =
        fields.default(cx, path, "volumes", Vec::new(), |cx, at| scalars::list(cx, at, mounts::mount));
    let docker = fields.optional(cx, path, "docker", |cx, at| {
        let is_true = *cx.value(at) == Value::Bool(true);
        let beside = [
            ("image", has_image),
            ("python", matches!(python, Some(Some(_)))),
            ("nvcc", matches!(nvcc, Some(Some(true)))),
        ];
        if let Some((other, _)) = beside.iter().find(|(_, there)| is_true && *there) {
            cx.report(Code::InvalidValue, at, format!("`docker` cannot stand beside `{other}`"))
                .help("with `docker`, the image is one that has Docker in it; remove one of the two");
            return None;
        }
        scalars::boolean(cx, at)
    });
    let repos = fields.default(cx, path, "repos", Vec::new(), repos::repos);
    let files = fields.default(cx, path, "files", Vec::new(), |cx, at| scalars::list(cx, at, files::file));
    let dstack = fields.default(cx, path, "dstack", false, scalars::boolean);
    let setup = fields.default(cx, path, "setup", Vec::new(), commands);
    let places = places_of(cx, path, fields);
    let availability_zones = fields.optional(cx, path, "availability_zones", scalars::texts);
    let reservation = fields.optional(cx, path, "reservation", scalars::text);
    let retry = fields.optional(cx, path, "retry", policies::retry);
    let max_duration = fields.optional(cx, path, "max_duration", durations::limit);
    let stop_duration = fields.optional(cx, path, "stop_duration", durations::limit);
    let max_price = fields.optional(cx, path, "max_price", profile::price);
    let idle_duration = fields.optional(cx, path, "idle_duration", durations::idle);
    let utilization_policy = fields.optional(cx, path, "utilization_policy", policies::utilization);
    let chosen = |cx: &mut Cx<'_>, key: &'static str| {
        fields.optional(cx, path, key, |cx, at| scalars::choice(cx, at, key).map(str::to_owned))
    };
    let startup_order = chosen(cx, "startup_order");
    let stop_criteria = chosen(cx, "stop_criteria");
    let schedule = fields.optional(cx, path, "schedule", policies::schedule);
    let fleets = fields.optional(cx, path, "fleets", |cx, at| scalars::list(cx, at, places::fleet));
    let instances = fields.optional(cx, path, "instances", places::instances);
    let tags = fields.optional(cx, path, "tags", labels::tags);
    let backend_options = fields.optional(cx, path, "backend_options", policies::backend_options);
    no_entrypoint?;
    let (resources, written) = resources?;
    let newer = Newer {
        inactivity_duration: inactivity_duration?.flatten(),
        name: name?,
        user: user?,
        privileged: privileged?,
        working_dir: working_dir?,
        nvcc: nvcc?,
        single_branch: single_branch?,
        shell: shell?,
        priority: priority?,
        volumes: volumes?,
        docker: docker?,
        repos: repos?,
        files: files?,
        dstack: dstack?,
        availability_zones: availability_zones?,
        reservation: reservation?,
        retry: retry?,
        max_duration: max_duration?.flatten(),
        stop_duration: stop_duration?.flatten(),
        idle_duration: idle_duration?.flatten(),
        utilization_policy: utilization_policy?,
        startup_order: startup_order?,
        stop_criteria: stop_criteria?,
        schedule: schedule?,
        fleets: fleets?,
        instances: instances?,
        tags: tags?,
        backend_options: backend_options?,
    };
    let places = places?;
    let profile = newer.as_profile();
    let configuration = Configuration {
        ide: ide?,
        version: version?,
        init: init?,
        r#type: "dev-environment".to_owned(),
        image: image?,
        entrypoint: None,
        home_dir: home_dir?,
        registry_auth: registry_auth?,
        python: python?,
        env: env?,
        setup: setup?,
        resources,
        ports: ports?,
        backends: places.backends,
        regions: places.regions,
        instance_types: places.instance_types,
        spot_policy: places.spot_policy,
        retry_policy: profile.retry_policy,
        max_duration: profile.max_duration,
        max_price: max_price?,
        pool_name: profile.pool_name,
        instance_name: profile.instance_name,
        creation_policy: places.creation_policy,
        termination_policy: profile.termination_policy,
        termination_idle_time: profile.termination_idle_time,
        newer: Some(Box::new(newer)),
    };
    if cx.sink.errors() > errors {
        return None;
    }
    whole(cx, fields, &configuration)?;
    effects::warn_of_texts(cx, path, fields, &configuration);
    Some((configuration, written))
}

/// Rules about keys beside each other, once each is right by itself.
fn whole(cx: &mut Cx<'_>, fields: &Fields, configuration: &Configuration) -> Option<()> {
    let newer = configuration.newer.as_deref()?;
    let version = configuration.version.as_deref().filter(|version| !version.is_empty());
    let wrong = match (version, configuration.ide.as_deref()) {
        (Some(_), None) => Some((
            "version",
            "`version` is that of an IDE, and no `ide` is chosen",
            "choose an `ide`, or remove `version`",
        )),
        (Some(version), Some("windsurf")) if !is_windsurf(version) => {
            let help = "write the version, `@`, and the commit in small hexadecimal digits";
            Some(("version", "a version of Windsurf is `VERSION@COMMIT`", help))
        }
        _ if newer.dstack && newer.inactivity_duration.is_some() => {
            let message = "`dstack` cannot stand beside `inactivity_duration`";
            Some(("dstack", message, "remove one of the two"))
        }
        _ => None,
    };
    let Some((key, message, help)) = wrong else { return Some(()) };
    fields.with(&Path::Root, key, |at| {
        cx.report(Code::InvalidValue, at, message).help(help);
    });
    None
}

/// `VERSION@COMMIT`, the commit in small hexadecimal digits.
fn is_windsurf(version: &str) -> bool {
    let version = version.strip_suffix('\n').unwrap_or(version);
    version.rsplit_once('@').is_some_and(|(version, commit)| {
        !version.is_empty()
            && !version.contains('\n')
            && !commit.is_empty()
            && commit.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    })
}

/// Where to run.
struct Places {
    backends: Option<Vec<String>>,
    regions: Option<Vec<String>>,
    instance_types: Option<Vec<String>>,
    spot_policy: Option<SpotPolicy>,
    creation_policy: Option<CreationPolicy>,
}

fn places_of(cx: &mut Cx<'_>, path: &Path<'_>, fields: &Fields) -> Option<Places> {
    let places = profile::places(cx, path, fields);
    Some(Places {
        backends: places.0?,
        regions: places.1?,
        instance_types: places.2?,
        spot_policy: profile::spot_policy(cx, path, fields)?,
        creation_policy: profile::creation_policy(cx, path, fields)?,
    })
}

/// What holds when nothing is written: as in dstack 0.18, and any GPUs or none.
fn newer_default() -> Resources {
    Resources {
        gpu: Some(Gpu { count: IntRange { min: Some(0), max: None }, ..Gpu::default() }),
        ..Resources::default()
    }
}

fn resources(cx: &mut Cx<'_>, at: At<'_>) -> Option<(Resources, Written)> {
    let fields = cx.object(at, "resources")?;
    let default = newer_default();
    let path: &Path<'_> = at.path;
    let cpu = fields.default(cx, path, "cpu", (None, default.cpu), |cx, at| cpu::cpu(cx, at, default.cpu));
    let memory = fields.default(cx, path, "memory", default.memory, range::sizes);
    let shm_size = fields.optional(cx, path, "shm_size", memory::size);
    let gpu = if fields.has("gpu") { fields.optional(cx, path, "gpu", gpu) } else { Some(default.gpu) };
    let disk =
        if fields.has("disk") { fields.optional(cx, path, "disk", disk::disk) } else { Some(default.disk) };
    let written = Written { cpu: fields.has("cpu"), memory: fields.has("memory"), disk: fields.has("disk") };
    let (arch, cpu) = cpu?;
    let resources = Resources { arch, cpu, memory: memory?, shm_size: shm_size?, gpu: gpu?, disk: disk? };
    super::impossible::warn(cx, path, &fields, &resources);
    Some((resources, written))
}
