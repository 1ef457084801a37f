//! Who comes in, and what is said to those who do not.

use std::{io::Read, process::Stdio};

use berth_tests::server::until;
use serde_json::{Value, json};

use crate::bench::{Bench, RUN, done, keygen, said};

#[test]
fn a_key_opens_the_run_once_it_is_added_and_no_more_when_it_is_removed() {
    let bench = Bench::empty();
    bench.begin(RUN);
    let refused = said(bench.ssh(&[]).arg("true"), b"");
    assert_eq!(refused.status, Some(255));
    assert!(refused.err.contains("Permission denied"), "{}", refused.err);

    bench.add_key();
    assert_eq!(done(bench.ssh(&[]).arg("echo hello"), b""), "hello\n");

    let mut open = bench.ssh(&[]);
    let mut open = open.arg("echo open; sleep 600").stdout(Stdio::piped()).spawn().expect("started");
    let mut said_so = [0; 5];
    open.stdout.as_mut().expect("output").read_exact(&mut said_so).expect("open");
    let (_, keys) = bench.server.get("/keys");
    let keys: Value = serde_json::from_str(&keys).expect("JSON");
    assert_eq!(keys["items"][0]["label"], "laptop");
    assert_eq!(bench.server.delete("/keys/laptop").0, 204);
    let ended = until("it is closed", || open.try_wait().expect("its state"));
    assert_eq!(ended.and_then(|status| status.code()), Some(255), "what was opened with it ends");
    assert_eq!(said(bench.ssh(&[]).arg("true"), b"").status, Some(255));
}

#[test]
fn whoever_may_not_work_in_a_run_any_more_is_shown_out_and_told_why() {
    let bench = Bench::running();
    let ada = bench.server.invite("ada", "admin");
    let open = || {
        let mut open = bench.ssh(&[]);
        let mut open = open.arg("echo open; sleep 600").stdout(Stdio::piped()).spawn().expect("started");
        let mut said_so = [0; 5];
        open.stdout.as_mut().expect("output").read_exact(&mut said_so).expect("open");
        open
    };
    let ended = |mut open: std::process::Child| {
        let ended = until("it is closed", || open.try_wait().expect("its state"));
        assert_eq!(ended.and_then(|status| status.code()), Some(255));
    };
    let before = open();
    ada.set_role("admin", "viewer");
    ended(before);
    let refused = said(bench.ssh(&[]).arg("true"), b"");
    assert_eq!(refused.status, Some(1), "{}", refused.err);
    assert!(refused.err.contains("a viewer may not work in an environment"), "{}", refused.err);
    assert!(refused.err.contains("ask an admin"), "{}", refused.err);

    ada.set_role("admin", "member");
    let before = open();
    ada.remove("admin");
    ended(before);
    assert_eq!(said(bench.ssh(&[]).arg("true"), b"").status, Some(255), "nobody knows the key any more");
}

#[test]
fn a_member_does_not_come_into_a_run_of_somebody_elses() {
    let bench = Bench::empty();
    bench.begin(RUN);
    let ben = bench.server.invite("ben", "member");
    ben.add_key(&bench.public_key());
    let refused = said(bench.ssh(&[]).arg("true"), b"");
    assert_eq!(refused.status, Some(1), "{}", refused.err);
    assert!(refused.err.contains("of somebody else’s; a manager may"), "{}", refused.err);
}

#[test]
fn who_comes_in_and_who_does_not_is_in_the_audit_log() {
    let bench = Bench::empty();
    bench.begin(RUN);
    assert_eq!(said(bench.ssh(&[]).arg("true"), b"").status, Some(255));
    bench.add_key();
    assert_eq!(done(bench.ssh(&[]).arg("echo hello"), b""), "hello\n");
    let entries = until("both are written", || {
        let (status, log) = bench.server.get("/audit?action=ssh.login");
        assert_eq!(status, 200, "{log}");
        let log: Value = serde_json::from_str(&log).expect("JSON");
        let entries = log["items"].as_array().expect("entries").clone();
        (entries.len() == 2).then_some(entries)
    });
    let entries = entries.expect("both are written");
    let told = |entry: &Value| {
        let fields = ["actor", "via", "address", "target", "outcome"];
        fields.map(|field| entry[field].as_str().unwrap_or("-").to_owned()).join(" ")
    };
    assert_eq!(told(&entries[0]), format!("admin ssh_key 127.0.0.1 {RUN} done"));
    assert_eq!(told(&entries[1]), format!("- nothing 127.0.0.1 {RUN} refused"));
    let detail = |at: usize| entries[at]["detail"].as_str().expect("a detail").to_owned();
    assert!(detail(0).starts_with("SHA256:"), "{}", detail(0));
    assert_eq!(detail(1), format!("nobody has the key {}", detail(0)));
}

#[test]
fn whoever_has_no_key_is_told_what_to_do_and_passwords_are_not_asked_for() {
    let bench = Bench::empty();
    // Not in batch mode, where a client asks for no explanation.
    let mut ssh = bench.ssh(&["-o", "BatchMode=no", "-o", "NumberOfPasswordPrompts=3"]);
    let refused = said(ssh.arg("true"), b"");
    assert_eq!(refused.status, Some(255));
    assert!(refused.err.contains("`berth key add` adds yours"), "{}", refused.err);
    assert_eq!(refused.err.matches("berth key add").count(), 1, "{}", refused.err);
    assert!(!refused.err.to_lowercase().contains("password:"), "{}", refused.err);
}

#[test]
fn a_run_that_is_not_there_or_does_not_run_is_told_and_nothing_hangs() {
    let bench = Bench::empty();
    bench.add_key();
    let refused = said(bench.ssh_to("nobody", &[]).arg("true"), b"");
    assert_eq!(refused.status, Some(1), "{}", refused.err);
    assert!(refused.err.starts_with("berth: ") && refused.err.contains("nobody"), "{}", refused.err);

    bench.begin(RUN);
    bench.server.stop(RUN, true);
    let _ = bench.server.wait_until(RUN, |run| run.status.is_finished());
    let refused = said(bench.ssh(&["-tt"]).arg("true"), b"");
    assert_eq!(refused.status, Some(1), "{}", refused.err);
}

#[test]
fn the_server_is_known_again_after_a_restart_by_a_key_that_its_owner_alone_can_read() {
    use std::os::unix::fs::PermissionsExt;
    let mut bench = Bench::running();
    let key = bench.server.data_dir().join("ssh_host_ed25519_key");
    let mode = std::fs::metadata(&key).expect("a key").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let told = |bench: &Bench| {
        let told: Value = serde_json::from_str(&bench.server.get("/ssh").1).expect("JSON");
        (told["host_key"].clone(), told["port"].as_u64().expect("a port"))
    };
    let (before, _) = told(&bench);
    bench.server.kill();
    bench.server.restart();
    let (after, port) = told(&bench);
    assert_eq!(before, after);
    bench.port = u16::try_from(port).expect("a port");
    let known = format!("[127.0.0.1]:{port} {}\n", after.as_str().expect("a key"));
    std::fs::write(bench.path("known_hosts"), known).expect("written");
    assert_eq!(done(bench.ssh(&[]).arg("echo again"), b""), "again\n", "the environment has lived on");
}

#[test]
fn what_is_no_public_key_is_refused_with_the_reason() {
    let bench = Bench::empty();
    let refused = |key: &str| {
        let (status, told) = bench.server.send("/keys", &json!({ "public_key": key }));
        let told: Value = serde_json::from_str(&told).expect("JSON");
        (status, told["code"].clone(), told["detail"].as_str().unwrap_or_default().to_owned())
    };
    let private = std::fs::read_to_string(bench.path("key")).expect("a private key");
    let (status, code, detail) = refused(&private);
    assert_eq!((status, code), (422, "key-invalid".into()));
    assert!(detail.contains("private key"), "{detail}");
    assert_eq!(refused("hello").0, 422);

    bench.add_key();
    assert_eq!(refused(&bench.public_key()).1, "key-there");
    keygen(&bench.path("other"));
    let other = std::fs::read_to_string(bench.path("other.pub")).expect("a key");
    let (status, told) = bench.server.send("/keys", &json!({ "public_key": other, "label": "laptop" }));
    assert_eq!(status, 409, "{told}");
    assert!(told.contains("key-label-taken"), "{told}");
    // The comment is what it is called when nothing else is said.
    let (status, told) = bench.server.send("/keys", &json!({ "public_key": other }));
    assert_eq!(status, 201, "{told}");
    assert!(told.contains("me@laptop"), "{told}");
    assert_eq!(bench.server.delete("/keys/nobody").0, 404);
}
