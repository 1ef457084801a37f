//! `cargo xtask bench gateway`: the SSH gateway beside OpenSSH's own server. Writes `docs/benchmarks/gateway.md`.

use std::fmt::Write as _;

use serde::Deserialize;

use super::{figures, machine, measurer, release_server, write_page};
use crate::shell::{Problem, Steps};

/// A figure, as the measuring program tells it.
#[derive(Debug, Deserialize)]
struct Figure {
    side: String,
    what: String,
    cipher: String,
    mib_per_s: f64,
}

/// How much of what sshd does is good enough.
const AIM: f64 = 0.5;

/// Measures both in turns and writes the page.
pub(crate) fn gateway(steps: &mut Steps, args: &[String]) -> Result<(), Problem> {
    let binary = release_server(steps)?;
    let mut side = measurer(steps, "ssh-throughput", &binary)?;
    let figures: Vec<Figure> = figures(steps, "measure", side.args(args))?;
    write_page("gateway.md", &page(&figures))?;
    steps.summary();
    Ok(())
}

fn page(figures: &[Figure]) -> String {
    let mut text = format!(
        "# The SSH gateway beside sshd\n\nMade by `cargo xtask bench gateway`: zeros through OpenSSH's own client on loopback, both servers in turns, medians; {}. Client, server and the \
         program in the environment share those cores. The aim is half of what sshd does.\n\n| | cipher | sshd | Berth | ratio | |\n|---|---|---|---|---|---|\n",
        machine()
    );
    for own in figures.iter().filter(|figure| figure.side == "berth") {
        let Some(other) =
            figures.iter().find(|f| f.side == "sshd" && f.what == own.what && f.cipher == own.cipher)
        else {
            continue;
        };
        let ratio = own.mib_per_s / other.mib_per_s;
        let kept = if ratio >= AIM { "kept" } else { "**missed**" };
        let _ = writeln!(
            text,
            "| {} | {} | {:.0} MiB/s | {:.0} MiB/s | {ratio:.2} | {kept} |",
            own.what, own.cipher, other.mib_per_s, own.mib_per_s
        );
    }
    text
}
