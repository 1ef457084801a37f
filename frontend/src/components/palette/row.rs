//! Something to choose in the palette.

use super::super::{Icon, Status};
use crate::{palette::fuzzy::pieces, prelude::*};

/// A row: an icon, its words with the letters that were meant, and what stands behind them.
#[component]
pub fn PaletteRow(
    /// Its icon.
    icon: &'static str,
    /// Its words.
    text: String,
    /// The places of the letters that were typed.
    meant: Vec<usize>,
    /// A status behind it.
    status: Option<&'static str>,
    /// A word behind it.
    more: Option<String>,
    /// Whether it is the one that Enter does.
    #[prop(into)]
    chosen: Signal<bool>,
) -> impl IntoView {
    let text = pieces(&text, &meant)
        .into_iter()
        .map(|(text, meant)| if meant { view! { <mark>{text}</mark> }.into_any() } else { text.into_any() })
        .collect_view();
    view! {
        <div class="palette__opt" role="option" aria-selected=move || chosen.get().to_string()>
            <Icon name=icon/>
            <span class="palette__text">{text}</span>
            <span class="palette__more">
                {status.map(|status| view! { <Status status=Signal::stored(status)/> })}
                {more.map(|more| view! { <span class="meta">{more}</span> })}
            </span>
        </div>
    }
}
