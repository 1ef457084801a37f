//! Requirements to offers, in order; and why none fits.

mod requirements;

pub use requirements::{GpuRequirements, Requirements};
