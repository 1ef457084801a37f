//! How much of a limit is used: in words, and as a line that fills.

use crate::{
    components::Icon,
    limits::{Meter, Reach, name},
    prelude::*,
};

fn tone(reach: Reach) -> Option<&'static str> {
    match reach {
        Reach::Free | Reach::Below => None,
        Reach::Near => Some("warn"),
        Reach::Over => Some("danger"),
    }
}

/// The line by itself; nothing where there is no limit.
#[component]
fn Track(meter: Meter) -> impl IntoView {
    let label = format!("{}: {} {}", name(meter.what), meter.used, meter.of);
    let at = format!("{:.1}%", 100.0 * meter.share);
    (meter.reach != Reach::Free).then(|| {
        view! {
            <div class="loadline" data-tone=tone(meter.reach)>
                <div class="loadline__track" style:--at=at role="meter" aria-label=label aria-valuemin="0" aria-valuemax="100"
                    aria-valuenow=format!("{:.0}", 100.0 * meter.share) aria-valuetext=format!("{} {}. {}", meter.used, meter.of, meter.words)>
                    <span class="loadline__fill"></span>
                </div>
            </div>
        }
    })
}

#[component]
fn Words(meter: Meter) -> impl IntoView {
    let icon = match meter.reach {
        Reach::Free | Reach::Below => None,
        Reach::Near => Some("warn"),
        Reach::Over => Some("error"),
    };
    view! { <span class="reach" data-tone=tone(meter.reach)>{icon.map(|name| view! { <Icon name=name/> })}{meter.words}</span> }
}

/// One of the project's.
#[component]
pub(super) fn Gauge(meter: Meter) -> impl IntoView {
    view! {
        <div class="gauge">
            <div class="gauge__head">
                <span>{name(meter.what)}</span>
                <span><span class="gauge__value">{meter.used.clone()}</span>" "<span class="meta">{meter.of.clone()}</span></span>
            </div>
            <Track meter=meter.clone()/>
            <div class="meta"><Words meter/></div>
        </div>
    }
}

/// One of a person's.
#[component]
pub(super) fn Line(meter: Meter) -> impl IntoView {
    let narrow = name(meter.what);
    view! {
        <div class="limits__cell">
            <span><span class="limits__what">{narrow}": "</span>{meter.used.clone()}" "<span class="meta">{meter.of.clone()}</span></span>
            <Track meter=meter.clone()/>
            {(meter.reach >= Reach::Near).then(|| view! { <Words meter=meter.clone()/> })}
        </div>
    }
}
