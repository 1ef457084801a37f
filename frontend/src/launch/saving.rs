//! How much cheaper spot is.

/// A saved share in per cent: "62 %"; "−5 %" where spot is the dearer.
#[must_use]
pub fn percent(share: f64) -> String {
    // Whatever is no number saves nothing.
    let whole = (share * 100.0).round() as i64;
    let sign = if whole < 0 { "−" } else { "" };
    format!("{sign}{} %", whole.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saving_is_a_whole_per_cent() {
        assert_eq!(percent(0.624), "62 %");
        assert_eq!(percent(1.0), "100 %");
        assert_eq!(percent(-0.054), "−5 %");
        assert_eq!(percent(-0.001), "0 %");
        assert_eq!(percent(f64::NAN), "0 %");
    }
}
