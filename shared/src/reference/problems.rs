//! The rules that a diagnostic may name.

use std::fmt::Write;

use crate::diagnostics::{Code, Severity};

/// The page of all rules.
pub(super) fn page() -> String {
    let mut out = String::from("# Problems\n\n");
    out.push_str(super::NOTE);
    out.push_str(
        "\nEverything that Berth may say about a configuration. The names are stable: the editor, `berth validate` and its \
         JSON use them.\n",
    );
    for (severity, title, about) in [
        (Severity::Error, "Errors", "dstack refuses the file, and so does Berth."),
        (
            Severity::Warning,
            "Warnings",
            "The file is accepted, and does something that its author may not expect.",
        ),
        (Severity::Hint, "Hints", "Something worth knowing."),
    ] {
        let _ = writeln!(out, "\n## {title}\n\n{about}");
        for code in Code::ALL.iter().filter(|code| code.severity() == severity) {
            let (name, page) = (code.name(), code.page());
            let _ = writeln!(
                out,
                "\n### <a id=\"{name}\"></a>`{name}`\n\n{} {}\n\nReported in\n{}\nnot in\n{}",
                one_paragraph(code.explanation()),
                page.advice,
                block(page.bad.shown()),
                block(page.good.shown()),
            );
        }
    }
    out
}

/// A block of code; its fence is longer than any within.
fn block(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(3.max(1 + longest));
    let end = if text.ends_with('\n') { "" } else { "\n" };
    format!("{fence}yaml\n{text}{end}{fence}")
}

/// A docstring with its lines joined.
fn one_paragraph(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
