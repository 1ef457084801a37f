//! `cargo xtask bench load`: a real server under load, on simulated clouds in a process of their own. Writes
//! `docs/benchmarks/load.md`.

use std::fmt::Write as _;

use serde::Deserialize;

use super::{figures, machine, measurer, release_server, write_page};
use crate::shell::{Problem, Steps};

/// A figure, as the load tells it: a JSON object a line.
#[derive(Debug, Deserialize)]
struct Figure {
    phase: String,
    what: String,
    value: f64,
    unit: String,
}

/// What is good enough: phase, figure, at most so much.
const AIMS: [(&str, &str, f64); 13] = [
    ("burst", "of that more than the longest one alone", 20.0),
    ("hold", "CPU of the server", 0.5),
    ("hold", "most memory of the server ever", 400.0),
    ("hold", "from a change to a page, p99", 250.0),
    ("hold", "answer to: the newest runs, p95", 50.0),
    ("hold", "answer to: runs in the middle of the past, p95", 50.0),
    ("hold", "answer to: active runs, p95", 50.0),
    ("hold", "answer to: instances, p95", 50.0),
    ("hold", "answer to: a run, p95", 50.0),
    ("hold", "answer to: pools, p95", 50.0),
    ("hold", "answer to: orphans, p95", 50.0),
    ("hold", "answer to: a plan, p95", 50.0),
    ("crowd", "memory of the server for each page", 16.0),
];

/// What each phase is about.
const PHASES: [(&str, &str); 5] = [
    ("alone", "One launch after the other, on a server with nothing else to do"),
    ("burst", "Launches at once"),
    ("grow", "More and more active runs"),
    ("hold", "Active runs held, while some come and go, pages look on and people ask"),
    ("crowd", "A crowd of pages on top of it"),
];

/// Measures on SQLite, and on the empty PostgreSQL database that `BERTH_BENCH_DATABASE_URL` names; writes the page. `args`
/// go to the load.
pub(crate) fn load(steps: &mut Steps, args: &[String]) -> Result<(), Problem> {
    // The dashboard is in the binary, and nobody asks for it here: one that was built before is as good.
    let binary = release_server(steps)?;
    let mut measured = Vec::new();
    let url = std::env::var("BERTH_BENCH_DATABASE_URL").ok();
    for (database, url) in [("SQLite", None), ("PostgreSQL", url.as_deref())] {
        if database == "PostgreSQL" && url.is_none() {
            println!("    PostgreSQL: skipped; BERTH_BENCH_DATABASE_URL may name an empty database");
            continue;
        }
        let mut side = measurer(steps, "load", &binary)?;
        side.args(args).args(url.into_iter().flat_map(|url| ["--database-url", url]));
        let figures = figures(steps, &format!("measure on {database}"), &mut side)?;
        measured.push((database, figures));
    }
    write_page("load.md", &report(&measured))?;
    aims_met_a_figure(&measured)
}

/// Aims are matched by the words of the figures: one that matches none would be left out of the page without a word.
fn aims_met_a_figure(measured: &[(&str, Vec<Figure>)]) -> Result<(), Problem> {
    for (database, figures) in measured {
        for (phase, what, _) in AIMS {
            if !figures.iter().any(|figure| figure.phase == phase && figure.what == what) {
                return Err(Problem::new(format!(
                    "there is an aim for \"{what}\" of the phase {phase}, and the load on {database} gave no such figure"
                )));
            }
        }
    }
    Ok(())
}

fn shown(value: f64, unit: &str) -> String {
    match unit {
        "seconds" => format!("{value:.1} s"),
        "milliseconds" => format!("{value:.0} ms"),
        "cores" => format!("{value:.2} cores"),
        "megabytes" => format!("{value:.0} MB"),
        "kilobytes" => format!("{value:.1} KB"),
        _ if value < 10.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

fn report(measured: &[(&str, Vec<Figure>)]) -> String {
    let mut page = format!(
        "# Under load\n\n<!-- Made by `cargo xtask bench load`. -->\n\n\
         One server, three simulated clouds in a process of their own, and the load, which plays people and pages, all on \
         the same machine: {}. Each launch asks for a GPU and has a command to run before it is ready. For comparison: \
         dstack documents 1,000 active runs for a replica.\n",
        machine()
    );
    let Some((_, first)) = measured.first() else { return page };
    for (phase, about) in PHASES {
        let _ = writeln!(page, "\n## {about}\n");
        let names: String = measured.iter().map(|(database, _)| format!(" {database} |")).collect();
        let _ = writeln!(page, "| | aim |{names}\n|---|---:|{}", "---:|".repeat(measured.len()));
        for Figure { what, unit, .. } in first.iter().filter(|figure| figure.phase == phase) {
            let aim = AIMS.iter().find(|(of, name, _)| (*of, *name) == (phase, what.as_str()));
            let aim = aim.map(|(_, _, most)| format!("at most {}", shown(*most, unit))).unwrap_or_default();
            let values = measured.iter().map(|(_, figures)| {
                let found = figures.iter().find(|figure| figure.phase == phase && figure.what == *what);
                format!(" {} |", found.map(|figure| shown(figure.value, unit)).unwrap_or_default())
            });
            let _ = writeln!(page, "| {what} | {aim} |{}", values.collect::<String>());
        }
    }
    page.push_str(
        "\nFrom a change to a page: from the moment that the server says of an event, which is before it is written, until a \
         page has read it. A page that begins gets everything in pieces, which are made once for all that begin at about the \
         same time; those of the crowd are there already when they are counted, as pages that come back are. No page missed \
         an event or had one twice, or there would be no figures. Answers of a plan include the clouds' own, 2 to 20 ms each \
         way.\n",
    );
    page
}
