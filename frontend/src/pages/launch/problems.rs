//! Everything there is to say about the text, as a list that leads to the places.

use berth_shared::diagnostics::{Diagnostic, Severity};

use super::desk::Desk;
use crate::{
    components::{Icon, Prose},
    prelude::*,
};

/// A list of thousands helps nobody.
const MOST: usize = 100;

/// More ways to mend one problem are left to the text.
const MOST_FIXES: usize = 4;

/// The list.
#[component]
pub(super) fn Problems(desk: Desk) -> impl IntoView {
    let items = move || {
        desk.checked.with(|checked| {
            let more = checked.diagnostics.len().saturating_sub(MOST);
            let rows = checked.diagnostics.iter().take(MOST).map(|diagnostic| row(desk, diagnostic)).collect_view();
            let rest = (more > 0).then(|| view! {
                <li class="problems__row meta problems__more">{tf!("and {more} more, once these are mended")}</li>
            });
            (rows, rest)
        })
    };
    let none = move || desk.checked.with(|checked| checked.diagnostics.is_empty());
    view! { <ul class="problems" role="list" aria-label="Problems" hidden=none>{items}</ul> }
}

fn row(desk: Desk, diagnostic: &Diagnostic) -> impl IntoView + use<> {
    let (severity, icon) = match diagnostic.severity {
        Severity::Error => ("error", "error"),
        Severity::Warning => ("warning", "warn"),
        Severity::Hint => ("hint", "hint"),
    };
    let range = diagnostic.range;
    let fixes = diagnostic.fixes.iter().take(MOST_FIXES).cloned().map(|fix| {
        let title = fix.title.clone();
        view! {
            <button class="fix" on:click=move |_| desk.mend(&fix)><Icon name="fix"/><Prose text=title/></button>
        }
    });
    let fixes = fixes.collect_view();
    view! {
        <li class="problems__row">
            <button class="problems__item" data-severity=severity on:click=move |_| desk.jump(range)>
                <Icon name=icon/>
                <span class="problems__text">
                    <span class="sr">{severity}": "</span>
                    <Prose text=diagnostic.message.clone() capital=true/>
                </span>
                <span class="problems__at">"line "{range.start.line + 1}</span>
            </button>
            <span class="problems__fixes">{fixes}</span>
        </li>
    }
}
