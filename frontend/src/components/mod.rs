//! Parts that pages are made of.

mod backend;
mod icon;
mod shell;
mod status;
mod toast;

pub use backend::Backend;
pub use icon::{Glyph, Icon, Mark, Sprite};
pub use shell::{Shell, TopBar};
pub use status::{Status, status_glyph, status_word};
pub use toast::{Toasts, Tone, provide_toasts, toast, toaster};
