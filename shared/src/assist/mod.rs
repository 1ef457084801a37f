//! Help while a configuration is written: completion, hover, and what the catalogue knows about the
//! names in it. Pure functions of the text, a place in it and [`Facts`]; quick enough for every key.

mod complete;
mod cursor;
mod facts;
mod hover;
mod outline;
mod share;
mod words;

pub use crate::config::{check_in, check_with};
pub use complete::{Completion, CompletionKind, Completions, Selection, complete};
pub(crate) use facts::{Choice, GpuStock};
pub use facts::{Facts, Stock};
pub use hover::{Hover, hover};
pub use share::{Shared, without_secrets};
