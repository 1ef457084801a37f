//! A session: a program in the environment, with the client at its other end.

use std::{collections::BTreeMap, sync::Arc};

use berth_shared::api::TerminalSize;
use russh::{Sig, server::Handle};
use tokio::{
    io::{AsyncWrite, AsyncWriteExt},
    sync::{mpsc, watch},
};

use super::channel::{Gone, Incoming, Outgoing};
use crate::provider::{Environment, Exec, ExecOutput, ExecSpec, Via};

/// The most variables that a client may set, and the longest name and value, bytes.
const VARIABLES: usize = 128;
const LONGEST: usize = 32 * 1024;

/// The home directory, for a supervisor.
const HOME: &str = "~";

/// What a client asks for before it names a program.
#[derive(Debug, Default)]
pub(super) struct Wishes {
    env: BTreeMap<String, String>,
    terminal: Option<TerminalSize>,
}

impl Wishes {
    /// A variable; whether the program will have it. Those by which an environment knows its own are not the client's.
    pub(super) fn set(&mut self, name: &str, value: &str) -> bool {
        let letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let proper =
            !name.is_empty() && name.chars().all(letter) && !name.starts_with(|c: char| c.is_ascii_digit());
        let ours = ["HOME", "USER", "LOGNAME", "SHELL"].contains(&name) || name.starts_with("BERTH_");
        let fits =
            name.len().max(value.len()) <= LONGEST && self.env.len() < VARIABLES && !value.contains('\0');
        if !proper || ours || !fits {
            return false;
        }
        self.env.insert(name.to_owned(), value.to_owned());
        true
    }

    /// A terminal of a kind and a size.
    pub(super) fn terminal(&mut self, kind: &str, size: TerminalSize) {
        self.set("TERM", if kind.is_empty() { "dumb" } else { kind });
        self.terminal = Some(size);
    }

    /// Whether the client shows a terminal, where lines begin anew only when they are told to.
    pub(super) fn has_terminal(&self) -> bool {
        self.terminal.is_some()
    }

    /// The program that is asked for. An interactive shell begins where the work is, as a terminal of the page does; everything
    /// else in the home directory, so that `scp`, `rsync` and a command mean the same file by the same name.
    pub(super) fn program(self, asked: Asked) -> ExecSpec {
        let terminal = self.terminal.filter(|_| asked != Asked::Files);
        let (argv, via) = match asked {
            Asked::Shell => (Vec::new(), Via::Shell),
            Asked::Command(command) => (vec![command], Via::Shell),
            Asked::Files => (vec!["sftp".to_owned()], Via::Supervisor),
        };
        let begins_at_work = via == Via::Shell && argv.is_empty() && terminal.is_some();
        ExecSpec { argv, via, cwd: (!begins_at_work).then(|| HOME.to_owned()), env: self.env, terminal }
    }
}

/// What a client asks to be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// The user's shell.
    Shell,
    /// A command for it.
    Command(String),
    /// The subsystem `sftp`.
    Files,
}

/// Tells a client on its standard error why there is no program, and ends the session.
pub(super) async fn refuse(to: &Outgoing, message: &str, terminal: bool) {
    let end = if terminal { "\r\n" } else { "\n" };
    let _ = to.send_error(format!("berth: {message}{end}")).await;
    to.exited(1).await;
}

/// Runs a program until it ends or the client is gone.
pub(super) async fn run(
    environment: Arc<dyn Environment>,
    spec: ExecSpec,
    from: Incoming,
    to: Outgoing,
    session: Handle,
) {
    let terminal = spec.terminal.is_some();
    let exec = match environment.exec(&spec).await {
        Ok(exec) => exec,
        Err(error) => return refuse(&to, &error.to_string(), terminal).await,
    };
    let Incoming { bytes, size, closed } = from;
    let Exec { stdin, mut output, resize } = exec;
    let ended = {
        let feeding = async {
            tokio::join!(feed(bytes, stdin), follow(size, resize));
            std::future::pending().await
        };
        let showing = show(&mut output, &to);
        tokio::select! {
            ended = showing => ended,
            () = feeding => Err(Gone),
            () = closed.cancelled() => Err(Gone),
        }
    };
    match ended {
        Ok(Some(code)) => {
            if let Some(signal) = signal(code) {
                let _ =
                    session.exit_signal_request(to.id(), signal, false, String::new(), String::new()).await;
            }
            to.exited(u32::try_from(code).unwrap_or(255)).await;
        }
        Ok(None) => refuse(&to, "the environment does not answer any more", terminal).await,
        // Dropping the program's ends hangs it up.
        Err(Gone) => to.close().await,
    }
}

/// Passes input on, and its end. What a program does not take is thrown away, as a broken pipe would.
async fn feed(mut from: mpsc::UnboundedReceiver<super::pace::Held>, mut to: impl AsyncWrite + Unpin) {
    while let Some(held) = from.recv().await {
        if to.write_all(&held.bytes).await.is_err() {
            break;
        }
    }
    let _ = to.shutdown().await;
    drop(to);
    while from.recv().await.is_some() {}
}

async fn follow(mut size: watch::Receiver<Option<TerminalSize>>, to: mpsc::Sender<TerminalSize>) {
    while size.changed().await.is_ok() {
        let size = *size.borrow_and_update();
        if let Some(size) = size
            && to.send(size).await.is_err()
        {
            return;
        }
    }
}

/// Passes output on until the program has ended; `None` when its end was not told.
async fn show(from: &mut mpsc::Receiver<ExecOutput>, to: &Outgoing) -> Result<Option<i32>, Gone> {
    while let Some(output) = from.recv().await {
        match output {
            ExecOutput::Stdout(bytes) => to.send(bytes).await?,
            ExecOutput::Stderr(bytes) => to.send_error(bytes).await?,
            ExecOutput::Exited(code) => return Ok(Some(code)),
        }
    }
    Ok(None)
}

/// The signal that a status above 128 stands for, where SSH has a name for it.
fn signal(code: i32) -> Option<Sig> {
    Some(match code - 128 {
        1 => Sig::HUP,
        2 => Sig::INT,
        3 => Sig::QUIT,
        4 => Sig::ILL,
        6 => Sig::ABRT,
        8 => Sig::FPE,
        9 => Sig::KILL,
        10 => Sig::USR1,
        11 => Sig::SEGV,
        13 => Sig::PIPE,
        14 => Sig::ALRM,
        15 => Sig::TERM,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_sets_variables_but_not_those_of_the_environment_itself() {
        let mut wishes = Wishes::default();
        let set = ["LANG", "_x1", "GIT_PROTOCOL", "HOME", "BERTH_INSTANCE", "1x", "", "a b", "A=B"];
        let set = set.map(|name| wishes.set(name, "v"));
        assert_eq!(set, [true, true, true, false, false, false, false, false, false]);
        assert!(!wishes.set("LONG", &"x".repeat(LONGEST + 1)));
        assert!(!wishes.set("ZERO", "a\0b"));
        assert!(
            (0..VARIABLES * 2).map(|n| wishes.set(&format!("V{n}"), "")).filter(|&set| set).count()
                < VARIABLES
        );
    }

    #[test]
    fn an_interactive_shell_begins_where_the_work_is_and_all_else_in_the_home_directory() {
        let with_terminal = || {
            let mut wishes = Wishes::default();
            wishes.terminal("xterm", TerminalSize { cols: 1, rows: 1 });
            wishes
        };
        let at = |wishes: Wishes, asked| wishes.program(asked).cwd;
        assert_eq!(at(with_terminal(), Asked::Shell), None);
        assert_eq!(at(Wishes::default(), Asked::Shell).as_deref(), Some("~"));
        assert_eq!(at(with_terminal(), Asked::Command("ls".into())).as_deref(), Some("~"));
        let files = with_terminal().program(Asked::Files);
        assert_eq!((files.cwd.as_deref(), files.terminal, files.via), (Some("~"), None, Via::Supervisor));
        assert_eq!(with_terminal().program(Asked::Shell).env["TERM"], "xterm");
    }
}
