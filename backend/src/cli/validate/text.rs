//! The result for people.

use std::io::{self, Write};

use berth_shared::{
    diagnostics::{Severity, render},
    schema::Dialect,
};

use super::report::Report;

/// Each problem with its line and what to do; in the end the verdict.
pub(super) fn write(out: &mut dyn Write, reports: &[Report], colour: bool) -> io::Result<()> {
    for report in reports {
        for fixed in &report.fixed {
            let start = fixed.range.start;
            let place = format!("{}:{}:{}", report.file, start.line + 1, start.column + 1);
            writeln!(out, "fixed[{}]: {}: {}", fixed.code, place, fixed.title)?;
        }
        if !report.fixed.is_empty() {
            writeln!(out)?;
        }
        out.write_all(render(&report.file, &report.text(), &report.diagnostics, colour).as_bytes())?;
    }
    let count = |severity| {
        reports.iter().flat_map(|report| &report.diagnostics).filter(|d| d.severity == severity).count()
    };
    let mut found: Vec<_> =
        [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Hint, "hint")]
            .into_iter()
            .filter(|&(severity, _)| count(severity) > 0)
            .map(|(severity, word)| plural(count(severity), word))
            .collect();
    if found.is_empty() {
        found.push("no problems".to_owned());
    }
    let fixed: usize = reports.iter().map(|report| report.fixed.len()).sum();
    let certain = reports.iter().flat_map(|report| &report.diagnostics);
    let certain = certain.filter(|d| d.fixes.iter().any(|fix| fix.certain)).count();
    let fixed = match (fixed, certain) {
        (0, 0) => String::new(),
        (0, n) => format!("; `--fix` mends {n}"),
        (n, _) => format!("; fixed {}", plural(n, "problem")),
    };
    let invalid = reports.iter().filter(|report| !report.ok).count();
    let newer = reports
        .iter()
        .filter(|report| report.told.is_some_and(|told| told.dialect == Dialect::V0_22))
        .count();
    let verdict = match (reports.len(), invalid) {
        (0, _) => return Ok(()),
        (1, 0) => "valid".to_owned(),
        (1, _) => "invalid".to_owned(),
        (n, 0) => format!("all {n} files valid"),
        (n, invalid) => format!("{invalid} of {n} files invalid"),
    };
    // Plain where it is as ever.
    let read = match (newer, reports.len()) {
        (0, _) => String::new(),
        (_, 1) => " as dstack 0.22".to_owned(),
        (n, _) => format!(", {n} as dstack 0.22"),
    };
    writeln!(out, "{verdict}{read}: {}{fixed}", found.join(", "))?;
    Ok(())
}

fn plural(n: usize, word: &str) -> String {
    format!("{n} {word}{}", if n == 1 { "" } else { "s" })
}
