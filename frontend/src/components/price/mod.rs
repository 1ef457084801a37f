//! Prices an hour, as honest as they are known.

use berth_shared::catalog::{Offer, PriceBasis};

use crate::{format, prelude::*};

/// What a machine costs an hour: `$0.747`, `≈ $0.224`, `own`.
#[component]
pub fn Price(
    /// The machine.
    offer: Offer,
    /// Whether the period stands behind it.
    #[prop(optional)]
    per: bool,
) -> impl IntoView {
    if offer.basis == PriceBasis::Own {
        return view! { <span class="meta">"own"</span> }.into_any();
    }
    let basis = (offer.basis == PriceBasis::Estimated).then_some("estimated");
    view! {
        <span class="price" data-basis=basis title=basis_text(&offer)>
            {format::price(offer.price)}
            {per.then(|| view! { <span class="price__per">"/h"</span> })}
        </span>
    }
    .into_any()
}

/// What a price rests on: `listed 2026-05-20`, `estimated`, `own machine`.
#[must_use]
pub fn basis_text(offer: &Offer) -> String {
    let word = match offer.basis {
        PriceBasis::Listed => t!("listed"),
        PriceBasis::Sum => t!("machine and GPUs added up, listed"),
        PriceBasis::Estimated => t!("estimated from the on-demand price"),
        PriceBasis::Own => return t!("own machine").to_owned(),
    };
    match &offer.as_of {
        Some(date) => format!("{word} {date}"),
        None => tf!("{word}, date not known"),
    }
}
