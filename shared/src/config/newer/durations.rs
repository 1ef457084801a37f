//! Durations where dstack 0.22 takes `off`, and what `off` means there.

use super::super::{
    context::{At, Cx},
    duration,
};
use super::model::{Limit, Off};
use crate::{diagnostics::Code, yaml::Value};

/// What stands in the place of a duration.
enum Read {
    Seconds(i64),
    Off,
    /// `on`, which means what holds by default.
    Default,
}

/// Seconds or `off`; `least` is what they may not be below.
fn read(cx: &mut Cx<'_>, at: At<'_>, least: Option<i64>) -> Option<Read> {
    match cx.value(at) {
        Value::Str(text) if text == "off" => return Some(Read::Off),
        Value::Bool(false) => return Some(Read::Off),
        Value::Bool(true) => return Some(Read::Default),
        _ => {}
    }
    let seconds = duration::seconds(cx, at)?;
    if least.is_some_and(|least| seconds < least) {
        let shown = cx.quote(at);
        cx.report(Code::InvalidDuration, at, format!("{shown} is less than no time"))
            .help("write a duration such as `2h`, or `off` for no limit");
        return None;
    }
    Some(Read::Seconds(seconds))
}

/// `max_duration` and `stop_duration`.
pub(super) fn limit(cx: &mut Cx<'_>, at: At<'_>) -> Option<Option<Limit>> {
    Some(match read(cx, at, Some(0))? {
        Read::Seconds(seconds) => Some(Limit::Seconds(seconds)),
        Read::Off => Some(Limit::Off(Off::Off)),
        Read::Default => None,
    })
}

/// `inactivity_duration`: no limit is none at all.
pub(super) fn inactivity(cx: &mut Cx<'_>, at: At<'_>) -> Option<Option<i64>> {
    Some(match read(cx, at, Some(0))? {
        Read::Seconds(seconds) => Some(seconds),
        Read::Off | Read::Default => None,
    })
}

/// `idle_duration`: no limit is -1.
pub(super) fn idle(cx: &mut Cx<'_>, at: At<'_>) -> Option<Option<i64>> {
    Some(match read(cx, at, None)? {
        Read::Seconds(seconds) => Some(seconds),
        Read::Off => Some(-1),
        Read::Default => None,
    })
}
