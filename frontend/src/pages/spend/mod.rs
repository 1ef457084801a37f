//! *Spend*: what was spent day by day, and on whom or what. It prints as a cost report.

mod bars;
mod tables;

use std::time::Duration;

use berth_shared::api::Spend;
use leptos_router::{NavigateOptions, hooks::use_query_map};

use crate::{
    asked::Asked,
    browser,
    components::{Failed, Icon, TopBar, Void},
    format,
    live::use_live,
    pages::{team::TeamTabs, title::set_title},
    prelude::*,
    spend::{BY, Chart, DAYS, View, by_word, per_cent, period},
};
use bars::Bars;
use tables::{ByDay, ByKey};

/// How often the server is asked while the page is open.
const AGAIN: Duration = Duration::from_secs(60);

/// What the parts of the page share. Copied about freely; all copies are one.
#[derive(Clone, Copy)]
struct Report {
    view: Memo<View>,
    asked: Asked<Spend>,
    chart: Memo<Option<Chart>>,
}

/// The page at `/team/spend`.
#[component]
pub fn SpendPage() -> impl IntoView {
    let query = use_query_map();
    let navigate = crate::site::use_navigate();
    let view = Memo::new(move |_| {
        query.with(|query| View::parse(query.latest_values().map(|(key, value)| (key.as_ref(), value))))
    });
    let asked =
        Asked::<Spend>::follow(move || view.with(|view| view.request("", browser::minutes_east())), AGAIN);
    let chart = Memo::new(move |_| asked.answer.with(|spend| spend.as_ref().map(Chart::of)));
    let report = Report { view, asked, chart };
    let go = move |change: &dyn Fn(&mut View)| {
        let mut view = view.get_untracked();
        change(&mut view);
        let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
        navigate(&format!("/team/spend{}", view.to_query()), options);
    };
    set_title(|| t!("Spend").to_owned());
    let nothing =
        Memo::new(move |_| asked.answer.with(|spend| spend.as_ref().is_some_and(|spend| spend.usd <= 0.0)));
    view! {
        <TopBar><h1 class="topbar__title">"Spend"</h1></TopBar>
        <main class="page spend" id="main" tabindex="-1" aria-busy=move || asked.waits.get().to_string()>
            <TeamTabs/>
            <Cover report/>
            <Choices report go/>
            <Failed why=asked.failed what="costs"/>
            <Figures report/>
            <Show when=move || nothing.get() fallback=move || view! {
                <Bars report/>
                <div class="spend__tables"><ByKey report/><ByDay report/></div>
            }>
                <section class="panel" aria-label="Nothing spent">
                    <Void title="Nothing was spent in this time">
                        <p class="void__text">"Whatever runs on a machine that costs money is counted here, day by day, from the moment it is made until its provider has confirmed that it is gone."</p>
                        <div class="actions"><a class="btn" href=crate::site::at("/team")>"See what runs now"</a></div>
                    </Void>
                </section>
            </Show>
        </main>
    }
}

/// What stands on top of a printed report, and is not seen otherwise.
#[component]
fn Cover(report: Report) -> impl IntoView {
    let live = use_live();
    let words = move || {
        let view = report.view.get();
        let of = view.person.map(|person| tf!(" of {person}")).unwrap_or_default();
        report.asked.answer.with(|spend| {
            let spend = spend.as_ref()?;
            Some(tf!("{}, by {}{of}. All in US dollars.", period(spend), by_word(spend.by)))
        })
    };
    view! {
        <header class="report" aria-hidden="true">
            <p class="report__title">"Berth cost report"</p>
            <p>{words}</p>
            <p>"Printed "{move || format::exact(live.now.get())}</p>
        </header>
    }
}

#[component]
fn Choices(report: Report, go: impl Fn(&dyn Fn(&mut View)) + Clone + Send + Sync + 'static) -> impl IntoView {
    let view = report.view;
    let days = {
        let go = go.clone();
        move |this: u32| {
            let go = go.clone();
            view! {
                <button class="seg__opt" aria-pressed=move || view.with(|view| view.days == this).to_string()
                    on:click=move |_| go(&|view: &mut View| view.days = this)>{tf!("{this} days")}</button>
            }
        }
    };
    let choose = {
        let go = go.clone();
        move |value: String| {
            let by = BY.iter().find(|(_, word, _)| *word == value).map(|(by, ..)| *by).unwrap_or_default();
            go(&|view: &mut View| view.by = by);
        }
    };
    let person = Memo::new(move |_| view.with(|view| view.person.clone()));
    let everybody = move |_| go(&|view: &mut View| view.person = None);
    view! {
        <div class="filters spend__choices">
            <div class="seg" role="group" aria-label="How far back">{DAYS.map(days)}</div>
            <label class="pick">
                <span class="pick__key">"By"</span>
                <select class="pick__select" aria-label="By" on:change:target=move |event| choose(event.target().value())>
                    {BY.map(|(by, word, name)| view! { <option value=word prop:selected=move || view.with(|view| view.by == by)>{name}</option> })}
                </select>
            </label>
            {move || person.get().map(|person| {
                let everybody = everybody.clone();
                view! { <button class="chip" aria-pressed="true" on:click=everybody><span class="chip__key">"Only"</span>{person}<Icon name="x"/><span class="sr">": show everybody"</span></button> }
            })}
            <span class="filters__spring"></span>
            <a class="btn" download="" rel="external" href=move || crate::site::endpoint(&view.with(|view| view.request(".csv", browser::minutes_east())))><Icon name="download"/>"CSV"</a>
            <button class="btn" on:click=move |_| drop(window().print())><Icon name="file"/>"Print"</button>
        </div>
    }
}

#[component]
fn Figures(report: Report) -> impl IntoView {
    let Report { asked, .. } = report;
    let read = move |read: fn(&Spend) -> String| {
        move || asked.answer.with(|spend| spend.as_ref().map_or_else(|| "–".to_owned(), read))
    };
    let idle = Memo::new(move |_| {
        asked.answer.with(|spend| spend.as_ref().is_some_and(|spend| spend.idle_usd > 0.0))
    });
    view! {
        <section class="overview" aria-label="In all">
            <div class="figure">
                <span class="figure__label">"Spent"</span>
                <span class="figure__value" data-size="lg">{read(|spend| format::cost(spend.usd))}</span>
                <span class="figure__note">{read(period)}</span>
            </div>
            <div class="figure" data-tone=move || idle.get().then_some("warn")>
                <span class="figure__label"><Show when=move || idle.get()><Icon name="clock"/></Show>"Of that, idle"</span>
                <span class="figure__value" data-size="lg">{read(|spend| per_cent(spend.idle_usd, spend.usd))}</span>
                <span class="figure__note">{read(|spend| tf!("{} for machines without a run", format::cost(spend.idle_usd)))}</span>
            </div>
            <div class="figure">
                <span class="figure__label">"A day, on average"</span>
                <span class="figure__value" data-size="lg">{read(|spend| format::cost(spend.usd / spend.days.len().max(1) as f64))}</span>
                <span class="figure__note">{read(|spend| tf!("over {} days", spend.days.len()))}</span>
            </div>
        </section>
    }
}
