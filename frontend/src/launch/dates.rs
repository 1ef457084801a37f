//! Dates of prices, `YYYY-MM-DD`.

use berth_texts::tf;

/// The month of a date: `2026-05` of `2026-05-17`.
#[must_use]
pub fn month(date: &str) -> &str {
    date.get(..7).unwrap_or(date)
}

/// From which months prices are: "2023-10 to 2026-08", "2026-05".
#[must_use]
pub fn span(oldest: &str, newest: &str) -> String {
    let (oldest, newest) = (month(oldest), month(newest));
    if oldest == newest { newest.to_owned() } else { tf!("{oldest} to {newest}") }
}

/// Whether a price of `date` is old beside prices of `newest`: by a year or more.
#[must_use]
pub fn is_old(date: &str, newest: &str) -> bool {
    let months = |date: &str| -> Option<i32> {
        Some(date.get(..4)?.parse::<i32>().ok()? * 12 + date.get(5..7)?.parse::<i32>().ok()?)
    };
    matches!((months(date), months(newest)), (Some(date), Some(newest)) if newest - date >= 12)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dates_of_prices_are_a_span_of_months() {
        assert_eq!(span("2023-10-02", "2026-08-01"), "2023-10 to 2026-08");
        assert_eq!(span("2026-05-02", "2026-05-17"), "2026-05");
        assert_eq!(month("?"), "?");
    }

    #[test]
    fn a_price_is_old_after_a_year() {
        assert!(is_old("2023-10-01", "2026-08-01"));
        assert!(!is_old("2026-05-01", "2026-08-01"));
        assert!(is_old("2025-08-31", "2026-08-01"));
        assert!(!is_old("?", "2026-08-01"));
    }
}
