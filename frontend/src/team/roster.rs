//! The active instances as far as lists, headings and sums need them.

use berth_texts::{t, tf};
use std::{
    borrow::Borrow,
    collections::{BTreeMap, BTreeSet},
};

use berth_shared::{
    api::{Instance, InstanceId, InstanceStatus, Run},
    catalog::PriceBasis,
};

use super::view::{By, View};
use crate::{
    format::{lowered, machine::hardware},
    tags,
};

/// The heading of machines without GPUs.
pub const NO_GPU: &str = t!("No GPU");

/// What a list knows of an instance.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// Which.
    pub id: InstanceId,
    /// Who has it: the owner of the run on it, else whoever made it.
    pub person: String,
    /// Where it is.
    pub backend: String,
    /// What it computes with: `A100 80 GB`, [`NO_GPU`].
    pub gpu: String,
    /// The pool that it belongs to.
    pub pool: String,
    /// The status that people know, in the wire's word.
    pub status: &'static str,
    /// What it costs now, US dollars an hour; 0 while nothing is paid.
    pub rate: f64,
    /// Whether somebody's own machine, which costs nothing.
    pub own: bool,
    /// Whether it has no run, and costs.
    pub idle: bool,
    /// Whether it counts as something that is paid for, even when for nothing.
    pub billed: bool,
    /// What a search looks at, in small letters.
    pub words: String,
    /// The tags of the run on it.
    pub tags: BTreeMap<String, String>,
}

impl Default for Fact {
    fn default() -> Self {
        Self {
            id: InstanceId(uuid::Uuid::nil()),
            person: String::new(),
            backend: String::new(),
            gpu: NO_GPU.to_owned(),
            pool: String::new(),
            status: "pending",
            rate: 0.0,
            own: false,
            idle: false,
            billed: false,
            words: String::new(),
            tags: BTreeMap::new(),
        }
    }
}

/// The status that people know: a machine with a run is what its run is.
#[must_use]
pub fn status(instance: &Instance, run: Option<&Run>) -> &'static str {
    match run {
        Some(run) if instance.status == InstanceStatus::Busy && !run.status.is_finished() => {
            run.status.as_str()
        }
        _ => instance.status.as_str(),
    }
}

/// Whether it costs, or takes up, something now.
#[must_use]
pub fn is_billed(instance: &Instance) -> bool {
    instance.billed_from.is_some() && instance.billed_to.is_none()
}

impl Fact {
    /// What is known of an instance with the run on it.
    #[must_use]
    pub fn of(instance: &Instance, run: Option<&Run>) -> Self {
        let offer = &instance.offer;
        let machine = hardware(&instance.share());
        let gpu = offer.gpu.as_ref().map_or_else(
            || NO_GPU.to_owned(),
            |gpu| format!("{} {}", gpu.name, crate::format::gib(gpu.memory_gib)),
        );
        let person = run.map_or(&instance.owner, |run| &run.owner).clone();
        let name = run.map_or("", |run| run.name.as_str());
        let status = status(instance, run);
        let tags = run.map(|run| run.tags.clone()).unwrap_or_default();
        let words = lowered(&format!(
            "{name} {} {person} {status} {} {} {} {} {machine} {}",
            instance.name,
            instance.pool,
            offer.backend,
            offer.region,
            offer.instance_type,
            tags::hay(&tags)
        ));
        let billed = is_billed(instance);
        Self {
            id: instance.id,
            person,
            backend: offer.backend.clone(),
            gpu,
            pool: instance.pool.clone(),
            status,
            rate: if billed { offer.price } else { 0.0 },
            own: offer.basis == PriceBasis::Own,
            idle: instance.status == InstanceStatus::Idle && billed,
            billed,
            words,
            tags,
        }
    }

    fn heading(&self, by: By) -> &str {
        match by {
            By::Person => &self.person,
            By::Backend => &self.backend,
            By::Gpu => &self.gpu,
        }
    }
}

/// What stands under one heading.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Group {
    /// The heading.
    pub key: String,
    /// What they cost together, US dollars an hour.
    pub rate: f64,
    /// Which, oldest first.
    pub ids: Vec<InstanceId>,
}

/// Headings in order, and under each what `view` lets pass, oldest first as in `facts`.
#[must_use]
pub fn groups<F: Borrow<Fact>>(facts: &[F], view: &View) -> Vec<Group> {
    let mut groups = BTreeMap::<(bool, &str), Group>::new();
    let is_shown = view.filter();
    for fact in facts.iter().map(Borrow::borrow).filter(|fact| is_shown(fact)) {
        let key = fact.heading(view.by);
        // Machines without GPUs stand last.
        let group = groups
            .entry((view.by == By::Gpu && key == NO_GPU, key))
            .or_insert_with(|| Group { key: key.to_owned(), ..Group::default() });
        group.rate += fact.rate;
        group.ids.push(fact.id);
    }
    groups.into_values().collect()
}

/// What stands on top of the page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sums {
    /// What all of them cost together, US dollars an hour.
    pub rate: f64,
    /// What those without a run cost together, US dollars an hour.
    pub idle_rate: f64,
    /// How many have no run and cost.
    pub idle: usize,
    /// How many people have some.
    pub people: usize,
    /// How much of it costs money, in words.
    pub note: String,
}

/// Sums up all instances.
#[must_use]
pub fn sums<F: Borrow<Fact>>(facts: &[F]) -> Sums {
    let all = || facts.iter().map(Borrow::borrow);
    let costing = all().filter(|fact| fact.billed && !fact.own).count();
    let own = all().filter(|fact| fact.own).count();
    let note = match (costing, own, facts.len()) {
        (_, _, 0) => t!("nothing runs").to_owned(),
        (0, own, total) if own == total => t!("all on own machines").to_owned(),
        (costing, _, total) => tf!("{costing} of {total} cost money"),
    };
    let idle = all().filter(|fact| fact.idle);
    Sums {
        rate: all().map(|fact| fact.rate).sum(),
        idle_rate: idle.clone().map(|fact| fact.rate).sum(),
        idle: idle.count(),
        people: all().map(|fact| fact.person.as_str()).collect::<BTreeSet<_>>().len(),
        note,
    }
}

/// The values that a filter can have, in order, each once.
#[must_use]
pub fn choices<F: Borrow<Fact>>(facts: &[F], read: fn(&Fact) -> &str) -> Vec<String> {
    facts
        .iter()
        .map(Borrow::borrow)
        .map(read)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .map(ToOwned::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use berth_shared::time::Timestamp;

    use super::*;
    use crate::pools::clock::tests::{instance, offer};

    fn fact(n: u128, person: &str, gpu: &str, rate: f64) -> Fact {
        Fact {
            id: InstanceId(uuid::Uuid::from_u128(n)),
            person: person.into(),
            gpu: gpu.into(),
            rate,
            billed: true,
            ..Fact::default()
        }
    }

    #[test]
    fn an_instance_is_whose_run_is_on_it() {
        let mut busy = instance(InstanceStatus::Busy);
        busy.billed_from = Some(Timestamp(0));
        let mut run =
            Run::submitted(berth_shared::api::RunId(uuid::Uuid::nil()), "swift-tern", "bob", Timestamp(0));
        run.status = berth_shared::api::RunStatus::Running;
        run.tags.insert("team".into(), "Vision".into());
        let fact = Fact::of(&busy, Some(&run));
        assert_eq!((fact.person.as_str(), fact.status, fact.rate), ("bob", "running", offer().price));
        assert!(
            ["swift-tern", "fox", "bob", "aws", "eu-west-1", "running", "team=vision"]
                .iter()
                .all(|word| fact.words.contains(word))
        );
        assert_eq!(fact.tags, run.tags);
        assert!(!fact.idle);
        let idle = Instance { billed_from: Some(Timestamp(0)), ..instance(InstanceStatus::Idle) };
        let fact = Fact::of(&idle, None);
        assert_eq!((fact.person.as_str(), fact.status, fact.gpu.as_str()), ("ann", "idle", NO_GPU));
        assert!(fact.idle);
        let gone = Instance { billed_to: Some(Timestamp(1)), ..idle };
        assert_eq!(Fact::of(&gone, None).rate, 0.0, "what is not paid any more costs nothing");
    }

    #[test]
    fn headings_are_in_order_and_no_gpu_is_the_last() {
        let facts = [
            fact(1, "bob", NO_GPU, 1.0),
            fact(2, "ann", "V100 16 GB", 2.0),
            fact(3, "bob", "A100 80 GB", 4.0),
        ];
        let keys = |by| {
            let view = View { by, ..View::default() };
            groups(&facts, &view)
                .into_iter()
                .map(|group| (group.key, group.ids.len(), group.rate))
                .collect::<Vec<_>>()
        };
        assert_eq!(keys(By::Person), [("ann".into(), 1, 2.0), ("bob".into(), 2, 5.0)]);
        let by_gpu: Vec<String> = keys(By::Gpu).into_iter().map(|(key, ..)| key).collect();
        assert_eq!(by_gpu, ["A100 80 GB", "V100 16 GB", NO_GPU]);
    }

    #[test]
    fn sums_say_what_is_paid_and_what_for_nothing() {
        assert_eq!(sums::<Fact>(&[]).note, "nothing runs");
        let mut facts = vec![fact(1, "ann", NO_GPU, 1.5), fact(2, "bob", NO_GPU, 0.5)];
        facts[1].idle = true;
        facts.push(Fact { own: true, rate: 0.0, ..fact(3, "bob", NO_GPU, 0.0) });
        let sums = super::sums(&facts);
        assert_eq!((sums.rate, sums.idle_rate, sums.idle, sums.people), (2.0, 0.5, 1, 2));
        assert_eq!(sums.note, "2 of 3 cost money");
        assert_eq!(super::sums(&facts[2..]).note, "all on own machines");
    }

    #[test]
    fn a_filter_offers_each_value_once() {
        let facts = [fact(1, "bob", NO_GPU, 1.0), fact(2, "ann", NO_GPU, 1.0), fact(3, "bob", NO_GPU, 1.0)];
        assert_eq!(choices(&facts, |fact| &fact.person), ["ann", "bob"]);
    }
}
