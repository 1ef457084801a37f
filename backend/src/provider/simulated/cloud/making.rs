//! How machines come to be: everything that will happen to one by itself is settled here.

use berth_shared::{api::InstanceId, catalog::Availability, time::Timestamp};

use super::{Cloud, CloudError, Leaving, Machine, Order, Pool, Quirks, Seed, Tag};

impl Cloud {
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
            gpus: order.gpu.as_ref().map_or(0, |(_, count)| *count),
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
}
