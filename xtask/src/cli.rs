//! Which command does what.

use std::process::ExitCode;

use crate::{
    bench,
    build::{self, Profile},
    catalog, deny, docs, lint, npm, run, setup,
    shell::{Problem, Steps},
    site, test, texts,
};

const HELP: &str = "\
cargo xtask COMMAND

  run [--release] [-- ARGS]   set up what is missing, build, start the server; ARGS go to `berth serve`
  test [FILTER]               set up what is missing, build, run all tests, the browser's too
  build [--release] [--language TAG]
                              build dashboard and server; --release makes one binary with the dashboard inside; TAG is a
                              translation of the dashboard in frontend/texts
  setup                       only set up what is missing
  catalog [OFFERS.csv[.gz]]   check and pack offers and GPU facts into shared/catalog/offers.bin
  bench check                 measure how long a check takes, beside other tools; writes docs/benchmarks/check.md
  bench offers                measure how long matching takes, beside gpuhunt; writes docs/benchmarks/offers.md
  bench load [-- ARGS]        measure a server with thousands of runs and pages; writes docs/benchmarks/load.md
  bench environments [-- ARGS]  measure from launch to prompt, and logs; writes docs/benchmarks/environments.md
  bench gateway [-- ARGS]     measure the SSH gateway beside sshd; writes docs/benchmarks/gateway.md
  bench terminal [-- KEYS]    measure a key's way to the screen of a terminal; writes docs/benchmarks/terminal.md
  docs                        write what is generated below docs/: the reference and the JSON Schema
  npm                         build the package for browsers and Node into target/npm
  site [--quick] [--out DIR] [--base /PATH/]
                              build the dashboard as files for any static web host into target/site
  trunk serve [-- ARGS]       build and reload the dashboard with each change, beside a running server
  deny [--if-there]           licences, sources and banned crates of what this is made of; known vulnerabilities, too, where they can be had;
                              --if-there installs cargo-deny only where BERTH_REQUIRE_DENY is set
  lint                        formatting and clippy, for the server and for wasm32
";

/// Carries out the command line `args` (without the program's name).
pub(crate) fn dispatch(args: Vec<String>) -> Result<ExitCode, Problem> {
    let (own, rest) = match args.iter().position(|arg| arg == "--") {
        Some(at) => (args[..at].to_vec(), args[at + 1..].to_vec()),
        None => (args, Vec::new()),
    };
    let command = own.first().map(String::as_str).unwrap_or_default();
    let flags: Vec<&str> = own.iter().skip(1).map(String::as_str).collect();
    let profile = if flags.contains(&"--release") { Profile::Release } else { Profile::Quick };
    let mut steps = Steps::new();
    match (command, flags.as_slice()) {
        ("run", [] | ["--release"]) => return run::run(&mut steps, profile, &rest),
        ("test", [] | [_]) => test::test(&mut steps, flags.first().copied())?,
        ("build", [] | ["--release"] | ["--language", _] | ["--release", "--language", _]) => {
            let texts = match flags.as_slice() {
                [.., "--language", language] => Some(texts::catalogue(language)?),
                _ => None,
            };
            setup::for_build(&mut steps)?;
            let binary = build::all(&mut steps, profile, texts.as_deref())?;
            // At the end: what is too heavy is built all the same.
            let weight = build::weigh(&mut steps, profile);
            steps.summary();
            println!("built {}", binary.display());
            weight?;
        }
        ("setup", []) => {
            setup::for_build(&mut steps)?;
            setup::for_tests(&mut steps)?;
            steps.summary();
        }
        ("catalog", [] | [_]) => catalog::catalog(flags.first().copied())?,
        ("bench", ["check"]) => bench::check(&mut steps)?,
        ("bench", ["offers"]) => bench::offers(&mut steps)?,
        ("bench", ["load"]) => bench::load(&mut steps, &rest)?,
        ("bench", ["environments"]) => bench::environments(&mut steps, &rest)?,
        ("bench", ["gateway"]) => bench::gateway(&mut steps, &rest)?,
        ("bench", ["terminal"]) => bench::terminal(&mut steps, &rest)?,
        ("npm", []) => {
            setup::for_build(&mut steps)?;
            let folder = npm::package(&mut steps, Profile::Release)?;
            steps.summary();
            println!("built {}", folder.display());
        }
        ("site", words) => site::site(&mut steps, &site::Options::parse(words)?)?,
        ("trunk", [what]) => build::trunk_as_it_is(&mut steps, what, &rest)?,
        ("docs", []) => docs::docs()?,
        ("deny", []) => deny::deny(&mut steps)?,
        ("deny", ["--if-there"]) => deny::if_there(&mut steps)?,
        ("lint", []) => lint::lint(&mut steps)?,
        ("" | "help" | "--help" | "-h", _) => print!("{HELP}"),
        _ => {
            eprint!("{HELP}");
            return Err(Problem::new(format!("`cargo xtask {}` is not a command", own.join(" "))));
        }
    }
    Ok(ExitCode::SUCCESS)
}
