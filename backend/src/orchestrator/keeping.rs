//! What people do with pools and the instances in them.

use berth_shared::{
    api::{AddInstance, Instance, InstanceId, InstanceStatus, KeepInstance, Orphan, Pool, RemoveInstance},
    config::check_in,
    time::Timestamp,
};

use super::{
    Service, ServiceError,
    core::Core,
    events,
    machine::RETRY_SECONDS,
    placement::{self, take_offer},
    planning,
    service::{ATTEMPTS, whole},
    settings,
    submission::new_pool,
};
use crate::store::{Change, CommitError, InstanceDesired, InstanceRow, Model, NewEvent, Order, Queue};

/// How long an instance that was added is kept when nobody says, in seconds: 3 days (`spec/dstack-0.18.md` §5).
const ADDED_IDLE_SECONDS: i64 = 3 * 24 * 3600;
/// For how long one that was added is tried again when `retry_policy` gives no duration, in seconds: 24 hours (§5).
const ADDED_RETRY_SECONDS: i64 = 24 * RETRY_SECONDS;
/// The longest that an instance can be kept by one request, in seconds.
pub(super) const KEEP_MOST: i64 = 30 * 24 * 3600;
/// Words for the names of instances that were added without one.
const ADDED: &str = "added";

impl Service {
    /// The project's pools by name.
    ///
    /// # Errors
    /// Only [`ServiceError::Internal`].
    pub async fn pools(&self) -> Result<Vec<Pool>, ServiceError> {
        Ok(self.core().storage.pools(self.project()).await?)
    }

    /// Makes a pool.
    ///
    /// # Errors
    /// [`ServiceError::PoolNameInvalid`]; [`ServiceError::PoolExists`].
    pub async fn create_pool(&self, actor: &str, name: &str) -> Result<Pool, ServiceError> {
        if !Pool::is_name(name) {
            return Err(ServiceError::PoolNameInvalid(name.to_owned()));
        }
        if self.pools().await?.iter().any(|pool| pool.name == name) {
            return Err(ServiceError::PoolExists(name.to_owned()));
        }
        let now = self.core().now();
        let pool = new_pool(self.project(), name, now);
        let events = vec![self.about_pool(format!("`{actor}` made the pool `{name}`"), actor, now)];
        write(self.core(), Change { pools: vec![pool.clone()], events, ..Change::default() }).await?;
        Ok(pool)
    }

    /// Makes a pool the one that runs use which name none.
    ///
    /// # Errors
    /// [`ServiceError::PoolNotFound`].
    pub async fn set_default_pool(&self, actor: &str, name: &str) -> Result<Pool, ServiceError> {
        let mut pool = self.pool(name).await?;
        let now = self.core().now();
        pool.default = true;
        let events = vec![self.about_pool(format!("`{actor}` made `{name}` the default pool"), actor, now)];
        write(self.core(), Change { pools: vec![pool.clone()], events, ..Change::default() }).await?;
        Ok(pool)
    }

    /// Removes a pool; with `force` its instances, too, which interrupts what runs on them. The pool itself goes once they
    /// are gone: until then this is refused, and to be asked again.
    ///
    /// # Errors
    /// [`ServiceError::PoolNotFound`]; [`ServiceError::PoolIsDefault`]; [`ServiceError::PoolNotEmpty`].
    pub async fn delete_pool(&self, actor: &str, name: &str, force: bool) -> Result<(), ServiceError> {
        let pool = self.pool(name).await?;
        if pool.default {
            return Err(ServiceError::PoolIsDefault(name.to_owned()));
        }
        let now = self.core().now();
        let events = vec![self.about_pool(format!("`{actor}` removed the pool `{name}`"), actor, now)];
        let delete_pool = Some((self.project().to_owned(), name.to_owned()));
        let change = Change { delete_pool, events, ..Change::default() };
        for _ in 0..ATTEMPTS {
            let rows = self.core().storage.active_instances().await?;
            let here =
                |row: &InstanceRow| row.instance.project == self.project() && row.instance.pool == name;
            let inside: Vec<InstanceRow> = rows.into_iter().filter(here).collect();
            if inside.is_empty() {
                match self.core().commit(&change).await {
                    Ok(()) => return Ok(()),
                    // An instance has come to it meanwhile, or somebody else has removed it.
                    Err(CommitError::Stale) => {
                        self.pool(name).await?;
                        continue;
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            if force {
                for row in &inside {
                    self.remove_instance(actor, row.instance.id, RemoveInstance { force, forget: false })
                        .await?;
                }
            }
            return Err(ServiceError::PoolNotEmpty {
                name: name.to_owned(),
                instances: inside.len(),
                removing: force,
            });
        }
        Err(ServiceError::Unavailable(format!("the pool `{name}` changes too fast to be removed; try again")))
    }

    /// Adds an instance to a pool without a run.
    ///
    /// # Errors
    /// As for a run; [`ServiceError::PoolNotFound`]; [`ServiceError::CannotKeep`] when no backend keeps instances
    /// without a run.
    pub async fn add_instance(
        &self,
        actor: &str,
        pool: &str,
        request: AddInstance,
    ) -> Result<Instance, ServiceError> {
        let service = self.clone();
        let (actor, pool) = (actor.to_owned(), pool.to_owned());
        whole(async move { service.add(&actor, &pool, request).await }).await
    }

    async fn add(&self, actor: &str, pool: &str, request: AddInstance) -> Result<Instance, ServiceError> {
        let core = self.core();
        self.pool(pool).await?;
        let checked = check_in(&request.configuration, settings::reading(core, self.project()).await?, None);
        let valid = checked.is_valid();
        let Some(mut configuration) = checked.configuration.filter(|_| valid) else {
            return Err(ServiceError::InvalidConfiguration(checked.diagnostics));
        };
        // It is to be made, whatever waits already.
        configuration.creation_policy = None;
        configuration.pool_name = Some(pool.to_owned());
        let name = configuration.instance_name.take();
        let retry = planning::retry_seconds(&configuration, ADDED_RETRY_SECONDS);
        let model = Model { configuration, written: checked.written };
        let mut planned = planning::plan(core, self.project(), &model).await?;
        let fits = !planned.offers.is_empty();
        planned.offers.retain(|planned| {
            core.provider(&planned.offer.backend).is_ok_and(|provider| provider.keeps_idle())
        });
        let agreed = request.agreed_price.unwrap_or(f64::INFINITY);
        let usable =
            planned.offers.iter().find(|p| p.offer.availability.is_usable() && p.offer.price <= agreed);
        let Some(likely) = usable.or(planned.offers.first().filter(|_| retry.is_some())).cloned() else {
            return Err(match planned.offers.first() {
                None if fits => ServiceError::CannotKeep,
                _ => ServiceError::NoOffers(planned.refusals),
            });
        };
        let now = core.now();
        let provider = core
            .provider(&likely.offer.backend)
            .map_err(|failure| ServiceError::Unavailable(failure.message().to_owned()))?;
        let kept = placement::idle_seconds(&model.configuration, provider.as_ref(), ADDED_IDLE_SECONDS);
        let id = InstanceId(core.new_id());
        let short = id.to_string();
        let name = name.unwrap_or_else(|| format!("{ADDED}-{}", short.get(..6).unwrap_or(&short)));
        let placed = usable.is_some();
        let place = (self.project().to_owned(), pool.to_owned());
        let mut row = placement::new_instance(id, name, actor.to_owned(), place, &likely, kept, now);
        row.order = Some(Order {
            model,
            agreed_price: request.agreed_price,
            placed: false,
            tried: Vec::new(),
            retry_until: retry.map(|seconds| now.plus_seconds(seconds)),
            retry_at: None,
            rounds: 0,
        });
        if placed {
            take_offer(&mut row, &likely);
        }
        let told = format!("`{actor}` added it to the pool `{pool}`");
        let events = events::instance_by(None, &row, Some(told), Some(actor), now).into_iter().collect();
        let added = row.instance.clone();
        write(core, Change { instances: vec![row], events, ..Change::default() }).await?;
        Ok(added)
    }

    /// Has an instance removed.
    ///
    /// # Errors
    /// [`ServiceError::InstanceNotFound`]; [`ServiceError::InstanceBusy`] without `force`;
    /// [`ServiceError::InstanceNotStuck`] with `forget` when removing it has not failed.
    pub async fn remove_instance(
        &self,
        actor: &str,
        id: InstanceId,
        request: RemoveInstance,
    ) -> Result<Instance, ServiceError> {
        self.change_instance(
            id,
            |row, now| {
                let name = || row.instance.name.clone();
                let mut after = row.clone();
                if request.forget {
                    let stuck =
                        row.instance.status == InstanceStatus::Terminating && row.failing_since.is_some();
                    if !stuck {
                        return Err(ServiceError::InstanceNotStuck(name()));
                    }
                    after.desired = InstanceDesired::Forgotten;
                    let told = format!("`{actor}` writes it off; it may still cost money");
                    return Ok(Some((after, told, now)));
                }
                if row.instance.status == InstanceStatus::Terminated {
                    return Err(ServiceError::InstanceNotFound(id.to_string()));
                }
                if row.job_id.is_some()
                    && row.instance.status != InstanceStatus::Terminating
                    && !request.force
                {
                    return Err(ServiceError::InstanceBusy(name()));
                }
                if row.desired != InstanceDesired::There || row.instance.status == InstanceStatus::Terminating
                {
                    return Ok(None);
                }
                after.desired = InstanceDesired::Gone;
                Ok(Some((after, format!("`{actor}` removes it"), now)))
            },
            actor,
        )
        .await
    }

    /// Moves the moment when an idle instance stops by itself; never to an earlier one.
    ///
    /// # Errors
    /// [`ServiceError::InstanceNotFound`]; [`ServiceError::InstanceNotIdle`]; [`ServiceError::KeepTooLong`].
    pub async fn keep_instance(
        &self,
        actor: &str,
        id: InstanceId,
        request: KeepInstance,
    ) -> Result<Instance, ServiceError> {
        if !(1..=KEEP_MOST).contains(&request.seconds) {
            return Err(ServiceError::KeepTooLong(request.seconds));
        }
        self.change_instance(
            id,
            |row, now| {
                if row.instance.status != InstanceStatus::Idle {
                    return Err(ServiceError::InstanceNotIdle(row.instance.name.clone()));
                }
                let at = now.plus_seconds(request.seconds);
                match row.instance.idle_stop_at {
                    Some(before) if before < at => {}
                    // It is kept for at least as long as that already.
                    _ => return Ok(None),
                }
                let mut after = row.clone();
                after.instance.idle_stop_at = Some(at);
                after.instance.kept_by = Some(actor.to_owned());
                Ok(Some((after, format!("`{actor}` keeps it for longer"), now)))
            },
            actor,
        )
        .await
    }

    /// The instance with this identifier, gone or not.
    ///
    /// # Errors
    /// [`ServiceError::InstanceNotFound`].
    pub async fn instance(&self, id: InstanceId) -> Result<Instance, ServiceError> {
        Ok(self.instance_row(id).await?.instance)
    }

    /// What sweeps found.
    ///
    /// # Errors
    /// Only [`ServiceError::Internal`].
    pub async fn orphans(&self) -> Result<Vec<Orphan>, ServiceError> {
        Ok(self.core().storage.orphans().await?)
    }

    /// Decides about an orphan of ours: it stays, or goes at the next sweep.
    ///
    /// # Errors
    /// [`ServiceError::OrphanNotFound`]; [`ServiceError::OrphanNotOurs`].
    pub async fn decide_orphan(
        &self,
        actor: &str,
        backend: &str,
        handle: &str,
        keep: bool,
    ) -> Result<Orphan, ServiceError> {
        let orphans = self.orphans().await?;
        let found = orphans.into_iter().find(|o| o.backend == backend && o.handle == handle);
        let Some(mut orphan) = found.filter(|orphan| orphan.gone_at.is_none()) else {
            return Err(ServiceError::OrphanNotFound(handle.to_owned()));
        };
        if !orphan.ours {
            return Err(ServiceError::OrphanNotOurs(handle.to_owned()));
        }
        let now = self.core().now();
        orphan.remove_at = if keep { None } else { Some(now) };
        let told =
            if keep { format!("is kept, says `{actor}`") } else { format!("is to go, says `{actor}`") };
        let events = vec![events::orphan(&orphan, &told, now)];
        write(self.core(), Change { orphans: vec![orphan.clone()], events, ..Change::default() }).await?;
        Ok(orphan)
    }

    /// What belongs to another project is not there.
    async fn instance_row(&self, id: InstanceId) -> Result<InstanceRow, ServiceError> {
        let found = self.core().storage.instance(id).await?.map(|(row, _)| row);
        let found = found.filter(|row| row.instance.project == self.project());
        found.ok_or_else(|| ServiceError::InstanceNotFound(id.to_string()))
    }

    fn about_pool(&self, message: String, actor: &str, now: Timestamp) -> NewEvent {
        events::pool(message, actor, now).in_project(self.project())
    }

    async fn pool(&self, name: &str) -> Result<Pool, ServiceError> {
        let pools = self.pools().await?;
        pools
            .into_iter()
            .find(|pool| pool.name == name)
            .ok_or_else(|| ServiceError::PoolNotFound(name.to_owned()))
    }

    /// Changes a row as people want it, however often others are quicker. `None` = it is so already.
    async fn change_instance(
        &self,
        id: InstanceId,
        wanted: impl Fn(&InstanceRow, Timestamp) -> Result<Option<(InstanceRow, String, Timestamp)>, ServiceError>,
        actor: &str,
    ) -> Result<Instance, ServiceError> {
        for _ in 0..ATTEMPTS {
            let row = self.instance_row(id).await?;
            let Some((after, told, now)) = wanted(&row, self.core().now())? else { return Ok(row.instance) };
            let event = events::instance_by(Some(&row), &after, Some(told), Some(actor), now);
            let instance = after.instance.clone();
            let change = Change {
                events: event.into_iter().collect(),
                instances: vec![after],
                wakes: vec![(Queue::Instances, id.0)],
                ..Change::default()
            };
            match self.core().commit(&change).await {
                Ok(()) => return Ok(instance),
                Err(CommitError::Stale) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(ServiceError::Unavailable(format!("instance `{id}` changes too fast; try again")))
    }
}

async fn write(core: &Core, change: Change) -> Result<(), ServiceError> {
    core.commit(&change).await.map_err(ServiceError::from)
}
