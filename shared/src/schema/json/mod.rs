//! A JSON Schema (draft 2020-12) made from the table of fields, for editors and other tools.
//!
//! It accepts every document that dstack accepts, and so it is generous where dstack is: a number or a
//! boolean where text belongs, text where a number belongs. What only a program can tell (the order of a range,
//! a size of a disk in text) passes; [`crate::check`] reports it.

mod forms;
mod newer;
mod patterns;
mod write;

use write::{Json, object};

use super::{Dialect, Field, Kind, keys, profile_keys};
use crate::yaml::{self, Document, NodeId, Value};

/// Which file is described.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum File {
    /// `.dstack.yml`, as a dialect reads it.
    Configuration(Dialect),
    /// `.dstack/profiles.yml`, as dstack 0.18 reads it.
    Profiles,
}

/// The schema of a file, as JSON text with two blanks of indentation and a line break at its end.
#[must_use]
pub fn json_schema(file: File) -> String {
    let head = |title: &str, description: &str| {
        vec![
            ("$schema", Json::text("https://json-schema.org/draft/2020-12/schema")),
            ("title", Json::text(title)),
            ("description", Json::text(description)),
        ]
    };
    let schema = match file {
        File::Configuration(dialect) => {
            let name = dialect.name();
            let mut schema = head(
                &format!("dev environment of dstack {name}"),
                &format!(
                    "A `.dstack.yml` of the type `dev-environment`, as dstack {name} reads it and Berth launches it."
                ),
            );
            schema.push(("type", Json::text("object")));
            schema.extend(properties("", dialect));
            schema.push(match dialect {
                Dialect::V0_18 => ("not", image_and_python()),
                Dialect::V0_22 => ("allOf", newer::excluded()),
            });
            schema
        }
        File::Profiles => {
            let mut schema =
                head("profiles of dstack 0.18", "A `.dstack/profiles.yml`, as dstack 0.18 reads it.");
            schema.push(("type", Json::text("object")));
            schema.push((
                "properties",
                object([(
                    "profiles",
                    object([
                        (
                            "description",
                            Json::text(
                                "The profiles; the first with `default: true` is used when none is named.",
                            ),
                        ),
                        ("type", Json::text("array")),
                        ("items", Json::Map(profile())),
                    ]),
                )]),
            ));
            schema.push(("required", Json::texts(&["profiles"])));
            schema.push(("additionalProperties", Json::Bool(false)));
            schema
        }
    };
    let mut text = String::new();
    Json::Map(schema.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()).write(&mut text, 0);
    text.push('\n');
    text
}

/// What an image excludes; null and an empty text count as none.
fn image_and_python() -> Json {
    let some = |none: &[Json]| object([("not", object([("enum", Json::List(none.to_vec()))]))]);
    object([
        ("required", Json::texts(&["image", "python"])),
        (
            "properties",
            object([("image", some(&[Json::Null, Json::text("")])), ("python", some(&[Json::Null]))]),
        ),
        ("errorMessage", Json::text("`python` chooses the default image, so it cannot stand beside `image`")),
    ])
}

/// The keys of an object, and nothing else.
fn properties(path: &str, dialect: Dialect) -> forms::Form {
    let properties = known(path, dialect).map(|field| (field.name().to_owned(), property(field, dialect)));
    let mut form =
        vec![("properties", Json::Map(properties.collect())), ("additionalProperties", Json::Bool(false))];
    let required: Vec<_> = known(path, dialect).filter(|field| field.required).map(Field::name).collect();
    if !required.is_empty() {
        form.push(("required", Json::texts(&required)));
    }
    form
}

/// One profile: its name, and every field that a profile may set.
fn profile() -> Vec<(String, Json)> {
    let properties =
        profile_keys().map(|field| (field.name().to_owned(), property(field, Dialect::V0_18))).collect();
    [
        ("type", Json::text("object")),
        ("properties", Json::Map(properties)),
        ("required", Json::texts(&["name"])),
        ("additionalProperties", Json::Bool(false)),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into()
}

/// The fields that are keys of `parent` and read here.
fn known(parent: &str, dialect: Dialect) -> impl Iterator<Item = &'static Field> {
    keys(parent, dialect)
}

/// The schema of one field.
fn property(field: &Field, dialect: Dialect) -> Json {
    let mut schema = vec![("description", Json::Text(description(field)))];
    if let Some(default) = field.default.and_then(of_yaml) {
        schema.push(("default", default));
    }
    if let Some(example) = of_yaml(field.example) {
        schema.push(("examples", Json::List(vec![example])));
    }
    schema.extend(match dialect {
        Dialect::V0_18 => forms::form(field),
        Dialect::V0_22 => newer::form(field),
    });
    Json::Map(schema.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// What an editor shows: the meaning, the type in words, what holds without it.
fn description(field: &Field) -> String {
    let mut text = format!("{}\n\nType: {}.", field.doc, field.kind.words());
    if let Some(default) = field.default {
        text.push_str(&format!(" Default: `{default}`."));
    }
    text
}

/// A value of the table, which is written as YAML.
fn of_yaml(text: &str) -> Option<Json> {
    let document = yaml::load(text).ok()?;
    of_node(&document, document.root?)
}

fn of_node(document: &Document, node: NodeId) -> Option<Json> {
    Some(match &document.node(node).value {
        Value::Null => Json::Null,
        Value::Bool(b) => Json::Bool(*b),
        Value::Int(n) => Json::Number(n.to_string()),
        Value::Float(f) if f.is_finite() => Json::Number(f.to_string()),
        Value::Str(text) => Json::Text(text.clone()),
        Value::Seq(items) => {
            Json::List(items.iter().map(|&(item, _)| of_node(document, item)).collect::<Option<_>>()?)
        }
        Value::Map(entries) => Json::Map(
            entries
                .iter()
                .map(|entry| match &document.node(entry.key).value {
                    Value::Str(key) => Some((key.clone(), of_node(document, entry.value)?)),
                    _ => None,
                })
                .collect::<Option<_>>()?,
        ),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [File; 3] =
        [File::Configuration(Dialect::V0_18), File::Configuration(Dialect::V0_22), File::Profiles];

    fn parsed(file: File) -> serde_json::Value {
        serde_json::from_str(&json_schema(file)).unwrap()
    }

    #[test]
    fn all_schemas_are_json_and_describe_every_field() {
        for file in FILES {
            assert_eq!(parsed(file)["$schema"], "https://json-schema.org/draft/2020-12/schema");
        }
        for dialect in Dialect::ALL {
            let schema = parsed(File::Configuration(dialect));
            for field in crate::schema::fields(dialect) {
                let mut place = &schema;
                for part in field.path.split('.') {
                    place = match part.strip_suffix("[]") {
                        Some(list) => &place["properties"][list]["items"],
                        None if part == "*" => &place["additionalProperties"],
                        None => &place["properties"][part],
                    };
                }
                let text =
                    place["description"].as_str().unwrap_or_else(|| panic!("{} is missing", field.path));
                assert!(text.starts_with(field.doc), "{}", field.path);
                assert!(!place["examples"][0].is_null() || field.kind == Kind::Nothing, "{}", field.path);
                assert_eq!(place.get("default").is_some(), field.default.is_some(), "{}", field.path);
            }
        }
    }

    #[test]
    fn keys_of_the_other_dialect_are_left_out() {
        let [old, new] = Dialect::ALL.map(|dialect| parsed(File::Configuration(dialect)));
        for (key, of_old, of_new) in [("volumes", false, true), ("pool_name", true, false)] {
            assert_eq!(old["properties"].get(key).is_some(), of_old);
            assert_eq!(new["properties"].get(key).is_some(), of_new);
        }
        for schema in [old, new] {
            assert_eq!(schema["additionalProperties"], false);
        }
    }
}
