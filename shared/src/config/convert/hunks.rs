//! The parts in which two texts differ, by lines.

use crate::{
    config::rewrite::difference,
    diagnostics::{ByteRange, LineIndex, TextEdit},
};

/// The most pairs of lines that are compared; beyond, one edit replaces all between what is the same at both ends.
const MOST: usize = 1_000_000;

/// The edits that make `new` of `old`, in order; they do not overlap.
pub(super) fn edits(old: &str, new: &str) -> Vec<TextEdit> {
    let index = LineIndex::new(old);
    hunks(old, new)
        .into_iter()
        .filter_map(|(range, start)| {
            let (part, text) = difference(&old[range.start..range.end], start)?;
            let range = ByteRange::new(range.start + part.start, range.start + part.end);
            Some(TextEdit { range: index.range(range), new_text: text.to_owned() })
        })
        .collect()
}

/// Runs of lines of `old`, and what is in their place in `new`.
fn hunks<'n>(old: &str, new: &'n str) -> Vec<(ByteRange, &'n str)> {
    let (a, b): (Vec<&str>, Vec<&str>) =
        (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
    let head = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let tail = a[head..].iter().rev().zip(b[head..].iter().rev()).take_while(|(a, b)| a == b).count();
    let (x, y) = (&a[head..a.len() - tail], &b[head..b.len() - tail]);
    let bytes = |lines: &[&str]| lines.iter().map(|line| line.len()).sum::<usize>();
    let (mut from, mut to) = (bytes(&a[..head]), bytes(&b[..head]));
    if x.len().saturating_mul(y.len()) > MOST {
        return vec![(ByteRange::new(from, from + bytes(x)), &new[to..to + bytes(y)])];
    }
    // The longest common run of lines from each pair of places on.
    let width = y.len() + 1;
    let mut longest = vec![0_u32; (x.len() + 1) * width];
    for i in (0..x.len()).rev() {
        for j in (0..y.len()).rev() {
            longest[i * width + j] = if x[i] == y[j] {
                longest[(i + 1) * width + j + 1] + 1
            } else {
                longest[(i + 1) * width + j].max(longest[i * width + j + 1])
            };
        }
    }
    let mut hunks = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < x.len() || j < y.len() {
        let (start, begin) = (from, to);
        while (i < x.len() || j < y.len()) && !(i < x.len() && j < y.len() && x[i] == y[j]) {
            let down =
                i < x.len() && (j == y.len() || longest[(i + 1) * width + j] >= longest[i * width + j + 1]);
            if down {
                from += x[i].len();
                i += 1;
            } else {
                to += y[j].len();
                j += 1;
            }
        }
        if (start, begin) != (from, to) {
            hunks.push((ByteRange::new(start, from), &new[begin..to]));
        }
        while i < x.len() && j < y.len() && x[i] == y[j] {
            from += x[i].len();
            to += x[i].len();
            (i, j) = (i + 1, j + 1);
        }
    }
    hunks
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::diagnostics::apply_edits;

    #[test]
    fn each_part_is_an_edit_of_its_own() {
        let edits = edits("a\nb: 1\nc\nd\ne\n", "a\nb: 12\nc\ne\nf\n");
        let shown: Vec<_> = edits
            .iter()
            .map(|edit| (edit.range.start.offset, edit.range.end.offset, edit.new_text.as_str()))
            .collect();
        assert_eq!(shown, [(6, 6, "2"), (9, 11, ""), (13, 13, "f\n")]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_edits_make_the_new_text(old in "[aü\n]{0,12}", new in "[aü\n]{0,12}") {
            prop_assert_eq!(apply_edits(&old, &edits(&old, &new)), Some(new));
        }
    }
}
