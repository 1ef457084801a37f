//! What must hold once the lives are over, whatever died on the way: nothing lost, doubled or leaked.

use std::collections::{BTreeMap, HashMap};

use berth::store::{self, Address};
use berth_shared::{
    api::{Instance, InstanceId, InstanceStatus, JobStatus, Run, RunId, Subject},
    time::Timestamp,
};
use berth_tests::clouds::{Bill, Clouds, Machine};

use super::{lives::CLOUDS, person::patiently};

/// How far a bill may differ from what was written down, in US dollars.
const CENTS: f64 = 1e-6;

/// Waits until no machine is left at any cloud.
pub(crate) fn none_left(clouds: &Clouds) -> Vec<Bill> {
    let bills = || CLOUDS.map(|cloud| clouds.bill(cloud));
    let lines = |bills: &[Bill]| -> usize {
        bills.iter().flat_map(|bill| &bill.lines).filter(|line| line.there).count()
    };
    patiently(|| Some(bills()).filter(|bills| lines(bills) == 0))
        .unwrap_or_else(|| panic!("machines are left: {:#?}", bills()))
        .into()
}

/// Holds what is written down against what happened. To be called when no server is there any more.
pub(crate) fn check(directory: &std::path::Path, address: &Address, bills: &[Bill]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let store = store::open_at(directory, address).await.expect("the database can be opened");
        let storage = store.storage();
        let events = storage.events_after(0, 1_000_000).await.expect("the events");
        let mut runs: BTreeMap<RunId, Run> = BTreeMap::new();
        let mut instances: BTreeMap<InstanceId, Instance> = BTreeMap::new();
        let mut chains: HashMap<String, String> = HashMap::new();
        for (index, stored) in events.iter().enumerate() {
            let event = &stored.event;
            assert_eq!(event.seq, index as u64 + 1, "events have no gap");
            runs.extend(stored.run.clone().map(|run| (run.id, run)));
            instances.extend(stored.instance.clone().map(|instance| (instance.id, instance)));
            if let Some(deleted) = stored.deleted_run {
                runs.remove(&deleted);
            }
            let Some(to) = &event.to else { continue };
            let key = match event.subject {
                Subject::Instance => format!("instance {:?}", event.instance_id),
                subject => format!("{subject:?} {:?}", event.run_id),
            };
            let before = chains.insert(key, to.clone());
            match (event.subject, &event.from) {
                // The next attempt begins when the one before is over.
                (Subject::Job, None) => {
                    let over = |status: &str| {
                        [JobStatus::Terminated, JobStatus::Failed, JobStatus::Aborted, JobStatus::Done]
                            .iter()
                            .any(|over| over.as_str() == status)
                    };
                    assert!(before.as_deref().is_none_or(over), "two attempts at once: {event:#?}");
                }
                (_, from) => assert_eq!(*from, before, "no transition is missing or doubled: {event:#?}"),
            }
        }
        for (id, run) in &runs {
            let there = storage.whole(*id).await.expect("it can be read").expect("it is there");
            assert_eq!(&there.run.run, run, "replaying the events gives what is there");
            assert!(run.status.is_finished(), "{run:#?}");
        }
        for (id, instance) in &instances {
            let (row, _) = storage.instance(*id).await.expect("it can be read").expect("it is there");
            assert_eq!(&row.instance, instance, "replaying the events gives what is there");
            assert_eq!(instance.status, InstanceStatus::Terminated, "{instance:#?}");
        }
        assert_eq!(storage.orphans().await.expect("they can be read"), [], "nothing was ever leaked");
        let lines: Vec<&Machine> = bills.iter().flat_map(|bill| &bill.lines).collect();
        billed(&instances, &lines);
        assert_one_at_a_time(&lines);
    });
}

/// Each machine is an instance's, none has two, and what the API tells is what the cloud bills.
fn billed(instances: &BTreeMap<InstanceId, Instance>, lines: &[&Machine]) {
    let mut costs: BTreeMap<&str, f64> = BTreeMap::new();
    for line in lines {
        let tag = line.tag.as_ref().expect("each machine carries a tag");
        let doubled = costs.insert(&tag.id, line.cost).is_some();
        assert!(!doubled, "two machines of one instance: {lines:#?}");
    }
    for (id, instance) in instances {
        let cost = costs.remove(id.to_string().as_str()).unwrap_or(0.0);
        let told = instance.cost(Timestamp(0));
        assert!((told - cost).abs() < CENTS, "billed ${cost}, told ${told}: {instance:#?} {lines:#?}");
    }
    assert!(costs.is_empty(), "machines that nobody knows: {costs:?}");
}

/// No run ever had two machines at once.
fn assert_one_at_a_time(lines: &[&Machine]) {
    let mut until: HashMap<&str, Timestamp> = HashMap::new();
    for line in lines {
        let name = line.tag.as_ref().map_or("", |tag| tag.name.as_str());
        let before = until.insert(name, line.to.unwrap_or(Timestamp(i64::MAX)));
        assert!(before.is_none_or(|before| before <= line.accepted_at), "two machines at once: {lines:#?}");
    }
}
