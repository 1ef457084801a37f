//! *Team*, as far as it is pure: what its address says, what is shown under which heading, and what rests.

pub mod roster;
pub mod saved;
pub mod series;
pub mod view;
