//! Questions to the person at the terminal.

use std::io::{self, BufRead, IsTerminal, Write};

use super::failure::Failure;

/// Asks a question that is answered by yes or no; no is also when nobody answers.
pub(super) fn confirm(question: &str) -> Result<bool, Failure> {
    let mut stdin = io::stdin().lock();
    loop {
        prompt(question)?;
        let mut line = String::new();
        if stdin.read_line(&mut line).map_err(Failure::Read)? == 0 {
            eprintln!();
            return Ok(false);
        }
        if let Some(answer) = yes_or_no(&line) {
            return Ok(answer);
        }
    }
}

/// Asks before `command` goes on; an error when nobody is there, or the answer is no.
pub(super) fn or_refuse(command: &str, question: &str) -> Result<(), Failure> {
    if !somebody() {
        return Err(Failure::Usage(format!(
            "`{command}` asks first, and there is no terminal to ask at; add `-y` to agree beforehand"
        )));
    }
    if confirm(question)? {
        return Ok(());
    }
    eprintln!("Nothing was done");
    Err(Failure::Said(1))
}

/// Whether there is anybody to ask.
pub(super) fn somebody() -> bool {
    io::stdin().is_terminal()
}

/// Writes the question, without a line break.
pub(super) fn prompt(question: &str) -> Result<(), Failure> {
    let mut stderr = io::stderr().lock();
    write!(stderr, "{question} [y/n]: ").and_then(|()| stderr.flush())?;
    Ok(())
}

/// What was answered; `None` when that cannot be told.
pub(super) fn yes_or_no(line: &str) -> Option<bool> {
    match line.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Some(true),
        "n" | "no" => Some(false),
        _ => None,
    }
}

/// A line of standard input, for whoever waits for something else besides. Read by a thread of its own, which nobody
/// waits for: reading a terminal cannot be given up half-way. `None` at the end of the input.
pub(super) async fn line() -> Option<String> {
    let (to, answer) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line);
        // Nobody may be waiting any more.
        let _ = to.send(read.ok().filter(|read| *read > 0).map(|_| line));
    });
    answer.await.ok().flatten()
}

/// Reads a secret: from the terminal without showing it, or a line of what standard input is.
pub(super) fn secret(prompt: &str) -> io::Result<String> {
    use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};
    let stdin = io::stdin();
    let mut line = String::new();
    if !stdin.is_terminal() {
        stdin.lock().read_line(&mut line)?;
        return Ok(line.trim().to_owned());
    }
    eprint!("{prompt}: ");
    let before = tcgetattr(&stdin)?;
    let mut silent = before.clone();
    silent.local_flags.remove(LocalFlags::ECHO);
    tcsetattr(&stdin, SetArg::TCSAFLUSH, &silent)?;
    let read = stdin.lock().read_line(&mut line);
    let restored = tcsetattr(&stdin, SetArg::TCSANOW, &before);
    eprintln!();
    read?;
    restored?;
    Ok(line.trim().to_owned())
}
