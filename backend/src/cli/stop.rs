//! `berth stop`

use std::process::ExitCode;

use berth_shared::api::{EventSeq, Run, RunDetail, RunStatus, StopRequest};
use clap_complete::ArgValueCompleter;

use super::{
    ask,
    client::{Access, Client, complete_runs, meant, part},
    failure::{Failure, finish},
    follow::{Follow, Step},
    terminal::StatusLine,
    words::{say, visible},
};

/// Arguments of `berth stop`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Names of the runs.
    #[arg(required = true, value_name = "RUN", add = ArgValueCompleter::new(complete_runs))]
    runs: Vec<String>,

    /// Kill at once instead of asking the programs to end. A second stop does, too.
    #[arg(short = 'x', long)]
    abort: bool,

    /// Ask nothing.
    #[arg(short, long)]
    yes: bool,

    /// Wait until each run is over.
    #[arg(long)]
    wait: bool,

    #[command(flatten)]
    access: Access,
}

/// Asks for the end of runs: 0 when all end, 1 when one cannot be stopped.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    finish(async {
        if !args.yes && !ask::somebody() {
            return Err(Failure::Usage(
                "`berth stop` asks first, and there is no terminal to ask at; add `-y` to stop without asking".to_owned(),
            ));
        }
        let client = args.access.client()?;
        let mut failed = false;
        let mut stopped = Vec::new();
        for name in &args.runs {
            match one(args, &client, name).await {
                Ok(run) => stopped.extend(run),
                // Of several runs one may be over already; the others are stopped all the same.
                Err(Failure::No(message)) => {
                    eprintln!("error: {message}");
                    failed = true;
                }
                Err(Failure::Client(error)) if error.status() == 1 => {
                    eprintln!("error: {error}");
                    failed = true;
                }
                Err(error) => return Err(error),
            }
        }
        if args.wait {
            for (run, after) in stopped {
                let over = wait(&client, run, after).await?;
                say!("{} is {}", over.name, over.status)?;
            }
        }
        if failed { Err(Failure::Said(1)) } else { Ok(()) }
    })
}

/// Stops a run; the run, and the event after which it was asked for. `None` when somebody thought better of it.
async fn one(args: &Args, client: &Client, name: &str) -> Result<Option<(Run, EventSeq)>, Failure> {
    let path = format!("/runs/{}", part(name));
    let detail: RunDetail = match client.get(&path).await {
        Ok(detail) => detail,
        Err(error) => return Err(meant(client, name, error).await),
    };
    let status = detail.run.status;
    if status.is_finished() {
        return Err(Failure::No(format!("run `{name}` is over already: it is {status}")));
    }
    let stopping = status == RunStatus::Terminating;
    let question = match (args.abort, stopping) {
        (true, _) => format!("Stop the run {name} by force, without asking its programs to end?"),
        (false, true) => {
            format!("The run {name} is being stopped already; a second stop ends it by force. Do it?")
        }
        (false, false) => format!("Stop the run {name}?"),
    };
    if !args.yes && !ask::confirm(&question)? {
        eprintln!("{name} goes on");
        return Ok(None);
    }
    let asked: Run = client.post(&format!("{path}/stop"), &StopRequest { abort: args.abort }).await?;
    if !args.wait {
        let how = match args.abort || stopping {
            true => "stopped by force",
            false => "being stopped; a second stop ends it by force",
        };
        say!("{name} is {how}")?;
    }
    Ok(Some((asked, detail.seq)))
}

/// Waits until a run is over; the run then.
async fn wait(client: &Client, run: Run, after: EventSeq) -> Result<Run, Failure> {
    let mut run = run;
    let mut line = StatusLine::new();
    let mut follow = Follow::begin(client, run.id, after, None, run.status.is_finished()).await?;
    while !run.status.is_finished() {
        line.set(&format!("{} {}", run.name, status(&run)))?;
        match follow.next().await? {
            Some(Step::Run(now)) => run = *now,
            Some(Step::Away) => line.set("The server is away; trying again")?,
            Some(Step::Back | Step::Log(_) | Step::Deleted) => {}
            None => break,
        }
    }
    line.clear()?;
    Ok(run)
}

/// Where a run stands, and what it is doing.
fn status(run: &Run) -> String {
    match &run.progress {
        // What was under way is of no interest any more.
        Some(progress) if run.status != RunStatus::Terminating => {
            format!("{}: {}", run.status, visible(progress))
        }
        _ => run.status.to_string(),
    }
}
