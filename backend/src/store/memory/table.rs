//! Rows of one kind, who works on them, and which of them are due.

use std::collections::{BTreeMap, BTreeSet};

use berth_shared::time::Timestamp;
use uuid::Uuid;

use crate::store::{InstanceRow, JobRow, Lease, LeaseRequest, RunRow};

/// What rows of every kind have.
pub(super) trait Row: Clone {
    fn id(&self) -> Uuid;
    fn version(&self) -> u64;
    fn set_version(&mut self, version: u64);
    /// Whether nothing more happens to it.
    fn is_over(&self) -> bool;
    /// Whether who reaches only these backends may work on it.
    fn reachable(&self, backends: &[String]) -> bool;
}

impl Row for RunRow {
    fn id(&self) -> Uuid {
        self.run.id.0
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn set_version(&mut self, version: u64) {
        self.version = version;
    }

    fn is_over(&self) -> bool {
        self.run.status.is_finished()
    }

    fn reachable(&self, _backends: &[String]) -> bool {
        true
    }
}

impl Row for JobRow {
    fn id(&self) -> Uuid {
        self.id.0
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn set_version(&mut self, version: u64) {
        self.version = version;
    }

    fn is_over(&self) -> bool {
        self.status.is_finished()
    }

    fn reachable(&self, backends: &[String]) -> bool {
        match &self.backend {
            Some(backend) => backends.contains(backend),
            // Whoever reaches nothing cannot place it.
            None => !backends.is_empty(),
        }
    }
}

impl Row for InstanceRow {
    fn id(&self) -> Uuid {
        self.instance.id.0
    }

    fn version(&self) -> u64 {
        self.version
    }

    fn set_version(&mut self, version: u64) {
        self.version = version;
    }

    fn is_over(&self) -> bool {
        self.instance.status == berth_shared::api::InstanceStatus::Terminated
    }

    fn reachable(&self, backends: &[String]) -> bool {
        backends.contains(&self.instance.offer.backend)
    }
}

#[derive(Debug)]
struct Entry<T> {
    row: T,
    owner: Option<String>,
    token: i64,
    expires: Timestamp,
    next_due: Option<Timestamp>,
    wake: bool,
}

/// Rows by identifier.
#[derive(Debug)]
pub(super) struct Table<T> {
    rows: BTreeMap<Uuid, Entry<T>>,
    /// Woken rows, in the order in which they are leased.
    woken: BTreeSet<(Option<Timestamp>, Uuid)>,
    /// Rows with a time, woken or not.
    due: BTreeSet<(Timestamp, Uuid)>,
    /// Rows that somebody has.
    leased: BTreeSet<Uuid>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), woken: BTreeSet::new(), due: BTreeSet::new(), leased: BTreeSet::new() }
    }
}

impl<T: Row> Table<T> {
    pub(super) fn get(&self, id: Uuid) -> Option<&T> {
        self.rows.get(&id).map(|entry| &entry.row)
    }

    pub(super) fn token(&self, id: Uuid) -> Option<i64> {
        self.rows.get(&id).map(|entry| entry.token)
    }

    /// Whether a row may be written over what is there.
    pub(super) fn is_current(&self, row: &T) -> bool {
        match self.rows.get(&row.id()) {
            None => row.version() == 0,
            Some(there) => row.version() != 0 && there.row.version() == row.version(),
        }
    }

    /// Writes a row and gives what was there before; wakes it when told to, and when it is new.
    pub(super) fn put(&mut self, row: &T, wake: bool) -> Option<T> {
        let mut row = row.clone();
        row.set_version(row.version() + 1);
        let id = row.id();
        let Some(entry) = self.rows.get_mut(&id) else {
            let entry =
                Entry { row, owner: None, token: 0, expires: Timestamp(0), next_due: None, wake: true };
            self.rows.insert(id, entry);
            self.woken.insert((None, id));
            return None;
        };
        let before = std::mem::replace(&mut entry.row, row);
        if wake {
            self.wake(id);
        }
        Some(before)
    }

    pub(super) fn remove(&mut self, id: Uuid) -> Option<T> {
        let entry = self.rows.remove(&id)?;
        self.woken.remove(&(entry.next_due, id));
        if let Some(due) = entry.next_due {
            self.due.remove(&(due, id));
        }
        self.leased.remove(&id);
        Some(entry.row)
    }

    /// Wakes a row, if there is one.
    pub(super) fn wake(&mut self, id: Uuid) {
        if let Some(entry) = self.rows.get_mut(&id) {
            entry.wake = true;
            self.woken.insert((entry.next_due, id));
        }
    }

    fn set_due(&mut self, id: Uuid, next_due: Option<Timestamp>) {
        let Some(entry) = self.rows.get_mut(&id) else { return };
        let before = std::mem::replace(&mut entry.next_due, next_due);
        if let Some(before) = before {
            self.due.remove(&(before, id));
        }
        if let Some(due) = next_due {
            self.due.insert((due, id));
        }
        self.woken.remove(&(before, id));
        if entry.wake {
            self.woken.insert((next_due, id));
        }
    }

    pub(super) fn lease(&mut self, request: &LeaseRequest<'_>) -> Vec<Lease> {
        let LeaseRequest { queue, owner, backends, now, until, limit } = *request;
        let free = |id: &Uuid| {
            self.rows.get(id).is_some_and(|entry| entry.expires <= now && entry.row.reachable(backends))
        };
        let woken = self.woken.iter().map(|(_, id)| *id).filter(free);
        let due = self.due.iter().take_while(|(due, _)| *due <= now).map(|(_, id)| *id);
        let due = due.filter(|id| self.rows.get(id).is_some_and(|entry| !entry.wake)).filter(free);
        let ids: Vec<Uuid> = woken.chain(due).take(limit as usize).collect();
        let mut leases = Vec::with_capacity(ids.len());
        for id in ids {
            let Some(entry) = self.rows.get_mut(&id) else { continue };
            entry.owner = Some(owner.to_owned());
            entry.token += 1;
            entry.expires = until;
            entry.wake = false;
            leases.push(Lease { queue, id, token: entry.token });
            self.leased.insert(id);
            // A lease that is never given back is due when it has expired.
            self.set_due(id, Some(until));
        }
        leases
    }

    pub(super) fn release(&mut self, lease: &Lease, next_due: Option<Timestamp>) {
        let Some(entry) = self.rows.get_mut(&lease.id) else { return };
        if entry.token != lease.token {
            return;
        }
        entry.owner = None;
        entry.expires = Timestamp(0);
        self.leased.remove(&lease.id);
        self.set_due(lease.id, next_due);
    }

    pub(super) fn next_due(&self, backends: &[String]) -> Option<Timestamp> {
        let reachable = |id: &Uuid| self.rows.get(id).filter(|entry| entry.row.reachable(backends));
        let mut first: Option<Timestamp> = None;
        for (_, id) in &self.woken {
            let Some(entry) = reachable(id) else { continue };
            first = Some(first.map_or(entry.expires, |first| first.min(entry.expires)));
            if entry.expires <= Timestamp(0) {
                return first;
            }
        }
        for (due, id) in &self.due {
            if first.is_some_and(|first| first <= *due) {
                break;
            }
            let Some(entry) = reachable(id) else { continue };
            let due = entry.expires.max(*due);
            first = Some(first.map_or(due, |first| first.min(due)));
        }
        first
    }

    /// Ends the leases of whoever `of` says, and wakes their rows; gives how many.
    pub(super) fn end_leases(&mut self, of: impl Fn(&str) -> bool) -> u64 {
        self.end_leases_but(of, &[])
    }

    /// The same, except about these rows.
    pub(super) fn end_leases_but(&mut self, of: impl Fn(&str) -> bool, known: &[Uuid]) -> u64 {
        let ids: Vec<Uuid> = self.leased.iter().copied().filter(|id| !known.contains(id)).collect();
        let mut ended = 0;
        for id in ids {
            let Some(entry) = self.rows.get_mut(&id) else { continue };
            if entry.owner.as_deref().is_some_and(&of) {
                entry.owner = None;
                entry.expires = Timestamp(0);
                self.leased.remove(&id);
                self.wake(id);
                ended += 1;
            }
        }
        ended
    }

    /// Ends every lease and wakes every row, except those that are over.
    pub(super) fn take_over(&mut self) {
        let ids: Vec<Uuid> =
            self.rows.iter().filter(|(_, entry)| !entry.row.is_over()).map(|(id, _)| *id).collect();
        for id in ids {
            if let Some(entry) = self.rows.get_mut(&id) {
                entry.owner = None;
                entry.expires = Timestamp(0);
            }
            self.leased.remove(&id);
            self.wake(id);
        }
    }
}
