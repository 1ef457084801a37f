//! `--database-url`

use std::{convert::Infallible, fmt};

use crate::store::{Address, OpenError};

/// Where what is remembered is kept.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct DatabaseUrl {
    /// PostgreSQL that servers share: `postgres://USER@HOST/NAME`; SQLite in the data directory when absent. Better in the
    /// environment than here when it has a password in it: others can see the arguments of a process.
    #[arg(
        long,
        value_name = "URL",
        env = "BERTH_DATABASE_URL",
        hide_env_values = true,
        value_parser = given
    )]
    database_url: Option<Given>,
}

/// An address as it was given. Looked at later: what is wrong with an argument is said with the argument, and this one may
/// have a password in it.
#[derive(Clone)]
struct Given(String);

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Given(…)")
    }
}

fn given(url: &str) -> Result<Given, Infallible> {
    Ok(Given(url.to_owned()))
}

impl DatabaseUrl {
    /// The address.
    ///
    /// # Errors
    /// [`OpenError::Address`], which does not repeat it.
    pub(super) fn address(&self) -> Result<Address, OpenError> {
        self.database_url.as_ref().map_or(Ok(Address::DataDirectory), |url| address(&url.0))
    }
}

fn address(url: &str) -> Result<Address, OpenError> {
    match url.split_once(':') {
        Some(("sqlite", "" | "//")) => Ok(Address::DataDirectory),
        Some(("sqlite", _)) => {
            let why = "SQLite's file is `berth.db` in the data directory, which `--data-dir` names";
            Err(OpenError::Address(why.to_owned()))
        }
        Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => {
            Ok(Address::Postgres(url.to_owned()))
        }
        _ => Err(OpenError::Address("no database has such an address".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_apart_and_their_passwords_kept() {
        assert!(matches!(address("sqlite:"), Ok(Address::DataDirectory)));
        let postgres = address("postgresql://ann:secret@db/berth").expect("an address");
        assert!(matches!(postgres, Address::Postgres(_)));
        assert!(!format!("{postgres:?}").contains("secret"));
        let wrong = ["sqlite:/tmp/secret.db", "mysql://ann:secret@db", "secret", "postgres:secret"];
        let told = wrong.map(|url| address(url).expect_err("it is refused").to_string());
        assert!(told.iter().all(|told| !told.contains("secret")), "{told:?}");
        insta::assert_snapshot!(told[1], @"the address in `--database-url` cannot be used: no database has such an address; write it as `postgres://USER:PASSWORD@HOST:PORT/NAME`, with other characters than letters and digits as `%` and their two hexadecimal digits");
    }
}
