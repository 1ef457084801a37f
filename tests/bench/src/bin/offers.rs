//! The native side of `cargo xtask bench offers`. Takes the folder with the questions and the packed catalogue; prints
//! a line of JSON for each measurement.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    hint::black_box,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use berth_shared::{
    catalog::Catalogue,
    check,
    matcher::{Context, Requirements, explain, match_offers},
};

/// The system's allocator, which counts what is in use.
struct Counting;

static IN_USE: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is the system allocator's; the counting touches no memory of it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        IN_USE.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promises are the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promises are the same.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How many offers are given in full: what the page shows first.
const LIMIT: usize = 60;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, folder, packed] = &arguments[..] else { panic!("the folder with the questions, and the catalogue") };
    let bytes = std::fs::read(packed).expect("the catalogue is there");
    let before = IN_USE.load(Ordering::Relaxed);
    let catalogue = Catalogue::load(&bytes).expect("it is whole");
    let memory = IN_USE.load(Ordering::Relaxed) - before;
    for (name, total) in [("rows", catalogue.len()), ("file", bytes.len()), ("memory", memory)] {
        report("berth-native", name, Some(total), &[Duration::ZERO]);
    }
    report("berth-native", "load", None, &samples(|| drop(black_box(Catalogue::load(&bytes)))));
    let context = Context::everything(&catalogue);
    let questions = std::fs::read_to_string(Path::new(folder).join("questions.jsonl")).expect("they are there");
    for line in questions.lines() {
        let question: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let text = |key: &str| question[key].as_str().expect("a text");
        let configuration = check(text("text")).configuration.expect("it is valid");
        let required = Requirements::from(&configuration);
        let total = match_offers(&catalogue, &required, &context, LIMIT).total;
        let find = || match_offers(&catalogue, &required, &context, LIMIT);
        report("berth-native", text("name"), Some(total), &samples(|| drop(black_box(find()))));
        let both = || (find(), explain(&catalogue, &required, &context));
        report("berth-explain", text("name"), Some(total), &samples(|| drop(black_box(both()))));
    }
}

/// How long `work` takes, ascending.
fn samples(work: impl Fn()) -> Vec<Duration> {
    let mut samples = Vec::new();
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_millis(400) || samples.len() < 20 {
        let one = Instant::now();
        work();
        samples.push(one.elapsed());
    }
    // The first ones fill caches.
    samples.drain(..samples.len() / 10);
    samples.sort_unstable();
    samples
}

fn report(tool: &str, document: &str, total: Option<usize>, samples: &[Duration]) {
    let us = |at: usize| samples[at].as_secs_f64() * 1e6;
    println!(
        "{}",
        serde_json::json!({
            "tool": tool,
            "document": document,
            "total": total,
            "median_us": us(samples.len() / 2),
            "p95_us": us(samples.len() * 95 / 100),
        })
    );
}
