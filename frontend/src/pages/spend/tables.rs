//! The same figures as tables: for those who do not see the chart, and on paper.

use super::Report;
use crate::{
    format,
    prelude::*,
    spend::{DayLine, View, by_word, day, key_word, per_cent, totals},
};
use berth_shared::api::SpendBy;

/// Whom or what it was spent on.
#[component]
pub(super) fn ByKey(report: Report) -> impl IntoView {
    let by = Memo::new(move |_| {
        report.asked.answer.with(|spend| spend.as_ref().map(|spend| spend.by).unwrap_or_default())
    });
    let rows = move || {
        report.asked.answer.with(|spend| {
            let spend = spend.as_ref()?;
            let days = report.view.with(|view| view.days);
            let most = totals(spend).first().map_or(0.0, |(_, usd)| *usd);
            let row = |(key, usd): (String, f64)| {
                let link = match spend.by {
                    SpendBy::Person if !key.is_empty() => {
                        let view = View { by: SpendBy::Run, days, person: Some(key.clone()) };
                        Some(format!("/team/spend{}", view.to_query()))
                    }
                    SpendBy::Run if !key.is_empty() => Some(format!("/runs/{key}")),
                    _ => None,
                };
                let word = key_word(spend.by, &key);
                let bar = format!("{:.1}%", if most > 0.0 { 100.0 * usd / most } else { 0.0 });
                view! {
                    <tr>
                        <th scope="row" class="spend__key">{match link {
                            Some(link) => view! { <a class="table__strong" href=crate::site::at(&link)>{word}</a> }.into_any(),
                            None => view! { <span class="table__strong">{word}</span> }.into_any(),
                        }}</th>
                        <td class="spend__bar" aria-hidden="true"><span class="rank__bar" style:--at=bar></span></td>
                        <td data-num="">{format::cost(usd)}</td>
                        <td data-num="">{per_cent(usd, spend.usd)}</td>
                    </tr>
                }
            };
            Some(totals(spend).into_iter().map(row).collect_view())
        })
    };
    let total = move || report.asked.answer.with(|spend| spend.as_ref().map(|spend| format::cost(spend.usd)));
    view! {
        <section class="panel" aria-labelledby="by-key">
            <div class="panel__head"><h2 class="panel__title" id="by-key">{move || tf!("By {}", by_word(by.get()))}</h2></div>
            <table class="table" aria-labelledby="by-key">
                <thead><tr>
                    <th scope="col">{move || format::capitalised(by_word(by.get()))}</th>
                    <th aria-hidden="true"></th>
                    <th scope="col" data-num="">"$"</th>
                    <th scope="col" data-num="">"Share"</th>
                </tr></thead>
                <tbody>{rows}</tbody>
                <tfoot><tr><th scope="row">"In all"</th><td aria-hidden="true"></td><td data-num="">{total}</td><td></td></tr></tfoot>
            </table>
        </section>
    }
}

/// What was spent each day, the newest first.
#[component]
pub(super) fn ByDay(report: Report) -> impl IntoView {
    let heads = move || {
        let by = report.asked.answer.with(|spend| spend.as_ref().map(|spend| spend.by).unwrap_or_default());
        report.chart.with(|chart| {
            let names = chart.iter().flat_map(|chart| &chart.series);
            names
                .map(|series| {
                    let word = if series.rest { series.key.clone() } else { key_word(by, &series.key) };
                    view! { <th scope="col" data-num="" data-priority="2">{word}</th> }
                })
                .collect_view()
        })
    };
    let rows = move || {
        report.chart.with(|chart| {
            let lines = chart.iter().flat_map(|chart| chart.day_lines().into_iter().map(move |line| (chart, line)));
            lines
                .map(|(chart, line)| match line {
                    DayLine::Day(bar) => {
                        let parts = bar.parts.iter().map(|usd| {
                            let words = if *usd > 0.0 { format::cost(*usd) } else { "–".to_owned() };
                            view! { <td data-num="" data-priority="2">{words}</td> }
                        });
                        view! {
                            <tr><th scope="row">{day(&bar.date, false)}</th>{parts.collect_view()}<td data-num="" class="table__strong">{format::cost(bar.usd)}</td></tr>
                        }
                        .into_any()
                    }
                    DayLine::Nothing(first, last) => {
                        let parts = chart.series.iter().map(|_| view! { <td data-num="" data-priority="2">"–"</td> });
                        view! {
                            <tr class="spend__none"><th scope="row">{tf!("{} to {}", day(first, false), day(last, false))}</th>{parts.collect_view()}<td data-num="">"nothing"</td></tr>
                        }
                        .into_any()
                    }
                })
                .collect_view()
        })
    };
    view! {
        <section class="panel" aria-labelledby="by-day">
            <div class="panel__head"><h2 class="panel__title" id="by-day">"By day"</h2></div>
            <table class="table" aria-labelledby="by-day">
                <thead><tr><th scope="col">"Day"</th>{heads}<th scope="col" data-num="">"In all"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
}
