//! `berth login-link`

use std::process::ExitCode;

use super::{
    accounts::{Accounts, AccountsError, block_on},
    data_dir::{DataDir, Running},
    database::DatabaseUrl,
};
use crate::auth::PersonError;

/// Arguments of `berth login-link`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Who is to come in by it; an admin when absent.
    #[arg(long, value_name = "NAME")]
    person: Option<String>,

    #[command(flatten)]
    data_dir: DataDir,
    #[command(flatten)]
    database: DatabaseUrl,
}

/// Prints an address that signs in once, within the hour.
pub fn run(args: &Args) -> ExitCode {
    match block_on(make(args)) {
        Ok((link, running)) => {
            println!("{link}");
            if !running {
                eprintln!("note: no server runs on this data directory now; the link works once one does");
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            super::complain(&error);
            ExitCode::FAILURE
        }
    }
}

async fn make(args: &Args) -> Result<(String, bool), AccountsError> {
    let directory = args.data_dir.resolve()?;
    let accounts = Accounts::open(&directory, &args.database.address()?).await?;
    let person = match &args.person {
        Some(name) => match accounts.auth.person(name).await {
            Ok(person) => person.name,
            Err(PersonError::Store(source)) => return Err(accounts.failed(source)),
            Err(_) => return Err(AccountsError::NoPerson(name.clone())),
        },
        None => accounts.user().await?,
    };
    let token = accounts.auth.login_token(&person).await.map_err(|source| accounts.failed(source))?;
    accounts.record("person.link", &person, None).await;
    let running = Running::read(&directory).ok();
    let url = running.as_ref().map_or("http://127.0.0.1:8080", |running| running.url.as_str());
    Ok((login_link(url, &token), running.is_some()))
}

/// The address that signs in by `token`.
pub(super) fn login_link(url: &str, token: &crate::auth::Secret) -> String {
    link(url, token.reveal())
}

/// The same of a token that a server gave.
pub(super) fn link(url: &str, token: &str) -> String {
    format!("{url}/login?token={token}")
}
