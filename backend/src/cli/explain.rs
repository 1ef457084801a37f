//! `berth explain`

use std::{
    io::{self, Write},
    process::ExitCode,
};

use berth_shared::{
    diagnostics::{Code, Example, Severity},
    schema,
};

/// Arguments of `berth explain`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The rule, such as `base-60`; without one, all are listed.
    #[arg(value_name = "CODE")]
    code: Option<String>,
}

/// Explains a rule: 0 when there is one of that name, 2 when there is none.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    let mut out = io::stdout().lock();
    let written = match &args.code {
        None => list(&mut out),
        Some(name) => match Code::from_name(name) {
            Some(code) => out.write_all(page(code).as_bytes()),
            None => {
                eprintln!("error: {}", unknown(name));
                return ExitCode::from(2);
            }
        },
    };
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn unknown(name: &str) -> String {
    let close = schema::closest(name, Code::ALL.iter().map(|code| code.name()));
    let hint = close
        .map_or_else(|| "`berth explain` lists them".to_owned(), |close| format!("did you mean `{close}`?"));
    format!("there is no rule `{name}`; {hint}")
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "hint",
    }
}

fn list(out: &mut impl Write) -> io::Result<()> {
    let width = Code::ALL.iter().map(|code| code.name().len()).max().unwrap_or_default();
    for &code in Code::ALL {
        let about = one_line(code.explanation());
        let first = about.split_inclusive(". ").next().unwrap_or_default().trim_end();
        writeln!(out, "{:7}  {:width$}  {first}", word(code.severity()), code.name())?;
    }
    Ok(())
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn page(code: Code) -> String {
    let page = code.page();
    let example = |example: Example| {
        example
            .shown()
            .lines()
            .map(|line| format!("    {line}").trim_end().to_owned() + "\n")
            .collect::<String>()
    };
    format!(
        "{} ({})\n\n{}\n\n{}\n\nGives it:\n\n{}\nDoes not:\n\n{}",
        code.name(),
        word(code.severity()),
        wrapped(code.explanation()),
        wrapped(page.advice),
        example(page.bad),
        example(page.good),
    )
}

/// Lines of 80 characters or fewer, where words allow.
fn wrapped(text: &str) -> String {
    let mut out = String::new();
    let mut width = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if width > 0 && width + 1 + length > 80 {
            out.push('\n');
            width = 0;
        } else if width > 0 {
            out.push(' ');
            width += 1;
        }
        out.push_str(word);
        width += length;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_what_why_and_how() {
        insta::assert_snapshot!(page(Code::Base60));
    }

    #[test]
    fn the_list_has_a_line_for_each_rule() {
        let mut out = Vec::new();
        list(&mut out).expect("a vector takes everything");
        let text = String::from_utf8(out).expect("text");
        assert_eq!(text.lines().count(), Code::ALL.len());
        assert!(text.starts_with("error    text-too-long "), "{text}");
    }

    #[test]
    fn a_misspelt_rule_is_guessed() {
        assert_eq!(unknown("base60"), "there is no rule `base60`; did you mean `base-60`?");
        assert_eq!(unknown("xyz"), "there is no rule `xyz`; `berth explain` lists them");
    }
}
