//! Prices by GPU, on a logarithmic scale.

use std::fmt::Write;

use leptos::prelude::*;

use super::desk::Desk;
use crate::{
    format::grouped,
    launch::lanes::{Dot, Lanes, lay_out},
};

/// Height of a lane, pixels.
const LANE: usize = 24;

/// The plot; the table below holds the same figures.
#[component]
pub(super) fn Plot(desk: Desk) -> impl IntoView {
    let lanes = Memo::new(move |_| {
        desk.matched.with(|matched| {
            matched.as_ref().map(|matched| (lay_out(&matched.all.plot, matched.max_price), matched.max_price))
        })
    });
    // Two lanes' height before there are prices, so that little moves when they come.
    let rows = move || lanes.with(|lanes| lanes.as_ref().map_or(2, |(lanes, _)| lanes.lanes.len().max(1)));
    view! {
        <figure class="plot" style=("--rows", move || rows().to_string())>
            <div class="plot__labels">{move || lanes.with(|lanes| lanes.as_ref().map(|(lanes, _)| labels(lanes)))}</div>
            <div class="plot__area">
                {move || lanes.with(|lanes| lanes.as_ref().map(|(lanes, limit)| drawing(lanes, *limit)))}
            </div>
        </figure>
    }
}

fn labels(lanes: &Lanes) -> impl IntoView + use<> {
    let names = lanes
        .lanes
        .iter()
        .map(|lane| view! { <span>{lane.name.clone()}" "<span class="meta">{lane.memory.clone()}</span></span> })
        .collect_view();
    let size = match lanes.left_out {
        0 => "dot size: regions".to_owned(),
        1 => "1 dearer GPU not drawn".to_owned(),
        count => format!("{count} dearer GPUs not drawn"),
    };
    view! { {names}<span class="meta plot__size">{size}</span> }
}

fn drawing(lanes: &Lanes, limit: Option<f64>) -> impl IntoView + use<> {
    let height = lanes.lanes.len() * LANE;
    let limit_at = limit.map(|price| lanes.scale.at(price));
    let ticks = lanes
        .scale
        .ticks(6)
        .into_iter()
        // A tick that the limit's own would cover is left out.
        .filter(|price| limit_at.is_none_or(|at| (lanes.scale.at(*price) - at).abs() > 6.0))
        .map(|price| (lanes.scale.at(price), format!("${price}"), None))
        .chain(limit.zip(limit_at).map(|(price, at)| (at, format!("max ${price}"), Some(""))))
        .map(|(at, text, limit)| {
            view! {
                <span class="plot__tick" data-limit=limit style=("--x", format!("{at:.2}%"))>{text}</span>
            }
        })
        .collect_view();
    let note = limit_at.filter(|_| lanes.beyond > 0).map(|at| {
        view! {
            <span class="plot__note" data-flip=(at > 70.0).then_some("") style=("--x", format!("{at:.2}%"))>
                {grouped(lanes.beyond as u64)}" above max_price"
            </span>
        }
    });
    view! {
        <svg class="plot__svg" role="img" aria-label=spoken(lanes, limit) inner_html=marks(lanes, limit_at, height)></svg>
        {note}
        <div class="plot__axis" aria-hidden="true">{ticks}</div>
    }
}

fn spoken(lanes: &Lanes, limit: Option<f64>) -> String {
    let offers = grouped(lanes.offers as u64);
    let affordable = limit.map(|limit| {
        format!(" {} cost {limit} dollars an hour or less.", grouped((lanes.offers - lanes.beyond) as u64))
    });
    format!(
        "Prices of {offers} offers by GPU, logarithmic.{} The table below holds the same figures.",
        affordable.unwrap_or_default()
    )
}

/// The SVG's content: numbers and fixed words alone. Made as text because it may hold a thousand marks and is drawn
/// anew with each change.
fn marks(lanes: &Lanes, limit_at: Option<f64>, height: usize) -> String {
    let mut svg = String::new();
    let mut put = |args: std::fmt::Arguments<'_>| {
        // Writing to a string cannot fail.
        let _ = svg.write_fmt(args);
    };
    if let Some(at) = limit_at {
        let width = 100.0 - at;
        put(format_args!(
            "<rect class=\"plot__beyond\" x=\"{at:.2}%\" y=\"0\" width=\"{width:.2}%\" height=\"{height}\"/>"
        ));
    }
    for lane in 0..lanes.lanes.len() {
        let y = lane * LANE + LANE / 2;
        put(format_args!("<line class=\"plot__grid\" x1=\"0\" x2=\"100%\" y1=\"{y}\" y2=\"{y}\"/>"));
    }
    for (index, lane) in lanes.lanes.iter().enumerate() {
        let y = index * LANE + LANE / 2;
        for Dot { at, radius, spot, beyond } in &lane.dots {
            let class = match (beyond, spot) {
                (true, true) => "plot__out\"",
                (true, false) => "plot__out\" data-od=\"\"",
                (false, true) => "plot__spot\"",
                (false, false) => "plot__od\"",
            };
            put(format_args!("<circle class=\"{class} cx=\"{at:.1}%\" cy=\"{y}\" r=\"{radius:.1}\"/>"));
        }
    }
    if let Some(at) = limit_at {
        put(format_args!(
            "<line class=\"plot__limit\" x1=\"{at:.2}%\" x2=\"{at:.2}%\" y1=\"-2\" y2=\"{height}\"/>"
        ));
        put(format_args!("<circle class=\"plot__limit-ring\" cx=\"{at:.2}%\" cy=\"-7\" r=\"4.5\"/>"));
        let (left, right) = (at - 1.4, at + 1.4);
        put(format_args!(
            "<line class=\"plot__limit\" x1=\"{left:.2}%\" x2=\"{right:.2}%\" y1=\"-7\" y2=\"-7\"/>"
        ));
    }
    svg
}
