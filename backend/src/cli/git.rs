//! `berth git`: what runs are let in by when they clone private repositories.

use std::{ffi::OsStr, process::ExitCode};

use berth_shared::{
    api::{GIT_USERNAME, GitLogin, Page, SetGitLogin},
    time::Timestamp,
};
use clap::Subcommand;
use clap_complete::{ArgValueCompleter, CompletionCandidate};

use super::{
    client::{Access, complete, part},
    failure::{Failure, finish},
    secret,
    words::{Format, ago, print_list, say, table, visible},
};
use crate::clock::{Clock, SystemClock};

/// Arguments of `berth git`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,

    #[command(flatten)]
    access: Access,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Sets a login, whose password or token is asked for, or read from standard input. Runs that clone from the host are let in by it.
    Set {
        /// The host: `github.com`, `git.example:8443`; `http://git.lan:3000` where it is reached in the open.
        #[arg(value_name = "HOST", add = ArgValueCompleter::new(complete_hosts))]
        host: String,

        /// The user's name. With a token as the password most hosts take any.
        #[arg(value_name = "USERNAME", default_value = GIT_USERNAME)]
        username: String,
    },
    /// Lists logins, without their passwords.
    #[command(visible_alias = "ls")]
    List {
        /// How to print the result.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Removes a login.
    #[command(visible_alias = "remove")]
    Rm {
        /// Its host.
        #[arg(value_name = "HOST", add = ArgValueCompleter::new(complete_hosts))]
        host: String,
    },
}

/// Sets, lists and removes logins.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    finish(async {
        let client = args.access.client()?;
        match &args.action {
            Action::Set { host, username } => {
                let password = secret::asked_for(&format!("Password or token for {host}"))?;
                if password.is_empty() {
                    return Err(Failure::Usage("the password is empty; nothing was sent".to_owned()));
                }
                let login = SetGitLogin { username: username.clone(), password };
                let set: GitLogin = client.put(&format!("/git/{}", part(host)), &login).await?;
                Ok(say!("Runs that clone from {} are let in by it from now on", visible(&set.host))?)
            }
            Action::List { format } => {
                let logins = client.get::<Page<GitLogin>>("/git").await?.items;
                Ok(print_list(*format, "logins", &logins, |logins| listed(logins, SystemClock.now()))?)
            }
            Action::Rm { host } => {
                client.delete(&format!("/git/{}", part(host))).await?;
                Ok(say!("Removed the login for {}", visible(host))?)
            }
        }
    })
}

fn listed(logins: &[GitLogin], now: Timestamp) -> String {
    let row = |login: &GitLogin| vec![visible(&login.host), visible(&login.set_by), ago(login.set_at, now)];
    table(&["HOST", "SET BY", "SET"], &logins.iter().map(row).collect::<Vec<_>>())
}

fn complete_hosts(current: &OsStr) -> Vec<CompletionCandidate> {
    complete::<GitLogin>("/git", |login| login.host, current)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_listed_without_what_they_are() {
        let login = GitLogin { host: "github.com".into(), set_by: "ann".into(), set_at: Timestamp(0) };
        insta::assert_snapshot!(listed(&[login], Timestamp(120_000)), @r"
        HOST        SET BY  SET
        github.com  ann     2 min ago
        ");
    }
}
