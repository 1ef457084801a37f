//! Instances that outlive their run, in words: clocks, what adding one would do, what nobody knows of.

pub mod adding;
pub mod clock;
pub mod orphan;
