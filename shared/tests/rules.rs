//! What is said about the rules themselves is true.

mod facts;

use berth_shared::{
    config::check_with,
    diagnostics::{Code, Diagnostic, Example, Severity},
};

fn diagnostics(code: Code, example: Example) -> Vec<Diagnostic> {
    if code.needs_catalogue() {
        check_with(example.shown(), Some(&facts::facts())).diagnostics
    } else {
        example.diagnostics()
    }
}

fn codes(diagnostics: &[Diagnostic]) -> Vec<Code> {
    diagnostics.iter().map(|d| Code::from_name(&d.code).expect("a known code")).collect()
}

#[test]
fn each_bad_example_breaks_its_rule_and_no_other() {
    for &code in Code::ALL {
        let mut found = codes(&diagnostics(code, code.bad_example()));
        found.dedup();
        // What there is too much of is said, too.
        let expected = if code == Code::TooManyProblems { vec![Code::UnknownKey, code] } else { vec![code] };
        assert_eq!(found, expected, "{}", code.name());
    }
}

#[test]
fn each_good_example_keeps_its_rule_and_is_valid() {
    for &code in Code::ALL {
        let example = code.good_example();
        let diagnostics = diagnostics(code, example);
        let found = codes(&diagnostics);
        assert!(!found.contains(&code), "{}:\n{}", code.name(), example.shown());
        // A hint may be the price of a warning less: a password that is asked for.
        assert!(diagnostics.iter().all(|d| d.severity == Severity::Hint), "{}: {found:?}", code.name());
    }
}

#[test]
fn pages_say_why_and_show_what_they_check() {
    for &code in Code::ALL {
        let page = code.page();
        assert!(
            page.advice.ends_with('.') && !page.advice.contains("  "),
            "{}: {}",
            code.name(),
            page.advice
        );
        assert_ne!(page.bad.shown(), page.good.shown(), "{}", code.name());
        for example in [page.bad, page.good] {
            assert!(example.shown().ends_with('\n') && example.shown().len() < 400, "{}", code.name());
        }
    }
}
