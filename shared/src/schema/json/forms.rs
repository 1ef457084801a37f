//! What each kind of field takes in dstack 0.18, in the words of JSON Schema.

use super::{Dialect, Field, Json, Kind, known, object, patterns, property};

const DIALECT: Dialect = Dialect::V0_18;

/// The entries of a schema.
pub(super) type Form = Vec<(&'static str, Json)>;

/// The constraints of a field.
pub(super) fn form(field: &Field) -> Form {
    let form = match field.kind {
        Kind::Text => text(field),
        Kind::TextList => list(field, scalar(), "a list of texts"),
        Kind::TextOrList => {
            let mut form = types(field, &["string", "number", "boolean", "array"]);
            form.push(("items", scalar()));
            form
        }
        Kind::Choice => vec![("enum", choices(field, field.nullable))],
        Kind::ChoiceList => list(field, object([("enum", choices(field, false))]), "a list"),
        Kind::PythonVersion => python(field),
        Kind::Integer => number(field, patterns::integer(), "a whole number"),
        Kind::IntegerRange => {
            range(field, patterns::integer_range(), "a whole number such as `4`, or a range such as `4..8`")
        }
        Kind::Price => price(field),
        Kind::Size => {
            number(field, patterns::size(), "a size: a number with `MB`, `GB` or `TB`, such as `16GB`")
        }
        Kind::SizeRange => range(field, patterns::size_range(), SIZES),
        Kind::DiskRange | Kind::Disk => disk(field),
        Kind::Gpu => gpu(field),
        Kind::ComputeCapability => compute_capability(field),
        Kind::Duration | Kind::DurationOrOff => number(
            field,
            patterns::duration(field.kind == Kind::DurationOrOff),
            "a duration: a whole number with one of the units `s`, `m`, `h`, `d`, `w`, such as `90m`",
        ),
        Kind::Boolean => boolean(field),
        Kind::Env => env(field),
        Kind::EnvValue => {
            let mut form = types(field, &["string", "number", "boolean", "object", "array"]);
            form.extend(keys(field.path, 1));
            form
        }
        Kind::Ports => list(field, port(field), "a list of ports"),
        Kind::Port => number_of_port(field),
        Kind::Object => mapping(field.path)
            .into_iter()
            .filter(|(key, _)| *key != "type")
            .chain(types(field, object_types(field.path)))
            .chain(
                std::iter::once(("maxLength", Json::number(0))).filter(|_| required(field.path).is_empty()),
            )
            .chain(pairs(required(field.path).len()))
            .collect(),
        // dstack 0.18 has none of these.
        Kind::List
        | Kind::Mapping
        | Kind::BooleanOrObject
        | Kind::TextOrObject
        | Kind::Cpu
        | Kind::Nothing => super::newer::form(field),
    };
    // What must be comes first.
    let (mut first, rest): (Form, Form) = form.into_iter().partition(|(key, _)| *key == "type");
    first.extend(rest);
    first
}

const SIZES: &str = "a size such as `16GB`, or a range such as `16GB..64GB`";

fn mapping(path: &str) -> Form {
    let mut form = vec![("type", Json::text("object"))];
    form.extend(properties(path));
    form
}

fn properties(path: &str) -> Form {
    super::properties(path, DIALECT)
}

fn required(path: &str) -> Vec<&'static str> {
    known(path, DIALECT).filter(|field| field.required).map(Field::name).collect()
}

/// The keys of an object that may also be a list of `least` pairs or more, which Python's `dict()` takes.
fn keys(path: &str, least: usize) -> Form {
    let mut form = properties(path);
    form.extend(pairs(least));
    form
}

/// A list of pairs: lists of two, or mappings of two, whose keys are meant.
fn pairs(least: usize) -> Form {
    let mut form = vec![("items", pair())];
    if least > 0 {
        form.push(("minItems", Json::Number(least.to_string())));
    }
    form
}

fn pair() -> Json {
    object([
        ("type", Json::texts(&["array", "object"])),
        ("minItems", Json::number(2)),
        ("maxItems", Json::number(2)),
        ("minProperties", Json::number(2)),
        ("maxProperties", Json::number(2)),
    ])
}

/// An object, or what an empty one may be written as.
fn object_types(path: &str) -> &'static [&'static str] {
    if required(path).is_empty() { &["object", "array", "string"] } else { &["object", "array"] }
}

pub(super) fn types(field: &Field, names: &[&str]) -> Form {
    let mut names = names.to_vec();
    if field.nullable {
        names.push("null");
    }
    vec![("type", if let [one] = names[..] { Json::text(one) } else { Json::texts(&names) })]
}

pub(super) fn expected(what: &str) -> (&'static str, Json) {
    ("errorMessage", Json::Text(format!("expected {what}")))
}

/// Text, or what becomes text.
fn scalar() -> Json {
    object([("type", Json::texts(&["string", "number", "boolean"]))])
}

fn text(field: &Field) -> Form {
    let mut form = types(field, &["string", "number", "boolean"]);
    form.push(expected("text"));
    form
}

pub(super) fn list(field: &Field, items: Json, what: &str) -> Form {
    let mut form = types(field, &["array"]);
    form.push(("items", items));
    form.push(expected(what));
    form
}

pub(super) fn choices(field: &Field, null: bool) -> Json {
    let mut values: Vec<_> = field.values.iter().copied().map(Json::text).collect();
    if null {
        values.push(Json::Null);
    }
    Json::List(values)
}

/// Text or a float; `3.10` is the number 3.1.
pub(super) fn python(field: &Field) -> Form {
    let texts = field.values.iter().copied().map(Json::text);
    let numbers = field
        .values
        .iter()
        .map(|value| Json::Number(if *value == "3.10" { "3.1" } else { value }.to_owned()));
    let null = field.nullable.then_some(Json::Null);
    vec![("enum", Json::List(texts.chain(numbers).chain(null).collect()))]
}

fn number(field: &Field, pattern: String, what: &str) -> Form {
    let mut form = types(field, &["string", "number", "boolean"]);
    form.push(("pattern", Json::Text(pattern)));
    form.push(expected(what));
    form
}

fn range(field: &Field, pattern: String, what: &str) -> Form {
    let mut form = types(field, &["string", "number", "boolean", "object", "array"]);
    form.push(("pattern", Json::Text(pattern)));
    form.extend(keys(field.path, 1));
    form.push(("minProperties", Json::number(1)));
    form.push(expected(what));
    form
}

/// A boolean would be 0 or 1 GB, which is too little.
fn disk(field: &Field) -> Form {
    let mut form = types(field, &["string", "number", "object", "array"]);
    form.push(("pattern", Json::Text(patterns::disk())));
    form.push(("minimum", Json::number(50)));
    form.extend(keys(field.path, 1));
    form.push(("minProperties", Json::number(1)));
    form.push(expected("a size of 50 GB or more, such as `200GB..`"));
    form
}

fn gpu(field: &Field) -> Form {
    let mut form = types(field, &["string", "integer", "boolean", "object", "array"]);
    form.push(("pattern", Json::Text(patterns::gpu())));
    form.extend(keys(field.path, 0));
    form.push(expected(
        "GPUs: a count such as `2`, a memory such as `24GB`, a name such as `A100`, or several parted by colons: `A100:80GB:2`",
    ));
    form
}

pub(super) fn compute_capability(field: &Field) -> Form {
    let mut form = types(field, &["string", "number", "array"]);
    form.push(("pattern", Json::Text(patterns::compute_capability())));
    form.push(("items", scalar()));
    form.push(("minItems", Json::number(2)));
    form.push(("maxItems", Json::number(2)));
    form.push(expected("a compute capability such as `7.5`"));
    form
}

fn price(field: &Field) -> Form {
    let mut form = types(field, &["string", "number", "boolean"]);
    form.push(("pattern", Json::Text(patterns::price())));
    form.push(("exclusiveMinimum", Json::number(0)));
    form.push(("not", object([("const", Json::Bool(false))])));
    form.push(expected("a number above 0, in US dollars an hour"));
    form
}

fn boolean(field: &Field) -> Form {
    let mut form = types(field, &["boolean", "string", "integer"]);
    form.push(("pattern", Json::Text(patterns::boolean())));
    form.push(("minimum", Json::number(0)));
    form.push(("maximum", Json::number(1)));
    form.push(expected("`true` or `false`"));
    form
}

fn env(field: &Field) -> Form {
    let mut form = types(field, &["array", "object", "string"]);
    form.push(("maxLength", Json::number(0)));
    let value = known("env", DIALECT).next().map_or(Json::Bool(true), |field| property(field, DIALECT));
    form.push(("additionalProperties", value));
    let variables = object([
        (
            "items",
            object([
                ("type", Json::texts(&["string", "boolean"])),
                ("pattern", Json::Text(patterns::variable())),
                expected("`NAME=value`, or `NAME` alone to be asked for it"),
            ]),
        ),
        ("uniqueItems", Json::Bool(true)),
    ]);
    // dstack reads a list of texts of two characters as pairs, too.
    let pair = object([
        ("type", Json::texts(&["array", "object", "string"])),
        ("minLength", Json::number(2)),
        ("maxLength", Json::number(2)),
        ("minItems", Json::number(2)),
        ("maxItems", Json::number(2)),
        ("minProperties", Json::number(2)),
        ("maxProperties", Json::number(2)),
    ]);
    form.push(("anyOf", Json::List(vec![variables, object([("items", pair)])])));
    form
}

/// An item of the list of ports.
fn port(field: &Field) -> Json {
    let path = format!("{}[]", field.path);
    let mut form = port_number(&["string", "number", "boolean", "object", "array"]);
    form.push(("pattern", Json::Text(patterns::port())));
    form.extend(keys(&path, required(&path).len()));
    form.push(expected("a port such as `8080`, a mapping such as `\"8080:80\"`, or an object"));
    Json::Map(form.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

fn number_of_port(field: &Field) -> Form {
    let mut form = types(field, &["string", "number", "boolean"]);
    form.push(("pattern", Json::Text(patterns::integer())));
    form.extend(port_number(&[]).into_iter().filter(|(key, _)| *key != "type"));
    form.push(expected("a port from 1 to 65536"));
    form
}

/// 1 to 65536; a fraction is dropped, `true` is 1.
fn port_number(types: &[&str]) -> Form {
    vec![
        ("type", Json::texts(types)),
        ("minimum", Json::number(1)),
        ("exclusiveMaximum", Json::number(65537)),
        ("not", object([("const", Json::Bool(false))])),
    ]
}
