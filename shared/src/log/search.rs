//! Words in a log.

use std::ops::Range;

/// What is looked for, whatever the case of its letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needle {
    folded: String,
}

impl Needle {
    /// The longest that is looked for, bytes.
    pub const LIMIT: usize = 1000;

    /// Looks for this text; `None` for an empty one, or one beyond [`Needle::LIMIT`].
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let fits = !text.is_empty() && text.len() <= Self::LIMIT;
        fits.then(|| Self { folded: text.chars().map(fold).collect() })
    }

    /// Whether it is in `text`.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        if self.folded.is_ascii() {
            self.ascii(text.as_bytes(), 0).is_some()
        } else {
            !self.places(text).is_empty()
        }
    }

    /// Where it is in `text`, in bytes, without overlaps, in order.
    #[must_use]
    pub fn places(&self, text: &str) -> Vec<Range<usize>> {
        let mut places = Vec::new();
        if self.folded.is_ascii() {
            let mut from = 0;
            while let Some(at) = self.ascii(text.as_bytes(), from) {
                from = at + self.folded.len();
                places.push(at..from);
            }
            return places;
        }
        let letters: Vec<(usize, char)> =
            text.char_indices().map(|(at, letter)| (at, fold(letter))).collect();
        let needle: Vec<char> = self.folded.chars().collect();
        let mut from = 0;
        while from + needle.len() <= letters.len() {
            let window = &letters[from..from + needle.len()];
            if window.iter().map(|(_, letter)| letter).eq(&needle) {
                let end = letters.get(from + needle.len()).map_or(text.len(), |(at, _)| *at);
                places.push(window[0].0..end);
                from += needle.len();
            } else {
                from += 1;
            }
        }
        places
    }

    /// Letters of ASCII are never part of another character in UTF-8.
    fn ascii(&self, text: &[u8], from: usize) -> Option<usize> {
        let needle = self.folded.as_bytes();
        let (first, last) = (needle[0], text.len().checked_sub(needle.len())?);
        (from..=last).find(|&at| {
            text[at].to_ascii_lowercase() == first && text[at..at + needle.len()].eq_ignore_ascii_case(needle)
        })
    }
}

/// A letter in lower case; where that takes several, the first.
fn fold(letter: char) -> char {
    letter.to_lowercase().next().unwrap_or(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_case_of_letters_does_not_matter() {
        let needle = Needle::new("Error").expect("a needle");
        assert_eq!(needle.places("ERROR: an error, errors"), [0..5, 10..15, 17..22]);
        assert!(needle.is_in("an eRRor"));
        assert!(!needle.is_in("err or"));
        assert_eq!(Needle::new("ÄÖ").expect("a needle").places("xäöx ÄÖ"), [1..5, 7..11]);
        assert_eq!(Needle::new("x").expect("a needle").places("äXä x"), [2..3, 6..7]);
    }

    #[test]
    fn nothing_is_not_looked_for() {
        assert_eq!(Needle::new(""), None);
        assert_eq!(Needle::new(&"x".repeat(Needle::LIMIT + 1)), None);
    }

    #[test]
    fn what_is_longer_than_the_text_is_not_in_it() {
        assert!(!Needle::new("long").expect("a needle").is_in("lo"));
        assert!(Needle::new("漢字").expect("a needle").places("漢").is_empty());
    }
}
