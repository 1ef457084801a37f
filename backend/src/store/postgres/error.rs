//! What PostgreSQL says, for people.

use sqlx::postgres::{PgDatabaseError, PgSeverity};

use crate::store::{OpenError, StoreError};

/// PostgreSQL's own word, when it is that.
fn from_postgres(error: &sqlx::Error) -> Option<&PgDatabaseError> {
    error.as_database_error()?.try_downcast_ref::<PgDatabaseError>()
}

/// PostgreSQL's code for an error: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
fn code(error: &sqlx::Error) -> Option<&str> {
    from_postgres(error).map(PgDatabaseError::code)
}

/// Whether the database has refused a transaction, all of it, only because of what others did at the same time.
pub(super) fn may_be_tried_again(error: &sqlx::Error) -> bool {
    // Serialisation failure, deadlock, lock timeout.
    matches!(code(error), Some("40001" | "40P01" | "55P03"))
}

/// In words that say what to do; `None` for what is nobody's doing but ours, and for what only PostgreSQL's log tells.
fn told(error: &sqlx::Error) -> Option<String> {
    let told = match error {
        sqlx::Error::Io(e) => {
            format!("PostgreSQL cannot be reached ({e}); see whether it runs and can be reached from here")
        }
        sqlx::Error::Tls(e) => {
            format!("PostgreSQL's certificate is not accepted ({e}); give its authority with `sslrootcert`")
        }
        sqlx::Error::PoolTimedOut => {
            "PostgreSQL does not answer in time, or all connections to it are in use".to_owned()
        }
        sqlx::Error::PoolClosed => "the server stops".to_owned(),
        // Where a connection breaks in the middle of a greeting, the client takes what is missing for a wrong answer.
        sqlx::Error::Protocol(_) => "the connection to PostgreSQL broke".to_owned(),
        error => told_by_code(code(error)?)?.to_owned(),
    };
    Some(told)
}

fn told_by_code(code: &str) -> Option<&'static str> {
    Some(match code {
        "53300" => "PostgreSQL takes no more connections; raise its `max_connections`, or run fewer servers",
        "57P01" | "57P02" | "57P03" => "PostgreSQL is starting or stopping; it is tried again",
        "25006" => {
            "PostgreSQL takes no writes here, as a standby does; let `--database-url` name the primary"
        }
        "28P01" | "28000" => {
            "PostgreSQL does not let this user in; look at the user and the password in `--database-url`, and at `pg_hba.conf`"
        }
        "3D000" => {
            "there is no such database in PostgreSQL; make it with `createdb`, or name another in `--database-url`"
        }
        "42501" => "this user may not do that in PostgreSQL; make it the owner of the database",
        "57014" => "PostgreSQL took too long for a statement, and gave up",
        "55P03" | "40001" | "40P01" => "others were at the same rows for too long; try again",
        code if code.starts_with("08") => "the connection to PostgreSQL broke",
        _ => return None,
    })
}

/// What is PostgreSQL's own trouble without being one that it has a code for. It ends a connection (`ended`) for things that
/// no statement can be to blame for; among them is, with a code that says nothing, a disk that is too full to begin on.
fn trouble(code: &str, ended: bool) -> Option<&'static str> {
    match code {
        code if code.starts_with("53") => {
            Some("PostgreSQL is short of something that it needs, such as memory; its log says of what")
        }
        code if code.starts_with("58") => {
            Some("PostgreSQL has trouble with its files; look at its log, and whether its disk is full")
        }
        _ if ended => {
            Some("PostgreSQL cannot serve connections; look at its log, and whether its disk is full")
        }
        _ => None,
    }
}

pub(crate) fn store_error(error: sqlx::Error) -> StoreError {
    // There is no room for it.
    if code(&error) == Some("53100") {
        return StoreError::DiskFull;
    }
    if let Some(told) = told(&error) {
        return StoreError::Unavailable(told);
    }
    let in_trouble = from_postgres(&error).and_then(|e| {
        let ended = matches!(e.severity(), PgSeverity::Fatal | PgSeverity::Panic);
        trouble(e.code(), ended).map(|told| (told, e.to_string()))
    });
    match in_trouble {
        Some((told, cause)) => {
            tracing::warn!(cause, "PostgreSQL is in trouble");
            StoreError::Unavailable(told.to_owned())
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_postgresqls_own_trouble_is_told_from_a_mistake_of_ours() {
        // "could not write init file" on a full disk: FATAL, with the code of an internal error.
        assert!(trouble("XX000", true).is_some_and(|told| told.contains("disk is full")));
        assert!(trouble("58030", false).is_some_and(|told| told.contains("files")));
        assert!(trouble("53200", false).is_some_and(|told| told.contains("memory")));
        for ours in ["XX000", "42703", "23505", "22P02"] {
            assert_eq!((told_by_code(ours), trouble(ours, false)), (None, None), "{ours}");
        }
    }
}
