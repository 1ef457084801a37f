//! Where a launch would go: which backends are set up, what is worth knowing about the machine, or why there is
//! nothing.

use super::desk::Desk;
use crate::{
    components::{Icon, Prose},
    live::use_live,
    prelude::*,
    price_list::Offers,
    site,
};

/// Where a page stands by itself.
const WITHOUT_SERVER: &str =
    t!("No server stands behind this page; the clouds below are a preview of prices.");

#[derive(Clone, Debug, PartialEq)]
struct Row {
    warn: bool,
    backend: String,
    message: String,
}

/// One line at least, so that the rest keeps its place.
#[component]
pub(super) fn Here(desk: Desk) -> impl IntoView {
    let live = use_live();
    let rows = Memo::new(move |_| {
        desk.plan.with(|plan| match plan.shown() {
            Some(Ok(plan)) => rows(plan),
            _ => Vec::new(),
        })
    });
    let backends =
        move || live.server.with(|server| server.as_ref().map(|server| server.backends.join(", ")));
    let all_set_up = all_set_up(desk);
    let content = move || {
        let rows = rows.get();
        let mut rows = rows.into_iter();
        let Some(first) = rows.next() else {
            let text = if site::is_demo() {
                Some(t!("Launches here go to simulated clouds, at the prices of the real ones.").to_owned())
            } else if all_set_up.get() {
                backends().map(|names| tf!("Launches here go to `{names}`."))
            } else {
                backends().map(|names| {
                    tf!("Launches here go to `{names}`; other clouds below are a preview of prices.")
                })
            };
            let text = text.or_else(|| (!site::has_server()).then(|| WITHOUT_SERVER.to_owned()));
            return view! { <Line row=Row { warn: false, backend: String::new(), message: text.unwrap_or_default() }/> }
                .into_any();
        };
        let rest: Vec<Row> = rows.collect();
        let more = match rest.len() {
            0 => None,
            1 => Some(t!("1 more remark").to_owned()),
            count => Some(tf!("{count} more remarks")),
        };
        view! {
            <Line row=first/>
            {more.map(|more| view! {
                <details class="here__more">
                    <summary>{more}</summary>
                    {rest.into_iter().map(|row| view! { <div class="here__row"><Prose text=row.message capital=true/></div> }).collect_view()}
                </details>
            })}
        }
        .into_any()
    };
    view! { <div class="here" role="group" aria-label="On this server">{content}</div> }
}

/// Whether every backend of the price list is set up, so that there is nothing to preview.
pub(super) fn all_set_up(desk: Desk) -> Memo<bool> {
    let live = use_live();
    Memo::new(move |_| {
        desk.offers.with(|offers| {
            let Offers::Ready(catalogue) = offers else { return false };
            live.server.with(|server| {
                server.as_ref().is_some_and(|server| {
                    catalogue.backends().iter().all(|backend| server.backends.contains(backend))
                })
            })
        })
    })
}

#[component]
fn Line(row: Row) -> impl IntoView {
    let Row { warn, backend, message } = row;
    let plain = backend.is_empty();
    view! {
        <div class="here__row" data-tone=warn.then_some("warn")>
            <Icon name=if warn { "warn" } else { "hint" }/>
            <span>
                {(!plain).then(|| view! { <b>{backend}</b>" has nothing: " })}
                <Prose text=message capital=plain/>
            </span>
        </div>
    }
}

fn rows(plan: &berth_shared::api::Plan) -> Vec<Row> {
    match plan.offers.first() {
        Some(first) => {
            let note = |note: &berth_shared::api::PlanNote| Row {
                warn: note.code != "isolation",
                backend: String::new(),
                message: note.message.clone(),
            };
            first.notes.iter().map(note).collect()
        }
        None => plan
            .refusals
            .iter()
            .flat_map(|refusal| {
                refusal.reasons.iter().map(|reason| Row {
                    warn: true,
                    backend: refusal.backend.clone(),
                    message: reason.message.clone(),
                })
            })
            .collect(),
    }
}
