//! The same for the reader of the page, as it changes.

use berth_shared::policy::{Action, Whose};
use leptos::prelude::*;

use super::why_not;
use crate::{format, live::use_live};

/// Why the reader may not do that, beginning with a capital letter; `None` = they may, or nobody has said yet who reads. For what
/// is nobody's in particular.
pub fn refusal(action: Action) -> Memo<Option<String>> {
    refusal_of(action, || None)
}

/// The same for what is somebody's. The server decides in any case; this is what the page says beforehand.
pub fn refusal_of(
    action: Action,
    owner: impl Fn() -> Option<String> + Send + Sync + 'static,
) -> Memo<Option<String>> {
    let live = use_live();
    Memo::new(move |_| {
        let owner = owner();
        live.user.with(|user| {
            let user = user.as_ref()?;
            let whose = owner.as_deref().map_or(Whose::Own, |owner| Whose::of(owner, &user.name));
            why_not(user.roles().over(action), action, whose).map(|why| format::capitalised(&why))
        })
    })
}
