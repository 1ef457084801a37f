//! One line of a log as bytes.

use berth_shared::{
    api::{LogLine, LogSource},
    time::Timestamp,
};

/// The longest text of one record, bytes. Longer lines are split.
pub const LINE_LIMIT: usize = 16 * 1024;

/// Appends the record of a line of text, with its end, to `to`. Line ends inside the text become spaces, and a text beyond
/// [`LINE_LIMIT`] is cut: whoever splits lines keeps to it.
pub fn encode(at: Timestamp, source: LogSource, text: &str, to: &mut Vec<u8>) {
    let mut end = text.len().min(LINE_LIMIT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    encode_bytes(at, source, &text.as_bytes()[..end], false, to);
}

/// Appends the record of a line, of any bytes but line ends, to `to`; `open` where no line end followed. A capital letter
/// for the source says so. Bytes beyond [`LINE_LIMIT`] are cut off.
pub fn encode_bytes(at: Timestamp, source: LogSource, bytes: &[u8], open: bool, to: &mut Vec<u8>) {
    let letter = match source {
        LogSource::Stdout => 'o',
        LogSource::Stderr => 'e',
        LogSource::System => 's',
    };
    let letter = if open { letter.to_ascii_uppercase() } else { letter };
    to.extend_from_slice(format!("{} {letter} ", at.0).as_bytes());
    to.extend(bytes.iter().take(LINE_LIMIT).map(|&b| if b == b'\n' { b' ' } else { b }));
    to.push(b'\n');
}

/// Appends the record of a line that was read, as it was.
pub fn encode_line(line: &LogLine, to: &mut Vec<u8>) {
    encode_bytes(line.at, line.source, &line.bytes(), line.open, to);
}

/// How many bytes the record of a line takes.
pub fn encoded_len(line: &LogLine) -> u64 {
    let mut bytes = Vec::with_capacity(line.text.len() + 24);
    encode_line(line, &mut bytes);
    bytes.len() as u64
}

/// Reads a record without its line end. `None` for what is no record, such as a line that a crash cut short.
pub(super) fn decode(line: &[u8]) -> Option<LogLine> {
    let mut parts = line.splitn(3, |&b| b == b' ');
    let at = std::str::from_utf8(parts.next()?).ok()?.parse().ok()?;
    let (source, open) = match parts.next()? {
        b"o" => (LogSource::Stdout, false),
        b"e" => (LogSource::Stderr, false),
        b"s" => (LogSource::System, false),
        b"O" => (LogSource::Stdout, true),
        b"E" => (LogSource::Stderr, true),
        b"S" => (LogSource::System, true),
        _ => return None,
    };
    Some(LogLine::of_bytes(Timestamp(at), source, parts.next()?, open))
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
            assert_eq!(line, LogLine::new(Timestamp(-5), LogSource::Stderr, text));
        }
    }

    #[test]
    fn any_bytes_come_back_with_whether_the_line_goes_on() {
        for open in [false, true] {
            for bytes in [&b"\xff\x00\r\x1b[1m"[..], b"", b"\r 10%\r 20%", "ä".as_bytes()] {
                let mut record = Vec::new();
                encode_bytes(Timestamp(7), LogSource::Stdout, bytes, open, &mut record);
                let line = decode(record.strip_suffix(b"\n").expect("a line end")).expect("a record");
                assert_eq!((&*line.bytes(), line.open), (bytes, open));
                let mut again = Vec::new();
                encode_line(&line, &mut again);
                assert_eq!(again, record);
                let wire: LogLine =
                    serde_json::from_str(&serde_json::to_string(&line).expect("JSON")).expect("a line");
                assert_eq!(wire, line);
            }
        }
    }

    #[test]
    fn lines_of_programs_that_knew_no_open_ones_are_read() {
        let line: LogLine =
            serde_json::from_str(r#"{"at":5,"source":"stdout","text":"old"}"#).expect("a line");
        assert_eq!(line, LogLine::new(Timestamp(5), LogSource::Stdout, "old"));
        assert_eq!(decode(b"5 o old"), Some(line));
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
