//! Keys that have no effect beside others.

use super::{
    Configuration, Profile,
    context::{At, Cx, Path},
    fields::Fields,
};
use crate::{
    config::{CreationPolicy, TerminationPolicy},
    diagnostics::Code,
};

/// Warns about what has no effect together.
pub(super) fn warn(cx: &mut Cx<'_>, path: &Path<'_>, fields: &Fields, configuration: &Configuration) {
    warn_of_profile(cx, path, fields, &configuration.profile(), true);
    warn_of_texts(cx, path, fields, configuration);
}

/// Warns about texts without anything in them, and about what has no effect without an image.
pub(super) fn warn_of_texts(
    cx: &mut Cx<'_>,
    path: &Path<'_>,
    fields: &Fields,
    configuration: &Configuration,
) {
    let c = configuration;
    for (name, text) in [
        ("image", c.image.as_deref()),
        ("home_dir", Some(c.home_dir.as_str())),
        ("pool_name", c.pool_name.as_deref()),
        ("instance_name", c.instance_name.as_deref()),
    ] {
        if text == Some("") {
            fields.with(path, name, |at| {
                let removal = cx.removal(at.key, at.range);
                let draft =
                    cx.report(Code::EmptyText, at, format!("`{name}` is an empty text, not left out"));
                draft.help("remove the key, or give it a value");
                if let Some(removal) = removal {
                    draft.offer("remove the key", removal, "");
                }
            });
        }
    }
    if !c.home_dir.is_empty() && !c.home_dir.starts_with('/') {
        fields.with(path, "home_dir", |at| {
            let shown = cx.quote(at);
            cx.report(Code::PathNotAbsolute, at, format!("{shown} is no absolute path"))
                .help("write where it is from the root on, such as `/root`");
        });
    }
    if c.registry_auth.is_some() && c.image.as_deref().unwrap_or_default().is_empty() {
        fields.with(path, "registry_auth", |at| {
            let removal = cx.removal(at.key, at.range);
            let spot = At { range: at.key, ..at };
            let draft = cx.report(Code::NoEffect, spot, "`registry_auth` has no effect without an `image`");
            draft.help("add the `image` that these credentials are for");
            if let Some(removal) = removal {
                draft.offer("remove `registry_auth`", removal, "");
            }
        });
    }
}

/// As [`warn`], for the fields that a profile shares. Of a profile, `whole` is false: what it does not
/// say, a configuration may.
pub(super) fn warn_of_profile(
    cx: &mut Cx<'_>,
    path: &Path<'_>,
    fields: &Fields,
    profile: &Profile,
    whole: bool,
) {
    let c = profile;
    let reuse = c.creation_policy == Some(CreationPolicy::Reuse);
    let kept = c.termination_policy == Some(TerminationPolicy::DontDestroy);
    if reuse {
        // Both belong to an instance and are given to it when it is created.
        for (name, written) in [
            ("termination_policy", c.termination_policy.is_some()),
            ("termination_idle_time", c.termination_idle_time.is_some()),
        ] {
            if written {
                let why = "no instance is created, and those there are keep what they were created with";
                // An idle time that has no effect for two reasons has none without the first one either.
                let twice = kept && name == "termination_idle_time";
                beside(cx, path, fields, [name, "creation_policy"], why, !twice);
            }
        }
    } else if kept && c.termination_idle_time.is_some() {
        let why = "this keeps the instance however long it is idle";
        beside(cx, path, fields, ["termination_idle_time", "termination_policy"], why, true);
    }
    if c.instance_name.is_some() && !reuse && (whole || c.creation_policy.is_some()) {
        let policy = fields.entry("creation_policy").filter(|(_, value)| value.start < value.end);
        fields.with(path, "instance_name", |at| {
            let addition = match policy {
                Some((_, value)) => Some((value, "reuse".to_owned())),
                None => cx.addition(at.key, at.range, "creation_policy: reuse"),
            };
            let message = "`instance_name` does not keep a new instance from being created";
            let draft = cx.report(Code::NoEffect, at, message);
            draft.help("write `creation_policy: reuse` to use that instance or none");
            if let Some((policy, _)) = policy {
                draft.related(policy, "this allows new ones");
            }
            if let Some((place, text)) = addition {
                draft.offer("write `creation_policy: reuse`", place, text);
            }
        });
    }
}

/// `idle` has no effect beside `other`; `helps` says whether it had one without it.
fn beside(
    cx: &mut Cx<'_>,
    path: &Path<'_>,
    fields: &Fields,
    [idle, other]: [&'static str; 2],
    why: &str,
    helps: bool,
) {
    let removals =
        [idle, other].map(|name| (name, fields.entry(name).and_then(|(key, value)| cx.removal(key, value))));
    let removals = removals.into_iter().take(if helps { 2 } else { 1 });
    fields.with(path, idle, |at| {
        let draft = cx.report(Code::NoEffect, at, format!("`{idle}` has no effect beside `{other}`"));
        draft.help("remove one of the two");
        if let Some((_, related)) = fields.entry(other) {
            draft.related(related, why);
        }
        for (name, removal) in removals {
            if let Some(removal) = removal {
                draft.offer(format!("remove `{name}`"), removal, "");
            }
        }
    });
}
