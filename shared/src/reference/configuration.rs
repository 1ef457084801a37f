//! The keys of a configuration.

use std::fmt::Write;

use crate::schema::{Dialect, Field, fields, keys, newer};

/// The page of all keys: a table of those at the top, then a section for each.
pub(super) fn page() -> String {
    let mut out = String::from("# The configuration\n\n");
    out.push_str(super::NOTE);
    out.push_str(
        "\nA `.dstack.yml` of the type `dev-environment`, as dstack 0.18 reads it. The [JSON Schema](dstack-0.18.schema.json) \
         says the same to editors, and [problems](problems.md) lists what Berth says about a file.\n\n\
         | key | type | default | |\n|---|---|---|---|\n",
    );
    for field in keys("", Dialect::V0_18) {
        let default = match field.default {
            Some(default) => format!("`{default}`"),
            None if field.required => "required".to_owned(),
            None => String::new(),
        };
        let path = field.path;
        let _ = writeln!(
            out,
            "| [`{path}`](#{path}) | {} | {default} | {} |",
            field.kind.words(),
            cell(field.doc)
        );
    }
    for field in fields(Dialect::V0_18) {
        section(&mut out, field);
    }
    out.push_str(
        "\n## Keys of newer releases\n\nThese came after dstack 0.18. They are known by name; a file that holds one is refused.\n\n",
    );
    for field in newer() {
        let _ = writeln!(out, "- `{}`: {}", field.path, field.doc);
    }
    out
}

fn section(out: &mut String, field: &Field) {
    let depth = if field.parent().is_empty() { "##" } else { "###" };
    let path = field.path;
    // GitHub's own anchors drop the dots; these are the same everywhere.
    let _ = writeln!(out, "\n{depth} <a id=\"{path}\"></a>`{path}`\n\n{}\n", field.doc);
    let required = if field.required { ", required" } else { "" };
    let _ = writeln!(out, "- Type: {}{required}", field.kind.words());
    if !field.values.is_empty() {
        let values: Vec<_> = field.values.iter().map(|value| format!("`{value}`")).collect();
        let _ = writeln!(out, "- Values: {}", values.join(", "));
    }
    if let Some(default) = field.default {
        let _ = writeln!(out, "- Default: `{default}`");
    }
    if field.nullable {
        out.push_str("- `null` is accepted\n");
    }
    let _ = writeln!(out, "\n```yaml\n{}\n```", field.example_yaml());
}

/// A text inside of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
