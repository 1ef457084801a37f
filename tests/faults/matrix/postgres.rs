//! A PostgreSQL server of a test's own, which may be killed and run out of disk.

use std::{
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use super::person::patiently;
use crate::shared::cluster::{as_server, binaries, run};

/// A server in a folder; it ends with this.
pub(crate) struct Postgres {
    binaries: PathBuf,
    folder: PathBuf,
}

impl Postgres {
    /// Makes one in `folder` and starts it; `None`, said, where PostgreSQL is not installed.
    pub(crate) fn start_in(folder: &Path) -> Option<Self> {
        let Some(binaries) = binaries() else {
            assert!(env::var_os("BERTH_REQUIRE_POSTGRES").is_none(), "PostgreSQL is not installed");
            eprintln!("skipped: PostgreSQL is not installed");
            return None;
        };
        // The server runs as another user when the tests are root.
        fs::set_permissions(folder, fs::Permissions::from_mode(0o777)).expect("the folder is ours");
        let postgres = Self { binaries, folder: folder.to_owned() };
        let mut initdb = as_server(&postgres.binaries.join("initdb"));
        initdb.arg("-D").arg(postgres.data());
        initdb.args([
            "-A",
            "trust",
            "-U",
            "postgres",
            "--no-sync",
            "--no-locale",
            "-E",
            "UTF8",
            "--wal-segsize",
            "1",
        ]);
        run(initdb).expect("initdb makes a cluster");
        postgres.start();
        Some(postgres)
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The address of its database, over the socket.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@localhost/postgres?host={}", self.folder.display())
    }

    /// Starts it, when it does not run.
    pub(crate) fn start(&self) {
        let options = format!(
            "-F -c listen_addresses='' -c unix_socket_directories='{}' -c shared_buffers=32MB -c max_wal_size=32MB \
             -c min_wal_size=8MB",
            self.folder.display()
        );
        let started = patiently(|| {
            // What a killed one leaves may take a moment to go.
            let mut start = as_server(&self.binaries.join("pg_ctl"));
            start.arg("-D").arg(self.data()).args(["-w", "-t", "20", "-o", &options, "-l"]);
            start.arg(self.folder.join("log")).arg("start");
            run(start).is_ok().then_some(())
        });
        assert!(started.is_some(), "PostgreSQL starts: {:?}", fs::read_to_string(self.folder.join("log")));
    }

    /// The process that all its others follow.
    fn postmaster(&self) -> Option<u32> {
        let text = fs::read_to_string(self.data().join("postmaster.pid")).ok()?;
        let pid = text.lines().next()?.parse().ok()?;
        // One that nobody has waited for yet has no command line any more.
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        (!line.is_empty()).then_some(pid)
    }

    /// Whether it runs.
    pub(crate) fn runs(&self) -> bool {
        self.postmaster().is_some()
    }

    /// SIGKILL for the postmaster; its others follow when they notice.
    pub(crate) fn kill(&self) {
        if let Some(pid) = self.postmaster() {
            let _ = Command::new("kill").args(["-KILL", &pid.to_string()]).status();
            while self.runs() {
                thread::sleep(Duration::from_millis(10));
            }
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let mut stop = as_server(&self.binaries.join("pg_ctl"));
        stop.arg("-D").arg(self.data()).args(["-m", "immediate", "-w", "stop"]);
        let _ = stop.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}
