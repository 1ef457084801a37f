//! A process with an orchestrator in it, which may be killed, cut off, and started again.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicI64, Ordering},
};

use berth::{
    orchestrator::{Orchestrator, Parts, Service},
    provider::{
        Provider,
        simulated::{Offers, SimulatedProvider},
    },
    secrets::Secrets,
    store::{Link, Reach},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::{
    clock::WrongClock,
    world::{CLOUDS, Line, World, catalogues},
};

/// How far a process's clock may be wrong, in milliseconds.
const SKEW: i64 = 2000;

pub(super) struct Process {
    number: usize,
    world: Arc<World>,
    random: StdRng,
    running: Option<Running>,
    skew: Arc<AtomicI64>,
    pub(super) crashes: usize,
    pub(super) cuts: usize,
}

struct Running {
    orchestrator: Orchestrator,
    link: Link,
    cuts: Vec<Arc<AtomicBool>>,
}

impl Process {
    pub(super) async fn new(number: usize, world: Arc<World>, random: &mut StdRng) -> Self {
        let random = StdRng::seed_from_u64(random.random());
        let skew = Arc::default();
        let mut process = Self { number, world, random, running: None, skew, crashes: 0, cuts: 0 };
        process.start();
        process
    }

    pub(super) fn start(&mut self) {
        if self.running.is_some() {
            return;
        }
        self.skew.store(self.random.random_range(-SKEW..=SKEW), Ordering::Relaxed);
        let (storage, link) = self.world.base.handle();
        let mut cuts = Vec::new();
        let mut providers: Vec<Arc<dyn Provider>> = Vec::new();
        for (cloud, name) in self.world.clouds.iter().zip(CLOUDS) {
            let cut = Arc::new(AtomicBool::new(false));
            let line = Line { cloud: cloud.clone(), cut: Arc::clone(&cut) };
            let installation = storage.installation().to_string();
            providers.push(Arc::new(SimulatedProvider::new(
                Arc::new(line),
                Offers::small(name),
                installation,
            )));
            cuts.push(cut);
        }
        let clock = WrongClock { clock: self.world.clock.clone(), by: Arc::clone(&self.skew) };
        let orchestrator = Orchestrator::start(Parts {
            entrance: None,
            storage,
            providers,
            clock: Arc::new(clock),
            random: StdRng::seed_from_u64(self.random.random()),
            archive: Arc::clone(&self.world.archive) as _,
            catalogues: catalogues(),
            secrets: Secrets::in_memory(),
        });
        self.world.note(&format!("process {} starts", self.number));
        self.running = Some(Running { orchestrator, link, cuts });
    }

    /// As SIGKILL does: nothing of it goes on, and nothing is said.
    pub(super) fn kill(&mut self) {
        if let Some(running) = self.running.take() {
            // What requests have begun has no process of its own here: it never comes back.
            running.link.set(Reach::Silent);
            running.cuts.iter().for_each(|cut| cut.store(true, Ordering::Relaxed));
            drop(running.orchestrator);
            self.crashes += 1;
            self.world.silent(self.number, false);
            self.world.note(&format!("process {} is killed", self.number));
        }
    }

    /// As SIGTERM does.
    pub(super) async fn stop(mut self) {
        self.leave().await;
    }

    pub(super) async fn leave(&mut self) {
        if let Some(running) = self.running.take() {
            self.world.note(&format!("process {} stops", self.number));
            running.link.set(Reach::Whole);
            self.world.silent(self.number, false);
            running.orchestrator.shutdown().await;
        }
    }

    pub(super) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Cuts it off its database, or not.
    pub(super) fn reach(&mut self, reach: Reach) {
        if let Some(running) = &self.running {
            running.link.set(reach);
            self.cuts += usize::from(reach != Reach::Whole);
            self.world.silent(self.number, reach == Reach::Silent);
            self.world.note(&format!("process {} and its database: {reach:?}", self.number));
        }
    }

    /// Whether it hears of what others write.
    pub(super) fn hear(&mut self, hears: bool) {
        if let Some(running) = &self.running {
            running.link.set_hints(hears);
        }
    }

    /// Cuts it off a cloud, or not.
    pub(super) fn cut(&mut self, cloud: usize, off: bool) {
        if let Some(cut) = self.running.as_ref().and_then(|running| running.cuts.get(cloud)) {
            cut.store(off, Ordering::Relaxed);
            self.cuts += usize::from(off);
            self.world.note(&format!("process {} and {}: cut {off}", self.number, CLOUDS[cloud]));
        }
    }

    /// Its clock jumps by so many milliseconds.
    pub(super) fn jump(&mut self, millis: i64) {
        self.skew.fetch_add(millis, Ordering::Relaxed);
        self.world.note(&format!("the clock of process {} jumps by {millis} ms", self.number));
    }

    pub(super) fn service(&self) -> Option<Service> {
        self.running.as_ref().map(|running| running.orchestrator.service())
    }

    /// Everything is well from now on.
    pub(super) async fn mend(&mut self) {
        self.start();
        self.skew.store(self.random.random_range(-SKEW..=SKEW), Ordering::Relaxed);
        if let Some(running) = &self.running {
            running.link.set(Reach::Whole);
            self.world.silent(self.number, false);
            running.link.set_hints(true);
            running.cuts.iter().for_each(|cut| cut.store(false, Ordering::Relaxed));
        }
    }
}
