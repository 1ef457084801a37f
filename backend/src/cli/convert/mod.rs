//! `berth convert`

mod report;
#[cfg(test)]
mod tests;

use std::{
    fs::File,
    io::{self, IsTerminal as _, Read, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use berth_shared::{
    config::{Reading, check_bytes, convert},
    diagnostics::render,
    schema::Dialect,
};
use clap::builder::{PossibleValuesParser, TypedValueParser as _};

use super::validate::{Asked, ReplaceError, default_file, read_to_limit, replace_file, show};
use report::Report;

/// Arguments of `berth convert`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The configuration, or `-` for standard input; without it `.dstack.yml` or `.dstack.yaml`.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,

    /// The release of dstack that is to read it.
    #[arg(long, value_name = "RELEASE", value_parser = PossibleValuesParser::new(Dialect::ALL.map(Dialect::name))
        .map(|name| Dialect::of(&name).unwrap_or_default()))]
    to: Dialect,

    /// As which release of dstack it is read now. `auto` tells by the file; what both take is read as the other one.
    #[arg(long, value_enum, default_value = "auto")]
    from: Asked,

    /// Write it back instead of printing it.
    #[arg(long, conflicts_with = "format")]
    write: bool,

    /// How to print the result: the text, with what is said about it on standard error, or one object with all of it.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// How the result is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// The text alone; what is said about it goes to standard error.
    #[default]
    Text,
    /// One object.
    Json,
}

/// Why there is nothing to convert, or nothing was written.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("cannot read `{path}`")]
    Read {
        path: String,
        #[source]
        source: io::Error,
    },
    #[error("there is no `.dstack.yml` here; name a file, or `-` for standard input")]
    NoFile,
    #[error("cannot print the result")]
    Print(#[from] io::Error),
    #[error(transparent)]
    Replace(#[from] ReplaceError),
}

/// Where the answer goes.
struct Streams<'s> {
    stdin: &'s mut dyn Read,
    out: &'s mut dyn Write,
    err: &'s mut dyn Write,
}

/// Converts a configuration: 0 when that is done, 1 when it is not valid, 2 when it cannot be read or written.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    let (stdout, stderr) = (io::stdout(), io::stderr());
    let colour = stderr.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let streams =
        Streams { stdin: &mut io::stdin().lock(), out: &mut stdout.lock(), err: &mut stderr.lock() };
    match converted(args, Path::new(""), streams, colour) {
        Ok(code) => ExitCode::from(code),
        // Whoever reads the result has seen enough.
        Err(Failure::Print(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
        Err(error) => {
            super::complain(&error);
            ExitCode::from(2)
        }
    }
}

fn converted(args: &Args, folder: &Path, streams: Streams<'_>, colour: bool) -> Result<u8, Failure> {
    let Streams { stdin, out, err } = streams;
    let path = args.file.clone().or_else(|| default_file(folder)).ok_or(Failure::NoFile)?;
    let is_stdin = path == Path::new("-");
    let file = show(&path);
    let read = if is_stdin { read_to_limit(stdin) } else { open(&path) };
    let bytes = read.map_err(|source| Failure::Read { path: file.clone(), source })?;
    let text = String::from_utf8_lossy(&bytes);
    let other = if args.to == Dialect::V0_18 { Dialect::V0_22 } else { Dialect::V0_18 };
    let reading = args.from.dialect().map_or(Reading::auto(other), Reading::Of);
    let checked = check_bytes(&bytes, reading);
    let from = checked.told.dialect;
    // What is no text is not valid, whatever is read in its place.
    let result = checked.is_valid().then(|| convert(&text, from, args.to));
    let report = Report::new(&file, from, args.to, &checked.diagnostics, result);
    if args.format == Format::Json {
        serde_json::to_writer(&mut *out, &report).map_err(io::Error::from)?;
        writeln!(out)?;
        return Ok(u8::from(!report.ok));
    }
    let Some(now) = &report.converted else {
        err.write_all(render(&file, &text, &checked.diagnostics, colour).as_bytes())?;
        writeln!(err, "error: {}", report.error.as_deref().unwrap_or_default())?;
        return Ok(1);
    };
    if !args.write || is_stdin {
        out.write_all(now.text.as_bytes())?;
        out.flush()?;
    } else if now.text.as_bytes() != bytes {
        replace_file(&path, &bytes, now.text.as_bytes())?;
    }
    report.write(err)?;
    Ok(0)
}

fn open(path: &Path) -> io::Result<Vec<u8>> {
    read_to_limit(&mut File::open(path)?)
}
