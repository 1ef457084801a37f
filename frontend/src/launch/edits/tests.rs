use berth_shared::{check, diagnostics::apply_edits};

use super::*;

const TEXT: &str = "\
type: dev-environment
ide: vscode

resources:
  memory: 128GB..
  gpu: A100:80GB:2

backends: [aws, gcp]
max_price: 5 # dollars
spot_policy: on-demand
";

fn relax(constraint: Constraint, drops: bool, change: impl FnOnce(&mut Requirements)) -> Relaxation {
    let mut requirements =
        check(TEXT).configuration.as_ref().map(Requirements::from).expect("the text is valid");
    change(&mut requirements);
    Relaxation {
        constraint,
        path: constraint.path(),
        description: String::new(),
        drops,
        requirements,
        total: 1,
        cheapest: 1.0,
    }
}

/// The changed text's requirements, which must be those that were promised.
fn applied(relaxation: &Relaxation) -> String {
    let proposal = proposal(TEXT, relaxation).expect("there is a change");
    let text = apply_edits(TEXT, &[proposal.edit]).expect("it applies");
    let configuration = check(&text).configuration.unwrap_or_else(|| panic!("not valid:\n{text}"));
    assert_eq!(Requirements::from(&configuration), relaxation.requirements, "{text}");
    text
}

#[test]
fn a_price_limit_is_raised_where_it_stands() {
    let text = applied(&relax(Constraint::MaxPrice, false, |r| r.max_price = Some(7.35)));
    assert!(text.contains("max_price: 7.35 # dollars\n"));
}

#[test]
fn a_limit_that_goes_takes_its_line_along() {
    let text = applied(&relax(Constraint::MaxPrice, true, |r| r.max_price = None));
    assert!(!text.contains("max_price") && text.contains("backends: [aws, gcp]\nspot_policy"));
}

#[test]
fn gpus_are_written_in_the_short_form() {
    let text = applied(&relax(Constraint::GpuCount, false, |r| {
        r.gpu.as_mut().unwrap().count = IntRange { min: Some(1), max: Some(2) };
    }));
    assert!(text.contains("  gpu: A100:80GB:1..2\n"), "{text}");
    let text = applied(&relax(Constraint::GpuName, true, |r| r.gpu.as_mut().unwrap().names = None));
    assert!(text.contains("  gpu: 80GB:2\n"), "{text}");
    applied(&relax(Constraint::GpuName, false, |r| {
        r.gpu.as_mut().unwrap().names = Some(vec!["A100".into(), "H100".into()]);
    }));
}

#[test]
fn lists_and_policies_are_rewritten_in_place() {
    let text = applied(&relax(Constraint::Backends, false, |r| {
        r.backends = Some(vec!["aws".into(), "gcp".into(), "azure".into()]);
    }));
    assert!(text.contains("backends: [aws, gcp, azure]\n"));
    let text = applied(&relax(Constraint::Spot, true, |r| r.spot = None));
    assert!(text.ends_with("spot_policy: auto\n"));
    applied(&relax(Constraint::Backends, true, |r| r.backends = None));
}

#[test]
fn a_default_that_nobody_wrote_becomes_a_line_of_its_section() {
    let text = applied(&relax(Constraint::Disk, true, |r| r.disk = None));
    assert!(text.contains("resources:\n  disk: null\n  memory: 128GB..\n"), "{text}");
    let text = applied(&relax(Constraint::Cpu, false, |r| r.cpu = IntRange { min: Some(1), max: None }));
    assert!(text.contains("resources:\n  cpu: 1..\n"), "{text}");
}

#[test]
fn a_section_that_is_missing_is_added_at_the_end() {
    let text = "type: dev-environment\nide: vscode";
    let relaxation = relax(Constraint::Disk, true, |r| r.disk = None);
    let proposal = proposal(text, &relaxation).expect("there is a change");
    let text = apply_edits(text, &[proposal.edit]).expect("it applies");
    assert_eq!(text, "type: dev-environment\nide: vscode\nresources:\n  disk: null\n");
}

#[test]
fn what_does_not_fit_one_line_is_not_proposed() {
    let text = "type: dev-environment\nide: vscode\nbackends:\n  - aws\n  - gcp\n";
    let more = relax(Constraint::Backends, false, |r| r.backends = Some(vec!["aws".into()]));
    assert_eq!(proposal(text, &more), None);
    assert_eq!(proposal("{", &more), None);
}

#[test]
fn fields_are_found_in_the_text() {
    let at = |path: &str| place(TEXT, path).map(|range| (range.start.line, range.start.column));
    assert_eq!(at("resources.gpu"), Some((5, 7)));
    assert_eq!(at("resources.disk"), at("resources"), "not written: its section");
    assert_eq!(at("max_price"), Some((8, 11)));
    assert_eq!(at("regions"), None);
    assert_eq!(place("{", "ide"), None);
}
