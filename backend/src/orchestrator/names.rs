//! Names of runs: checked, or made up as adjective-animal-number.

use rand::{Rng, RngExt};

/// Whether `name` has the form `^[a-z][a-z0-9-]{1,40}$` (`spec/dstack-0.18.md` §6).
pub(super) fn is_valid(name: &str) -> bool {
    let bytes = name.as_bytes();
    (2..=41).contains(&bytes.len())
        && bytes[0].is_ascii_lowercase()
        && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
}

/// A name that reads well.
pub(super) fn make_up(random: &mut impl Rng) -> String {
    let adjective = ADJECTIVES[random.random_range(0..ADJECTIVES.len())];
    let animal = ANIMALS[random.random_range(0..ANIMALS.len())];
    format!("{adjective}-{animal}-{}", random.random_range(1..100))
}

const ADJECTIVES: [&str; 60] = [
    "amber", "agile", "ashen", "balmy", "bold", "brave", "breezy", "bright", "brisk", "calm", "candid",
    "clever", "coral", "cosy", "crisp", "curious", "daring", "deft", "dusky", "eager", "early", "fair",
    "fleet", "fond", "frosty", "gentle", "glad", "golden", "grand", "hardy", "hazel", "honest", "humble",
    "jolly", "keen", "kind", "lively", "lucky", "mellow", "merry", "mighty", "misty", "neat", "nimble",
    "noble", "plucky", "proud", "quick", "quiet", "rapid", "rosy", "silent", "silver", "steady", "sunny",
    "swift", "tidy", "warm", "wise", "witty",
];

const ANIMALS: [&str; 60] = [
    "avocet", "badger", "beaver", "bison", "bittern", "bream", "caribou", "cod", "crane", "curlew", "dipper",
    "dolphin", "dove", "dunlin", "eel", "egret", "eider", "elk", "falcon", "ferret", "finch", "fox",
    "gannet", "gecko", "godwit", "goose", "grebe", "gull", "hare", "heron", "herring", "ibex", "jackdaw",
    "kestrel", "lark", "linnet", "lynx", "magpie", "marten", "mole", "narwhal", "newt", "oriole", "osprey",
    "otter", "owl", "petrel", "pike", "plover", "puffin", "raven", "robin", "salmon", "seal", "stoat",
    "swan", "tern", "trout", "vole", "wren",
];

#[cfg(test)]
mod tests {
    use rand::{SeedableRng, rngs::StdRng};

    use super::*;

    #[test]
    fn names_have_the_form_of_the_specification() {
        for name in ["ab", "a-", "fox-1", &"a".repeat(41)] {
            assert!(is_valid(name), "{name}");
        }
        for name in ["", "a", "1a", "-a", "Ab", "a_b", "a b", "é1", "ab\n", &"a".repeat(42)] {
            assert!(!is_valid(name), "{name:?}");
        }
    }

    #[test]
    fn made_up_names_are_valid_and_vary() {
        let mut random = StdRng::seed_from_u64(1);
        let names: std::collections::BTreeSet<String> = (0..1000).map(|_| make_up(&mut random)).collect();
        assert!(names.iter().all(|name| is_valid(name)));
        assert!(names.len() > 900, "{}", names.len());
    }
}
