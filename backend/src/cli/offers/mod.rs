//! `berth offers`

mod asked;
mod grouped;
mod table;
#[cfg(test)]
mod tests;

use std::{
    io::{self, IsTerminal as _, Read, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use berth_shared::{
    api::CatalogOrigin,
    catalog::{CatalogError, Offer},
    diagnostics::{Diagnostic, render},
    matcher::{Context, Explanation, Requirements, explain, match_offers},
};
use serde::Serialize;

use self::{
    asked::{Asked, AskedError},
    grouped::{Group, GroupBy},
};
use super::{
    data_dir::{DataDir, NoDataDir},
    flags::Resources,
    profile::{self, ProfileError},
};
use crate::catalog::{Published, file};

/// Arguments of `berth offers`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The configuration, or `-` for standard input; else `.dstack.yml` or `.dstack.yaml`, else what the flags say.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,

    #[command(flatten)]
    resources: Resources,

    /// How many offers (or groups) to print; the rest is counted.
    #[arg(long, value_name = "N", default_value_t = 10)]
    max_offers: usize,

    /// Say what there is of each GPU model, backend or region instead of each offer.
    #[arg(long, value_enum, value_name = "WHAT")]
    group_by: Option<GroupBy>,

    /// Also say what each constraint costs; said anyway when nothing fits.
    #[arg(long)]
    explain: bool,

    /// How to print the result.
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    #[command(flatten)]
    data_dir: DataDir,

    #[command(flatten)]
    profile: profile::Flags,
}

/// How the result is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people: a table, cheapest first.
    #[default]
    Text,
    /// One object with everything.
    Json,
    /// One offer (or group) a line.
    Jsonl,
}

/// The JSON of `--format json`.
#[derive(Serialize)]
struct Report<'a> {
    /// The configuration; null when there is none but the flags.
    file: Option<&'a str>,
    /// The profile that was used.
    profile: Option<&'a str>,
    /// Whether the configuration is valid and something fits.
    ok: bool,
    diagnostics: &'a [Diagnostic],
    /// Version of the catalogue.
    catalog_version: &'a str,
    /// Whether it came with the program.
    catalog_origin: CatalogOrigin,
    /// How many fit; `offers` holds the first of them.
    total: usize,
    /// The highest price of all that fit, US dollars an hour.
    max_price: Option<f64>,
    offers: &'a [Offer],
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<&'a [Group]>,
    explanation: Option<&'a Explanation>,
}

/// Why the question has no answer.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Asked(#[from] AskedError),
    #[error(transparent)]
    Profile(#[from] ProfileError),
    #[error("the catalogue inside this program cannot be used")]
    Catalogue(#[from] CatalogError),
    #[error("cannot write the answer")]
    Write(#[from] io::Error),
}

/// Where the question comes from.
struct World<'a> {
    /// Folders of profiles.
    folders: &'a [PathBuf],
    /// Where a configuration is looked for when none is named.
    folder: &'a Path,
    /// The data directory, when there is any.
    data_dir: Option<PathBuf>,
    stdin: &'a mut dyn Read,
    out: &'a mut dyn Write,
    err: &'a mut dyn Write,
    colour: bool,
}

/// Prints the offers that fit: 0 when there is one, 1 when none is or the file is invalid, 2 when it cannot be
/// read.
#[must_use]
pub fn run(args: Args) -> ExitCode {
    let (stdout, stderr) = (io::stdout(), io::stderr());
    let colour = stderr.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let world = World {
        folders: &profile::folders(),
        folder: Path::new(""),
        // Offers can be looked at where there is no place for data, too.
        data_dir: args.data_dir.resolve().map_err(|NoDataDir| ()).ok(),
        stdin: &mut io::stdin().lock(),
        out: &mut stdout.lock(),
        err: &mut stderr.lock(),
        colour,
    };
    match offers(&args, world) {
        Ok(code) => ExitCode::from(code),
        Err(Failure::Profile(error)) => {
            eprint!("{}", error.render(colour));
            ExitCode::from(match error {
                ProfileError::Invalid { .. } => 1,
                _ => 2,
            })
        }
        // Whoever reads the result has seen enough.
        Err(Failure::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
        Err(error) => {
            super::complain(&error);
            ExitCode::from(2)
        }
    }
}

fn offers(args: &Args, world: World<'_>) -> Result<u8, Failure> {
    let World { folders, folder, data_dir, stdin, out, err, colour } = world;
    let Asked { file, text, mut checked } =
        asked::asked(args.file.as_deref(), folder, &args.resources, args.profile.says_something(), stdin)?;
    let profile = args.profile.choose(folders)?;
    checked.configuration = checked.configuration.map(|configuration| {
        let profile = profile.as_ref().map(|profile| profile.profile.clone()).unwrap_or_default();
        configuration.merged(args.profile.flags(), profile)
    });
    let published = catalogue(data_dir.as_deref(), err)?;
    let catalogue = published.catalogue();
    let context = Context::everything(catalogue);
    let required = checked.configuration.as_ref().map(Requirements::from);
    let mut matches = required
        .as_ref()
        .map(|required| match_offers(catalogue, required, &context, usize::MAX))
        .unwrap_or_default();
    let highest = matches.offers.iter().map(|offer| offer.price).reduce(f64::max);
    let groups = args.group_by.map(|by| grouped::groups(&matches.offers, by));
    matches.offers.truncate(args.max_offers);
    let mut explanation = required
        .as_ref()
        .filter(|_| args.explain || matches.total == 0)
        .map(|required| explain(catalogue, required, &context));
    // What flags or a profile say cannot be changed in the file.
    let all_in_file = file.is_some()
        && profile.is_none()
        && !args.profile.says_something()
        && args.resources.fields().next().is_none();
    if let Some(explanation) = explanation.as_mut().filter(|_| all_in_file) {
        explanation.write_into(&text, checked.told.dialect);
    }
    match (args.format, &required) {
        (Format::Text | Format::Jsonl, None) => {
            err.write_all(
                render(file.as_deref().unwrap_or("-"), &text, &checked.diagnostics, colour).as_bytes(),
            )?;
        }
        (Format::Text, Some(required)) => {
            let shown = table::Shown { required, matches: &matches, highest, catalog: published.info() };
            match groups {
                Some(groups) if matches.total > 0 => {
                    table::groups(out, &shown, &groups, args.max_offers)?;
                }
                _ => table::offers(out, &shown)?,
            }
            if let Some(explanation) = &explanation {
                table::explained(out, explanation)?;
            }
        }
        (Format::Json, _) => {
            let groups = groups.as_deref().map(|groups| &groups[..groups.len().min(args.max_offers)]);
            let report = Report {
                file: file.as_deref(),
                profile: profile.as_ref().map(|profile| profile.name.as_str()),
                ok: matches.total > 0,
                diagnostics: &checked.diagnostics,
                catalog_version: catalogue.version(),
                catalog_origin: published.info().origin,
                total: matches.total,
                max_price: highest,
                offers: &matches.offers,
                groups,
                explanation: explanation.as_ref(),
            };
            json_line(out, &report)?;
        }
        (Format::Jsonl, Some(_)) => match groups {
            Some(groups) => {
                groups.iter().take(args.max_offers).try_for_each(|group| json_line(out, group))?;
            }
            None => matches.offers.iter().try_for_each(|offer| json_line(out, offer))?,
        },
    }
    out.flush()?;
    Ok(u8::from(matches.total == 0))
}

/// The catalogue that a server of this data directory uses.
fn catalogue(data_dir: Option<&Path>, err: &mut dyn Write) -> Result<Published, Failure> {
    let Some(directory) = data_dir else { return Ok(Published::built_in()?) };
    let (published, complaint) = file::choose(directory)?;
    if let Some(complaint) = complaint {
        writeln!(err, "warning: {}; the built-in one is used instead", crate::http::chain(&complaint))?;
    }
    Ok(published)
}

fn json_line(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}
