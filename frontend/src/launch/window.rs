//! Which lines of a long list are in the page: those that are seen, and some on both sides.

use std::ops::Range;

/// Lines beyond the visible ones on each side, so that scrolling meets no gap and Tab finds the next button.
const OVERSCAN: usize = 8;
/// A window begins and ends at a multiple of this, so that not every line scrolled makes a new one.
const STEP: usize = 4;

/// The lines to put into the page. `top` is where the first line begins, in pixels from the upper edge of what is seen
/// (negative once it is scrolled past), `seen` how high that is, `line` the height of each line.
#[must_use]
pub fn window(top: f64, seen: f64, line: f64, lines: usize) -> Range<usize> {
    // Sizes that are no sizes yet, as before the first layout, show the beginning.
    if !(line > 0.0 && seen > 0.0 && top.is_finite()) {
        return 0..lines.min(8 * STEP);
    }
    let first = (-top / line).floor().max(0.0) as usize;
    let end = ((seen - top) / line).ceil().max(0.0) as usize;
    let start = first.saturating_sub(OVERSCAN) / STEP * STEP;
    let end = end.saturating_add(OVERSCAN).div_ceil(STEP).saturating_mul(STEP).min(lines);
    // Scrolled past the end, as when a list has just become shorter: its last lines.
    let start = start.min(lines.saturating_sub(OVERSCAN) / STEP * STEP);
    start..end.max(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_is_seen_is_in_the_page_and_little_more() {
        let lines = 74_000;
        for scrolled in [0.0, 10.0, 31.9, 32.0, 1000.0, 1_183_999.0, 2_367_200.0, 2_367_360.0] {
            let window = window(200.0 - scrolled, 800.0, 32.0, lines);
            let first = ((scrolled - 200.0) / 32.0).floor().max(0.0) as usize;
            let last = ((scrolled + 600.0) / 32.0).ceil() as usize;
            assert!(window.start <= first && window.end >= last.min(lines), "{scrolled}: {window:?}");
            assert!(window.len() <= 25 + 2 * (OVERSCAN + STEP), "{scrolled}: {window:?}");
        }
    }

    #[test]
    fn a_window_stays_within_the_list() {
        assert_eq!(window(0.0, 800.0, 32.0, 0), 0..0);
        assert_eq!(window(0.0, 800.0, 32.0, 3), 0..3);
        // The list became short while it was scrolled far down.
        assert_eq!(window(-1e6, 800.0, 32.0, 3), 0..3);
        assert_eq!(window(-1e6, 800.0, 32.0, 100).end, 100);
        // Not in sight yet: below the edge of what is seen.
        assert_eq!(window(5000.0, 800.0, 32.0, 100), 0..8);
    }

    #[test]
    fn before_the_first_layout_the_beginning_is_shown() {
        for (top, seen, line) in [(0.0, 800.0, 0.0), (0.0, 0.0, 32.0), (f64::NAN, 800.0, 32.0)] {
            assert_eq!(window(top, seen, line, 74_000), 0..32);
        }
    }

    #[test]
    fn scrolling_by_a_line_mostly_keeps_the_window() {
        let windows: Vec<_> =
            (0..64).map(|line| window(-32.0 * f64::from(line), 800.0, 32.0, 74_000)).collect();
        let changes = windows.windows(2).filter(|pair| pair[0] != pair[1]).count();
        assert!(changes <= 33, "{changes}");
    }
}
