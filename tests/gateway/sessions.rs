//! Programs over SSH.

use std::{
    io::{BufRead, BufReader, Read, Write},
    process::Stdio,
};

use crate::bench::{Bench, done, said};

#[test]
fn a_command_has_its_input_its_output_and_its_status() {
    let bench = Bench::running();
    let ran = said(bench.ssh(&[]).arg("cat; echo wrong >&2; exit 3"), b"in and out");
    assert_eq!((ran.status, ran.out.as_str(), ran.err.as_str()), (Some(3), "in and out", "wrong\n"));
    assert_eq!(said(bench.ssh(&["-n"]).arg("cat"), b"").out, "", "no input at all");
    // As sshd: relative paths mean the same to every program that comes over SSH.
    assert_eq!(done(bench.ssh(&[]).arg("test \"$PWD\" = \"$HOME\" && echo home"), b""), "home\n");
    assert_eq!(said(bench.ssh(&[]).arg("kill -9 $$"), b"").status, Some(137));
    assert_eq!(said(bench.ssh(&[]).arg("exit 200"), b"").status, Some(200));
}

#[test]
fn a_shell_without_a_terminal_reads_its_commands_from_its_input() {
    let bench = Bench::running();
    assert_eq!(done(&mut bench.ssh(&["-T"]), b"X=kept\necho $X\n"), "kept\n");
}

#[test]
fn a_terminal_has_a_size_a_kind_and_what_the_client_sets() {
    let bench = Bench::running();
    let mut ssh = bench.ssh(&["-tt", "-o", "SetEnv=GIT_PROTOCOL=version=2 BERTH_INSTANCE=other"]);
    ssh.env("TERM", "vt220");
    let asked =
        "test -t 0 && echo \"$TERM $GIT_PROTOCOL\"; test \"$BERTH_INSTANCE\" = other || echo ours; stty size";
    let told = done(ssh.arg(asked), b"");
    let lines: Vec<&str> = told.split("\r\n").collect();
    assert_eq!(lines[..2], ["vt220 version=2", "ours"], "{told:?}");
    assert_eq!(lines[2].split(' ').count(), 2, "{told:?}");
}

#[test]
fn an_interactive_shell_begins_where_the_work_is() {
    let bench = Bench::running();
    let told = done(&mut bench.ssh(&["-tt"]), b"echo at-${PWD##*/}; exit\n");
    assert!(told.contains("at-workflow"), "{told:?}");
}

#[test]
fn what_is_typed_is_answered_at_once() {
    let bench = Bench::running();
    let mut ssh = bench.ssh(&["-tt"]);
    ssh.arg("stty -echo; echo ready; while read line; do echo \"<$line>\"; done");
    let mut child = ssh.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("started");
    let mut keys = child.stdin.take().expect("keys");
    let mut lines = BufReader::new(child.stdout.take().expect("a screen")).lines();
    let mut next = || lines.next().expect("a line").expect("read");
    assert_eq!(next(), "ready");
    for word in ["one", "two"] {
        keys.write_all(format!("{word}\n").as_bytes()).expect("typed");
        assert_eq!(next(), format!("<{word}>"));
    }
    // Control-D: a terminal's own end of input.
    keys.write_all(b"\x04").expect("typed");
    assert_eq!(child.wait().expect("its end").code(), Some(0));
}

#[test]
fn the_end_of_input_reaches_the_program_while_its_output_goes_on() {
    let bench = Bench::running();
    assert_eq!(done(bench.ssh(&[]).arg("wc -c; echo after"), &[b'x'; 300_000]), "300000\nafter\n");
}

#[test]
fn a_client_that_is_killed_leaves_no_program_behind() {
    let bench = Bench::running();
    let mut ssh = bench.ssh(&["-tt"]);
    ssh.arg("echo begun; exec sleep 98765").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = ssh.spawn().expect("started");
    let mut line = [0; 5];
    child.stdout.as_mut().expect("output").read_exact(&mut line).expect("begun");
    child.kill().expect("killed");
    child.wait().expect("gone");
    let gone = berth_tests::server::until("it is hung up", || {
        let left = done(bench.ssh(&[]).arg("pgrep -f 'sleep 9876[5]' || true"), b"");
        left.is_empty().then_some(())
    });
    assert!(gone.is_some(), "a program that had a terminal is hung up");
}

#[test]
fn many_sessions_go_over_one_connection() {
    let bench = Bench::running();
    let socket = bench.path("control");
    let control = format!("ControlPath={}", socket.display());
    let mut master = bench.ssh(&["-o", &control, "-M", "-N"]).spawn().expect("started");
    assert!(berth_tests::server::until("the connection stands", || socket.exists().then_some(())).is_some());
    let options = ["-o", control.as_str(), "-o", "ControlMaster=no"];
    let running: Vec<_> = (0..20)
        .map(|n| {
            let mut ssh = bench.ssh(&options);
            ssh.arg(format!("cat >/dev/null; echo {n}")).stdin(Stdio::piped()).stdout(Stdio::piped());
            ssh.spawn().expect("started")
        })
        .collect();
    for (n, mut child) in running.into_iter().enumerate() {
        drop(child.stdin.take());
        let output = child.wait_with_output().expect("its end");
        assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{n}\n"));
    }
    master.kill().expect("killed");
    master.wait().expect("gone");
}

#[test]
fn agents_x11_and_unknown_subsystems_are_refused() {
    let bench = Bench::running();
    let told = said(bench.ssh(&["-A"]).arg("echo \"[$SSH_AUTH_SOCK]\""), b"");
    assert_eq!(told.out, "[]\n", "{}", told.err);
    let told = said(bench.ssh(&["-s"]).arg("netconf"), b"");
    assert!(told.err.contains("subsystem request failed"), "{}", told.err);
}
