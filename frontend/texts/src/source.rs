//! The texts in the dashboard's source, and what looks like one but would not be translated.

mod stray;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use crate::{
    catalogue::{Catalogue, section_of},
    view,
};

/// All texts of the dashboard, in English.
fn english() -> Catalogue {
    let mut texts = BTreeMap::<String, BTreeMap<String, String>>::new();
    for (path, source) in files() {
        let mut found = Vec::new();
        texts_of(source.parse().expect("Rust"), &mut found);
        if !found.is_empty() {
            let section = texts.entry(section_of(&path)).or_default();
            section.extend(found.into_iter().map(|text| (text.clone(), text)));
        }
    }
    Catalogue { texts }
}

/// The dashboard's source files: their paths and what is in them. Without tests, and without the gallery, which is for
/// those who build it.
fn files() -> Vec<(String, String)> {
    let mut folders = vec![folder().join("../src")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("the dashboard's source") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                if !path.ends_with("pages/gallery") {
                    folders.push(path);
                }
            } else if path.to_str().is_some_and(|path| path.ends_with(".rs") && !path.ends_with("tests.rs")) {
                let source = std::fs::read_to_string(&path).expect("a file of text");
                let (_, below) =
                    path.to_str().expect("a path of letters").rsplit_once("../src/").expect("below it");
                files.push((format!("src/{below}"), source));
            }
        }
    }
    files.sort();
    files
}

/// The texts in a file's tokens: those of its views, and the arguments of `t!` and `tf!`.
fn texts_of(tokens: TokenStream, found: &mut Vec<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        match macro_name(&tokens, at).as_deref() {
            Some("view") => {
                let mut nodes = view::parse(group.stream()).expect("a view that Leptos can read");
                view::each_text(&mut nodes, &mut |text| found.push(text.value()));
            }
            Some("t" | "tf") => found.extend(first_text(group).map(|text| text.value())),
            _ => {}
        }
        texts_of(group.stream(), found);
    }
}

/// The name of the macro whose arguments are the group at `at`.
fn macro_name(tokens: &[TokenTree], at: usize) -> Option<String> {
    match (tokens.get(at.checked_sub(2)?)?, &tokens[at - 1]) {
        (TokenTree::Ident(name), TokenTree::Punct(mark)) if mark.as_char() == '!' => Some(name.to_string()),
        _ => None,
    }
}

/// The first argument, where it is a string.
fn first_text(group: &Group) -> Option<syn::LitStr> {
    match group.stream().into_iter().next() {
        Some(TokenTree::Literal(literal)) => {
            syn::parse_str(&literal.to_string()).ok().map(|mut text: syn::LitStr| {
                text.set_span(literal.span());
                text
            })
        }
        _ => None,
    }
}

fn is_braced(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}

/// Where the catalogues are.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn written(catalogue: &Catalogue) -> String {
    serde_json::to_string_pretty(catalogue).expect("JSON") + "\n"
}

#[test]
fn the_catalogue_has_every_text_of_the_dashboard() {
    let path = folder().join("en.json");
    let english = written(&english());
    if std::env::var_os("BERTH_UPDATE").is_some() {
        std::fs::write(&path, &english).expect("the catalogue is written");
    }
    assert!(
        std::fs::read_to_string(&path).expect("texts/en.json") == english,
        "frontend/texts/en.json is out of date: run `BERTH_UPDATE=1 cargo nextest run -p berth-texts`"
    );
}

#[test]
fn translations_have_the_texts_of_the_dashboard_and_no_others() {
    let english = english();
    for entry in std::fs::read_dir(folder()).expect("the catalogues") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|end| end != "json") {
            continue;
        }
        let other = Catalogue::read(&path).expect("a catalogue");
        let keys = |catalogue: &Catalogue| -> Vec<(String, String)> {
            let pairs = |(section, texts): (&String, &BTreeMap<String, String>)| {
                texts.keys().map(|text| (section.clone(), text.clone())).collect::<Vec<_>>()
            };
            catalogue.texts.iter().flat_map(pairs).collect()
        };
        let (here, there) = (keys(&english), keys(&other));
        let missing: Vec<_> = here.iter().filter(|key| !there.contains(key)).collect();
        let unknown: Vec<_> = there.iter().filter(|key| !here.contains(key)).collect();
        assert!(
            missing.is_empty() && unknown.is_empty(),
            "{}: missing {missing:#?}, unknown {unknown:#?}",
            path.display()
        );
    }
}

#[test]
fn texts_are_found_in_views_in_macros_and_in_both_within_each_other() {
    let source = r##"
        fn page() { let a = t!("one"); view! { <p title="two" class="no">"three"{move || tf!("{n} four", n = a)}
            {vec![view! { <b>"five"</b> }]} <code>"no"</code></p> } }
        const NO: &str = "no";
    "##;
    let mut found = Vec::new();
    texts_of(source.parse().expect("Rust"), &mut found);
    found.sort();
    assert_eq!(found, ["five", "one", "three", "two", "{n} four"]);
}
