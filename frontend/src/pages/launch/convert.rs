//! The text for the other release of dstack, and what the reader is told about it.

use std::sync::Arc;

use super::desk::Desk;
use crate::{
    components::{Icon, Prose, Tone, offer_command, toaster},
    launch::convert::{self, Conversion},
    prelude::*,
};

/// Converts the text; so does a command of the palette.
#[component]
pub(super) fn ConvertButton(desk: Desk) -> impl IntoView {
    let to = Memo::new(move |_| convert::other(desk.checked.with(|checked| checked.told.dialect)).name());
    let why = Memo::new(move |_| desk.checked.with(|checked| convert::refusal(checked)));
    let words = move || tf!("Convert to dstack {}", to.get());
    let act = converter(desk);
    offer_command("edit", move || (words(), why.get()), act);
    view! {
        <button class="btn launch__convert" data-size="sm" disabled=move || why.with(Option::is_some) title=move || why.get() on:click=move |_| act()>
            {words}
        </button>
    }
}

/// What the editor offers for the whole text, unless it cannot be converted now.
pub(super) fn offered(desk: Desk) -> Option<String> {
    desk.checked.with_untracked(|checked| {
        let to = convert::other(checked.told.dialect).name();
        convert::refusal(checked).is_none().then(|| tf!("Convert to dstack {to}"))
    })
}

/// A function that converts the text, or says why it does not.
pub(super) fn converter(desk: Desk) -> impl Fn() + Copy + 'static {
    let say = toaster();
    move || {
        if let Err(why) = desk.convert() {
            say(Tone::Failed, tf!("The text was not converted: {why}."));
        }
    }
}

/// What became of the text, and what was lost, until that is dismissed or taken back.
#[component]
pub(super) fn Converted(desk: Desk) -> impl IntoView {
    // After an undo there is nothing to tell, nor of a text that is for the one before again; after a redo there is.
    let shown = Memo::new(move |_| {
        let conversion = desk.conversion.get()?;
        let is_for = desk.checked.with(|checked| checked.told.dialect);
        (is_for == conversion.to && desk.text.with(|text| **text != *conversion.before)).then_some(conversion)
    });
    let dismiss = move |_| {
        desk.conversion.set(None);
        desk.focus();
    };
    view! {
        <div class="converted">
            // There from the beginning, so that what comes into it is read out.
            <div class="converted__told" role="status">{move || shown.get().map(told)}</div>
            <Show when=move || shown.with(Option::is_some)>
                <button class="btn" data-kind="quiet" data-icon="" data-size="sm" aria-label="Dismiss" title="Dismiss" on:click=dismiss><Icon name="x"/></button>
            </Show>
        </div>
    }
}

fn told(conversion: Arc<Conversion>) -> impl IntoView {
    let one = |lost| {
        view! {
            <li class="converted__one">
                <span><Prose text=convert::sentence(lost)/></span>
                {convert::place(lost).map(|place| view! { <span class="converted__at">{place}</span> })}
            </li>
        }
    };
    let lost = conversion.lost.iter().map(one).collect_view();
    let icon = if conversion.lost.is_empty() { "check" } else { "warn" };
    view! {
        <p class="converted__line" data-tone=(!conversion.lost.is_empty()).then_some("warn")><Icon name=icon/><span>{conversion.headline()}</span></p>
        // Longer than its place it is scrolled through, by keys as well.
        {(!conversion.lost.is_empty()).then(|| view! { <ul class="converted__list" role="list" aria-label="What was lost" tabindex="0">{lost}</ul> })}
    }
}
