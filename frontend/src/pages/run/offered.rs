//! What was offered each time that a machine was chosen, and why this one.

use berth_shared::{
    api::{Event, Offered as OfferedThen, Refusal, RunDetail, Verdict, WeighedOffer},
    time::Timestamp,
};
use leptos::task::spawn_local;

use super::Subject;
use crate::{
    api,
    components::{Backend, Failed, Price, Prose, Spot, Time, TimeAs, Void},
    format::machine::{hardware, place},
    prelude::*,
};

/// A time that a machine was chosen.
#[derive(Clone, PartialEq)]
struct Choice {
    seq: u64,
    at: Timestamp,
    offered: OfferedThen,
}

fn choice(event: &Event) -> Option<Choice> {
    let offered = event.offered.as_deref()?.clone();
    Some(Choice { seq: event.seq, at: event.at, offered })
}

/// The panel; the newest choice first.
#[component]
pub(super) fn Offered(subject: Subject) -> impl IntoView {
    let Subject { id, name, run, .. } = subject;
    let (known, failed) = (RwSignal::new(None::<Vec<Choice>>), RwSignal::new(None::<String>));
    // The stream leaves it out; each machine that the run is given is a reason to ask.
    let given = Memo::new(move |_| run.with(|run| (run.instance_id, run.attempts)));
    Effect::new(move |_| {
        given.track();
        let path = format!("/api/v1/runs/{name}");
        spawn_local(async move {
            match api::get::<RunDetail>(&path).await {
                // The name may be another run's by now.
                Ok(detail) if detail.run.id != id => drop(known.try_set(Some(Vec::new()))),
                Ok(detail) => {
                    failed.try_set(None);
                    known.try_set(Some(detail.events.iter().rev().filter_map(choice).collect()));
                }
                Err(error) => drop(failed.try_set(Some(error.to_string()))),
            }
        });
    });
    let choices = move || known.with(|known| known.clone().unwrap_or_default());
    let none = move || known.with(|known| known.as_ref().is_some_and(Vec::is_empty));
    let why_none = move || {
        run.with(|run| match (&run.instance_id, run.status.is_finished()) {
            (Some(_), _) => {
                t!("It was given a machine that was there already, so nothing was offered; or it was launched before Berth kept this.")
            }
            (None, true) => t!("It ended before a machine was chosen for it."),
            (None, false) => t!("No machine was chosen for it yet."),
        })
    };
    view! {
        <Failed why=failed what="offers"/>
        <Show when=none>
            <Void title="Nothing was chosen among offers"><p class="void__text">{why_none}</p></Void>
        </Show>
        <For each=choices key=|choice| choice.seq let:choice>
            <section class="offered" aria-label="A choice among offers">
                <p class="offered__told">
                    <Time at=choice.at how=TimeAs::Seconds class="offered__when"/>
                    <span>{choice.offered.told()}</span>
                </p>
                <Offers offers=choice.offered.offers/>
                <Refusals refusals=choice.offered.refusals/>
            </section>
        </For>
    }
}

#[component]
fn Offers(offers: Vec<WeighedOffer>) -> impl IntoView {
    let row = |WeighedOffer { offer, verdict }: WeighedOffer| {
        let chosen = verdict == Verdict::Chosen;
        let spot = offer.spot;
        view! {
            <tr role="row" data-chosen=chosen.then_some("")>
                <td role="cell" data-cell="1s">
                    <Backend backend=offer.backend.clone() name=offer.instance_type.clone()/>
                </td>
                <td role="cell" data-cell="2s"><span class="meta">{hardware(&offer)}</span></td>
                <td role="cell" data-cell="2e" data-priority="3"><span class="meta">{place(&offer)}</span></td>
                <td role="cell" data-priority="2"><Spot spot=spot/></td>
                <td role="cell" data-cell="1e" data-num=""><Price offer=offer per=true/></td>
                <td role="cell" data-cell="3"><span class:table__strong=chosen class:meta=!chosen>{verdict.told()}</span></td>
            </tr>
        }
    };
    view! {
        <table class="table" data-stack="" role="table" aria-label="Offers">
            <thead role="rowgroup"><tr role="row">
                <th role="columnheader">"Machine"</th>
                <th role="columnheader">"Hardware"</th>
                <th role="columnheader" data-priority="3">"Where"</th>
                <th role="columnheader" data-priority="2">"Kind"</th>
                <th role="columnheader" data-num="">"Price"</th>
                <th role="columnheader">"What became of it"</th>
            </tr></thead>
            <tbody role="rowgroup">{offers.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
}

/// Backends that had nothing, and why.
#[component]
fn Refusals(refusals: Vec<Refusal>) -> impl IntoView {
    if refusals.is_empty() {
        return ().into_any();
    }
    let reasons = |refusal: Refusal| {
        let why: Vec<String> = refusal.reasons.into_iter().map(|note| note.message).collect();
        view! { <dt>{refusal.backend}</dt><dd><Prose text=why.join("; ")/></dd> }
    };
    view! {
        <div class="offered__refusals">
            <p class="meta">"Backends that had nothing"</p>
            <dl class="facts">{refusals.into_iter().map(reasons).collect_view()}</dl>
        </div>
    }
    .into_any()
}
