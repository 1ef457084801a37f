//! How many problems there are, in words.

use berth_shared::diagnostics::{Diagnostic, Severity};
use berth_texts::{t, tf};

use crate::format::lowered;

/// "1 error, 2 warnings", "1 hint", "No problems".
#[must_use]
pub fn in_words(diagnostics: &[Diagnostic]) -> String {
    let parts: Vec<String> = [
        (Severity::Error, t!("error"), t!("errors")),
        (Severity::Warning, t!("warning"), t!("warnings")),
        (Severity::Hint, t!("hint"), t!("hints")),
    ]
    .into_iter()
    .filter_map(|(severity, word, words)| {
        match diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count() {
            0 => None,
            1 => Some(format!("1 {word}")),
            count => Some(format!("{count} {words}")),
        }
    })
    .collect();
    if parts.is_empty() { t!("No problems").to_owned() } else { parts.join(", ") }
}

/// The worst of them alone, for a tab: "2 errors", "1 warning", "no problems".
#[must_use]
pub fn worst(diagnostics: &[Diagnostic]) -> String {
    let words = in_words(diagnostics);
    lowered(words.split(", ").next().unwrap_or_default())
}

/// How long a check took: "0.06 ms", "3.1 ms", "140 ms".
#[must_use]
pub fn millis(millis: f64) -> String {
    match millis {
        m if m < 1.0 => tf!("{m:.2} ms"),
        m if m < 10.0 => tf!("{m:.1} ms"),
        m => tf!("{m:.0} ms"),
    }
}

#[cfg(test)]
mod tests {
    use berth_shared::diagnostics::Range;

    use super::*;

    fn of(severities: &[Severity]) -> Vec<Diagnostic> {
        severities
            .iter()
            .map(|&severity| Diagnostic {
                code: "x".into(),
                severity,
                message: "x".into(),
                path: String::new(),
                range: Range::default(),
                help: None,
                related: vec![],
                fixes: vec![],
            })
            .collect()
    }

    #[test]
    fn problems_are_counted_by_kind_the_worst_first() {
        use Severity::{Error, Hint, Warning};
        assert_eq!(in_words(&of(&[])), "No problems");
        assert_eq!(in_words(&of(&[Hint])), "1 hint");
        assert_eq!(in_words(&of(&[Hint, Warning, Error, Error])), "2 errors, 1 warning, 1 hint");
        assert_eq!(worst(&of(&[Hint, Warning, Error, Error])), "2 errors");
        assert_eq!(worst(&of(&[])), "no problems");
    }

    #[test]
    fn short_times_keep_their_digits() {
        assert_eq!(millis(0.0612), "0.06 ms");
        assert_eq!(millis(3.12), "3.1 ms");
        assert_eq!(millis(140.4), "140 ms");
    }
}
