//! Workflow commands, which GitHub Actions turns into annotations
//! (<https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions>).

use std::{
    fmt::Write as _,
    io::{self, Write},
};

use berth_shared::diagnostics::{Diagnostic, Severity};

use super::report::Report;

/// A command for each diagnostic.
pub(super) fn write(out: &mut dyn Write, reports: &[Report]) -> io::Result<()> {
    for report in reports {
        for diagnostic in &report.diagnostics {
            writeln!(out, "{}", command(&report.file, diagnostic))?;
        }
    }
    Ok(())
}

fn command(file: &str, d: &Diagnostic) -> String {
    let level = match d.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "notice",
    };
    let (start, end) = (d.range.start, d.range.end);
    let mut line = format!("::{level} title={}", property(&format!("berth ({})", d.code)));
    if file != "-" {
        _ = write!(line, ",file={}", property(file.trim_start_matches("./")));
    }
    _ = write!(line, ",line={},endLine={}", start.line + 1, end.line + 1);
    // Columns are shown within a line alone.
    if start.line == end.line {
        _ = write!(line, ",col={},endColumn={}", start.column + 1, end.column + 1);
    }
    let mut message = d.message.clone();
    if let Some(help) = &d.help {
        message += "\n";
        message += help;
    }
    _ = write!(line, "::{}", data(&message));
    line
}

/// A message: what would end the command is escaped.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property: moreover what would end it.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{data, property};

    #[test]
    fn nothing_ends_a_command_or_a_property_early() {
        assert_eq!(data("100 %\r\nof a: b, c"), "100 %25%0D%0Aof a: b, c");
        assert_eq!(property("C:\\a,b%\n"), "C%3A\\a%2Cb%25%0A");
    }
}
