//! The fields that a profile may set, too: where to run, at what price, for how long.

use super::{
    context::{At, Cx, Path},
    duration,
    fields::Fields,
    scalars, surprise,
};
use crate::{
    config::{CreationPolicy, Profile, RetryPolicy, SpotPolicy, TerminationPolicy},
    diagnostics::Code,
};

/// Reads the profile fields among `fields`.
pub(super) fn profile(cx: &mut Cx<'_>, path: &Path<'_>, fields: &Fields) -> Option<Profile> {
    let (backends, regions, instance_types) = places(cx, path, fields);
    let spot_policy = spot_policy(cx, path, fields);
    let retry_policy = fields.optional(cx, path, "retry_policy", retry_policy);
    let max_duration = fields.optional(cx, path, "max_duration", duration::or_off);
    let max_price = fields.optional(cx, path, "max_price", price);
    let pool_name = fields.optional(cx, path, "pool_name", scalars::text);
    let instance_name = fields.optional(cx, path, "instance_name", scalars::text);
    let creation_policy = creation_policy(cx, path, fields);
    let termination_policy = fields.optional(cx, path, "termination_policy", |cx, at| {
        Some(match scalars::choice(cx, at, "termination_policy")? {
            "dont-destroy" => TerminationPolicy::DontDestroy,
            _ => TerminationPolicy::DestroyAfterIdle,
        })
    });
    let termination_idle_time = fields.optional(cx, path, "termination_idle_time", duration::seconds);
    Some(Profile {
        backends: backends?,
        regions: regions?,
        instance_types: instance_types?,
        spot_policy: spot_policy?,
        retry_policy: retry_policy?,
        max_duration: max_duration?,
        max_price: max_price?,
        pool_name: pool_name?,
        instance_name: instance_name?,
        creation_policy: creation_policy?,
        termination_policy: termination_policy?,
        termination_idle_time: termination_idle_time?,
    })
}

/// A list of texts that may be missing; the outer `None` says that it is wrong.
type Texts = Option<Option<Vec<String>>>;

/// The backends, regions and instance types.
pub(super) fn places(cx: &mut Cx<'_>, path: &Path<'_>, fields: &Fields) -> (Texts, Texts, Texts) {
    let backends = fields.optional(cx, path, "backends", |cx, at| {
        let list = scalars::list(cx, at, |cx, at| scalars::choice(cx, at, "backends").map(str::to_owned));
        scalars::filter(cx, at, "backends", list)
    });
    let regions = fields.optional(cx, path, "regions", |cx, at| {
        let list = scalars::texts(cx, at);
        scalars::filter(cx, at, "regions", list)
    });
    let instance_types = fields.optional(cx, path, "instance_types", |cx, at| {
        let list = scalars::texts(cx, at);
        scalars::filter(cx, at, "instance types", list)
    });
    (backends, regions, instance_types)
}

/// Which kind of machines.
pub(super) fn spot_policy(cx: &mut Cx<'_>, path: &Path<'_>, fields: &Fields) -> Option<Option<SpotPolicy>> {
    fields.optional(cx, path, "spot_policy", |cx, at| {
        Some(match scalars::choice(cx, at, "spot_policy")? {
            "spot" => SpotPolicy::Spot,
            "on-demand" => SpotPolicy::OnDemand,
            _ => SpotPolicy::Auto,
        })
    })
}

/// Whether new instances may be made.
pub(super) fn creation_policy(
    cx: &mut Cx<'_>,
    path: &Path<'_>,
    fields: &Fields,
) -> Option<Option<CreationPolicy>> {
    fields.optional(cx, path, "creation_policy", |cx, at| {
        Some(match scalars::choice(cx, at, "creation_policy")? {
            "reuse" => CreationPolicy::Reuse,
            _ => CreationPolicy::ReuseOrCreate,
        })
    })
}

/// A duration says yes by itself, even beside `retry: false`.
fn retry_policy(cx: &mut Cx<'_>, at: At<'_>) -> Option<RetryPolicy> {
    let fields = cx.object(at, "retry_policy")?;
    let retry = fields.default(cx, at.path, "retry", false, scalars::boolean);
    let duration = fields.optional(cx, at.path, "duration", duration::seconds);
    let (retry, duration) = (retry?, duration?);
    if duration.is_some() && !retry && fields.has("retry") {
        let duration = fields.entry("duration");
        let removal = duration.and_then(|(key, value)| cx.removal(key, value));
        fields.with(at.path, "retry", |at| {
            let fixable = cx.is_bare(at);
            let draft = cx.report(Code::RetryForced, at, "`retry: false` has no effect beside a `duration`");
            draft.help("write `true` to try again, or remove `duration` to try only once");
            if let Some((duration, _)) = duration {
                draft.related(duration, "this says to try again");
            }
            if fixable {
                draft.offer("write `true`", at.range, "true");
            }
            if let Some(removal) = removal {
                draft.offer("remove `duration`", removal, "");
            }
        });
    } else if duration.is_none() && retry {
        fields.with(at.path, "retry", |at| {
            let addition = cx.addition(at.key, at.range, "duration: 4h").filter(|_| !fields.has("duration"));
            let draft = cx.report(Code::RetryUnlimited, at, "without a `duration`, trying again never ends");
            draft.help("add a `duration`, such as `4h`");
            if let Some((place, text)) = addition {
                draft.offer("add `duration: 4h`", place, text);
            }
        });
    }
    Some(RetryPolicy { retry: retry || duration.is_some(), duration })
}

/// US dollars an hour.
pub(super) fn price(cx: &mut Cx<'_>, at: At<'_>) -> Option<f64> {
    let Some(price) = cx.float_of(cx.value(at)) else {
        let what = cx.kind_of(at);
        let written = cx.doc.node(at.node).text.clone().unwrap_or_default();
        let number = written.trim_matches(|c: char| !c.is_ascii_digit() && c != '.');
        let number = number.parse::<f64>().is_ok_and(|n| n > 0.0 && n.is_finite()).then(|| number.to_owned());
        let in_place = cx.is_in_place(at);
        let draft = cx.report(Code::InvalidNumber, at, format!("expected a price, got {what}"));
        draft.help("write US dollars an hour as a number, such as `2.5`");
        if let (Some(number), true) = (number, in_place) {
            // Another currency or a suffix makes it another price.
            let around = written.replacen(&number, "#", 1).replace(' ', "").to_ascii_lowercase();
            let certain =
                matches!(around.as_str(), "$#" | "#$" | "#usd" | "$#/h" | "#$/h" | "#/h" | "#usd/h");
            draft.suggest(certain, format!("write `{number}`"), at.range, number);
        }
        return None;
    };
    // Not a number is not above 0 either.
    if price.is_nan() || price <= 0.0 {
        let what = cx.quote(at);
        cx.report(Code::PriceNotPositive, at, format!("a price is above 0, got {what}"))
            .help("remove the key for no limit");
        return None;
    }
    surprise::as_number(cx, at, &format!("${price}/h"), &price.to_string());
    Some(price)
}
