//! Whether a machine may be taken back.

use crate::prelude::*;

/// A hollow dot for spot, a full one for on-demand, and the word.
#[component]
pub fn Spot(
    /// Whether it is spot.
    spot: bool,
    /// Whether the dot stands alone; then the word is somewhere near.
    #[prop(optional)]
    bare: bool,
) -> impl IntoView {
    view! {
        <span class="spot" data-spot=if spot { "yes" } else { "no" }>
            <span class="spot__dot" aria-hidden="true"></span>
            {(!bare).then_some(if spot { t!("Spot") } else { t!("On-demand") })}
        </span>
    }
}
