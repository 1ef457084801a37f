//! That a list could not be had.

use super::{Notice, Prose};
use crate::prelude::*;

/// A notice at the head of a panel that says why there is no list, or that it is not the newest; nothing while there is none
/// such.
#[component]
pub fn Failed(
    /// Why, as the server or the network says it.
    why: RwSignal<Option<String>>,
    /// What the list is of: `hosts`.
    what: &'static str,
) -> impl IntoView {
    move || {
        why.get().map(|why| view! {
            <Notice tone="danger" alert=true bleed=true><Prose text=tf!("No list of {what}: {why}")/></Notice>
        })
    }
}
