//! `berth token`

use std::process::ExitCode;

use berth_shared::api::{ApiToken, Role};
use clap::Subcommand;

use super::{
    accounts::{Accounts, AccountsError, block_on},
    data_dir::DataDir,
    database::DatabaseUrl,
    flags::seconds,
    words::moment,
};
use crate::{
    auth::NewApiToken,
    clock::{Clock as _, SystemClock},
    http::EXPIRES_IN,
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

        /// The most that it may do: viewer, member, manager or admin. Without, all that its owner may.
        #[arg(long, value_name = "ROLE")]
        role: Option<Role>,

        /// After what time it opens nothing more: `12h`, `30d`. Without, never.
        #[arg(long, value_name = "DURATION", value_parser = expiry)]
        expires: Option<i64>,
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
    let user = accounts.user().await?;
    let user = user.as_str();
    match &args.action {
        Action::Create { name, role, expires } => {
            let expires_at = expires.map(|seconds| SystemClock.now().plus_seconds(seconds));
            let new = NewApiToken { user, label: name, role: *role, expires_at };
            match accounts.auth.create_api_token(new).await {
                Ok(token) => {
                    let of = role.map_or_else(String::new, |role| format!(", {role} at most"));
                    accounts.record("token.create", name, Some(format!("of {user}{of}"))).await;
                    Ok(format!("{}\n", token.reveal()))
                }
                Err(error) if error.is_taken() => Err(AccountsError::LabelTaken(name.clone())),
                Err(error) => Err(accounts.failed(error)),
            }
        }
        Action::List => {
            let tokens = accounts.store.api_tokens().await.map_err(|error| accounts.failed(error))?;
            Ok(tokens.iter().map(line).collect())
        }
        Action::Revoke { name } => match accounts.store.revoke_api_token(user, name).await {
            Ok(true) => {
                accounts.record("token.revoke", name, Some(format!("of {user}"))).await;
                Ok(String::new())
            }
            Ok(false) => Err(AccountsError::NoLabel(name.clone())),
            Err(error) => Err(accounts.failed(error)),
        },
    }
}

/// After how long a token may expire, seconds.
fn expiry(text: &str) -> Result<i64, String> {
    let seconds = seconds(text)?;
    let fits = u32::try_from(seconds).is_ok_and(|seconds| EXPIRES_IN.contains(&seconds));
    if fits { Ok(seconds) } else { Err("a token expires after a minute to ten years".to_owned()) }
}

/// A token in the list: its name and owner, and its limits where it has any.
fn line(token: &ApiToken) -> String {
    let role = token.role.map(|role| format!("\t{role}")).unwrap_or_default();
    let until = token.expires_at.map(|at| format!("\tuntil {} UTC", moment(at))).unwrap_or_default();
    format!("{}\t{}{role}{until}\n", token.label, token.user)
}

#[cfg(test)]
mod tests {
    use berth_shared::time::Timestamp;

    use super::*;

    #[test]
    fn a_token_is_listed_with_its_limits() {
        let token = |role, expires_at| ApiToken {
            label: "ci".to_owned(),
            user: "admin".to_owned(),
            role,
            created_at: Timestamp(0),
            expires_at,
            last_used_at: None,
        };
        assert_eq!(line(&token(None, None)), "ci\tadmin\n");
        let limited = token(Some(Role::Viewer), Some(Timestamp(86_400_000)));
        assert_eq!(line(&limited), "ci\tadmin\tviewer\tuntil 1970-01-02 00:00:00 UTC\n");
    }

    #[test]
    fn a_token_expires_after_a_minute_to_ten_years() {
        assert_eq!(expiry("30d"), Ok(30 * 86_400));
        assert_eq!(expiry("1m"), Ok(60));
        for wrong in ["1s", "4000d", "soon", ""] {
            assert!(expiry(wrong).is_err(), "{wrong}");
        }
    }
}
