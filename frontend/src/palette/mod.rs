//! The command palette, as far as it is pure: what matches what is typed, and what keys mean.

pub mod fuzzy;
pub mod keys;
