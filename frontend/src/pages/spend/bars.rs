//! A bar for each day, its parts on top of each other.

use super::Report;
use crate::{
    format,
    prelude::*,
    spend::{Bar, Chart, by_word, day, key_word},
};

/// How wide a day is in the drawing's own units, and how much of it its bar takes up.
const DAY: f64 = 10.0;
const BAR: f64 = 8.0;
/// How high the drawing is in its own units.
const HEIGHT: f64 = 100.0;

/// The panel: legend, chart, axis. The tables below have the same figures.
#[component]
pub(super) fn Bars(report: Report) -> impl IntoView {
    view! {
        <section class="panel" aria-labelledby="by-day-chart">
            <div class="panel__head">
                <h2 class="panel__title" id="by-day-chart">"Spend by day"</h2>
                <Legend report/>
            </div>
            <div class="panel__body">
                {move || report.chart.get().map(|chart| view! { <Drawing report chart/> })}
                <Show when=move || report.chart.with(Option::is_none)>
                    // As tall as what comes.
                    <div class="stacks" aria-hidden="true"></div>
                    <div class="bars__axis" aria-hidden="true"><span>"\u{a0}"</span></div>
                </Show>
            </div>
        </section>
    }
}

#[component]
fn Legend(report: Report) -> impl IntoView {
    let by =
        move || report.asked.answer.with(|spend| spend.as_ref().map(|spend| spend.by).unwrap_or_default());
    let keys = move || {
        let series =
            report.chart.with(|chart| chart.as_ref().map(|chart| chart.series.clone()).unwrap_or_default());
        let by = by();
        series
            .into_iter()
            .enumerate()
            .map(|(at, series)| {
                let word = if series.rest { series.key } else { key_word(by, &series.key) };
                view! { <li class="legend__key"><span class="legend__bar" data-series=series_word(at, series.rest) aria-hidden="true"></span>{word}</li> }
            })
            .collect_view()
    };
    view! { <ul class="legend" aria-label="What the colours mean">{keys}</ul> }
}

/// What colours a series: its place, or that it is the rest.
fn series_word(at: usize, rest: bool) -> String {
    if rest { "rest".to_owned() } else { (at + 1).to_string() }
}

#[component]
fn Drawing(report: Report, chart: Chart) -> impl IntoView {
    let by =
        report.asked.answer.with_untracked(|spend| spend.as_ref().map(|spend| spend.by).unwrap_or_default());
    let sum: f64 = chart.bars.iter().map(|bar| bar.usd).sum();
    let label = tf!(
        "Spend of {} days by {}, {} in all; the tables below have the figures",
        chart.bars.len(),
        by_word(by),
        format::cost(sum)
    );
    let width = DAY * chart.bars.len().max(1) as f64;
    let lines = chart
        .lines()
        .into_iter()
        .map(|usd| {
            let share = format!("{:.2}%", 100.0 * usd / chart.top);
            view! { <div class="stacks__line" style:--v=share><span>{whole(usd)}</span></div> }
        })
        .collect_view();
    let names: Vec<String> = chart
        .series
        .iter()
        .map(|series| if series.rest { series.key.clone() } else { key_word(by, &series.key) })
        .collect();
    let bars = chart
        .bars
        .iter()
        .enumerate()
        .map(|(at, bar)| {
            let rests: Vec<bool> = chart.series.iter().map(|series| series.rest).collect();
            column(at, bar, chart.top, &names, &rests)
        })
        .collect_view();
    view! {
        <div class="stacks">
            <div aria-hidden="true">{lines}</div>
            <svg class="stacks__svg" viewBox=format!("0 0 {width} {HEIGHT}") preserveAspectRatio="none" role="img" aria-label=label>{bars}</svg>
        </div>
        <div class="bars__axis" aria-hidden="true">{ticks(&chart.bars).into_iter().map(|tick| view! { <span>{tick}</span> }).collect_view()}</div>
    }
}

/// A day's parts, the dearest series at the foot, and what the pointer that rests on it is told.
fn column(at: usize, bar: &Bar, top: f64, names: &[String], rests: &[bool]) -> impl IntoView + use<> {
    let x = DAY * at as f64 + (DAY - BAR) / 2.0;
    let mut foot = HEIGHT;
    let mut words = format!("{}: {}", day(&bar.date, true), format::cost(bar.usd));
    let mut parts = Vec::new();
    for (series, usd) in bar.parts.iter().copied().enumerate().filter(|(_, usd)| *usd > 0.0) {
        let height = HEIGHT * usd / top;
        foot -= height;
        words.push_str(&format!("\n{}: {}", names[series], format::cost(usd)));
        parts.push(view! {
            <rect class="stacks__part" data-series=series_word(series, rests[series]) x=format!("{x:.2}") y=format!("{foot:.3}") width=BAR.to_string() height=format!("{height:.3}")/>
        });
    }
    let here = DAY * at as f64;
    view! {
        <g class="stacks__day">
            <title>{words}</title>
            <rect class="stacks__hit" x=here.to_string() y="0" width=DAY.to_string() height=HEIGHT.to_string()/>
            {parts}
        </g>
    }
}

/// The days that are named below: the first, the last, and some between.
fn ticks(bars: &[Bar]) -> Vec<String> {
    let last = bars.len().saturating_sub(1);
    let count = last.min(4);
    let at = |tick: usize| (last * tick + count / 2).checked_div(count).unwrap_or_default();
    (0..=count).filter_map(|tick| bars.get(at(tick))).map(|bar| day(&bar.date, false)).collect()
}

/// A line's figure without cents that say nothing.
fn whole(usd: f64) -> String {
    let words = format::cost(usd);
    words.strip_suffix(".00").map(ToOwned::to_owned).unwrap_or(words)
}
