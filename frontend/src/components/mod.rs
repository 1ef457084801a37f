//! Parts that pages are made of.

mod backend;
mod copy_line;
mod demo;
mod dialog;
mod icon;
mod price;
mod prose;
mod shell;
mod spark;
mod spot;
mod status;
mod stop;
mod tabs;
mod toast;
mod void;

pub use backend::Backend;
pub use copy_line::CopyLine;
pub use demo::DemoBar;
pub use dialog::Dialog;
pub use icon::{Glyph, Icon, Mark, Sprite};
pub use price::{Price, basis_text};
pub use prose::Prose;
pub use shell::{Shell, TopBar};
pub use spark::Spark;
pub use spot::Spot;
pub use status::Status;
pub use stop::{StopDialog, Stopper};
pub use tabs::{Tab, TabList};
pub use toast::{Toasts, Tone, provide_toasts, toast, toaster};
pub use void::Void;
