//! `berth token`

use std::process::ExitCode;

use clap::Subcommand;

use super::{
    accounts::{Accounts, AccountsError, block_on},
    data_dir::DataDir,
    database::DatabaseUrl,
};

/// Arguments of `berth token`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    data_dir: DataDir,
    #[command(flatten)]
    database: DatabaseUrl,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Makes a token and prints it: it is shown this once.
    Create {
        /// What it is for.
        #[arg(default_value = "token")]
        name: String,
    },
    /// Lists the tokens, without their secrets.
    List,
    /// Makes a token worthless.
    Revoke {
        /// Its name.
        name: String,
    },
}

/// Makes, lists and revokes API tokens.
pub fn run(args: &Args) -> ExitCode {
    match block_on(act(args)) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            super::complain(&error);
            ExitCode::FAILURE
        }
    }
}

async fn act(args: &Args) -> Result<String, AccountsError> {
    let accounts = Accounts::open(&args.data_dir.resolve()?, &args.database.address()?).await?;
    let user = accounts.user();
    match &args.action {
        Action::Create { name } => match accounts.auth.create_api_token(user, name).await {
            Ok(token) => Ok(format!("{}\n", token.reveal())),
            Err(error) if error.is_taken() => Err(AccountsError::LabelTaken(name.clone())),
            Err(error) => Err(accounts.failed(error)),
        },
        Action::List => {
            let tokens = accounts.store.api_tokens().await.map_err(|error| accounts.failed(error))?;
            Ok(tokens.iter().map(|token| format!("{}\t{}\n", token.label, token.user)).collect())
        }
        Action::Revoke { name } => match accounts.store.revoke_api_token(user, name).await {
            Ok(Some(_)) => Ok(String::new()),
            Ok(None) => Err(AccountsError::NoLabel(name.clone())),
            Err(error) => Err(accounts.failed(error)),
        },
    }
}
