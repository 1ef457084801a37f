//! Log lines as text: what terminals do with control characters, undone.

/// How a line is meant, as far as its first word tells.
#[must_use]
pub fn level(text: &str) -> Option<&'static str> {
    let word = text.trim_start().trim_start_matches('[').split([':', ' ', ']']).next().unwrap_or_default();
    if word.eq_ignore_ascii_case("warning") || word.eq_ignore_ascii_case("warn") {
        Some("warn")
    } else if word.eq_ignore_ascii_case("error") || word.eq_ignore_ascii_case("fatal") {
        Some("error")
    } else {
        None
    }
}

/// A line without escape sequences and control characters. Of what carriage returns wrote over one another
/// (progress bars), the last is left.
#[must_use]
pub fn plain(text: &str) -> String {
    if !text.contains(|letter: char| letter.is_control() && letter != '\t') {
        return text.to_owned();
    }
    let mut line = String::with_capacity(text.len());
    let mut letters = text.trim_end_matches('\r').chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\r' => line.clear(),
            '\u{8}' => drop(line.pop()),
            '\t' => line.push('\t'),
            '\u{1b}' => escape(&mut letters),
            '\u{9b}' => control_sequence(&mut letters),
            letter if letter.is_control() => {}
            letter => line.push(letter),
        }
    }
    line
}

/// ECMA-48: `ESC [` begins a control sequence, `ESC ]`, `P`, `X`, `^`, `_` a string up to `BEL` or `ESC \`,
/// everything else is one character, after intermediate ones.
fn escape(letters: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    match letters.next() {
        Some('[') => control_sequence(letters),
        Some(']' | 'P' | 'X' | '^' | '_') => {
            while let Some(letter) = letters.next() {
                if letter == '\u{7}' || letter == '\u{9c}' {
                    return;
                }
                if letter == '\u{1b}' {
                    letters.next_if_eq(&'\\');
                    return;
                }
            }
        }
        Some(' '..='/') => {
            while letters.next_if(|letter| (' '..='/').contains(letter)).is_some() {}
            letters.next();
        }
        _ => {}
    }
}

/// Parameters and intermediate characters, then one that ends it.
fn control_sequence(letters: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    while letters.next_if(|letter| (' '..='?').contains(letter)).is_some() {}
    letters.next_if(|letter| ('@'..='~').contains(letter));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_leave_no_trace() {
        assert_eq!(plain("plain\ttext é 漢"), "plain\ttext é 漢");
        assert_eq!(plain("\u{1b}[1;31merror\u{1b}[0m: no"), "error: no");
        assert_eq!(plain("\u{1b}]0;title\u{7}after"), "after");
        assert_eq!(plain("\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\"), "link");
        assert_eq!(plain("\u{1b}(Bx\u{1b}=y"), "xy");
        assert_eq!(plain("cut \u{1b}["), "cut ");
        assert_eq!(plain("cut \u{1b}"), "cut ");
        assert_eq!(plain("\u{9b}31mred\u{0}"), "red");
    }

    #[test]
    fn a_progress_bar_leaves_its_last_state() {
        assert_eq!(plain("10%\r50%\r100%"), "100%");
        assert_eq!(plain("100%\r"), "100%");
        assert_eq!(plain("ab\u{8}c"), "ac");
    }

    #[test]
    fn the_first_word_tells_the_level() {
        assert_eq!(level("WARNING: Running pip as root"), Some("warn"));
        assert_eq!(level("[ERROR] no"), Some("error"));
        assert_eq!(level("error: no"), Some("error"));
        assert_eq!(level("no errors"), None);
        assert_eq!(level(""), None);
    }
}
