//! Which offers and pool instances fit a configuration.

use std::fs;
use std::io::{self, BufRead, Write};
use std::path::Path;

use berth_shared::api::InstanceStatus;
use berth_shared::catalog::{
    Availability, CatalogError, Catalogue, GpuFacts, Offer, OfferGpu, PriceBasis, Row, gcp_region,
};
use berth_shared::check;
use berth_shared::matcher::{
    BackendSetup, Context, PoolInstance, Requirements, launch_disk_gb, match_offers, match_pool,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::answer_all;

/// MiB in a GiB.
const MIB: f64 = 1024.0;

/// The catalogue that the project carries.
///
/// # Errors
/// When it cannot be read, which a test of its own finds out first.
pub fn carried_catalogue() -> Result<Catalogue, CatalogError> {
    Catalogue::load(include_bytes!("../../../shared/catalog/offers.bin"))
}

/// A line of `catalog.csv`.
#[derive(Deserialize)]
struct Line {
    provider: String,
    instance_name: String,
    location: String,
    price: f64,
    cpu: f64,
    memory: f64,
    gpu_count: Option<u32>,
    gpu_name: Option<String>,
    gpu_memory: Option<f64>,
    spot: String,
    disk_size: Option<f64>,
    availability: Availability,
}

impl From<Line> for Row {
    fn from(line: Line) -> Self {
        let gpu = line.gpu_count.filter(|&count| count > 0).map(|count| OfferGpu {
            name: line.gpu_name.unwrap_or_default(),
            count,
            memory_gib: line.gpu_memory.unwrap_or(0.0),
        });
        let region = if line.provider == "gcp" { gcp_region(&line.location) } else { &line.location };
        let offer = Offer {
            region: region.to_owned(),
            backend: line.provider,
            instance_type: line.instance_name,
            arch: None,
            cpus: line.cpu,
            memory_gib: line.memory,
            gpu,
            disk_gib: line.disk_size,
            spot: line.spot.eq_ignore_ascii_case("true"),
            price: line.price,
            basis: PriceBasis::Listed,
            as_of: None,
            availability: line.availability,
        };
        Self { offer, source: String::new() }
    }
}

/// `setup.json`.
#[derive(Deserialize)]
struct Setup {
    backends: Vec<Backend>,
    pool: Vec<Instance>,
}

#[derive(Deserialize)]
struct Backend {
    r#type: String,
    regions: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Instance {
    name: String,
    status: InstanceStatus,
    backend: String,
    region: String,
    price: f64,
    instance: String,
    cpus: f64,
    memory_mib: f64,
    gpus: Option<(String, f64, u32)>,
    spot: bool,
    disk_mib: Option<f64>,
    #[serde(default)]
    no_offer: bool,
}

impl From<Instance> for PoolInstance {
    fn from(instance: Instance) -> Self {
        let gpu = instance
            .gpus
            .filter(|&(_, _, count)| count > 0)
            .map(|(name, memory_mib, count)| OfferGpu { name, count, memory_gib: memory_mib / MIB });
        let offer = Offer {
            backend: instance.backend,
            region: instance.region,
            instance_type: instance.instance,
            arch: None,
            cpus: instance.cpus,
            memory_gib: instance.memory_mib / MIB,
            gpu,
            disk_gib: instance.disk_mib.map(|disk| disk / MIB),
            spot: instance.spot,
            price: instance.price,
            basis: PriceBasis::Listed,
            as_of: None,
            availability: Availability::Unknown,
        };
        let offer = (!instance.no_offer).then_some(offer);
        Self { name: instance.name, status: instance.status, offer }
    }
}

/// A line of `queries.jsonl`.
#[derive(Clone, Debug, Deserialize)]
pub struct Query {
    id: String,
    /// A configuration without `type` and `ide`.
    config: serde_json::Map<String, Value>,
}

/// Our answer to a [`Query`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    id: String,
    pool: Vec<(String, Availability)>,
    pool_run: Option<String>,
    offers: Vec<(String, String, String, bool, f64, Availability, f64)>,
    total: usize,
    /// Why the configuration is none; absent when it is one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<String>,
}

/// What the queries are asked of.
pub struct World {
    catalogue: Catalogue,
    context: Context,
    pool: Vec<PoolInstance>,
}

impl World {
    /// Makes one of the contents of `catalog.csv` and `setup.json`.
    ///
    /// # Errors
    /// When either has another shape.
    pub fn read(catalog: &str, setup: &str, facts: GpuFacts) -> io::Result<Self> {
        let invalid = |e: &dyn std::fmt::Display| io::Error::new(io::ErrorKind::InvalidData, e.to_string());
        let rows: Vec<Row> = csv::Reader::from_reader(catalog.as_bytes())
            .deserialize::<Line>()
            .map(|line| line.map(Row::from))
            .collect::<Result<_, _>>()
            .map_err(|e| invalid(&format!("catalog.csv: {e}")))?;
        let setup: Setup = serde_json::from_str(setup).map_err(|e| invalid(&format!("setup.json: {e}")))?;
        let backends = setup.backends.into_iter();
        Ok(Self {
            catalogue: Catalogue::from_rows("recorded", &rows, facts),
            context: Context {
                backends: backends.map(|b| BackendSetup { name: b.r#type, regions: b.regions }).collect(),
            },
            pool: setup.pool.into_iter().map(PoolInstance::from).collect(),
        })
    }

    /// The offers that fit, all of them.
    #[must_use]
    pub fn offers(&self, required: &Requirements) -> Vec<Offer> {
        match_offers(&self.catalogue, required, &self.context, usize::MAX).offers
    }

    /// Answers a query.
    #[must_use]
    pub fn answer(&self, query: Query) -> Answer {
        let mut config = query.config;
        config.insert("type".to_owned(), Value::from("dev-environment"));
        config.insert("ide".to_owned(), Value::from("vscode"));
        // JSON is YAML.
        let checked = check(&Value::Object(config).to_string());
        let Some(configuration) = checked.configuration else {
            let errors = checked.diagnostics.into_iter().map(|d| d.message).collect();
            return Answer { id: query.id, pool: vec![], pool_run: None, offers: vec![], total: 0, errors };
        };
        let required = Requirements::from(&configuration);
        let pool = match_pool(&self.pool, &required, self.catalogue.gpus());
        let matches = match_offers(&self.catalogue, &required, &self.context, usize::MAX);
        let name = |index: usize| self.pool[index].name.clone();
        Answer {
            id: query.id,
            pool: pool.listed.iter().map(|found| (name(found.index), found.availability)).collect(),
            pool_run: pool.run.map(name),
            offers: matches
                .offers
                .into_iter()
                .map(|offer| {
                    let disk = launch_disk_gb(offer.disk_gib, required.disk);
                    let Offer { backend, region, instance_type, spot, price, availability, .. } = offer;
                    (backend, region, instance_type, spot, price, availability, disk)
                })
                .collect(),
            total: matches.total,
            errors: Vec::new(),
        }
    }
}

/// Answers the queries of a folder with `catalog.csv`, `setup.json` and `queries.jsonl`.
///
/// # Errors
/// When a file is missing or has another shape, or writing fails.
pub fn run(folder: &Path, output: impl Write) -> io::Result<()> {
    let read = |name: &str| {
        fs::read_to_string(folder.join(name)).map_err(|e| io::Error::new(e.kind(), format!("{name}: {e}")))
    };
    let facts = carried_catalogue().map_err(io::Error::other)?.gpus().clone();
    let world = World::read(&read("catalog.csv")?, &read("setup.json")?, facts)?;
    answer_lines(&world, read("queries.jsonl")?.as_bytes(), output)
}

/// Answers queries, one a line.
///
/// # Errors
/// When a line is no query, or writing fails.
pub fn answer_lines(world: &World, queries: impl BufRead, output: impl Write) -> io::Result<()> {
    answer_all(queries, output, |query| world.answer(query))
}
