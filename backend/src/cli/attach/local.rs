//! `berth attach --local`: a terminal in an environment of this machine, without the server.

use std::{
    io::{self, IsTerminal, Read, Write},
    os::fd::AsFd,
    path::Path,
    process::ExitCode,
    sync::Arc,
};

use berth_shared::api::{InstanceId, TerminalId, TerminalSize};
use nix::sys::termios::{self, SetArg, Termios};
use rand::RngExt;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::{broadcast, mpsc},
};
use uuid::Uuid;

use crate::{
    cli::{
        data_dir::{DataDir, NoDataDir},
        random,
    },
    provider::{
        Attached, CreateRequest, Environment, ProviderError, TerminalInput, TerminalOutput,
        container::{self, Containers, Engine, EngineSetting},
        local::{BACKEND, LocalSocket},
        supervised::Supervised,
    },
    supervisor::{InstanceDir, read_json},
};

/// Which environment, and which terminal of it.
pub(super) struct Asked<'a> {
    /// Name of the run, or identifier of its instance.
    pub(super) target: &'a str,
    /// The terminal to join; `None` = a new one.
    pub(super) terminal: Option<TerminalId>,
    pub(super) data_dir: &'a DataDir,
}

/// Why nobody could be attached.
#[derive(Debug, thiserror::Error)]
enum AttachError {
    #[error(transparent)]
    NoDataDir(#[from] NoDataDir),
    #[error("`berth attach --local` needs a terminal to show the environment's in")]
    NoTerminal,
    #[error(
        "no run `{0}` has an environment on this machine; `berth attach --local` finds those of the same data directory, and those in containers \
         of the engine that `BERTH_ENGINE` names or that is found here"
    )]
    NotFound(String),
    #[error("{0} environments are called `{1}`: give the instance's identifier, one of {2}")]
    Ambiguous(usize, String, String),
    #[error("cannot read the data directory")]
    Read(#[source] io::Error),
    #[error("cannot use this terminal")]
    Terminal(#[source] io::Error),
    #[error("no randomness")]
    Random(#[source] rand::rngs::SysError),
    #[error(transparent)]
    Provider(#[from] ProviderError),
}

/// Attaches until the shell ends or the person detaches.
pub(super) fn run(args: &Asked<'_>) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = runtime.map_err(AttachError::Terminal).and_then(|runtime| runtime.block_on(attach(args)));
    match outcome {
        Ok(code) => ExitCode::from(u8::try_from(code).unwrap_or(1)),
        Err(error) => {
            crate::cli::complain(&error);
            ExitCode::FAILURE
        }
    }
}

async fn attach(args: &Asked<'_>) -> Result<i32, AttachError> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(AttachError::NoTerminal);
    }
    let data_dir = args.data_dir.resolve()?;
    let environment: Arc<dyn Environment> = match find(&data_dir.join(BACKEND), args.target) {
        Ok(dir) => Arc::new(Supervised::new(LocalSocket::new(dir))),
        Err(AttachError::NotFound(target)) => in_container(&target, &data_dir).await?,
        Err(error) => return Err(error),
    };
    let id = match args.terminal {
        Some(id) => id,
        None => {
            let id = TerminalId(Uuid::from_u128(random().map_err(AttachError::Random)?.random()));
            environment.open_terminal(id, size()).await?;
            id
        }
    };
    let attached = environment.attach_terminal(id, None).await?;
    eprintln!("Attached to `{}`. Enter, then ~. detaches; the terminal goes on.\r", args.target);
    let raw = Raw::enter().map_err(AttachError::Terminal)?;
    let ended = converse(attached).await;
    drop(raw);
    match ended.map_err(AttachError::Terminal)? {
        Some(code) => Ok(code),
        None => {
            eprintln!("\nDetached. Join it again: berth attach --local {} --terminal {id}", args.target);
            Ok(0)
        }
    }
}

/// The instance of a run, or of an identifier.
fn find(root: &Path, target: &str) -> Result<InstanceDir, AttachError> {
    let mut found = Vec::new();
    let entries = match std::fs::read_dir(root) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(AttachError::NotFound(target.to_owned()));
        }
        other => other.map_err(AttachError::Read)?,
    };
    for entry in entries {
        let entry = entry.map_err(AttachError::Read)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.parse::<InstanceId>().is_err() {
            continue;
        }
        let dir = InstanceDir::new(entry.path());
        let spec: Option<CreateRequest> = read_json(&dir.spec()).map_err(AttachError::Read)?;
        if name == target || spec.is_some_and(|spec| spec.name == target) {
            found.push((name, dir));
        }
    }
    match found.len() {
        0 => Err(AttachError::NotFound(target.to_owned())),
        1 => Ok(found.remove(0).1),
        count => {
            let ids: Vec<String> = found.into_iter().map(|(id, _)| id).collect();
            Err(AttachError::Ambiguous(count, target.to_owned(), ids.join(", ")))
        }
    }
}

/// The environment of a run, or of an instance, in a container of this machine's engine; the one that `berth serve` would find.
async fn in_container(target: &str, data_dir: &Path) -> Result<Arc<dyn Environment>, AttachError> {
    let not_found = || AttachError::NotFound(target.to_owned());
    let asked = std::env::var("BERTH_ENGINE").ok().and_then(|setting| setting.parse().ok());
    let engine = match asked.unwrap_or(EngineSetting::Auto) {
        EngineSetting::None => return Err(not_found()),
        EngineSetting::Socket(socket) => Engine::at(&socket).await?,
        EngineSetting::Auto => {
            let places = container::places(|name| std::env::var(name).ok());
            Engine::first(&places).await.ok_or_else(not_found)?
        }
    };
    // Only what is made is marked by an installation, and nothing is made here.
    let settings = container::Settings {
        installation: String::new(),
        default_image: String::new(),
        scratch: data_dir.join("containers"),
        volume_roots: Vec::new(),
        host: None,
        paths: Arc::new(container::ServerPaths),
    };
    let containers = Containers::new(engine, settings, broadcast::Sender::new(1));
    let mut found = containers.list().await?;
    found.retain(|listed| listed.name.as_deref() == Some(target) || listed.id.to_string() == target);
    match found.as_slice() {
        [] => Err(not_found()),
        [one] => Ok(containers.environment(one.id)),
        several => {
            let ids: Vec<String> = several.iter().map(|listed| listed.id.to_string()).collect();
            Err(AttachError::Ambiguous(several.len(), target.to_owned(), ids.join(", ")))
        }
    }
}

/// Passes bytes both ways. The exit status of the shell; `None` when the person detached.
async fn converse(mut attached: Attached) -> io::Result<Option<i32>> {
    let mut resized = signal(SignalKind::window_change())?;
    let mut keys = keys();
    let mut escape = Escape::default();
    // It may have been opened in another size.
    let _ = attached.input.send(TerminalInput::Resize(size())).await;
    loop {
        tokio::select! {
            output = attached.output.recv() => match output {
                Some(TerminalOutput::Bytes(bytes)) => {
                    let mut stdout = io::stdout();
                    stdout.write_all(&bytes)?;
                    stdout.flush()?;
                }
                Some(TerminalOutput::Exited(code)) => return Ok(Some(code)),
                None => return Ok(None),
            },
            typed = keys.recv() => {
                let end = typed.is_none();
                let (bytes, detach) = escape.filter(&typed.unwrap_or_default());
                let sent = bytes.is_empty() || attached.input.send(TerminalInput::Bytes(bytes)).await.is_ok();
                if detach || !sent || end {
                    return Ok(None);
                }
            },
            _ = resized.recv() => {
                let _ = attached.input.send(TerminalInput::Resize(size())).await;
            },
        }
    }
}

/// What is typed. Read by a thread of its own: reading a terminal cannot be given up half-way.
fn keys() -> mpsc::Receiver<Vec<u8>> {
    let (to, keys) = mpsc::channel(8);
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(n @ 1..) = io::stdin().read(&mut buffer) {
            if to.blocking_send(buffer[..n].to_vec()).is_err() {
                return;
            }
        }
    });
    keys
}

/// Finds Enter, `~`, `.` among the keys, as ssh does.
#[derive(Debug, Default, PartialEq, Eq)]
enum Escape {
    /// At the start of a line.
    #[default]
    LineStart,
    /// Inside of one.
    Inside,
    /// After a `~` at the start of a line, which is held back.
    Tilde,
}

impl Escape {
    /// The keys to pass on, and whether to detach after them.
    fn filter(&mut self, keys: &[u8]) -> (Vec<u8>, bool) {
        let mut passed = Vec::with_capacity(keys.len() + 1);
        for &key in keys {
            match (&self, key) {
                (Self::LineStart, b'~') => {
                    *self = Self::Tilde;
                    continue;
                }
                (Self::Tilde, b'.') => return (passed, true),
                // Twice for one.
                (Self::Tilde, b'~') => {}
                (Self::Tilde, _) => passed.push(b'~'),
                _ => {}
            }
            passed.push(key);
            *self = if matches!(key, b'\r' | b'\n') { Self::LineStart } else { Self::Inside };
        }
        (passed, false)
    }
}

/// This terminal's size; 80 × 24 when it has none.
fn size() -> TerminalSize {
    let mut window = nix::pty::Winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: the structure lives as long as the call, which writes nothing else.
    let asked = unsafe { nix::libc::ioctl(1, nix::libc::TIOCGWINSZ, &raw mut window) };
    if asked < 0 || window.ws_row == 0 || window.ws_col == 0 {
        return TerminalSize { cols: 80, rows: 24 };
    }
    TerminalSize { cols: window.ws_col, rows: window.ws_row }
}

/// A terminal whose keys come as they are typed, until dropped.
struct Raw(Termios);

impl Raw {
    fn enter() -> io::Result<Self> {
        let before = termios::tcgetattr(io::stdin().as_fd())?;
        let mut raw = before.clone();
        termios::cfmakeraw(&mut raw);
        termios::tcsetattr(io::stdin().as_fd(), SetArg::TCSANOW, &raw)?;
        Ok(Self(before))
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        let _ = termios::tcsetattr(io::stdin().as_fd(), SetArg::TCSANOW, &self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(pieces: &[&[u8]]) -> (Vec<u8>, bool) {
        let mut escape = Escape::default();
        let mut all = Vec::new();
        for piece in pieces {
            let (passed, detach) = escape.filter(piece);
            all.extend(passed);
            if detach {
                return (all, true);
            }
        }
        (all, false)
    }

    #[test]
    fn enter_tilde_dot_detaches_wherever_the_keys_are_cut() {
        assert_eq!(typed(&[b"ls\r~.x"]), (b"ls\r".to_vec(), true));
        assert_eq!(typed(&[b"ls\r", b"~", b"."]), (b"ls\r".to_vec(), true));
        assert_eq!(typed(&[b"~."]), (b"".to_vec(), true));
    }

    #[test]
    fn other_tildes_are_typed() {
        assert_eq!(typed(&[b"cd ~.", b"\r~", b"/bin\r~~."]), (b"cd ~.\r~/bin\r~.".to_vec(), false));
    }
}
