//! What was sent to a webhook of late, and whether it arrived.

use berth_shared::api::Delivery;

use crate::{
    components::{Icon, Time, TimeAs},
    format,
    live::use_live,
    notify::words,
    prelude::*,
};

/// The newest, folded; what has not arrived is said in front.
#[component]
pub(super) fn Deliveries(name: String, deliveries: Memo<Vec<Delivery>>) -> impl IntoView {
    let lost = Memo::new(move |_| {
        deliveries
            .with(|all| all.iter().filter(|one| one.delivered_at.is_none() && one.error.is_some()).count())
    });
    let summary = move || match (deliveries.with(Vec::len), lost.get()) {
        (0, _) => t!("Nothing was sent yet").to_owned(),
        (1, 0) => t!("1 delivery, arrived or on its way").to_owned(),
        (count, 0) => tf!("{count} deliveries, arrived or on their way"),
        (1, _) => t!("1 delivery, not arrived").to_owned(),
        (count, lost) => tf!("{count} deliveries, {lost} not arrived"),
    };
    let label = tf!("Deliveries to {name}");
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
        1 => t!("1 try").to_owned(),
        tries => tf!("{tries} tries"),
    };
    let (word, tone) = match (one.delivered_at, one.next_at) {
        (Some(_), _) => (t!("arrived"), None),
        (None, Some(_)) if one.error.is_none() => (t!("on its way"), None),
        (None, Some(_)) => (t!("tried again"), Some("warn")),
        (None, None) => (t!("given up"), Some("danger")),
    };
    let next = move || {
        let at = one.next_at.filter(|_| one.delivered_at.is_none())?;
        Some(tf!("next {}", format::ahead(at, live.now.get())))
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
