//! Base 64 as Python's `binascii` reads it by default: whatever is no digit is passed over.

/// Decodes `text`; on failure, what is wrong with it.
pub(super) fn decode(text: &str) -> Result<Vec<u8>, &'static str> {
    if !text.is_ascii() {
        return Err("binary data is written in ASCII letters and digits (base 64)");
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    // Digits read in the group of four at hand, and the bits not yet written.
    let (mut position, mut padding, mut bits) = (0, 0, 0u32);
    for b in text.bytes() {
        let digit = match b {
            b'A'..=b'Z' => b - b'A',
            b'a'..=b'z' => b - b'a' + 26,
            b'0'..=b'9' => b - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                if position >= 2 {
                    padding += 1;
                    if position + padding >= 4 {
                        return Ok(bytes);
                    }
                }
                continue;
            }
            _ => continue,
        };
        padding = 0;
        bits = bits << 6 | u32::from(digit);
        if position > 0 {
            // The lowest byte of what is there, its last bits still missing; truncation is meant.
            bytes.push((bits >> (6 - 2 * position)) as u8);
        }
        position = (position + 1) % 4;
    }
    match position {
        0 => Ok(bytes),
        1 => Err("binary data (base 64) cannot have one digit more than a multiple of four"),
        _ => Err("binary data (base 64) must be padded with `=` to a multiple of four"),
    }
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn base_64_is_decoded() {
        assert_eq!(decode("aGVsbG8=\n").as_deref(), Ok(&b"hello"[..]));
        assert_eq!(decode("aGVs bG8h").as_deref(), Ok(&b"hello!"[..]));
        assert_eq!(decode("").as_deref(), Ok(&b""[..]));
    }

    #[test]
    fn what_follows_the_padding_is_passed_over() {
        assert_eq!(decode("aA==aGVs").as_deref(), Ok(&b"h"[..]));
    }

    #[test]
    fn missing_padding_is_an_error() {
        assert!(decode("aGVsbG8").is_err());
        assert!(decode("aGVsb").is_err());
        assert!(decode("é").is_err());
    }
}
