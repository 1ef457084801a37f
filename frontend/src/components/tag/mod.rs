//! A word in a frame.

use crate::prelude::*;

/// A short word about what it stands beside: `you`, `default`.
#[component]
pub fn Tag(
    /// `accent`, `warn` or `danger`; a plain one when absent.
    #[prop(optional)]
    tone: Option<&'static str>,
    /// The word.
    children: Children,
) -> impl IntoView {
    view! { <span class="tag" data-tone=tone>{children()}</span> }
}
