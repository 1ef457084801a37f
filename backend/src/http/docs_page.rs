//! The OpenAPI document as one page to read, without any script.

use std::fmt::Write;

use super::docs_examples as examples;
use serde_json::Value;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// How it looks. The Content-Security-Policy of the page names it by its hash.
pub(super) const STYLE: &str = "body{font:14px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;\
color-scheme:light dark}code,pre{font:13px/1.5 ui-monospace,monospace}h2{margin-top:2.5rem}\
details{border-top:1px solid #8884;padding:.5rem 0}summary{cursor:pointer}.m{display:inline-block;width:4.5rem;\
text-transform:uppercase;font-weight:600}dt{font-weight:600;margin-top:.5rem}dd{margin:0 0 0 1rem}\
pre{overflow:auto;padding:.5rem;border:1px solid #8884;border-radius:6px}\
section{margin:1rem 0 1.5rem;padding-left:1rem;border-left:2px solid #8884}h3{font-size:1em;margin:0}";

/// Renders the document, as it is served.
pub(super) fn render(document: &Value) -> String {
    let mut page = String::new();
    let _ = write!(
        page,
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><title>Berth API</title><style>{STYLE}</style></head>\
         <body><h1>Berth API</h1>"
    );
    for paragraph in text(&document["info"]["description"]).split("\n\n") {
        let _ = write!(page, "<p>{}</p>", prose(paragraph));
    }
    page.push_str("<p>The same for programs: <a href=\"/api/v1/openapi.json\">openapi.json</a></p>");
    page.push_str("<h2>Endpoints</h2>");
    for (path, item) in entries(&document["paths"]) {
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                endpoint(&mut page, method, path, operation, &document["components"]["schemas"]);
            }
        }
    }
    page.push_str("<h2>Types</h2>");
    for (name, schema) in entries(&document["components"]["schemas"]) {
        let (summary, rest) = paragraphs(text(&schema["description"]));
        let _ = write!(
            page,
            "<details id=\"{0}\"><summary><code>{0}</code> {1}</summary>{rest}",
            escape(name),
            prose(summary)
        );
        let examples: Vec<&Value> = schema["examples"].as_array().into_iter().flatten().collect();
        fields(&mut page, schema, &examples);
        page.push_str("</details>");
    }
    page.push_str("</body></html>");
    page
}

fn endpoint(page: &mut String, method: &str, path: &str, operation: &Value, schemas: &Value) {
    let _ = write!(
        page,
        "<details><summary><span class=\"m\">{method}</span><code>{}</code> {}</summary>",
        escape(path),
        prose(text(&operation["summary"]))
    );
    if let Some(description) = operation["description"].as_str() {
        let _ = write!(page, "<p>{}</p>", prose(description));
    }
    page.push_str("<dl>");
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let _ = write!(
            page,
            "<dt><code>{}</code> in {}, {}</dt><dd>{}</dd>",
            escape(text(&parameter["name"])),
            escape(text(&parameter["in"])),
            kind(&parameter["schema"]),
            prose(text(&parameter["description"]))
        );
    }
    for (_, media) in entries(&operation["requestBody"]["content"]) {
        let _ = write!(page, "<dt>body</dt><dd>{}</dd>", kind(&media["schema"]));
    }
    for (status, response) in entries(&operation["responses"]) {
        let _ = write!(page, "<dt>{}</dt><dd>{}", escape(status), prose(text(&response["description"])));
        for (_, media) in entries(&response["content"]) {
            let _ = write!(page, ": {}", kind(&media["schema"]));
        }
        page.push_str("</dd>");
    }
    page.push_str("</dl>");
    example(page, "for example, by a script", &Value::from(examples::curl(method, path, operation, schemas)));
    if let Some(answer) = examples::answer(operation, schemas) {
        example(page, "which is answered by", &answer);
    }
    page.push_str("</details>");
}

/// A text, or a value in JSON; nothing for nothing.
fn example(page: &mut String, what: &str, value: &Value) {
    let shown = match value {
        Value::Null => return,
        Value::String(shown) => shown.clone(),
        value => serde_json::to_string_pretty(value).unwrap_or_default(),
    };
    let _ = write!(page, "<p>{what}</p><pre tabindex=\"0\">{}</pre>", escape(&shown));
}

/// The first paragraph of a text, and the others as they are shown.
fn paragraphs(text: &str) -> (&str, String) {
    let mut all = text.split("\n\n");
    let first = all.next().unwrap_or_default();
    (first, all.fold(String::new(), |shown, next| format!("{shown}<p>{}</p>", prose(next))))
}

/// What a schema is made of, each of its variants with the examples that are of it.
fn fields(page: &mut String, schema: &Value, examples: &[&Value]) {
    let mut left = examples.to_vec();
    for variant in schema["allOf"].as_array().into_iter().flatten() {
        described(page, variant, &[]);
    }
    for variant in schema["oneOf"].as_array().into_iter().flatten() {
        let Some((name, word)) = tag(variant) else {
            described(page, variant, &[]);
            continue;
        };
        let (own, others) = left.into_iter().partition::<Vec<_>, _>(|example| example[name] == *word);
        left = others;
        let _ = write!(
            page,
            "<section><h3><code>{}: {}</code></h3>",
            escape(&Value::from(name).to_string()),
            escape(&word.to_string())
        );
        described(page, variant, &own);
        page.push_str("</section>");
    }
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<_> =
            words.iter().map(|word| format!("<code>{}</code>", escape(&word.to_string()))).collect();
        let _ = write!(page, "<p>One of {}</p>", words.join(", "));
    }
    let required: Vec<_> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    page.push_str("<dl>");
    for (name, field) in entries(&schema["properties"]) {
        let optional = if required.contains(&name.as_str()) { "" } else { ", optional" };
        let _ = write!(
            page,
            "<dt><code>{}</code> {}{optional}</dt><dd>{}</dd>",
            escape(name),
            kind(field),
            prose(description(field))
        );
    }
    page.push_str("</dl>");
    for one in left {
        example(page, "for example", one);
    }
}

fn described(page: &mut String, variant: &Value, examples: &[&Value]) {
    if let Some(description) = variant["description"].as_str() {
        let _ = write!(page, "<p>{}</p>", prose(description));
    }
    fields(page, variant, examples);
}

/// What tells a variant from the others: a field, and its only value there.
fn tag(variant: &Value) -> Option<(&str, &Value)> {
    entries(&variant["properties"]).find_map(|(name, field)| match field["enum"].as_array()?.as_slice() {
        [word] => Some((name.as_str(), word)),
        _ => None,
    })
}

/// What is said of a field; where it may be `null`, it is said of the other.
fn description(field: &Value) -> &str {
    let options = field["oneOf"].as_array().into_iter().flatten();
    std::iter::once(field)
        .chain(options)
        .find_map(|schema| schema["description"].as_str())
        .unwrap_or_default()
}

/// A type in a few words, linked where it has a name.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return format!("<a href=\"#{0}\">{0}</a>", escape(name));
    }
    for key in ["oneOf", "anyOf", "allOf"] {
        if let Some(options) = schema[key].as_array() {
            return options.iter().map(kind).collect::<Vec<_>>().join(" or ");
        }
    }
    if let Some(words) = schema["enum"].as_array() {
        return words.iter().map(|word| escape(&word.to_string())).collect::<Vec<_>>().join(" or ");
    }
    match &schema["type"] {
        Value::String(name) if name == "array" => format!("list of {}", kind(&schema["items"])),
        Value::String(name) => escape(name),
        Value::Array(names) => names.iter().map(|name| escape(text(name))).collect::<Vec<_>>().join(" or "),
        _ => "any".into(),
    }
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Text with literals in backticks.
fn prose(text: &str) -> String {
    let mut html = String::new();
    for (n, part) in text.split('`').enumerate() {
        let _ = match n % 2 {
            1 => write!(html, "<code>{}</code>", escape(part)),
            _ => write!(html, "{}", escape(part)),
        };
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_of_several_has_its_example_below_it() {
        let document = serde_json::from_str(&super::super::document_text()).expect("it is JSON");
        let page = render(&document);
        let messages = page.split_once("<details id=\"ClientMessage\">").expect("it is there").1;
        let message =
            messages.split_once("&quot;type&quot;: &quot;ping&quot;</code></h3>").expect("it is there").1;
        let (message, _) = message.split_once("</section>").expect("it ends");
        insta::assert_snapshot!(message, @r#"
        <p>Asks for a sign of life.</p><dl><dt><code>id</code> integer</dt><dd>Comes back.</dd><dt><code>type</code> &quot;ping&quot;</dt><dd></dd></dl><p>for example</p><pre tabindex="0">{
          &quot;id&quot;: 1,
          &quot;type&quot;: &quot;ping&quot;
        }</pre>
        "#);
    }

    #[test]
    fn the_page_has_each_endpoint_with_a_call_of_it() {
        let document = serde_json::from_str(&super::super::document_text()).expect("it is JSON");
        let page = render(&document);
        for (path, item) in entries(&document["paths"]) {
            for (method, _) in entries(item) {
                let head = format!("<span class=\"m\">{method}</span><code>{}</code>", escape(path));
                let (_, rest) =
                    page.split_once(&head).unwrap_or_else(|| panic!("{method} {path} is missing"));
                let own = rest.split_once("</details>").map_or(rest, |(own, _)| own);
                assert!(own.contains("<pre tabindex=\"0\">curl"), "{method} {path} shows no call");
            }
        }
    }
}
