//! The reference in Markdown and as JSON Schema, made from the table of fields and the rules.

mod configuration;
mod honoured;
mod problems;

use crate::schema::{
    Dialect,
    json::{File, json_schema},
};

/// A generated file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Where it goes, below `docs/`.
    pub path: &'static str,
    /// What it holds.
    pub text: String,
}

/// Every generated file.
#[must_use]
pub fn pages() -> Vec<Page> {
    vec![
        Page { path: "reference/configuration.md", text: configuration::page(Dialect::V0_18) },
        Page { path: "reference/configuration-0.22.md", text: configuration::page(Dialect::V0_22) },
        Page { path: "reference/honoured.md", text: honoured::page() },
        Page { path: "reference/problems.md", text: problems::page() },
        Page {
            path: "reference/dstack-0.18.schema.json",
            text: json_schema(File::Configuration(Dialect::V0_18)),
        },
        Page {
            path: "reference/dstack-0.22.schema.json",
            text: json_schema(File::Configuration(Dialect::V0_22)),
        },
        Page { path: "reference/dstack-0.18-profiles.schema.json", text: json_schema(File::Profiles) },
    ]
}

/// What the generated Markdown begins with.
const NOTE: &str = "<!-- Made by `cargo xtask docs`; change the table of fields or the rules instead. -->\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_reference_is_current() {
        let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
        for page in pages() {
            let committed = std::fs::read_to_string(docs.join(page.path)).unwrap_or_default();
            assert!(committed == page.text, "docs/{} is out of date: run `cargo xtask docs`", page.path);
        }
    }
}
