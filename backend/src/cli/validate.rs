//! `berth validate`

use std::{
    fs::File,
    io::{self, IsTerminal as _, Read, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use berth_shared::{
    config::{Configuration, TEXT_LIMIT, check_bytes},
    diagnostics::{Diagnostic, Severity, render},
};
use serde::Serialize;

/// Arguments of `berth validate`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files, folders (searched for `*.dstack.yml`), or `-` for standard input.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// How to print the result.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
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
}

/// What is known about one file. This is the JSON of `--format json` and `jsonl`.
#[derive(Debug, Serialize)]
struct Report {
    file: String,
    ok: bool,
    diagnostics: Vec<Diagnostic>,
    config: Option<Configuration>,
    /// For the excerpts.
    #[serde(skip)]
    text: String,
}

/// Several files in one object.
#[derive(Serialize)]
struct Reports<'r> {
    ok: bool,
    files: &'r [Report],
}

/// Why there is nothing to say about a path.
#[derive(Debug, thiserror::Error)]
enum PathError {
    #[error("cannot read `{path}`")]
    Read {
        path: String,
        #[source]
        source: io::Error,
    },
    #[error("no `*.dstack.yml` in `{path}`")]
    Nothing { path: String },
}

/// Checks the files: 0 when all are valid, 1 when one is not, 2 when a path cannot be read.
#[must_use]
pub fn run(args: Args) -> ExitCode {
    let stdout = io::stdout();
    let colour = stdout.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    match validate(&args, &mut io::stdin().lock(), &mut stdout.lock(), colour) {
        Ok(code) => ExitCode::from(code),
        // Whoever reads the result has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
        Err(error) => {
            super::complain(&error);
            ExitCode::from(2)
        }
    }
}

fn validate(args: &Args, stdin: &mut impl Read, out: &mut impl Write, colour: bool) -> io::Result<u8> {
    let mut reports = Vec::new();
    let mut unreadable = false;
    for path in &args.paths {
        if let Err(error) = path_reports(path, stdin, &mut reports) {
            super::complain(&error);
            unreadable = true;
        }
    }
    match (args.format, &reports[..]) {
        (Format::Text, _) => text(out, &reports, colour)?,
        (Format::Json, [one]) => json_line(out, one)?,
        (Format::Json, files) => {
            json_line(out, &Reports { ok: !unreadable && files.iter().all(|report| report.ok), files })?;
        }
        (Format::Jsonl, files) => files.iter().try_for_each(|report| json_line(out, report))?,
    }
    out.flush()?;
    Ok(if unreadable { 2 } else { u8::from(reports.iter().any(|report| !report.ok)) })
}

fn json_line(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

fn path_reports(path: &Path, stdin: &mut impl Read, reports: &mut Vec<Report>) -> Result<(), PathError> {
    let shown = path.display().to_string();
    let failed = |source| PathError::Read { path: shown.clone(), source };
    if path == Path::new("-") {
        reports.push(report("-".to_owned(), stdin).map_err(failed)?);
    } else if path.is_dir() {
        let mut files = Vec::new();
        search(path, &mut files).map_err(failed)?;
        if files.is_empty() {
            return Err(PathError::Nothing { path: shown });
        }
        files.sort();
        for file in files {
            path_reports(&file, stdin, reports)?;
        }
    } else {
        reports.push(File::open(path).and_then(|mut file| report(shown.clone(), &mut file)).map_err(failed)?);
    }
    Ok(())
}

/// The configurations below a folder. Links to folders are not followed, so there is no going round in circles.
fn search(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    // Other people's files, and many of them.
    const SKIPPED: &[&str] = &[".git", ".venv", "node_modules", "target", "venv"];
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if entry.file_type()?.is_dir() {
            if !SKIPPED.contains(&&*name) {
                search(&entry.path(), found)?;
            }
        } else if name.ends_with(".dstack.yml") || name.ends_with(".dstack.yaml") {
            found.push(entry.path());
        }
    }
    Ok(())
}

fn report(file: String, from: &mut impl Read) -> io::Result<Report> {
    let mut bytes = Vec::new();
    // One byte more than is checked, to see that there is more.
    from.take(TEXT_LIMIT as u64 + 1).read_to_end(&mut bytes)?;
    let checked = check_bytes(&bytes);
    Ok(Report {
        file,
        ok: checked.is_valid(),
        diagnostics: checked.diagnostics,
        config: checked.configuration,
        text: String::from_utf8_lossy(&bytes).into_owned(),
    })
}

fn text(out: &mut impl Write, reports: &[Report], colour: bool) -> io::Result<()> {
    for report in reports {
        out.write_all(render(&report.file, &report.text, &report.diagnostics, colour).as_bytes())?;
    }
    let count = |severity| {
        reports.iter().flat_map(|report| &report.diagnostics).filter(|d| d.severity == severity).count()
    };
    let mut found: Vec<_> =
        [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Hint, "hint")]
            .into_iter()
            .filter(|&(severity, _)| count(severity) > 0)
            .map(|(severity, word)| plural(count(severity), word))
            .collect();
    if found.is_empty() {
        found.push("no problems".to_owned());
    }
    let invalid = reports.iter().filter(|report| !report.ok).count();
    let verdict = match (reports.len(), invalid) {
        (0, _) => return Ok(()),
        (1, 0) => "valid".to_owned(),
        (1, _) => "invalid".to_owned(),
        (n, 0) => format!("all {n} files valid"),
        (n, invalid) => format!("{invalid} of {n} files invalid"),
    };
    writeln!(out, "{verdict}: {}", found.join(", "))
}

fn plural(n: usize, word: &str) -> String {
    format!("{n} {word}{}", if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALID: &str = "type: dev-environment\nide: vscode\n";

    fn outcome(paths: &[&Path], format: Format, stdin: &[u8]) -> (u8, String) {
        let args = Args { paths: paths.iter().map(|path| path.to_path_buf()).collect(), format };
        let mut out = Vec::new();
        let code = validate(&args, &mut &*stdin, &mut out, false).expect("a vector takes everything");
        (code, String::from_utf8(out).expect("text"))
    }

    fn stdin(format: Format, text: &[u8]) -> (u8, String) {
        outcome(&[Path::new("-")], format, text)
    }

    /// A folder of its own for a test, removed at the end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("berth-validate-{name}-{}", std::process::id()));
            std::fs::create_dir_all(path.join("sub/node_modules")).expect("a folder for the test");
            Self(path)
        }

        fn write(&self, name: &str, text: &str) -> PathBuf {
            let path = self.0.join(name);
            std::fs::write(&path, text).expect("a file for the test");
            path
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_mistake_is_shown_with_its_line_and_its_fix() {
        let (code, text) = stdin(Format::Text, b"type: dev-environment\nide: vscode\nresurces: {}\n");
        assert_eq!(code, 1);
        insta::assert_snapshot!(text, @r"
        error[unknown-key]: unknown key `resurces`
         --> -:3:1
          |
        3 | resurces: {}
          | ^^^^^^^^
          |
          = help: did you mean `resources`?
          = fix: replace with `resources`

        invalid: 1 error
        ");
    }

    #[test]
    fn a_valid_file_says_so_and_exits_0() {
        assert_eq!(stdin(Format::Text, VALID.as_bytes()), (0, "valid: no problems\n".to_owned()));
    }

    #[test]
    fn json_is_one_object_with_the_normalised_configuration() {
        let (code, text) = stdin(Format::Json, VALID.as_bytes());
        let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!((code, &json["file"], &json["ok"]), (0, &"-".into(), &true.into()));
        assert_eq!(json["config"]["resources"]["cpu"]["min"], 2);
        let (code, text) = stdin(Format::Jsonl, b"[");
        let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!((code, &json["ok"], &json["config"]), (1, &false.into(), &serde_json::Value::Null));
        assert_eq!(json["diagnostics"][0]["code"], "yaml-syntax");
    }

    #[test]
    fn a_folder_is_searched_and_other_peoples_files_are_left_alone() {
        let folder = Folder::new("search");
        folder.write(".dstack.yml", VALID);
        folder.write("sub/serve.dstack.yml", "type: dev-environment\n");
        folder.write("sub/other.yml", "[");
        folder.write("sub/node_modules/.dstack.yml", "[");
        let (code, text) = outcome(&[&folder.0], Format::Jsonl, b"");
        let files: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!((code, files.len()), (1, 2));
        assert_eq!((&files[0]["ok"], &files[1]["ok"]), (&true.into(), &false.into()));
        let (_, text) = outcome(&[&folder.0], Format::Json, b"");
        let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!((&json["ok"], json["files"].as_array().map(Vec::len)), (&false.into(), Some(2)));
    }

    #[test]
    fn what_cannot_be_read_is_wrong_usage() {
        assert_eq!(outcome(&[Path::new("/nowhere/.dstack.yml")], Format::Text, b"").0, 2);
        let folder = Folder::new("nothing");
        assert_eq!(outcome(&[&folder.0], Format::Text, b"").0, 2);
    }

    #[test]
    fn binary_junk_and_endless_input_get_an_answer() {
        let (code, text) = stdin(Format::Text, b"type: dev-environment\n\xff\xfe\n");
        assert_eq!(code, 1);
        assert!(text.contains("not-utf-8") && text.contains(":2:1"), "{text}");
        let endless = vec![b'x'; TEXT_LIMIT * 4];
        let (code, text) = stdin(Format::Text, &endless);
        assert_eq!(code, 1);
        assert!(text.contains("text-too-long") && text.len() < 2000, "{text}");
    }
}
