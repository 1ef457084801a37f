//! The account of a simulated cloud: a pure state machine. It has no clock, draws nothing but by its seed, and does no
//! I/O; whoever calls it says what time it is.

mod bill;
mod environment;
mod job;
mod log;
mod machine;
mod terminal;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use berth_shared::{api::InstanceId, catalog::Availability, time::Timestamp};
use serde::{Deserialize, Serialize};

pub use bill::{Bill, BillLine};
pub use machine::{Leaving, Machine, Removal, State};

use super::{
    offers::Offers,
    seed::Seed,
    settings::Settings,
    wire::{Ask, CloudError, Order, Pool, Reply, Seen, Tag},
};

/// What is unusual about a machine that is to be made. Nothing by default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Quirks {
    /// The order's key counts for nothing.
    pub key_ignored: bool,
    /// It never gets ready.
    pub never_ready: bool,
    /// It dies by itself, so many milliseconds after it was accepted.
    pub dies_after: Option<i64>,
    /// Removing it fails for so many milliseconds after the first attempt.
    pub resists: i64,
}

/// An account at a simulated cloud, with everything in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cloud {
    settings: Settings,
    seed: Seed,
    offers: Offers,
    /// The latest moment that it was told of: its time does not run backwards.
    now: Timestamp,
    /// Every machine that was ever made.
    machines: Vec<Machine>,
    /// Those that may still be told of, by number.
    remembered: BTreeSet<usize>,
    /// The machines that carry the tag of an instance.
    tagged: BTreeMap<InstanceId, Vec<usize>>,
    keys: BTreeMap<String, (usize, Timestamp)>,
    /// Capacity that was set by hand.
    #[serde(with = "pairs")]
    slots: BTreeMap<Pool, u32>,
    /// What will change by itself: when, and on which machine.
    agenda: BTreeSet<(Timestamp, usize)>,
}

impl Cloud {
    /// An empty account. Everything that the settings give a range for is drawn by `seed`.
    #[must_use]
    pub fn new(settings: Settings, offers: Offers, seed: u64) -> Self {
        let seed = Seed(seed).of(&settings.name);
        Self {
            settings,
            seed,
            offers,
            now: Timestamp(i64::MIN),
            machines: Vec::new(),
            remembered: BTreeSet::new(),
            tagged: BTreeMap::new(),
            keys: BTreeMap::new(),
            slots: BTreeMap::new(),
            agenda: BTreeSet::new(),
        }
    }

    /// What it is like.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What it has on offer.
    #[must_use]
    pub fn offers(&self) -> &Offers {
        &self.offers
    }

    /// Every machine that was ever made, in that order.
    #[must_use]
    pub fn machines(&self) -> &[Machine] {
        &self.machines
    }

    /// Makes a machine, or answers as before to a key that is known.
    ///
    /// # Errors
    /// [`CloudError::NoCapacity`] when there is none left or the quota is used up; [`CloudError::Refused`] when this
    /// cloud has no such machine.
    pub fn create(&mut self, now: Timestamp, order: &Order, quirks: &Quirks) -> Result<String, CloudError> {
        let now = self.advance(now);
        let key = order.key.as_ref().filter(|_| !quirks.key_ignored);
        if let Some((number, since)) = key.and_then(|key| self.keys.get(key))
            && now.millis_since(*since) < self.settings.keys_last
        {
            return Ok(self.machines[*number].handle.clone());
        }
        let Pool { region, instance_type, spot } = &order.pool;
        let Some(offer) = self.offers.find(&order.pool, order.gpu.as_ref()) else {
            let kind = if *spot { "spot" } else { "on-demand" };
            return Err(CloudError::Refused(format!(
                "{} has no {kind} {instance_type} in {region}",
                self.settings.name
            )));
        };
        match self.availability(now, &order.pool) {
            Availability::NoQuota => {
                let quota = self.settings.quota.unwrap_or(0);
                return Err(CloudError::NoCapacity(format!(
                    "the quota of {quota} machines in {region} is used up"
                )));
            }
            Availability::NotAvailable => {
                return Err(CloudError::NoCapacity(format!("{region} has no {instance_type} left just now")));
            }
            _ => {}
        }
        let machine = self.make(now, order, offer.price, quirks);
        let (number, handle) = (self.machines.len(), machine.handle.clone());
        if let Some(key) = key {
            self.keys.insert(key.clone(), (number, now));
        }
        self.agenda.extend(machine.changes().filter(|at| *at > now).map(|at| (at, number)));
        self.remembered.insert(number);
        self.tagged.entry(order.tag.id).or_default().push(number);
        self.machines.push(machine);
        Ok(handle)
    }

    fn make(&self, now: Timestamp, order: &Order, price: f64, quirks: &Quirks) -> Machine {
        let number = self.machines.len() as u64;
        let seed = self.seed.of("machine").with(number);
        let takes = seed.of("create").within(self.settings.create);
        let ready_at = (!quirks.never_ready).then_some(Timestamp(now.0 + takes));
        let died = quirks.dies_after.map(|after| Leaving {
            at: Timestamp(now.0 + after),
            noticed_at: None,
            message: "its hardware failed".to_owned(),
        });
        let reclaimed = ready_at.filter(|_| order.pool.spot).and_then(|ready| self.reclaim(seed, ready));
        Machine {
            number,
            // Somewhat like real ones, which do not count up.
            handle: format!("{}-{:08x}{number:04x}", self.settings.name, seed.of("handle").0 as u32),
            tag: Some(order.tag.clone()),
            pool: order.pool.clone(),
            price,
            accepted_at: now,
            ready_at,
            leaves: died.into_iter().chain(reclaimed).min_by_key(|leaving| leaving.at),
            removal: None,
            resists: quirks.resists,
            resists_until: None,
            billed_from: self.settings.billed_from,
            billed_to: self.settings.billed_to,
            job: None,
            terminals: Vec::new(),
        }
    }

    fn reclaim(&self, seed: Seed, ready: Timestamp) -> Option<Leaving> {
        let how = &self.settings.reclaim;
        if !seed.of("reclaimed").happens(how.share) {
            return None;
        }
        let at = Timestamp(ready.0 + seed.of("reclaim").within(how.after));
        let noticed = seed.of("noticed").happens(how.noticed);
        Some(Leaving {
            at,
            noticed_at: noticed.then_some(Timestamp((at.0 - how.notice).max(ready.0))),
            message: format!("{} took the spot machine back", self.settings.name),
        })
    }

    /// Puts a machine into the account that is not Berth's.
    ///
    /// # Errors
    /// As [`Cloud::create`].
    pub fn plant(
        &mut self,
        now: Timestamp,
        pool: &Pool,
        gpu: Option<(String, u32)>,
    ) -> Result<String, CloudError> {
        let tag = Tag { installation: String::new(), id: InstanceId(uuid::Uuid::nil()), name: String::new() };
        let order = Order { key: None, tag: tag.clone(), pool: pool.clone(), gpu };
        let handle = self.create(now, &order, &Quirks::default())?;
        self.tagged.remove(&tag.id);
        if let Some(machine) = self.machines.last_mut() {
            machine.tag = None;
        }
        Ok(handle)
    }

    /// The machines with this tag, oldest first, as they were at `at`, which is now or shortly past.
    #[must_use]
    pub fn find(&mut self, now: Timestamp, at: Timestamp, installation: &str, id: InstanceId) -> Vec<Seen> {
        let now = self.advance(now);
        let numbers = self.tagged.get(&id).map(Vec::as_slice).unwrap_or_default();
        numbers
            .iter()
            .map(|number| &self.machines[*number])
            .filter(|machine| machine.tag.as_ref().is_some_and(|tag| tag.installation == installation))
            .filter(|machine| machine.accepted_at <= at && self.remembers(machine, now))
            .map(|machine| machine.seen(at))
            .collect()
    }

    /// The machine with this handle; `None` when there was none, or none for a long time.
    #[must_use]
    pub fn describe(&mut self, now: Timestamp, handle: &str) -> Option<Seen> {
        let now = self.advance(now);
        self.number(handle).map(|number| self.machines[number].seen(now))
    }

    /// All machines that were not gone at `at`, which is now or shortly past.
    #[must_use]
    pub fn list(&mut self, now: Timestamp, at: Timestamp) -> Vec<Seen> {
        self.advance(now);
        let there = |machine: &&Machine| machine.accepted_at <= at && machine.state(at) != State::Gone;
        let machines = self.remembered.iter().map(|number| &self.machines[*number]);
        machines.filter(there).map(|machine| machine.seen(at)).collect()
    }

    /// Begins to remove a machine. Does nothing more when that was asked before.
    ///
    /// # Errors
    /// [`CloudError::NotFound`]; [`CloudError::Internal`] while it resists.
    pub fn terminate(&mut self, now: Timestamp, handle: &str) -> Result<(), CloudError> {
        let now = self.advance(now);
        let number = self.number(handle).ok_or_else(|| not_found(handle))?;
        let takes = self.seed.of("machine").with(number as u64).of("remove").within(self.settings.remove);
        let machine = &mut self.machines[number];
        if machine.removal.is_some() || machine.state(now) == State::Gone {
            return Ok(());
        }
        if machine.resists > 0 {
            let until = *machine.resists_until.get_or_insert(Timestamp(now.0 + machine.resists));
            if now < until {
                return Err(CloudError::Internal(format!("{handle} could not be removed; try again later")));
            }
        }
        let gone_at = Timestamp(now.0 + takes);
        machine.removal = Some(Removal { asked_at: now, gone_at });
        self.agenda.insert((gone_at, number));
        Ok(())
    }

    /// Makes removing a machine fail for so many milliseconds from the next attempt on.
    ///
    /// # Errors
    /// [`CloudError::NotFound`].
    pub fn resist(&mut self, now: Timestamp, handle: &str, millis: i64) -> Result<(), CloudError> {
        self.advance(now);
        let number = self.number(handle).ok_or_else(|| not_found(handle))?;
        self.machines[number].resists = millis;
        Ok(())
    }

    /// Takes a machine away: after `notice` milliseconds, which is announced at once, or now when it is 0.
    ///
    /// # Errors
    /// [`CloudError::NotFound`].
    pub fn take_back(&mut self, now: Timestamp, handle: &str, notice: i64) -> Result<(), CloudError> {
        let now = self.advance(now);
        let number = self.number(handle).ok_or_else(|| not_found(handle))?;
        let message = format!("{} took the spot machine back", self.settings.name);
        let at = Timestamp(now.0 + notice);
        let machine = &mut self.machines[number];
        if machine.leaves.as_ref().is_none_or(|leaving| at < leaving.at) {
            machine.leaves = Some(Leaving { at, noticed_at: (notice > 0).then_some(now), message });
            self.agenda.extend([(now, number), (at, number)]);
        }
        Ok(())
    }

    /// Asks something of the environment on a machine.
    ///
    /// # Errors
    /// [`CloudError::NotFound`] when the machine is not there; [`CloudError::NotReady`] at the wrong moment.
    pub fn environment(&mut self, now: Timestamp, handle: &str, ask: &Ask) -> Result<Reply, CloudError> {
        let now = self.advance(now);
        let number = self.number(handle).ok_or_else(|| not_found(handle))?;
        let seed = self.seed.of("machine").with(number as u64);
        let machine = &mut self.machines[number];
        match machine.state(now) {
            State::Running => {}
            State::Pending => return Err(CloudError::NotReady(format!("{handle} is being made"))),
            State::Stopping | State::Gone => return Err(not_found(handle)),
        }
        let reply = environment::ask(machine, &self.settings, seed, ask, now)?;
        if matches!(ask, Ask::Start { .. } | Ask::Stop { .. }) {
            let changes = machine.job.iter().flat_map(job::Job::changes).filter(|at| *at > now);
            self.agenda.extend(changes.map(|at| (at, number)));
            self.agenda.insert((now, number));
        }
        Ok(reply)
    }

    /// Whether a machine can be had now.
    #[must_use]
    pub fn availability(&self, now: Timestamp, pool: &Pool) -> Availability {
        let now = now.max(self.now);
        let there = || {
            let machines = self.remembered.iter().map(|number| &self.machines[*number]);
            machines.filter(|machine| machine.state(now) != State::Gone)
        };
        let in_region = || there().filter(|machine| machine.pool.region == pool.region).count();
        if self.settings.quota.is_some_and(|quota| in_region() >= quota as usize) {
            return Availability::NoQuota;
        }
        let slots = self.slots_of(now, pool);
        if slots == 0
            || slots < u32::MAX && there().filter(|machine| machine.pool == *pool).count() >= slots as usize
        {
            return Availability::NotAvailable;
        }
        Availability::Available
    }

    fn slots_of(&self, now: Timestamp, pool: &Pool) -> u32 {
        if let Some(slots) = self.slots.get(pool) {
            return *slots;
        }
        let capacity = &self.settings.capacity;
        if capacity.least == u32::MAX {
            return u32::MAX;
        }
        let window = now.0.div_euclid(capacity.period.max(1)) as u64;
        let seed = self.seed.of("capacity").of(&pool.region).of(&pool.instance_type);
        let seed = seed.with(pool.spot.into()).with(window);
        if seed.of("dry").happens(capacity.dry) {
            return 0;
        }
        let drawn = seed.of("slots").between(capacity.least.into(), capacity.most.into());
        u32::try_from(drawn).unwrap_or(u32::MAX)
    }

    /// Sets how many machines of a kind there are, whatever the settings say; `None` = as they say.
    pub fn set_capacity(&mut self, pool: Pool, slots: Option<u32>) {
        match slots {
            Some(slots) => self.slots.insert(pool, slots),
            None => self.slots.remove(&pool),
        };
    }

    /// What the account has cost until `now`.
    #[must_use]
    pub fn bill(&self, now: Timestamp) -> Bill {
        Bill::of(&self.machines, now)
    }

    /// When something changes next without being asked to.
    #[must_use]
    pub fn next_change(&self) -> Option<Timestamp> {
        self.agenda.first().map(|(at, _)| *at)
    }

    /// The instances whose machines have changed until `now`; each change is told once.
    #[must_use]
    pub fn changed(&mut self, now: Timestamp) -> BTreeSet<InstanceId> {
        let now = self.advance(now);
        let mut changed = BTreeSet::new();
        while let Some((_, number)) = self.agenda.first().copied().filter(|(at, _)| *at <= now) {
            self.agenda.pop_first();
            changed.extend(self.machines[number].tag.as_ref().map(|tag| tag.id));
        }
        changed
    }

    /// Drawn for a machine when it is made; for faults that are its own.
    pub(super) fn draw_for_next(&self) -> Seed {
        self.seed.of("quirks").with(self.machines.len() as u64)
    }

    fn number(&self, handle: &str) -> Option<usize> {
        // Handles end in the number, in hexadecimal.
        let at = handle.len().checked_sub(4)?;
        let by_name = || self.machines.iter().position(|machine| machine.handle == handle);
        let number = usize::from_str_radix(handle.get(at..)?, 16).ok();
        let number =
            number.filter(|n| self.machines.get(*n).is_some_and(|m| m.handle == handle)).or_else(by_name)?;
        self.remembers(&self.machines[number], self.now).then_some(number)
    }

    fn remembers(&self, machine: &Machine, now: Timestamp) -> bool {
        machine.gone_at().is_none_or(|at| now.millis_since(at) < self.settings.remembers)
    }

    /// Sets the time, and forgets what is long gone.
    fn advance(&mut self, now: Timestamp) -> Timestamp {
        self.now = now.max(self.now);
        let now = self.now;
        while let Some(number) = self.remembered.first().copied() {
            if self.remembers(&self.machines[number], now) {
                break;
            }
            self.remembered.pop_first();
        }
        now
    }
}

fn not_found(handle: &str) -> CloudError {
    CloudError::NotFound(format!("machine {handle}"))
}

/// A map whose keys are no texts, as a list of pairs.
mod pairs {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Pool;

    pub(super) fn serialize<S: Serializer>(map: &BTreeMap<Pool, u32>, to: S) -> Result<S::Ok, S::Error> {
        map.iter().collect::<Vec<_>>().serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<Pool, u32>, D::Error> {
        Ok(Vec::<(Pool, u32)>::deserialize(from)?.into_iter().collect())
    }
}
