//! What the launch page decides, without the page: pure, and tested on the host.

pub mod asides;
pub mod bringing;
pub mod brush;
pub mod columns;
pub mod convert;
pub mod counts;
pub mod dates;
pub mod examples;
pub mod figures;
pub mod lanes;
pub mod listing;
pub mod marks;
pub mod name;
pub mod plan;
pub mod plot;
pub mod ready;
pub mod refused;
pub mod row;
pub mod saving;
pub mod window;
