//! Where two texts differ.

use crate::diagnostics::ByteRange;

/// The one part of `old` that has to be replaced to get `new`, and by what; `None` when they are the same.
#[must_use]
pub fn difference<'a>(old: &str, new: &'a str) -> Option<(ByteRange, &'a str)> {
    if old == new {
        return None;
    }
    let start = old.char_indices().zip(new.chars()).find(|((_, a), b)| a != b).map_or(
        // One begins with the other.
        old.len().min(new.len()),
        |((at, _), _)| at,
    );
    let (old_rest, new_rest) = (&old[start..], &new[start..]);
    let tail: usize = old_rest
        .chars()
        .rev()
        .zip(new_rest.chars().rev())
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len_utf8())
        .sum();
    Some((ByteRange::new(start, old.len() - tail), &new_rest[..new_rest.len() - tail]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_what_differs_is_replaced() {
        assert_eq!(difference("a\nb\nc\n", "a\nx: 1\nb\nc\n"), Some((ByteRange::new(2, 2), "x: 1\n")));
        assert_eq!(difference("gpu: 24GB # x", "gpu: T4 # x"), Some((ByteRange::new(5, 9), "T4")));
        assert_eq!(difference("aa", "aaa"), Some((ByteRange::new(2, 2), "a")));
        assert_eq!(difference("same", "same"), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_replacement_makes_the_new_text(old in "[aü\n]{0,8}", new in "[aü\n]{0,8}") {
            match difference(&old, &new) {
                None => prop_assert_eq!(old, new),
                Some((range, text)) => {
                    prop_assert_eq!(format!("{}{text}{}", &old[..range.start], &old[range.end..]), new);
                }
            }
        }
    }
}
