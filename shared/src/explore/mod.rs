//! The catalogue without a configuration: which GPUs there are, where, and what they cost.
//!
//! [`cards`] counts the offers of each GPU that is [`Wanted`] in one pass over the catalogue, [`types`] lists the
//! machines of one of them, [`places`] the regions of one machine, and [`Choices`] says what may be wanted at all.

mod cards;
mod choices;
mod filter;
#[cfg(test)]
mod tests;
mod types;

pub use cards::{Card, CardGpu, Explored, cards};
pub use choices::Choices;
pub use types::{BackendTypes, Machine, MachineId, places, types};

/// The vendor of machines without GPUs, in [`Wanted::vendor`].
pub const NO_GPU: &str = "none";

/// Which offers are looked for; the default takes all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wanted {
    /// Words parted by spaces. Each must occur in the GPU's name, maker or architecture, in the name of the backend,
    /// of the instance type or of the region; case is ignored. Words after the 32nd are not looked at.
    pub text: String,
    /// Who makes the GPU: `nvidia`, `amd` …; [`NO_GPU`] = machines without one. ASCII case is ignored.
    pub vendor: Option<String>,
    /// GiB of each GPU, at least.
    pub memory_gib: Option<f64>,
    /// GPUs in the machine, exactly.
    pub count: Option<u32>,
    /// Compute capability (major, minor), at least.
    pub capability: Option<(u32, u32)>,
    /// Names of backends; empty = all.
    pub backends: Vec<String>,
    /// The name of a region, whichever backend has it.
    pub region: Option<String>,
    /// `Some(true)` = spot only, `Some(false)` = on-demand only.
    pub spot: Option<bool>,
    /// US dollars an hour for the machine, at most.
    pub max_price: Option<f64>,
}

/// A GPU model in one of its sizes.
#[derive(Clone, Debug, PartialEq)]
pub struct GpuKind {
    /// The model, as the catalogue spells it: `A100`.
    pub name: String,
    /// GiB of each; `None` = any size.
    pub memory_gib: Option<f64>,
}

impl GpuKind {
    fn covers(&self, name: &str, memory_gib: f64) -> bool {
        self.name.eq_ignore_ascii_case(name) && self.memory_gib.is_none_or(|memory| memory == memory_gib)
    }
}
