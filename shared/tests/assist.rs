//! Help while typing: completion, hover, what the catalogue knows.

mod facts;

use berth_shared::{
    assist::{Completions, check_in, check_with, complete, hover, without_secrets},
    config::Checked,
    diagnostics::Severity,
    schema::{Dialect, Kind, fields},
};
use facts::facts;
use proptest::prelude::*;

/// The text without its mark `|`, and where that stood.
fn marked(text: &str) -> (String, usize) {
    let at = text.find('|').expect("a mark");
    (format!("{}{}", &text[..at], &text[at + 1..]), at)
}

fn completions(text: &str, dialect: Dialect) -> Completions {
    let (text, at) = marked(text);
    complete(&text, at, dialect, Some(&facts()))
}

fn labels(text: &str) -> Vec<String> {
    labels_in(text, Dialect::V0_18)
}

fn labels_in(text: &str, dialect: Dialect) -> Vec<String> {
    completions(text, dialect).items.into_iter().map(|item| item.label).collect()
}

/// The text with the completion of this label, `|` where the cursor is then, `‹›` around what is selected.
fn applied(text: &str, label: &str) -> String {
    applied_in(text, label, Dialect::V0_18)
}

fn applied_in(text: &str, label: &str, dialect: Dialect) -> String {
    let (plain, _) = marked(text);
    let found = completions(text, dialect);
    let item = found.items.iter().find(|item| item.label == label);
    let item = item.unwrap_or_else(|| panic!("no {label:?} among {:?}", labels_in(text, dialect)));
    let units: Vec<u16> = item.insert.encode_utf16().collect();
    let part = |from: usize, to: usize| String::from_utf16(&units[from..to]).unwrap();
    let insert = match item.select {
        Some(s) if s.start < s.end => {
            format!("{}‹{}›{}", part(0, s.start), part(s.start, s.end), part(s.end, units.len()))
        }
        Some(s) => format!("{}|{}", part(0, s.start), part(s.end, units.len())),
        None => format!("{}|", item.insert),
    };
    format!("{}{insert}{}", &plain[..found.range.start.offset], &plain[found.range.end.offset..])
}

const BEGIN: &str = "type: dev-environment\nide: vscode\n";

#[test]
fn an_empty_text_offers_a_whole_configuration() {
    assert_eq!(labels("|")[..3], ["type: dev-environment, with a GPU", "type: dev-environment", "type"]);
    assert_eq!(applied("|", "type: dev-environment"), "type: dev-environment\nide: vscode\n|");
    assert_eq!(applied("ty|", "type"), "type: dev-environment|");
    assert_eq!(
        applied("# mine\n\n|", "type: dev-environment"),
        "# mine\n\ntype: dev-environment\nide: vscode\n|"
    );
}

#[test]
fn keys_that_are_there_are_not_offered_again_and_required_ones_come_first() {
    assert_eq!(labels("python: \"3.11\"\n|\nenv: {}\n")[..2], ["type", "ide"]);
    let keys = labels("python: \"3.11\"\n|\nenv: {}\n");
    assert!(!keys.contains(&"python".to_owned()) && !keys.contains(&"env".to_owned()));
    // One excludes the other.
    assert!(!keys.contains(&"image".to_owned()));
    assert_eq!(labels("resources:\n  gpu: 1\n  |\n  disk: 100GB..\n"), ["cpu", "memory", "shm_size"]);
    assert_eq!(labels("resources:\n  me|\n"), ["memory"]);
}

#[test]
fn a_key_comes_with_what_follows_it() {
    for (text, key, after) in [
        ("type: dev-environment\n|", "ide", "type: dev-environment\nide: vscode|"),
        ("res|", "resources", "resources:\n  gpu: ‹24GB..›"),
        ("{res|}", "resources", "{resources: {gpu: ‹24GB..›}}"),
        ("|", "backends", "backends: [|]"),
        ("|", "init", "init:\n  - ‹pip install -r requirements.txt›"),
        ("|", "ports", "ports: [‹8080›]"),
        ("|", "python", "python: |"),
        ("resources:\n    |", "cpu", "resources:\n    cpu: ‹4..›"),
        ("resources:\n  gpu:\n    |", "count", "resources:\n  gpu:\n    count: ‹1..2›"),
        ("resources: {gpu: {na|", "name", "resources: {gpu: {name: |"),
        ("reg|: [a]", "regions", "regions|: [a]"),
        (
            "|",
            "registry_auth",
            "registry_auth:\n  username: ‹me›\n  password: \"${{ secrets.registry_password }}\"",
        ),
        ("ports:\n  - |", "container_port", "ports:\n  - container_port: ‹80›"),
        (
            "ports:\n  - container_port: 80\n    |",
            "local_port",
            "ports:\n  - container_port: 80\n    local_port: ‹8080›",
        ),
        ("type: task\r\nres|\r\n", "resources", "type: task\r\nresources:\r\n  gpu: ‹24GB..›\r\n"),
    ] {
        assert_eq!(applied(text, key), after, "{text:?}");
    }
}

#[test]
fn values_are_offered_as_yaml_reads_them() {
    for (text, value, after) in [
        ("python: |", "3.10", "python: \"3.10\"|"),
        ("python:|", "3.10", "python: \"3.10\"|"),
        ("python: '3|'", "3.11", "python: '3.11'|"),
        ("spot_policy: s|pot", "spot", "spot_policy: spot|"),
        ("max_duration: |", "off", "max_duration: \"off\"|"),
        ("retry_policy: {retry: |}", "true", "retry_policy: {retry: true|}"),
        ("backends: |", "gcp", "backends: [gcp]|"),
        ("backends: [aws, |]", "gcp", "backends: [aws, gcp|]"),
        ("backends:\n  - aws\n  - |", "gcp", "backends:\n  - aws\n  - gcp|"),
        ("backends:\n  - aws\n  |", "gcp", "backends:\n  - aws\n  - gcp|"),
        ("backends:\n  |", "gcp", "backends:\n  - gcp|"),
        ("backends:\n- aws\n-|", "gcp", "backends:\n- aws\n- gcp|"),
        ("instance_types: [|]", "NVIDIA H100 PCIe", "instance_types: [NVIDIA H100 PCIe|]"),
        ("resources:\n  gpu: A1|", "A100", "resources:\n  gpu: A100|"),
        ("resources:\n  gpu: A100:|", "80GB", "resources:\n  gpu: A100:80GB|"),
        ("resources:\n  gpu: A100:|:2", "80GB", "resources:\n  gpu: A100:80GB|:2"),
        ("resources:\n  gpu: A100,|", "H100", "resources:\n  gpu: A100,H100|"),
        ("resources:\n  gpu: \"A100:4|\"", "40GB", "resources:\n  gpu: \"A100:40GB|\""),
        ("resources:\n  gpu:\n    name: [A100, |]", "L4", "resources:\n  gpu:\n    name: [A100, L4|]"),
        ("resources: {gpu: |", "L4", "resources: {gpu: L4|"),
        ("ports: [8888, |]", "8000:80", "ports: [8888, \"8000:80\"|]"),
    ] {
        assert_eq!(applied(text, value), after, "{text:?}");
    }
}

#[test]
fn names_are_those_of_the_chosen_backends_with_their_offers_and_prices() {
    let detail = |text: &str, label: &str| {
        let found = completions(text, Dialect::V0_18).items.into_iter().find(|item| item.label == label);
        found.unwrap_or_else(|| panic!("no {label}")).detail.unwrap_or_default()
    };
    assert_eq!(labels("regions: [|]"), ["us-east-1", "us-central1", "eu-west-1", "US-TX-3", "europe-west4"]);
    assert_eq!(labels("backends: [gcp]\nregions:\n  - us-central1\n  - |"), ["europe-west4"]);
    assert_eq!(detail("regions: [|]", "us-east-1"), "4 offers from $0.096/h");
    assert_eq!(labels("backends: [gcp]\nresources:\n  gpu: |")[..2], ["A100", "L4"]);
    assert_eq!(detail("resources:\n  gpu: |", "A100"), "6 offers from $2.530/h");
    assert_eq!(detail("backends: [aws]\nresources:\n  gpu: |", "A100"), "3 offers from $9.830/h");
    assert_eq!(detail("regions: [eu-west-1]\nresources:\n  gpu: |", "A100"), "1 offer from $35.400/h");
    assert_eq!(labels("backends: [aws]\ninstance_types: [|]"), ["m5.large", "g6.xlarge", "p4d.24xlarge"]);
    assert_eq!(labels("regions: [eu-west-1]\ninstance_types: [|]"), ["g6.xlarge", "p4d.24xlarge"]);
    assert_eq!(detail("regions: [eu-west-1]\ninstance_types: [|]", "g6.xlarge"), "1 offer from $0.896/h");
    assert_eq!(labels("instance_types: [p4|]"), ["p4d.24xlarge"]);
    assert_eq!(labels("backends: [|]")[..3], ["aws", "gcp", "runpod"]);
}

#[test]
fn a_value_to_type_over_is_the_first_choice() {
    assert_eq!(labels("resources:\n  gpu: |24GB..")[0], "24GB..");
    assert_eq!(labels("resources:\n  cpu: |8..")[0], "8..");
}

#[test]
fn nothing_is_offered_where_nothing_belongs() {
    for text in [
        "# ty|pe",
        "type: dev-environment |",
        "type: dev-environment # |",
        "init:\n  - echo |",
        "init:\n  - |\n    echo |",
        "image: ubuntu|",
        "resources:\n|\n  gpu: 1\n",
        "resources:\n  cpu: 1\n      |\n",
        "ports: [80 |]",
        "name: |",
        "env:\n  A: |",
        "env:\n  |A: b",
    ] {
        // The last mark counts: `|` begins a text, too.
        let at = text.rfind('|').unwrap();
        let plain = format!("{}{}", &text[..at], &text[at + 1..]);
        let found = complete(&plain, at, Dialect::V0_18, Some(&facts()));
        assert!(found.items.is_empty(), "{text:?}: {:?}", found.items);
    }
}

#[test]
fn a_word_that_is_complete_is_known_to_be() {
    assert!(completions("resources:\n  gpu: L4|", Dialect::V0_18).exact);
    assert!(completions("spot_policy: spot|", Dialect::V0_18).exact);
    assert!(!completions("spot_policy: spo|", Dialect::V0_18).exact);
    assert!(!completions("ide|", Dialect::V0_18).exact);
}

/// Texts with a place in each; what is around is valid.
fn places() -> Vec<String> {
    let mut all: Vec<String> = [
        "|",
        "{|}",
        "type: dev-environment\n|",
        "ide: vscode\n|\ntype: dev-environment\n",
        "type: |\nide: vscode\n",
        "  |",
    ]
    .map(str::to_owned)
    .to_vec();
    let rest = [
        "|",
        "|\npython: \"3.11\"\n",
        "image: ubuntu\n|",
        "resources:\n  |",
        "resources:\n  |\nports: []\n",
        "resources:\n    cpu: 4\n    |\n",
        "resources:\n  gpu:\n    |\n",
        "resources:\n  gpu: |\n",
        "resources:\n  gpu:\n    name: |\n",
        "resources:\n  gpu:\n    name: [|]\n",
        "resources:\n  gpu:\n    name:\n      - |\n",
        "resources:\n  gpu:\n    name: A100\n    |\n    count: 1\n",
        "resources:\n  gpu: A100:|\n",
        "resources:\n  gpu: \"A100:|\"\n",
        "resources:\n  gpu: 'A|'\n",
        "resources: {gpu: |}\n",
        "resources: {gpu: {|}}\n",
        "resources: {gpu: {name: A100, |}, cpu: 4}\n",
        "resources: {|}\n",
        "resources:\n  cpu:\n    |\n",
        "resources:\n  cpu: |\n",
        "resources:\n  cpu: {min: |}\n",
        "resources:\n  memory: |\n",
        "resources:\n  memory: {|}\n",
        "resources:\n  disk: |\n",
        "resources:\n  disk:\n    |\n",
        "resources:\n  disk: {size: |}\n",
        "resources:\n  shm_size: |\n",
        "python: |\n",
        "python: \"|\"\n",
        "python: '3|'\n",
        "python:|\n",
        "python: |  # which one\n",
        "backends: |\n",
        "backends: [|]\n",
        "backends: [aws, |, gcp]\n",
        "backends:\n  |\n",
        "backends:\n  - |\n",
        "backends:\n  -|\n",
        "backends:\n- aws\n- |\n",
        "backends:\n  - aws\n  |\n",
        "regions: [|]\n",
        "regions:\n  - |\n",
        "regions: [\n  us-east-1,\n  |\n]\n",
        "instance_types: [|]\n",
        "instance_types:\n  - '|'\n",
        "spot_policy: |\n",
        "retry_policy: {|}\n",
        "retry_policy:\n  |\n",
        "retry_policy:\n  duration: |\n",
        "retry_policy:\n  retry: |\n  duration: 4h\n",
        "max_duration: |\n",
        "max_price: |\n",
        "termination_idle_time: |\n",
        "termination_policy: |\n",
        "creation_policy: |\n",
        "ports: [|]\n",
        "ports:\n  - |\n",
        "ports:\n  - container_port: 80\n    |\n",
        "ports:\n  - {container_port: 80, |}\n",
        "ports: |\n",
        "env:\n  TOKEN:\n    |\n",
        "registry_auth:\n  username: me\n  |\nimage: x\n",
        "image: x\nregistry_auth: {username: me, |}\n",
        "init: [|]\n",
        "ide: vscode\nres|\n",
        "# äöü 🦀\n|\n",
    ];
    for text in rest {
        all.push(format!("{BEGIN}{text}"));
        all.push(format!("{BEGIN}{text}").replace('\n', "\r\n"));
    }
    all
}

/// The errors of a text: code, path, message.
fn errors(text: &str, dialect: Dialect) -> Vec<(String, String, String)> {
    let Checked { diagnostics, .. } = check_in(text, dialect, None);
    let errors = diagnostics.into_iter().filter(|d| d.severity == Severity::Error);
    errors.map(|d| (d.code, d.path, d.message)).collect()
}

#[test]
fn no_completion_brings_a_mistake_in() {
    let facts = facts();
    let of = |dialect| places().into_iter().map(move |text| (text, dialect));
    let newer = newer_places().into_iter().map(|text| (text, Dialect::V0_22));
    for (marked_text, dialect) in Dialect::ALL.into_iter().flat_map(of).chain(newer) {
        let (text, at) = marked(&marked_text);
        let before = errors(&text, dialect);
        let found = complete(&text, at, dialect, Some(&facts));
        for item in &found.items {
            let (start, end) = (found.range.start.offset, found.range.end.offset);
            let after = format!("{}{}{}", &text[..start], item.insert, &text[end..]);
            for error in errors(&after, dialect) {
                // What was missing before may still be missing.
                let missing = ["missing-key", "missing-type", "empty-document"].contains(&error.0.as_str());
                assert!(
                    missing || before.contains(&error),
                    "{}: {marked_text:?} with {:?}: {error:?}\n{after}",
                    dialect.name(),
                    item.insert
                );
            }
        }
    }
}

#[test]
fn every_field_can_be_reached_by_completion_alone() {
    let written = |dialect| {
        let fields = fields(dialect).filter(|f| !f.path.contains(['*', '[']) && f.kind != Kind::Nothing);
        fields.map(move |field| (field, dialect))
    };
    for (field, dialect) in Dialect::ALL.into_iter().flat_map(written) {
        let mut text = String::new();
        let mut indent = String::new();
        for part in field.parent().split('.').filter(|part| !part.is_empty()) {
            text.push_str(&format!("{indent}{part}:\n"));
            indent.push_str("  ");
        }
        text.push_str(&indent);
        let found = complete(&text, text.len(), dialect, None);
        assert!(found.items.iter().any(|item| item.label == field.name()), "{} at\n{text}", field.path);
    }
}

#[test]
fn hover_tells_the_field_and_what_the_value_was_read_as() {
    let told = |text: &str| {
        let (text, at) = marked(text);
        hover(&text, at, Dialect::V0_18, Some(&facts()))
    };
    let disk = told(&format!("{BEGIN}resources:\n  disk: 500|GB\n")).unwrap();
    assert_eq!(disk.path, "resources.disk");
    assert_eq!(disk.r#type, "range of sizes or object");
    assert_eq!(disk.default, Some("100GB.."));
    assert_eq!(disk.read_as.as_deref(), Some("exactly 500 GB"));
    let gpu = told(&format!("{BEGIN}resources:\n  g|pu: A100:80GB:2\n")).unwrap();
    assert_eq!(gpu.read_as.as_deref(), Some("2 × A100, 80 GB"));
    assert_eq!(gpu.facts, ["A100: 40 GB or 80 GB; 6 offers, on-demand from $3.670/h, spot from $2.530/h."]);
    let image = told(&format!("{BEGIN}image: y|es\n")).unwrap();
    assert_eq!(image.read_as.as_deref(), Some("`\"True\"`"));
    let port = told(&format!("{BEGIN}ports: [8888, \"80|00:80\"]\n")).unwrap();
    assert_eq!((port.path.as_str(), port.title.as_str()), ("ports[1]", "ports"));
    assert_eq!(port.read_as.as_deref(), Some("port 80 at local port 8000"));
    let region = told(&format!("{BEGIN}regions: [us-ea|st-1]\n")).unwrap();
    assert_eq!(region.facts, ["us-east-1 of aws: 4 offers, on-demand from $0.096/h, spot from $9.830/h."]);
    // A text with mistakes still says what its fields mean.
    let broken = told("resources:\n  gp|u: [\nide: x\n").unwrap();
    assert_eq!((broken.title.as_str(), broken.read_as), ("gpu", None));
    assert_eq!(told("# gpu|: 1\n"), None);
    assert_eq!(told("gpuu|: 1\n"), None);
    assert!(told(&format!("{BEGIN}volu|mes: []\n")).unwrap().doc.contains("Since dstack 0.22"));
}

#[test]
fn hover_tells_in_which_dialect_a_key_is_and_reads_the_value_as_that_does() {
    let told = |text: &str, dialect| {
        let (text, at) = marked(text);
        hover(&text, at, dialect, None).unwrap()
    };
    let begin = "type: dev-environment\n";
    let idle = told(&format!("{begin}idle_d|uration: 30m\n"), Dialect::V0_22);
    assert_eq!(idle.doc, "How long an instance without a run is kept; `off` keeps it. Since dstack 0.22.");
    assert_eq!(idle.read_as.as_deref(), Some("30 min"));
    let pool = told(&format!("{begin}pool_|name: team\n"), Dialect::V0_22);
    assert!(pool.doc.ends_with(" dstack 0.18 only."), "{}", pool.doc);
    // A key of both says nothing of it, and is what each takes it for.
    for (dialect, read_as) in [(Dialect::V0_18, "1 × 24 GB"), (Dialect::V0_22, "1 or more × 24 GB")] {
        let gpu = told(&format!("{begin}ide: vscode\nresources:\n  gpu: 24G|B\n"), dialect);
        assert_eq!(gpu.read_as.as_deref(), Some(read_as));
        assert!(!gpu.doc.contains("dstack 0."), "{}", gpu.doc);
    }
    for (rest, read_as) in [
        ("resources:\n  gpu: nvidia:A|100:2\n", "2 × nvidia, A100"),
        ("resources:\n  cpu: arm:4|..\n", "arm, 4 or more"),
        ("resources:\n  gpu: 0.|.\n", "any, or none"),
        ("inactivity_duration: o|ff\n", "no limit"),
        ("idle_duration: o|ff\n", "kept for good"),
        ("retry: {on_events: [error], duration: 4|h}\n", "4 h"),
        ("priority: 5|0\n", "`50`"),
    ] {
        let value = told(&format!("{begin}{rest}"), Dialect::V0_22);
        assert_eq!(value.read_as.as_deref(), Some(read_as), "{rest}");
    }
}

/// Places of what dstack 0.22 has of its own.
fn newer_places() -> Vec<String> {
    [
        "|\n",
        "volumes: |\n",
        "volumes:\n  - |\n",
        "volumes:\n  - name: data\n    |\n    path: /data\n",
        "volumes:\n  - instance_path: /mnt\n    path: /data\n    optional: |\n",
        "volumes: [{instance_path: /mnt, path: /data, |}]\n",
        "repos: [|]\n",
        "repos:\n  - url: https://example.com/me/project.git\n    |\n",
        "repos:\n  - url: https://example.com/me/project.git\n    if_exists: |\n",
        "files:\n  |\n",
        "files:\n  - local_path: a\n    |\n    path: /b\n",
        "schedule:\n  |\n",
        "schedule: {cron: |}\n",
        "retry: |\n",
        "retry:\n  |\n",
        "retry:\n  duration: |\n",
        "retry:\n  on_events: [no-capacity, |]\n",
        "retry:\n  on_events:\n    - |\n",
        "utilization_policy:\n  min_gpu_utilization: |\n  time_window: 1h\n",
        "utilization_policy:\n  min_gpu_utilization: 10\n  time_window: |\n",
        "fleets: [|]\n",
        "fleets:\n  - name: a\n    |\n",
        "instances: |\n",
        "instances: [|]\n",
        "instances:\n  - fleet: a\n    |\n    instance: 0\n",
        "instances:\n  - fleet: |\n    instance: 0\n",
        "backend_options:\n  |\n",
        "backend_options: [{|}]\n",
        "backend_options:\n  - type: vastai\n    |\n",
        "backend_options:\n  - min_reliability: |\n",
        "tags:\n  team: |\n",
        "resources:\n  cpu: |\n",
        "resources:\n  cpu:\n    |\n",
        "resources:\n  cpu: {arch: |}\n",
        "resources:\n  cpu: {arch: arm, |}\n",
        "resources:\n  gpu: |\n",
        "resources:\n  gpu: nvidia:|\n",
        "resources:\n  gpu: A100:|\n",
        "resources:\n  gpu: {vendor: |}\n",
        "resources:\n  gpu:\n    |\n",
        "inactivity_duration: |\n",
        "idle_duration: |\n",
        "stop_duration: |\n",
        "priority: |\n",
        "shell: |\n",
        "docker: |\n",
        "docker: true\n|\n",
        "nvcc: true\n|\n",
        "ide: |\n",
        "python: |\n",
        "startup_order: |\n",
        "availability_zones: [|]\n",
    ]
    .map(|text| format!("type: dev-environment\n{text}"))
    .into()
}

#[test]
fn each_dialect_offers_its_own_keys_and_values() {
    let keys = |dialect| labels_in(&format!("{BEGIN}|\n"), dialect);
    let [old, new] = Dialect::ALL.map(keys);
    for (key, of_old, of_new) in [
        ("inactivity_duration", false, true),
        ("termination_idle_time", true, false),
        ("entrypoint", true, false),
        ("max_price", true, true),
    ] {
        let has = |keys: &[String]| keys.iter().any(|one| one == key);
        assert_eq!((has(&old), has(&new)), (of_old, of_new), "{key}");
    }
    assert_eq!(labels_in("ide: |", Dialect::V0_22), ["vscode", "cursor", "windsurf", "zed"]);
    assert_eq!(labels("ide: |"), ["vscode"]);
    let gpus = labels_in("resources:\n  gpu: |", Dialect::V0_22);
    assert!(gpus.contains(&"nvidia".to_owned()), "{gpus:?}");
    let named = labels_in("resources:\n  gpu: nvidia:|", Dialect::V0_22);
    assert!(named.contains(&"A100".to_owned()) && !named.contains(&"amd".to_owned()), "{named:?}");
    assert!(!labels("resources:\n  gpu: |").contains(&"nvidia".to_owned()));
    // What excludes each other.
    let beside = |text: &str| labels_in(text, Dialect::V0_22);
    assert_eq!(beside("volumes:\n  - name: data\n    |\n"), ["path"]);
    assert!(!beside("docker: true\n|").contains(&"image".to_owned()));
    assert_eq!(beside("resources:\n  cpu:\n    arch: arm\n    |\n"), ["count"]);
}

#[test]
fn a_key_of_dstack_0_22_comes_with_what_follows_it() {
    for (text, key, after) in [
        ("|", "volumes", "volumes:\n  - ‹\"data:/data\"›"),
        ("{|}", "fleets", "{fleets: [‹my-fleet›]}"),
        ("|", "retry", "retry:\n  duration: ‹4h›"),
        ("|", "schedule", "schedule:\n  cron: ‹\"0 8 * * mon-fri\"›"),
        ("|", "utilization_policy", "utilization_policy:\n  min_gpu_utilization: ‹10›\n  time_window: 1h"),
        (
            "{util|}",
            "utilization_policy",
            "{utilization_policy: {min_gpu_utilization: ‹10›, time_window: 1h}}",
        ),
        ("|", "tags", "tags:\n  ‹name: value›"),
        ("|", "backend_options", "backend_options:\n  - type: ‹vastai›"),
        ("retry:\n  |", "on_events", "retry:\n  on_events: [‹no-capacity›]"),
        ("repos:\n  - |", "url", "repos:\n  - url: |"),
        ("instances:\n  - |", "fleet", "instances:\n  - fleet: ‹my-fleet›"),
        ("inac|", "inactivity_duration", "inactivity_duration: ‹2h›"),
        ("resources:\n  |", "cpu", "resources:\n  cpu: ‹4..›"),
    ] {
        assert_eq!(applied_in(text, key, Dialect::V0_22), after, "{text:?}");
    }
    assert_eq!(
        applied_in("volumes: |", "data:/data", Dialect::V0_22),
        "volumes: [\"data:/data\"]|",
        "a list wants its brackets"
    );
}

fn said(text: &str) -> Vec<String> {
    let checked = check_with(text, Some(&facts()));
    assert!(checked.is_valid(), "{text}");
    let shown = |d: &berth_shared::diagnostics::Diagnostic| {
        let fixes: Vec<_> = d.fixes.iter().map(|fix| fix.title.as_str()).collect();
        let marked = &text[d.range.start.offset..d.range.end.offset];
        format!("{} at {marked:?}: {} [{}]", d.code, d.message, fixes.join(", "))
    };
    checked.diagnostics.iter().map(shown).collect()
}

#[test]
fn names_that_the_catalogue_does_not_know_are_pointed_out() {
    for (rest, expected) in [
        (
            "resources: {gpu: \"A10O\"}\n",
            "unknown-gpu at \"A10O\": no offer has a GPU `A10O` [replace with `A100`]",
        ),
        ("resources:\n  gpu: A16\n", "unknown-gpu at \"A16\": no offer has the GPU `A16` []"),
        (
            "resources:\n  gpu:\n    name: [L4, H10]\n",
            "unknown-gpu at \"H10\": no offer has a GPU `H10` [replace with `H100`]",
        ),
        (
            "resources:\n  gpu: A100:60GB\n",
            "gpu-memory at \"60GB\": `A100` has 40 GB or 80 GB [write `40GB`, write `80GB`]",
        ),
        (
            "resources:\n  gpu: {name: L4, memory: 40GB..}\n",
            "gpu-memory at \"40GB..\": `L4` has 24 GB [write `24GB`]",
        ),
        ("backends: [vastai]\n", "backend-without-offers at \"vastai\": no offers of `vastai` are known []"),
        (
            "regions: [us-est-1]\n",
            "unknown-region at \"us-est-1\": no offer is in a region `us-est-1` [replace with `us-east-1`]",
        ),
        (
            "backends: [aws]\nregions: [us-central1]\n",
            "region-elsewhere at \"us-central1\": `us-central1` is a region of `gcp`, not of `aws` [add `gcp` to `backends`]",
        ),
        (
            "instance_types: [p4d.24xlage]\n",
            "unknown-instance-type at \"p4d.24xlage\": no offer has the instance type `p4d.24xlage` [replace with `p4d.24xlarge`]",
        ),
        (
            "backends: [gcp]\ninstance_types: [p4d.24xlarge]\n",
            "instance-type-elsewhere at \"p4d.24xlarge\": `p4d.24xlarge` is an instance type of `aws`, not of `gcp` [add `aws` to `backends`]",
        ),
    ] {
        assert_eq!(said(&format!("{BEGIN}{rest}")), [expected]);
    }
    for fine in [
        "resources:\n  gpu: a100:80GB..\n",
        "resources:\n  gpu: L4,A100:40GB..\n",
        "resources:\n  gpu: 24GB..\n",
        "backends: [kubernetes]\nregions: [anywhere]\n",
        "backends: [remote, local]\n",
        "regions: [eu-west-1]\n",
    ] {
        assert_eq!(said(&format!("{BEGIN}{fine}")), Vec::<String>::new(), "{fine}");
    }
}

#[test]
fn each_fix_of_such_a_hint_settles_it() {
    let facts = facts();
    for rest in [
        "resources: {gpu: \"A10O\"}\n",
        "resources:\n  gpu: 'A10O,L4:24GB'\n",
        "resources:\n  gpu:\n    name: [L4, H10]\n",
        "resources:\n  gpu: A100:60GB:2\n",
        "resources:\n  gpu: {name: [L4, A100], memory: 200GB..}\n",
        "regions: [us-east-1, us-est-1]\n",
        "backends: [aws]\nregions:\n  - us-central1\n",
        "instance_types:\n  - p4d.24xlage\n",
        "backends: [gcp]\ninstance_types: [p4d.24xlarge]\n",
    ] {
        let text = format!("{BEGIN}{rest}");
        let checked = check_with(&text, Some(&facts));
        let hint = checked.diagnostics.first().unwrap_or_else(|| panic!("{text}"));
        assert!(!hint.fixes.is_empty(), "{text}");
        for fix in &hint.fixes {
            assert!(!fix.certain, "the catalogue may not know everything");
            let mended = fix.apply(&text).expect("edits that fit");
            let after = check_with(&mended, Some(&facts));
            assert!(after.is_valid() && after.diagnostics.iter().all(|d| d.code != hint.code), "{mended}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn no_text_and_no_place_is_too_much(
        text in "[a-z:{}\\[\\],\"'|>#& \n\r\t\\-äö🦀!*?%0-9]{0,60}|((type|ide|env|resources|gpu|ports|backends|regions|  |    |- |: |\\[|\\]|\\{|\\}|, |\n|\r\n|\"|'|A100|\\||#|äö){0,30})",
        offset in 0_usize..80,
    ) {
        static FACTS: std::sync::LazyLock<berth_shared::assist::Facts> = std::sync::LazyLock::new(facts);
        let facts = &*FACTS;
        let found = complete(&text, offset, Dialect::V0_18, Some(facts));
        let (start, end) = (found.range.start.offset, found.range.end.offset);
        prop_assert!(text.get(start..end).is_some(), "{start}..{end} of {text:?}");
        if let Some(hover) = hover(&text, offset, Dialect::V0_18, Some(facts)) {
            prop_assert!(text.get(hover.range.start.offset..hover.range.end.offset).is_some());
        }
        let verdict = |checked: &Checked| checked.is_valid();
        prop_assert_eq!(verdict(&check_with(&text, Some(facts))), verdict(&check_with(&text, None)));
        let _ = without_secrets(&text);
    }
}

/// What counting the whole catalogue and asking takes: `cargo nextest run -p berth-shared --run-ignored only how_long --no-capture`.
#[test]
#[ignore = "prints times, asserts nothing"]
#[expect(clippy::disallowed_methods, reason = "it is about the time that passes")]
fn how_long_it_takes() {
    use berth_shared::{assist::Facts, catalog::Catalogue};
    use std::{sync::Arc, time::Instant};
    let file = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/catalog/offers.bin")).unwrap();
    let catalogue = Arc::new(Catalogue::load(&file).unwrap());
    let begin = Instant::now();
    let facts = Facts::new(Arc::clone(&catalogue));
    println!("facts of {} rows: {:?}", catalogue.len(), begin.elapsed());
    for text in [
        "type: dev-environment\nide: vscode\nresources:\n  gpu: |",
        "type: dev-environment\nide: vscode\nregions: [|]",
        "type: dev-environment\nide: vscode\ninstance_types: [|]",
        "type: dev-environment\nide: vscode\ninstance_types: [stand|]",
        "type: dev-environment\nide: vscode\nregions: [us-east-1]\ninstance_types: [|]",
        "|",
    ] {
        let (text, at) = marked(text);
        let _ = complete(&text, at, Dialect::V0_18, Some(&facts));
        let begin = Instant::now();
        let found = complete(&text, at, Dialect::V0_18, Some(&facts));
        println!("complete {:?}: {} items in {:?}", text.lines().last(), found.items.len(), begin.elapsed());
    }
    let text =
        format!("{BEGIN}resources:\n  gpu: A100:60GB\nregions: [us-est-1]\ninstance_types: [p4d.24xlage]\n");
    let begin = Instant::now();
    let checked = check_with(&text, Some(&facts));
    println!("check with facts: {} diagnostics in {:?}", checked.diagnostics.len(), begin.elapsed());
    let begin = Instant::now();
    let _ = hover(&text, 60, Dialect::V0_18, Some(&facts));
    println!("hover in {:?}", begin.elapsed());
}
