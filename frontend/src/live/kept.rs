//! Which finished runs the page keeps, however long it is open.

/// The finished runs that are let go, of `runs`, newest first: each with whether it is finished. The newest `keep` finished ones stay, and
/// those that are looked at.
pub fn let_go<K: Copy>(
    runs: impl IntoIterator<Item = (K, bool)>,
    keep: usize,
    looked_at: impl Fn(K) -> bool,
) -> Vec<K> {
    let finished = runs.into_iter().filter_map(|(key, finished)| finished.then_some(key));
    finished.skip(keep).filter(|key| !looked_at(*key)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_finished_runs_go_but_for_those_that_are_looked_at() {
        let runs = [(9, true), (8, false), (7, true), (6, true), (5, false), (4, true), (3, true)];
        assert_eq!(let_go(runs, 2, |_| false), [6, 4, 3]);
        assert_eq!(let_go(runs, 2, |key| key == 4), [6, 3]);
        assert_eq!(let_go(runs, 5, |_| false), [0; 0]);
    }
}
