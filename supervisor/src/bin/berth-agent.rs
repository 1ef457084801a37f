//! The supervisor as a program of its own, linked statically: it is put into containers, whose images may have no libraries.

use std::process::ExitCode;

fn main() -> ExitCode {
    berth_supervisor::dispatch().unwrap_or_else(|| {
        eprintln!("error: this program is started by Berth inside the containers that it makes");
        ExitCode::from(2)
    })
}
