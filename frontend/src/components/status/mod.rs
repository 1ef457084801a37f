//! Statuses: a word and a shape.

use super::{Glyph, Prose};
use crate::{
    format::{status_glyph, status_word},
    prelude::*,
};

/// A status with its shape, its word and, when there is more to say, a note.
#[component]
pub fn Status(
    /// The wire's word, which `data-status` carries.
    #[prop(into)]
    status: Signal<&'static str>,
    /// What stands behind the word.
    #[prop(optional, into)]
    note: Option<Signal<String>>,
    /// `lg` beside a title.
    #[prop(optional)]
    size: Option<&'static str>,
) -> impl IntoView {
    let glyph = Signal::derive(move || status_glyph(status.get()));
    view! {
        <span class="status" data-status=move || status.get() data-size=size>
            <Glyph name=glyph/>
            <span>{move || status_word(status.get())}</span>
            {note.map(|note| view! {
                <Show when=move || !note.with(String::is_empty)>
                    <span class="status__note"><Prose text=note/></span>
                </Show>
            })}
        </span>
    }
}
