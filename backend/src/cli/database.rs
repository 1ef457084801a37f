//! `--database-url`

use crate::store::Address;

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
        value_parser = address
    )]
    database_url: Option<Address>,
}

impl DatabaseUrl {
    /// The address.
    pub(super) fn address(&self) -> Address {
        self.database_url.clone().unwrap_or_default()
    }
}

/// Never repeats the address: it may have a password in it.
fn address(url: &str) -> Result<Address, String> {
    match url.split_once(':') {
        Some(("sqlite", "" | "//")) => Ok(Address::DataDirectory),
        Some(("sqlite", _)) => {
            Err("SQLite's file is `berth.db` in the data directory; choose that with `--data-dir`".into())
        }
        Some(("postgres" | "postgresql", rest)) if rest.starts_with("//") => Ok(Address::Postgres(url.into())),
        _ => Err("no database has such an address; write `postgres://USER@HOST/NAME`, or leave this out to use SQLite \
                  in the data directory"
            .into()),
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
        for wrong in ["sqlite:/tmp/secret.db", "mysql://ann:secret@db", "secret", "postgres:secret"] {
            let told = address(wrong).expect_err("it is refused");
            assert!(!told.contains("secret"), "{told}");
        }
    }
}
