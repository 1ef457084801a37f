//! Whole-system tests.

pub mod conformance;
