//! Lists in pages.

use std::{fmt, str::FromStr};

use berth_shared::time::Timestamp;
use uuid::Uuid;

/// A part of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// The part.
    pub items: Vec<T>,
    /// Where the next part begins; `None` = this was the last.
    pub next: Option<Cursor>,
}

/// A place between two entries of a list. Opaque outside; as text it is safe in an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// When the last entry before the place came to be.
    pub at: Timestamp,
    /// Which one it was.
    pub id: Uuid,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.at.0, self.id)
    }
}

impl FromStr for Cursor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("`{text}` is no cursor; take it from the `next` of the page before");
        let (at, id) = text.split_once('_').ok_or_else(wrong)?;
        let at = Timestamp(at.parse().map_err(|_| wrong())?);
        Ok(Self { at, id: id.parse().map_err(|_| wrong())? })
    }
}

impl<T> Page<T> {
    /// The first `limit` of `items`, which has one more when that is not all; `place` is that of an entry.
    pub(super) fn of(mut items: Vec<T>, limit: u32, place: impl Fn(&T) -> Cursor) -> Self {
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let next = items.last().filter(|_| more).map(place);
        Self { items, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_being_text() {
        let cursor = Cursor { at: Timestamp(17), id: Uuid::from_u128(3) };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
    }

    #[test]
    fn what_is_no_cursor_is_said_so() {
        for text in ["", "_", "17", "17_x", "x_00000000-0000-0000-0000-000000000003"] {
            assert!(text.parse::<Cursor>().is_err(), "{text}");
        }
    }
}
