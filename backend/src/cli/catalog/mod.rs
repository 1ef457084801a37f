//! `berth catalog`: the catalogue of offers in the data directory.

mod import;
mod refresh;
mod show;

use std::{
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

use berth_shared::{
    api::CatalogOrigin,
    catalog::{CatalogError, Catalogue},
};

use super::data_dir::{DataDir, NoDataDir};
use crate::catalog::{
    Published, azure,
    file::{self, FileError, Turn},
    import::{ImportError, Made},
};

/// Arguments of `berth catalog`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    data_dir: DataDir,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Says which catalogue is in use and how old its prices are.
    Show,
    /// Makes a new catalogue of files: CSV, or a catalogue of dstack's gpuhunt.
    Import(import::Args),
    /// Takes in the prices that a cloud publishes now.
    Refresh(refresh::Args),
    /// Goes back to the catalogue that came with the program.
    Reset,
}

/// Why there is no new catalogue.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    NoDataDir(#[from] NoDataDir),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error("the catalogue inside this program cannot be used")]
    BuiltIn(#[from] CatalogError),
    #[error("no new prices of Azure, the old ones stay")]
    Azure(#[from] azure::AzureError),
    #[error("cannot draw random numbers")]
    Random(#[from] rand::rngs::SysError),
    #[error("cannot start the runtime")]
    Runtime(#[source] io::Error),
    #[error("cannot write the answer")]
    Write(#[from] io::Error),
}

impl Failure {
    /// The exit status: 2 when the command cannot be carried out as it was given, 3 when a server does not answer.
    fn status(&self) -> u8 {
        match self {
            Self::Import(ImportError::Open { .. }) | Self::NoDataDir(_) => 2,
            Self::Azure(error) if error.is_unreachable() => 3,
            _ => 1,
        }
    }
}

/// Carries out a command: 0 when it is done, 1 when the answer is no, 2 when files cannot be read, 3 when a price list cannot be
/// reached.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    let mut out = io::stdout().lock();
    let done = args.data_dir.resolve().map_err(Failure::from).and_then(|directory| match &args.command {
        Command::Show => show::show(&directory, &mut out),
        Command::Import(args) => import::import(args, &directory, &mut out),
        Command::Refresh(args) => refresh::refresh(args, &directory, &mut out),
        Command::Reset => reset(&directory, &mut out),
    });
    match done.and_then(|()| Ok(out.flush()?)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
        Err(error) => {
            super::complain(&error);
            ExitCode::from(error.status())
        }
    }
}

fn reset(directory: &Path, out: &mut impl Write) -> Result<(), Failure> {
    let removed = Turn::take(directory)?.remove()?;
    let built_in = Published::built_in()?;
    let what =
        if removed { "the built-in catalogue is in use again" } else { "the built-in catalogue is in use" };
    writeln!(out, "{what}: {}", about(built_in.catalogue()))?;
    Ok(())
}

/// The catalogue in use; complains about one that cannot be used.
pub(super) fn in_use(directory: &Path) -> Result<Published, CatalogError> {
    let (published, complaint) = file::choose(directory)?;
    if let Some(complaint) = complaint {
        eprintln!("warning: {}; the built-in one is used instead", crate::http::chain(&complaint));
    }
    Ok(published)
}

/// Puts a new catalogue in its place and says what is there now.
fn put(turn: &Turn, made: &Made, before: &Published, out: &mut impl Write) -> Result<(), Failure> {
    let version = made.catalogue.version();
    if version == before.version() {
        writeln!(
            out,
            "nothing has changed: catalogue {version} is in use already ({})",
            before.info().origin
        )?;
        return Ok(());
    }
    turn.write(&made.packed)?;
    writeln!(out, "new catalogue {}", about(&made.catalogue))?;
    writeln!(
        out,
        "before it was {} ({}); a running server takes the new one up within seconds",
        before.version(),
        origin(before.info().origin)
    )?;
    Ok(())
}

/// A catalogue in a line.
fn about(catalogue: &Catalogue) -> String {
    let mut text = format!(
        "{}, {} of {}",
        catalogue.version(),
        count(catalogue.len(), "offer"),
        count(catalogue.backends().len(), "cloud")
    );
    let dates = || catalogue.provenances().iter().filter_map(|provenance| provenance.as_of.as_deref());
    match (dates().min(), dates().max()) {
        (Some(oldest), Some(newest)) if oldest == newest => text += &format!(", prices of {oldest}"),
        (Some(oldest), Some(newest)) => text += &format!(", prices from {oldest} to {newest}"),
        _ => text += ", prices without a date",
    }
    text
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// Where a catalogue is from, in words.
pub(super) fn origin(origin: CatalogOrigin) -> &'static str {
    match origin {
        CatalogOrigin::BuiltIn => "built in",
        CatalogOrigin::Imported => "imported",
    }
}
