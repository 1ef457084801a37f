//! What a simulated cloud has on offer.

use std::sync::Arc;

use berth_shared::{
    catalog::{Availability, Catalogue, GpuFact, GpuFacts, Offer, OfferGpu, PriceBasis, Row},
    config::Arch,
    matcher::{BackendSetup, Context, Matches, Requirements, match_offers},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::wire::Pool;

/// Who published the prices of the small set.
const SOURCE: &str = "simulated";

/// The offers of one backend, out of a catalogue that clouds may share. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Offers {
    catalogue: Arc<Catalogue>,
    context: Context,
}

impl Offers {
    /// Those of `backend` in a catalogue.
    #[must_use]
    pub fn of(catalogue: Arc<Catalogue>, backend: &str) -> Self {
        let setup = BackendSetup { name: backend.to_owned(), regions: None };
        Self { catalogue, context: Context { backends: vec![setup] } }
    }

    /// These and no others; they must all be of the same backend.
    #[must_use]
    pub fn new(backend: &str, offers: Vec<Offer>) -> Self {
        let rows: Vec<Row> =
            offers.into_iter().map(|offer| Row { offer, source: SOURCE.to_owned() }).collect();
        Self::of(Arc::new(Catalogue::from_rows(SOURCE, &rows, facts())), backend)
    }

    /// A small set for tests: two regions, two sizes without a GPU and three with, each on-demand and spot.
    #[must_use]
    pub fn small(backend: &str) -> Self {
        let offers = ["east", "west"].into_iter().flat_map(|region| {
            SMALL
                .iter()
                .flat_map(move |machine| [false, true].map(|spot| machine.offer(backend, region, spot)))
        });
        Self::new(backend, offers.collect())
    }

    /// The backend's name.
    #[must_use]
    pub fn backend(&self) -> &str {
        &self.context.backends[0].name
    }

    /// Those that fit, in order; `limit` of them in full.
    #[must_use]
    pub fn matching(&self, requirements: &Requirements, limit: usize) -> Matches {
        match_offers(&self.catalogue, requirements, &self.context, limit)
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> Vec<Offer> {
        self.matching(&Requirements::default(), usize::MAX).offers
    }

    /// The machine of this kind, the cheapest where a type is sold in several; `None` = there is none.
    #[must_use]
    pub fn find(&self, pool: &Pool, gpu: Option<&(String, u32)>) -> Option<Offer> {
        let requirements = Requirements {
            spot: Some(pool.spot),
            regions: Some(vec![pool.region.clone()]),
            instance_types: Some(vec![pool.instance_type.clone()]),
            ..Requirements::default()
        };
        let mut found = self.matching(&requirements, usize::MAX).offers;
        let at = found.iter().position(|offer| match (&offer.gpu, gpu) {
            (Some(has), Some((name, count))) => has.name.eq_ignore_ascii_case(name) && has.count == *count,
            (has, wanted) => has.is_none() && wanted.is_none(),
        });
        at.map(|at| found.swap_remove(at))
    }
}

impl PartialEq for Offers {
    fn eq(&self, other: &Self) -> bool {
        self.context == other.context
            && (Arc::ptr_eq(&self.catalogue, &other.catalogue) || self.all() == other.all())
    }
}

/// As they are written down.
#[derive(Serialize, Deserialize)]
struct Written {
    backend: String,
    offers: Vec<Offer>,
    gpus: Vec<GpuFact>,
}

impl Serialize for Offers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let offers = self.all();
        let named = |fact: &&GpuFact| {
            let has = |offer: &Offer| offer.gpu.as_ref().is_some_and(|gpu| gpu.name == fact.name);
            offers.iter().any(has)
        };
        let gpus = self.catalogue.gpus().iter().filter(named).cloned().collect();
        Written { backend: self.backend().to_owned(), offers, gpus }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Offers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Written { backend, offers, gpus } = Written::deserialize(deserializer)?;
        if let Some(other) = offers.iter().find(|offer| offer.backend != backend) {
            return Err(D::Error::custom(format!("`{}` is not `{backend}`", other.backend)));
        }
        let rows: Vec<Row> =
            offers.into_iter().map(|offer| Row { offer, source: SOURCE.to_owned() }).collect();
        Ok(Self::of(Arc::new(Catalogue::from_rows(SOURCE, &rows, GpuFacts::new(gpus))), &backend))
    }
}

/// A machine of the small set.
struct Machine {
    name: &'static str,
    cpus: f64,
    memory_gib: f64,
    gpu: Option<(&'static str, u32, f64)>,
    price: f64,
}

const SMALL: [Machine; 5] = [
    Machine { name: "small", cpus: 2.0, memory_gib: 8.0, gpu: None, price: 0.1 },
    Machine { name: "large", cpus: 16.0, memory_gib: 64.0, gpu: None, price: 0.8 },
    Machine { name: "t4", cpus: 4.0, memory_gib: 16.0, gpu: Some(("T4", 1, 16.0)), price: 0.53 },
    Machine { name: "a100", cpus: 12.0, memory_gib: 85.0, gpu: Some(("A100", 1, 40.0)), price: 3.67 },
    Machine { name: "h100x8", cpus: 192.0, memory_gib: 2048.0, gpu: Some(("H100", 8, 80.0)), price: 98.32 },
];

impl Machine {
    fn offer(&self, backend: &str, region: &str, spot: bool) -> Offer {
        let factor = if region == "west" { 1.1 } else { 1.0 } * if spot { 0.35 } else { 1.0 };
        Offer {
            backend: backend.to_owned(),
            region: region.to_owned(),
            instance_type: self.name.to_owned(),
            arch: Some(Arch::X86),
            cpus: self.cpus,
            memory_gib: self.memory_gib,
            gpu: self.gpu.map(|(name, count, memory_gib)| OfferGpu {
                name: name.to_owned(),
                count,
                memory_gib,
            }),
            disk_gib: None,
            spot,
            price: (self.price * factor * 1e4).round() / 1e4,
            basis: PriceBasis::Listed,
            as_of: Some("2026-01-01".to_owned()),
            availability: Availability::Unknown,
        }
    }
}

fn facts() -> GpuFacts {
    let fact = |name: &str, memory_gib: &[f64], architecture: &str, capability| GpuFact {
        name: name.to_owned(),
        vendor: "nvidia".to_owned(),
        memory_gib: memory_gib.to_vec(),
        architecture: Some(architecture.to_owned()),
        compute_capability: Some(capability),
    };
    GpuFacts::new(vec![
        fact("T4", &[16.0], "Turing", (7, 5)),
        fact("A100", &[40.0, 80.0], "Ampere", (8, 0)),
        fact("H100", &[80.0], "Hopper", (9, 0)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_small_set_has_every_machine_in_both_regions_and_as_spot() {
        let all = Offers::small("aws").all();
        assert_eq!(all.len(), 20);
        assert!(all.iter().all(|offer| offer.backend == "aws"));
    }

    #[test]
    fn offers_are_the_same_after_they_were_written_down() {
        let offers = Offers::small("gcp");
        let text = serde_json::to_string(&offers).expect("writes");
        let read: Offers = serde_json::from_str(&text).expect("reads");
        assert_eq!(read, offers);
        assert_eq!(read.all(), offers.all());
    }

    #[test]
    fn a_machine_is_found_by_its_pool_and_its_gpus() {
        let offers = Offers::small("aws");
        let pool = Pool { region: "west".into(), instance_type: "t4".into(), spot: true };
        let found = offers.find(&pool, Some(&("t4".into(), 1))).expect("it is there");
        assert_eq!((found.region.as_str(), found.spot), ("west", true));
        assert_eq!(offers.find(&pool, None), None);
        assert_eq!(offers.find(&Pool { region: "north".into(), ..pool }, None), None);
    }
}
