//! One offer, as the rest of the product sees it.

use serde::{Deserialize, Serialize};

use super::cpu_arch;
use crate::{config::Arch, json::FromJson};

/// A machine that can be rented: one instance type in one region, spot or on-demand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Offer {
    /// The cloud: `aws`, `gcp`, `local` …
    pub backend: String,
    /// Region in the cloud's own words.
    pub region: String,
    /// Instance type in the cloud's own words.
    pub instance_type: String,
    /// The architecture of its CPU where that was said; `None` = its names tell, if anything ([`Offer::cpu_arch`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arch: Option<Arch>,
    /// Virtual CPUs. Some clouds sell fractions.
    pub cpus: f64,
    /// RAM in GiB.
    pub memory_gib: f64,
    /// GPUs; `None` = none.
    pub gpu: Option<OfferGpu>,
    /// Disk in GiB that comes with the type; `None` = the size is chosen at launch.
    pub disk_gib: Option<f64>,
    /// Whether the cloud may take it back.
    pub spot: bool,
    /// US dollars an hour.
    pub price: f64,
    /// What the price is.
    pub basis: PriceBasis,
    /// Date of the price, `YYYY-MM-DD`; `None` = not known.
    pub as_of: Option<String>,
    /// Whether it can be had.
    pub availability: Availability,
}

impl Offer {
    /// The architecture of its CPU: what was said, or else what backend, type and GPU tell; `None` = not known.
    #[must_use]
    pub fn cpu_arch(&self) -> Option<Arch> {
        let gpu = self.gpu.as_ref().map(|gpu| gpu.name.as_str());
        self.arch.or_else(|| cpu_arch(&self.backend, &self.instance_type, gpu))
    }
}

/// The GPUs of an [`Offer`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OfferGpu {
    /// Model, as the catalogue spells it: `A100`.
    pub name: String,
    /// How many, at least 1.
    pub count: u32,
    /// GiB of each.
    pub memory_gib: f64,
}

/// What a price is based on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum PriceBasis {
    /// Published by the cloud for this very machine.
    Listed,
    /// The published prices of machine and GPUs, added.
    Sum,
    /// Worked out from the on-demand price and an average saving.
    Estimated,
    /// The user's own machine: nothing is paid.
    Own,
}

/// Whether an offer can be had, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// The cloud says so.
    Available,
    /// Nobody asked.
    Unknown,
    /// A pool instance without a run.
    Idle,
    /// The account's quota does not reach.
    NoQuota,
    /// The cloud has none.
    NotAvailable,
    /// A pool instance with a run.
    Busy,
}

impl Availability {
    /// Whether a launch may try it; usable offers stand before the others.
    #[must_use]
    pub fn is_usable(self) -> bool {
        matches!(self, Self::Available | Self::Unknown | Self::Idle)
    }
}
