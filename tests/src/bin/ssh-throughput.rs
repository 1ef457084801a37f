//! How fast bytes go through the SSH gateway, beside OpenSSH's own server: a figure a line, as JSON, on standard output.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Instant,
};

use berth_shared::api::RunStatus;
use berth_tests::server::{Server, until};
use clap::Parser;
use serde_json::{Value, json};

const RUN: &str = "sly-fox-1";

/// Measures `berth` (that beside this program, or `BERTH`) beside `/usr/sbin/sshd`.
#[derive(Parser)]
struct Args {
    /// Bytes each way, MiB.
    #[arg(long, default_value_t = 1024)]
    mib: u32,
    /// How often each is measured.
    #[arg(long, default_value_t = 5)]
    rounds: u32,
}

/// One of the two.
struct Side {
    name: &'static str,
    user: String,
    port: u16,
}

/// OpenSSH's server, until it is dropped.
struct Sshd(Child);

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn main() {
    let args = Args::parse();
    let folder = tempfile::tempdir().expect("a folder");
    for key in ["key", "host"] {
        let keygen = Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-f"])
            .arg(folder.path().join(key))
            .status();
        assert!(keygen.expect("ssh-keygen can be started").success());
    }
    let (_server, berth) = berth(folder.path());
    let (_sshd, sshd) = sshd(folder.path());
    let bytes = u64::from(args.mib) << 20;
    let file = folder.path().join("bytes");
    fs::File::create(&file).and_then(|file| file.set_len(bytes)).expect("a file");
    for cipher in ["chacha20-poly1305@openssh.com", "aes256-gcm@openssh.com"] {
        for what in ["download", "upload"] {
            let mut measured = [Vec::new(), Vec::new()];
            // In turns, so that what else the machine does meets both.
            for _ in 0..args.rounds {
                for (side, measured) in [&sshd, &berth].into_iter().zip(&mut measured) {
                    measured
                        .push(f64::from(args.mib) / once(folder.path(), side, cipher, what, bytes, &file));
                }
            }
            for (side, mut measured) in [&sshd, &berth].into_iter().zip(measured) {
                measured.sort_by(f64::total_cmp);
                let median = measured[measured.len() / 2];
                println!(
                    "{}",
                    json!({ "side": side.name, "what": what, "cipher": cipher, "mib_per_s": median })
                );
            }
        }
    }
}

/// Seconds that it takes.
fn once(folder: &Path, side: &Side, cipher: &str, what: &str, bytes: u64, file: &Path) -> f64 {
    let mut ssh = ssh(folder, side);
    ssh.args(["-c", cipher]).arg(format!("{}@127.0.0.1", side.user));
    match what {
        "download" => ssh.arg(format!("head -c {bytes} /dev/zero")).stdin(Stdio::null()),
        _ => ssh.arg("cat > /dev/null").stdin(fs::File::open(file).expect("a file")),
    };
    #[expect(clippy::disallowed_methods, reason = "it is measured")]
    let begun = Instant::now();
    assert!(ssh.stdout(Stdio::null()).status().expect("ssh can be started").success());
    begun.elapsed().as_secs_f64()
}

fn ssh(folder: &Path, side: &Side) -> Command {
    let mut ssh = Command::new("ssh");
    ssh.args([
        "-F",
        "none",
        "-o",
        "StrictHostKeyChecking=no",
        "-o",
        "UserKnownHostsFile=/dev/null",
        "-o",
        "LogLevel=ERROR",
    ]);
    ssh.args(["-o", "BatchMode=yes", "-o", "IdentityAgent=none", "-i"]).arg(folder.join("key"));
    ssh.args(["-p", &side.port.to_string()]);
    ssh
}

fn berth(folder: &Path) -> (Server, Side) {
    let server = Server::start_with(&["--engine", "none", "--ssh-listen", "0"]);
    let key = fs::read_to_string(folder.join("key.pub")).expect("a key");
    assert_eq!(server.send("/keys", &json!({ "public_key": key, "label": "key" })).0, 201);
    let told: Value = serde_json::from_str(&server.get("/ssh").1).expect("JSON");
    let port = told["port"].as_u64().and_then(|port| u16::try_from(port).ok()).expect("a port");
    let _ = server.submit(RUN, "type: dev-environment\nide: vscode\n");
    let _ = server.wait_for(RUN, RunStatus::Running);
    (server, Side { name: "berth", user: RUN.to_owned(), port })
}

fn sshd(folder: &Path) -> (Sshd, Side) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its address").port();
    drop(listener);
    let config: PathBuf = folder.join("sshd_config");
    let path = |name: &str| folder.join(name).display().to_string();
    let text = format!(
        "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nStrictModes no\nUsePAM no\nPidFile none\n",
        path("host"),
        path("key.pub")
    );
    fs::write(&config, text).expect("written");
    // Where it separates its privileges; the system makes it when it starts the service.
    let _ = fs::create_dir_all("/run/sshd");
    let child = Command::new("/usr/sbin/sshd").arg("-D").arg("-f").arg(&config).stderr(Stdio::null()).spawn();
    let sshd = Sshd(child.expect("sshd can be started"));
    assert!(until("it listens", || std::net::TcpStream::connect(("127.0.0.1", port)).ok()).is_some());
    let user = std::env::var("USER").unwrap_or_else(|_| "root".to_owned());
    (sshd, Side { name: "sshd", user, port })
}
