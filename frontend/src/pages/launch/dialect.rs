//! As which release of dstack the text is read, and the choice of another.

use berth_shared::{
    config::{Told, Why},
    schema::Dialect,
};

use super::desk::Desk;
use crate::prelude::*;

/// What the text is read as, with the reason, and all there is to choose from.
#[component]
pub(super) fn DialectPick(desk: Desk) -> impl IntoView {
    let told = Memo::new(move |_| desk.checked.with(|checked| checked.told));
    let is_pinned = move |dialect: Option<Dialect>| {
        let Told { dialect: now, why } = told.get();
        dialect == (why == Why::Pinned).then_some(now)
    };
    let each = Dialect::ALL.map(|dialect| {
        let name = dialect.name();
        view! { <option value=name prop:selected=move || is_pinned(Some(dialect))>{tf!("dstack {name}")}</option> }
    });
    let automatic = move || {
        let name = told.get().dialect.name();
        tf!("dstack {name}, automatic")
    };
    view! {
        <label class="launch__dialect" title=move || words(told.get())>
            <span class="launch__dialect-label">"reads as"</span>
            <select class="pick__select" aria-label="Reads as" on:change:target=move |event| desk.pin(Dialect::of(&event.target().value()))>
                <option value="" prop:selected=move || is_pinned(None)>{automatic}</option>
                {each.collect_view()}
            </select>
        </label>
    }
}

/// Why the text is read so.
fn words(told: Told) -> String {
    let name = told.dialect.name();
    match told.why {
        Why::Pinned => tf!("Reads as dstack {name}: the first line says so."),
        Why::Asked => tf!("Reads as dstack {name}: that was asked for."),
        Why::Default => tf!("Reads as dstack {name}, the default: it is valid in it."),
        Why::OnlyValid => tf!("Reads as dstack {name}: it is valid in no other release."),
        Why::FewerErrors => {
            tf!("Reads as dstack {name}: it is valid in none, and has fewer errors in this one.")
        }
        Why::Held => {
            tf!("Reads as dstack {name} as before: it is valid in none, with as many errors in each.")
        }
    }
}
