//! Examples in the description of the API: one of each body, and a call of each endpoint.

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::Value;
use utoipa::openapi::{
    OpenApi, RefOr, Schema,
    path::{ParameterBuilder, ParameterIn},
};

/// Examples of each type that is a body or a message, by its name. A test reads and writes each as its type.
static EXAMPLES: LazyLock<BTreeMap<String, Vec<Value>>> = LazyLock::new(|| {
    let written: BTreeMap<String, Value> =
        serde_json::from_str(include_str!("docs_examples.json")).expect("a test reads it");
    let of_type = |value: &Value| match filled(value, &written) {
        Value::Array(several) => several,
        one => vec![one],
    };
    written.iter().map(|(name, value)| (name.clone(), of_type(value))).collect()
});

/// The value in which `{"like": NAME}` is the example of that type.
fn filled(value: &Value, written: &BTreeMap<String, Value>) -> Value {
    match value {
        Value::Object(fields) => match fields.get("like").and_then(Value::as_str) {
            Some(name) => filled(&written[name], written),
            None => fields.iter().map(|(name, field)| (name.clone(), filled(field, written))).collect(),
        },
        Value::Array(items) => items.iter().map(|item| filled(item, written)).collect(),
        value => value.clone(),
    }
}

/// What stands for a part of an address, by what comes before it and its name.
const PARTS: &[(&str, &str)] = &[
    ("code", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
    ("git", "github.com"),
    ("hosts", "gpu-box"),
    ("instances", "7a1b3c9e-52d4-4e0f-8f7a-2d9c0b6e1a33"),
    ("keys", "laptop"),
    ("members", "grace"),
    ("people", "grace"),
    ("pools", "lab"),
    ("ports", "8888"),
    ("runs", "calm-otter-1"),
    ("secrets", "HF_TOKEN"),
    ("sessions", "b7c1d2e3f4a5"),
    ("terminals", "calm-otter-1"),
    ("tokens", "ci"),
    ("webhooks", "ops"),
];

/// Puts an example to each type that has one, to each list of such, and to each part of an address.
pub(super) fn add(document: &mut OpenApi) {
    for (name, schema) in document.components.iter_mut().flat_map(|components| &mut components.schemas) {
        set(schema, of_type(name));
    }
    for (path, item) in &mut document.paths.paths {
        let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        let parameters =
            operations.into_iter().flatten().filter_map(|operation| operation.parameters.as_mut());
        for parameter in parameters.flatten() {
            if let RefOr::T(parameter) = parameter
                && parameter.parameter_in == ParameterIn::Path
            {
                let example = part(path, &parameter.name).map(Value::from);
                *parameter = ParameterBuilder::from(parameter.clone()).example(example).build();
            }
        }
    }
}

fn set(schema: &mut RefOr<Schema>, given: Vec<Value>) {
    let RefOr::T(schema) = schema else { return };
    let examples = match schema {
        Schema::Object(schema) => &mut schema.examples,
        Schema::OneOf(schema) => &mut schema.examples,
        Schema::AllOf(schema) => &mut schema.examples,
        Schema::AnyOf(schema) => &mut schema.examples,
        _ => return,
    };
    *examples = given;
}

/// Examples of this type; of a page one with all those of its items.
fn of_type(name: &str) -> Vec<Value> {
    let of = |name: &str| EXAMPLES.get(name).cloned().unwrap_or_default();
    match name.strip_prefix("Page_").map(of) {
        Some(items) if items.is_empty() => items,
        Some(items) => vec![serde_json::json!({ "items": items, "next": null })],
        None => of(name),
    }
}

/// What stands for `{name}` in this address.
fn part(path: &str, name: &str) -> Option<&'static str> {
    let before = path.split_once(&format!("{{{name}}}"))?.0;
    // A terminal's identifier comes after its run's name.
    if name == "id" && before.ends_with("}/") {
        return Some("6f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9");
    }
    let word = before.trim_end_matches('/').rsplit('/').next()?;
    PARTS.iter().find(|(known, _)| *known == word).map(|(_, value)| *value)
}

/// An example of what this schema describes, found by the names in it.
fn of_schema(schema: &Value, schemas: &Value) -> Option<Value> {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return schemas[name]["examples"].get(0).cloned();
    }
    if schema["type"] == "array" {
        return Some(Value::from(vec![of_schema(&schema["items"], schemas)?]));
    }
    let options = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array());
    options.into_iter().flatten().find_map(|option| of_schema(option, schemas))
}

/// An example of this body in JSON: its own, else one of its type. `None` = there is no such body; `Some(None)` = it has no example.
fn of_body(content: &Value, schemas: &Value) -> Option<Option<Value>> {
    let media = content.get("application/json")?;
    Some(media.get("example").cloned().or_else(|| of_schema(&media["schema"], schemas)))
}

/// A call of an endpoint by curl. `BERTH` is the server's address and `TOKEN` an API token.
pub(super) fn curl(method: &str, path: &str, operation: &Value, schemas: &Value) -> String {
    let mut address = path.to_owned();
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        if let (Some(name), Some(example)) = (parameter["name"].as_str(), parameter["example"].as_str()) {
            address = address.replace(&format!("{{{name}}}"), example);
        }
    }
    let method = match method {
        "get" => String::new(),
        method => format!(" -X {}", method.to_ascii_uppercase()),
    };
    // What needs no session needs no token.
    let token = match operation["security"].as_array() {
        Some(_) => "",
        None => " -H \"Authorization: Bearer $TOKEN\"",
    };
    let body = of_body(&operation["requestBody"]["content"], schemas).flatten();
    let body = body.map_or_else(String::new, |body| {
        format!(
            " \\\n  -H 'Content-Type: application/json' \\\n  -d '{}'",
            body.to_string().replace('\'', "'\\''")
        )
    });
    format!("curl{method}{token} \"$BERTH{address}\"{body}")
}

/// What an endpoint answers when all is well; `None` = nothing, or no JSON.
pub(super) fn answer(operation: &Value, schemas: &Value) -> Option<Value> {
    let fine = operation["responses"].as_object()?.iter().find(|(status, _)| status.starts_with('2'))?.1;
    of_body(&fine["content"], schemas).flatten()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use berth_shared::{
        api,
        json::{FromJson, Unreadable, from_text},
    };
    use serde::{Serialize, de::DeserializeOwned};

    use super::*;

    /// What is read from the example and written again.
    fn again<T: Serialize + DeserializeOwned>(example: &Value) -> Result<Value, serde_json::Error> {
        serde_json::to_value(serde_json::from_value::<T>(example.clone())?)
    }

    /// What the page reads from it, written again.
    fn in_the_page<T: Serialize + FromJson>(example: &Value) -> Result<Value, Unreadable> {
        from_text::<T>(&example.to_string()).map(|read| serde_json::to_value(read).expect("it is JSON"))
    }

    /// A way to read an example, and to write it again.
    type Again<E> = fn(&Value) -> Result<Value, E>;

    macro_rules! types {
        ($list:ident: $again:ident -> $error:ty = $($name:ident)*) => {
            const $list: &[(&str, Again<$error>)] = &[$((stringify!($name), $again::<api::$name>),)*];
        };
        (asked { $($asked:ident)* } answered { $($answer:ident)* }) => {
            types!(TYPES: again -> serde_json::Error = $($asked)* $($answer)*);
            types!(ANSWERS: in_the_page -> Unreadable = $($answer)*);
        };
    }

    types! {
        asked {
            AcceptInvitation AddInstance AddPerson AddSshHost AddSshKey ChangePerson ChangeSettings ClientMessage CreatePool
            CreateProject DecideOrphan DeletePool KeepInstance KeepRun LoginRequest PlanRequest RemoveInstance SetGitLogin
            SetMember SetPassword SetSecret StopRequest SubmitRequest TerminalClientMessage TerminalSize TokenRequest Topic
        }
        answered {
            ApiToken CatalogInfo CodeAnswer Event EventPage GitLogin ImagePull Instance Invitation LimitsOverview LogChunk
            LogHits LogIndex LoginWays Member NewToken OidcAccount OidcBegun Orphan Person Plan Pool Problem Project
            ProjectSettings Run RunDetail RunPorts Secret ServerInfo ServerMessage SessionInfo SshGateway SshHost SshKey
            TerminalInfo TerminalServerMessage Usage UsageHistory User
        }
    }

    /// Each example of these types, with its type's name and way.
    fn each<E>(
        types: &[(&'static str, Again<E>)],
    ) -> impl Iterator<Item = (&'static str, Again<E>, &'static Value)> {
        types
            .iter()
            .flat_map(|&(name, again)| EXAMPLES[name].iter().map(move |example| (name, again, example)))
    }

    /// Whether all that the example says is written, too. What it leaves out is what a reader adds, and absent is as good as `null`.
    fn says(written: &Value, example: &Value) -> bool {
        match (written, example) {
            (Value::Object(written), Value::Object(example)) => {
                example.iter().all(|(name, value)| says(written.get(name).unwrap_or(&Value::Null), value))
            }
            (Value::Array(written), Value::Array(example)) => {
                written.len() == example.len()
                    && written.iter().zip(example).all(|(written, example)| says(written, example))
            }
            (written, example) => written == example,
        }
    }

    #[test]
    fn an_example_is_read_and_written_as_the_type_that_it_is_of() {
        let mut known: Vec<&str> = TYPES.iter().map(|(name, _)| *name).collect();
        known.sort_unstable();
        let there: Vec<&str> = EXAMPLES.keys().map(String::as_str).collect();
        assert_eq!(there, known, "each example has its type here, and the reverse");
        for (name, again, example) in each(TYPES) {
            let written = again(example).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(
                example.is_object() && says(&written, example),
                "{name}: {example:#} is written as {written:#}"
            );
        }
    }

    #[test]
    fn the_page_reads_from_an_example_what_serde_reads() {
        for (name, in_the_page, example) in each(ANSWERS) {
            let (_, again) = TYPES.iter().find(|(of, _)| *of == name).expect("an answer is a type");
            let read = in_the_page(example).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(read, again(example).expect("another test reads it"), "{name}");
        }
    }

    #[test]
    fn every_endpoint_that_takes_or_gives_json_has_examples() {
        let document: Value = serde_json::from_str(&super::super::document_text()).expect("it is JSON");
        let schemas = &document["components"]["schemas"];
        let mut without = Vec::new();
        for (path, item) in document["paths"].as_object().expect("paths") {
            for (method, operation) in item.as_object().expect("methods") {
                let call = curl(method, path, operation, schemas);
                if call.contains('{') && !call.contains("-d '") {
                    without.push(format!("{method} {path}: a part of the address"));
                }
                if of_body(&operation["requestBody"]["content"], schemas) == Some(None) {
                    without.push(format!("{method} {path}: the body"));
                }
                for (status, response) in operation["responses"].as_object().expect("answers") {
                    if of_body(&response["content"], schemas) == Some(None) {
                        without.push(format!("{method} {path}: the answer {status}"));
                    }
                }
            }
        }
        assert!(without.is_empty(), "these have no example in docs_examples: {without:#?}");
    }

    #[test]
    fn every_message_of_a_websocket_has_an_example() {
        let document: Value = serde_json::from_str(&super::super::document_text()).expect("it is JSON");
        for name in
            ["ServerMessage", "ClientMessage", "Topic", "TerminalServerMessage", "TerminalClientMessage"]
        {
            let schema = &document["components"]["schemas"][name];
            let tag = if name == "Topic" { "kind" } else { "type" };
            let known = schema["oneOf"].as_array().expect(name).iter();
            let known: BTreeSet<_> =
                known.map(|variant| variant["properties"][tag]["enum"][0].as_str().expect(name)).collect();
            let shown: BTreeSet<_> =
                EXAMPLES[name].iter().map(|example| example[tag].as_str().expect(name)).collect();
            assert_eq!(shown, known, "{name}");
        }
    }

    #[test]
    fn a_call_can_be_pasted_into_a_shell() {
        let document: Value = serde_json::from_str(&super::super::document_text()).expect("it is JSON");
        let call = |method: &str, path: &str| {
            curl(method, path, &document["paths"][path][method], &document["components"]["schemas"])
        };
        insta::assert_snapshot!(call("get", "/api/v1/runs/{name}"), @r#"curl -H "Authorization: Bearer $TOKEN" "$BERTH/api/v1/runs/calm-otter-1""#);
        insta::assert_snapshot!(call("patch", "/api/v1/people/{name}"), @r#"
        curl -X PATCH -H "Authorization: Bearer $TOKEN" "$BERTH/api/v1/people/grace" \
          -H 'Content-Type: application/json' \
          -d '{"role":"manager"}'
        "#);
        insta::assert_snapshot!(call("get", "/api/v1/terminals/{name}/{id}"), @r#"curl -H "Authorization: Bearer $TOKEN" "$BERTH/api/v1/terminals/calm-otter-1/6f1e2d3c-4b5a-4978-8695-a4b3c2d1e0f9""#);
    }
}
