//! The account of a simulated cloud: a pure state machine. It has no clock, draws nothing but by its seed, and does no
//! I/O; whoever calls it says what time it is.

mod bill;
mod capacity;
mod environment;
mod job;
mod log;
mod machine;
mod making;
mod terminal;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use berth_shared::{api::InstanceId, time::Timestamp};
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
    #[serde(with = "capacity::pairs")]
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
                return Err(CloudError::Internal(format!(
                    "`{handle}` could not be removed; try again later"
                )));
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
