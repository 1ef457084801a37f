//! Keys that are not written yet, and what follows them.

use super::{
    super::{
        cursor::{Cursor, Place, Step},
        outline::Style,
    },
    Completion, CompletionKind, Found, Selection, is_empty,
};
use crate::schema::{self, Field, Kind};

/// Keys of which one excludes the other, by their object.
const EITHER: &[(&str, &str, &str)] = &[
    ("", "image", "python"),
    ("", "docker", "image"),
    ("", "docker", "python"),
    ("", "docker", "nvcc"),
    ("resources.cpu", "arch", "min"),
    ("resources.cpu", "arch", "max"),
    ("resources.cpu", "count", "min"),
    ("resources.cpu", "count", "max"),
    ("volumes[]", "name", "instance_path"),
    ("volumes[]", "name", "optional"),
    ("repos[]", "local_path", "url"),
    ("instances[]", "name", "hostname"),
    ("instances[]", "name", "fleet"),
    ("instances[]", "name", "instance"),
    ("instances[]", "hostname", "fleet"),
    ("instances[]", "hostname", "instance"),
];

pub(super) fn offer(cursor: &Cursor<'_>, found: &mut Found<'_>) {
    if matches!(cursor.path.0.last(), Some(Step::Item(usize::MAX))) {
        return;
    }
    let object = cursor.path.in_table();
    if is_empty(cursor) && !cursor.flow {
        whole(cursor, found);
    }
    let used: Vec<&str> = cursor.keys().collect();
    let below = cursor.place == Place::Below;
    // A value that is no object has no keys; a list's items have their own.
    if below && cursor.outline.nodes[cursor.node].kind == super::super::outline::Kind::Seq {
        return;
    }
    let fields = schema::keys(&object, cursor.dialect).filter(|field| {
        field.name() != "*"
            && field.kind != Kind::Nothing
            && !used.contains(&field.name())
            && !EITHER.iter().any(|(of, a, b)| {
                object == *of
                    && (field.name() == *a && used.contains(b) || field.name() == *b && used.contains(a))
            })
    });
    let (first, rest): (Vec<_>, Vec<_>) = fields.partition(|field| field.required);
    for field in first.into_iter().chain(rest) {
        found.add(key(cursor, field));
    }
}

/// A whole configuration, where there is nothing yet.
fn whole(cursor: &Cursor<'_>, found: &mut Found<'_>) {
    let indent = " ".repeat(cursor.column);
    for (label, lines, about) in [
        (
            "type: dev-environment, with a GPU",
            &["type: dev-environment", "ide: vscode", "", "resources:", "  gpu: 24GB.."][..],
            "A dev environment with VS Code on a machine that has a GPU of at least 24 GB.",
        ),
        (
            "type: dev-environment",
            &["type: dev-environment", "ide: vscode"][..],
            "The least that is a configuration: a dev environment with VS Code.",
        ),
    ] {
        let text: Vec<String> = lines
            .iter()
            .enumerate()
            .map(
                |(i, line)| {
                    if i == 0 || line.is_empty() { (*line).to_owned() } else { format!("{indent}{line}") }
                },
            )
            .collect();
        found.add(Completion {
            label: label.to_owned(),
            insert: format!("{}\n{indent}", text.join("\n")),
            select: None,
            kind: CompletionKind::Snippet,
            detail: Some("a whole configuration".to_owned()),
            documentation: Some(about.to_owned()),
            again: false,
        });
    }
}

fn key(cursor: &Cursor<'_>, field: &'static Field) -> Completion {
    let mut detail = field.kind.words().to_owned();
    if field.required {
        detail.push_str(", required");
    }
    let (mut insert, mut select, mut again) = (field.name().to_owned(), None, false);
    if !cursor.colon {
        let follows = follows(cursor, field);
        insert.push(':');
        insert.push_str(&follows.before);
        // Keys and what is offered for them is ASCII.
        let start = insert.len();
        insert.push_str(&follows.value);
        select =
            (follows.over || !follows.after.is_empty()).then_some(Selection { start, end: insert.len() });
        insert.push_str(&follows.after);
        again = follows.again;
    }
    if cursor.place == Place::Below && cursor.wants_blank() {
        insert.insert(0, ' ');
        select = select.map(|s| Selection { start: s.start + 1, end: s.end + 1 });
    }
    Completion {
        label: field.name().to_owned(),
        insert,
        select,
        kind: CompletionKind::Key,
        detail: Some(detail),
        documentation: Some(documentation(field)),
        again,
    }
}

/// What a field means, with its default and the dialect that alone has it.
fn documentation(field: &Field) -> String {
    let default = field.default.filter(|default| !matches!(*default, "[]" | "{}"));
    let default = default.map(|default| format!(" Default: `{default}`.")).unwrap_or_default();
    let only = field.only_in_words().map(|only| format!(" {only}")).unwrap_or_default();
    format!("{}{default}{only}", field.doc)
}

/// What comes behind a new key and its colon, so that the text is valid right away.
struct Follows {
    before: String,
    value: String,
    after: String,
    /// Whether the value is there to be typed over.
    over: bool,
    again: bool,
}

fn follows(cursor: &Cursor<'_>, field: &'static Field) -> Follows {
    let below = format!("\n{}", " ".repeat(cursor.column + 2));
    let line = |value: &str, over: bool, again: bool| Follows {
        before: " ".to_owned(),
        value: value.to_owned(),
        after: String::new(),
        over,
        again,
    };
    let around = |before: &str, value: &str, after: &str, again: bool| Follows {
        before: before.to_owned(),
        value: value.to_owned(),
        after: after.to_owned(),
        over: true,
        again,
    };
    let flow = cursor.flow || cursor.style != Style::Plain;
    let example = inner(field.example);
    match field.kind {
        Kind::Object | Kind::BooleanOrObject | Kind::Mapping => {
            let (before, value, rest) = match field.path {
                "registry_auth" => ("username: ", "me", "password: \"${{ secrets.registry_password }}\""),
                "retry_policy" | "retry" => ("duration: ", "4h", ""),
                "utilization_policy" => ("min_gpu_utilization: ", "10", "time_window: 1h"),
                "schedule" => ("cron: ", "\"0 8 * * mon-fri\"", ""),
                "tags" => ("", "name: value", ""),
                _ => ("gpu: ", "24GB..", ""),
            };
            let again = rest.is_empty() && !before.is_empty();
            let (open, part, close) = if flow { (" {", ", ", "}") } else { ("", &*below, "") };
            let first = if flow { "" } else { &*below };
            let rest = if rest.is_empty() { String::new() } else { format!("{part}{rest}") };
            around(&format!("{open}{first}{before}"), value, &format!("{rest}{close}"), again)
        }
        Kind::List if field.path == "backend_options" && flow => around(" [{type: ", "vastai", "}]", false),
        Kind::List if field.path == "backend_options" => {
            around(&format!("{below}- type: "), "vastai", "", false)
        }
        Kind::List if flow => around(" [", example, "]", false),
        Kind::List => around(&format!("{below}- "), example, "", false),
        // An empty list of these is none.
        Kind::ChoiceList if field.parent() == "retry" => around(" [", example, "]", true),
        Kind::ChoiceList => around(" [", "", "]", true),
        Kind::TextList if matches!(field.name(), "regions" | "instance_types") => around(" [", "", "]", true),
        Kind::TextList if flow => around(" [", example, "]", false),
        Kind::TextList => around(&format!("{below}- "), example, "", false),
        Kind::Env if flow => around(" [", "NAME=value", "]", false),
        Kind::Env => around(&format!("{below}- "), "NAME=value", "", false),
        Kind::Ports => around(" [", "8080", "]", true),
        // One value: there is nothing to choose.
        Kind::Choice if field.values.len() == 1 => line(field.values[0], false, false),
        Kind::Choice if !field.nullable => line(field.example, true, true),
        Kind::Choice | Kind::PythonVersion | Kind::Gpu => line("", false, true),
        Kind::TextOrList if field.nullable => line("", false, true),
        Kind::Text if field.nullable => line("", false, false),
        Kind::Text => line(field.example, true, false),
        _ => line(field.example, true, true),
    }
}

/// The first item of a list that is an example.
fn inner(example: &'static str) -> &'static str {
    let items = example.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(example);
    items.split(", ").next().unwrap_or(items)
}
