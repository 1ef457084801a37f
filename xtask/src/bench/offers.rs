//! `cargo xtask bench offers`: how long it takes to find what fits among all offers, natively, in Chromium and by
//! gpuhunt, all on the same rows and the same questions in one run. Writes `docs/benchmarks/offers.md`.

use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use berth_shared::{
    catalog::{Catalogue, Offer},
    check,
    config::{IntRange, SizeRange},
    matcher::Requirements,
};
use serde_json::{Map, Value, json};

use super::{Measured, Measurements, duration, machine, native, write_page};
use crate::{
    build::Profile,
    npm, setup,
    shell::{Problem, Steps, command, root, target_dir, which},
};

/// The questions: what people ask for, from the narrow to the broadest. Each is the part of a configuration below
/// `type` and `ide`.
const QUESTIONS: [(&str, &str); 20] = [
    ("one H100", "resources: {gpu: H100}"),
    ("one A100 of 80 GB", "resources: {gpu: 'A100:80GB'}"),
    ("eight A100, spot too", "resources: {gpu: 'A100:8'}\nspot_policy: auto"),
    ("24 to 80 GB", "resources: {gpu: 24GB..80GB}\nspot_policy: auto"),
    ("24 to 80 GB, at most $1.50", "resources: {gpu: 24GB..80GB}\nspot_policy: auto\nmax_price: 1.5"),
    ("four GPUs or more", "resources: {gpu: '16GB..:4..'}\nspot_policy: auto"),
    ("several names", "resources: {gpu: 'A10,A10G,L4,L40,T4'}\nspot_policy: auto"),
    ("compute capability 8", "resources: {gpu: {compute_capability: 8.0}}\nspot_policy: auto"),
    ("200 GB on all GPUs", "resources: {gpu: {total_memory: 200GB.., count: 1..}}\nspot_policy: auto"),
    ("T4 on two clouds", "resources: {gpu: T4}\nbackends: [aws, gcp]\nspot_policy: spot"),
    ("V100 in two regions", "resources: {gpu: V100}\nregions: [us-east-1, us-west-2]\nspot_policy: auto"),
    ("one instance type", "instance_types: [g5.2xlarge]\nspot_policy: auto"),
    ("RTX 4090", "resources: {gpu: RTX4090}"),
    ("16 vCPUs, 64 GB", "resources: {cpu: 16, memory: 64GB..128GB}"),
    ("no GPU", "resources: {gpu: 0}"),
    ("no GPU, under 10 cents", "resources: {gpu: 0}\nmax_price: 0.1\nspot_policy: auto"),
    ("any machine on-demand", "resources: {disk: 100GB..}"),
    ("any machine, spot", "spot_policy: spot"),
    ("any machine at all", "resources: {cpu: 0.., memory: 0GB.., disk: null}\nspot_policy: auto"),
    ("none fits", "resources: {gpu: 'H100:80GB:16'}\nmax_price: 1"),
];

/// How many of [`QUESTIONS`], the first ones, ask for GPUs.
const ABOUT_GPUS: usize = 13;

const SIDES: [(&str, &str); 4] = [
    ("berth-native", "Berth, native"),
    ("berth-explain", "Berth, native, with the explanation"),
    ("berth-chromium", "Berth in Chromium"),
    ("gpuhunt", "gpuhunt"),
];

/// Measures everything and writes the page.
pub(crate) fn offers(steps: &mut Steps) -> Result<(), Problem> {
    setup::for_build(steps)?;
    setup::for_tests(steps)?;
    let package = npm::package(steps, Profile::Release)?;
    let folder = target_dir().join("bench/offers");
    write_questions(&folder)?;
    let catalogue = root().join("shared/catalog/offers.bin");
    let mut all = Measurements::default();
    let native = native(steps, "offers")?;
    all.take(steps, "measure natively", command(native).arg(&folder).arg(&catalogue))?;
    all.take(
        steps,
        "measure in Chromium",
        command("node")
            .arg(root().join("tests/browser/bench/offers.mjs"))
            .arg(&folder)
            .arg(&package)
            .arg(&catalogue),
    )?;
    let python = std::env::var_os("BERTH_PYTHON").map(Into::into).or_else(|| which(&["python3"]));
    match python.filter(|python| has_gpuhunt(python)) {
        Some(python) => all.take(
            steps,
            "measure gpuhunt",
            command(python).arg(root().join("tests/bench/offers.py")).arg(&folder),
        )?,
        None => println!("    gpuhunt: skipped, not installed (BERTH_PYTHON may name a Python that has it)"),
    }
    write_page("offers.md", &report(&all.0))
}

fn has_gpuhunt(python: &Path) -> bool {
    command(python).args(["-c", "import gpuhunt"]).output().is_ok_and(|answer| answer.status.success())
}

/// Writes the questions, as texts and as gpuhunt asks them, and the rows as gpuhunt reads them.
fn write_questions(folder: &Path) -> Result<(), Problem> {
    let cannot = |error: &dyn std::fmt::Display| Problem::new(format!("cannot write the questions: {error}"));
    let rows = folder.join("rows");
    std::fs::create_dir_all(&rows).map_err(|error| cannot(&error))?;
    let mut lines = String::new();
    for (name, rest) in QUESTIONS {
        let text = format!("type: dev-environment\nide: vscode\n{rest}\n");
        let configuration =
            check(&text).configuration.ok_or_else(|| cannot(&format!("`{name}` is no configuration")))?;
        let asked = as_gpuhunt_asks(&Requirements::from(&configuration));
        let _ = writeln!(lines, "{}", json!({ "name": name, "text": text, "gpuhunt": asked }));
    }
    std::fs::write(folder.join("questions.jsonl"), lines).map_err(|error| cannot(&error))?;
    let packed = std::fs::read(root().join("shared/catalog/offers.bin")).map_err(|error| cannot(&error))?;
    let catalogue = Catalogue::load(&packed).map_err(|error| cannot(&error))?;
    let mut writers = BTreeMap::new();
    for offer in (0..).map_while(|row| catalogue.offer(row)) {
        let writer = match writers.entry(offer.backend.clone()) {
            std::collections::btree_map::Entry::Occupied(writer) => writer.into_mut(),
            std::collections::btree_map::Entry::Vacant(slot) => {
                let path = rows.join(format!("{}.csv", offer.backend));
                let mut writer = csv::Writer::from_path(path).map_err(|error| cannot(&error))?;
                writer.write_record(COLUMNS).map_err(|error| cannot(&error))?;
                slot.insert(writer)
            }
        };
        writer.write_record(row(&catalogue, &offer)).map_err(|error| cannot(&error))?;
    }
    writers.into_values().try_for_each(|mut writer| writer.flush()).map_err(|error| cannot(&error))
}

/// The columns of gpuhunt's files.
const COLUMNS: [&str; 11] = [
    "instance_name",
    "location",
    "price",
    "cpu",
    "memory",
    "gpu_count",
    "gpu_name",
    "gpu_memory",
    "spot",
    "disk_size",
    "gpu_vendor",
];

fn row(catalogue: &Catalogue, offer: &Offer) -> [String; 11] {
    let gpu = offer.gpu.as_ref();
    // gpuhunt knows five vendors by these names.
    let vendor = |name: &str| {
        let known = catalogue.gpus().iter().find(|fact| fact.name == name).map(|fact| fact.vendor.clone());
        known.unwrap_or_else(|| "nvidia".to_owned())
    };
    [
        offer.instance_type.clone(),
        offer.region.clone(),
        offer.price.to_string(),
        // gpuhunt has whole vCPUs only.
        offer.cpus.ceil().to_string(),
        offer.memory_gib.to_string(),
        gpu.map_or(0, |gpu| gpu.count).to_string(),
        gpu.map(|gpu| gpu.name.clone()).unwrap_or_default(),
        gpu.map(|gpu| gpu.memory_gib.to_string()).unwrap_or_default(),
        offer.spot.to_string(),
        offer.disk_gib.map(|disk| disk.to_string()).unwrap_or_default(),
        gpu.map(|gpu| vendor(&gpu.name)).unwrap_or_default(),
    ]
}

/// The arguments of gpuhunt's `query`. It knows neither regions nor instance types: dstack leaves those out
/// afterwards.
fn as_gpuhunt_asks(required: &Requirements) -> Value {
    let mut asked = Map::new();
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            asked.insert(name.to_owned(), value);
        }
    };
    let ints = |range: IntRange| (range.min.map(Value::from), range.max.map(Value::from));
    let sizes = |range: SizeRange| (range.min.map(Value::from), range.max.map(Value::from));
    let gpu = required.gpu.as_ref();
    let ranges = [
        ("cpu", ints(required.cpu)),
        ("memory", sizes(required.memory)),
        ("disk_size", sizes(required.disk.unwrap_or_default())),
        ("gpu_count", gpu.map(|gpu| ints(gpu.count)).unwrap_or_default()),
        ("gpu_memory", gpu.and_then(|gpu| gpu.memory).map(sizes).unwrap_or_default()),
        ("total_gpu_memory", gpu.and_then(|gpu| gpu.total_memory).map(sizes).unwrap_or_default()),
    ];
    for (name, (min, max)) in ranges {
        set(&format!("min_{name}"), min);
        set(&format!("max_{name}"), max);
    }
    set("max_price", required.max_price.map(Value::from));
    set("spot", required.spot.map(Value::from));
    set("provider", required.backends.clone().map(Value::from));
    set("gpu_name", gpu.and_then(|gpu| gpu.names.clone()).map(Value::from));
    let capability = gpu.and_then(|gpu| gpu.compute_capability);
    set("min_compute_capability", capability.map(|(major, minor)| json!([major, minor])));
    Value::Object(asked)
}

fn report(all: &[Measured]) -> String {
    let of = |side: &str, question: &str| all.iter().find(|one| one.tool == side && one.document == question);
    let present: Vec<_> = SIDES.iter().filter(|(side, _)| of(side, QUESTIONS[0].0).is_some()).collect();
    let rows = of("berth-native", "rows").and_then(|one| one.total).unwrap_or_default();
    let mut out = format!(
        "# Finding offers\n\n<!-- Made by `cargo xtask bench offers`. -->\n\n\
         The same {rows} rows and the same questions for every side, in one run. Machine: {}. Medians, and in brackets how many \
         times as long as Berth natively.\n\n",
        machine()
    );
    let heads: Vec<_> = present.iter().map(|(_, words)| *words).collect();
    let _ = writeln!(
        out,
        "| question | offers | {} |\n|---|---:|{}",
        heads.join(" | "),
        "---:|".repeat(heads.len())
    );
    for (question, _) in QUESTIONS {
        let unit = of("berth-native", question).map_or(f64::NAN, |one| one.median_us);
        let total = of("berth-native", question).and_then(|one| one.total).unwrap_or_default();
        let cells = present.iter().map(|(side, _)| match of(side, question) {
            None => String::new(),
            Some(one) if *side == "berth-native" => duration(one.median_us),
            Some(one) => format!("{} ({:.1}×)", duration(one.median_us), one.median_us / unit),
        });
        let _ = writeln!(out, "| {question} | {total} | {} |", cells.collect::<Vec<_>>().join(" | "));
    }
    for (words, questions) in [
        ("the worst 95th percentile of those about GPUs", &QUESTIONS[..ABOUT_GPUS]),
        ("the worst 95th percentile of the others", &QUESTIONS[ABOUT_GPUS..]),
    ] {
        let worst = |side: &str| {
            questions
                .iter()
                .filter_map(|(question, _)| of(side, question))
                .map(|one| one.p95_us)
                .fold(0.0, f64::max)
        };
        let cells = present.iter().map(|(side, _)| duration(worst(side)));
        let _ = writeln!(out, "| {words} | | {} |", cells.collect::<Vec<_>>().join(" | "));
    }
    out.push_str(
        "\nBerth counts all that fits, puts the first 60 in order with their groups and works out the plot; in Chromium, the way from \
         the text of the configuration to JavaScript values is part of it, the check of the text included. gpuhunt makes a list of all \
         that fits, in the order of its price, without leaving out by region or instance type, which dstack does afterwards; its rows \
         are those of the same catalogue, all backends offline, vCPUs rounded up because it has whole ones only.\n\n## The catalogue\n\n",
    );
    for (side, document, words) in
        [("berth-native", "load", "read natively"), ("berth-chromium", "load", "read in Chromium")]
    {
        if let Some(one) = of(side, document) {
            let _ = writeln!(out, "- {words}: {} at the median", duration(one.median_us));
        }
    }
    let bytes = |side: &str, document: &str| of(side, document).and_then(|one| one.total);
    for (side, document, words) in [
        ("berth-native", "file", "the packed file"),
        ("berth-chromium", "brotli", "the same with brotli"),
        ("berth-native", "memory", "in memory once it is read, natively"),
        ("berth-chromium", "memory", "what the module's memory grew by when it was read in Chromium"),
    ] {
        if let Some(bytes) = bytes(side, document) {
            let _ = writeln!(out, "- {words}: {:.0} KiB", bytes as f64 / 1024.0);
        }
    }
    out
}
