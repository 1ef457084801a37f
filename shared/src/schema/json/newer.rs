//! What each kind of field takes in dstack 0.22, which is stricter: nothing but text and numbers is text, no list is an
//! object, and no fraction a whole number.

use super::{
    Dialect, Field, Json, Kind,
    forms::{Form, choices, compute_capability, expected, list, python, types},
    known, object, patterns, property,
};

const DIALECT: Dialect = Dialect::V0_22;

/// The constraints of a field.
pub(super) fn form(field: &Field) -> Form {
    let named = |kinds: &[&str], pattern: String, what: &str| {
        let mut form = types(field, kinds);
        form.push(("pattern", Json::Text(pattern)));
        form.push(expected(what));
        form
    };
    match (field.path, field.kind) {
        ("resources.cpu.arch", _) => {
            named(&["string"], patterns::any_case(&["x86", "arm"]), "`x86` or `arm`")
        }
        ("resources.gpu.vendor", _) => {
            let vendors = patterns::any_case(&[field.values, &["tpu", "tt"]].concat());
            named(&["string"], vendors, "a vendor such as `nvidia`")
        }
        ("shell", _) => named(&["string"], patterns::shell(), "`sh`, `bash` or an absolute path"),
        ("tags.*", _) => {
            named(&["string"], patterns::tag(), "up to 256 letters, digits and `.:/=_-+@`, or blanks")
        }
        ("backend_options[].min_reliability", _) => {
            let mut form = named(&["string", "number", "boolean"], patterns::float(), "a number from 0 to 1");
            form.extend(within(0, 1));
            form
        }
        (_, Kind::Text) => text(field),
        (_, Kind::TextList) => list(field, scalar(), "a list of texts"),
        (path, Kind::TextOrList) => {
            let mut form = types(field, &["string", "number", "array"]);
            form.push(("items", scalar()));
            form.extend((path == "schedule.cron").then(|| ("minItems", Json::number(1))));
            form
        }
        (_, Kind::Choice) => vec![("enum", choices(field, field.nullable))],
        (path, Kind::ChoiceList) => {
            let mut form = list(field, object([("enum", choices(field, false))]), "a list");
            form.extend((path == "retry.on_events").then(|| ("minItems", Json::number(1))));
            form
        }
        (_, Kind::PythonVersion) => python(field),
        (path, Kind::Integer) => {
            let mut form =
                named(&["string", "integer", "boolean"], patterns::strict_integer(), "a whole number");
            match path {
                "priority" | "utilization_policy.min_gpu_utilization" => form.extend(within(0, 100)),
                "backend_options[].min_score" | "instances[].instance" => {
                    form.push(("minimum", Json::number(0)));
                }
                _ => {}
            }
            form
        }
        (_, Kind::IntegerRange) => {
            let what = "a whole number such as `4`, or a range such as `4..8`";
            range(field, &["string", "integer", "boolean", "object"], patterns::strict_integer_range(), what)
        }
        (_, Kind::Price) => {
            let what = "a number above 0, in US dollars an hour";
            let mut form = named(&["string", "number", "boolean"], patterns::strict_price(), what);
            form.push(("exclusiveMinimum", Json::number(0)));
            form.push(("not", object([("const", Json::Bool(false))])));
            form
        }
        (_, Kind::Size) => {
            let what = "a size: a number with `MB`, `GB` or `TB`, such as `16GB`";
            named(&["string", "number", "boolean"], patterns::size(), what)
        }
        (_, Kind::SizeRange | Kind::DiskRange | Kind::Disk) => {
            let what = "a size such as `16GB`, or a range such as `16GB..64GB`";
            range(field, &["string", "number", "boolean", "object"], patterns::size_range(), what)
        }
        (_, Kind::Gpu) => {
            let mut form = named(
                &["string", "integer", "boolean", "object"],
                patterns::strict_gpu(),
                "GPUs: a count such as `2`, a memory such as `24GB`, a vendor, a name such as `A100`, or several parted by colons: `nvidia:A100:80GB:2`",
            );
            form.extend(properties(field.path));
            form
        }
        (_, Kind::Cpu) => {
            let what = "vCPUs such as `4..`, an architecture, or both: `arm:4..`";
            let mut form = range(field, &["string", "integer", "object"], patterns::cpu(), what);
            form.retain(|(key, _)| *key != "minProperties");
            form.push(("minimum", Json::number(0)));
            form
        }
        (_, Kind::ComputeCapability) => compute_capability(field),
        (_, Kind::Duration | Kind::DurationOrOff) => named(
            &["string", "number", "boolean"],
            patterns::duration(field.kind == Kind::DurationOrOff),
            "a duration: a whole number with one of the units `s`, `m`, `h`, `d`, `w`, such as `90m`",
        ),
        (_, Kind::Boolean) => boolean(field, &[]),
        (_, Kind::BooleanOrObject) => {
            let mut form = boolean(field, &["object"]);
            form.extend(properties(field.path));
            form
        }
        (_, Kind::Env) => env(field),
        (_, Kind::EnvValue) => {
            let mut form = types(field, &["string", "number", "object"]);
            form.extend(properties(field.path));
            form
        }
        (_, Kind::Ports) => list(field, port(field), "a list of ports"),
        (_, Kind::Port) => {
            let mut form = named(
                &["string", "integer", "boolean"],
                patterns::strict_integer(),
                "a port from 1 to 65535",
            );
            form.extend(within(1, 65535));
            form.push(("not", object([("const", Json::Bool(false))])));
            form
        }
        (_, Kind::Object) => {
            let mut form = types(field, &["object"]);
            form.extend(properties(field.path));
            form
        }
        (_, Kind::TextOrObject) => {
            let mut form = types(field, &["string", "object"]);
            form.extend(properties(field.path));
            form
        }
        (path, Kind::List) => {
            let mut form = list(field, item(path), "a list");
            match path {
                "repos" => form.push(("maxItems", Json::number(1))),
                "instances" => form.push(("minItems", Json::number(1))),
                _ => {}
            }
            form
        }
        (path, Kind::Mapping) => {
            let mut form = types(field, &["object"]);
            let names = object([("pattern", Json::Text(patterns::tag_name()))]);
            form.push(("propertyNames", names));
            form.extend(values(path));
            form
        }
        (_, Kind::Nothing) => vec![("type", Json::text("null"))],
    }
}

/// An item of a list of objects, most of which have a short form.
fn item(list: &str) -> Json {
    let path = format!("{list}[]");
    let kinds: &[&str] = match list {
        "backend_options" => &["object"],
        // Some readers take a lone dot, or digits with an exponent, for a number.
        _ => &["string", "number", "object"],
    };
    let mut form = vec![("type", Json::texts(kinds))];
    form.extend((list == "instances").then(|| ("minLength", Json::number(1))));
    form.extend(properties(&path));
    // One of several forms, each with keys of its own.
    let ways: &[&[&str]] = match list {
        "volumes" => &[&["name"], &["instance_path"]],
        "repos" => &[&["local_path"], &["url"]],
        "instances" => &[&["name"], &["hostname"], &["fleet", "instance"]],
        _ => &[],
    };
    if !ways.is_empty() {
        let ways = ways.iter().map(|keys| object([("required", Json::texts(keys))])).collect();
        form.push(("anyOf", Json::List(ways)));
    }
    map(form)
}

/// The keys of an object, and nothing else.
fn properties(path: &str) -> Form {
    super::properties(path, DIALECT)
}

/// What stands under keys of the author's choice.
fn values(path: &str) -> Form {
    let value = known(path, DIALECT).next().map_or(Json::Bool(true), |field| property(field, DIALECT));
    vec![("additionalProperties", value)]
}

fn scalar() -> Json {
    object([("type", Json::texts(&["string", "number"]))])
}

fn text(field: &Field) -> Form {
    let mut form = types(field, &["string", "number"]);
    form.push(expected("text"));
    form
}

fn range(field: &Field, kinds: &[&str], pattern: String, what: &str) -> Form {
    let mut form = types(field, kinds);
    form.push(("pattern", Json::Text(pattern)));
    form.extend(properties(field.path));
    form.push(("minProperties", Json::number(1)));
    form.push(expected(what));
    form
}

fn within(least: u32, most: u32) -> Form {
    vec![("minimum", Json::number(least)), ("maximum", Json::number(most))]
}

fn boolean(field: &Field, more: &[&str]) -> Form {
    let mut form = types(field, &[&["boolean", "string", "integer"], more].concat());
    form.push(("pattern", Json::Text(patterns::boolean())));
    form.extend(within(0, 1));
    form.push(expected("`true` or `false`"));
    form
}

fn env(field: &Field) -> Form {
    let variable = object([
        ("type", Json::text("string")),
        ("pattern", Json::Text(patterns::strict_variable())),
        expected("`NAME=value`, or `NAME` alone to be asked for it"),
    ]);
    let mut form = types(field, &["array", "object"]);
    form.push(("items", variable));
    form.push(("uniqueItems", Json::Bool(true)));
    form.extend(values(field.path));
    form
}

/// An item of the list of ports.
fn port(field: &Field) -> Json {
    let mut form = vec![
        ("type", Json::texts(&["string", "integer", "boolean", "object"])),
        ("pattern", Json::Text(patterns::strict_port())),
        ("not", object([("const", Json::Bool(false))])),
    ];
    form.extend(within(1, 65535));
    form.extend(properties(&format!("{}[]", field.path)));
    form.push(expected("a port such as `8080`, a mapping such as `\"8080:80\"`, or an object"));
    map(form)
}

fn map(form: Form) -> Json {
    Json::Map(form.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// Keys that cannot stand beside each other, once each has a value that counts.
pub(super) fn excluded() -> Json {
    let some = |none: &[Json]| object([("not", object([("enum", Json::List(none.to_vec()))]))]);
    let image = || ("image", some(&[Json::Null, Json::text("")]));
    let python = || ("python", some(&[Json::Null]));
    let is_true = |key| (key, object([("const", Json::Bool(true))]));
    let pairs = [
        (image(), python(), "`python` chooses the default image, so it cannot stand beside `image`"),
        (is_true("docker"), image(), "with `docker`, the image is one that has Docker in it"),
        (is_true("docker"), python(), "with `docker`, the image is one that has Docker in it"),
        (is_true("docker"), is_true("nvcc"), "with `docker`, the image is one that has Docker in it"),
    ];
    let not = |((a, of_a), (b, of_b), message): ((&'static str, Json), (&'static str, Json), &str)| {
        let both = object([
            ("required", Json::texts(&[a, b])),
            ("properties", object([(a, of_a), (b, of_b)])),
            ("errorMessage", Json::text(message)),
        ]);
        object([("not", both)])
    };
    Json::List(pairs.map(not).into())
}
