//! Parts of tables that several pages have.

use crate::prelude::*;

/// The line over the rows of a group: what it is, how many there are, and a figure at its end.
#[component]
pub fn GroupRow(
    /// How many columns the table has.
    columns: &'static str,
    /// What the rows have in common.
    title: &'static str,
    /// How many rows.
    #[prop(into)]
    count: Signal<usize>,
    /// A figure of all of them: what they cost an hour.
    #[prop(optional, into)]
    end: Option<Signal<String>>,
) -> impl IntoView {
    view! {
        <tr class="table__group"><td colspan=columns><span class="table__group-line">
            <b class="table__strong">{title}</b>
            <span>{move || count.get()}</span>
            {end.map(|end| view! { <span class="table__group-end">{move || end.get()}</span> })}
        </span></td></tr>
    }
}
