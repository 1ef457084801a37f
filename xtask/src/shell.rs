//! Runs programs, keeps the clock on it, and says in words what is wrong.

use std::{
    ffi::OsStr,
    fmt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// What went wrong, in a sentence that says what to do.
#[derive(Debug)]
pub(crate) struct Problem(String);

impl Problem {
    pub(crate) fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// Where cargo puts what it builds.
pub(crate) fn target_dir() -> PathBuf {
    let dir = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    root().join(dir)
}

/// A command in the repository's root.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

/// The cargo that runs this.
pub(crate) fn cargo() -> Command {
    command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs `command` with its output shown.
pub(crate) fn run(command: &mut Command) -> Result<(), Problem> {
    let words = describe(command);
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Problem::new(format!("`{words}` ended with {status}; its own words are above"))),
        Err(error) => Err(Problem::new(format!("`{words}` could not be started: {error}"))),
    }
}

/// Runs `command` and gives what it prints.
pub(crate) fn output(command: &mut Command) -> Result<String, Problem> {
    let words = describe(command);
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Problem::new(format!("`{words}` could not be started: {error}")))?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_string();
    if !output.status.success() {
        let said = if text.is_empty() { text } else { format!(":\n{text}") };
        return Err(Problem::new(format!("`{words}` ended with {}{said}", output.status)));
    }
    Ok(text)
}

/// Runs `command` for at most `limit`; `false` when it failed or took longer.
pub(crate) fn succeeds_within(command: &mut Command, limit: Duration) -> bool {
    let Ok(mut child) = command.spawn() else { return false };
    let begin = now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if begin.elapsed() < limit => std::thread::sleep(Duration::from_millis(100)),
            _ => {
                // Nothing to do about a child that cannot be killed; it is not waited for either.
                let _ = child.kill();
                let _ = child.wait();
                return false;
            }
        }
    }
}

/// The first of `names` that is an executable on PATH.
pub(crate) fn which(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    names.iter().find_map(|name| {
        std::env::split_paths(&path).map(|dir| dir.join(name)).find(|candidate| is_executable(candidate))
    })
}

fn is_executable(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        path.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
    }
    #[cfg(not(unix))]
    path.is_file()
}

fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy();
    command.get_args().fold(program.into_owned(), |text, arg| format!("{text} {}", arg.to_string_lossy()))
}

fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "the clock on the set-up is what this program is for")]
    Instant::now()
}

/// The steps taken so far and how long each took.
pub(crate) struct Steps {
    taken: Vec<(String, Duration)>,
}

impl Steps {
    pub(crate) fn new() -> Self {
        Self { taken: Vec::new() }
    }

    /// Takes a step and says so.
    pub(crate) fn step<T>(
        &mut self,
        name: &str,
        work: impl FnOnce() -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        println!("==> {name}");
        let begin = now();
        let result = work()?;
        self.taken.push((name.to_string(), begin.elapsed()));
        Ok(result)
    }

    /// Prints where the time went.
    pub(crate) fn summary(&self) {
        let total: Duration = self.taken.iter().map(|(_, time)| *time).sum();
        if total < Duration::from_secs(5) {
            return;
        }
        println!("\n    where the time went");
        for (name, time) in self.taken.iter().filter(|(_, time)| *time >= Duration::from_millis(500)) {
            println!("    {:>6.1} s  {name}", time.as_secs_f64());
        }
        println!("    {:>6.1} s  in all\n", total.as_secs_f64());
    }
}
