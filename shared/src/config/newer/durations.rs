//! Durations where dstack 0.22 takes `off`, and what `off` means there.

use super::super::{
    context::{At, Cx},
    duration::{self, Use},
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

/// Seconds or `off`; below 0 only where that says the same as `off`.
fn read(cx: &mut Cx<'_>, at: At<'_>, used: Use) -> Option<Read> {
    match cx.value(at) {
        Value::Str(text) if text == "off" => return Some(Read::Off),
        Value::Bool(false) => return Some(Read::Off),
        Value::Bool(true) => {
            let shown = cx.quote(at);
            let removal = cx.removal(at.key, at.range);
            let draft = cx.report(Code::NoEffect, at, format!("{shown} is as if the key were not there"));
            draft.help("write a duration such as `2h`, or remove the key");
            if let Some(removal) = removal {
                draft.offer("remove the key", removal, "");
            }
            return Some(Read::Default);
        }
        _ => {}
    }
    let seconds = duration::seconds_for(cx, at, used)?;
    if used != Use::Idle && seconds < 0 {
        let shown = cx.quote(at);
        let in_place = cx.is_in_place(at);
        let draft = cx.report(Code::InvalidDuration, at, format!("{shown} is less than no time"));
        draft.help("write a duration such as `2h`, or `off` for no limit");
        if in_place {
            draft.offer("write `off`", at.range, "off");
        }
        return None;
    }
    Some(Read::Seconds(seconds))
}

/// `max_duration` and `stop_duration`.
pub(super) fn limit(cx: &mut Cx<'_>, at: At<'_>) -> Option<Option<Limit>> {
    Some(match read(cx, at, Use::Limit)? {
        Read::Seconds(seconds) => Some(Limit::Seconds(seconds)),
        Read::Off => Some(Limit::Off(Off::Off)),
        Read::Default => None,
    })
}

/// `inactivity_duration`: no limit is none at all.
pub(super) fn inactivity(cx: &mut Cx<'_>, at: At<'_>) -> Option<Option<i64>> {
    Some(match read(cx, at, Use::Inactivity)? {
        Read::Seconds(seconds) => Some(seconds),
        Read::Off | Read::Default => None,
    })
}

/// `idle_duration`: no limit is -1.
pub(super) fn idle(cx: &mut Cx<'_>, at: At<'_>) -> Option<Option<i64>> {
    Some(match read(cx, at, Use::Idle)? {
        Read::Seconds(seconds) => Some(seconds),
        Read::Off => Some(-1),
        Read::Default => None,
    })
}
