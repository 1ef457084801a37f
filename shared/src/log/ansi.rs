//! A line as a terminal shows it in the end: colours and weights, and of what carriage returns wrote over one another the
//! last.
//!
//! Control sequences are ECMA-48's. Of those that move the cursor the ones within a line are heeded; all others leave no
//! trace. Each line begins in the plain style: which one it would have depends on all lines before it, which need not
//! be there.

use std::{iter::Peekable, str::Chars};

/// How far beyond the end of a line the cursor goes at most, columns.
const FAR: usize = 400;

/// How something is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Its colour; `None` = the reader's own.
    pub foreground: Option<Color>,
    /// The colour behind it; `None` = the reader's own.
    pub background: Option<Color>,
    /// SGR 1.
    pub bold: bool,
    /// SGR 2.
    pub dim: bool,
    /// SGR 3.
    pub italic: bool,
    /// SGR 4.
    pub underline: bool,
    /// SGR 7: its two colours change places.
    pub inverse: bool,
    /// SGR 9.
    pub struck: bool,
}

/// A colour of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// One of the sixteen that a theme chooses: 0-7, and 8-15 bright.
    Named(u8),
    /// Any, red, green and blue 0-255.
    Rgb(u8, u8, u8),
}

/// Text in one style.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The text, without control characters but tabs.
    pub text: String,
    /// Its style.
    pub style: Style,
}

/// A line as text alone.
#[must_use]
pub fn plain(line: &str) -> String {
    if is_plain(line) {
        return line.to_owned();
    }
    cells(line).into_iter().map(|(letter, _)| letter).collect()
}

/// A line in pieces of one style each.
#[must_use]
pub fn spans(line: &str) -> Vec<Span> {
    if is_plain(line) {
        let style = Style::default();
        return if line.is_empty() { Vec::new() } else { vec![Span { text: line.to_owned(), style }] };
    }
    let mut spans: Vec<Span> = Vec::new();
    for (letter, style) in cells(line) {
        match spans.last_mut() {
            Some(span) if span.style == style => span.text.push(letter),
            _ => spans.push(Span { text: letter.to_string(), style }),
        }
    }
    spans
}

fn is_plain(line: &str) -> bool {
    !line.contains(|letter: char| letter.is_control() && letter != '\t')
}

type Letters<'a> = Peekable<Chars<'a>>;

/// What stands in each column.
fn cells(line: &str) -> Vec<(char, Style)> {
    let mut screen = Screen::default();
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\r' => screen.column = 0,
            '\u{8}' => screen.column = screen.column.saturating_sub(1),
            '\t' => screen.put('\t'),
            '\u{1b}' => escape(&mut letters, &mut screen),
            '\u{9b}' => control_sequence(&mut letters, &mut screen),
            letter if letter.is_control() => {}
            letter => screen.put(letter),
        }
    }
    screen.cells
}

#[derive(Default)]
struct Screen {
    cells: Vec<(char, Style)>,
    column: usize,
    style: Style,
}

impl Screen {
    fn put(&mut self, letter: char) {
        if self.column >= self.cells.len() {
            self.cells.resize(self.column, (' ', Style::default()));
            self.cells.push((letter, self.style));
        } else {
            self.cells[self.column] = (letter, self.style);
        }
        self.column += 1;
    }

    fn go(&mut self, column: usize) {
        self.column = column.min(self.cells.len() + FAR);
    }

    fn erase(&mut self, how: usize) {
        match how {
            0 => self.cells.truncate(self.column),
            1 => self.cells.iter_mut().take(self.column + 1).for_each(|cell| *cell = (' ', Style::default())),
            _ => self.cells.clear(),
        }
    }
}

/// `ESC [` begins a control sequence, `ESC ]`, `P`, `X`, `^`, `_` a string up to `BEL` or `ESC \`, everything else is one
/// character, after intermediate ones.
fn escape(letters: &mut Letters<'_>, screen: &mut Screen) {
    match letters.next() {
        Some('[') => control_sequence(letters, screen),
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
fn control_sequence(letters: &mut Letters<'_>, screen: &mut Screen) {
    let mut parameters = String::new();
    while let Some(letter) = letters.next_if(|letter| (' '..='?').contains(letter)) {
        parameters.push(letter);
    }
    let Some(last) = letters.next_if(|letter| ('@'..='~').contains(letter)) else { return };
    // Private ones (`?25l`) and those with intermediate characters are none of these.
    if parameters.contains(|letter: char| !letter.is_ascii_digit() && letter != ';' && letter != ':') {
        return;
    }
    let first = parameters.split([';', ':']).next().and_then(|number| number.parse::<usize>().ok());
    let count = first.unwrap_or(1).max(1);
    match last {
        'm' => select(&parameters, &mut screen.style),
        'K' => screen.erase(first.unwrap_or(0)),
        'G' | '`' => screen.go(count - 1),
        'C' => screen.go(screen.column.saturating_add(count)),
        'D' => screen.column = screen.column.saturating_sub(count),
        _ => {}
    }
}

/// Select graphic rendition.
fn select(parameters: &str, style: &mut Style) {
    // `38:2::R:G:B` has an empty place for a colour space; `38;2;R;G;B` has none.
    for group in groups(parameters) {
        match group.as_slice() {
            [38, rest @ ..] => style.foreground = color(rest).or(style.foreground),
            [48, rest @ ..] => style.background = color(rest).or(style.background),
            [4, 0] => style.underline = false,
            [code, ..] => simple(*code, style),
            [] => {}
        }
    }
}

/// What belongs together: one number, or a colour with its own.
fn groups(parameters: &str) -> Vec<Vec<u16>> {
    let number = |text: &str| text.parse::<u16>().unwrap_or(0);
    let mut groups: Vec<Vec<u16>> = Vec::new();
    let mut parts = parameters.split(';');
    while let Some(part) = parts.next() {
        if part.contains(':') {
            groups.push(part.split(':').filter(|text| !text.is_empty()).map(number).collect());
            continue;
        }
        let code = number(part);
        let mut group = vec![code];
        if code == 38 || code == 48 {
            let kind = parts.next().map_or(0, number);
            group.push(kind);
            let more = match kind {
                5 => 1,
                2 => 3,
                _ => 0,
            };
            group.extend(parts.by_ref().take(more).map(number));
        }
        groups.push(group);
    }
    groups
}

fn color(parts: &[u16]) -> Option<Color> {
    let byte = |number: u16| u8::try_from(number).ok();
    match *parts {
        [5, index] => byte(index).map(indexed),
        // With a colour space there is one number more; it comes first.
        [2, red, green, blue] | [2, _, red, green, blue] => {
            Some(Color::Rgb(byte(red)?, byte(green)?, byte(blue)?))
        }
        _ => None,
    }
}

/// One of 256: the sixteen of the theme, a cube of 6 × 6 × 6, and 24 greys.
fn indexed(index: u8) -> Color {
    let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
    match index {
        0..=15 => Color::Named(index),
        16..=231 => {
            let place = index - 16;
            Color::Rgb(level(place / 36), level(place / 6 % 6), level(place % 6))
        }
        232..=255 => {
            let grey = 8 + 10 * (index - 232);
            Color::Rgb(grey, grey, grey)
        }
    }
}

fn simple(code: u16, style: &mut Style) {
    let named = |base: u16| u8::try_from(code - base).ok().map(Color::Named);
    match code {
        0 => *style = Style::default(),
        1 => style.bold = true,
        2 => style.dim = true,
        3 => style.italic = true,
        4 | 21 => style.underline = true,
        7 => style.inverse = true,
        9 => style.struck = true,
        22 => (style.bold, style.dim) = (false, false),
        23 => style.italic = false,
        24 => style.underline = false,
        27 => style.inverse = false,
        29 => style.struck = false,
        30..=37 => style.foreground = named(30),
        39 => style.foreground = None,
        40..=47 => style.background = named(40),
        49 => style.background = None,
        90..=97 => style.foreground = named(82),
        100..=107 => style.background = named(92),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_leave_no_trace_in_the_text() {
        assert_eq!(plain("plain\ttext é 漢"), "plain\ttext é 漢");
        assert_eq!(plain("\u{1b}[1;31merror\u{1b}[0m: no"), "error: no");
        assert_eq!(plain("\u{1b}]0;title\u{7}after"), "after");
        assert_eq!(plain("\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\"), "link");
        assert_eq!(plain("\u{1b}(Bx\u{1b}=y"), "xy");
        assert_eq!(plain("\u{1b}[?25lhidden\u{1b}[2;5H!"), "hidden!");
        assert_eq!(plain("cut \u{1b}["), "cut ");
        assert_eq!(plain("cut \u{1b}"), "cut ");
        assert_eq!(plain("\u{9b}31mred\u{0}"), "red");
    }

    #[test]
    fn a_carriage_return_writes_over_what_was_there_as_a_terminal_does() {
        assert_eq!(plain("10%\r50%\r100%"), "100%");
        assert_eq!(plain("100%\r"), "100%");
        assert_eq!(plain("ab\u{8}c"), "ac");
        assert_eq!(plain("downloading\rdone"), "doneloading");
        assert_eq!(plain("downloading\r\u{1b}[Kdone"), "done");
        assert_eq!(plain("\u{1b}[2Kdownloading\u{1b}[2K\rdone"), "done");
        assert_eq!(plain("abc\u{1b}[2Dx\u{1b}[5Gy"), "axc y");
        assert_eq!(plain("a\u{1b}[4000000000C!").len(), FAR + 2);
    }

    fn one(line: &str) -> Style {
        let spans = spans(line);
        assert_eq!(spans.len(), 1, "{spans:?}");
        spans[0].style
    }

    #[test]
    fn colours_of_all_kinds_are_read() {
        assert_eq!(one("\u{1b}[31mx").foreground, Some(Color::Named(1)));
        assert_eq!(one("\u{1b}[97;104mx").foreground, Some(Color::Named(15)));
        assert_eq!(one("\u{1b}[97;104mx").background, Some(Color::Named(12)));
        assert_eq!(one("\u{1b}[38;5;9mx").foreground, Some(Color::Named(9)));
        assert_eq!(one("\u{1b}[38;5;208mx").foreground, Some(Color::Rgb(255, 135, 0)));
        assert_eq!(one("\u{1b}[48;5;244mx").background, Some(Color::Rgb(128, 128, 128)));
        assert_eq!(one("\u{1b}[38;2;1;2;3mx").foreground, Some(Color::Rgb(1, 2, 3)));
        assert_eq!(one("\u{1b}[38:2::1:2:3mx").foreground, Some(Color::Rgb(1, 2, 3)));
        assert_eq!(one("\u{1b}[38:2:1:2:3mx").foreground, Some(Color::Rgb(1, 2, 3)));
        assert_eq!(one("\u{1b}[38;2;1;2;999mx").foreground, None);
        assert_eq!(one("\u{1b}[38mx"), Style::default());
    }

    #[test]
    fn weights_begin_and_end() {
        assert_eq!(
            one("\u{1b}[1;3;4;7;9mx\u{1b}[0m"),
            Style {
                bold: true,
                italic: true,
                underline: true,
                inverse: true,
                struck: true,
                ..Style::default()
            }
        );
        assert_eq!(one("\u{1b}[1;2;22;3;23;4;24;7;27;9;29mx"), Style::default());
        let parts = spans("a\u{1b}[1mb\u{1b}[mc");
        assert_eq!(
            parts.iter().map(|span| (span.text.as_str(), span.style.bold)).collect::<Vec<_>>(),
            [("a", false), ("b", true), ("c", false)]
        );
    }

    proptest::proptest! {
        #[test]
        fn no_line_is_too_odd(line in "[\\x00-\\x20\\x1b\\[\\];:0-9A-Zmä]{0,60}") {
            let text: String = spans(&line).into_iter().map(|span| span.text).collect();
            proptest::prop_assert_eq!(&text, &plain(&line));
            proptest::prop_assert!(!text.contains(|letter: char| letter.is_control() && letter != '\t'));
        }
    }
}
