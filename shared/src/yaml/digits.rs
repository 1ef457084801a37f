//! Decimal digits of all scripts, which Python's `int()` and `float()` read.

/// The zero of each run of ten decimal digits outside of ASCII (Unicode 14, category Nd).
const ZEROS: [u32; 65] = [
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0,
    0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50,
    0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x11066, 0x110f0,
    0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50,
    0x11d50, 0x11da0, 0x16a60, 0x16ac0, 0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140,
    0x1e2f0, 0x1e950, 0x1fbf0,
];

/// The ASCII digit of the same value, if `c` is a decimal digit of any script.
#[must_use]
pub fn decimal_digit(c: char) -> Option<char> {
    if c.is_ascii() {
        return c.is_ascii_digit().then_some(c);
    }
    let code = u32::from(c);
    let run = ZEROS.partition_point(|&zero| zero <= code).checked_sub(1)?;
    char::from_digit(code - ZEROS[run], 10)
}

/// Whether Python's `str.strip()` takes `c` away.
#[must_use]
pub fn is_python_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\x1c'..='\x1f')
}

/// The text with the decimal digits of all scripts as ASCII digits.
#[must_use]
pub fn with_ascii_digits(text: &str) -> String {
    text.chars().map(|c| decimal_digit(c).unwrap_or(c)).collect()
}

#[cfg(test)]
mod tests {
    use super::decimal_digit;

    #[test]
    fn digits_of_other_scripts_have_their_value() {
        assert_eq!(decimal_digit('٥'), Some('5'));
        assert_eq!(decimal_digit('８'), Some('8'));
        assert_eq!(decimal_digit('7'), Some('7'));
        assert_eq!(decimal_digit('²'), None);
        assert_eq!(decimal_digit('a'), None);
        assert_eq!(decimal_digit('\u{66a}'), None);
    }
}
