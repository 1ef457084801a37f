//! What the environment used over the last hour or week.

use berth_shared::api::{UsageHistory, UsageSample, UsageSpan};
use gloo_timers::future::TimeoutFuture;
use leptos::task::spawn_local;

use super::super::Subject;
use crate::{api, components::Spark, format, live::use_live, prelude::*};

/// How often it is asked for, milliseconds: as often as a fine sample is made.
const EVERY: u32 = 10_000;
/// How many rows the table has at most: of longer histories every so many-th.
const ROWS: usize = 60;

/// What one chart shows.
struct Chart {
    name: &'static str,
    /// The shares of the top, oldest first.
    shares: Vec<f64>,
    last: String,
    note: String,
}

/// Charts, and the same as a table.
#[component]
pub(super) fn Past(subject: Subject, span: UsageSpan) -> impl IntoView {
    let live = use_live();
    let history = RwSignal::new(None::<Result<UsageHistory, String>>);
    let (name, run) = (subject.name, subject.run);
    spawn_local(async move {
        let word = match span {
            UsageSpan::Hour => "hour",
            UsageSpan::Week => "week",
        };
        while !history.is_disposed() {
            let answer = api::get::<UsageHistory>(&format!("/api/v1/runs/{name}/usage?span={word}")).await;
            let over = matches!(&answer, Err(error) if error.status().is_some());
            let had = history.try_with_untracked(
                |history| matches!(history, Some(Ok(history)) if !history.samples.is_empty()),
            ) == Some(true);
            // What was shown stays when the run ends while somebody looks.
            if !had || matches!(&answer, Ok(history) if !history.samples.is_empty()) {
                history.try_set(Some(answer.map_err(|error| error.to_string())));
            }
            if over {
                return;
            }
            TimeoutFuture::new(EVERY).await;
        }
    });
    let body = move || match history.get() {
        None => view! { <p class="panel__foot">"Loading…"</p> }.into_any(),
        Some(Err(why)) => view! { <p class="panel__foot">{format::capitalised(&why)}</p> }.into_any(),
        Some(Ok(history)) if history.samples.is_empty() => {
            let note = if run.with(|run| run.status.is_finished()) {
                t!("It is over, and what it used went with it.")
            } else {
                t!(
                    "Nothing was measured yet. Where an environment keeps figures, the first come within 20 seconds."
                )
            };
            view! { <p class="panel__foot">{note}</p> }.into_any()
        }
        Some(Ok(history)) => {
            let samples = history.samples;
            let charts = charts(&samples).into_iter().map(|chart| {
                let label = format!("{}, {}", chart.name, span_in_words(span));
                view! {
                    <div class="gauge">
                        <div class="gauge__head"><span>{chart.name}</span><span class="gauge__value">{chart.last}</span></div>
                        <Spark shares=Signal::stored(chart.shares) label=label size="lg"/>
                        <div class="meta">{chart.note}</div>
                    </div>
                }
            });
            let since = samples.first().map(|first| first.at);
            let from = since.map(|at| tf!("since {}", format::clock_when(at, live.now.get_untracked())));
            view! {
                <div class="gauges">{charts.collect_view()}</div>
                <div class="panel__foot"><span>{from}</span><span>{every(span)}</span></div>
                <Table samples=samples/>
            }
            .into_any()
        }
    };
    view! { {body} }
}

/// The figures for those who do not see the charts.
#[component]
fn Table(samples: Vec<UsageSample>) -> impl IntoView {
    let live = use_live();
    let step = samples.len().div_ceil(ROWS).max(1);
    let rows = samples.into_iter().rev().step_by(step).map(move |sample| {
        let gpu = sample.gpu.map_or_else(|| "–".to_owned(), |busy| format!("{:.0}%", 100.0 * busy));
        let disk = sample.disk_bytes.map_or_else(|| "–".to_owned(), format::bytes);
        view! {
            <tr>
                <th scope="row">{format::clock_when(sample.at, live.now.get_untracked())}</th>
                <td>{format!("{:.2}", sample.cpus)}</td>
                <td>{format::bytes(sample.memory_bytes)}</td>
                <td>{disk}</td>
                <td>{gpu}</td>
            </tr>
        }
    });
    view! {
        <div class="sr">
            <table aria-label="Usage">
                <thead><tr>
                    <th scope="col">"Time"</th><th scope="col">"CPUs"</th><th scope="col">"RAM"</th>
                    <th scope="col">"Disk"</th><th scope="col">"GPU"</th>
                </tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
}

fn span_in_words(span: UsageSpan) -> &'static str {
    match span {
        UsageSpan::Hour => t!("the last hour"),
        UsageSpan::Week => t!("the last week"),
    }
}

fn every(span: UsageSpan) -> &'static str {
    match span {
        UsageSpan::Hour => t!("every 10 seconds, for as long as the environment is there"),
        UsageSpan::Week => t!("means of 5 minutes, for as long as the environment is there"),
    }
}

fn charts(samples: &[UsageSample]) -> Vec<Chart> {
    let mut charts = Vec::new();
    let mut add = |name,
                   read: &dyn Fn(&UsageSample) -> Option<f64>,
                   most: &dyn Fn(&UsageSample) -> Option<f64>,
                   word: &dyn Fn(f64) -> String| {
        let Some(last) = samples.last().and_then(read) else { return };
        let top = samples.iter().filter_map(most).fold(0.0, f64::max);
        let shares =
            samples.iter().map(|sample| read(sample).unwrap_or_default() / top.max(f64::MIN_POSITIVE));
        charts.push(Chart {
            name,
            shares: shares.collect(),
            last: word(last),
            note: tf!("{} at most", word(top)),
        });
    };
    let bytes = |value: f64| format::bytes(value as u64);
    let rate = |value: f64| format!("{}/s", format::bytes(value as u64));
    add(
        t!("CPU"),
        &|sample| Some(f64::from(sample.cpus)),
        &|sample| Some(f64::from(sample.cpus_most)),
        &|value| tf!("{} vCPU", format::number((value * 100.0).round() / 100.0)),
    );
    add(
        t!("RAM"),
        &|sample| Some(sample.memory_bytes as f64),
        &|sample| Some(sample.memory_most_bytes as f64),
        &bytes,
    );
    let disk = |sample: &UsageSample| sample.disk_bytes.map(|bytes| bytes as f64);
    add(t!("Disk"), &disk, &disk, &bytes);
    let gpu = |sample: &UsageSample| sample.gpu.map(f64::from);
    add(t!("GPU"), &gpu, &|_| Some(1.0), &|value| format!("{:.0}%", 100.0 * value));
    let memory = |sample: &UsageSample| sample.gpu_memory_bytes.map(|bytes| bytes as f64);
    add(t!("GPU memory"), &memory, &memory, &bytes);
    let received = |sample: &UsageSample| sample.received_per_second.map(|bytes| bytes as f64);
    add(t!("Received"), &received, &received, &rate);
    let sent = |sample: &UsageSample| sample.sent_per_second.map(|bytes| bytes as f64);
    add(t!("Sent"), &sent, &sent, &rate);
    charts
}
