//! What stands in a text's place until it is there.

use crate::prelude::*;

/// A bar as wide as the text will be, so that nothing jumps when it comes.
#[component]
pub fn Bone(
    /// How wide, as CSS has it: `7rem`.
    #[prop(into)]
    width: String,
    /// Whether it stands at the end of its line, as numbers do.
    #[prop(optional)]
    end: bool,
) -> impl IntoView {
    view! { <span class="bone" data-end=end.then_some("") style:--w=width></span> }
}
