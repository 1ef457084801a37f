//! One line of a log as bytes.

use berth_shared::{
    api::{LogLine, LogSource},
    time::Timestamp,
};

/// The longest text of one record, bytes. Longer lines are split.
pub const LINE_LIMIT: usize = 16 * 1024;

/// Appends the record of a line to `to`. Line ends inside the text become spaces, and a text beyond
/// [`LINE_LIMIT`] is cut: whoever splits lines keeps to it.
pub fn encode(at: Timestamp, source: LogSource, text: &str, to: &mut Vec<u8>) {
    let mut end = text.len().min(LINE_LIMIT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let letter = match source {
        LogSource::Stdout => 'o',
        LogSource::Stderr => 'e',
        LogSource::System => 's',
    };
    to.extend_from_slice(format!("{} {letter} ", at.0).as_bytes());
    to.extend(text.as_bytes()[..end].iter().map(|&b| if b == b'\n' { b' ' } else { b }));
    to.push(b'\n');
}

/// How many bytes the record of a line takes.
pub fn encoded_len(line: &LogLine) -> u64 {
    let mut bytes = Vec::with_capacity(line.text.len() + 24);
    encode(line.at, line.source, &line.text, &mut bytes);
    bytes.len() as u64
}

/// Reads a record without its line end. `None` for what is no record, such as a line that a crash cut short.
pub(super) fn decode(line: &[u8]) -> Option<LogLine> {
    let mut parts = line.splitn(3, |&b| b == b' ');
    let at = std::str::from_utf8(parts.next()?).ok()?.parse().ok()?;
    let source = match parts.next()? {
        b"o" => LogSource::Stdout,
        b"e" => LogSource::Stderr,
        b"s" => LogSource::System,
        _ => return None,
    };
    let text = String::from_utf8_lossy(parts.next()?).into_owned();
    Some(LogLine { at: Timestamp(at), source, text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_comes_back_as_it_was_written() {
        for text in ["", " two  spaces ", "ünï\tcode\r", "\u{0}nul"] {
            let mut bytes = Vec::new();
            encode(Timestamp(-5), LogSource::Stderr, text, &mut bytes);
            let line = decode(bytes.strip_suffix(b"\n").expect("a line end")).expect("a record");
            assert_eq!(line, LogLine { at: Timestamp(-5), source: LogSource::Stderr, text: text.to_owned() });
        }
    }

    #[test]
    fn a_line_cut_short_is_no_record() {
        for line in ["", "12", "12 o", "x o text", "12 q text"] {
            assert_eq!(decode(line.as_bytes()), None, "{line:?}");
        }
    }

    #[test]
    fn too_long_a_text_is_cut_between_characters() {
        let mut bytes = Vec::new();
        encode(Timestamp(1), LogSource::Stdout, &"ä".repeat(LINE_LIMIT), &mut bytes);
        let line = decode(bytes.strip_suffix(b"\n").expect("a line end")).expect("a record");
        assert_eq!(line.text, "ä".repeat(LINE_LIMIT / 2));
    }
}
