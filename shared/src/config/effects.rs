//! Keys that have no effect beside others.

use super::{
    Configuration,
    context::{Cx, Fields, Path},
};
use crate::{
    config::{CreationPolicy, TerminationPolicy},
    diagnostics::Code,
};

/// Warns about what has no effect together.
pub(super) fn warn(cx: &mut Cx<'_>, path: &Path<'_>, fields: &Fields, configuration: &Configuration) {
    let c = configuration;
    if c.termination_policy == Some(TerminationPolicy::DontDestroy) && c.termination_idle_time.is_some() {
        beside(
            cx,
            path,
            fields,
            "termination_idle_time",
            "termination_policy",
            "`dont-destroy` keeps the instance",
        );
    }
    if c.registry_auth.is_some() && c.image.as_deref().unwrap_or_default().is_empty() {
        fields.with(path, "registry_auth", |at| {
            cx.report(Code::NoEffect, at, "`registry_auth` has no effect without an `image`")
                .help("add the `image` that these credentials are for");
        });
    }
    if c.instance_name.is_some() && c.creation_policy != Some(CreationPolicy::Reuse) {
        fields.with(path, "instance_name", |at| {
            cx.report(Code::NoEffect, at, "`instance_name` does not keep a new instance from being created")
                .help("add `creation_policy: reuse` to use that instance or none");
        });
    }
}

fn beside(
    cx: &mut Cx<'_>,
    path: &Path<'_>,
    fields: &Fields,
    idle: &'static str,
    other: &'static str,
    why: &str,
) {
    let related = fields.key(other);
    fields.with(path, idle, |at| {
        let draft = cx.report(Code::NoEffect, at, format!("`{idle}` has no effect here"));
        draft.help("remove one of the two");
        if let Some(related) = related {
            draft.related(related, why);
        }
    });
}
