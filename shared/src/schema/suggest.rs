//! Did-you-mean.

/// What a misspelt word may have meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guess<'c> {
    /// The word that is nearest.
    pub name: &'c str,
    /// Whether it is hardly anything else: one slip of the finger away, and nothing else is as near.
    pub sure: bool,
}

/// The candidate nearest to `text`, when one is near enough to be meant. Case and the difference
/// between `-`, `_`, blanks and nothing do not count.
#[must_use]
pub fn closest<'c>(text: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    guess(text, candidates).map(|guess| guess.name)
}

/// As [`closest`], and whether it is surely meant.
#[must_use]
pub fn guess<'c>(text: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<Guess<'c>> {
    let wanted = plain(text);
    // Quadratic in the length; no key is this long.
    if wanted.is_empty() || wanted.len() > 40 {
        return None;
    }
    let mut best: Option<(usize, &str, usize)> = None;
    let mut alone = true;
    for candidate in candidates {
        let known = plain(candidate);
        let distance = distance(&wanted, &known);
        let longest = wanted.len().max(known.len());
        if distance > 0 && (distance > longest.div_ceil(3).min(3) || distance >= longest) {
            continue;
        }
        match best {
            Some((least, ..)) if distance > least => {}
            Some((least, ..)) if distance == least => alone = false,
            _ => (best, alone) = (Some((distance, candidate, known.len())), true),
        }
    }
    let (distance, name, length) = best?;
    // A slip in a word of three letters makes another word.
    let slip = distance == 1 && length.min(wanted.len()) > 3;
    Some(Guess { name, sure: alone && (distance == 0 || slip) })
}

fn plain(text: &str) -> Vec<char> {
    text.chars().filter(|c| !matches!(c, '-' | '_' | ' ')).flat_map(char::to_lowercase).collect()
}

/// Edits to get from one to the other: insert, delete, replace, swap two neighbours (optimal string alignment).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replace = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replace.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_misses_are_found_and_strangers_are_not() {
        let keys = ["resources", "regions", "registry_auth", "max_price", "disk", "gpu", "cpu"];
        for (typed, meant) in [
            ("resurces", Some("resources")),
            ("max-price", Some("max_price")),
            ("maxPrice", Some("max_price")),
            ("dsik", Some("disk")),
            ("GPU", Some("gpu")),
            ("region", Some("regions")),
            ("volumes", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(closest(typed, keys), meant, "{typed}");
        }
    }

    #[test]
    fn a_guess_is_sure_when_one_slip_explains_it() {
        let keys = ["resources", "regions", "max_price", "disk", "gpu", "cpu"];
        for (typed, sure) in [
            ("resurces", true),
            ("maxPrice", true),
            ("GPU", true),
            ("dsik", true),
            ("gpus", false),
            ("xpu", false),
            ("resorcs", false),
        ] {
            assert_eq!(guess(typed, keys).map(|guess| guess.sure), Some(sure), "{typed}");
        }
        assert_eq!(guess("reuse", ["reuse1", "reuse2"]).map(|guess| guess.sure), Some(false));
    }
}
