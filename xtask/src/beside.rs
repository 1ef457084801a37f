//! Work at the lowest priority beside other work: tests wait more than they compute.

use std::{
    ffi::OsStr,
    io::Read as _,
    process::Command,
    sync::mpsc::{self, Receiver},
};

use crate::shell::{Problem, Steps, command, which};

/// One thing to be done.
pub(crate) struct Task {
    /// What it is, for people.
    what: String,
    command: Command,
}

impl Task {
    /// `program` with these arguments, in the repository's root.
    pub(crate) fn new<'a>(
        what: impl Into<String>,
        program: impl AsRef<OsStr>,
        args: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let mut quietly = match which(&["chrt"]) {
            Some(chrt) => {
                let mut quietly = command(chrt);
                quietly.args(["--idle", "0"]).arg(program);
                quietly
            }
            None => command(program),
        };
        quietly.args(args);
        Self { what: what.into(), command: quietly }
    }

    /// Does it; what it says is told when it is over, so that it does not come between what others say.
    fn carry_out(self) -> Result<(), Problem> {
        let Self { what, mut command } = self;
        let failed = |error: std::io::Error| Problem::new(format!("{what}: cannot be started: {error}"));
        let (mut said, out) = std::io::pipe().map_err(failed)?;
        command.stdin(std::process::Stdio::null()).stdout(out.try_clone().map_err(failed)?).stderr(out);
        let mut child = command.spawn().map_err(failed)?;
        // The command holds the other end of the pipe.
        drop(command);
        let mut text = Vec::new();
        let read = said.read_to_end(&mut text);
        let status = child.wait().map_err(failed)?;
        println!("==> beside: {what}\n{}", String::from_utf8_lossy(&text).trim_end());
        read.map_err(failed)?;
        if status.success() {
            return Ok(());
        }
        Err(Problem::new(format!(
            "{what} ended with {status}; its own words are above, after “beside: {what}”"
        )))
    }
}

/// Tasks that are being done, one after the other.
pub(crate) struct Beside(Receiver<Result<(), Problem>>);

/// Begins with the first list, and goes on with the second; each task is done, whatever becomes of those before.
pub(crate) fn begin(first: Vec<Task>, second: Vec<Task>) -> (Beside, Beside) {
    let ((tell_first, first_told), (tell_second, second_told)) = (mpsc::channel(), mpsc::channel());
    std::thread::spawn(move || {
        for (tasks, tell) in [(first, tell_first), (second, tell_second)] {
            let done: Vec<Result<(), Problem>> = tasks.into_iter().map(Task::carry_out).collect();
            // Whoever waits may have given up.
            let _ = tell.send(done.into_iter().collect());
        }
    });
    (Beside(first_told), Beside(second_told))
}

impl Beside {
    /// Waits until all is done.
    ///
    /// # Errors
    /// That of the first task that failed.
    pub(crate) fn end(self, steps: &mut Steps, what: &str) -> Result<(), Problem> {
        steps.step(what, || {
            self.0.recv().unwrap_or_else(|_| Err(Problem::new(format!("{what}: it broke off"))))
        })
    }
}
