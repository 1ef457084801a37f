//! What pages and components begin with: Leptos' own, and views and texts in the language of the build.

pub(crate) use crate::flow::{For, Show};
pub(crate) use berth_texts::{t, tf, view};
pub(crate) use leptos::prelude::*;
