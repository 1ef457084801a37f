//! SARIF 2.1.0 (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>).

use berth_shared::diagnostics::{Code, Diagnostic, Fix, Range, Severity};
use serde_json::{Value, json};

use super::report::Report;

/// The log of one run: `complete` says that every path could be read.
pub(super) fn log(reports: &[Report], complete: bool) -> Value {
    let found =
        |code: &&Code| reports.iter().flat_map(|report| &report.diagnostics).any(|d| d.code == code.name());
    let codes: Vec<Code> = Code::ALL.iter().filter(found).copied().collect();
    let results: Vec<Value> = reports
        .iter()
        .flat_map(|report| report.diagnostics.iter().map(|d| result(&report.file, d, &codes)))
        .collect();
    // The schema wants each artifact once.
    let files: std::collections::BTreeSet<_> = reports.iter().map(|report| &report.file).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "berth",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": codes.iter().map(|&code| rule(code)).collect::<Vec<_>>(),
            }},
            "columnKind": "utf16CodeUnits",
            "invocations": [{"executionSuccessful": complete}],
            "artifacts": files.into_iter().map(|file| json!({
                "location": artifact(file),
                "mimeType": "application/yaml",
                "encoding": "utf-8",
            })).collect::<Vec<_>>(),
            "results": results,
        }],
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "note",
    }
}

fn rule(code: Code) -> Value {
    let page = code.page();
    let about = code.explanation().replace('\n', " ").replace("  ", " ");
    let (bad, good) = (page.bad.shown(), page.good.shown());
    json!({
        "id": code.name(),
        "shortDescription": {"text": about.split_inclusive(". ").next().unwrap_or(&about).trim_end()},
        "fullDescription": {"text": about},
        "help": {
            "text": format!("{about}\n\n{}\n\nGives it:\n\n{bad}\nDoes not:\n\n{good}", page.advice),
            "markdown": format!(
                "{about}\n\n{}\n\nGives it:\n\n```yaml\n{bad}```\n\nDoes not:\n\n```yaml\n{good}```\n",
                page.advice
            ),
        },
        "defaultConfiguration": {"level": level(code.severity())},
    })
}

fn result(file: &str, d: &Diagnostic, codes: &[Code]) -> Value {
    let message = d.help.as_ref().map_or_else(|| d.message.clone(), |help| format!("{}\n{help}", d.message));
    let mut result = json!({
        "ruleId": d.code,
        "ruleIndex": codes.iter().position(|code| code.name() == d.code),
        "level": level(d.severity),
        "message": {"text": message},
        "locations": [location(file, d.range)],
    });
    if !d.path.is_empty() {
        result["locations"][0]["logicalLocations"] = json!([{"fullyQualifiedName": d.path}]);
    }
    if !d.related.is_empty() {
        let related = d.related.iter().map(|related| {
            let mut place = location(file, related.range);
            place["message"] = json!({"text": related.message});
            place
        });
        result["relatedLocations"] = related.collect();
    }
    if !d.fixes.is_empty() {
        result["fixes"] = d.fixes.iter().map(|fix| self::fix(file, fix)).collect();
    }
    result
}

fn fix(file: &str, fix: &Fix) -> Value {
    let replacements: Vec<_> = fix
        .edits
        .iter()
        .map(|edit| json!({"deletedRegion": region(edit.range), "insertedContent": {"text": edit.new_text}}))
        .collect();
    json!({
        "description": {"text": fix.title},
        "artifactChanges": [{"artifactLocation": artifact(file), "replacements": replacements}],
        "properties": {"certain": fix.certain},
    })
}

fn location(file: &str, range: Range) -> Value {
    json!({"physicalLocation": {"artifactLocation": artifact(file), "region": region(range)}})
}

/// Lines and columns from 1; the end column is one past the last.
fn region(range: Range) -> Value {
    json!({
        "startLine": range.start.line + 1,
        "startColumn": range.start.column + 1,
        "endLine": range.end.line + 1,
        "endColumn": range.end.column + 1,
        "byteOffset": range.start.offset,
        "byteLength": range.end.offset - range.start.offset,
    })
}

fn artifact(file: &str) -> Value {
    json!({"uri": uri(file)})
}

/// A path as a reference by URI (RFC 3986).
fn uri(file: &str) -> String {
    let mut uri = String::from(if file.starts_with('/') { "file://" } else { "" });
    for byte in file.strip_prefix("./").unwrap_or(file).bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            _ => uri += &format!("%{byte:02X}"),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn a_path_is_a_uri() {
        assert_eq!(uri("./a b/ü:1.yml"), "a%20b/%C3%BC%3A1.yml");
        assert_eq!(uri("/home/me/.dstack.yml"), "file:///home/me/.dstack.yml");
    }
}
