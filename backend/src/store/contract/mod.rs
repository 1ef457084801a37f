//! What every database promises, as tests that run on each of them.

mod activity;
mod audit;
mod changes;
pub(in crate::store) mod cluster;
mod code;
mod events;
mod faults;
mod kept;
mod leases;
mod limits;
mod lists;
mod long_log;
mod people;
mod pools;
mod processes;
mod projects;
mod property;
mod retention;
pub(crate) mod sample;
mod sealed;
mod upgrades;
mod webhooks;

use std::sync::Arc;

use sqlx::Connection as _;
use uuid::Uuid;

use super::{
    Change, MemoryDatabase, Storage, Store, Whole, open,
    postgres::{Postgres, migrations},
    tests::Folder,
};
use crate::auth::Ended;

/// An empty database that goes with the test.
pub(super) enum Bed {
    Memory(MemoryDatabase),
    Sqlite {
        /// Kept open, as its server would.
        store: Store,
        _folder: Folder,
    },
    Postgres(cluster::Database),
}

impl Bed {
    pub(super) async fn memory() -> Option<Self> {
        Some(Self::Memory(MemoryDatabase::new(Uuid::from_u128(7))))
    }

    pub(super) async fn sqlite() -> Option<Self> {
        let folder = Folder::new();
        let store = open(&folder.0).await.expect("it opens");
        Some(Self::Sqlite { store, _folder: folder })
    }

    pub(super) async fn postgres() -> Option<Self> {
        let cluster = cluster::Cluster::get()?;
        // Copying a database is quicker than making its tables, and another set of tables is another database.
        let migrations = migrations();
        let checksums = migrations.iter().flat_map(|migration| migration.checksum.iter());
        let name =
            format!("berth_{:08x}", checksums.fold(0_u32, |sum, &byte| sum.rotate_left(5) ^ u32::from(byte)));
        if let Some((url, _lock)) = cluster.to_make(&name) {
            let mut connection = sqlx::PgConnection::connect(&url).await.expect("it opens");
            migrations.run(&mut connection).await.expect("the tables are made");
            connection.close().await.expect("closed");
        }
        Some(Self::Postgres(cluster.copy(&name)))
    }

    /// The database for one more process; for SQLite always the same one, since there can be no other.
    pub(super) async fn store(&self) -> Arc<dyn Storage> {
        match self {
            Self::Memory(database) => Arc::new(database.handle()),
            Self::Sqlite { store, .. } => store.storage(),
            Self::Postgres(database) => {
                let opened = Postgres::open(&database.url, None, Ended::default()).await;
                Arc::new(opened.expect("it opens"))
            }
        }
    }

    /// Lets a process be silent for so many seconds more, where that is told by the database's own clock.
    async fn silence(&self, owner: &str, seconds: u32) {
        match self {
            Self::Memory(_) | Self::Sqlite { .. } => {}
            Self::Postgres(database) => {
                let pool = sqlx::PgPool::connect(&database.url).await.expect("it opens");
                let sql =
                    "UPDATE replicas SET heard_at = heard_at - make_interval(secs => $2) WHERE owner = $1";
                let moved = sqlx::query(sql).bind(owner).bind(f64::from(seconds)).execute(&pool).await;
                moved.expect("it is written");
            }
        }
    }
}

/// Makes a test of each function for each database.
macro_rules! on_every_store {
    ($($test:ident),* $(,)?) => {
        $crate::store::contract::tests_on!(memory $($test)*);
        $crate::store::contract::tests_on!(sqlite $($test)*);
        $crate::store::contract::tests_on!(postgres $($test)*);
    };
}

/// The same for what only happens where several processes share a database.
macro_rules! on_every_shared_store {
    ($($test:ident),* $(,)?) => {
        mod shared {
            $(use super::$test;)*
            $crate::store::contract::tests_on!(memory $($test)*);
            $crate::store::contract::tests_on!(postgres $($test)*);
        }
    };
}

macro_rules! tests_on {
    ($store:ident $($test:ident)*) => {
        mod $store {
            $(
                #[tokio::test]
                async fn $test() {
                    if let Some(bed) = $crate::store::contract::Bed::$store().await {
                        super::$test(bed).await;
                    }
                }
            )*
        }
    };
}

use {on_every_shared_store, on_every_store, tests_on};

/// Commits what cannot fail.
async fn commit(store: &Arc<dyn Storage>, change: Change) -> u64 {
    store.commit(&change).await.expect("it is written")
}

/// A run that must be there, with what belongs to it.
async fn whole(store: &Arc<dyn Storage>, n: u32) -> Whole {
    store.whole(sample::run_id(n)).await.expect("it is read").expect("it is there")
}
