//! `cargo xtask catalog`: offers and GPU facts, checked and packed into the file that the project carries.

use std::{
    collections::BTreeMap,
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use berth_shared::catalog::{
    Availability, Catalogue, Dropped, DroppedRow, GpuFact, GpuFacts, Offer, OfferGpu, PriceBasis, Row,
    check_rows, pack,
};
use flate2::read::GzDecoder;
use serde::Deserialize;

use crate::shell::{Problem, root};

/// How many dropped rows are shown for each reason.
const SHOWN: usize = 12;

/// Packs `csv`, or the offers beside the repository, into `shared/catalog/offers.bin`.
pub(crate) fn catalog(csv: Option<&str>) -> Result<(), Problem> {
    let csv = csv.map_or_else(default_csv, PathBuf::from);
    let folder = root().join("shared/catalog");
    let facts = read_facts(&folder.join("gpus.csv"))?;
    let rows = read_offers(&csv)?;
    println!("read {} rows from {} and {} GPU models", rows.len(), csv.display(), facts.len());
    let (kept, dropped) = check_rows(rows, &facts);
    print_dropped(&dropped);
    let packed = pack(&kept, &facts).map_err(|e| Problem::new(e.to_string()))?;
    let catalogue = verify(&packed, &kept)?;
    let target = folder.join("offers.bin");
    fs::write(&target, &packed)
        .map_err(|e| Problem::new(format!("`{}` cannot be written: {e}", target.display())))?;
    println!(
        "packed {} offers, version {}, {} bytes: {}",
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

/// A line of the offers' CSV.
#[derive(Deserialize)]
struct OfferLine {
    backend: String,
    instance_type: String,
    region: String,
    cpus: f64,
    memory_gib: f64,
    gpu_name: String,
    gpu_count: u32,
    gpu_memory_gib: Option<f64>,
    disk_gib: Option<f64>,
    price_usd_hour: f64,
    spot: bool,
    source: String,
    as_of: String,
    price_basis: PriceBasis,
}

impl From<OfferLine> for Row {
    fn from(line: OfferLine) -> Self {
        let gpu = (line.gpu_count > 0).then(|| OfferGpu {
            name: line.gpu_name,
            count: line.gpu_count,
            memory_gib: line.gpu_memory_gib.unwrap_or(0.0),
        });
        let offer = Offer {
            backend: line.backend,
            region: line.region,
            instance_type: line.instance_type,
            cpus: line.cpus,
            memory_gib: line.memory_gib,
            gpu,
            disk_gib: line.disk_gib,
            spot: line.spot,
            price: line.price_usd_hour,
            basis: line.price_basis,
            as_of: (line.as_of != "unknown").then_some(line.as_of),
            availability: Availability::Unknown,
        };
        Row { offer, source: line.source }
    }
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

fn read_offers(path: &Path) -> Result<Vec<Row>, Problem> {
    Ok(read_csv::<OfferLine>(path)?.into_iter().map(Row::from).collect())
}

fn read_facts(path: &Path) -> Result<GpuFacts, Problem> {
    let lines: Vec<FactLine> = read_csv(path)?;
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

fn read_csv<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<Vec<T>, Problem> {
    let unreadable = |e: std::io::Error| {
        Problem::new(format!(
            "`{}` cannot be read: {e}; give the file: `cargo xtask catalog OFFERS.csv.gz`",
            path.display()
        ))
    };
    let bytes = fs::read(path).map_err(unreadable)?;
    let mut text = String::new();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).map_err(unreadable)?;
    } else {
        bytes.as_slice().read_to_string(&mut text).map_err(unreadable)?;
    }
    csv::Reader::from_reader(text.as_bytes())
        .deserialize()
        .collect::<Result<_, _>>()
        .map_err(|e| Problem::new(format!("{}: {e}", path.display())))
}

fn print_dropped(dropped: &[DroppedRow]) {
    let mut by_reason: BTreeMap<Dropped, Vec<&Row>> = BTreeMap::new();
    for DroppedRow { row, reason } in dropped {
        by_reason.entry(*reason).or_default().push(row);
    }
    if dropped.is_empty() {
        println!("dropped none");
    }
    for (reason, rows) in by_reason {
        println!("dropped {}: {reason}", rows.len());
        for Row { offer, source } in rows.iter().take(SHOWN) {
            let kind = if offer.spot { "spot" } else { "on-demand" };
            println!(
                "  {} {} {} {kind} ${} ({source})",
                offer.backend, offer.instance_type, offer.region, offer.price
            );
        }
        if rows.len() > SHOWN {
            println!("  and {} more", rows.len() - SHOWN);
        }
    }
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
