//! SSH hosts for tests that are not written in Rust: prints a line of JSON for each, `{"name", "login", "key", "default_image"}`, then `ready`;
//! does what lines of its input say, `unplug NAME` and `plug NAME`, and answers `done`. Ends, hosts and all, with its input. Says why, and
//! ends with 77, where none can run.

use std::{
    io::{BufRead, Write},
    process::ExitCode,
};

use berth_tests::{engines::BASH, hosts::Host};

fn main() -> ExitCode {
    let names: Vec<String> = std::env::args().skip(1).collect();
    let started: Result<Vec<Host>, String> = names.iter().map(|name| Host::start(name)).collect();
    let hosts = match started {
        Ok(hosts) => hosts,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(77);
        }
    };
    let mut out = std::io::stdout();
    for host in &hosts {
        let key = std::fs::read_to_string(host.client_key()).unwrap_or_default();
        let told = serde_json::json!({ "name": host.name, "login": host.login(), "key": key, "default_image": BASH });
        let _ = writeln!(out, "{told}");
    }
    let _ = writeln!(out, "ready").and_then(|()| out.flush());
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let Some((what, name)) = line.split_once(' ') else { continue };
        if let Some(host) = hosts.iter().find(|host| host.name == name) {
            host.cable(what == "plug");
        }
        let _ = writeln!(out, "done").and_then(|()| out.flush());
    }
    drop(hosts);
    ExitCode::SUCCESS
}
