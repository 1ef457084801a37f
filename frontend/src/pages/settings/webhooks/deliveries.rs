//! What was sent to a webhook of late, and whether it arrived.

use berth_shared::api::Delivery;
use leptos::prelude::*;

use crate::{
    components::{Icon, Time, TimeAs},
    format,
    live::use_live,
    notify::words,
};

/// The newest, folded; what has not arrived is said in front.
#[component]
pub(super) fn Deliveries(name: String, deliveries: Memo<Vec<Delivery>>) -> impl IntoView {
    let lost = Memo::new(move |_| {
        deliveries
            .with(|all| all.iter().filter(|one| one.delivered_at.is_none() && one.error.is_some()).count())
    });
    let summary = move || match (deliveries.with(Vec::len), lost.get()) {
        (0, _) => "Nothing was sent yet".to_owned(),
        (1, 0) => "1 delivery, arrived or on its way".to_owned(),
        (count, 0) => format!("{count} deliveries, arrived or on their way"),
        (1, _) => "1 delivery, not arrived".to_owned(),
        (count, lost) => format!("{count} deliveries, {lost} not arrived"),
    };
    let label = format!("Deliveries to {name}");
    view! {
        <details class="details hooks__sent" data-tone=move || (lost.get() > 0).then_some("danger")>
            <summary class="meta"><Show when=move || { lost.get() > 0 }><Icon name="warn"/></Show>{summary}</summary>
            <ul class="deliveries" aria-label=label>
                <For each=move || deliveries.get() key=|one| (one.id.clone(), one.attempts, one.delivered_at, one.next_at) let:one><Sent one/></For>
            </ul>
        </details>
    }
}

#[component]
fn Sent(one: Delivery) -> impl IntoView {
    let live = use_live();
    let tries = match one.attempts {
        0 => String::new(),
        1 => "1 try".to_owned(),
        tries => format!("{tries} tries"),
    };
    let (word, tone) = match (one.delivered_at, one.next_at) {
        (Some(_), _) => ("arrived", None),
        (None, Some(_)) if one.error.is_none() => ("on its way", None),
        (None, Some(_)) => ("tried again", Some("warn")),
        (None, None) => ("given up", Some("danger")),
    };
    let next = move || {
        let at = one.next_at.filter(|_| one.delivered_at.is_none())?;
        Some(format!("next {}", format::ahead(at, live.now.get())))
    };
    view! {
        <li class="deliveries__one">
            <Time at=one.at how=TimeAs::Clock class="meta"/>
            <span>{words(one.kind).0}</span>
            <span class="tag" data-tone=tone>{word}</span>
            <span class="meta">{tries}" "{next}</span>
            {one.error.map(|why| view! { <span class="deliveries__why">{format::capitalised(&why)}</span> })}
        </li>
    }
}
