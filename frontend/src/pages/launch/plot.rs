//! Prices by GPU or by size, on a logarithmic scale.

use leptos::{ev, html};
use std::{fmt::Write, sync::Arc};
use wasm_bindgen::JsCast;

use super::{
    desk::{Desk, Kind},
    figures::figures,
    matching::Matched,
};
use crate::{
    components::Icon,
    format::{grouped, price},
    launch::{
        brush::{self, Brush, End},
        figures::{Figure, figures_by_gpu, figures_by_size},
        lanes::lay_out,
        marks::{Axis, Mark, Picture},
    },
    prelude::*,
};

/// What is drawn, and what of.
#[derive(Clone, PartialEq)]
struct Drawn {
    picture: Arc<Picture>,
    limit: Option<f64>,
}

/// The plot; the table of figures says the same.
#[component]
pub(super) fn Plot(desk: Desk) -> impl IntoView {
    let listed = desk.listed;
    let drawn = Memo::new(move |last: Option<&Option<Drawn>>| {
        let kind = desk.kind.get();
        let axis = listed.axis.get();
        match axis.size() {
            None => desk.matched.with(|matched| {
                let matched = matched.as_ref()?;
                let limit = matched.requirements.max_price;
                let lanes = lay_out(&of_kind(&matched.all.plot, kind, |p| p.spot), limit);
                Some(Drawn { picture: Arc::new(Picture::of_lanes(&lanes)), limit })
            }),
            // These come a little later than the match; until they do the last picture stays.
            Some(size) => listed.sizes.with(|sizes| match sizes {
                Some(sized) if sized.axis == axis => {
                    let points = of_kind(&sized.points, kind, |p| p.spot);
                    let picture = Picture::of_sizes(&points, size, sized.limit);
                    Some(Drawn { picture: Arc::new(picture), limit: sized.limit })
                }
                _ => last.cloned().flatten(),
            }),
        }
    });
    let at = RwSignal::new(None::<usize>);
    Effect::new(move |_| {
        drawn.track();
        at.set(None);
    });
    // As tall as it is at most before there are prices, as it is with most texts, so that nothing moves when they come.
    let height =
        move || drawn.with(|drawn| drawn.as_ref().map_or(192.0, |drawn| drawn.picture.height.max(24.0)));
    let table = move || {
        let axis = listed.axis.get();
        let kind = desk.kind.get();
        desk.matched.with(|matched| {
            let matched: &Arc<Matched> = matched.as_ref()?;
            let found: Vec<Figure> = match axis.size() {
                None => figures_by_gpu(&of_kind(&matched.all.plot, kind, |p| p.spot)),
                Some(size) => listed.sizes.with(|sizes| {
                    sizes.as_ref().filter(|sized| sized.axis == axis).map_or_else(Vec::new, |sized| {
                        figures_by_size(&of_kind(&sized.points, kind, |p| p.spot), size)
                    })
                }),
            };
            Some(figures(axis.label(), &found, matched.requirements.max_price.is_some()))
        })
    };
    view! {
        <div class="plot__bar">
            <span class="plot__by" id="plot-by">"Price by"</span>
            <div class="seg" role="group" aria-labelledby="plot-by">
                {Axis::ALL.into_iter().map(|axis| view! {
                    <button class="seg__opt" aria-pressed=move || (listed.axis.get() == axis).to_string()
                        on:click=move |_| listed.axis.set(axis)>{axis.label()}</button>
                }).collect_view()}
            </div>
            <span class="strip__spring"></span>
            {move || listed.brush.get().map(|brush| view! {
                <button class="chip" aria-label=tf!("Price {} /h: take the range away", brush.words())
                    on:click=move |_| listed.brush.set(None)>
                    <span class="chip__key">"Price"</span>{brush.words()}" /h "<Icon name="x"/>
                </button>
            })}
            <button class="chip" aria-pressed=move || listed.figures.get().to_string()
                on:click=move |_| listed.figures.update(|figures| *figures = !*figures)>
                "Table"<span class="sr">" of the plot’s figures"</span>
            </button>
        </div>
        <Show when=move || !listed.figures.get() fallback=move || table()>
            <figure class="plot" style=("--height", move || format!("{}px", height()))>
                <div class="plot__labels">{move || drawn.with(|drawn| drawn.as_ref().map(|drawn| labels(&drawn.picture)))}</div>
                <div class="plot__area">
                    <Field desk drawn at/>
                    <Axes desk drawn/>
                </div>
            </figure>
        </Show>
    }
}

fn of_kind<P: Clone>(points: &[P], kind: Kind, spot: impl Fn(&P) -> bool) -> Vec<P> {
    points
        .iter()
        .filter(|point| match kind {
            Kind::All => true,
            Kind::OnDemand => !spot(point),
            Kind::Spot => spot(point),
        })
        .cloned()
        .collect()
}

fn labels(picture: &Picture) -> impl IntoView + use<> {
    let names = picture
        .labels
        .iter()
        .map(|label| {
            view! {
                <span class="plot__label" style=("--y", format!("{:.1}px", label.y))>
                    {label.text.clone()}" "<span class="meta">{label.meta.clone()}</span>
                </span>
            }
        })
        .collect_view();
    // Labels stand where their lines are; what is out of sight makes room for the longest.
    let longest = picture.labels.iter().max_by_key(|label| label.text.len() + label.meta.len());
    let room = longest.map(|label| {
        view! { <span class="plot__room" aria-hidden="true">{label.text.clone()}" "<span class="meta">{label.meta.clone()}</span></span> }
    });
    view! { {names}{room}<span class="meta plot__size">{picture.note.clone()}</span> }
}

/// Where a pointer is within an element, per cent of its width.
fn across(element: &web_sys::Element, x: i32) -> f64 {
    let area = element.get_bounding_client_rect();
    if area.width() <= 0.0 {
        0.0
    } else {
        ((f64::from(x) - area.left()) / area.width() * 100.0).clamp(0.0, 100.0)
    }
}

/// The marks: to point at, to walk through by keys, and to drag over for a range of prices.
#[component]
fn Field(desk: Desk, drawn: Memo<Option<Drawn>>, at: RwSignal<Option<usize>>) -> impl IntoView {
    let listed = desk.listed;
    let field = NodeRef::<html::Div>::new();
    let from = StoredValue::new(None::<f64>);
    // What a walk by keys leads to is said; what a pointer only passes is not.
    let said = RwSignal::new(String::new());
    let pointed = move |event: &ev::PointerEvent| {
        let field = field.get_untracked()?;
        let area = field.get_bounding_client_rect();
        let (x, y) = (f64::from(event.client_x()) - area.left(), f64::from(event.client_y()) - area.top());
        drawn.with_untracked(|drawn| drawn.as_ref()?.picture.pointed(x, y, area.width()))
    };
    let down = move |event: ev::PointerEvent| {
        let Some(field) = field.get_untracked() else { return };
        if event.button() == 0 {
            let _ = field.set_pointer_capture(event.pointer_id());
            from.set_value(Some(across(&field, event.client_x())));
        }
    };
    let moved = move |event: ev::PointerEvent| {
        let Some(field) = field.get_untracked() else { return };
        if let Some(from) = from.get_value() {
            let to = across(&field, event.client_x());
            let scale = drawn.with_untracked(|drawn| drawn.as_ref().map(|drawn| drawn.picture.scale));
            if let Some(brush) = scale.and_then(|scale| Brush::dragged(scale, from, to)) {
                at.set(None);
                listed.brush.set(Some(brush));
                return;
            }
        }
        let found = pointed(&event);
        if at.get_untracked() != found {
            at.set(found);
        }
    };
    let up = move |event: ev::PointerEvent| {
        from.set_value(None);
        // A finger points where it taps.
        at.set(pointed(&event));
    };
    let keys = move |event: ev::KeyboardEvent| {
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let key = event.key();
        if key == "Escape" && at.get_untracked().is_some() {
            at.set(None);
            event.prevent_default();
            return;
        }
        let to = drawn.with_untracked(|drawn| drawn.as_ref()?.picture.walk(at.get_untracked(), &key));
        if let Some(to) = to {
            event.prevent_default();
            at.set(Some(to));
            let words = mark_of(drawn, Some(to)).map(|mark| told(desk, &mark).join(", "));
            said.set(words.unwrap_or_default());
        }
    };
    let label = move || {
        let axis = listed.axis.get();
        drawn.with(|drawn| drawn.as_ref().map_or_else(String::new, |drawn| spoken(drawn, axis)))
    };
    let chosen = move || mark_of(drawn, at.get());
    view! {
        <div class="plot__field" role="application" aria-roledescription="plot" tabindex="0" node_ref=field
            aria-label=label aria-describedby="plot-help"
            on:pointerdown=down on:pointermove=moved on:pointerup=up
            on:pointercancel=move |_| from.set_value(None)
            on:pointerleave=move |_| if from.get_value().is_none() { at.set(None) }
            on:keydown=keys on:blur=move |_| at.set(None)>
            {move || drawn.with(|drawn| drawn.as_ref().map(|drawn| view! {
                <svg class="plot__svg" aria-hidden="true" inner_html=marks(&drawn.picture, drawn.limit)></svg>
            }))}
            <Shades desk drawn/>
            {move || chosen().map(|mark| view! {
                <span class="plot__ring" style=("--x", format!("{:.2}%", mark.at)) style=("--y", format!("{:.1}px", mark.y))
                    style=("--r", format!("{:.1}px", mark.radius + 2.5))></span>
                <div class="plot__tip" data-flip=(mark.at > 55.0).then_some("")
                    style=("--x", format!("{:.2}%", mark.at)) style=("--y", format!("{:.1}px", mark.y))>
                    {told(desk, &mark).into_iter().map(|line| view! { <span>{line}</span> }).collect_view()}
                </div>
            })}
        </div>
        <p class="sr" id="plot-help">
            "Arrow keys walk from mark to mark. The two sliders below choose a range of prices. The button Table shows the same figures as a table."
        </p>
        <p class="sr" role="status">{said}</p>
    }
}

fn mark_of(drawn: Memo<Option<Drawn>>, at: Option<usize>) -> Option<Mark> {
    drawn.with_untracked(|drawn| drawn.as_ref()?.picture.marks.get(at?).copied())
}

/// What a mark stands for: the machine, its price, how many more.
fn told(desk: Desk, mark: &Mark) -> Vec<String> {
    let Some(offer) = desk.listed.index().and_then(|index| index.offer(mark.row)) else { return Vec::new() };
    let kind = if offer.spot { t!("spot") } else { t!("on-demand") };
    let basis = crate::components::basis_text(&offer);
    let regions = if mark.regions == 1 { offer.region.clone() } else { tf!("{} regions", mark.regions) };
    let offers = match mark.offers {
        1 => t!("1 offer").to_owned(),
        count => tf!("{} offers, the cheapest of them named", grouped(count as u64)),
    };
    let mut lines = vec![
        format!("{}, {}", offer.instance_type, offer.backend),
        tf!("{} an hour, {kind}", price(offer.price)),
        crate::format::machine::hardware(&offer),
        format!("{regions}; {offers}"),
        basis,
    ];
    if mark.beyond {
        lines.push("above max_price".to_owned());
    }
    lines
}

/// What is out of the range of prices, in the shade.
#[component]
fn Shades(desk: Desk, drawn: Memo<Option<Drawn>>) -> impl IntoView {
    move || {
        let brush = desk.listed.brush.get()?;
        let scale = drawn.with(|drawn| drawn.as_ref().map(|drawn| drawn.picture.scale))?;
        let (low, high) = Brush::places(Some(brush), scale);
        Some(view! {
            <span class="plot__shade" style=("--from", "0%") style=("--to", format!("{low:.2}%"))></span>
            <span class="plot__shade" style=("--from", format!("{high:.2}%")) style=("--to", "100%")></span>
        })
    }
}

/// The axis of prices, with a handle for each end of the range.
#[component]
fn Axes(desk: Desk, drawn: Memo<Option<Drawn>>) -> impl IntoView {
    let axis = NodeRef::<html::Div>::new();
    view! {
        {move || drawn.with(|drawn| drawn.as_ref().map(note))}
        <div class="plot__axis" node_ref=axis>
            {move || drawn.with(|drawn| drawn.as_ref().map(ticks))}
            <Handle desk drawn axis end=End::Low/>
            <Handle desk drawn axis end=End::High/>
        </div>
    }
}

/// One end of the range of prices.
#[component]
fn Handle(desk: Desk, drawn: Memo<Option<Drawn>>, axis: NodeRef<html::Div>, end: End) -> impl IntoView {
    let range = desk.listed.brush;
    let held = StoredValue::new(false);
    let scale = move || drawn.with_untracked(|drawn| drawn.as_ref().map(|drawn| drawn.picture.scale));
    let place = move || {
        drawn.with(|drawn| {
            let whole = if end == End::Low { 0.0 } else { 100.0 };
            let Some(drawn) = drawn else { return whole };
            let (low, high) = Brush::places(range.get(), drawn.picture.scale);
            if end == End::Low { low } else { high }
        })
    };
    let keys = move |event: ev::KeyboardEvent| {
        let Some(scale) = scale() else { return };
        if let Some(moved) = Brush::key(range.get_untracked(), scale, end, &event.key()) {
            event.prevent_default();
            range.set(moved);
        }
    };
    let down = move |event: ev::PointerEvent| {
        let target = event.current_target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        if let Some(target) = target {
            let _ = target.set_pointer_capture(event.pointer_id());
            held.set_value(true);
        }
    };
    let moved = move |event: ev::PointerEvent| {
        let (Some(axis), Some(scale), true) = (axis.get_untracked(), scale(), held.get_value()) else {
            return;
        };
        range.set(Brush::moved(range.get_untracked(), scale, end, across(&axis, event.client_x())));
    };
    let label = if end == End::Low { t!("Lowest price") } else { t!("Highest price") };
    view! {
        <span class="plot__handle" role="slider" tabindex="0" aria-label=label aria-orientation="horizontal"
            data-end=if end == End::Low { "low" } else { "high" }
            aria-valuemin="0" aria-valuemax="100" aria-valuenow=move || format!("{:.0}", place())
            aria-valuetext=move || brush::spoken(range.get(), end)
            style=("--x", move || format!("{:.2}%", place()))
            on:keydown=keys on:pointerdown=down on:pointermove=moved
            on:pointerup=move |_| held.set_value(false) on:pointercancel=move |_| held.set_value(false)>
        </span>
    }
}

fn note(drawn: &Drawn) -> impl IntoView + use<> {
    let Drawn { picture, limit } = drawn;
    let beyond = picture.beyond;
    limit.map(|price| picture.scale.at(price)).filter(|_| beyond > 0).map(|at| {
        view! {
            <span class="plot__note" data-flip=(at > 70.0).then_some("") style=("--x", format!("{at:.2}%"))>
                {grouped(beyond as u64)}" above max_price"
            </span>
        }
    })
}

fn ticks(drawn: &Drawn) -> impl IntoView + use<> {
    let Drawn { picture, limit } = drawn;
    let limit_at = limit.map(|price| picture.scale.at(price));
    picture
        .scale
        .ticks(6)
        .into_iter()
        // A tick that the limit's own would cover is left out.
        .filter(|price| limit_at.is_none_or(|at| (picture.scale.at(*price) - at).abs() > 8.0))
        .map(|price| (picture.scale.at(price), format!("${price}"), None))
        .chain(limit.zip(limit_at).map(|(price, at)| (at, tf!("max ${price}"), Some(""))))
        .map(|(at, text, limit)| {
            view! {
                <span class="plot__tick" data-limit=limit aria-hidden="true" style=("--x", format!("{at:.2}%"))>{text}</span>
            }
        })
        .collect_view()
}

fn spoken(drawn: &Drawn, axis: Axis) -> String {
    let Drawn { picture, limit } = drawn;
    let offers = grouped(picture.offers as u64);
    let affordable = limit.map(|limit| {
        tf!(" {} cost {limit} dollars an hour or less.", grouped((picture.offers - picture.beyond) as u64))
    });
    tf!("Prices of {offers} offers by {}, logarithmic.{}", axis.words(), affordable.unwrap_or_default())
}

/// The SVG's content: numbers and fixed words alone. Made as text because it may hold thousands of marks and is drawn
/// anew with each change.
fn marks(picture: &Picture, limit: Option<f64>) -> String {
    let mut svg = String::with_capacity(64 * picture.marks.len());
    let mut put = |args: std::fmt::Arguments<'_>| {
        // Writing to a string cannot fail.
        let _ = svg.write_fmt(args);
    };
    let height = picture.height;
    let limit_at = limit.map(|price| picture.scale.at(price));
    if let Some(at) = limit_at {
        let width = 100.0 - at;
        put(format_args!(
            "<rect class=\"plot__beyond\" x=\"{at:.2}%\" y=\"0\" width=\"{width:.2}%\" height=\"{height}\"/>"
        ));
    }
    for label in &picture.labels {
        let y = label.y;
        put(format_args!("<line class=\"plot__grid\" x1=\"0\" x2=\"100%\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>"));
    }
    // What cannot be afforded lies below what can.
    for beyond in [true, false] {
        for Mark { at, y, radius, spot, .. } in picture.marks.iter().filter(|mark| mark.beyond == beyond) {
            let class = match (beyond, spot) {
                (true, true) => "plot__out\"",
                (true, false) => "plot__out\" data-od=\"\"",
                (false, true) => "plot__spot\"",
                (false, false) => "plot__od\"",
            };
            put(format_args!("<circle class=\"{class} cx=\"{at:.1}%\" cy=\"{y:.0}\" r=\"{radius:.1}\"/>"));
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
