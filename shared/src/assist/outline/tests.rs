use super::*;

/// Where the mark `|` of a text is: the path of the node there and what may be written.
fn spot(text: &str) -> String {
    let at = text.find('|').expect("a mark");
    let text = format!("{}{}", &text[..at], &text[at + 1..]);
    let outline = Outline::new(&text, at);
    match outline.spot {
        Spot::Key(ix) => format!("key {}", outline.path(ix)),
        Spot::Value(ix) => format!("value {}", outline.path(ix)),
        Spot::Inside(ix) => format!("inside {}", outline.path(ix)),
        Spot::Below(ix, column) => format!("below {} at {column}", outline.path(ix)),
        Spot::Nowhere => "nowhere".to_owned(),
    }
}

#[test]
fn a_place_is_found_in_whatever_stands_around_it() {
    for (text, expected) in [
        ("|", "below  at 0"),
        ("a: 1\n|", "inside "),
        ("a: 1\n|\nb: 2", "inside "),
        ("a|: 1", "key a"),
        ("a: |1", "value a"),
        ("a: x y|", "value a"),
        ("a: 1 |", "nowhere"),
        ("a: 1 # |", "nowhere"),
        ("a:|", "value a"),
        ("a: | # b", "value a"),
        ("a:\n  |", "below a at 2"),
        ("a:\n  |\n  b: 1", "below a at 2"),
        ("a:\n |\n  b: 1", "nowhere"),
        ("a:\n  b: 1\n  |", "inside a"),
        ("a:\n  b: 1\n|", "inside "),
        ("a:\n  b|\n  c: 1", "key a.b"),
        ("a:\n  b: 1\n  c|", "key a.c"),
        ("a:\n  - |", "value a[0]"),
        ("a:\n- x\n- |", "value a[1]"),
        ("a:\n- x\n|", "inside "),
        ("a:\n  - x\n  |", "inside a"),
        ("a:\n  - b: 1\n    c|: 2", "key a[0].c"),
        ("a:\n  - b: 1\n    |", "inside a[0]"),
        ("a: [x, |y]", "value a[1]"),
        ("a: [x, |]", "inside a"),
        ("a: [x, | y]", "nowhere"),
        ("a: {b: {c|", "key a.b.c"),
        ("a: {b: |", "value a.b"),
        ("a: {b: 1, |}", "inside a"),
        ("a: {b: 1, |\nc: 2", "inside a"),
        ("a: {b: [1\nc|: 2", "key c"),
        ("a: [\n  x,\n  |\n]\nb: 1", "inside a"),
        ("a: [\n]\nb|: 1", "key b"),
        ("a: \"b|", "value a"),
        ("a: \"b\nc|: 1", "key c"),
        ("a: \"b\n  c: |\"\nd: 1", "value a"),
        ("'a b': \"c\"\n\"d|\": 1", "key d"),
        ("a: >\n  text|\nb: 1", "nowhere"),
        ("a: >\n  text\nb|: 1", "key b"),
        ("a: &x !!str |b", "value a"),
        ("---\na|: 1", "key a"),
        ("%YAML 1.1\n---\na|: 1", "key a"),
        ("a: 1\n---\nb|: 1", "nowhere"),
        ("{a: 1, b|", "key b"),
        ("\u{feff}a|: 1", "key a"),
        ("ä: 🦀\nb|: 1", "key b"),
        ("a:\r\n  b|: 1\r\n", "key a.b"),
        ("a: 1\r\n|\r\nb: 2", "inside "),
        ("a:\n      b: 1\n   c|: 2", "key a.c"),
    ] {
        assert_eq!(spot(text), expected, "{text:?}");
    }
}

#[test]
fn lists_and_keys_are_read_around_mistakes() {
    let outline = Outline::new("backends: [aws, \"gcp\"\nregions:\n  - a\n  - 'b'\nimage: x\nimage: {\n", 0);
    assert_eq!(outline.texts(&["backends"]), Some(vec!["aws", "gcp"]));
    assert_eq!(outline.texts(&["regions"]), Some(vec!["a", "b"]));
    assert_eq!(outline.texts(&["image"]), None);
    assert_eq!(outline.texts(&["none"]), None);
}

#[test]
fn large_and_deep_texts_are_read_in_one_pass() {
    // Quadratic work on these would take minutes.
    for text in [
        "[".repeat(200_000),
        "{a: ".repeat(60_000),
        "- ".repeat(100_000),
        "a:\n".repeat(80_000),
        "a: \"\n".repeat(50_000),
        "a: \"\n b: '\n".repeat(25_000),
        "a: [\n".repeat(50_000),
        "- [\"\n".repeat(50_000),
        " - a\n".repeat(50_000),
        "a: |\n\n\n".repeat(30_000),
        "\n".repeat(250_000),
        (0..600).map(|n| format!("{}a:\n", " ".repeat(n))).collect(),
    ] {
        for offset in [0, text.len() / 2, text.len()] {
            let outline = Outline::new(&text, offset);
            assert!(outline.nodes.len() <= text.len() + 1);
        }
    }
}
