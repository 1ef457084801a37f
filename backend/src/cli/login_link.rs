//! `berth login-link`

use std::process::ExitCode;

use super::{
    accounts::{Accounts, AccountsError, block_on},
    data_dir::{DataDir, Running},
    database::DatabaseUrl,
};

/// Arguments of `berth login-link`.
#[derive(Debug, clap::Args)]
pub struct Args {
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
    let token = accounts.auth.login_token(accounts.user()).await.map_err(|source| accounts.failed(source))?;
    let running = Running::read(&directory).ok();
    let url = running.as_ref().map_or("http://127.0.0.1:8080", |running| running.url.as_str());
    Ok((login_link(url, &token), running.is_some()))
}

/// The address that signs in by `token`.
pub(super) fn login_link(url: &str, token: &crate::auth::Secret) -> String {
    format!("{url}/login?token={}", token.reveal())
}
