//! Lists in pages.

use std::{fmt, str::FromStr};

use berth_shared::{api::RunId, time::Timestamp};

/// A part of a list, newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// The part.
    pub items: Vec<T>,
    /// Where the next part begins; `None` = this was the last.
    pub next: Option<Cursor>,
}

/// A place between two runs of the list. Opaque outside; as text it is safe in an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// When the last run before the place was submitted.
    pub submitted_at: Timestamp,
    /// Which run it was.
    pub id: RunId,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.submitted_at.0, self.id)
    }
}

impl FromStr for Cursor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("`{text}` is no cursor; take it from the `next` of the page before");
        let (at, id) = text.split_once('_').ok_or_else(wrong)?;
        let submitted_at = Timestamp(at.parse().map_err(|_| wrong())?);
        Ok(Self { submitted_at, id: id.parse().map_err(|_| wrong())? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_being_text() {
        let cursor = Cursor { submitted_at: Timestamp(17), id: RunId(uuid::Uuid::from_u128(3)) };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
    }

    #[test]
    fn what_is_no_cursor_is_said_so() {
        for text in ["", "_", "17", "17_x", "x_00000000-0000-0000-0000-000000000003"] {
            assert!(text.parse::<Cursor>().is_err(), "{text}");
        }
    }
}
