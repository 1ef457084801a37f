//! A list whose rows change one at a time.

use leptos::prelude::*;
use std::{
    cmp::Ordering,
    collections::{HashMap, HashSet},
    hash::Hash,
};

/// Rows by key: the list of keys is one signal, each row another, so that a change of one row redraws that
/// row and nothing else.
pub struct Rows<K: 'static, T: 'static> {
    order: RwSignal<Vec<K>>,
    /// Grows with every change of whatever row.
    version: RwSignal<u64>,
    cells: StoredValue<HashMap<K, Cell<T>>>,
    key: fn(&T) -> K,
    compare: fn(&T, &T) -> Ordering,
}

struct Cell<T: 'static> {
    row: ArcRwSignal<T>,
    /// That of the list when the row came to be as it is.
    version: u64,
}

impl<K: 'static, T: 'static> Clone for Rows<K, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K: 'static, T: 'static> Copy for Rows<K, T> {}

impl<K, T> Rows<K, T>
where
    K: Copy + Eq + Hash + Send + Sync + 'static,
    T: Clone + PartialEq + Send + Sync + 'static,
{
    /// No rows yet. `compare` orders them and must not depend on what changes in a row.
    #[must_use]
    pub fn new(key: fn(&T) -> K, compare: fn(&T, &T) -> Ordering) -> Self {
        Self {
            order: RwSignal::new(Vec::new()),
            version: RwSignal::new(0),
            cells: StoredValue::new(HashMap::new()),
            key,
            compare,
        }
    }

    /// The keys in order; tracks additions and removals only.
    #[must_use]
    pub fn keys(&self) -> Vec<K> {
        self.order.get()
    }

    /// How many rows there are; tracks additions and removals only.
    #[must_use]
    pub fn len(&self) -> usize {
        self.order.with(Vec::len)
    }

    /// Whether there is no row; tracks additions and removals only.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The row of this key, as a signal of its own.
    #[must_use]
    pub fn row(&self, key: K) -> Option<ArcRwSignal<T>> {
        self.cells.with_value(|cells| cells.get(&key).map(|cell| cell.row.clone()))
    }

    /// Shows the row of this key, untracked, with a number that is another one whenever the row is.
    pub fn peek<R>(&self, key: K, show: impl FnOnce(&T, u64) -> R) -> Option<R> {
        self.cells.with_value(|cells| {
            let Cell { row, version } = cells.get(&key)?;
            Some(row.with_untracked(|row| show(row, *version)))
        })
    }

    /// All rows in order; tracks every one of them.
    #[must_use]
    pub fn all(&self) -> Vec<T> {
        self.order.with(|order| order.iter().filter_map(|key| self.row(*key)).map(|row| row.get()).collect())
    }

    /// Shows each row in order; tracks all of them by one signal and copies none, so that sums over many rows are cheap.
    pub fn each(&self, mut show: impl FnMut(&T)) {
        self.track();
        self.peek_all(|row, _| show(row));
    }

    /// Tracks all rows by one signal and looks at none.
    pub fn track(&self) {
        self.version.track();
    }

    /// Shows each row in order, untracked, with a number that is another one whenever the row is: whoever makes something of every
    /// row need not do so anew for those that are as they were.
    pub fn peek_all(&self, mut show: impl FnMut(&T, u64)) {
        self.order.with_untracked(|order| {
            self.cells.with_value(|cells| {
                for Cell { row, version } in order.iter().filter_map(|key| cells.get(key)) {
                    row.with_untracked(|row| show(row, *version));
                }
            });
        });
    }

    /// How many rows a test accepts, tracked as in [`Rows::each`].
    pub fn count(&self, test: impl Fn(&T) -> bool) -> usize {
        let mut count = 0;
        self.each(|row| count += usize::from(test(row)));
        count
    }

    /// The first row that a test accepts; tracks every one up to it.
    pub fn find(&self, test: impl Fn(&T) -> bool) -> Option<T> {
        self.order.with(|order| {
            order.iter().filter_map(|key| self.row(*key)).find(|row| row.with(&test)).map(|row| row.get())
        })
    }

    /// Puts these rows in place of all.
    pub fn replace(&self, mut rows: Vec<T>) {
        berth_shared::order::sort_by(&mut rows, self.compare);
        let keys: Vec<K> = rows.iter().map(self.key).collect();
        let version = self.next_version();
        self.cells.update_value(|cells| {
            let there: HashSet<K> = keys.iter().copied().collect();
            cells.retain(|key, _| there.contains(key));
            for row in rows {
                put(cells, (self.key)(&row), row, version);
            }
        });
        if self.order.with_untracked(|order| *order != keys) {
            self.order.set(keys);
        }
        self.changed();
    }

    /// Adds a row, or changes the one of its key.
    pub fn upsert(&self, row: T) {
        let key = (self.key)(&row);
        let version = self.next_version();
        let Some(put) = self.cells.try_update_value(|cells| put(cells, key, row.clone(), version)) else {
            return;
        };
        if put == Put::Same {
            return;
        }
        if put == Put::New {
            self.order.update(|order| {
                let at = order.partition_point(|other| {
                    self.row(*other).is_some_and(|other| {
                        other.with_untracked(|other| (self.compare)(other, &row).is_lt())
                    })
                });
                order.insert(at, key);
            });
        }
        self.changed();
    }

    fn next_version(&self) -> u64 {
        self.version.with_untracked(|version| version + 1)
    }

    fn changed(&self) {
        self.version.update(|version| *version += 1);
    }

    /// Adds a row that was asked for, unless there is one of its key: the stream's is as new or newer.
    pub fn insert_missing(&self, row: T) {
        if self.row((self.key)(&row)).is_none() {
            self.upsert(row);
        }
    }

    /// Removes the row of this key.
    pub fn remove(&self, key: K) {
        if self.cells.try_update_value(|cells| cells.remove(&key).is_some()) == Some(true) {
            self.order.update(|order| order.retain(|other| *other != key));
            self.changed();
        }
    }
}

/// What became of a row that was put into its cell.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Put {
    New,
    Changed,
    Same,
}

fn put<K: Eq + Hash, T: PartialEq + Send + Sync + 'static>(
    cells: &mut HashMap<K, Cell<T>>,
    key: K,
    row: T,
    version: u64,
) -> Put {
    if let Some(cell) = cells.get_mut(&key) {
        if cell.row.with_untracked(|old| *old == row) {
            return Put::Same;
        }
        cell.version = version;
        cell.row.set(row);
        return Put::Changed;
    }
    cells.insert(key, Cell { row: ArcRwSignal::new(row), version });
    Put::New
}
