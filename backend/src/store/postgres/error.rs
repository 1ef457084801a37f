//! What PostgreSQL says, for people.

use sqlx::postgres::PgDatabaseError;

use crate::store::{OpenError, StoreError};

/// PostgreSQL's code for an error: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
fn code(error: &sqlx::Error) -> Option<&str> {
    error.as_database_error()?.try_downcast_ref::<PgDatabaseError>().map(PgDatabaseError::code)
}

/// Whether it is PostgreSQL's own word.
pub(in crate::store) fn is_from(error: &sqlx::Error) -> bool {
    code(error).is_some()
}

/// Whether there is no room for it.
pub(in crate::store) fn is_full(error: &sqlx::Error) -> bool {
    code(error) == Some("53100")
}

/// Whether the database has refused a transaction, all of it, only because of what others did at the same time.
pub(super) fn may_be_tried_again(error: &sqlx::Error) -> bool {
    // Serialisation failure, deadlock, lock timeout.
    matches!(code(error), Some("40001" | "40P01" | "55P03"))
}

/// In words that say what to do; `None` for what is nobody's doing but ours.
pub(in crate::store) fn told(error: &sqlx::Error) -> Option<String> {
    let told = match error {
        sqlx::Error::Io(e) => format!("PostgreSQL cannot be reached ({e}); see whether it runs and can be reached from here"),
        sqlx::Error::Tls(e) => format!("PostgreSQL's certificate is not accepted ({e}); give its authority with `sslrootcert`"),
        sqlx::Error::PoolTimedOut => "PostgreSQL does not answer in time, or all connections to it are in use".to_owned(),
        sqlx::Error::PoolClosed => "the server stops".to_owned(),
        // Where a connection breaks in the middle of a greeting, the client takes what is missing for a wrong answer.
        sqlx::Error::Protocol(_) => "the connection to PostgreSQL broke".to_owned(),
        error => match code(error)? {
            "53300" => "PostgreSQL takes no more connections; raise its `max_connections`, or run fewer servers".to_owned(),
            "57P01" | "57P02" | "57P03" => "PostgreSQL is starting or stopping; it is tried again".to_owned(),
            "25006" => "PostgreSQL takes no writes here, as a standby does; let `--database-url` name the primary".to_owned(),
            "28P01" | "28000" => "PostgreSQL does not let this user in; look at the user and the password in `--database-url`, and at `pg_hba.conf`".to_owned(),
            "3D000" => "there is no such database in PostgreSQL; make it with `createdb`, or name another in `--database-url`".to_owned(),
            "42501" => "this user may not do that in PostgreSQL; make it the owner of the database".to_owned(),
            "57014" => "PostgreSQL took too long for a statement, and gave up".to_owned(),
            "55P03" | "40001" | "40P01" => "others were at the same rows for too long; try again".to_owned(),
            code if code.starts_with("08") => "the connection to PostgreSQL broke".to_owned(),
            _ => return None,
        },
    };
    Some(told)
}

pub(in crate::store) fn store_error(error: sqlx::Error) -> StoreError {
    if is_full(&error) {
        return StoreError::DiskFull;
    }
    match told(&error) {
        Some(told) => StoreError::Unavailable(told),
        None => StoreError::Database(error),
    }
}

/// The same when the server starts; never with the password.
pub(in crate::store) fn open_error(database: &str, error: &sqlx::Error) -> OpenError {
    let cause = told(error).unwrap_or_else(|| {
        error.as_database_error().map_or_else(|| error.to_string(), |e| e.message().to_owned())
    });
    OpenError::Database { database: database.to_owned(), cause }
}
