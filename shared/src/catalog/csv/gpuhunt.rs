//! The columns of a gpuhunt catalogue: dstack's own, one file for each provider, GCP's rows by zone.

use std::collections::HashMap;

use super::{
    Line, Origin,
    columns::{Column, Fields, Header, arch},
};
use crate::catalog::{Availability, Offer, OfferGpu, PriceBasis, Row, gcp_region};

/// Columns that must be there; the others are newer, or may be left out.
pub(super) const REQUIRED: &[&str] =
    &["instance_name", "location", "price", "cpu", "memory", "gpu_count", "gpu_name", "gpu_memory", "spot"];

/// How TPUs were named before there was a column for vendors.
const TPU: &str = "tpu-";

/// The backend that configurations call a gpuhunt provider by.
#[must_use]
pub fn backend_name(provider: &str) -> &str {
    if provider == "lambdalabs" { "lambda" } else { provider }
}

/// Where they are.
pub(super) struct Columns {
    provider: Option<Column>,
    instance_name: Column,
    location: Column,
    price: Column,
    cpu: Column,
    memory: Column,
    gpu_count: Column,
    gpu_name: Column,
    gpu_memory: Column,
    spot: Column,
    disk_size: Option<Column>,
    cpu_arch: Option<Column>,
    flags: Option<Column>,
}

impl Columns {
    /// Finds them, or says what is missing; nothing when it is the backend.
    pub(super) fn new(header: &Header, origin: &Origin<'_>) -> Result<Self, Vec<&'static str>> {
        let find = |name| header.place(name);
        let found = || {
            Some(Self {
                provider: find("provider"),
                instance_name: find("instance_name")?,
                location: find("location")?,
                price: find("price")?,
                cpu: find("cpu")?,
                memory: find("memory")?,
                gpu_count: find("gpu_count")?,
                gpu_name: find("gpu_name")?,
                gpu_memory: find("gpu_memory")?,
                spot: find("spot")?,
                disk_size: find("disk_size"),
                cpu_arch: find("cpu_arch"),
                flags: find("flags"),
            })
        };
        let columns = found().ok_or_else(|| header.missing(REQUIRED))?;
        if columns.provider.is_none() && origin.backend.is_none() { Err(Vec::new()) } else { Ok(columns) }
    }

    pub(super) fn line(&self, fields: &Fields<'_>, origin: &Origin<'_>) -> Line {
        fields.complete()?;
        // A flag keeps a machine from readers that do not know what is special about it.
        if fields.optional_name(self.flags)?.is_some() {
            return Ok(None);
        }
        let provider = match (self.provider, origin.backend) {
            (Some(column), _) => fields.name(column)?,
            (None, given) => given.unwrap_or_default(),
        };
        let backend = backend_name(provider);
        let count = fields.optional(Some(self.gpu_count), "a whole number")?.unwrap_or(0);
        let gpu = match count {
            0 => None,
            count => {
                let name = fields.name(self.gpu_name)?;
                Some(OfferGpu {
                    name: name.strip_prefix(TPU).unwrap_or(name).to_owned(),
                    count,
                    memory_gib: fields.optional(Some(self.gpu_memory), "a number")?.unwrap_or(0.0),
                })
            }
        };
        let location = fields.name(self.location)?;
        let region = if backend == "gcp" { gcp_region(location) } else { location };
        if region.is_empty() {
            return Err(format!("`location` is `{location}`, which is no zone like us-central1-a"));
        }
        let offer = Offer {
            backend: backend.to_owned(),
            region: region.to_owned(),
            instance_type: fields.name(self.instance_name)?.to_owned(),
            arch: arch(fields, self.cpu_arch)?,
            cpus: fields.value(self.cpu, "a number")?,
            memory_gib: fields.value(self.memory, "a number")?,
            gpu,
            disk_gib: fields.optional(self.disk_size, "a number")?,
            spot: fields.flag(self.spot)?,
            price: fields.price(self.price)?,
            basis: PriceBasis::Listed,
            as_of: origin.as_of.map(str::to_owned),
            availability: Availability::Unknown,
        };
        Ok(Some(Row { offer, source: origin.source.to_owned() }))
    }
}

/// What rows of one region stand for.
type Place = (String, String, bool, Option<(String, u32, u64)>);

/// Leaves one row of `gcp` for each machine and region: that of the cheapest zone, the first one if equal.
/// Other rows and their order stay.
pub(super) fn cheapest_of_zones(rows: Vec<Row>) -> Vec<Row> {
    let place = |offer: &Offer| -> Option<Place> {
        let gpu = offer.gpu.as_ref().map(|gpu| (gpu.name.clone(), gpu.count, gpu.memory_gib.to_bits()));
        (offer.backend == "gcp").then(|| (offer.region.clone(), offer.instance_type.clone(), offer.spot, gpu))
    };
    let mut best: HashMap<Place, usize> = HashMap::new();
    let mut kept: Vec<Row> = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(place) = place(&row.offer) else {
            kept.push(row);
            continue;
        };
        match best.get(&place) {
            Some(&at) if cheaper(row.offer.price, kept[at].offer.price) => kept[at] = row,
            Some(_) => {}
            None => {
                best.insert(place, kept.len());
                kept.push(row);
            }
        }
    }
    kept
}

/// Whether `a` is the better price; what is no price at all is worse than any.
fn cheaper(a: f64, b: f64) -> bool {
    let real = |price: f64| price.is_finite() && price > 0.0;
    real(a) && (!real(b) || a < b)
}
