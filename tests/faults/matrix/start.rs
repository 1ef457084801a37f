//! Each point of a start: of the first one, which makes the database and the account, and of one that takes over what
//! another has left.

use std::{
    collections::BTreeMap,
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Command, Stdio},
};

use berth::store::Address;
use berth_tests::{
    clouds::Clouds,
    server::{Server, binary},
};

use super::{
    QUICK,
    commits::noted,
    each, end,
    keeper::Plan,
    lived_on_sqlite, lives, on_sqlite,
    person::{Person, patiently},
};

/// The points from a file up to the moment when the server is ready and has swept for the first time, each with which time
/// it is.
fn points_of_a_start(points: &[String]) -> Vec<String> {
    let ready = points.iter().position(|point| point == "ready.after").expect("it became ready");
    let swept = points.iter().position(|point| point == "call.list.after").expect("it has swept");
    let mut times = BTreeMap::new();
    let numbered = points[..=ready.max(swept)].iter().map(|line| {
        // Behind it stands what a commit writes.
        let point = line.split(' ').next().unwrap_or(line);
        let time = times.entry(point).or_insert(0);
        *time += 1;
        format!("{point}#{time}")
    });
    // What looks for work or at machines does so again and again, however long a start takes: how often is the machine's speed.
    let again_and_again = [("lease", 1), ("call.list", 3), ("call.observe", 3)];
    let is_certain = |point: &String| {
        let time: u32 = point.rsplit('#').next().and_then(|time| time.parse().ok()).expect("it is numbered");
        again_and_again.iter().all(|(start, most)| !point.starts_with(start) || time <= *most)
    };
    numbered.filter(is_certain).collect()
}

fn serve(clouds: &Clouds, directory: &Path) -> Command {
    let mut command = Command::new(binary());
    command.args(["serve", "--listen", "127.0.0.1:0", "--simulated-clouds", clouds.address(), "--data-dir"]);
    command.arg(directory).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

#[test]
fn a_server_that_dies_anywhere_in_its_first_start_can_be_started_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("points");
    let clouds = lives::clouds();
    let mut first = serve(&clouds, &folder.path().join("data"));
    let mut first = first.env("BERTH_FAILPOINT_LOG", &file).spawn().expect("the server starts");
    let started = || {
        let points = noted(&file);
        let there = |wanted: &str| points.iter().any(|point| point == wanted);
        (there("ready.after") && there("call.list.after")).then(|| points_of_a_start(&points))
    };
    let points = patiently(started).expect("it starts");
    first.kill().expect("it can be killed");
    first.wait().expect("it is gone");
    eprintln!("a first start has {} points: {points:?}", points.len());
    each(&points, |point| {
        let clouds = lives::clouds();
        let folder = tempfile::tempdir().expect("a folder");
        let directory = folder.path().join("data");
        let died = serve(&clouds, &directory).env("BERTH_FAILPOINT", point).status().expect("it starts");
        assert_eq!(died.signal(), Some(9), "the point was come to: {point}");
        let mut server = Server::start_on(&directory, &["--simulated-clouds", clouds.address()]);
        let person = Person::new(vec![server.address().to_owned()], server.session());
        lives::plain(&person, &clouds);
        let bills = end::none_left(&clouds);
        server.terminate();
        end::check(&directory, &Address::DataDirectory, &bills);
    });
}

#[test]
fn a_server_that_dies_while_it_takes_over_from_one_that_died_costs_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("points");
    let first = "call.start.after";
    assert_eq!(lived_on_sqlite(&Plan::Once(first.to_owned()), &QUICK, Some(&file)), 1, "{first} was come to");
    let points = noted(&file);
    let begun = points.iter().rposition(|point| point == "open.before").expect("it was started twice");
    let points = points_of_a_start(&points[begun..]);
    eprintln!("taking over has {} points: {points:?}", points.len());
    each(&points, |point| on_sqlite(Plan::InTurn(vec![first.to_owned(), point.clone()]), &QUICK));
}
