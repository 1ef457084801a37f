//! `cargo xtask bench check`: how long it takes to check a document, beside other tools, all on the same documents in
//! one run. Writes `docs/benchmarks/check.md`.

use std::{fmt::Write as _, path::Path};

use super::{Measured, Measurements, duration, machine, native, write_page};
use crate::{
    build::Profile,
    npm, setup,
    shell::{Problem, Steps, command, output, root, target_dir, which},
};

const DOCUMENTS: [(&str, &str); 4] = [
    ("typical", "typical, 15 lines"),
    ("lines", "5,000 lines, 210 KB"),
    ("large", "256 KB"),
    ("corpus", "2,513 small documents"),
];

const CHECKS: [(&str, &str); 6] = [
    ("berth-native", "Berth, native"),
    ("berth-wasm", "Berth, WebAssembly in Node"),
    ("yaml-language-server", "yaml-language-server with Berth's schema"),
    ("js-yaml-ajv", "js-yaml, then ajv with Berth's schema"),
    ("pyyaml-pydantic", "PyYAML, then dstack 0.18.2's own models"),
    ("pyyaml", "PyYAML alone"),
];

const READERS: [(&str, &str); 2] = [("berth-reader", "Berth's reader"), ("saphyr-parser", "saphyr-parser")];

/// Measures everything and writes the page.
pub(crate) fn check(steps: &mut Steps) -> Result<(), Problem> {
    setup::for_build(steps)?;
    setup::for_schema_tests(steps)?;
    let package = npm::package(steps, Profile::Release)?;
    let documents = target_dir().join("bench/documents");
    write_documents(&documents)?;
    let native = native(steps, "berth-bench")?;
    let mut all = Measurements::default();
    all.take(steps, "measure natively", command(native).arg(&documents))?;
    all.take(
        steps,
        "measure in Node",
        command("node").arg(root().join("tests/schema/bench.mjs")).arg(&documents).arg(&package),
    )?;
    // Python is measured where PyYAML is: BERTH_PYTHON names one in which dstack is installed.
    let python = std::env::var_os("BERTH_PYTHON").map(Into::into).or_else(|| which(&["python3"]));
    match python.filter(|python| has_yaml(python)) {
        Some(python) => all.take(
            steps,
            "measure in Python",
            command(python).arg(root().join("tests/bench/check.py")).arg(&documents),
        )?,
        None => println!("    Python: skipped, no PyYAML (BERTH_PYTHON may name a Python that has it)"),
    }
    write_page("check.md", &report(&all.0, &size(&package)?))
}

fn has_yaml(python: &Path) -> bool {
    command(python).args(["-c", "import yaml"]).output().is_ok_and(|answer| answer.status.success())
}

/// The documents: what people write, what is recorded, and two that are as long as any that is checked.
fn write_documents(folder: &Path) -> Result<(), Problem> {
    let corpus = root().join("tests/data/config-0.18/documents.jsonl");
    let cannot = |error: &dyn std::fmt::Display| Problem::new(format!("cannot make the documents: {error}"));
    let recorded = std::fs::read_to_string(&corpus).map_err(|error| cannot(&error))?;
    let mut texts = String::new();
    for line in recorded.lines() {
        let document: serde_json::Value = serde_json::from_str(line).map_err(|error| cannot(&error))?;
        let _ = writeln!(texts, "{}", document["yaml"]);
    }
    let files = [
        ("typical.yml", TYPICAL.to_owned()),
        ("lines.yml", long(|lines, _| lines as f64 / 5000.0)),
        ("large.yml", long(|_, bytes| bytes as f64 / (256.0 * 1024.0 - 80.0))),
        ("corpus.jsonl", texts),
    ];
    std::fs::create_dir_all(folder).map_err(|error| cannot(&error))?;
    for (name, text) in files {
        std::fs::write(folder.join(name), text).map_err(|error| cannot(&error))?;
    }
    Ok(())
}

const TYPICAL: &str = "\
type: dev-environment
ide: vscode
python: \"3.11\"
env:
  - HF_TOKEN
  - HF_HOME=/workflow/cache
setup:
  - pip install -r requirements.txt
ports: [8080]
resources:
  gpu: 24GB..80GB
  memory: 32GB..
  disk: 200GB..
max_duration: 8h
spot_policy: auto
";

/// A long text of variables, commands and comments; `done` says how much of it there is, by lines and bytes.
fn long(done: impl Fn(usize, usize) -> f64) -> String {
    let mut text =
        String::from("type: dev-environment\nide: vscode\nresources: {gpu: 24GB.., disk: 200GB..}\n");
    let mut lines = 3;
    let mut section = |head: &str, until: f64, line: &dyn Fn(usize) -> String| {
        let _ = writeln!(text, "{head}:");
        lines += 1;
        while done(lines, text.len()) < until {
            let _ = writeln!(text, "  {}", line(lines));
            lines += 1;
        }
    };
    section("env", 0.3, &|i| format!("MODEL_PATH_{i}: /workflow/models/{i}/weights.bin"));
    section("init", 0.6, &|i| format!("- echo \"step {i}\" >> /workflow/log.txt"));
    section("setup", 1.0, &|i| match i % 10 {
        0 => format!("# what step {i} is for"),
        _ => format!("- pip install package-{i}==1.{i}.0"),
    });
    text
}

/// The module's size: as it is, with gzip, with brotli; bytes.
fn size(package: &Path) -> Result<[u64; 3], Problem> {
    let script = "const z = require('zlib'), b = require('fs').readFileSync(process.argv[1]); \
        console.log(JSON.stringify([b.length, z.gzipSync(b, { level: 9 }).length, z.brotliCompressSync(b).length]))";
    let sizes = output(command("node").args(["-e", script]).arg(package.join("berth_bg.wasm")))?;
    serde_json::from_str(&sizes).map_err(|error| Problem::new(format!("`{sizes}` is no size: {error}")))
}

fn report(all: &[Measured], [raw, gzip, brotli]: &[u64; 3]) -> String {
    let mut out = String::from(
        "# Checking a document\n\n<!-- Made by `cargo xtask bench check`. -->\n\n\
         Medians of one run, every tool on the same documents. ",
    );
    let _ = writeln!(out, "Machine: {}.\n", machine());
    table(&mut out, "check", all, &CHECKS, "berth-wasm");
    out.push_str(
        "\nA ratio says how many times as long as Berth's module in Node it takes. Berth's figures hold everything: \
         reading, all diagnostics with fixes, the normalised configuration, and in Node the way to JavaScript values and back. \
         dstack's hold the first mistakes only, ajv's whether there is one.\n\n## The reader alone\n\n\
         YAML text to events, native, against the crate `saphyr-parser`.\n\n",
    );
    table(&mut out, "read", all, &READERS, "berth-reader");
    let kib = |bytes: &u64| format!("{:.0} KiB", *bytes as f64 / 1024.0);
    let _ = writeln!(
        out,
        "\n## The module\n\n`berth_bg.wasm` of the npm package, with reader, checks, completion, hover, catalogue and matcher: \
         {}; {} with gzip, {} with brotli.",
        kib(raw),
        kib(gzip),
        kib(brotli)
    );
    out
}

fn table(out: &mut String, what: &str, all: &[Measured], tools: &[(&str, &str)], unit: &str) {
    let of = |tool: &str, document: &str| {
        all.iter().find(|one| one.tool == tool && one.document == document).map(|one| one.median_us)
    };
    let heads: Vec<_> = DOCUMENTS.iter().map(|(_, words)| *words).collect();
    let _ = writeln!(out, "| {what} | {} |\n|---|{}", heads.join(" | "), "---:|".repeat(heads.len()));
    for (tool, words) in tools {
        if of(tool, "typical").is_none() {
            continue;
        }
        let cells = DOCUMENTS.iter().map(|(document, _)| {
            let (Some(mine), Some(one)) = (of(tool, document), of(unit, document)) else {
                return String::new();
            };
            let ratio = if *tool == unit { String::new() } else { format!(" ({:.1}×)", mine / one) };
            format!("{}{ratio}", duration(mine))
        });
        let _ = writeln!(out, "| {words} | {} |", cells.collect::<Vec<_>>().join(" | "));
    }
}
