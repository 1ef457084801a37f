//! What is asked for: a file, standard input, or flags alone; and flags that stand above a file.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use berth_shared::{
    config::{self, Checked, check_bytes},
    diagnostics::{Diagnostic, Severity},
};

use crate::cli::validate::{read_to_limit, show};

/// What is needed when nothing is written.
const EMPTY: &str = "type: dev-environment\nide: vscode\n";

/// Flags about the machine, read as the same fields of a file are; each stands above the file.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Resources")]
pub(super) struct Resources {
    /// GPUs, as `resources.gpu` of a file: `A100`, `24GB..`, `A100:80GB:2`.
    #[arg(long, value_name = "SPEC")]
    gpu: Option<String>,

    /// vCPUs, as `resources.cpu`: `4`, `4..8`.
    #[arg(long, value_name = "RANGE", allow_hyphen_values = true)]
    cpu: Option<String>,

    /// RAM, as `resources.memory`: `16GB`, `16GB..64GB`.
    #[arg(long, value_name = "RANGE", allow_hyphen_values = true)]
    memory: Option<String>,

    /// Disk, as `resources.disk`: `200GB..`.
    #[arg(long, value_name = "RANGE", allow_hyphen_values = true)]
    disk: Option<String>,
}

impl Resources {
    pub(super) fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [("gpu", &self.gpu), ("cpu", &self.cpu), ("memory", &self.memory), ("disk", &self.disk)]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.as_deref()?)))
    }
}

/// The question.
pub(super) struct Asked {
    /// The file, as it is shown; `None` when there is none.
    pub(super) file: Option<String>,
    /// Its text.
    pub(super) text: String,
    /// What is asked for, flags included.
    pub(super) checked: Checked,
}

/// Why there is no question.
#[derive(Debug, thiserror::Error)]
pub(super) enum AskedError {
    #[error("cannot read `{path}`")]
    Read {
        path: String,
        #[source]
        source: io::Error,
    },
    #[error(
        "there is no `.dstack.yml` here; name a file, or say what is needed by flags, such as `--gpu 24GB..` (see \
         `berth offers --help`)"
    )]
    NoFile,
    #[error("`--{flag} {}`: {}", .value.escape_debug(), said(.diagnostics))]
    Flag { flag: &'static str, value: String, diagnostics: Vec<Diagnostic> },
}

/// What is wrong, and what to do about it, in a line each.
fn said(diagnostics: &[Diagnostic]) -> String {
    let one = |d: &Diagnostic| match &d.help {
        Some(help) => format!("{}; {help}", d.message),
        None => d.message.clone(),
    };
    let errors = diagnostics.iter().filter(|d| d.severity == Severity::Error);
    errors.map(one).collect::<Vec<_>>().join("; ")
}

/// Reads what is asked for. Without a file that is named or lies in `folder`, flags are enough.
pub(super) fn asked(
    file: Option<&Path>,
    folder: &Path,
    flags: &Resources,
    other_flags: bool,
    stdin: &mut dyn Read,
) -> Result<Asked, AskedError> {
    let (file, bytes) = match file.map_or_else(|| default_file(folder), |file| Some(file.to_owned())) {
        Some(path) => {
            let shown = show(&path);
            let bytes =
                read(&path, stdin).map_err(|source| AskedError::Read { path: shown.clone(), source })?;
            (Some(shown), bytes)
        }
        None if other_flags || flags.fields().next().is_some() => (None, EMPTY.as_bytes().to_vec()),
        None => return Err(AskedError::NoFile),
    };
    let mut checked = check_bytes(&bytes);
    for (flag, value) in flags.fields() {
        let given = field(flag, value)?;
        let Some(configuration) = &mut checked.configuration else { continue };
        let resources = &mut configuration.resources;
        match flag {
            "gpu" => resources.gpu = given.gpu,
            "cpu" => resources.cpu = given.cpu,
            "memory" => resources.memory = given.memory,
            _ => resources.disk = given.disk,
        }
    }
    Ok(Asked { file, text: String::from_utf8_lossy(&bytes).into_owned(), checked })
}

/// Reads a flag as a file's field: the same reader, the same words when it is wrong.
fn field(flag: &'static str, value: &str) -> Result<config::Resources, AskedError> {
    // What JSON writes in quotes YAML reads as the same text.
    let quoted = serde_json::Value::from(value).to_string();
    let checked = berth_shared::check(&format!("{EMPTY}resources: {{{flag}: {quoted}}}\n"));
    match checked.configuration {
        Some(configuration) => Ok(configuration.resources),
        None => Err(AskedError::Flag { flag, value: value.to_owned(), diagnostics: checked.diagnostics }),
    }
}

fn read(file: &Path, stdin: &mut dyn Read) -> io::Result<Vec<u8>> {
    if file == Path::new("-") { read_to_limit(stdin) } else { read_to_limit(&mut File::open(file)?) }
}

/// `.dstack.yml`, or where there is none, `.dstack.yaml` (dstack 0.18, `spec` §1).
fn default_file(folder: &Path) -> Option<PathBuf> {
    [".dstack.yml", ".dstack.yaml"].map(|name| folder.join(name)).into_iter().find(|path| path.exists())
}
