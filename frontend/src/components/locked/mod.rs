//! Why something on the page is not for its reader.

use super::Icon;
use crate::prelude::*;

/// A lock and the reason, where there is one.
#[component]
pub fn Locked(
    /// The reason, beginning with a capital letter and without a full stop.
    #[prop(into)]
    why: Signal<Option<String>>,
) -> impl IntoView {
    view! {
        <Show when=move || why.with(Option::is_some)>
            <p class="locked"><Icon name="lock"/><span>{move || why.get()}"."</span></p>
        </Show>
    }
}
