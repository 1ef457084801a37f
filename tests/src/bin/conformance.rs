//! Prints our answers to recorded questions: `conformance config|yaml DOCUMENTS.jsonl`,
//! `conformance offers DIR`.

use std::fs::File;
use std::io::{self, BufReader, BufWriter};
use std::process::ExitCode;

use berth_tests::conformance::{answer_all, config, offers, yaml};

const USAGE: &str = "usage: conformance config|yaml DOCUMENTS.jsonl | offers DIR";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (path, answered) = match arguments[..] {
        ["config", path] => {
            (path, with_lines(path, |input, output| answer_all(input, output, config::answer)))
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

type Output = BufWriter<io::StdoutLock<'static>>;

/// Opens a file of records for reading and the standard output for writing.
fn with_lines(path: &str, run: impl FnOnce(BufReader<File>, Output) -> io::Result<()>) -> io::Result<()> {
    run(BufReader::new(File::open(path)?), BufWriter::new(io::stdout().lock()))
}
