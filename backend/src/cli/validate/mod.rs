//! `berth validate`

mod fix;
mod github;
mod paths;
mod report;
mod sarif;
#[cfg(test)]
mod tests;
mod text;

use std::{
    io::{self, IsTerminal as _, Read, Write},
    path::PathBuf,
    process::ExitCode,
};

use berth_shared::{config::Reading, schema::Dialect};
use serde::Serialize;

pub(crate) use fix::{ReplaceError, replace_file};
pub(crate) use paths::{default_file, read_to_limit, show};
use report::Report;

/// Arguments of `berth validate`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files, folders (searched for `*.dstack.yml` and `.dstack/profiles.yml`), or `-` for standard input.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// How to print the result.
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    /// As which release of dstack reads them. `auto` tells by the file: 0.18 where that takes it, else the one that does, else
    /// the one with fewer mistakes; a first line `# dstack: 0.22` says so itself.
    #[arg(long, value_enum, default_value_t)]
    dialect: Asked,

    /// Apply the fixes that are surely meant; comments and layout stay. With `-`, the mended text goes to
    /// standard output and what is left to say to standard error.
    #[arg(long)]
    fix: bool,
}

/// As which release of dstack a file is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Asked {
    /// As the file itself tells.
    #[default]
    Auto,
    /// dstack 0.18.
    #[value(name = "0.18")]
    V0_18,
    /// dstack 0.22.
    #[value(name = "0.22")]
    V0_22,
}

impl Asked {
    /// The dialect that is named; `None` where the text is to tell.
    pub(crate) fn dialect(self) -> Option<Dialect> {
        match self {
            Self::Auto => None,
            Self::V0_18 => Some(Dialect::V0_18),
            Self::V0_22 => Some(Dialect::V0_22),
        }
    }
}

impl From<Asked> for Reading {
    fn from(asked: Asked) -> Self {
        asked.dialect().map_or_else(Self::default, Self::Of)
    }
}

/// How the result is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people: each problem with its line and what to do.
    #[default]
    Text,
    /// One object: the result of the file, or `{"ok","files"}` for several.
    Json,
    /// One object a line, one line a file.
    Jsonl,
    /// Annotations for GitHub Actions.
    Github,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
}

/// Several files in one object.
#[derive(Serialize)]
struct Reports<'r> {
    ok: bool,
    files: &'r [Report],
}

/// Where the answer goes.
struct Streams<'s> {
    stdin: &'s mut dyn Read,
    out: &'s mut dyn Write,
    err: &'s mut dyn Write,
}

/// Checks the files: 0 when all are valid, 1 when one is not, 2 when a path cannot be read or written.
#[must_use]
pub fn run(args: Args) -> ExitCode {
    let (stdout, stderr) = (io::stdout(), io::stderr());
    let mended_text = args.fix && args.paths.iter().any(|path| paths::is_stdin(path));
    let terminal = if mended_text { stderr.is_terminal() } else { stdout.is_terminal() };
    let colour = terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let streams =
        Streams { stdin: &mut io::stdin().lock(), out: &mut stdout.lock(), err: &mut stderr.lock() };
    match validate(&args, streams, colour) {
        Ok(code) => ExitCode::from(code),
        // Whoever reads the result has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
        Err(error) => {
            super::complain(&error);
            ExitCode::from(2)
        }
    }
}

fn validate(args: &Args, streams: Streams<'_>, colour: bool) -> io::Result<u8> {
    let Streams { stdin, out, err } = streams;
    let mut reports = Vec::new();
    let mut failed = false;
    for path in &args.paths {
        if let Err(error) = paths::reports(path, args.dialect.into(), stdin, &mut reports) {
            writeln!(err, "error: {}", crate::http::chain(&error))?;
            failed = true;
        }
    }
    let mut answer = out;
    if args.fix {
        for report in &mut reports {
            if let Err(error) = fix::file(report) {
                writeln!(err, "error: {}", crate::http::chain(&error))?;
                failed = true;
            }
            if report.file == "-" {
                answer.write_all(&report.bytes)?;
            }
        }
        if reports.iter().any(|report| report.file == "-") {
            answer.flush()?;
            answer = err;
        }
    }
    match (args.format, &reports[..]) {
        (Format::Text, _) => text::write(answer, &reports, colour)?,
        (Format::Json, [one]) => json_line(answer, one)?,
        (Format::Json, files) => {
            json_line(answer, &Reports { ok: !failed && files.iter().all(|report| report.ok), files })?;
        }
        (Format::Jsonl, files) => files.iter().try_for_each(|report| json_line(answer, report))?,
        (Format::Github, files) => github::write(answer, files)?,
        (Format::Sarif, files) => json_line(answer, &sarif::log(files, !failed))?,
    }
    answer.flush()?;
    Ok(if failed { 2 } else { u8::from(reports.iter().any(|report| !report.ok)) })
}

fn json_line(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}
