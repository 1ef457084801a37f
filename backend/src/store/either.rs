//! Tables that both databases keep in the same way.

use sqlx::{PgPool, SqlitePool};

/// One of the databases, which has been migrated.
#[derive(Clone, Debug)]
pub(crate) enum Either {
    /// Both are of one database; they may be the same.
    Sqlite {
        reader: SqlitePool,
        writer: SqlitePool,
    },
    Postgres(PgPool),
}

/// Does the same on either database: both read `$1`. What fails is said as for everything else that the database keeps.
macro_rules! on_either {
    ($store:expr, $side:ident, |$pool:ident| $work:expr) => {
        match &$store.database {
            $crate::store::Either::Sqlite { $side: $pool, .. } => {
                ($work).map_err($crate::store::StoreError::from)
            }
            $crate::store::Either::Postgres($pool) => ($work).map_err($crate::store::postgres_error),
        }
    };
}
pub(crate) use on_either;
