//! A PostgreSQL server for tests: started by the first that needs it, shared by all processes of the tests, and ended by a
//! watcher when none of them has been there for a while.

use std::{
    env, fs,
    fs::{File, OpenOptions},
    io,
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

/// Waits until nobody has been there for some seconds, then ends the server and removes its files. Whoever comes meanwhile
/// waits for the lock `start`, and makes a new one.
const WATCHER: &str = r#"
cd / || exit 1
quiet=0
while [ "$quiet" -lt 5 ]; do
    sleep 2
    if flock --exclusive --nonblock "$1/users" true; then quiet=$((quiet + 1)); else quiet=0; fi
done
exec 9>"$1/start"
flock --exclusive 9
if flock --exclusive --nonblock "$1/users" true; then
    kill -INT "$(head -n 1 "$1/server/data/postmaster.pid")"
    while [ -e "$1/server/data/postmaster.pid" ]; do sleep 0.1; done
    rm -rf "$1/server"
else
    exec sh -c "$2" sh "$1" "$2"
fi
"#;

/// The server, while this process lives.
pub(crate) struct Cluster {
    socket: PathBuf,
    psql: PathBuf,
    _user: File,
}

/// A database of a test; dropped with it.
pub(crate) struct Database {
    /// Its address.
    pub(crate) url: String,
    name: String,
    cluster: &'static Cluster,
}

impl Cluster {
    /// The server of these tests; `None` where PostgreSQL is not installed, which is said, and is a failure where
    /// `BERTH_REQUIRE_POSTGRES` is set.
    pub(crate) fn get() -> Option<&'static Self> {
        static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
        let cluster = CLUSTER.get_or_init(|| {
            let binaries = binaries();
            if binaries.is_none() {
                assert!(env::var_os("BERTH_REQUIRE_POSTGRES").is_none(), "PostgreSQL is not installed");
                eprintln!("skipped: PostgreSQL is not installed");
            }
            Some(Self::start(&binaries?).expect("PostgreSQL starts"))
        });
        cluster.as_ref()
    }

    fn start(binaries: &Path) -> io::Result<Self> {
        let root = env::temp_dir().join(format!("berth-test-postgres-{}", user_id()));
        fs::create_dir_all(&root)?;
        // The server runs as another user when the tests are root.
        fs::set_permissions(&root, fs::Permissions::from_mode(0o711))?;
        let start = open(&root.join("start"))?;
        start.lock()?;
        let user = open(&root.join("users"))?;
        user.lock_shared()?;
        let server = root.join("server");
        if !answers(binaries, &server) {
            let _ = fs::remove_dir_all(&server);
            initialise(binaries, &server)?;
            let mut watcher = Command::new("sh");
            watcher.args(["-c", WATCHER, "sh"]).arg(&root).arg(WATCHER).process_group(0);
            watcher.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        }
        Ok(Self { socket: server, psql: binaries.join("psql"), _user: user })
    }

    /// The address of the database `name`, from which others are copied, when this process is the one to make it: others wait
    /// until it gives the lock back.
    pub(crate) fn to_make(&'static self, name: &str) -> Option<(String, File)> {
        let lock = open(&self.socket.with_file_name("start")).expect("it was there before");
        lock.lock().expect("it can be locked");
        if self.ask(&format!("SELECT 1 FROM pg_database WHERE datname = '{name}'")).starts_with('1') {
            return None;
        }
        self.psql(&format!("CREATE DATABASE {name} TEMPLATE template0"));
        Some((self.url(name), lock))
    }

    /// A copy of a database that nobody is connected to; `template0` is empty.
    pub(crate) fn copy(&'static self, template: &str) -> Database {
        let id = fs::read_to_string("/proc/sys/kernel/random/uuid").expect("Linux draws one");
        let name = format!("t{}", id.trim().replace('-', ""));
        self.psql(&format!("CREATE DATABASE {name} TEMPLATE {template}"));
        Database { url: self.url(&name), name, cluster: self }
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://postgres@localhost/{database}?host={}", self.socket.display())
    }

    /// Runs one statement as the administrator.
    pub(crate) fn psql(&self, sql: &str) {
        self.ask(sql);
    }

    /// The same, with its answer.
    fn ask(&self, sql: &str) -> String {
        let mut psql = Command::new(&self.psql);
        psql.arg("-qXAt").args(["-U", "postgres", "-d", "postgres", "-c", sql]).arg("-h").arg(&self.socket);
        let done = psql.stdin(Stdio::null()).output().expect("psql runs");
        assert!(done.status.success(), "{sql}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).into_owned()
    }
}

impl Database {
    /// Breaks every connection to it.
    pub(crate) fn disconnect(&self) {
        let name = &self.name;
        let sql = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
        self.cluster.psql(&sql);
    }

    /// Runs a statement about it as the administrator; `NAME` in it is its name.
    pub(crate) fn sql(&self, sql: &str) {
        self.cluster.psql(&sql.replace("NAME", &self.name));
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.cluster.psql(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
        }
    }
}

/// Whose process this is.
fn user_id() -> u32 {
    fs::metadata("/proc/self").expect("Linux tells").uid()
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(false).open(path)
}

/// Where `initdb` and the others are: in `PATH`, or where Debian has them.
pub(crate) fn binaries() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut found: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin"))
        .collect();
    found.sort();
    found.reverse();
    found.extend(env::split_paths(&path));
    found
        .into_iter()
        .find(|bin| ["initdb", "postgres", "psql", "pg_ctl"].iter().all(|name| bin.join(name).exists()))
}

/// As the user `postgres` when this is root, as which PostgreSQL does not run.
pub(crate) fn as_server(program: &Path) -> Command {
    if user_id() != 0 {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program);
    command
}

fn answers(binaries: &Path, server: &Path) -> bool {
    let mut ready = Command::new(binaries.join("pg_isready"));
    ready.arg("-q").arg("-h").arg(server).stdin(Stdio::null());
    ready.status().is_ok_and(|status| status.success())
}

fn initialise(binaries: &Path, server: &Path) -> io::Result<()> {
    fs::create_dir(server)?;
    fs::set_permissions(server, fs::Permissions::from_mode(0o777))?;
    let data = server.join("data");
    let mut initdb = as_server(&binaries.join("initdb"));
    initdb.arg("-D").arg(&data).args([
        "-A",
        "trust",
        "-U",
        "postgres",
        "--no-sync",
        "--no-locale",
        "-E",
        "UTF8",
    ]);
    run(initdb)?;
    let options = format!(
        "-F -c listen_addresses='' -c unix_socket_directories='{}' -c max_connections=300 -c shared_buffers=64MB \
         -c max_wal_size=256MB -c autovacuum_naptime=5s",
        server.display()
    );
    let mut start = as_server(&binaries.join("pg_ctl"));
    start
        .arg("-D")
        .arg(&data)
        .args(["-w", "-t", "30", "-o", &options, "-l"])
        .arg(server.join("log"))
        .arg("start");
    run(start)
}

/// Its words only count when it fails; what it starts must not hold a pipe of ours open.
pub(crate) fn run(mut command: Command) -> io::Result<()> {
    let status = command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("{command:?}: {status}"))) }
}
