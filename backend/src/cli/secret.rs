//! `berth secret`: values that configurations name and nobody reads again.

use std::{
    ffi::OsStr,
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use berth_shared::{
    api::{Page, SECRET_VALUE_LIMIT, Secret, SetSecret},
    time::Timestamp,
};
use clap::Subcommand;
use clap_complete::{ArgValueCompleter, CompletionCandidate};

use super::{
    ask,
    client::{Access, Client, complete, part},
    failure::{Failure, finish},
    rotate_key,
    words::{Format, ago, print_list, say, table, visible},
};
use crate::clock::{Clock, SystemClock};

/// Arguments of `berth secret`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,

    #[command(flatten)]
    access: Access,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Gives a secret its value, which is asked for, or read from standard input. Configurations name it `${{ secrets.NAME }}`.
    Set {
        /// What configurations call it.
        #[arg(value_name = "NAME", add = ArgValueCompleter::new(complete_secrets))]
        name: String,

        /// The file that holds the value, to the letter; one line break at its end does not count.
        #[arg(short, long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
        file: Option<PathBuf>,
    },
    /// Lists secrets, without their values.
    #[command(visible_alias = "ls")]
    List {
        /// How to print the result.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Puts another key in the place of the one by which secrets, private keys of SSH hosts and values of variables are sealed, and seals
    /// them anew. Run where a server runs; servers go on meanwhile.
    RotateKey(rotate_key::Args),
    /// Removes a secret. What names it can no longer be launched.
    #[command(visible_alias = "remove")]
    Rm {
        /// Its name.
        #[arg(value_name = "NAME", add = ArgValueCompleter::new(complete_secrets))]
        name: String,
    },
}

/// Sets, lists and removes secrets.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    if let Action::RotateKey(args) = &args.action {
        return rotate_key::run(args);
    }
    finish(async {
        let client = args.access.client()?;
        match &args.action {
            Action::Set { name, file } => set(&client, name, file.as_deref()).await,
            Action::List { format } => list(&client, *format).await,
            // Has ended above: it asks no server.
            Action::RotateKey(_) => Ok(()),
            Action::Rm { name } => {
                client.delete(&format!("/secrets/{}", part(name))).await?;
                Ok(say!("Removed {}", visible(name))?)
            }
        }
    })
}

async fn set(client: &Client, name: &str, file: Option<&Path>) -> Result<(), Failure> {
    let value = match file {
        Some(file) => {
            let unreadable =
                |error: io::Error| Failure::Usage(format!("cannot read `{}`: {error}", file.display()));
            text(fs::File::open(file).map_err(unreadable)?).map_err(unreadable)?
        }
        None => asked_for(&format!("Value of {name}"))?,
    };
    if value.is_empty() {
        return Err(Failure::Usage("the value is empty; nothing was sent".to_owned()));
    }
    let set: Secret = client.put(&format!("/secrets/{}", part(name)), &SetSecret { value }).await?;
    Ok(say!("{name} is set; configurations name it ${{{{ secrets.{name} }}}}", name = visible(&set.name))?)
}

/// What somebody types unseen, or what comes by standard input.
pub(super) fn asked_for(what: &str) -> Result<String, Failure> {
    let text = if ask::somebody() { ask::secret(what) } else { text(io::stdin().lock()) };
    text.map_err(Failure::Read)
}

/// All of it, but for a line break at its end; no more than what the server takes, and a byte.
fn text(from: impl io::Read) -> io::Result<String> {
    let mut text = String::new();
    from.take(SECRET_VALUE_LIMIT as u64 + 2).read_to_string(&mut text)?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text)
}

async fn list(client: &Client, format: Format) -> Result<(), Failure> {
    let secrets = client.get::<Page<Secret>>("/secrets").await?.items;
    Ok(print_list(format, "secrets", &secrets, |secrets| listed(secrets, SystemClock.now()))?)
}

fn listed(secrets: &[Secret], now: Timestamp) -> String {
    if secrets.is_empty() {
        return "No secrets; `berth secret set NAME` makes one".to_owned();
    }
    let row = |secret: &Secret| vec![secret.name.clone(), ago(secret.set_at, now), visible(&secret.set_by)];
    table(&["NAME", "SET", "BY"], &secrets.iter().map(row).collect::<Vec<_>>())
}

fn complete_secrets(current: &OsStr) -> Vec<CompletionCandidate> {
    complete::<Secret>("/secrets", |secret| secret.name, current)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_listed_without_their_values() {
        let secret = |name: &str, set_at| Secret {
            name: name.to_owned(),
            set_by: "ann".to_owned(),
            set_at: Timestamp(set_at),
        };
        let secrets = [secret("hub_password", 0), secret("wandb", 60_000)];
        insta::assert_snapshot!(listed(&secrets, Timestamp(120_000)), @r"
        NAME          SET        BY
        hub_password  2 min ago  ann
        wandb         1 min ago  ann
        ");
        insta::assert_snapshot!(listed(&[], Timestamp(0)), @"No secrets; `berth secret set NAME` makes one");
    }

    #[test]
    fn a_value_is_read_to_the_letter_but_for_the_last_line_break() {
        for (bytes, value) in
            [("a b \n", "a b "), ("a\r\n", "a"), ("a\nb\n\n", "a\nb\n"), ("a", "a"), ("", "")]
        {
            assert_eq!(text(bytes.as_bytes()).expect("readable"), value);
        }
    }
}
