//! As which release of dstack the text is read, the choice of another, and the way there.

use berth_shared::{
    config::{Told, Why},
    schema::Dialect,
};

use super::{convert::ConvertButton, desk::Desk};
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
        <div class="panel__foot launch__dialect">
            <span>"reads as"</span>
            <select class="pick__select" aria-label="Reads as" title=move || why(told.get().why)
                on:change:target=move |event| {
                    let select = event.target();
                    desk.pin(Dialect::of(&select.value()));
                    // A change of the text takes the focus into the editor; whoever goes over the choices keeps it here.
                    _ = select.focus();
                }>
                <option value="" prop:selected=move || is_pinned(None)>{automatic}</option>
                {each.collect_view()}
            </select>
            <span class="launch__why">{move || why(told.get().why)}</span>
            <ConvertButton desk/>
        </div>
    }
}

/// Why the text is read so, in a few words.
fn why(why: Why) -> &'static str {
    match why {
        Why::Pinned => t!("the first line says so"),
        Why::Asked => t!("that was asked for"),
        Why::Default => t!("the default, and valid in it"),
        Why::OnlyValid => t!("valid in no other release"),
        Why::FewerErrors => t!("fewer errors than in any other release"),
        Why::Held => t!("as many errors in each release"),
    }
}
