//! Strings that look like texts and stand where nothing translates them.

use std::collections::BTreeSet;

use proc_macro2::{Span, TokenStream, TokenTree};
use rstml::node::Node;
use syn::LitStr;

use super::{files, first_text, is_braced, macro_name};
use crate::view;

/// Lines and columns of literals.
type Places = BTreeSet<(usize, usize)>;

/// What is told to developers alone, or compared: not a text, whatever it looks like.
const NOT_SHOWN: [&str; 14] = [
    "warn",
    "eprintln",
    "panic",
    "unreachable",
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "debug_assert_eq",
    "console_log",
    "include_str",
    "concat",
    "env",
    "option_env",
];

/// Attributes that nobody reads.
const CODE: [&str; 40] = [
    "id",
    "class",
    "role",
    "name",
    "type",
    "href",
    "for",
    "rel",
    "icon",
    "tone",
    "kind",
    "size",
    "width",
    "height",
    "d",
    "fill",
    "stroke",
    "viewBox",
    "autocomplete",
    "autocapitalize",
    "spellcheck",
    "scope",
    "tabindex",
    "inputmode",
    "download",
    "value",
    "target",
    "xmlns",
    "transform",
    "preserveAspectRatio",
    "stroke-linecap",
    "stroke-linejoin",
    "columns",
    "key",
    "action",
    "method",
    "enctype",
    "current",
    "backend",
    "content",
];

/// Names of keys, browsers and systems: what they are in code, and the same in every language.
const NAMES: [&str; 23] = [
    "Android",
    "ArrowDown",
    "ArrowUp",
    "Berth",
    "Chrome",
    "ChromeOS",
    "CrOS",
    "Ctrl",
    "Edg",
    "Edge",
    "Enter",
    "Esc",
    "Escape",
    "Firefox",
    "Linux",
    "Mac",
    "Mac OS X",
    "Notification",
    "Opera",
    "PageDown",
    "Python",
    "Safari",
    "Windows",
];

/// Collects what looks like a text and is not among the `known`: the places of literals that are looked up, or that nobody
/// reads.
fn strays_of(tokens: TokenStream, known: &Places, found: &mut Vec<(String, Span)>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Punct(mark) if mark.as_char() == '#' => at = after_attribute(&tokens, at),
            TokenTree::Group(group) => match macro_name(&tokens, at).as_deref() {
                Some("view") => strays_of(group.stream(), &handled_in(group.stream()), found),
                Some("t" | "tf") => {
                    let first = first_text(group).iter().map(|text| place(text.span())).collect();
                    strays_of(group.stream(), &first, found);
                }
                Some(name) if NOT_SHOWN.contains(&name) => {}
                _ if is_expectation(&tokens[..at]) => {}
                _ => strays_of(group.stream(), known, found),
            },
            TokenTree::Literal(literal) if !known.contains(&place(literal.span())) => {
                if let Ok(text) = syn::parse_str::<LitStr>(&literal.to_string()).map(|text| text.value())
                    && looks_like_text(&text)
                    && !NAMES.contains(&&*text)
                    && !is_compared(&tokens, at)
                {
                    found.push((text, literal.span()));
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// The last token of the attribute that begins at `at`, and of the tests that it may announce.
fn after_attribute(tokens: &[TokenTree], mut at: usize) -> usize {
    let is = |at: usize, text: &str| {
        tokens.get(at).is_some_and(|token| token.to_string().replace(' ', "") == text)
    };
    at += 1 + usize::from(is(at + 1, "!"));
    if is(at, "[cfg(test)]") {
        while at < tokens.len() && !is_braced(&tokens[at]) && !is(at, ";") {
            at += 1;
        }
    }
    at
}

/// Whether what comes next is what `.expect` says to developers.
fn is_expectation(before: &[TokenTree]) -> bool {
    matches!(before, [.., TokenTree::Punct(dot), TokenTree::Ident(name)] if dot.as_char() == '.' && *name == "expect")
}

/// `"x" =>`, `"x" |`, `== "x"`, `!= "x"`: a pattern or a comparison.
fn is_compared(tokens: &[TokenTree], at: usize) -> bool {
    let mark = |at: Option<usize>| match at.and_then(|at| tokens.get(at)) {
        Some(TokenTree::Punct(mark)) => Some(mark.as_char()),
        _ => None,
    };
    matches!(mark(Some(at + 1)), Some('=' | '|'))
        || (mark(at.checked_sub(1)) == Some('=') && matches!(mark(at.checked_sub(2)), Some('=' | '!')))
}

/// Where in a view there are texts that are translated, and strings that nobody reads.
fn handled_in(tokens: TokenStream) -> Places {
    let mut handled = Places::new();
    let mut nodes = view::parse(tokens).expect("a view that Leptos can read");
    view::each_text(&mut nodes, &mut |text| {
        handled.insert(place(text.span()));
    });
    unread(&mut nodes, &mut handled);
    handled
}

fn unread(nodes: &mut [Node], handled: &mut Places) {
    for node in nodes {
        let mut code = false;
        if let Node::Element(element) = node {
            code = view::is_code(element);
            for attribute in element.attributes_mut() {
                if let Some((name, value)) = view::literal(attribute)
                    && is_unread(&name)
                {
                    handled.insert(place(value.span()));
                }
            }
        }
        for child in node.children_mut().into_iter().flatten() {
            match child {
                Node::Text(text) if code => {
                    handled.insert(place(text.value.span()));
                }
                child => unread(std::slice::from_mut(child), handled),
            }
        }
    }
}

fn is_unread(attribute: &str) -> bool {
    CODE.contains(&attribute)
        || ["data-", "class:", "aria-"].iter().any(|beginning| attribute.starts_with(beginning))
}

fn place(span: Span) -> (usize, usize) {
    (span.start().line, span.start().column)
}

/// Two words, one that begins as a sentence does, or one after a number. A single small word may as well be code: those
/// a translator finds missing on the page.
fn looks_like_text(text: &str) -> bool {
    let mut plain = String::new();
    let mut depth = 0;
    for letter in text.chars() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            letter if depth == 0 => plain.push(letter),
            _ => {}
        }
    }
    words(&plain)
}

fn words(plain: &str) -> bool {
    let is_word = |word: &&str| {
        (*word == "a" || word.trim_matches(|c: char| c.is_ascii_punctuation()).chars().count() > 1)
            && !word.contains(['/', '=', '_', '#', '<', '>'])
            && word.chars().all(|c| c.is_alphabetic() || c.is_ascii_punctuation())
    };
    let count = plain.split_whitespace().filter(is_word).count();
    let sentence = plain.split_whitespace().next().filter(is_word).is_some_and(|word| {
        let mut letters = word.chars();
        matches!((letters.next(), letters.next()), (Some(first), Some(second)) if first.is_uppercase() && second.is_lowercase())
    });
    let counted = plain.starts_with(|first: char| first.is_ascii_digit()) && plain.contains(' ');
    let loose = plain.starts_with(' ') || plain.ends_with(' ');
    // A selector of CSS is a list of words, too.
    let selector = plain.contains('[');
    !selector && (count > 1 || sentence || ((loose || counted) && count > 0))
}

#[test]
fn no_text_stands_where_nothing_translates_it() {
    let mut strays = Vec::new();
    for (path, source) in files() {
        let mut found = Vec::new();
        strays_of(source.parse().expect("Rust"), &Places::new(), &mut found);
        strays.extend(found.into_iter().map(|(text, at)| format!("{path}:{}: {text:?}", at.start().line)));
    }
    assert!(
        strays.is_empty(),
        "{} texts would stay English; use t! or tf!:\n{}",
        strays.len(),
        strays.join("\n")
    );
}

#[test]
fn every_view_is_one_whose_texts_are_looked_up() {
    for (path, source) in files() {
        let of_leptos = source.contains("leptos::view!")
            || (source.contains("use leptos::prelude::*") && source.contains("view! {"));
        assert!(!of_leptos, "{path} has a view of Leptos' own: use crate::prelude::*");
    }
}

#[test]
fn texts_are_told_from_names_and_code() {
    for text in [
        "Stop",
        "nothing found",
        " so far",
        "1 run",
        "a viewer",
        ", {count} at {}/h, it is",
        "<b class=\"x\">no date</b> yet it is",
    ] {
        assert!(looks_like_text(text), "{text}");
    }
    for code in [
        "stop",
        "data-tone",
        "{}px",
        "/api/v1/runs",
        "i-{name}",
        "M0 0L{x} {y}",
        "dialog[open], .xterm",
        "{}, {}",
    ] {
        assert!(!looks_like_text(code), "{code}");
    }
}

#[test]
fn a_text_is_found_wherever_it_stands_and_tests_and_comparisons_are_not_looked_at() {
    let source = r##"
        fn page() { let a = "Not looked up"; if a == "Some Word" { panic!("Not shown") }
            view! { <p title="Fine" class="No Text">"Fine"{move || "Not looked up either"}<Void other="Nor this one"/></p> } }
        #[cfg(test)] mod tests { const A: &str = "Of a test"; }
    "##;
    let mut found = Vec::new();
    strays_of(source.parse().expect("Rust"), &Places::new(), &mut found);
    let texts: Vec<String> = found.into_iter().map(|(text, _)| text).collect();
    assert_eq!(texts, ["Not looked up", "Not looked up either", "Nor this one"]);
}
