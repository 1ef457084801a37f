//! `cargo xtask catalog`: offers and GPU facts, checked and packed into the file that the project carries.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use berth_shared::catalog::{
    Catalogue, GpuFact, GpuFacts, Row, check_rows,
    csv::{OffersRead, Origin, read_offers},
    dropped_in_words, pack,
};
use flate2::read::MultiGzDecoder;
use serde::Deserialize;

use crate::shell::{Problem, command, root, run};

/// Packs `csv`, or the offers beside the repository, into `shared/catalog/offers.bin`.
pub(crate) fn catalog(csv: Option<&str>) -> Result<(), Problem> {
    let csv = csv.map_or_else(default_csv, PathBuf::from);
    let folder = root().join("shared/catalog");
    let facts = read_facts(&folder.join("gpus.csv"))?;
    let read = read(&csv)?;
    println!("read {} rows from {} and {} GPU models", read.rows.len(), csv.display(), facts.len());
    let (kept, dropped) = check_rows(read.rows, &facts);
    print!("{}", dropped_in_words(&dropped));
    let packed = pack(&kept, &facts).map_err(|e| Problem::new(e.to_string()))?;
    let catalogue = verify(&packed, &kept)?;
    let target = folder.join("offers.bin");
    write(&target, &packed)?;
    let compressed = compress(&target)?;
    println!(
        "packed {} offers, version {}, {} bytes, {compressed} with brotli: {}",
        catalogue.len(),
        catalogue.version(),
        packed.len(),
        target.display()
    );
    Ok(())
}

fn default_csv() -> PathBuf {
    let beside = || root().join("../shared");
    std::env::var_os("BERTH_SHARED").map_or_else(beside, PathBuf::from).join("catalog/offers.csv.gz")
}

/// Puts the file as a server sends it to browsers beside it, `.br`, by the Node that the set-up needs anyway; its length.
fn compress(target: &Path) -> Result<u64, Problem> {
    const SCRIPT: &str = "\
        const { readFileSync, writeFileSync } = require('node:fs');\
        const { brotliCompressSync, constants: c } = require('node:zlib');\
        const bytes = readFileSync(process.argv[1]);\
        const params = { [c.BROTLI_PARAM_QUALITY]: 11, [c.BROTLI_PARAM_LGWIN]: 22, [c.BROTLI_PARAM_SIZE_HINT]: bytes.length };\
        writeFileSync(process.argv[1] + '.br', brotliCompressSync(bytes, { params }));";
    run(command("node").arg("-e").arg(SCRIPT).arg(target))?;
    let compressed = PathBuf::from(format!("{}.br", target.display()));
    fs::metadata(&compressed)
        .map(|metadata| metadata.len())
        .map_err(|e| Problem::new(format!("`{}` was not made: {e}", compressed.display())))
}

fn write(target: &Path, bytes: &[u8]) -> Result<(), Problem> {
    fs::write(target, bytes)
        .map_err(|e| Problem::new(format!("`{}` cannot be written: {e}", target.display())))
}

/// The offers of a file; what the project carries has no line that cannot be used.
fn read(path: &Path) -> Result<OffersRead, Problem> {
    let file = path.display().to_string();
    let origin = Origin { file: &file, backend: None, source: "unknown", as_of: None };
    let read = read_offers(open(path)?, &origin).map_err(|e| Problem::new(e.to_string()))?;
    if read.bad_total == 0 {
        return Ok(read);
    }
    let shown: Vec<String> = read.bad.iter().map(|bad| format!("\n  {bad}")).collect();
    let lines = if read.bad_total == 1 { "1 line" } else { &format!("{} lines", read.bad_total) };
    Err(Problem::new(format!("{lines} cannot be used:{}", shown.concat())))
}

/// The text of a file, whether it is compressed or not.
fn open(path: &Path) -> Result<Box<dyn Read>, Problem> {
    let bytes = fs::read(path).map_err(|e| {
        Problem::new(format!(
            "`{}` cannot be read: {e}; give the file: `cargo xtask catalog OFFERS.csv.gz`",
            path.display()
        ))
    })?;
    let compressed = bytes.starts_with(&[0x1f, 0x8b]);
    let bytes = std::io::Cursor::new(bytes);
    Ok(if compressed { Box::new(MultiGzDecoder::new(bytes)) } else { Box::new(bytes) })
}

/// A line of the GPU facts.
#[derive(Deserialize)]
struct FactLine {
    name: String,
    vendor: String,
    memory_gib: String,
    architecture: String,
    compute_capability: String,
}

fn read_facts(path: &Path) -> Result<GpuFacts, Problem> {
    let lines: Vec<FactLine> = csv::Reader::from_reader(open(path)?)
        .deserialize()
        .collect::<Result<_, _>>()
        .map_err(|e| Problem::new(format!("{}: {e}", path.display())))?;
    lines
        .into_iter()
        .map(|line| {
            let wrong = |what: &str| {
                Problem::new(format!("`{}` of {} in {} cannot be read", what, line.name, path.display()))
            };
            let memory_gib = line.memory_gib.split('|').map(str::parse).collect::<Result<_, _>>();
            let capability = match line.compute_capability.split_once('.') {
                None if line.compute_capability.is_empty() => None,
                None => return Err(wrong(&line.compute_capability)),
                Some((major, minor)) => Some((
                    major.parse().map_err(|_| wrong(&line.compute_capability))?,
                    minor.parse().map_err(|_| wrong(&line.compute_capability))?,
                )),
            };
            Ok(GpuFact {
                memory_gib: memory_gib.map_err(|_| wrong(&line.memory_gib))?,
                compute_capability: capability,
                architecture: (!line.architecture.is_empty()).then_some(line.architecture),
                vendor: line.vendor,
                name: line.name,
            })
        })
        .collect()
}

/// Reads the packed file again and compares it with what went in.
fn verify(packed: &[u8], rows: &[Row]) -> Result<Catalogue, Problem> {
    let catalogue = Catalogue::load(packed).map_err(|e| Problem::new(e.to_string()))?;
    let key = |row: &Row| {
        let o = &row.offer;
        let gpu = o.gpu.as_ref().map(|gpu| (gpu.name.clone(), gpu.count, gpu.memory_gib.to_bits()));
        (o.backend.clone(), o.instance_type.clone(), o.region.clone(), o.spot, gpu)
    };
    let mut expected: Vec<(_, &Row)> = rows.iter().map(|row| (key(row), row)).collect();
    expected.sort_by(|a, b| a.0.cmp(&b.0));
    let mut found: Vec<(_, Row)> =
        (0..).map_while(|id| catalogue.row(id)).map(|row| (key(&row), row)).collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let same = |a: &Row, b: &Row| {
        let mut a = a.clone();
        let close = (a.offer.price - b.offer.price).abs() <= 0.5e-6 + f64::EPSILON * b.offer.price;
        a.offer.price = b.offer.price;
        close && a == *b
    };
    if expected.len() == found.len() && expected.iter().zip(&found).all(|(a, b)| same(a.1, &b.1)) {
        return Ok(catalogue);
    }
    Err(Problem::new("the packed offers do not read back as they were: a bug in `berth_shared::catalog`"))
}
