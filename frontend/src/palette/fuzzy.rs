//! Whether a name is what somebody means by a few letters, and how well it fits.

/// A fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fit {
    /// The more, the better.
    pub score: i32,
    /// Which letters of the name were meant, by number, in order.
    pub at: Vec<usize>,
}

/// A letter that follows on the one before.
const RUN: i32 = 12;
/// A letter at the beginning of a word.
const WORD: i32 = 7;
/// A letter at the very beginning.
const START: i32 = 4;
/// Any letter.
const LETTER: i32 = 2;
/// For each letter of the name that is left over, in hundredths.
const LEFT_OVER: i32 = 8;

/// Longer names are looked at up to here.
const LONGEST: usize = 160;

/// How a name fits what is typed: each of its words must be in the name, letter by letter in order, not counting case. Letters
/// in a row and at the beginnings of words count most. `None` = it does not; what is empty fits all.
#[must_use]
pub fn fit(typed: &str, name: &str) -> Option<Fit> {
    // Most names of many do not fit, and that is seen soon.
    if !typed.split_whitespace().all(|word| holds(name, word)) {
        return None;
    }
    let letters: Vec<char> = name.chars().take(LONGEST).collect();
    let mut whole = Fit { score: 0, at: Vec::new() };
    for word in typed.split_whitespace() {
        let word: Vec<char> = word.chars().flat_map(char::to_lowercase).collect();
        let Fit { score, at } = one(&word, &letters)?;
        whole.score += score;
        whole.at.extend(at);
    }
    whole.at.sort_unstable();
    whole.at.dedup();
    let left = letters.len().saturating_sub(whole.at.len());
    whole.score = whole.score * 100 - LEFT_OVER * i32::try_from(left).unwrap_or_default();
    Some(whole)
}

/// Whether a name has the letters of a word in order.
fn holds(name: &str, word: &str) -> bool {
    let mut letters = name.chars().take(LONGEST).map(lower);
    word.chars().flat_map(char::to_lowercase).all(|wanted| letters.any(|letter| letter == wanted))
}

fn lower(letter: char) -> char {
    letter.to_lowercase().next().unwrap_or(letter)
}

/// The best way to find a word's letters in a name, in order: `best[i][j]` is the best score of the first `i + 1` letters with
/// the last of them at `j`.
fn one(word: &[char], name: &[char]) -> Option<Fit> {
    if word.is_empty() || word.len() > name.len() {
        return word.is_empty().then(|| Fit { score: 0, at: Vec::new() });
    }
    let lower: Vec<char> = name.iter().copied().map(lower).collect();
    let worth =
        |at: usize| LETTER + if begins(name, at) { WORD } else { 0 } + if at == 0 { START } else { 0 };
    // Score, and where the letter before is.
    let mut best = vec![vec![None::<(i32, usize)>; name.len()]; word.len()];
    for (i, letter) in word.iter().enumerate() {
        // The best that ends anywhere before `j`, for letters that do not follow on.
        let mut before: Option<(i32, usize)> = None;
        for j in 0..name.len() {
            if i > 0
                && j > 0
                && let Some((score, _)) = best[i - 1][j - 1]
                && before.is_none_or(|(most, _)| score > most)
            {
                before = Some((score, j - 1));
            }
            if lower[j] != *letter {
                continue;
            }
            if i == 0 {
                best[i][j] = Some((worth(j), j));
                continue;
            }
            let apart = before.map(|(score, from)| (score + worth(j), from));
            let on = if j > 0 {
                best[i - 1][j - 1].map(|(score, _)| (score + worth(j) + RUN, j - 1))
            } else {
                None
            };
            best[i][j] = match (apart, on) {
                (Some(apart), Some(on)) => Some(if on.0 >= apart.0 { on } else { apart }),
                (apart, on) => apart.or(on),
            };
        }
    }
    let last = best.last()?;
    let (mut j, score) = last
        .iter()
        .enumerate()
        .filter_map(|(j, cell)| cell.map(|(score, _)| (j, score)))
        // Of equal ones the first.
        .max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(&a.0)))?;
    let mut at = vec![j];
    for i in (1..word.len()).rev() {
        j = best[i][j]?.1;
        at.push(j);
    }
    at.reverse();
    Some(Fit { score, at })
}

/// Whether a letter begins a word: after what is no letter or digit, or a capital after a small one.
fn begins(name: &[char], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).and_then(|before| name.get(before)) else { return true };
    !before.is_alphanumeric() || (before.is_lowercase() && name[at].is_uppercase())
}

/// A name in pieces, each with whether its letters were meant.
#[must_use]
pub fn pieces(name: &str, at: &[usize]) -> Vec<(String, bool)> {
    let mut pieces: Vec<(String, bool)> = Vec::new();
    for (number, letter) in name.chars().enumerate() {
        let meant = at.binary_search(&number).is_ok();
        match pieces.last_mut() {
            Some((text, same)) if *same == meant => text.push(letter),
            _ => pieces.push((letter.to_string(), meant)),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn order(typed: &str, names: &[&str]) -> Vec<String> {
        let mut fits: Vec<(i32, &str)> =
            names.iter().filter_map(|name| Some((fit(typed, name)?.score, *name))).collect();
        fits.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        fits.into_iter().map(|(_, name)| name.to_owned()).collect()
    }

    #[test]
    fn letters_must_be_there_in_order() {
        assert!(fit("cot", "calm-otter-3").is_some());
        assert!(fit("OTT", "calm-otter-3").is_some());
        assert_eq!(fit("tto", "calm-otter-3"), None);
        assert_eq!(fit("calm-otter-34", "calm-otter-3"), None);
        assert!(fit("", "anything").is_some());
        assert!(fit("stop otter", "Stop calm-otter-3").is_some(), "each word by itself");
        assert!(fit("otter stop", "Stop calm-otter-3").is_some(), "in any order");
        assert_eq!(fit("stop badger", "Stop calm-otter-3"), None);
    }

    #[test]
    fn letters_in_a_row_and_beginnings_of_words_come_first() {
        assert_eq!(
            order("run", &["Rooms under", "Go to Runs", "Runs"]),
            ["Runs", "Go to Runs", "Rooms under"]
        );
        assert_eq!(order("ot3", &["slot-30", "calm-otter-3"]), ["calm-otter-3", "slot-30"]);
        assert_eq!(order("co", &["calm-otter", "cove", "disco"]), ["cove", "calm-otter", "disco"]);
    }

    #[test]
    fn the_letters_that_were_meant_are_told() {
        let found = fit("ott", "calm-otter-3").unwrap();
        assert_eq!(found.at, [5, 6, 7]);
        let pieces = pieces("calm-otter-3", &found.at);
        let pieces: Vec<(&str, bool)> = pieces.iter().map(|(text, meant)| (text.as_str(), *meant)).collect();
        assert_eq!(pieces, [("calm-", false), ("ott", true), ("er-3", false)]);
        assert_eq!(fit("co", "calm-otter").unwrap().at, [0, 5]);
    }

    proptest! {
        #[test]
        fn what_fits_names_letters_of_the_name(typed in "\\PC{0,12}", name in "\\PC{0,40}") {
            if let Some(fit) = fit(&typed, &name) {
                let letters: Vec<char> = name.chars().collect();
                prop_assert!(fit.at.iter().all(|at| *at < letters.len()));
                prop_assert!(fit.at.is_sorted());
                let joined: String = pieces(&name, &fit.at).into_iter().map(|(text, _)| text).collect();
                prop_assert_eq!(joined, name);
            }
        }

        #[test]
        fn a_part_of_a_name_always_fits(name in "[a-z0-9-]{1,30}", from in 0_usize..30, length in 1_usize..30) {
            let from = from.min(name.len() - 1);
            let part = &name[from..(from + length).min(name.len())];
            prop_assert!(fit(part, &name).is_some());
        }
    }
}
