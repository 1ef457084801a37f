//! Fleets and instances.

use super::super::{
    context::{At, Cx, quote},
    scalars,
};
use super::{
    model::{FleetReference, InstanceSelector},
    policies::within,
};
use crate::{diagnostics::Code, yaml::Value};

/// `name`, `project/name`, or an object; `numbers` says whether a number counts as text.
fn fleet_of(cx: &mut Cx<'_>, at: At<'_>, object: &'static str, numbers: bool) -> Option<FleetReference> {
    let is_number = matches!(cx.value(at), Value::Int(_) | Value::BigInt(_) | Value::Float(_));
    let is_bytes = matches!(cx.value(at), Value::Binary(_));
    if matches!(cx.value(at), Value::Str(_)) || (numbers && (is_number || is_bytes)) {
        let text = scalars::text(cx, at)?;
        let parts: Vec<&str> = text.split('/').collect();
        return match parts[..] {
            [name] if !name.is_empty() => Some(FleetReference { project: None, name: name.to_owned() }),
            [project, name] if !project.is_empty() && !name.is_empty() => {
                Some(FleetReference { project: Some(project.to_owned()), name: name.to_owned() })
            }
            _ => {
                cx.report(Code::InvalidValue, at, format!("{} is no fleet", quote(&text)))
                    .help("write `name` or `project/name`");
                None
            }
        };
    }
    let fields = cx.object(at, object)?;
    let name = fields.required(cx, at.path, "name", scalars::text);
    let project = fields.optional(cx, at.path, "project", scalars::text);
    Some(FleetReference { project: project?, name: name? })
}

/// One of the fleets to use.
pub(super) fn fleet(cx: &mut Cx<'_>, at: At<'_>) -> Option<FleetReference> {
    fleet_of(cx, at, "fleets[]", true)
}

/// The instances to use; one at least.
pub(super) fn instances(cx: &mut Cx<'_>, at: At<'_>) -> Option<Vec<InstanceSelector>> {
    let list = scalars::list(cx, at, instance)?;
    if list.is_empty() {
        cx.report(Code::InvalidValue, at, "an empty list names no instance")
            .help("remove the key to consider all");
        return None;
    }
    Some(list)
}

fn instance(cx: &mut Cx<'_>, at: At<'_>) -> Option<InstanceSelector> {
    if matches!(cx.value(at), Value::Str(_)) {
        return filled(cx, at).map(|name| InstanceSelector::Name { name });
    }
    let fields = cx.object(at, "instances[]")?;
    let written: Vec<&str> =
        ["name", "hostname", "fleet", "instance"].into_iter().filter(|key| fields.has(key)).collect();
    match written[..] {
        ["name"] => fields.required(cx, at.path, "name", filled).map(|name| InstanceSelector::Name { name }),
        ["hostname"] => fields
            .required(cx, at.path, "hostname", filled)
            .map(|hostname| InstanceSelector::Hostname { hostname }),
        ["fleet", "instance"] => {
            let fleet =
                fields.required(cx, at.path, "fleet", |cx, at| fleet_of(cx, at, "instances[].fleet", false));
            let instance = fields.required(cx, at.path, "instance", |cx, at| within(cx, at, 0, i64::MAX));
            Some(InstanceSelector::OfFleet { fleet: fleet?, instance: instance? })
        }
        _ => {
            cx.report(
                Code::InvalidValue,
                at,
                "an instance is named by its `name`, by its `hostname`, or by `fleet` and `instance`",
            )
            .help("write one of them, such as `{name: my-instance}`");
            None
        }
    }
}

fn filled(cx: &mut Cx<'_>, at: At<'_>) -> Option<String> {
    let text = scalars::text(cx, at)?;
    if text.is_empty() {
        cx.report(Code::InvalidValue, at, "a name is missing here")
            .help("write the name as the list of instances shows it");
        return None;
    }
    Some(text)
}
