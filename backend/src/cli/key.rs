//! `berth key`: the SSH keys of the account.

use std::{
    ffi::OsStr,
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use berth_shared::{
    api::{AddSshKey, Page, SshKey},
    time::Timestamp,
};
use clap::Subcommand;
use clap_complete::{ArgValueCompleter, CompletionCandidate};

use super::{
    client::{Access, Client, complete, part},
    failure::{Failure, finish},
    words::{Format, ago, print_list, say, table, visible},
};
use crate::{
    auth::{PublicKeyError, PublicKeyText},
    clock::{Clock, SystemClock},
};

/// The longest file that is read, bytes.
const LONGEST: u64 = 64 * 1024;

/// Arguments of `berth key`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,

    #[command(flatten)]
    access: Access,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Adds a public key: from then on its owner comes in over SSH.
    Add {
        /// The file that ends in `.pub`, or `-` for standard input; the one in `~/.ssh` when absent.
        #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
        file: Option<PathBuf>,

        /// What to call it; else the comment at its end.
        #[arg(short, long)]
        name: Option<String>,
    },
    /// Lists your keys.
    #[command(visible_alias = "ls")]
    List {
        /// How to print the result.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Removes a key. Connections that were opened with it end.
    #[command(visible_alias = "remove")]
    Rm {
        /// Its name or fingerprint, as `berth key list` shows them.
        #[arg(value_name = "KEY", add = ArgValueCompleter::new(complete_keys))]
        key: String,
    },
}

/// Adds, lists and removes SSH keys.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    finish(async {
        match &args.action {
            Action::Add { file, name } => add(&args.access, file.as_deref(), name.clone()).await,
            Action::List { format } => list(&args.access.server()?, *format).await,
            Action::Rm { key } => remove(&args.access.server()?, key).await,
        }
    })
}

async fn add(access: &Access, file: Option<&Path>, label: Option<String>) -> Result<(), Failure> {
    let found;
    let file = match file {
        Some(file) => file,
        None => {
            found = own_key(std::env::home_dir().as_deref())?;
            &found
        }
    };
    let text = read(file)?;
    // Looked at here first: a private key does not leave this machine.
    let key = PublicKeyText::parse(&text).map_err(|error| Failure::Usage(unsuitable(file, &error)))?;
    let public_key = if key.comment.is_empty() { key.text } else { format!("{} {}", key.text, key.comment) };
    let added: SshKey = access.server()?.post("/keys", &AddSshKey { public_key, label }).await?;
    Ok(say!("Added {} ({})", visible(&added.label), added.fingerprint)?)
}

/// Why a file will not do, and which would.
fn unsuitable(file: &Path, error: &PublicKeyError) -> String {
    let mut beside = file.as_os_str().to_owned();
    beside.push(".pub");
    match error {
        PublicKeyError::Private if Path::new(&beside).is_file() => format!(
            "`{}` holds a private key, which nobody else should see: nothing was sent; give `{}`",
            file.display(),
            Path::new(&beside).display()
        ),
        _ => format!("`{}` cannot be added: {error}", file.display()),
    }
}

fn read(file: &Path) -> Result<String, Failure> {
    let unreadable = |error: io::Error| Failure::Usage(format!("cannot read `{}`: {error}", file.display()));
    let mut bytes = Vec::new();
    if file == Path::new("-") {
        io::stdin().take(LONGEST).read_to_end(&mut bytes).map_err(unreadable)?;
    } else {
        fs::File::open(file)
            .and_then(|file| file.take(LONGEST).read_to_end(&mut bytes))
            .map_err(unreadable)?;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The one public key in `~/.ssh` under a name that `ssh` itself looks for.
fn own_key(home: Option<&Path>) -> Result<PathBuf, Failure> {
    let folder = home.unwrap_or(Path::new("/")).join(".ssh");
    let mut found: Vec<PathBuf> = fs::read_dir(&folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("id_") && name.ends_with(".pub") && !name.ends_with("-cert.pub")
        })
        .collect();
    found.sort();
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(Failure::Usage(format!(
            "there is no public key in `{}`; `ssh-keygen -t ed25519` makes one, or name its file",
            folder.display()
        ))),
        _ => {
            let names: Vec<String> = found.iter().map(|path| path.display().to_string()).collect();
            Err(Failure::Usage(format!("there are several public keys; name one of {}", names.join(", "))))
        }
    }
}

async fn list(client: &Client, format: Format) -> Result<(), Failure> {
    let keys = client.get::<Page<SshKey>>("/keys").await?.items;
    Ok(print_list(format, "keys", &keys, |keys| text(keys, SystemClock.now()))?)
}

fn text(keys: &[SshKey], now: Timestamp) -> String {
    if keys.is_empty() {
        return "No SSH keys; `berth key add` adds yours".to_owned();
    }
    let kind = |key: &SshKey| key.public_key.split(' ').next().unwrap_or_default().to_owned();
    let row = |key: &SshKey| {
        vec![visible(&key.label), kind(key), key.fingerprint.clone(), ago(key.created_at, now)]
    };
    table(&["NAME", "KIND", "FINGERPRINT", "ADDED"], &keys.iter().map(row).collect::<Vec<_>>())
}

async fn remove(client: &Client, named: &str) -> Result<(), Failure> {
    let keys = client.get::<Page<SshKey>>("/keys").await?.items;
    let found = keys.iter().find(|key| key.label == named || key.fingerprint == named);
    let key = found
        .ok_or_else(|| Failure::No(format!("you have no key `{named}`; `berth key list` lists them")))?;
    client.delete(&format!("/keys/{}", part(&key.label))).await?;
    Ok(say!("Removed {}; connections that were opened with it end", visible(&key.label))?)
}

fn complete_keys(current: &OsStr) -> Vec<CompletionCandidate> {
    complete::<SshKey>("/keys", |key| key.label, current)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_listed_with_what_tells_them_apart() {
        let key = |label: &str, created_at| SshKey {
            label: label.to_owned(),
            fingerprint: "SHA256:UCUiLr7Pjs9wFFJMDByLgc3NrtdU344OgUM45wZPcIQ".to_owned(),
            public_key: "ssh-ed25519 AAAA".to_owned(),
            created_at: Timestamp(created_at),
        };
        let keys = [key("laptop", 0), key("desk\u{1b}[2J", 60_000)];
        insta::assert_snapshot!(text(&keys, Timestamp(120_000)));
        insta::assert_snapshot!(text(&[], Timestamp(0)), @"No SSH keys; `berth key add` adds yours");
    }
}
