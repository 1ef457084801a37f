//! The keys of a configuration.

use std::fmt::Write;

use crate::schema::{Dialect, Field, elsewhere, fields, keys};

/// The page of all keys of a dialect: a table of those at the top, then a section for each.
pub(super) fn page(dialect: Dialect) -> String {
    let name = dialect.name();
    let (title, other) = match dialect {
        Dialect::V0_18 => ("# The configuration", "[dstack 0.22](configuration-0.22.md)"),
        Dialect::V0_22 => ("# The configuration of dstack 0.22", "[dstack 0.18](configuration.md)"),
    };
    let mut out = format!("{title}\n\n{}", super::NOTE);
    let _ = write!(
        out,
        "\nA `.dstack.yml` of the type `dev-environment`, as dstack {name} reads it. The [JSON Schema](dstack-{name}.schema.json) \
         says the same to editors, and [problems](problems.md) lists what Berth says about a file. Files of {other} have a page of their own.\n\n\
         | key | type | default | |\n|---|---|---|---|\n",
    );
    for field in keys("", dialect) {
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
    for field in fields(dialect) {
        section(&mut out, field);
    }
    out.push_str(match dialect {
        Dialect::V0_18 => {
            "\n## Keys of newer releases\n\nThese came after dstack 0.18. They are known by name; a file that is read as dstack 0.18 and holds one is refused.\n\n"
        }
        Dialect::V0_22 => {
            "\n## Keys of older releases\n\ndstack 0.18 has these. A file that is read as dstack 0.22 and holds one is refused.\n\n"
        }
    });
    for field in elsewhere(dialect) {
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
    if let Some(only) = field.only_in_words() {
        let _ = writeln!(out, "- {}", only.trim_end_matches('.'));
    }
    let _ = writeln!(out, "\n```yaml\n{}\n```", field.example_yaml());
}

/// A text inside of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
