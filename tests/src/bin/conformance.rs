//! Prints our answers to recorded questions: `conformance config DOCUMENTS.jsonl [--dialect 0.18|0.22]`,
//! `conformance yaml DOCUMENTS.jsonl`, `conformance offers DIR`.

use std::fs::File;
use std::io::{self, BufReader, BufWriter};
use std::process::ExitCode;

use berth_shared::schema::Dialect;
use berth_tests::conformance::{answer_all, config, offers, yaml};

const USAGE: &str =
    "usage: conformance config DOCUMENTS.jsonl [--dialect 0.18|0.22] | yaml DOCUMENTS.jsonl | offers DIR";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (path, answered) = match arguments[..] {
        ["config", path] => (path, configurations(path, Dialect::V0_18)),
        ["config", path, "--dialect", dialect] if Dialect::of(dialect).is_some() => {
            (path, configurations(path, Dialect::of(dialect).unwrap_or_default()))
        }
        ["yaml", path] => (path, with_lines(path, |input, output| answer_all(input, output, yaml::answer))),
        ["offers", path] => (path, offers::run(path.as_ref(), BufWriter::new(io::stdout().lock()))),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match answered {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads our answers may stop early: `conformance … | head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cannot answer {path}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn configurations(path: &str, dialect: Dialect) -> io::Result<()> {
    with_lines(path, |input, output| answer_all(input, output, |document| config::answer(document, dialect)))
}

type Output = BufWriter<io::StdoutLock<'static>>;

/// Opens a file of records for reading and the standard output for writing.
fn with_lines(path: &str, run: impl FnOnce(BufReader<File>, Output) -> io::Result<()>) -> io::Result<()> {
    run(BufReader::new(File::open(path)?), BufWriter::new(io::stdout().lock()))
}
