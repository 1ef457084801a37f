//! What is said about the rules themselves is true.

mod facts;

use berth_shared::{
    config::{Checked, check_bytes, check_with},
    diagnostics::{Code, Example, Severity},
};

fn codes(code: Code, example: Example) -> Vec<Code> {
    codes_of(&checked(code, example))
}

fn checked(code: Code, example: Example) -> Checked {
    if code.needs_catalogue() {
        check_with(example.shown(), Some(&facts::facts()))
    } else {
        check_bytes(&example.bytes())
    }
}

fn codes_of(checked: &Checked) -> Vec<Code> {
    checked.diagnostics.iter().map(|d| Code::from_name(&d.code).expect("a known code")).collect()
}

#[test]
fn each_bad_example_breaks_its_rule_and_no_other() {
    for &code in Code::ALL {
        let mut found = codes(code, code.bad_example());
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
        let checked = checked(code, example);
        let found = codes_of(&checked);
        assert!(!found.contains(&code), "{}:\n{}", code.name(), example.shown());
        // A hint may be the price of a warning less: a password that is asked for.
        assert!(
            checked.diagnostics.iter().all(|d| d.severity == Severity::Hint),
            "{}: {found:?}",
            code.name()
        );
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
