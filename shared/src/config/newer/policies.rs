//! When to try again, when to stop what is not used, and when to start.

use super::super::{
    context::{At, Cx, Path, quote},
    duration::{self, Use},
    scalars,
};
use super::{
    cron,
    model::{BackendOptions, Retry, Schedule, UtilizationPolicy},
};
use crate::{diagnostics::Code, yaml::Value};

/// The least time that a policy may look at, seconds: dstack 0.22's own.
const LEAST_WINDOW: i64 = 300;

/// Whether, or upon what and how long.
pub(super) fn retry(cx: &mut Cx<'_>, at: At<'_>) -> Option<Retry> {
    if !matches!(cx.value(at), Value::Map(_)) {
        return scalars::boolean(cx, at).map(Retry::Whether);
    }
    let fields = cx.object(at, "retry")?;
    let on_events = fields.optional(cx, at.path, "on_events", |cx, at| {
        let events =
            scalars::list(cx, at, |cx, at| scalars::choice(cx, at, "retry.on_events").map(str::to_owned))?;
        if events.is_empty() {
            cx.report(Code::InvalidValue, at, "an empty list says to try again upon nothing")
                .help("remove the key to try again upon all of it");
            return None;
        }
        Some(events)
    });
    let duration = fields.optional(cx, at.path, "duration", duration::seconds);
    Some(Retry::Policy { on_events: on_events?, duration: duration? })
}

/// How little GPUs may be used, and for how long.
pub(super) fn utilization(cx: &mut Cx<'_>, at: At<'_>) -> Option<UtilizationPolicy> {
    let fields = cx.object(at, "utilization_policy")?;
    let least = fields.required(cx, at.path, "min_gpu_utilization", |cx, at| within(cx, at, 0, 100));
    let window = fields.required(cx, at.path, "time_window", |cx, at| {
        let seconds = duration::seconds_for(cx, at, Use::Window)?;
        if seconds < LEAST_WINDOW {
            cx.report(Code::InvalidDuration, at, "the time that is looked at is 5 minutes or more")
                .help("write `5m` or more");
            return None;
        }
        Some(seconds)
    });
    Some(UtilizationPolicy { min_gpu_utilization: least?, time_window: window? })
}

/// A whole number within bounds, both inclusive.
pub(super) fn within(cx: &mut Cx<'_>, at: At<'_>, least: i64, most: i64) -> Option<i64> {
    let n = scalars::integer(cx, at)?;
    if (least..=most).contains(&n) {
        return Some(n);
    }
    let bounds = if most == i64::MAX { format!("{least} or more") } else { format!("{least} to {most}") };
    cx.report(Code::InvalidInteger, at, format!("expected {bounds}, got {n}"))
        .help(format!("write a whole number: {bounds}"));
    None
}

/// When the run starts.
pub(super) fn schedule(cx: &mut Cx<'_>, at: At<'_>) -> Option<Schedule> {
    let fields = cx.object(at, "schedule")?;
    let cron = fields.required(cx, at.path, "cron", |cx, at| match cx.value(at) {
        Value::Seq(_) | Value::Set(_) => {
            let list = scalars::list(cx, at, expression)?;
            if list.is_empty() {
                cx.report(Code::InvalidValue, at, "a schedule needs one expression at least")
                    .help("write when it starts, such as `0 8 * * mon-fri`");
                return None;
            }
            Some(list)
        }
        _ => expression(cx, at).map(|one| vec![one]),
    });
    Some(Schedule { cron: cron? })
}

fn expression(cx: &mut Cx<'_>, at: At<'_>) -> Option<String> {
    let text = scalars::text(cx, at)?;
    if let Some(meant) = cron::by_name(&text) {
        weekdays(cx, at, &meant);
    }
    if let Err(wrong) = cron::parse(&text) {
        cx.report(Code::InvalidValue, at, format!("{} {wrong}", quote(&text)))
            .help("write minute, hour, day, month and weekday in UTC, such as `0 8 * * mon-fri`");
        return None;
    }
    Some(text)
}

/// Warns about weekdays by number, which begin with Monday here and with Sunday wherever else cron is.
fn weekdays(cx: &mut Cx<'_>, at: At<'_>, [here, elsewhere]: &[String; 2]) {
    let fixes = [here, elsewhere].map(|meant| cx.replacement(at, meant));
    let shown = cx.quote(at);
    let draft = cx.report(Code::CronWeekday, at, format!("in {shown} the weekday 0 is Monday, not Sunday"));
    draft.help(format!("write weekdays by their names: this is {}", quote(here)));
    let [now, meant] = fixes;
    if let Some(meant) = meant {
        draft.offer(format!("write {}, as cron has it elsewhere", quote(elsewhere)), at.range, meant);
    }
    if let Some(now) = now {
        draft.offer(format!("write {}, as it is read now", quote(here)), at.range, now);
    }
}

/// Options of backends, one entry for each.
pub(super) fn backend_options(cx: &mut Cx<'_>, at: At<'_>) -> Option<Vec<BackendOptions>> {
    let options = scalars::list(cx, at, options)?;
    if options.len() > 1 {
        cx.report(Code::InvalidValue, at, "there are options of `vastai` twice")
            .help("put them into one entry");
        return None;
    }
    Some(options)
}

fn options(cx: &mut Cx<'_>, at: At<'_>) -> Option<BackendOptions> {
    let fields = cx.object(at, "backend_options[]")?;
    let path: &Path<'_> = at.path;
    let kind = fields.default(cx, path, "type", "vastai".to_owned(), |cx, at| {
        if matches!(cx.value(at), Value::Binary(_)) {
            scalars::wrong_text(cx, at);
            return None;
        }
        scalars::choice(cx, at, "backend_options[].type").map(str::to_owned)
    });
    let offer_order = fields.optional(cx, path, "offer_order", |cx, at| {
        scalars::choice(cx, at, "backend_options[].offer_order").map(str::to_owned)
    });
    let min_reliability = fields.optional(cx, path, "min_reliability", |cx, at| {
        let share = cx.float_of(cx.value(at)).filter(|share| (0.0..=1.0).contains(share));
        if share.is_none() {
            let what = cx.kind_of(at);
            cx.report(Code::InvalidNumber, at, format!("expected a number from 0 to 1, got {what}"))
                .help("it is a share: `0.95` is 95 %");
        }
        share
    });
    let min_score = fields.optional(cx, path, "min_score", |cx, at| within(cx, at, 0, i64::MAX));
    Some(BackendOptions {
        r#type: kind?,
        offer_order: offer_order?,
        min_reliability: min_reliability?,
        min_score: min_score?,
    })
}
