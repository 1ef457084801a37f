//! Natural numbers of any size: just what it takes to read an integer in one base and write it in ten.

/// What a limb counts up to, plus one.
const BASE: u64 = 1_000_000_000;
/// Decimal digits of a limb.
const DIGITS: usize = 9;

/// A natural number in limbs of nine decimal digits, the lowest first, none of the highest zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct BigNat(Vec<u32>);

impl BigNat {
    /// Reads digits that are valid in `base`; quadratic in their number.
    pub(super) fn from_digits(digits: &str, base: u32) -> Self {
        if base == 10 {
            let chunks = digits.as_bytes().rchunks(DIGITS);
            let mut number =
                Self(chunks.map(|c| c.iter().fold(0, |n, b| n * 10 + u32::from(b - b'0'))).collect());
            number.trim();
            return number;
        }
        let mut number = Self::default();
        for digit in digits.chars().filter_map(|c| c.to_digit(base)) {
            number.multiply(base);
            number.add(&Self(if digit == 0 { Vec::new() } else { vec![digit] }));
        }
        number
    }

    pub(super) fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it surely has more than `digits` decimal digits.
    pub(super) fn is_longer_than(&self, digits: usize) -> bool {
        self.0.len() > digits.div_ceil(DIGITS)
    }

    /// Multiplies by a small factor, not 0.
    pub(super) fn multiply(&mut self, factor: u32) {
        let mut carry = 0;
        for limb in &mut self.0 {
            let product = u64::from(*limb) * u64::from(factor) + carry;
            *limb = low(product);
            carry = product / BASE;
        }
        if carry > 0 {
            self.0.push(low(carry));
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        let mut carry = 0;
        let length = self.0.len().max(other.0.len());
        self.0.resize(length, 0);
        for (i, limb) in self.0.iter_mut().enumerate() {
            let sum = u64::from(*limb) + other.limb(i) + carry;
            *limb = low(sum);
            carry = sum / BASE;
        }
        if carry > 0 {
            self.0.push(low(carry));
        }
    }

    /// Becomes the distance to `other`; whether `other` was the larger one.
    pub(super) fn subtract(&mut self, other: &Self) -> bool {
        let key = |n: &Self| (n.0.len(), n.0.iter().rev().copied().collect::<Vec<_>>());
        let swapped = key(self) < key(other);
        let (large, small) = if swapped { (other, &*self) } else { (&*self, other) };
        let mut borrow = 0;
        let mut limbs = Vec::with_capacity(large.0.len());
        for i in 0..large.0.len() {
            let difference = large.limb(i) + BASE - small.limb(i) - borrow;
            limbs.push(low(difference));
            borrow = 1 - difference / BASE;
        }
        self.0 = limbs;
        self.trim();
        swapped
    }

    /// Its decimal digits, at least one.
    pub(super) fn to_decimal(&self) -> String {
        let Some((highest, rest)) = self.0.split_last() else {
            return "0".to_owned();
        };
        let mut text = highest.to_string();
        for limb in rest.iter().rev() {
            text.push_str(&format!("{limb:09}"));
        }
        text
    }

    fn limb(&self, i: usize) -> u64 {
        self.0.get(i).copied().map_or(0, u64::from)
    }

    fn trim(&mut self) {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }
}

/// What stays in a limb; the remainder always fits.
fn low(value: u64) -> u32 {
    (value % BASE) as u32
}

#[cfg(test)]
mod tests {
    use super::BigNat;
    use proptest::prelude::*;

    fn nat(n: u128) -> BigNat {
        BigNat::from_digits(&n.to_string(), 10)
    }

    proptest! {
        #[test]
        fn a_number_keeps_its_decimal_digits(n: u128) {
            prop_assert_eq!(nat(n).to_decimal(), n.to_string());
        }

        #[test]
        fn a_number_is_the_same_in_every_base(n: u128) {
            prop_assert_eq!(BigNat::from_digits(&format!("{n:b}"), 2).to_decimal(), n.to_string());
            prop_assert_eq!(BigNat::from_digits(&format!("{n:o}"), 8).to_decimal(), n.to_string());
            prop_assert_eq!(BigNat::from_digits(&format!("{n:x}"), 16).to_decimal(), n.to_string());
        }

        #[test]
        fn sums_and_distances_are_right(a: u64, b: u64) {
            let (a, b) = (u128::from(a), u128::from(b));
            let mut sum = nat(a);
            sum.add(&nat(b));
            prop_assert_eq!(sum, nat(a + b));
            let mut distance = nat(a);
            prop_assert_eq!(distance.subtract(&nat(b)), a < b);
            prop_assert_eq!(distance, nat(a.abs_diff(b)));
        }
    }
}
