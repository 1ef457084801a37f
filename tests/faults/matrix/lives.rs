//! What people do while servers die. Each life has a cloud of its own, so that what goes wrong there is its own.

use berth_shared::api::{InstanceStatus, RunReason, RunStatus};
use berth_tests::clouds::{Clouds, Machine};
use serde_json::json;

use super::person::{Person, patiently};

/// The clouds of the lives, and what goes wrong at each.
pub(crate) const CLOUDS: [&str; 6] = ["aws", "gcp", "azure", "lambda", "vastai", "runpod"];

/// A run of this life, on its own cloud.
fn text(cloud: &str, idle: &str, more: &str) -> String {
    format!(
        "type: dev-environment\nide: vscode\nbackends: [{cloud}]\nsetup: [echo ready]\n\
         resources: {{cpu: 2, memory: 8GB}}\ntermination_idle_time: {idle}\n{more}"
    )
}

/// Clouds at which the lives are lived.
pub(crate) fn clouds() -> Clouds {
    let names: Vec<&str> = CLOUDS.iter().flat_map(|name| ["--cloud", name]).collect();
    let clouds = Clouds::start(&names);
    // Keys count for nothing: whoever asks twice without looking gets two machines.
    let faults = |script| json!({ "key_ignored": 1.0, "script": script });
    clouds.set_faults("aws", &faults(json!([])));
    clouds.set_faults("gcp", &faults(json!([{ "on": "create", "what": "no_capacity" }])));
    clouds.set_faults("azure", &faults(json!([{ "on": "terminate", "what": { "resists": 1500 } }])));
    clouds.set_faults("lambda", &faults(json!([])));
    clouds.set_faults("vastai", &faults(json!([])));
    clouds.set_faults("runpod", &faults(json!([])));
    clouds
}

/// Submitted, running, stopped, gone.
fn one(person: &Person, name: &str, text: &str) {
    person.submit(name, text);
    person.wait_for(name, RunStatus::Running);
    person.stop(name);
    ended(person, name, 1);
}

fn ended(person: &Person, name: &str, attempts: usize) {
    let detail = person.wait_for(name, RunStatus::Terminated);
    assert_eq!(detail.run.reason, Some(RunReason::StoppedByUser), "{name}");
    assert_eq!(detail.run.attempts as usize, attempts, "{name}");
    let log = person.log(name);
    let begun = log.matches("setup 1 of 1: echo ready").count();
    // What a machine that died had written may have gone with it.
    assert!(begun == 1 || (1..=attempts).contains(&begun), "`setup` of {name} began {begun} times: {log}");
}

/// An ordinary one.
pub(crate) fn plain(person: &Person, _: &Clouds) {
    one(person, "plain", &text("aws", "0", ""));
}

/// Another of these.
pub(crate) fn another(person: &Person, name: &str) {
    one(person, name, &ordinary());
}

/// The text of an ordinary one.
pub(crate) fn ordinary() -> String {
    text("aws", "0", "")
}

/// The first offer is refused, and the next is taken.
pub(crate) fn next_offer(person: &Person, _: &Clouds) {
    one(person, "refused", &text("gcp", "0", ""));
}

/// The machine will not go at first.
pub(crate) fn stubborn(person: &Person, _: &Clouds) {
    one(person, "stubborn", &text("azure", "0", ""));
}

/// Two runs, one after the other, on one instance.
pub(crate) fn used_again(person: &Person, _: &Clouds) {
    let text = text("lambda", "10m", "");
    let on = |name: &str| {
        person.submit(name, &text);
        let detail = person.wait_for(name, RunStatus::Running);
        person.stop(name);
        ended(person, name, 1);
        detail.run.instance_id.expect("it has an instance")
    };
    let first = on("first");
    // It waits once its run has let go.
    patiently(|| {
        person.instances().iter().any(|i| i.id == first && i.status == InstanceStatus::Idle).then_some(())
    })
    .expect("it waits for another run");
    assert_eq!(on("second"), first, "the instance that waited is used again");
    remove(person, &first.to_string());
    person.wait_without(|instance| instance.id == first);
}

/// An instance that is added to a pool, and removed.
pub(crate) fn added(person: &Person, _: &Clouds) {
    let instance = person.pool_with_one("matrix", &text("vastai", "10m", ""));
    remove(person, &instance.id.to_string());
    person.wait_without(|instance| instance.pool == "matrix");
}

fn remove(person: &Person, id: &str) {
    let asked = patiently(|| {
        let (status, value) =
            person.post(&format!("/instances/{id}/remove"), &json!({ "force": false, "forget": false }));
        // Its run may not have let go of it yet.
        (status != 409).then_some((status, value))
    });
    let (status, value) = asked.expect("it is not busy for ever");
    assert!(status < 300 || status == 404, "{value}");
}

/// The machine is taken away, and the run is submitted again.
pub(crate) fn retried(person: &Person, clouds: &Clouds) {
    let name = "retried";
    person.submit(name, &text("runpod", "0", "retry_policy: {retry: true}\n"));
    person.wait_for(name, RunStatus::Running);
    // Not by the clock: before it runs, another machine would be made in the stead of one that goes.
    let mut lines = clouds.bill("runpod").lines.into_iter();
    let made = |machine: &Machine| machine.there && machine.tag.as_ref().is_some_and(|tag| tag.name == name);
    let machine = lines.find(made).expect("it runs on a machine");
    clouds.take_back("runpod", &machine.handle);
    let again = patiently(|| {
        person.run(name).filter(|detail| detail.run.attempts == 2 && detail.run.status == RunStatus::Running)
    });
    assert!(again.is_some(), "it runs again: {:#?}", person.run(name));
    person.stop(name);
    ended(person, name, 2);
}
