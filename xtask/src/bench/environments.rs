//! `cargo xtask bench environments`: from a launch to a prompt, and how quickly logs are taken and given. Writes
//! `docs/benchmarks/environments.md`.

use std::fmt::Write as _;

use serde::Deserialize;

use super::{figures, machine, measurer, release_server, write_page};
use crate::shell::{Problem, Steps};

/// A figure, as the measuring program tells it.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Figure {
    Launch { place: String, what: String, median_ms: f64, p90_ms: f64 },
    Log { place: String, pipe_mib_per_s: f64, log_mib_per_s: f64, read_mib: f64, read_mib_per_s: f64 },
}

/// Until the prompt, milliseconds.
const AIMS: [(&str, f64); 2] = [("sandbox", 150.0), ("podman", 1000.0)];

/// Measures and writes the page.
pub(crate) fn environments(steps: &mut Steps, args: &[String]) -> Result<(), Problem> {
    let binary = release_server(steps)?;
    let mut side = measurer(steps, "environments", &binary)?;
    let figures: Vec<Figure> = figures(steps, "measure", side.args(args))?;
    write_page("environments.md", &page(&figures))?;
    steps.summary();
    Ok(())
}

fn page(figures: &[Figure]) -> String {
    let mut text = format!(
        "# Environments: from a launch to a prompt, and their logs\n\nMade by `cargo xtask bench environments` on loopback; {}. A server without anything else to do.\n\n\
         ## From a launch to a prompt\nFrom sending the request until the run is told to run, and until a terminal, opened then as a page does it, asks for a command. The image is on the engine; the SSH \
         host is a network namespace with an SSH server and Podman.\n\n| | runs, median | prompt, median | prompt, 90th percentile | aim | |\n|---|---|---|---|---|---|\n",
        machine()
    );
    let launches = |wanted: &'static str| {
        figures.iter().filter_map(move |figure| match figure {
            Figure::Launch { place, what, median_ms, p90_ms } if what == wanted => {
                Some((place, median_ms, p90_ms))
            }
            _ => None,
        })
    };
    for (place, median, p90) in launches("prompt") {
        let runs =
            launches("running").find(|(other, ..)| *other == place).map_or(0.0, |(_, median, _)| *median);
        let aim = AIMS.iter().find(|(name, _)| name == place).map(|(_, aim)| *aim);
        let (aim, kept) = match aim {
            Some(aim) if *median <= aim => (format!("{aim:.0} ms"), "kept"),
            Some(aim) => (format!("{aim:.0} ms"), "**missed**"),
            None => ("none".to_owned(), ""),
        };
        let _ = writeln!(text, "| {place} | {runs:.0} ms | {median:.0} ms | {p90:.0} ms | {aim} | {kept} |");
    }
    text.push_str(
        "\n## Logs\nA program writes lines of 64 bytes as fast as it may: into a pipe that leads nowhere, and into the log. Then all that was kept of it is downloaded.\n\n\
         | | into the pipe | into the log | ratio | downloaded | |\n|---|---|---|---|---|---|\n",
    );
    for figure in figures {
        if let Figure::Log { place, pipe_mib_per_s, log_mib_per_s, read_mib, read_mib_per_s } = figure {
            let ratio = log_mib_per_s / pipe_mib_per_s;
            let _ = writeln!(
                text,
                "| {place} | {pipe_mib_per_s:.0} MiB/s | {log_mib_per_s:.0} MiB/s | {ratio:.2} | {read_mib:.0} MiB | {read_mib_per_s:.0} MiB/s |"
            );
        }
    }
    text
}
