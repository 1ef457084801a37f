//! The project's own columns.

use super::{
    Line, Origin,
    columns::{Column, Fields, Header, arch, short},
    is_date,
};
use crate::catalog::{Availability, Offer, OfferGpu, PriceBasis, Row};

/// Columns that must be there.
pub(super) const REQUIRED: &[&str] = &[
    "backend",
    "instance_type",
    "region",
    "cpus",
    "memory_gib",
    "gpu_name",
    "gpu_count",
    "gpu_memory_gib",
    "price_usd_hour",
    "spot",
];

/// Where they are.
pub(super) struct Columns {
    backend: Column,
    instance_type: Column,
    region: Column,
    cpus: Column,
    memory: Column,
    gpu_name: Column,
    gpu_count: Column,
    gpu_memory: Column,
    price: Column,
    spot: Column,
    disk: Option<Column>,
    cpu_arch: Option<Column>,
    source: Option<Column>,
    as_of: Option<Column>,
    basis: Option<Column>,
}

impl Columns {
    /// Finds them, or says what is missing.
    pub(super) fn new(header: &Header) -> Result<Self, Vec<&'static str>> {
        let find = |name| header.place(name);
        let found = || {
            Some(Self {
                backend: find("backend")?,
                instance_type: find("instance_type")?,
                region: find("region")?,
                cpus: find("cpus")?,
                memory: find("memory_gib")?,
                gpu_name: find("gpu_name")?,
                gpu_count: find("gpu_count")?,
                gpu_memory: find("gpu_memory_gib")?,
                price: find("price_usd_hour")?,
                spot: find("spot")?,
                disk: find("disk_gib"),
                cpu_arch: find("cpu_arch"),
                source: find("source"),
                as_of: find("as_of"),
                basis: find("price_basis"),
            })
        };
        found().ok_or_else(|| header.missing(REQUIRED))
    }

    pub(super) fn line(&self, fields: &Fields<'_>, origin: &Origin<'_>) -> Line {
        fields.complete()?;
        let count = fields.optional(Some(self.gpu_count), "a whole number")?.unwrap_or(0);
        let gpu = match count {
            0 => None,
            count => Some(OfferGpu {
                name: fields.name(self.gpu_name)?.to_owned(),
                count,
                memory_gib: fields.optional(Some(self.gpu_memory), "a number")?.unwrap_or(0.0),
            }),
        };
        let as_of = match fields.optional_name(self.as_of)? {
            None => origin.as_of.map(str::to_owned),
            Some("unknown") => None,
            Some(date) if is_date(date) => Some(date.to_owned()),
            Some(other) => {
                return Err(format!("`as_of` is `{}`, which is no date like 2026-01-31", short(other)));
            }
        };
        let basis = match fields.optional_name(self.basis)? {
            None | Some("listed") => PriceBasis::Listed,
            Some("sum") => PriceBasis::Sum,
            Some("estimated") => PriceBasis::Estimated,
            Some("own") => PriceBasis::Own,
            Some(other) => {
                let known = "`listed`, `sum`, `estimated` and `own`";
                return Err(format!("`price_basis` is `{}`; known are {known}", short(other)));
            }
        };
        let offer = Offer {
            backend: fields.name(self.backend)?.to_owned(),
            region: fields.name(self.region)?.to_owned(),
            instance_type: fields.name(self.instance_type)?.to_owned(),
            arch: arch(fields, self.cpu_arch)?,
            cpus: fields.value(self.cpus, "a number")?,
            memory_gib: fields.value(self.memory, "a number")?,
            gpu,
            disk_gib: fields.optional(self.disk, "a number")?,
            spot: fields.flag(self.spot)?,
            price: fields.price(self.price)?,
            basis,
            as_of,
            availability: Availability::Unknown,
        };
        let source = fields.optional_name(self.source)?.unwrap_or(origin.source).to_owned();
        Ok(Some(Row { offer, source }))
    }
}
