//! Sizes and plain numbers.

use berth_texts::tf;

/// Bytes in units of 1024, named as configurations name them: `512 B`, `71 MB`, `1.4 GB`.
#[must_use]
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KB", "MB", "GB", "TB"];
    let mut value = count as f64;
    let mut unit = 0;
    while value >= 1023.95 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let places = usize::from(unit > 0 && value < 9.95);
    let text = format!("{value:.places$}");
    format!("{} {}", text.strip_suffix(".0").unwrap_or(&text), UNITS[unit])
}

/// GiB, named as configurations name them: `80 GB`, `1.5 GB`.
#[must_use]
pub fn gib(count: f64) -> String {
    tf!("{} GB", number(count))
}

/// A number without decimals that say nothing: `8`, `0.5`, `8.2`.
#[must_use]
pub fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_in_the_unit_that_fits() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1024), "1 KB");
        assert_eq!(bytes(71 << 20), "71 MB");
        assert_eq!(bytes(1_503_238_553), "1.4 GB");
        assert_eq!(bytes((1 << 30) - 1), "1 GB");
        assert_eq!(bytes(u64::MAX), "16777216 TB");
        assert_eq!(gib(80.0), "80 GB");
        assert_eq!(number(0.54), "0.5");
        assert_eq!(number(8.0), "8");
    }
}
