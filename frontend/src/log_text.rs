//! What log lines mean.

/// How a line is meant, as far as its first word tells.
#[must_use]
pub fn level(text: &str) -> Option<&'static str> {
    let word = text.trim_start().trim_start_matches('[').split([':', ' ', ']']).next().unwrap_or_default();
    if word.eq_ignore_ascii_case("warning") || word.eq_ignore_ascii_case("warn") {
        Some("warn")
    } else if word.eq_ignore_ascii_case("error") || word.eq_ignore_ascii_case("fatal") {
        Some("error")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_tells_the_level() {
        assert_eq!(level("WARNING: Running pip as root"), Some("warn"));
        assert_eq!(level("[ERROR] no"), Some("error"));
        assert_eq!(level("error: no"), Some("error"));
        assert_eq!(level("no errors"), None);
        assert_eq!(level(""), None);
    }
}
