//! A short run of every fuzz target: over the corpus, and over inputs made of it.

use std::path::{Path, PathBuf};

use berth_shared::catalog::{GpuFacts, format, pack};
use berth_tests::{
    conformance::{Document, Text, offers::carried_catalogue},
    fuzz::{self, Mutator},
};

/// Inputs of a target besides its corpus. The fuzzer itself makes far more.
const INPUTS: usize = 20_000;

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    files.iter().map(|file| std::fs::read(file).expect("a file")).collect()
}

/// The configurations that come with recorded answers.
fn configurations() -> Vec<Vec<u8>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/config-0.18/documents.jsonl");
    let lines = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let documents = lines.lines().map(|line| serde_json::from_str(line).expect("a document a line"));
    documents
        .filter_map(|document: Document| match document.yaml {
            Text::Valid(text) => Some(text.into_bytes()),
            Text::LoneSurrogate => None,
        })
        .collect()
}

fn run(name: &str, more: Vec<Vec<u8>>) {
    let property = fuzz::target(name).expect("a target");
    let mut inputs = corpus(name);
    assert!(!inputs.is_empty(), "there is no corpus of {name}");
    for input in &inputs {
        property(input);
    }
    inputs.extend(more);
    let mut mutator = Mutator::new(1);
    for _ in 0..INPUTS {
        property(&mutator.input(&inputs));
    }
}

#[test]
fn the_reader_answers_any_text() {
    run("reader", configurations());
}

#[test]
fn a_scalar_is_read_alike_wherever_it_stands() {
    run("resolver", Vec::new());
}

#[test]
fn whatever_is_said_about_any_text_lies_in_the_text() {
    run("decoder", configurations());
}

#[test]
fn help_is_offered_at_any_place_of_any_text() {
    // Two bytes for the place before each text.
    let at = |(i, text): (usize, Vec<u8>)| {
        let place = u16::try_from(i * 37 % 65_536).unwrap_or_default();
        [place.to_le_bytes().to_vec(), text].concat()
    };
    run("completion", configurations().into_iter().enumerate().map(at).collect());
}

/// Payloads of small catalogues: pieces of the one that the project carries.
fn catalogues() -> Vec<Vec<u8>> {
    let whole = carried_catalogue().expect("it loads");
    let piece = |first: u32, step: u32| {
        let rows: Vec<_> = (0..60).filter_map(|i| whole.row(first + i * step)).collect();
        let file = pack(&rows, &GpuFacts::default()).expect("it packs");
        file[format::HEADER..].to_vec()
    };
    [(0, 1), (20_000, 1), (70_000, 3), (1000, 1777)].map(|(first, step)| piece(first, step)).into()
}

#[test]
fn a_damaged_catalogue_is_refused() {
    run("catalogue", catalogues());
}
