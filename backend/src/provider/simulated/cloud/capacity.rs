//! How many machines a cloud has: drawn anew for each while, so that they run out and come back.

use berth_shared::{catalog::Availability, time::Timestamp};

use super::{Cloud, Pool, State};

impl Cloud {
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
}

/// A map whose keys are no texts, as a list of pairs.
pub(super) mod pairs {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::super::Pool;

    pub(in super::super) fn serialize<S: Serializer>(
        map: &BTreeMap<Pool, u32>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        map.iter().collect::<Vec<_>>().serialize(to)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<BTreeMap<Pool, u32>, D::Error> {
        Ok(Vec::<(Pool, u32)>::deserialize(from)?.into_iter().collect())
    }
}
