//! `berth serve --tls-cert … --tls-key …`, as a process.

use std::{
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    process::{Command, Stdio},
};

use crate::{
    certificate::Certificate,
    client::Request,
    process::{berth, error},
    server::Folder,
};

/// What it says when it does not start with these arguments.
fn refused(arguments: &[&str]) -> String {
    let folder = Folder::new();
    let output =
        berth(&folder.0, &[&["serve", "--listen", "127.0.0.1:0"], arguments].concat()).output().unwrap();
    assert!(!output.status.success());
    error(&output)
}

fn paths(certificate: &Certificate) -> (String, String) {
    let files = certificate.files();
    (files.certificate.display().to_string(), files.key.display().to_string())
}

#[test]
fn files_that_make_no_certificate_are_told_before_anything_starts() {
    let (one, other) = (Certificate::new(), Certificate::new());
    let ((certificate, key), (_, foreign)) = (paths(&one), paths(&other));
    let told = |certificate_given: &str, key_given: &str| {
        let told = refused(&["--tls-cert", certificate_given, "--tls-key", key_given]);
        told.replace(&certificate, "CERT").replace(&foreign, "FOREIGN").replace(&key, "KEY")
    };
    insta::assert_snapshot!(told("/nowhere.crt", &key), @"error: cannot read `/nowhere.crt`, which `--tls-cert` names: No such file or directory (os error 2)");
    insta::assert_snapshot!(told(&certificate, "/nowhere.key"), @"error: cannot read `/nowhere.key`, which `--tls-key` names: No such file or directory (os error 2)");
    insta::assert_snapshot!(told(&certificate, &foreign), @"error: the private key in `FOREIGN` is not that of the certificate in `CERT`");
    insta::assert_snapshot!(told(&key, &key), @"error: `KEY` has no certificate; expected PEM (`-----BEGIN CERTIFICATE-----`): the server's own first, then those that signed it");
    insta::assert_snapshot!(told(&certificate, &certificate), @"error: `CERT` has no private key; expected PEM (`-----BEGIN PRIVATE KEY-----`), without a password");
    let alone = refused(&["--tls-cert", &certificate]);
    assert!(alone.contains("--tls-key <FILE>"), "{alone}");
    let plain =
        refused(&["--tls-cert", &certificate, "--tls-key", &key, "--public-url", "http://berth.example"]);
    insta::assert_snapshot!(plain, @"error: `--public-url http://berth.example` says that people come without TLS, and `--tls-cert` that they come with it; give an address that begins with `https://`");
}

#[tokio::test]
async fn a_certificate_that_has_expired_is_a_warning_and_the_printed_link_is_https() {
    let folder = Folder::new();
    let certificate = Certificate::until(2021);
    let (cert, key) = paths(&certificate);
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--tls-cert", &cert, "--tls-key", &key];
    let mut child = berth(&folder.0, &arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).expect("a line");
    let told = line.strip_prefix("Open https://").and_then(|rest| rest.split_once("/login?token="));
    let (address, _) = told.unwrap_or_else(|| panic!("not the line to open: {line:?}"));
    let address: SocketAddr = address.parse().expect("an address");
    let stranger = Request::new(address, "GET", "/healthz").send().await;
    assert_eq!(stranger.status, 400);
    let ended = Command::new("kill").arg(child.id().to_string()).status().expect("kill runs");
    assert!(ended.success());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).expect("what it said");
    assert_eq!(child.wait().expect("it ends").code(), Some(0), "{said}");
    assert!(said.contains("the certificate expired on 2021-12-31; browsers refuse it"), "{said}");
}
