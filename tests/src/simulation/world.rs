//! What outlives every process: the database, the clouds, and what was promised.

use std::{
    fmt::Write as _,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use berth::{
    catalog::{Catalogues, Published},
    clock::Clock as _,
    provider::simulated::{
        Account, Call, Cloud, CloudApi, CloudError, Faults, Offers, Reply, Settings, SimulatedCloud,
    },
};
use berth_shared::{api::InstanceId, time::Timestamp};
use rand::{RngExt, rngs::StdRng};
use tokio::{sync::broadcast, time::sleep};
use uuid::Uuid;

use super::{
    Accepted, Database,
    archive::Archive,
    base::Base,
    clock::TrueClock,
    watch::{self, Trace, Watch},
};

/// How many of the last lines are told when something does not hold.
const LINES: usize = 400;

/// What outlives every process.
pub(super) struct World {
    pub(super) clock: TrueClock,
    pub(super) begun: Timestamp,
    pub(super) base: Base,
    pub(super) clouds: Vec<SimulatedCloud>,
    pub(super) archive: Arc<Archive>,
    pub(super) accepted: Mutex<Vec<Accepted>>,
    pub(super) deleted: Mutex<Vec<Accepted>>,
    pub(super) watch: Arc<Mutex<Watch>>,
}

/// The names of the clouds, from the first on.
pub(super) const CLOUDS: [&str; 2] = ["aws", "gcp"];

impl World {
    pub(super) async fn new(
        random: &mut StdRng,
        database: Database,
        wrong: Duration,
        trace: Trace,
    ) -> Result<Arc<Self>, String> {
        let clock = TrueClock::start();
        let begun = clock.now();
        let calm = Timestamp(begun.0 + i64::try_from(wrong.as_millis()).unwrap_or(0));
        let count = random.random_range(1..=CLOUDS.len());
        let clouds = CLOUDS[..count]
            .iter()
            .map(|name| {
                let seed = random.random();
                let settings =
                    if random.random_bool(0.5) { Settings::scarce(name) } else { Settings::new(name) };
                let faults = match random.random_range(0..4) {
                    0 => Faults::none(),
                    _ => Faults::some(),
                };
                let cloud = Cloud::new(settings, Offers::small(name), seed);
                let account = Account::new(cloud, faults.until(calm), seed);
                SimulatedCloud::start(account, Arc::new(clock.clone()))
            })
            .collect();
        let watch = Arc::new(Mutex::new(Watch::new(trace)));
        let installation = Uuid::from_u128(random.random());
        let base = Base::new(database, installation, Arc::clone(&watch), clock.clone()).await?;
        Ok(Arc::new(Self {
            clock,
            begun,
            base,
            clouds,
            archive: Arc::default(),
            accepted: Mutex::default(),
            deleted: Mutex::default(),
            watch,
        }))
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn elapsed(&self) -> Duration {
        Duration::from_millis(self.now().millis_since(self.begun).unsigned_abs())
    }

    /// Lets time pass, and stops at once when something does not hold.
    pub(super) async fn pass(&self, mut time: Duration) -> Result<(), String> {
        const PIECE: Duration = Duration::from_secs(10);
        while !time.is_zero() {
            let piece = time.min(PIECE);
            sleep(piece).await;
            time -= piece;
            self.check()?;
        }
        Ok(())
    }

    /// Whether everything that was written so far may be so.
    pub(super) fn check(&self) -> Result<(), String> {
        let broken = lock(&self.watch).broken.clone();
        broken.map_or(Ok(()), |told| Err(self.explain(&told)))
    }

    /// Writes down what is done.
    pub(super) fn note(&self, what: &str) {
        let now = self.now();
        lock(&self.watch).note(now, what);
    }

    /// Whether a process hears nothing from its database.
    pub(super) fn silent(&self, process: usize, silent: bool) {
        let now = self.now();
        lock(&self.watch).order.silent(process, silent, now);
    }

    /// What did not hold, and what went before.
    pub(super) fn explain(&self, told: &str) -> String {
        let mut text = format!("{told}\n\nWhat went before:\n");
        let watch = lock(&self.watch);
        let lines = watch.lines();
        for line in lines.iter().skip(lines.len().saturating_sub(LINES)) {
            let _ = writeln!(text, "  {line}");
        }
        for cloud in &self.clouds {
            for line in &cloud.bill().lines {
                let tag = line.tag.as_ref().map(|tag| watch::short(tag.id.0));
                let _ = writeln!(
                    text,
                    "  {} {:?} of {tag:?}: accepted {}, billed {:?} to {:?}",
                    line.handle,
                    line.pool.instance_type,
                    self.at(line.accepted_at),
                    line.from.map(|at| self.at(at)),
                    line.to.map(|at| self.at(at))
                );
            }
        }
        text
    }

    fn at(&self, at: Timestamp) -> f64 {
        at.millis_since(self.begun) as f64 / 1000.0
    }
}

/// The catalogue is the same for all schedules.
pub(super) fn catalogues() -> Catalogues {
    static CATALOGUES: OnceLock<Catalogues> = OnceLock::new();
    CATALOGUES
        .get_or_init(|| Catalogues::new(Published::built_in().expect("the built-in catalogue is whole")))
        .clone()
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A cloud as one process reaches it.
pub(super) struct Line {
    pub(super) cloud: SimulatedCloud,
    pub(super) cut: Arc<AtomicBool>,
}

#[async_trait]
impl CloudApi for Line {
    async fn call(&self, call: Call) -> Result<Reply, CloudError> {
        let cut = || self.cut.load(Ordering::Relaxed);
        if cut() {
            return Err(CloudError::Unreachable("there is no way to it".to_owned()));
        }
        let answer = self.cloud.call(call).await;
        if cut() {
            return Err(CloudError::Unreachable("the way to it was cut".to_owned()));
        }
        answer
    }

    fn changes(&self) -> broadcast::Receiver<InstanceId> {
        self.cloud.changes()
    }
}
