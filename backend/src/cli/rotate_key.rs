//! `berth secret rotate-key`: another key for what is kept sealed.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use super::{
    accounts::{Accounts, AccountsError, block_on},
    complain,
    data_dir::DataDir,
    database::DatabaseUrl,
    random,
};
use crate::{
    sealed::{self, Rotated, Rotation, RotationError},
    store::SealedStore,
};

/// The variable that may hold a key itself.
const VARIABLE: &str = "BERTH_SEALING_KEY";

/// Arguments of `berth secret rotate-key`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// File with the key, for servers that share a database; else the one in the data directory.
    #[arg(long, value_name = "FILE", env = "BERTH_SEALING_KEY_FILE", value_hint = clap::ValueHint::FilePath)]
    sealing_key_file: Option<PathBuf>,

    /// Only makes the new key, which opens already and seals nothing: for servers that have copies of the file, which each get it anew then.
    #[arg(long, conflicts_with_all = ["keep_old", "wait"])]
    prepare: bool,

    /// Leaves the old key in the file, for the copies; run it once more without this when each server has the file.
    #[arg(long)]
    keep_old: bool,

    /// For how long to wait for what servers sealed by the old key and have not written down yet: longer than any request takes.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    wait: u32,

    #[command(flatten)]
    data_dir: DataDir,

    #[command(flatten)]
    database: DatabaseUrl,
}

/// Why the key stays.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Accounts(#[from] AccountsError),
    #[error(transparent)]
    Rotation(#[from] RotationError),
    #[error(
        "the key is in `{VARIABLE}`, where a command cannot change it: write it into a file for its owner alone, start the servers with \
         `--sealing-key-file FILE` and without the variable, and name the same file here"
    )]
    InVariable,
}

/// Rotates the key.
pub(super) fn run(args: &Args) -> ExitCode {
    match block_on(async { Ok(rotate(args).await) }) {
        Ok(Ok(told)) => {
            println!("{told}");
            ExitCode::SUCCESS
        }
        Ok(Err(error)) => {
            complain(&error);
            ExitCode::FAILURE
        }
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

async fn rotate(args: &Args) -> Result<String, Error> {
    if args.sealing_key_file.is_none() && std::env::var_os(VARIABLE).is_some() {
        return Err(Error::InVariable);
    }
    let directory = args.data_dir.resolve().map_err(AccountsError::from)?;
    let address = args.database.address().map_err(AccountsError::from)?;
    let accounts = Accounts::open(&directory, &address).await?;
    let file = args.sealing_key_file.clone().unwrap_or_else(|| directory.join(sealed::FILE));
    let what = match args.prepare {
        true => Rotation::Prepare,
        false => Rotation::Rotate { keep_old: args.keep_old, wait: Duration::from_secs(args.wait.into()) },
    };
    let mut rng = random().map_err(AccountsError::from)?;
    let done = sealed::rotate(what, &file, &SealedStore::beside(&accounts.store), &mut rng).await?;
    Ok(told(what, &file.display().to_string(), done))
}

fn told(what: Rotation, file: &str, done: Rotated) -> String {
    let Rotation::Rotate { keep_old, .. } = what else {
        return format!(
            "`{file}` has a new key, which opens and does not seal yet. Give each server the file, then run `berth secret rotate-key --keep-old`"
        );
    };
    let went_on = if done.went_on { "Went on with a rotation that was begun before. " } else { "" };
    let unreadable = match done.unreadable {
        0 => String::new(),
        count => format!(" {count} could not be read by any key that there was, and stay as they are."),
    };
    let old = match keep_old {
        true => format!(
            "The old key is in `{file}` still: give each server the file, then run `berth secret rotate-key` once more, and give it to each again"
        ),
        false => format!(
            "The old key is gone from `{file}`; backups of the database from before need a backup of it"
        ),
    };
    format!("{went_on}{} sealed anew.{unreadable} {old}", done.sealed_anew)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_is_told_with_what_comes_next() {
        let rotate = |keep_old| Rotation::Rotate { keep_old, wait: Duration::ZERO };
        insta::assert_snapshot!(told(Rotation::Prepare, "k", Rotated::default()), @"`k` has a new key, which opens and does not seal yet. Give each server the file, then run `berth secret rotate-key --keep-old`");
        let done = Rotated { sealed_anew: 3, unreadable: 0, went_on: false };
        insta::assert_snapshot!(told(rotate(false), "k", done), @"3 sealed anew. The old key is gone from `k`; backups of the database from before need a backup of it");
        let done = Rotated { sealed_anew: 0, unreadable: 1, went_on: true };
        insta::assert_snapshot!(told(rotate(true), "k", done), @"Went on with a rotation that was begun before. 0 sealed anew. 1 could not be read by any key that there was, and stay as they are. The old key is in `k` still: give each server the file, then run `berth secret rotate-key` once more, and give it to each again");
    }
}
