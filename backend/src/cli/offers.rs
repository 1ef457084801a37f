//! `berth offers`

use std::{
    fs::File,
    io::{self, IsTerminal as _, Read, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use berth_shared::{
    catalog::{CatalogError, Catalogue, Offer, PriceBasis},
    config::check_bytes,
    diagnostics::{Diagnostic, render},
    matcher::{Context, Explanation, Matches, Requirements, explain, launch_disk_gb, match_offers},
};
use serde::Serialize;

use super::{
    profile::{self, ProfileError},
    validate::{read_to_limit, show},
};
use crate::http::PACKED_CATALOG;

/// Arguments of `berth offers`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The configuration, or `-` for standard input; else `.dstack.yml` or `.dstack.yaml`.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,

    /// How many offers to print; the rest is counted.
    #[arg(long, value_name = "N", default_value_t = 10)]
    max_offers: usize,

    /// Also say what each constraint costs; said anyway when nothing fits.
    #[arg(long)]
    explain: bool,

    /// How to print the result.
    #[arg(long, value_enum, default_value_t)]
    format: Format,

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
    /// One offer a line.
    Jsonl,
}

/// The JSON of `--format json`.
#[derive(Serialize)]
struct Report<'a> {
    file: &'a str,
    /// The profile that was used.
    profile: Option<&'a str>,
    /// Whether the configuration is valid and something fits.
    ok: bool,
    diagnostics: &'a [Diagnostic],
    /// Version of the catalogue.
    catalog_version: &'a str,
    /// How many fit; `offers` holds the first of them.
    total: usize,
    offers: &'a [Offer],
    explanation: Option<&'a Explanation>,
}

/// Why the question has no answer.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("cannot read `{path}`")]
    Read {
        path: String,
        #[source]
        source: io::Error,
    },
    #[error(transparent)]
    Profile(#[from] ProfileError),
    #[error(transparent)]
    Catalogue(#[from] CatalogError),
    #[error("cannot write the answer")]
    Write(#[from] io::Error),
}

/// Prints the offers that fit: 0 when there is one, 1 when none is or the file is invalid, 2 when it cannot be
/// read.
#[must_use]
pub fn run(args: Args) -> ExitCode {
    let (stdout, stderr) = (io::stdout(), io::stderr());
    let colour = stderr.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let folders = profile::folders();
    let streams = (&mut io::stdin().lock(), &mut stdout.lock(), &mut stderr.lock());
    match offers(&args, &folders, streams.0, streams.1, streams.2, colour) {
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

fn offers(
    args: &Args,
    folders: &[PathBuf],
    stdin: &mut impl Read,
    out: &mut impl Write,
    err: &mut impl Write,
    colour: bool,
) -> Result<u8, Failure> {
    let path = args.file.clone().unwrap_or_else(default_file);
    let file = show(&path);
    let bytes = read(&path, stdin).map_err(|source| Failure::Read { path: file.clone(), source })?;
    let mut checked = check_bytes(&bytes);
    let profile = args.profile.choose(folders)?;
    checked.configuration = checked.configuration.map(|configuration| {
        let profile = profile.as_ref().map(|profile| profile.profile.clone()).unwrap_or_default();
        configuration.merged(args.profile.flags(), profile)
    });
    let catalogue = Catalogue::load(PACKED_CATALOG)?;
    let context = Context::everything(&catalogue);
    let required = checked.configuration.as_ref().map(Requirements::from);
    let matches = required
        .as_ref()
        .map(|required| match_offers(&catalogue, required, &context, args.max_offers))
        .unwrap_or_default();
    let explanation = required
        .as_ref()
        .filter(|_| args.explain || matches.total == 0)
        .map(|required| explain(&catalogue, required, &context));
    match (args.format, &required) {
        (Format::Text, None) => {
            let text = String::from_utf8_lossy(&bytes);
            err.write_all(render(&file, &text, &checked.diagnostics, colour).as_bytes())?;
        }
        (Format::Text, Some(required)) => {
            table(out, required, &matches, catalogue.version())?;
            if let Some(explanation) = &explanation {
                explained(out, explanation)?;
            }
        }
        (Format::Json, _) => {
            let report = Report {
                file: &file,
                profile: profile.as_ref().map(|profile| profile.name.as_str()),
                ok: matches.total > 0,
                diagnostics: &checked.diagnostics,
                catalog_version: catalogue.version(),
                total: matches.total,
                offers: &matches.offers,
                explanation: explanation.as_ref(),
            };
            json_line(out, &report)?;
        }
        (Format::Jsonl, None) => {
            let text = String::from_utf8_lossy(&bytes);
            err.write_all(render(&file, &text, &checked.diagnostics, colour).as_bytes())?;
        }
        (Format::Jsonl, Some(_)) => {
            matches.offers.iter().try_for_each(|offer| json_line(out, offer))?;
        }
    }
    out.flush()?;
    Ok(u8::from(matches.total == 0))
}

fn read(file: &Path, stdin: &mut impl Read) -> io::Result<Vec<u8>> {
    if file == Path::new("-") { read_to_limit(stdin) } else { read_to_limit(&mut File::open(file)?) }
}

/// `.dstack.yml`, or where there is none, `.dstack.yaml` (dstack 0.18, `spec` §1).
fn default_file() -> PathBuf {
    let (yml, yaml) = (PathBuf::from(".dstack.yml"), PathBuf::from(".dstack.yaml"));
    if !yml.exists() && yaml.exists() { yaml } else { yml }
}

fn json_line(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

const HEAD: [&str; 8] = ["#", "BACKEND", "REGION", "INSTANCE", "RESOURCES", "SPOT", "PRICE", "AS OF"];

/// The table that users of dstack know, and where its prices come from.
fn table(out: &mut impl Write, required: &Requirements, matches: &Matches, version: &str) -> io::Result<()> {
    if required.reuse_only {
        return writeln!(out, "no cloud offers: `creation_policy: reuse` takes instances that exist already");
    }
    if matches.total == 0 {
        return writeln!(out, "no offer fits");
    }
    let rows: Vec<[String; 8]> =
        (1..).zip(&matches.offers).map(|(n, offer)| cells(n, offer, required)).collect();
    let widths: Vec<usize> = (0..HEAD.len())
        .map(|at| rows.iter().map(|row| row[at].chars().count()).chain([HEAD[at].len()]).max().unwrap_or(0))
        .collect();
    let mut line = |cells: &[&str]| {
        let padded: Vec<String> =
            cells.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}")).collect();
        writeln!(out, "{}", padded.join("  ").trim_end())
    };
    line(&HEAD)?;
    for row in &rows {
        line(&row.each_ref().map(String::as_str))?;
    }
    if rows.len() < matches.total {
        line(&["", "..."])?;
    }
    let mut notes = vec![format!("{} of {} offers", rows.len(), matches.total)];
    if let (Some(oldest), Some(newest)) = (&matches.oldest, &matches.newest) {
        notes.push(if oldest == newest {
            format!("prices of {oldest}")
        } else {
            format!("prices from {oldest} to {newest}")
        });
    }
    if matches.undated > 0 {
        notes.push(format!("{} without a date", matches.undated));
    }
    if matches.estimated > 0 {
        notes.push(format!("{} estimated (~)", matches.estimated));
    }
    if matches.above_max_price > 0 {
        notes.push(format!("{} more above `max_price`", matches.above_max_price));
    }
    writeln!(out, "{}; catalogue {version}", notes.join(", "))
}

fn cells(number: usize, offer: &Offer, required: &Requirements) -> [String; 8] {
    let estimated = if offer.basis == PriceBasis::Estimated { "~" } else { "" };
    [
        number.to_string(),
        offer.backend.clone(),
        offer.region.clone(),
        offer.instance_type.clone(),
        resources(offer, required),
        if offer.spot { "yes" } else { "no" }.to_owned(),
        format!("{estimated}${}", offer.price),
        offer.as_of.clone().unwrap_or_else(|| "unknown".to_owned()),
    ]
}

fn resources(offer: &Offer, required: &Requirements) -> String {
    let gpu = offer
        .gpu
        .as_ref()
        .map(|gpu| format!(", {}x{} ({}GB)", gpu.count, gpu.name, gpu.memory_gib))
        .unwrap_or_default();
    let disk = launch_disk_gb(offer.disk_gib, required.disk);
    format!("{}xCPU, {}GB{gpu}, {disk}GB (disk)", offer.cpus, offer.memory_gib)
}

fn explained(out: &mut impl Write, explanation: &Explanation) -> io::Result<()> {
    if !explanation.constraints.is_empty() {
        writeln!(out, "\nwhat each constraint rules out of {} offers:", explanation.universe)?;
    }
    for cost in &explanation.constraints {
        writeln!(out, "  {}: {}; {} fit without it", cost.path, cost.rules_out, cost.without)?;
    }
    if !explanation.relaxations.is_empty() {
        writeln!(out, "\nwhat brings more:")?;
    } else if explanation.total == 0 {
        writeln!(out, "\nno change brings an offer")?;
    }
    for change in &explanation.relaxations {
        writeln!(
            out,
            "  {}: {}: {} from ${}/h",
            change.changes.iter().map(|change| change.path).collect::<Vec<_>>().join(" and "),
            change.description(),
            if change.total == 1 { "1 offer".to_owned() } else { format!("{} offers", change.total) },
            change.cheapest
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str, format: Format, max_offers: usize) -> (u8, String, String) {
        with_profile(text, format, max_offers, profile::Flags::default(), &[]).expect("it is answered")
    }

    fn with_profile(
        text: &str,
        format: Format,
        max_offers: usize,
        profile: profile::Flags,
        folders: &[PathBuf],
    ) -> Result<(u8, String, String), Failure> {
        let args = Args { file: Some("-".into()), max_offers, explain: false, format, profile };
        let text = format!("type: dev-environment\nide: vscode\n{text}\n");
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let code = offers(&args, folders, &mut text.as_bytes(), &mut out, &mut err, false)?;
        Ok((code, String::from_utf8(out).expect("text"), String::from_utf8(err).expect("text")))
    }

    #[test]
    fn the_offers_that_fit_are_a_table() {
        let (code, text, _) =
            asked("resources: {gpu: 80GB}\nspot_policy: auto\nmax_price: 1", Format::Text, 3);
        assert_eq!(code, 0);
        insta::assert_snapshot!(text, @"
        #  BACKEND  REGION          INSTANCE                  RESOURCES                                   SPOT  PRICE       AS OF
        1  verda    FIN-01          1A100.22V                 22xCPU, 120GB, 1xA100 (80GB), 100GB (disk)  yes   $0.58       unknown
        2  azure    eastus          Standard_NC24ads_A100_v4  24xCPU, 220GB, 1xA100 (80GB), 100GB (disk)  yes   $0.746721   2026-05-20
        3  azure    northcentralus  Standard_NC24ads_A100_v4  24xCPU, 220GB, 1xA100 (80GB), 100GB (disk)  yes   ~$0.814598  2026-05-20
           ...
        3 of 20 offers, prices from 2026-04-29 to 2026-05-20, 2 without a date, 10 estimated (~), 172 more above `max_price`; catalogue a94ae25c
        ");
    }

    #[test]
    fn when_none_fits_it_says_why_and_what_to_change() {
        let (code, text, _) = asked(
            "resources: {gpu: 'A100:80GB:2'}\nmax_price: 5\nbackends: [aws, gcp, azure]",
            Format::Text,
            3,
        );
        assert_eq!(code, 1);
        insta::assert_snapshot!(text, @"
        no offer fits

        what each constraint rules out of 170249 offers:
          resources.cpu: 3533; 0 fit without it
          resources.memory: 8729; 0 fit without it
          resources.gpu.name: 169642; 0 fit without it
          resources.gpu.memory: 169447; 0 fit without it
          resources.gpu.count: 168557; 20 fit without it
          resources.disk: 819; 0 fit without it
          max_price: 23003; 32 fit without it
          spot_policy: 81817; 27 fit without it
          backends: 1626; 25 fit without it

        what brings more:
          backends: take vastai as well: 1 offer from $1.87/h
          resources.gpu.count: ask for 1 to 2 GPUs: 20 offers from $3.673/h
          max_price: pay up to $7.35/h: 4 offers from $7.346/h
          spot_policy: take spot and on-demand machines: 27 offers from $1.493442/h
          backends: take any backend: 25 offers from $1.87/h
          max_price: take any price: 32 offers from $7.346/h
        ");
    }

    #[test]
    fn json_is_one_object_with_the_total() {
        let (code, text, _) = asked("resources: {gpu: H100}", Format::Json, 2);
        assert_eq!(code, 0);
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!((&value["ok"], &value["file"]), (&true.into(), &"-".into()));
        assert_eq!(value["offers"].as_array().map(Vec::len), Some(2));
        assert!(value["total"].as_u64() > Some(2));
        assert_eq!(value["offers"][0]["gpu"]["name"], "H100");
    }

    #[test]
    fn jsonl_is_an_offer_a_line() {
        let (code, text, _) = asked("resources: {gpu: H100}", Format::Jsonl, 4);
        assert_eq!((code, text.lines().count()), (0, 4));
        let offer: Offer = serde_json::from_str(text.lines().next().unwrap_or_default()).expect("an offer");
        assert_eq!(offer.gpu.map(|gpu| gpu.name), Some("H100".to_owned()));
    }

    #[test]
    fn an_invalid_file_shows_its_mistakes_and_no_offers() {
        let (code, out, err) = asked("resources: {gpu: nonsense:nonsense}", Format::Text, 3);
        assert_eq!((code, out.as_str()), (1, ""));
        assert!(err.starts_with("error["), "{err}");
        let (code, out, _) = asked("resources: {gpu: nonsense:nonsense}", Format::Json, 3);
        let value: serde_json::Value = serde_json::from_str(&out).expect("JSON");
        assert_eq!((code, &value["ok"]), (1, &false.into()));
        assert_ne!(value["diagnostics"].as_array().map(Vec::len), Some(0));
    }

    #[test]
    fn reuse_has_no_cloud_offers() {
        let (code, text, _) = asked("creation_policy: reuse", Format::Text, 3);
        assert_eq!(code, 1);
        assert!(text.starts_with("no cloud offers"), "{text}");
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let args = Args {
            file: Some("/nowhere/.dstack.yml".into()),
            max_offers: 1,
            explain: false,
            format: Format::Text,
            profile: profile::Flags::default(),
        };
        let answer = offers(&args, &[], &mut io::empty(), &mut Vec::new(), &mut Vec::new(), false);
        let error = answer.expect_err("it is not there");
        assert_eq!(error.to_string(), "cannot read `/nowhere/.dstack.yml`");
    }

    /// A folder with a file of profiles, removed at the end.
    struct Repository(PathBuf);

    impl Repository {
        fn new(name: &str, profiles: &str) -> Self {
            let path = std::env::temp_dir().join(format!("berth-offers-{name}-{}", std::process::id()));
            std::fs::create_dir_all(path.join(".dstack")).expect("a folder for the test");
            std::fs::write(path.join(".dstack/profiles.yml"), profiles).expect("a file for the test");
            Self(path)
        }
    }

    impl Drop for Repository {
        fn drop(&mut self) {
            _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn named(name: &str) -> profile::Flags {
        use clap::Parser as _;
        #[derive(clap::Parser)]
        struct Command {
            #[command(flatten)]
            profile: profile::Flags,
        }
        Command::parse_from(["berth", "--profile", name]).profile
    }

    #[test]
    fn a_profile_stands_behind_the_configuration() {
        let profiles =
            "profiles:\n- {name: nothing, backends: []}\n- {name: gcp, backends: [gcp], default: true}\n";
        let folder = Repository::new("profile", profiles);
        let folders = [folder.0.clone()];
        let backends = |text: &str, flags| {
            let (_, out, _) = with_profile(text, Format::Jsonl, 3, flags, &folders).expect("it is answered");
            let backend = |line| serde_json::from_str::<Offer>(line).expect("an offer").backend;
            out.lines().map(backend).collect::<Vec<_>>()
        };
        assert_eq!(backends("resources: {gpu: T4}", profile::Flags::default()), ["gcp"; 3]);
        assert_eq!(backends("backends: [aws]\nresources: {gpu: T4}", profile::Flags::default()), ["aws"; 3]);
        assert_eq!(backends("resources: {gpu: T4}", named("nothing")).len(), 0);
        let error = with_profile("", Format::Text, 1, named("gpc"), &folders).expect_err("there is none");
        assert_eq!(error.to_string(), "no such profile: `gpc`; did you mean `gcp`?");
    }

    #[test]
    fn invalid_profiles_are_shown_with_what_is_wrong() {
        let folder = Repository::new("invalid", "profiles:\n- max_price: 1\n");
        let answer =
            with_profile("", Format::Text, 1, profile::Flags::default(), std::slice::from_ref(&folder.0));
        let Err(Failure::Profile(error)) = answer else { panic!("{answer:?}") };
        assert!(
            error.render(false).contains("error[missing-key]: `name` is missing"),
            "{}",
            error.render(false)
        );
    }
}
