//! Did-you-mean.

/// The candidate nearest to `text`, when one is near enough to be meant. Case and the difference
/// between `-`, `_`, blanks and nothing do not count.
#[must_use]
pub fn closest<'c>(text: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let wanted = plain(text);
    // Quadratic in the length; no key is this long.
    if wanted.is_empty() || wanted.len() > 40 {
        return None;
    }
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let known = plain(candidate);
            let distance = distance(&wanted, &known);
            let longest = wanted.len().max(known.len());
            let near = distance == 0 || (distance <= longest.div_ceil(3).min(3) && distance < longest);
            near.then_some((distance, candidate))
        })
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
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
}
