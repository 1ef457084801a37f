//! Sorting that costs little code.
//!
//! The standard library's sort is some 10 KB of code for each type and order that it is used with: in a page that
//! comes over the network, dozens of short lists would weigh more than the matcher. Here one sort of numbers serves
//! them all, at the price of an indirect call for each comparison. Where many thousands of values are sorted with each
//! key stroke, the standard library's is the right one.

use std::cmp::Ordering;

/// Sorts by `order`; what is equal stays as it stands.
pub fn sort_by<T>(items: &mut [T], mut order: impl FnMut(&T, &T) -> Ordering) {
    let sorted = sorted(items.len(), &mut |a, b| order(&items[a as usize], &items[b as usize]));
    arrange(items, sorted);
}

/// Sorts by a key; what is equal stays as it stands.
pub fn sort_by_key<T, K: Ord>(items: &mut [T], mut key: impl FnMut(&T) -> K) {
    sort_by(items, |a, b| key(a).cmp(&key(b)));
}

/// Sorts; what is equal stays as it stands.
pub fn sort<T: Ord>(items: &mut [T]) {
    sort_by(items, Ord::cmp);
}

/// The numbers below `count` in order.
#[inline(never)]
fn sorted(count: usize, order: &mut dyn FnMut(u32, u32) -> Ordering) -> Vec<u32> {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    let mut all: Vec<u32> = (0..count).collect();
    all.sort_by(|&a, &b| order(a, b));
    all
}

/// Puts the item that stands at `from[i]` to `i`, for each `i`.
fn arrange<T>(items: &mut [T], mut from: Vec<u32>) {
    for start in 0..from.len() {
        // Along each cycle the items change places; who is at home is marked by its own number.
        let mut at = start;
        while from[at] as usize != start {
            let next = from[at] as usize;
            items.swap(at, next);
            from[at] = at as u32;
            at = next;
        }
        from[at] = at as u32;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn it_sorts_as_the_standard_library_does(items in prop::collection::vec((0u8..6, any::<u8>()), 0..60)) {
            let (mut ours, mut theirs) = (items.clone(), items.clone());
            sort_by_key(&mut ours, |item| item.0);
            theirs.sort_by_key(|item| item.0);
            prop_assert_eq!(&ours, &theirs);
            sort(&mut ours);
            theirs.sort();
            prop_assert_eq!(ours, theirs);
        }
    }
}
