//! Diagnostics for a terminal: the line, a mark under the offending text, what to do.

use std::fmt::Write as _;

use super::{Diagnostic, LineIndex, Range, Severity};

/// Widest excerpt of a line, in characters.
const WIDTH: usize = 100;

/// Everything about `diagnostics` of `text`, which came from `file`; ends with a line break unless empty.
///
/// `colour` adds ANSI escapes. Control characters of the text never reach the terminal.
#[must_use]
pub fn render(file: &str, text: &str, diagnostics: &[Diagnostic], colour: bool) -> String {
    let index = LineIndex::new(text);
    let mut out = String::new();
    for diagnostic in diagnostics {
        one(&mut out, file, &index, diagnostic, &Style { colour });
        out.push('\n');
    }
    out
}

struct Style {
    colour: bool,
}

impl Style {
    fn paint(&self, ansi: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{ansi}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

fn one(out: &mut String, file: &str, index: &LineIndex<'_>, d: &Diagnostic, style: &Style) {
    let (word, ansi) = match d.severity {
        Severity::Error => ("error", "1;31"),
        Severity::Warning => ("warning", "1;33"),
        Severity::Hint => ("hint", "1;36"),
    };
    let head = style.paint(ansi, &format!("{word}[{}]", d.code));
    let message = style.paint("1", &visible(&d.message));
    let gutter = digits(d.range.start.line + 1)
        .max(d.related.iter().map(|r| digits(r.range.start.line + 1)).max().unwrap_or(0));
    let bar = style.paint("1;34", "|");
    let pad = " ".repeat(gutter);
    let place = place(d.range);
    _ = writeln!(out, "{head}: {message}");
    _ = writeln!(out, "{pad}{} {}:{place}", style.paint("1;34", "-->"), visible(file));
    _ = writeln!(out, "{pad} {bar}");
    excerpt(out, index, d.range, gutter, '^', "", ansi, style);
    for related in &d.related {
        _ = writeln!(out, "{pad} {bar}");
        excerpt(out, index, related.range, gutter, '-', &visible(&related.message), "1;34", style);
    }
    let equals = style.paint("1;34", "=");
    if d.help.is_some() || !d.fixes.is_empty() {
        _ = writeln!(out, "{pad} {bar}");
    }
    if let Some(help) = &d.help {
        _ = writeln!(out, "{pad} {equals} {}: {}", style.paint("1;36", "help"), visible(help));
    }
    for fix in &d.fixes {
        _ = writeln!(out, "{pad} {equals} {}: {}", style.paint("1;32", "fix"), visible(&fix.title));
    }
}

/// Line and column from 1; the column counts characters as an editor's status bar does.
fn place(range: Range) -> String {
    format!("{}:{}", range.start.line + 1, range.start.column + 1)
}

#[expect(clippy::too_many_arguments, reason = "one row of a drawing; a struct would be used here alone")]
fn excerpt(
    out: &mut String,
    index: &LineIndex<'_>,
    range: Range,
    gutter: usize,
    mark: char,
    label: &str,
    ansi: &str,
    style: &Style,
) {
    let line = index.line(range.start.line);
    let line_start = index.line_start(range.start.line);
    let from = range.start.offset.saturating_sub(line_start).min(line.len());
    let to = if range.end.line == range.start.line {
        range.end.offset.saturating_sub(line_start)
    } else {
        line.len()
    };
    let to = to.clamp(from, line.len());
    let before = visible(line.get(..from).unwrap_or_default());
    let marked = visible(line.get(from..to).unwrap_or_default());
    let after = visible(line.get(to..).unwrap_or_default());

    // A long line is cut on both sides, so that the mark is in sight.
    let before_width = before.chars().count();
    let keep = WIDTH.saturating_sub(marked.chars().count().min(WIDTH)) / 2;
    let (before, cut) = if before_width > keep.max(20) && before_width + marked.chars().count() > WIDTH {
        let skip = before_width - keep.max(20);
        (before.chars().skip(skip).collect::<String>(), "…")
    } else {
        (before, "")
    };
    let marked: String = marked.chars().take(WIDTH).collect();
    let room = (WIDTH + 20).saturating_sub(before.chars().count() + marked.chars().count());
    let tail: String =
        if after.chars().count() > room { after.chars().take(room).chain(['…']).collect() } else { after };

    let bar = style.paint("1;34", "|");
    let number = style.paint("1;34", &format!("{:>gutter$}", range.start.line + 1));
    _ = writeln!(out, "{}", format!("{number} {bar} {cut}{before}{marked}{tail}").trim_end());
    let indent = " ".repeat(columns(cut) + columns(&before));
    let marks = mark.to_string().repeat(columns(&marked).max(1));
    let marks = style.paint(ansi, format!("{marks} {label}").trim_end());
    _ = writeln!(out, "{} {bar} {indent}{marks}", " ".repeat(gutter));
}

fn digits(n: usize) -> usize {
    n.checked_ilog10().map_or(1, |log| log as usize + 1)
}

/// The text with tabs as blanks and control characters shown as what they are, one character each.
fn visible(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\t' => ' ',
            '\0'..='\x1f' => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'),
            '\x7f' => '\u{2421}',
            // C1 controls, and the marks that turn the direction of text around.
            '\u{80}'..='\u{9f}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}' => '\u{fffd}',
            c => c,
        })
        .collect()
}

/// Columns of a terminal, near enough: East Asian characters and emoji take two, combining marks none.
fn columns(text: &str) -> usize {
    text.chars()
        .map(|c| match c as u32 {
            0x300..=0x36f | 0x200b..=0x200d | 0xfe00..=0xfe0f => 0,
            0x1100..=0x115f
            | 0x2e80..=0xa4cf
            | 0xac00..=0xd7a3
            | 0xf900..=0xfaff
            | 0xfe30..=0xfe6f
            | 0xff00..=0xff60
            | 0xffe0..=0xffe6
            | 0x1f300..=0x1faff
            | 0x20000..=0x3fffd => 2,
            _ => 1,
        })
        .sum()
}
