//! A text that another page changed for the draft. It arrives as a change, so that undo brings the draft back.

use berth_shared::{
    config::difference,
    diagnostics::{ByteRange, LineIndex, TextEdit},
};

use super::{desk::Desk, drafts};
use crate::{
    components::{Tone, toaster},
    prelude::*,
};

/// What waits for the editor.
#[derive(Clone)]
struct Incoming {
    /// The whole text.
    text: String,
    /// What is new in it, in a few words.
    what: String,
}

/// Holds it between two pages.
#[derive(Clone, Copy)]
struct Waiting(RwSignal<Option<Incoming>>);

/// Makes the place where a text waits; called once, at the root.
pub fn provide_incoming() {
    provide_context(Waiting(RwSignal::new(None)));
}

/// The draft as it is now.
#[must_use]
pub fn draft() -> String {
    drafts::kept()
}

/// A function that leaves a text for the editor, and in a few words what is new in it.
pub fn leave() -> impl Fn(String, String) + Copy + 'static {
    let Waiting(waiting) = expect_context();
    move |text, what| waiting.set(Some(Incoming { text, what }))
}

/// A function that puts the text that waits into the editor, once there is one.
pub(super) fn opener(desk: Desk) -> impl Fn() + Copy + 'static {
    let Waiting(waiting) = expect_context();
    let say = toaster();
    move || {
        if let Some(incoming) = waiting.try_update(Option::take).flatten() {
            open(desk, &incoming, say);
        }
    }
}

fn open(desk: Desk, Incoming { text, what }: &Incoming, say: impl Fn(Tone, String)) {
    let old = desk.text.get_untracked();
    let Some((range, new_text)) = difference(&old, text) else {
        say(Tone::Done, tf!("The text asks for {what} already"));
        return;
    };
    let index = LineIndex::new(&old);
    let edit = TextEdit { range: index.range(range), new_text: new_text.to_owned() };
    desk.apply(std::slice::from_ref(&edit));
    let changed = ByteRange::new(range.start, range.start + new_text.len());
    desk.jump(LineIndex::new(text).range(changed));
    say(Tone::Done, tf!("The text asks for {what} now. Undo brings the old one back"));
}
