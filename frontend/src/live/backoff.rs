//! How long to wait before the next try.

/// The shortest wait, milliseconds.
pub const FIRST_MS: u64 = 500;
/// The longest wait, milliseconds.
pub const LONGEST_MS: u64 = 15_000;

/// Milliseconds to wait after `failures` tries in a row have failed (at least 1).
///
/// Doubles from [`FIRST_MS`] to [`LONGEST_MS`]; `random` (0 up to 1) spreads it over the upper half, so that
/// the pages of a team do not all come back to a restarted server in the same instant.
#[must_use]
pub fn delay_ms(failures: u32, random: f64) -> u64 {
    let doublings = failures.saturating_sub(1).min(16);
    let ceiling = FIRST_MS.saturating_mul(1 << doublings).clamp(FIRST_MS, LONGEST_MS);
    let spread = (ceiling / 2) as f64 * random.clamp(0.0, 1.0);
    (ceiling - ceiling / 2 + spread as u64).max(FIRST_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_from_half_a_second_to_fifteen() {
        assert_eq!(delay_ms(1, 1.0), 500);
        assert_eq!(delay_ms(2, 1.0), 1000);
        assert_eq!(delay_ms(3, 0.0), 1000);
        assert_eq!(delay_ms(6, 1.0), 15_000);
        assert_eq!(delay_ms(u32::MAX, 1.0), 15_000);
    }

    #[test]
    fn waits_never_leave_their_bounds() {
        for failures in 0..40 {
            for random in [-1.0, 0.0, 0.3, 1.0, 7.0, f64::NAN] {
                let wait = delay_ms(failures, random);
                assert!((FIRST_MS..=LONGEST_MS).contains(&wait), "{failures} {random} {wait}");
            }
        }
    }
}
