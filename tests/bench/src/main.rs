//! The native side of `cargo xtask bench check`: medians of `check`, and of the YAML reader beside `saphyr-parser`.
//! Takes the folder with the documents; prints a line of JSON for each measurement.

use std::{
    hint::black_box,
    path::Path,
    time::{Duration, Instant},
};

use saphyr_parser::Parser;

fn main() {
    let folder = std::env::args().nth(1).expect("the folder with the documents");
    // A tool and a document, to look at one measurement alone.
    let only: Vec<String> = std::env::args().skip(2).collect();
    let report = |tool: &str, document: &str, texts: &[String], work: &dyn Fn(&str)| {
        if only.iter().all(|word| word == tool || word == document) {
            report(tool, document, texts, work);
        }
    };
    for (name, texts) in documents(Path::new(&folder)) {
        report("berth-native", &name, &texts, &|text| drop(black_box(berth_shared::check(text))));
        report("berth-reader", &name, &texts, &|text| drop(black_box(berth_shared::yaml::parse(text))));
        report("saphyr-parser", &name, &texts, &|text| {
            for event in Parser::new_from_str(text) {
                // Events after a mistake are none.
                if black_box(event).is_err() {
                    break;
                }
            }
        });
    }
}

/// Each file is a document, but for the corpus, which is one a line.
fn documents(folder: &Path) -> Vec<(String, Vec<String>)> {
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("the documents are there");
    let mut all: Vec<_> = ["typical", "lines", "large"]
        .iter()
        .map(|name| ((*name).to_owned(), vec![read(&format!("{name}.yml"))]))
        .collect();
    let corpus =
        read("corpus.jsonl").lines().map(|line| serde_json::from_str(line).expect("a text")).collect();
    all.push(("corpus".to_owned(), corpus));
    all
}

/// Measures `work` over all `texts` at once, until a second is over.
fn report(tool: &str, document: &str, texts: &[String], work: &dyn Fn(&str)) {
    let pass = || texts.iter().for_each(|text| work(text));
    let mut samples = Vec::new();
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_millis(300) {
        pass();
    }
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(1) || samples.len() < 5 {
        let one = Instant::now();
        pass();
        samples.push(one.elapsed());
    }
    samples.sort_unstable();
    let median = samples[samples.len() / 2].as_secs_f64() * 1e6;
    println!(
        "{}",
        serde_json::json!({ "tool": tool, "document": document, "median_us": median, "least_us": samples[0].as_secs_f64() * 1e6, "samples": samples.len() })
    );
}
