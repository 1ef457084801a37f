//! `cargo xtask …`: sets up, runs, tests and builds the project.

mod bench;
mod beside;
mod build;
mod catalog;
mod cli;
mod deny;
mod docs;
mod lint;
mod npm;
mod run;
mod setup;
mod shell;
mod simulation;
mod site;
mod specs;
mod test;
mod texts;

use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::dispatch(std::env::args().skip(1).collect()) {
        Ok(code) => code,
        Err(problem) => {
            eprintln!("\nerror: {problem}");
            ExitCode::FAILURE
        }
    }
}
