//! Numbers, with what Python's `int()` and `float()` let through besides YAML's own forms.

use super::super::digits::{is_python_space, with_ascii_digits};
use super::super::tree::Value;
use super::bignat::BigNat;

/// Python reads and writes no decimal integer that is longer; so neither do we, in any base.
pub(super) const LONGEST_INTEGER: usize = 4300;

/// Powers of 60 beyond this one are larger than any float.
const LAST_FLOAT_POWER: usize = 173;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    Malformed,
    TooLong,
}

/// An integer with its sign apart.
struct Integer {
    negative: bool,
    size: BigNat,
}

/// `!!int`: decimal, `0b…`, `0x…`, `0…` (octal) or base 60 with colons; `_` anywhere.
pub(super) fn int(text: &str) -> Result<Value, Problem> {
    let text = text.replace('_', "");
    let (negative, text) = split_sign(&text);
    let mut integer = if text == "0" {
        integer("0", 10)?
    } else if let Some(digits) = text.strip_prefix("0b") {
        integer(digits, 2)?
    } else if let Some(digits) = text.strip_prefix("0x") {
        integer(digits, 16)?
    } else if text.starts_with('0') {
        integer(text, 8)?
    } else if text.contains(':') {
        sexagesimal(text)?
    } else {
        integer(text, 10)?
    };
    integer.negative ^= negative;
    let digits = integer.size.to_decimal();
    if digits.len() > LONGEST_INTEGER {
        return Err(Problem::TooLong);
    }
    let written = if integer.negative { format!("-{digits}") } else { digits };
    Ok(written.parse().map_or(Value::BigInt(written), Value::Int))
}

fn sexagesimal(text: &str) -> Result<Integer, Problem> {
    let mut total = Integer { negative: false, size: BigNat::default() };
    for part in text.split(':') {
        let part = integer(part, 10)?;
        total.size.multiply(60);
        // Parts have signs of their own only under an explicit tag: `!!int "1:-30"` is 30.
        if part.negative == total.negative || total.size.is_zero() {
            total.negative = part.negative;
            total.size.add(&part.size);
        } else if total.size.subtract(&part.size) {
            total.negative = !total.negative;
        }
        if total.size.is_longer_than(LONGEST_INTEGER) {
            return Err(Problem::TooLong);
        }
    }
    Ok(total)
}

/// Python's `int(text, base)`: white space around, a sign, a prefix that fits the base, digits of any script.
fn integer(text: &str, base: u32) -> Result<Integer, Problem> {
    let text = with_ascii_digits(text);
    let (negative, digits) = split_sign(text.trim_matches(is_python_space));
    let letter = match base {
        2 => ['b', 'B'],
        8 => ['o', 'O'],
        _ => ['x', 'X'],
    };
    let prefixed = digits.strip_prefix('0').and_then(|rest| rest.strip_prefix(letter));
    let digits = prefixed.filter(|_| base != 10).unwrap_or(digits);
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(base)) {
        return Err(Problem::Malformed);
    }
    // In base 10 Python counts leading zeros as well.
    if base == 10 && digits.len() > LONGEST_INTEGER {
        return Err(Problem::TooLong);
    }
    let significant = digits.trim_start_matches('0');
    if significant.len() > longest_in(base) {
        return Err(Problem::TooLong);
    }
    Ok(Integer { negative, size: BigNat::from_digits(significant, base) })
}

/// How many digits the longest integer has at most in a base.
fn longest_in(base: u32) -> usize {
    match base {
        // log2(10) is a little below 3.33.
        2 => LONGEST_INTEGER * 333 / 100,
        8 => LONGEST_INTEGER * 111 / 100 + 1,
        _ => LONGEST_INTEGER,
    }
}

/// `!!float`: a decimal number, `.inf`, `.nan` or base 60 with colons; `_` anywhere.
pub(super) fn float(text: &str) -> Option<f64> {
    let text = text.replace('_', "").to_lowercase();
    let (negative, text) = split_sign(&text);
    let value = match text {
        "" => return None,
        ".inf" => f64::INFINITY,
        // PyYAML's is a NaN whatever the sign.
        ".nan" => return Some(f64::NAN),
        text if text.contains(':') => {
            let mut total = 0.0;
            let mut power = Some(BigNat::from_digits("1", 10));
            for (i, part) in text.rsplit(':').enumerate() {
                let digit = python_float(part)?;
                let power = power.as_mut().filter(|_| i <= LAST_FLOAT_POWER)?;
                total += digit * power.to_decimal().parse::<f64>().ok()?;
                power.multiply(60);
            }
            total
        }
        text => python_float(text)?,
    };
    Some(if negative { -value } else { value })
}

/// Python's `float(text)`. Rust reads the same forms, apart from white space and other scripts' digits.
fn python_float(text: &str) -> Option<f64> {
    with_ascii_digits(text).trim_matches(is_python_space).parse().ok()
}

/// Splits off one sign; whether it is a minus.
fn split_sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}
