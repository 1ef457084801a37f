use proptest::prelude::*;

use super::*;

fn check(text: &str, path: &str, value: &str, expected: &str) {
    assert_eq!(set(text, path, value).as_deref(), Some(expected), "{path}: {value} in\n{text}");
}

#[test]
fn a_value_is_replaced_where_it_stands() {
    let text = "type: dev-environment # what\nresources:\n  # much\n  gpu: 24GB  # of it\n  cpu: 4\n";
    check(text, "resources.gpu", "A100:80GB", &text.replace("24GB", "A100:80GB"));
    check(
        "a: 1\nresources: {gpu: 24GB, cpu: 4}\n",
        "resources.gpu",
        "A100:80GB",
        "a: 1\nresources: {gpu: \"A100:80GB\", cpu: 4}\n",
    );
    check("{a: 1, gpu: 2}", "gpu", "[x, y]", "{a: 1, gpu: [x, y]}");
    check("gpu: \"24GB\"\r\na: 1\r\n", "gpu", "T4", "gpu: T4\r\na: 1\r\n");
    check("gpu:\n  24GB\na: 1\n", "gpu", "T4", "gpu:\n  T4\na: 1\n");
    check("gpu:\na: 1\n", "gpu", "T4", "gpu: T4\na: 1\n");
    check("gpu: # none yet\na: 1", "gpu", "T4", "gpu: T4 # none yet\na: 1");
    check("gpu: >\n  24GB\n\na: 1\n", "gpu", "T4", "gpu: T4\n\na: 1\n");
}

#[test]
fn a_value_of_several_lines_goes_whole_and_takes_nothing_along() {
    check(
        "resources:\n  gpu: # big\n    name: [A100,\n      H100]\n    count: 2 # two\n  # the disk\n  disk: 1TB\n",
        "resources.gpu",
        "T4:2",
        "resources:\n  gpu: T4:2 # big\n  # the disk\n  disk: 1TB\n",
    );
    check("backends:\n- aws\n- gcp\n# end\n", "backends", "[azure]", "backends: [azure]\n# end\n");
    check("regions: [a,\n  b]\nx: 1\n", "regions", "[c]", "regions: [c]\nx: 1\n");
    check("a:\n  gpu:\n    name: x", "a.gpu", "T4", "a:\n  gpu: T4");
}

#[test]
fn a_field_that_is_missing_is_added_where_it_belongs() {
    check(
        "type: x\nresources:\n  # cores\n  cpu: 4\n\nports: [1]\n",
        "resources.gpu",
        "T4",
        "type: x\nresources:\n  gpu: T4\n  # cores\n  cpu: 4\n\nports: [1]\n",
    );
    check("type: x", "resources.gpu", "T4", "type: x\nresources:\n  gpu: T4\n");
    check("type: x\r\n", "resources.gpu", "T4", "type: x\r\nresources:\r\n  gpu: T4\r\n");
    check("type: x\nresources:\nide: y\n", "resources.gpu", "T4", "type: x\nresources:\n  gpu: T4\nide: y\n");
    check(
        "type: x\nresources: ~ # later\nide: y\n",
        "resources.gpu",
        "T4",
        "type: x\nresources: # later\n  gpu: T4\nide: y\n",
    );
    check("resources: {}\n", "resources.gpu", "T4", "resources: {gpu: T4}\n");
    check("resources: { cpu: 4 }\n", "resources.gpu", "A:1GB", "resources: { gpu: \"A:1GB\", cpu: 4 }\n");
    check("{type: x}", "resources.gpu", "T4", "{resources: {gpu: T4}, type: x}");
    check("{type: x, resources: }", "resources.gpu", "T4", "{type: x, resources: {gpu: T4} }");
    check("  type: x\n  ide: y\n", "resources.gpu", "T4", "  type: x\n  ide: y\n  resources:\n    gpu: T4\n");
    check("---\ntype: x\n...\n", "max_price", "2", "---\nmax_price: 2\ntype: x\n...\n");
}

#[test]
fn a_block_that_ends_the_text_keeps_its_value() {
    // A line end at the end would become a part of the block.
    check("type: x\nrun: |\n  a", "gpu", "1", "gpu: 1\ntype: x\nrun: |\n  a");
    check("type: x\nrun: |\n  a\n", "gpu", "1", "type: x\nrun: |\n  a\ngpu: 1\n");
}

#[test]
fn what_cannot_be_changed_safely_is_not_changed() {
    for text in ["", "# nothing\n", "[a, b]", "just text", "a: [", "resources: 4\n", "resources: [1]\n"] {
        assert_eq!(set(text, "resources.gpu", "T4"), None, "{text}");
    }
    // Others refer to the value that would go.
    assert_eq!(set("gpu: &g 24GB\nother: *g\n", "gpu", "T4").map(|text| text.contains("24GB")), None);
    // A section that stands elsewhere is not changed there.
    assert_eq!(set("x: &r {cpu: 1}\nresources: *r\n", "resources.gpu", "T4"), None);
}

#[test]
fn keys_from_elsewhere_are_overruled_in_place() {
    check(
        "x: &r {gpu: 24GB}\nresources:\n  <<: *r\n  cpu: 4\n",
        "resources.gpu",
        "T4",
        "x: &r {gpu: 24GB}\nresources:\n  gpu: T4\n  <<: *r\n  cpu: 4\n",
    );
}

/// Texts of parts that real ones have, in any order, some of them broken.
fn any_text() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "type: dev-environment\n",
        "ide: vscode # yes\n",
        "# a remark\n",
        "\n",
        "resources:\n  cpu: 4\n",
        "resources:\n  gpu: 24GB\n  # after\n",
        "resources:\n    gpu:\n        name: A100\n        count: 2\n    disk: 100GB\n",
        "resources: {gpu: 24GB}\n",
        "resources:\n",
        "env:\n- A=1\n- B\n",
        "setup:\n  - |\n    echo a\n    echo b\n",
        "max_price: 2\n",
        "x: &x {a: [1, 2]}\n",
        "y: *x\n",
        "<<: *x\n",
        "? z\n: 1\n",
        "...\n",
        "---\n",
        "\t\n",
        "setup: [a,\n  b]\n",
    ]);
    (prop::collection::vec(parts, 0..7), any::<bool>()).prop_map(|(parts, cut)| {
        let text = parts.concat();
        if cut { text.trim_end_matches('\n').to_owned() } else { text }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn comments_stay_and_only_the_field_changes(text in any_text(), sectioned in any::<bool>()) {
        let path = if sectioned { "resources.gpu" } else { "max_price" };
        if let Some(after) = set(&text, path, "8") {
            for line in text.lines().filter(|line| line.contains('#')) {
                prop_assert!(after.contains(line.trim()), "{line} is gone from\n{after}");
            }
            // Setting it again changes nothing more.
            prop_assert_eq!(set(&after, path, "8"), Some(after));
        }
    }

    #[test]
    fn any_text_is_survived(text in "[ -~\\n]{0,60}", value in "[ -~]{0,8}") {
        let _ = set(&text, "resources.gpu", &value);
    }
}

#[test]
fn a_field_may_lie_deeper() {
    check("a:\n  b:\n    c: 1 # one\n  d: 2\n", "a.b.c", "7", "a:\n  b:\n    c: 7 # one\n  d: 2\n");
    check("a: {b: {d: 2}}\n", "a.b.c", "x:y", "a: {b: {c: \"x:y\", d: 2}}\n");
    check("a:\n  d: 2\n", "a.b.c", "7", "a:\n  b:\n    c: 7\n  d: 2\n");
    check("d: 2\n", "a.b.c", "7", "d: 2\na:\n  b:\n    c: 7\n");
}

#[test]
fn fields_are_found_in_the_text() {
    let text = "type: dev-environment\nresources:\n  memory: 8GB..\n  gpu: A100\nmax_price: 5 # dollars\n";
    let at = |path: &str| place(text, path).map(|range| (range.start.line, range.start.column));
    assert_eq!(at("resources.gpu"), Some((3, 7)));
    assert_eq!(at("resources.disk"), at("resources"), "not written: its section");
    assert_eq!(at("max_price"), Some((4, 11)));
    assert_eq!(at("regions"), None);
    assert_eq!(place("{", "ide"), None);
}

#[test]
fn an_item_is_added_to_a_list_however_it_is_written() {
    for (text, after) in [
        ("env:\n  - A=1 # one\n# end\n", Some("env:\n  - A=1 # one\n  - B\n# end\n")),
        ("env: [A=1] # one\n", Some("env: [A=1, B] # one\n")),
        ("env:\r\n- A=1\r\n", Some("env:\r\n- A=1\r\n- B\r\n")),
        ("env:\n  - A=1", Some("env:\n  - A=1\n  - B")),
        ("env:\n  A: 1\n", None),
        ("env: []\n", None),
        ("ide: vscode\n", None),
    ] {
        assert_eq!(append(text, "env", "B").as_deref(), after, "{text:?}");
    }
}
