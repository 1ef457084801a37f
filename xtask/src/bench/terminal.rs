//! `cargo xtask bench terminal`: from a key to its letter on the screen of a terminal in the page. Writes
//! `docs/benchmarks/terminal.md`.

use std::fmt::Write as _;

use serde::Deserialize;

use super::{figures, machine, write_page};
use crate::{
    build::{self, Profile},
    setup,
    shell::{Problem, Steps, command, root},
};

/// A figure, as the browser's side tells it.
#[derive(Debug, Deserialize)]
struct Figure {
    /// What goes on in another terminal meanwhile.
    beside: String,
    /// How the keys follow one another.
    pace: String,
    /// Which part of the way.
    part: String,
    count: usize,
    p50_ms: f64,
    p99_ms: f64,
    most_ms: f64,
}

/// What is good enough for the whole way of 99 keys in 100, on an idle server, milliseconds.
const AIM: f64 = 20.0;

const BESIDE: [(&str, &str); 3] = [
    ("idle", "nothing else goes on"),
    ("busy", "another terminal shows 2,000 lines a second"),
    ("flood", "another terminal shows as many lines as there can be (`yes`)"),
];

const PACES: [(&str, &str); 2] =
    [("typist", "a typist, 10 keys a second"), ("burst", "a burst, as fast as the browser takes them")];

const PARTS: [(&str, &str); 3] = [
    ("sent", "to the socket: the page"),
    ("answered", "to the echo’s arrival: browser, server, supervisor, shell, and back"),
    ("shown", "to the end of the frame with the letter: the page, and the wait for the next frame"),
];

/// Measures and writes the page. `args` go to what measures; `BERTH` may name a server that was built before.
pub(crate) fn terminal(steps: &mut Steps, args: &[String]) -> Result<(), Problem> {
    setup::for_tests(steps)?;
    let binary = match std::env::var_os("BERTH") {
        Some(binary) => binary.into(),
        None => {
            setup::for_build(steps)?;
            build::all(steps, Profile::Release, None)?
        }
    };
    let mut side = command("node");
    side.current_dir(root().join("tests/browser")).arg("bench/echo.mjs").args(args);
    side.env("BERTH", &binary).env("CHROMIUM", setup::find_browser()?);
    let figures: Vec<Figure> = figures(steps, "measure", &mut side)?;
    write_page("terminal.md", &page(&figures)?)?;
    steps.summary();
    Ok(())
}

fn page(figures: &[Figure]) -> Result<String, Problem> {
    let find = |beside: &str, pace: &str, part: &str| {
        let found = figures.iter().find(|one| one.beside == beside && one.pace == pace && one.part == part);
        found.ok_or_else(|| Problem::new(format!("there is no figure for {part}, {pace}, {beside}")))
    };
    let mut text = format!(
        "# A key’s way to the screen\n\nMade by `cargo xtask bench terminal`: keys typed into a terminal of a run’s page in Chromium without a \
         window, which draws 60 frames a second. The terminal is bash in the process sandbox, and everything is on one machine: {}. The \
         whole way is from the key’s event (the browser’s own time stamp) to the end of the frame in which its letter is in the page; on the way \
         the echo arrives in the page. The aim: 99 of 100 on the screen in less than {AIM:.0} ms.\n\n| while | keys | typed by | arrived, p50 \
         | p99 | on the screen, p50 | p99 | longest | |\n|---|---:|---|---:|---:|---:|---:|---:|---|\n",
        machine()
    );
    for (beside, words) in BESIDE {
        for (pace, typed) in PACES {
            let (figure, arrived) = (find(beside, pace, "whole")?, find(beside, pace, "arrived")?);
            let kept = if figure.p99_ms <= AIM { "kept" } else { "**missed**" };
            let _ = writeln!(
                text,
                "| {words} | {} | {typed} | {:.1} ms | {:.1} ms | {:.1} ms | {:.1} ms | {:.1} ms | {kept} |",
                figure.count, arrived.p50_ms, arrived.p99_ms, figure.p50_ms, figure.p99_ms, figure.most_ms
            );
        }
    }
    text.push_str("\n## Whose part is which\n\n| | while | p50 | p99 |\n|---|---|---:|---:|\n");
    for (part, words) in PARTS {
        for (beside, goes_on) in BESIDE {
            let figure = find(beside, "typist", part)?;
            let _ =
                writeln!(text, "| {words} | {goes_on} | {:.1} ms | {:.1} ms |", figure.p50_ms, figure.p99_ms);
        }
    }
    let server = find("idle", "one by one", "server")?;
    let _ = writeln!(
        text,
        "\nWithout a browser, by a socket that sends a letter as soon as the one before has come back: p50 {:.2} ms, p99 {:.2} ms, over {} \
         letters. That is the server, the supervisor, the pseudo-terminal and the shell.\n\nA frame comes every 16.7 ms: a letter that \
         arrives at once waits up to that long, half of it on average, and no work on either side changes that.",
        server.p50_ms, server.p99_ms, server.count
    );
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures() -> Vec<Figure> {
        let figure = |beside: &str, pace: &str, part: &str, p99_ms| Figure {
            beside: beside.to_owned(),
            pace: pace.to_owned(),
            part: part.to_owned(),
            count: 2000,
            p50_ms: 9.0,
            p99_ms,
            most_ms: 30.0,
        };
        let mut all = vec![figure("idle", "one by one", "server", 1.0)];
        for (beside, p99_ms) in [("idle", 19.0), ("busy", 20.5), ("flood", 40.0)] {
            for pace in ["typist", "burst"] {
                all.extend(
                    ["whole", "arrived", "sent", "answered", "shown"]
                        .map(|part| figure(beside, pace, part, p99_ms)),
                );
            }
        }
        all
    }

    #[test]
    fn an_aim_that_is_missed_is_said_to_be() {
        let text = page(&figures()).unwrap();
        let rows: Vec<_> = text.lines().filter(|line| line.contains("a typist")).collect();
        assert!(rows[0].ends_with("| 19.0 ms | 30.0 ms | kept |"), "{}", rows[0]);
        assert!(rows[1].ends_with("| 20.5 ms | 30.0 ms | **missed** |"), "{}", rows[1]);
    }

    #[test]
    fn a_figure_that_is_not_there_is_told_and_not_left_out() {
        let mut some = figures();
        some.retain(|figure| figure.beside != "flood");
        assert!(page(&some).is_err());
    }
}
