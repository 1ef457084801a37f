//! Much at once: nothing is lost, nothing hangs, and the server stays as it is.

use std::{
    fs,
    io::{Read, Write},
    process::{Command, Stdio},
    thread,
};

use crate::bench::{Bench, done};

/// What a process holds in memory, KiB.
fn memory(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("its memory");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).expect("a number")
}

const MIB: usize = 1 << 20;

#[test]
fn a_program_that_answers_while_it_is_fed_loses_nothing() {
    let bench = Bench::running();
    let sent: Vec<u8> = (0..64 * MIB as u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut ssh = bench.ssh(&[]);
    let mut child = ssh.arg("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("started");
    let (mut stdin, mut stdout) = (child.stdin.take().expect("input"), child.stdout.take().expect("output"));
    let feeding = {
        let sent = sent.clone();
        thread::spawn(move || stdin.write_all(&sent).expect("fed"))
    };
    let mut back = Vec::new();
    stdout.read_to_end(&mut back).expect("read");
    feeding.join().expect("fed");
    assert!(back == sent, "{} of {} bytes came back", back.len(), sent.len());
    assert!(child.wait().expect("its end").success());
}

#[test]
fn a_flood_that_nobody_reads_stops_at_its_source() {
    let bench = Bench::running();
    let mut ssh = bench.ssh(&[]);
    let mut child =
        ssh.arg("echo begun; exec cat /dev/zero").stdout(Stdio::piped()).spawn().expect("started");
    let mut begun = [0; 6];
    child.stdout.as_mut().expect("output").read_exact(&mut begun).expect("begun");
    let before = memory(bench.server.pid());
    // Other sessions are served meanwhile; they also give the flood the time that it would need.
    for _ in 0..20 {
        done(bench.ssh(&[]).arg("true"), b"");
    }
    let grown = memory(bench.server.pid()).saturating_sub(before);
    assert!(grown < 64 * 1024, "the server has grown by {grown} KiB");
    child.kill().expect("killed");
    child.wait().expect("gone");
}

#[test]
fn input_that_nobody_takes_is_held_within_bounds_and_output_goes_on() {
    let bench = Bench::running();
    let before = memory(bench.server.pid());
    let mut ssh = bench.ssh(&[]);
    ssh.arg("for n in 1 2 3 4 5 6 7 8 9 10; do echo $n; sleep 0.2; done; exec wc -c");
    let mut child = ssh.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("started");
    let mut stdin = child.stdin.take().expect("input");
    let feeding = thread::spawn(move || stdin.write_all(&vec![0; 100 * MIB]).expect("fed"));
    let mut lines = String::new();
    let mut stdout = child.stdout.take().expect("output");
    let mut byte = [0; 1];
    // All that is said while the input waits.
    while !lines.ends_with("10\n") {
        stdout.read_exact(&mut byte).expect("output goes on");
        lines.push(char::from(byte[0]));
    }
    let grown = memory(bench.server.pid()).saturating_sub(before);
    assert!(grown < 64 * 1024, "the server has grown by {grown} KiB");
    stdout.read_to_string(&mut lines).expect("read");
    feeding.join().expect("fed");
    assert!(lines.ends_with(&format!("10\n{}\n", 100 * MIB)), "{lines}");
    assert!(child.wait().expect("its end").success());
}

#[test]
fn a_program_that_writes_more_than_it_reads_does_not_stand_still() {
    let bench = Bench::running();
    let text = vec![b'a'; 100 * MIB];
    let packed = {
        let mut gzip = Command::new("gzip")
            .arg("-1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("gzip");
        let mut stdin = gzip.stdin.take().expect("input");
        thread::spawn(move || stdin.write_all(&text).expect("fed"));
        gzip.wait_with_output().expect("packed").stdout
    };
    // Several times, so that both directions are busy for long.
    let many: Vec<u8> = packed.iter().copied().cycle().take(packed.len() * 3).collect();
    assert_eq!(done(bench.ssh(&[]).arg("gzip -dc | wc -c"), &many), format!("{}\n", 300 * MIB));
    let mut ssh = bench.ssh(&[]);
    let mut child =
        ssh.arg("gzip -dc").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("started");
    let mut stdin = child.stdin.take().expect("input");
    let feeding = thread::spawn(move || stdin.write_all(&packed).expect("fed"));
    let read = std::io::copy(&mut child.stdout.take().expect("output"), &mut std::io::sink()).expect("read");
    feeding.join().expect("fed");
    assert_eq!(read, 100 * MIB as u64);
    assert!(child.wait().expect("its end").success());
}
