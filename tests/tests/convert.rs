//! What is converted means the same, or it is said what does not.

use std::path::{Path, PathBuf};

use berth_shared::{
    config::{Configuration, Converted, check_in, convert},
    diagnostics::apply_edits,
    matcher::Requirements,
    schema::Dialect,
};
use berth_tests::conformance::{
    agreement::{id, records},
    offers::{World, carried_catalogue},
    recorded,
};
use serde_json::Value;

const OLD: Dialect = Dialect::V0_18;
const NEW: Dialect = Dialect::V0_22;

fn data(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data").join(name)
}

fn world() -> World {
    let read = |name| std::fs::read_to_string(data("offers").join(name)).expect("a file of the repository");
    let facts = carried_catalogue().expect("the catalogue").gpus().clone();
    World::read(&read("catalog.csv"), &read("setup.json"), facts).expect("offers")
}

fn read(text: &str, dialect: Dialect) -> Option<Configuration> {
    check_in(text, dialect, None).configuration
}

/// A configuration with one word for what has several: no limit, an idle time, a policy that is as by default.
fn meaning(configuration: &Configuration) -> Value {
    let mut all = serde_json::to_value(configuration).expect("no map but of texts");
    let idle = match (&all["termination_policy"], &all["termination_idle_time"]) {
        (Value::Null, Value::Null) => Value::Null,
        (Value::String(policy), _) if policy == "dont-destroy" => Value::from(-1),
        (_, time) => Value::from(time.as_i64().unwrap_or(300).max(0)),
    };
    all["termination_policy"] = idle.clone();
    all["termination_idle_time"] = Value::Null;
    if all["max_duration"] == "0" {
        all["max_duration"] = "off".into();
    }
    let gpu = &all["resources"]["gpu"];
    let others = ["vendor", "name", "memory", "total_memory", "compute_capability"];
    if gpu["count"]["min"] == 0
        && gpu["count"]["max"].is_null()
        && others.iter().all(|key| gpu[key].is_null())
    {
        all["resources"]["gpu"] = Value::Null;
    }
    if configuration.only_reuses() {
        all["creation_policy"] = "reuse".into();
    }
    if let Some(newer) = all.get_mut("newer") {
        newer["idle_duration"] = idle;
        if newer["max_duration"] == 0 {
            newer["max_duration"] = "off".into();
        }
        if let Some(events) = newer["retry"].get_mut("on_events").and_then(Value::as_array_mut) {
            events.sort_by_key(Value::to_string);
            events.dedup();
        }
        // What is false is as if it were not said.
        for value in newer.as_object_mut().expect("an object").values_mut().filter(|value| **value == false) {
            *value = Value::Null;
        }
    }
    all
}

/// Whether something is lost of what offers are chosen by.
fn loses_offers(converted: &Converted) -> bool {
    let chosen = ["resources", "backends", "availability_zones", "reservation", "instances", "instance_name"];
    converted.lost.iter().any(|lost| chosen.iter().any(|field| lost.path.starts_with(field)))
}

fn holds(
    name: &str,
    text: &str,
    from: Dialect,
    to: Dialect,
    world: &World,
    wrong: &mut Vec<String>,
) -> Converted {
    let mut fail =
        |what: &str, more: &str| wrong.push(format!("{name} to {}: {what}\n{text}\n---\n{more}", to.name()));
    let converted = match convert(text, from, to) {
        Ok(converted) => converted,
        Err(error) => {
            fail(&error.to_string(), "");
            return Converted::default();
        }
    };
    if apply_edits(text, &converted.edits).as_deref() != Some(&*converted.text) {
        fail("the edits make another text", &converted.text);
    }
    let (Some(before), Some(after)) = (read(text, from), read(&converted.text, to)) else {
        fail("is not read", &converted.text);
        return converted;
    };
    let required = [&before, &after].map(Requirements::from);
    if !loses_offers(&converted) && world.offers(&required[0]) != world.offers(&required[1]) {
        fail("other offers", &converted.text);
    }
    match convert(&converted.text, to, from) {
        Ok(back) if converted.lost.is_empty() => {
            let again = read(&back.text, from).map(|back| meaning(&back));
            if again != Some(meaning(&before)) || !back.lost.is_empty() {
                fail(
                    "there and back is something else",
                    &format!("{}\n---\n{}\n{:?}", converted.text, back.text, back.lost),
                );
            }
        }
        Ok(_) => {}
        Err(error) => fail(&format!("no way back: {error}"), &converted.text),
    }
    converted
}

fn hold_all(documents: &Path) {
    let world = world();
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for document in records(documents) {
        let Some(yaml) = document["yaml"].as_str() else { continue };
        for (from, to) in [(OLD, NEW), (NEW, OLD)] {
            if read(yaml, from).is_some() {
                seen += 1;
                holds(id(&document), yaml, from, to, &world, &mut wrong);
            } else {
                assert!(convert(yaml, from, to).is_err(), "{yaml}");
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {seen}:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(40)].join("\n=====\n")
    );
    assert!(seen > 500, "{seen}");
}

#[test]
fn documents_of_dstack_0_18_mean_the_same_when_they_are_converted() {
    hold_all(&data("config-0.18/documents.jsonl"));
}

#[test]
fn documents_of_dstack_0_22_mean_the_same_when_they_are_converted() {
    hold_all(&data("config-0.22/documents.jsonl"));
}

#[test]
fn real_files_mean_the_same_when_they_are_converted() {
    let Some(recorded) = recorded() else {
        println!("skipped: no recorded answers beside the repository (BERTH_SHARED)");
        return;
    };
    for folder in ["config", "dialect-0.22"] {
        hold_all(&recorded.join(folder).join("documents.jsonl"));
    }
}
