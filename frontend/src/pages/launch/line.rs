//! A line of the offers' table.

use berth_shared::catalog::RowId;

use super::listed::Listed;
use crate::{
    launch::{
        columns::Columns,
        listing::{Line, View},
        row::{Row, pending},
    },
    prelude::*,
};

/// All that a line depends on: lines with the same key are the same and stay in the page.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    /// Its number, from 0.
    pub(super) number: usize,
    pub(super) line: Line,
    pub(super) view: View,
    pub(super) columns: Columns,
    /// The latest date of a price, with which old ones are told.
    pub(super) newest: String,
    /// Whether its backend is not set up here.
    pub(super) preview: bool,
    /// Whether lines restack.
    pub(super) stacked: bool,
}

impl Key {
    /// The offer that the line shows or that stands for its group.
    pub(super) fn row(line: Line) -> Option<RowId> {
        match line {
            Line::Group { best, .. } => Some(best),
            Line::Offer { row, .. } => Some(row),
            Line::Pending => None,
        }
    }
}

/// The line. `Key::line` does not say whether it is unfolded: the button is changed where it is, so that it keeps the
/// focus.
pub(super) fn line(listed: Listed, key: &Key) -> impl IntoView + use<> {
    let line = match key.line {
        Line::Group { key, best, offers, .. } => {
            let open = listed.open.with_untracked(|open| open.contains(&key));
            Line::Group { key, best, offers, open }
        }
        other => other,
    };
    let found = Key::row(line)
        .zip(listed.index())
        .and_then(|(row, index)| Some((index.offer(row)?, index.saving(row))));
    let cells = found.as_ref().map(|(offer, saving)| {
        let row = Row {
            line,
            view: key.view,
            columns: key.columns,
            offer,
            saving: *saving,
            newest: &key.newest,
            preview: key.preview,
            stacked: key.stacked,
        };
        row.cells()
    });
    let heading = matches!(line, Line::Group { .. }) && key.view != View::Types;
    let inside = matches!(line, Line::Offer { inside: true, .. });
    view! {
        <tr class="offers__line" role="row" data-group=heading.then_some("") data-inside=inside.then_some("")
            aria-busy=cells.is_none().then_some("true")
            // The head is the first row.
            aria-rowindex=(key.number + 2).to_string()
            inner_html=cells.unwrap_or_else(|| pending(key.columns))></tr>
    }
}
