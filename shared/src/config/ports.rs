//! Ports: a number, `local:container`, `*:container`, or an object.

use super::{
    coerce::{self, Int},
    context::{At, Cx, Path, quote},
    scalars, surprise,
};
use std::collections::BTreeMap;

use crate::{
    config::PortMapping,
    diagnostics::{ByteRange, Code},
    yaml::{Value, with_ascii_digits},
};

/// dstack's own upper bound, one too many.
const MOST: i128 = 65536;

/// The last port there is.
const LAST: u32 = 65535;

const HELP: &str =
    "write a port such as `8080`, a mapping such as `\"8080:80\"`, or `\"*:80\"` for any free port";

/// The list of ports.
pub(super) fn ports(cx: &mut Cx<'_>, at: At<'_>) -> Option<Vec<PortMapping>> {
    let ports = scalars::list(cx, at, port)?;
    let items = cx.items(at).unwrap_or_default();
    let mut seen: BTreeMap<(Option<u32>, u32), ByteRange> = BTreeMap::new();
    for (i, (&(node, range), port)) in items.iter().zip(&ports).enumerate() {
        let path = Path::Index(at.path, i);
        let item = At { node, range, key: at.range, path: &path };
        // A port of your machine can be given away once; `*` takes another one each time.
        let identity = (port.local_port, if port.local_port.is_some() { 0 } else { port.container_port });
        if let Some(&first) = seen.get(&identity) {
            let what = port.local_port.map_or_else(
                || format!("port {} is mapped twice", port.container_port),
                |local| format!("port {local} of your machine is given twice"),
            );
            cx.report(Code::DuplicatePort, item, what)
                .help("remove one of the two, or choose another port")
                .related(first, "it is first given here");
        } else {
            seen.insert(identity, range);
        }
        if let Some(why) = unusable(*port) {
            cx.report(Code::UnusablePort, item, why).help("choose another port");
        }
    }
    Some(ports)
}

fn unusable(port: PortMapping) -> Option<String> {
    if [port.local_port, Some(port.container_port)].contains(&Some(65536)) {
        return Some("there is no port 65536, though dstack takes it".to_owned());
    }
    (10_000..11_000).contains(&port.container_port).then(|| {
        format!(
            "dstack keeps the ports from 10000 to 10999 for itself and does not forward {}",
            port.container_port
        )
    })
}

fn port(cx: &mut Cx<'_>, at: At<'_>) -> Option<PortMapping> {
    if cx.is_newer() {
        return newer(cx, at);
    }
    let value = cx.value(at);
    // A number, or what becomes one.
    if let Some(int) = coerce::int(value) {
        let Some(port) = in_range(int) else {
            let what = cx.kind_of(at);
            let spelled = cx.doc.node(at.node).text.clone().unwrap_or_default();
            let base_60 = spelled.contains(':') && matches!(value, Value::Int(_) | Value::BigInt(_));
            let fixable = base_60 && cx.is_bare(at) && mapping(&spelled).is_some_and(|m| m.is_ok());
            let draft = cx.report(Code::InvalidPort, at, format!("a port is 1 to 65536, got {what}"));
            if base_60 {
                draft.help("digits with a colon are a base-60 number in YAML 1.1: quote the mapping");
            } else {
                draft.help(HELP);
            }
            if fixable {
                draft.fix(format!("quote {}", quote(&spelled)), at.range, format!("\"{spelled}\""));
            }
            return None;
        };
        surprise::as_port(cx, at, port);
        if let Value::Float(_) = value {
            surprise::fraction(cx, at, i64::from(port));
        }
        return Some(PortMapping { local_port: Some(port), container_port: port });
    }
    match value {
        Value::Str(text) => match mapping(text) {
            Some(Ok(mapping)) => Some(mapping),
            Some(Err(which)) => {
                cx.report(
                    Code::InvalidPort,
                    at,
                    format!("the {which} port of {} is not 1 to 65536", quote(text)),
                );
                None
            }
            None => {
                cx.report(Code::InvalidPort, at, format!("{} is no port", quote(text))).help(HELP);
                None
            }
        },
        Value::Float(_) | Value::Timestamp(_) | Value::Binary(_) => {
            let what = cx.kind_of(at);
            cx.report(Code::InvalidPort, at, format!("expected a port, got {what}")).help(HELP);
            None
        }
        _ => {
            let fields = cx.object(at, "ports[]")?;
            let local_port = fields.optional(cx, at.path, "local_port", number);
            let container_port = fields.required(cx, at.path, "container_port", number);
            Some(PortMapping { local_port: local_port?, container_port: container_port? })
        }
    }
}

/// As dstack 0.22 reads it: a number up to 65535, or a text of digits with the port of one's machine before a colon if
/// need be, but no float.
fn newer(cx: &mut Cx<'_>, at: At<'_>) -> Option<PortMapping> {
    let value = cx.value(at);
    let same = |port: u32| PortMapping { local_port: Some(port), container_port: port };
    let read = match value {
        Value::Int(_) | Value::BigInt(_) | Value::Bool(_) => {
            coerce::int(value).and_then(in_range).filter(|&port| port <= LAST).map(same)
        }
        Value::Str(text) => {
            let text = with_ascii_digits(text);
            match text.split_once(':') {
                Some(_) => mapping(&text).and_then(Result::ok),
                None => {
                    mapping(&format!("*:{text}")).and_then(Result::ok).map(|port| same(port.container_port))
                }
            }
        }
        Value::Float(_) | Value::Timestamp(_) | Value::Binary(_) | Value::Null => None,
        _ => {
            let fields = cx.object(at, "ports[]")?;
            let local_port = fields.optional(cx, at.path, "local_port", number);
            let container_port = fields.required(cx, at.path, "container_port", number);
            return Some(PortMapping { local_port: local_port?, container_port: container_port? });
        }
    };
    let read =
        read.filter(|port| port.container_port <= LAST && port.local_port.is_none_or(|port| port <= LAST));
    match read {
        Some(port) if !matches!(value, Value::Str(_)) => surprise::as_port(cx, at, port.container_port),
        Some(_) => {}
        None => {
            let what = cx.kind_of(at);
            cx.report(Code::InvalidPort, at, format!("expected a port from 1 to 65535, got {what}"))
                .help(HELP);
        }
    }
    read
}

fn number(cx: &mut Cx<'_>, at: At<'_>) -> Option<u32> {
    let most = if cx.is_newer() { LAST } else { MOST as u32 };
    let port = cx.int_of(cx.value(at)).and_then(in_range).filter(|&port| port <= most);
    match port {
        Some(port) => {
            surprise::as_number(cx, at, &format!("port {port}"), &port.to_string());
            surprise::fraction(cx, at, i64::from(port));
        }
        None => {
            let what = cx.kind_of(at);
            cx.report(Code::InvalidPort, at, format!("expected a port from 1 to {most}, got {what}"));
        }
    }
    port
}

fn in_range(int: Int) -> Option<u32> {
    match int {
        Int::Small(n) if (1..=MOST).contains(&n) => u32::try_from(n).ok(),
        _ => None,
    }
}

/// `8080:80` or `*:80`, ASCII digits, at most one line break after it. The error names the side that is out of range.
fn mapping(text: &str) -> Option<Result<PortMapping, &'static str>> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let (local, container) = text.split_once(':')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !(local == "*" || digits(local)) || !digits(container) {
        return None;
    }
    let port = |text: &str| coerce::int_of_text(text).and_then(in_range);
    let local_port = if local == "*" { None } else { port(local) };
    Some(match (local_port, port(container)) {
        (None, _) if local != "*" => Err("local"),
        (_, None) => Err("container"),
        (local_port, Some(container_port)) => Ok(PortMapping { local_port, container_port }),
    })
}
