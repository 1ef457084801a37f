//! What will not do as a host is told why, and nothing is kept of it.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
    sync::Arc,
};

use berth::provider::{
    Provider as _, container,
    remote::{AddHostError, Hosts, RemoteProvider},
};
use berth_shared::api::{AddSshHost, SshHostStatus, SshLogin};
use berth_tests::{
    engines::{BASH, required},
    hosts::{self, Book, Host},
};

/// Long enough for a machine that is busy with other tests.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(120);

fn settings(dir: &tempfile::TempDir) -> container::Settings {
    container::Settings {
        installation: "here".to_owned(),
        default_image: BASH.to_owned(),
        scratch: dir.path().to_owned(),
        volume_roots: Vec::new(),
        host: None,
        paths: std::sync::Arc::new(container::ServerPaths),
    }
}

/// Why it is not added, with what differs from run to run left out.
async fn refused(hosts: &Hosts, host: &Host, asked: AddSshHost) -> String {
    let error: AddHostError = hosts::added(hosts, asked).await.expect_err("it is refused");
    assert_eq!(hosts.list().len(), 0, "nothing is kept");
    let told = error.to_string().replace(&host.address, "ADDRESS");
    let words = told.split(' ').map(|word| match word {
        word if word.contains("SHA256:") => "FINGERPRINT",
        word if word.starts_with("AAAA") => "KEY",
        word => word,
    });
    words.collect::<Vec<_>>().join(" ")
}

fn another_key(dir: &tempfile::TempDir, name: &str, passphrase: &str) -> String {
    let file = dir.path().join(name);
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", passphrase, "-C", "other", "-f"])
        .arg(&file)
        .status();
    assert!(made.expect("ssh-keygen").success());
    std::fs::read_to_string(file).expect("a key")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_will_not_do_as_a_host_is_told_why_and_not_kept() {
    let Some(mut host) = required("an SSH host", Host::start("h1")) else { return };
    let dir = tempfile::tempdir().expect("a folder");
    let hosts = hosts::known(Arc::default(), settings(&dir)).await;
    let good = host.request();
    let with = |change: &dyn Fn(&mut AddSshHost)| {
        let mut asked = good.clone();
        change(&mut asked);
        asked
    };
    let other = another_key(&dir, "other", "");
    let locked = another_key(&dir, "locked", "secret");
    let nowhere = format!("root@{}:1", host.address);
    let cases = [
        with(&|asked| asked.private_key = Some(other.clone())),
        with(&|asked| asked.private_key = Some(locked.clone())),
        with(&|asked| asked.private_key = None),
        with(&|asked| asked.address = nowhere.clone()),
        with(&|asked| asked.address = "h1".to_owned()),
        with(&|asked| asked.name = Some("h 1".to_owned())),
        with(&|asked| asked.engine = Some("/nonexistent.sock".to_owned())),
        with(&|asked| asked.fingerprint = Some("SHA256:AAAA".to_owned())),
        with(&|asked| asked.jumps = vec![format!("root@{}:22", host.address), "root@127.0.0.1:1".to_owned()]),
    ];
    let mut told = String::new();
    for case in cases {
        told.push_str(&refused(&hosts, &host, case).await);
        told.push('\n');
    }
    insta::assert_snapshot!(told);

    let provider = RemoteProvider::new(hosts.clone());
    assert!(!provider.in_use(), "jobs are left to servers that can place them");
    let added = hosts::added(&hosts, good.clone()).await.expect("added");
    assert!(provider.in_use());
    assert_eq!((added.status, added.login), (SshHostStatus::Ready, SshLogin::Key));
    assert!(
        added.facts.is_some_and(|facts| facts.engine.starts_with("Podman ") && facts.disk_free_bytes > 0)
    );
    let again = hosts.add("ada", good.clone()).await.expect_err("there is one").to_string();
    assert_eq!(again, "there is an SSH host `h1` already: give another name, or remove that one");

    // It was set up anew, or somebody pretends to be it.
    host.renew_key();
    let away = tokio::time::timeout(PATIENCE, until_away(&hosts)).await.expect("it is away");
    assert!(
        away.contains("shows another key than before") && away.contains("remove it and add it again"),
        "{away}"
    );
    hosts.remove("h1", true).await.expect("removed");
    assert!(provider.in_use(), "something of it may be left");
    hosts::added(&hosts, good).await.expect("its new key is trusted now");
}

async fn until_away(hosts: &Hosts) -> String {
    loop {
        if let Some(host) = hosts.list().into_iter().find(|host| host.status == SshHostStatus::Away) {
            let problem = host.problem.unwrap_or_default();
            // While it was being set up nothing listened.
            if !problem.contains("Connection refused") && !problem.contains("broke") {
                return problem;
            }
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

/// An SSH agent that ends with this.
struct Agent(std::process::Child, PathBuf);

impl Agent {
    fn start(dir: &tempfile::TempDir, key: &std::path::Path) -> Self {
        let socket = dir.path().join("agent.sock");
        let child = Command::new("ssh-agent")
            .args(["-D", "-a"])
            .arg(&socket)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("ssh-agent");
        while std::os::unix::net::UnixStream::connect(&socket).is_err() {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        let added = Command::new("ssh-add").arg("-q").arg(key).env("SSH_AUTH_SOCK", &socket).status();
        assert!(added.expect("ssh-add").success());
        Self(child, socket)
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_is_reached_by_an_agent_and_through_another_host() {
    let Some(host) = required("an SSH host", Host::start("h1")) else { return };
    let dir = tempfile::tempdir().expect("a folder");
    let agent = Agent::start(&dir, &host.client_key());
    let book = Arc::new(Book::default());
    let hosts = hosts::with_agent(Arc::clone(&book), settings(&dir), Some(agent.1.clone())).await;
    let jumped = AddSshHost {
        // From the machine itself nobody gets there.
        address: "root@127.0.0.1:22".to_owned(),
        name: Some("inner".to_owned()),
        jumps: vec![host.login()],
        ..AddSshHost::default()
    };
    let added = hosts::added(&hosts, jumped).await.expect("added");
    assert_eq!((added.login, added.jumps), (SshLogin::Agent, vec![host.login()]));
    // Another server of the same list finds it there and reaches it by itself.
    let other = hosts::with_agent(book, settings(&dir), Some(agent.1.clone())).await;
    let ready = async {
        while other.list()[0].status != SshHostStatus::Ready {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, ready).await.expect("it is reached");
    assert_eq!(other.list()[0].fingerprint, added.fingerprint);
}
