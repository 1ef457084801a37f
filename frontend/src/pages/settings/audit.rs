//! The audit log: who did what, from where, and when.

use berth_shared::{
    api::{AuditEntry, AuditPage},
    policy::Action,
};
use leptos::task::spawn_local;
use leptos_router::{NavigateOptions, hooks::use_query_map};

use super::Frame;
use crate::{
    api,
    audit::{AT_ONCE, View, origin, outcome},
    browser,
    components::{Failed, Icon, Locked, Time, TimeAs, Void},
    live::use_live,
    permissions::refusal,
    prelude::*,
};

/// What is known of the log. Copied about freely; all copies are one.
#[derive(Clone, Copy)]
struct Log {
    view: Memo<View>,
    /// The entries that were asked for so far, newest first; `None` until the server has answered.
    entries: RwSignal<Option<Vec<AuditEntry>>>,
    /// From where it goes on.
    next: RwSignal<Option<u64>>,
    busy: RwSignal<bool>,
    failed: RwSignal<Option<String>>,
}

impl Log {
    /// Asks for the next piece, or for the first.
    fn ask(self, before: Option<u64>) {
        let Some(view) = self.view.try_get_untracked() else { return };
        let mut path = format!("/api/v1/audit?limit={AT_ONCE}");
        let wanted = view.wanted(browser::minutes_east());
        if !wanted.is_empty() {
            path = format!("{path}&{wanted}");
        }
        if let Some(before) = before {
            path = format!("{path}&before={before}");
        }
        self.busy.set(true);
        spawn_local(async move {
            let answer = api::get::<AuditPage>(&path).await;
            // The filter may be another one meanwhile.
            if self.view.try_get_untracked().as_ref() != Some(&view) {
                return;
            }
            self.busy.try_set(false);
            match answer {
                Ok(page) => {
                    self.failed.try_set(None);
                    self.next.try_set(page.next);
                    self.entries.try_update(|entries| match entries {
                        Some(entries) if before.is_some() => entries.extend(page.items),
                        _ => *entries = Some(page.items),
                    });
                }
                Err(error) => drop(self.failed.try_set(Some(error.to_string()))),
            }
        });
    }
}

/// The page at `/settings/audit`.
#[component]
pub fn AuditLog() -> impl IntoView {
    let query = use_query_map();
    let live = use_live();
    let refused = refusal(Action::SeeAudit);
    let log = Log {
        view: Memo::new(move |_| {
            query.with(|query| View::parse(query.latest_values().map(|(key, value)| (key.as_ref(), value))))
        }),
        entries: RwSignal::new(None),
        next: RwSignal::new(None),
        busy: RwSignal::new(false),
        failed: RwSignal::new(None),
    };
    Effect::new(move |_| {
        log.view.track();
        // Until it is known who reads, nothing is asked that may be refused.
        if live.user.with(Option::is_some) && refused.with(Option::is_none) {
            log.ask(None);
        }
    });
    let allowed = move || refused.with(Option::is_none);
    let export = move |format: &'static str| {
        let wanted = log.view.with(|view| view.wanted(browser::minutes_east()));
        let more = if wanted.is_empty() { String::new() } else { format!("&{wanted}") };
        crate::site::endpoint(&format!("/api/v1/audit/export?format={format}{more}"))
    };
    let empty = Memo::new(move |_| log.entries.with(|entries| entries.as_ref().is_some_and(Vec::is_empty)));
    view! {
        <Frame title="Audit log">
            <section class="panel" aria-labelledby="audit">
                <div class="panel__head">
                    <h2 class="panel__title" id="audit">"Audit log"</h2>
                    <span class="meta">"who did what, from where, and when"</span>
                    <span class="panel__spring"></span>
                    <Show when=allowed>
                        <button class="btn" data-kind="quiet" data-icon="" data-size="sm" aria-label="Look for newer entries" title="Look for newer entries" aria-busy=move || log.busy.get().to_string() on:click=move |_| log.ask(None)><Icon name="again"/></button>
                        <a class="btn" data-size="sm" download="" rel="external" href=move || export("csv")><Icon name="download"/>"CSV"</a>
                        <a class="btn" data-size="sm" download="" rel="external" href=move || export("jsonl")><Icon name="download"/>"JSON lines"</a>
                    </Show>
                </div>
                <Show when=allowed fallback=move || view! { <div class="panel__body"><Locked why=refused/></div> }>
                    <div class="panel__tools"><FilterBar log/></div>
                    <Failed why=log.failed what="entries"/>
                    <Show when=move || !empty.get() fallback=move || view! { <Nothing log/> }><Table log/></Show>
                    <Show when=move || log.next.with(Option::is_some)>
                        <div class="panel__foot">
                            <button class="btn" data-size="sm" aria-busy=move || log.busy.get().to_string() on:click=move |_| log.ask(log.next.get_untracked())>
                                {move || if log.busy.get() { t!("Asking…") } else { t!("Show older ones") }}
                            </button>
                        </div>
                    </Show>
                </Show>
            </section>
        </Frame>
    }
}

#[component]
fn Nothing(log: Log) -> impl IntoView {
    let open = move || log.view.with(View::is_open);
    view! {
        <Void title=Signal::derive(move || if open() { t!("Nothing was done yet").to_owned() } else { t!("Nothing matches").to_owned() })>
            <p class="void__text">{move || if open() { t!("Whatever changes something, and whoever tries to and may not, is written down here.") } else { t!("No entry is left by the filter.") }}</p>
            <Show when=move || !open()><div class="actions"><a class="btn" href=crate::site::at("/settings/audit")><Icon name="x"/>"Clear the filter"</a></div></Show>
        </Void>
    }
}

#[component]
fn FilterBar(log: Log) -> impl IntoView {
    let navigate = crate::site::use_navigate();
    let go = move |change: &dyn Fn(&mut View)| {
        let mut view = log.view.get_untracked();
        change(&mut view);
        let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
        navigate(&format!("/settings/audit{}", view.to_query()), options);
    };
    let field = move |label: &'static str,
                      hint: &'static str,
                      kind: &'static str,
                      part: fn(&mut View) -> &mut String| {
        let go = go.clone();
        let value = move || log.view.with(|view| part(&mut view.clone()).clone());
        let change = move |value: String| go(&|view: &mut View| *part(view) = value.trim().to_owned());
        view! {
            <label class="pick" data-set=move || (!value().is_empty()).then_some("")>
                <span class="pick__key">{label}</span>
                <input class="pick__input audit__input" type=kind aria-label=label placeholder=hint autocomplete="off" spellcheck="false"
                    prop:value=value on:change:target=move |event| change(event.target().value())/>
            </label>
        }
    };
    view! {
        <search class="filters" aria-label="Filters">
            {field(t!("Person"), t!("anybody"), "text", |view| &mut view.actor)}
            {field(t!("Action"), t!("any"), "text", |view| &mut view.action)}
            {field(t!("Target"), t!("any"), "text", |view| &mut view.target)}
            {field(t!("Since"), "", "date", |view| &mut view.since)}
            {field(t!("Until"), "", "date", |view| &mut view.until)}
            <Show when=move || log.view.with(|view| !view.is_open())>
                <a class="btn" data-kind="quiet" href=crate::site::at("/settings/audit")><Icon name="x"/>"Clear"</a>
            </Show>
        </search>
    }
}

#[component]
fn Table(log: Log) -> impl IntoView {
    let row = move |entry: AuditEntry| {
        let (word, tone) = outcome(entry.outcome);
        let from = origin(&entry);
        let who = entry.actor.clone().unwrap_or_else(|| t!("nobody").to_owned());
        view! {
            <tr role="row">
                <td role="cell" data-cell="1e"><Time at=entry.at how=TimeAs::Clock class="meta"/></td>
                <td role="cell" data-cell="1s"><span class="table__strong">{who}</span></td>
                <td role="cell" data-cell="2s"><span class="mono">{entry.action}</span>" "{entry.target.map(|target| view! { <span class="audit__target">{target}</span> })}
                    {entry.detail.map(|detail| view! { <span class="audit__detail">{detail}</span> })}</td>
                <td role="cell" data-cell="2e"><span class="tag" data-tone=tone>{word}</span></td>
                <td role="cell" data-priority="3"><span class="meta">{from}</span></td>
                <td role="cell" data-priority="4"><span class="meta mono" title=entry.hash.clone()>{entry.seq}</span></td>
            </tr>
        }
    };
    view! {
        <table class="table audit" data-stack="" role="table" aria-labelledby="audit" aria-busy=move || log.entries.with(Option::is_none).to_string()>
            <thead role="rowgroup"><tr role="row">
                <th role="columnheader" aria-sort="descending">"When"</th>
                <th role="columnheader">"Who"</th>
                <th role="columnheader">"What"</th>
                <th role="columnheader">"Outcome"</th>
                <th role="columnheader" data-priority="3">"From"</th>
                <th role="columnheader" data-priority="4">"No."</th>
            </tr></thead>
            <tbody role="rowgroup">
                <For each=move || log.entries.get().unwrap_or_default() key=|entry| entry.seq children=row/>
            </tbody>
        </table>
    }
}
