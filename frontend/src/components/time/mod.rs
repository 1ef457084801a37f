//! A moment, in the reader's zone, with the exact one for the pointer that rests on it.

use berth_shared::time::Timestamp;

use crate::{format, live::use_live, prelude::*};

/// How a moment reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeAs {
    /// How long ago: `44 min ago`.
    #[default]
    Ago,
    /// How far off: `in 44 min`.
    Ahead,
    /// By the clock, with the date unless that is today's: `18:51`.
    Clock,
    /// By the clock, to the second: `18:51:20`.
    Seconds,
}

/// The moment. It keeps up with the clock by itself.
#[component]
pub fn Time(
    /// Which.
    #[prop(into)]
    at: Signal<Timestamp>,
    /// How it reads.
    #[prop(optional)]
    how: TimeAs,
    /// The class that places it.
    #[prop(default = "time")]
    class: &'static str,
) -> impl IntoView {
    let live = use_live();
    let words = Memo::new(move |_| {
        let at = at.get();
        match how {
            TimeAs::Ago => format::ago(at, live.now.get()),
            TimeAs::Ahead => format::ahead(at, live.now.get()),
            TimeAs::Clock => format::clock_when(at, live.now.get()),
            TimeAs::Seconds => format::clock_seconds(at),
        }
    });
    view! { <time class=class datetime=move || format::machine_readable(at.get()) title=move || format::exact(at.get())>{move || words.get()}</time> }
}
