//! What becomes of a launch, until it is over or whoever launched it goes away.

use std::io;

use berth_shared::api::{Run, RunDetail, RunStatus, SshGateway, StopRequest, ssh_name_of};
use tokio::signal::unix::{SignalKind, signal};

use super::{Args, ask, print_run};
use crate::{
    cli::{
        attach::address,
        client::{Client, part},
        failure::Failure,
        follow::{Follow, Step, print_lines},
        terminal::StatusLine,
        words::{Format, json_line, moment, spent, visible},
    },
    clock::{Clock, SystemClock},
};

/// Follows the run: how far it is, then its log. Gives how it stood in the end.
pub(super) async fn watch(args: &Args, client: &Client, run: Run) -> Result<Run, Failure> {
    let mut interrupts = signal(SignalKind::interrupt()).map_err(Failure::Runtime)?;
    // From the beginning of all events: what has happened since the submission must not be missed, and the server
    // answers with how things stand instead when that is too much.
    let after = client.get::<RunDetail>(&format!("/runs/{}", part(&run.name))).await?;
    let gateway = client.get::<SshGateway>("/ssh").await.ok();
    let ssh = gateway.map(|gateway| (address(&gateway, client), gateway.port));
    let mut shown = Shown { args, client, ssh, line: StatusLine::new(), run: after.run, told_running: false };
    shown.run_changed()?;
    if shown.run.due_at.is_some() {
        // Perhaps for days: there is nothing to follow yet.
        shown.line.leave()?;
        let named = format!("{}{}", shown.run.name, client.in_project());
        eprintln!("berth logs -f {named} follows it then, berth stop {named} takes it back");
        return Ok(shown.run);
    }
    let finished = shown.run.status.is_finished();
    let mut follow = Follow::begin(client, shown.run.id, after.seq, Some(0), finished).await?;
    let mut stopping = false;
    loop {
        tokio::select! {
            step = follow.next() => match step? {
                Some(step) => shown.take(step)?,
                None => break,
            },
            _ = interrupts.recv() => {
                shown.line.leave()?;
                let name = shown.run.name.clone();
                let named = format!("{name}{}", client.in_project());
                if stopping || !ask::somebody() {
                    let what = if stopping { "is being stopped" } else { "goes on" };
                    eprintln!("Detached: {name} {what}; berth logs -f {named} follows it");
                    return Ok(shown.run);
                }
                eprintln!();
                ask::prompt("Stop the run before detaching?")?;
                let answer = tokio::select! {
                    line = ask::line() => line.as_deref().and_then(ask::yes_or_no),
                    _ = interrupts.recv() => None,
                };
                if answer != Some(true) {
                    eprintln!("Detached: {name} goes on; berth logs -f {named} follows it, berth stop {named} ends it");
                    return Ok(shown.run);
                }
                let path = format!("/runs/{}/stop", part(&name));
                match client.post::<Run>(&path, &StopRequest { abort: false }).await {
                    Ok(run) => shown.take(Step::Run(Box::new(run)))?,
                    // It was quicker.
                    Err(error) if error.code() == Some("run-finished") => {}
                    Err(error) => return Err(error.into()),
                }
                stopping = true;
            }
        }
    }
    // What was missed meanwhile, when that was too much for the stream.
    if !shown.run.status.is_finished()
        && let Ok(detail) = client.get::<RunDetail>(&format!("/runs/{}", part(&shown.run.name))).await
        && detail.run.id == shown.run.id
    {
        shown.run = detail.run;
    }
    shown.ended()?;
    Ok(shown.run)
}

struct Shown<'a> {
    args: &'a Args,
    client: &'a Client,
    /// Where the server takes SSH connections, where it does.
    ssh: Option<(String, u16)>,
    line: StatusLine,
    run: Run,
    told_running: bool,
}

impl Shown<'_> {
    fn take(&mut self, step: Step) -> io::Result<()> {
        match step {
            Step::Run(run) => {
                let changed = *run != self.run;
                self.run = *run;
                if changed { self.run_changed() } else { Ok(()) }
            }
            Step::Log(chunk) => match self.args.format {
                Format::Text => {
                    self.line.clear()?;
                    print_lines(&chunk.lines)?;
                    self.line.restore()
                }
                Format::Jsonl => chunk.lines.iter().try_for_each(|line| {
                    json_line(&mut io::stdout().lock(), &serde_json::json!({ "type": "log", "line": line }))
                }),
                Format::Json => Ok(()),
            },
            Step::Away => self.line.set("The server is away; trying again"),
            Step::Back => {
                self.line.set("The server is back")?;
                self.line.leave()
            }
            Step::Deleted => self.line.set("The run was deleted"),
        }
    }

    fn run_changed(&mut self) -> io::Result<()> {
        if self.args.format == Format::Jsonl {
            print_run(&self.run)?;
        }
        if self.run.status.is_finished() {
            return Ok(());
        }
        // While it runs, the line is its log's.
        let runs = self.run.status == RunStatus::Running;
        if runs && self.told_running {
            return Ok(());
        }
        self.line.set(&headline(&self.run, self.line.on_terminal()))?;
        if runs {
            self.told_running = true;
            self.line.leave()?;
            eprintln!("{}", hints(&self.run, self.client, self.ssh.as_ref()));
        }
        Ok(())
    }

    fn ended(&mut self) -> io::Result<()> {
        self.line.clear()?;
        eprintln!("{}", ending(&self.run, self.run.cost(SystemClock.now())));
        Ok(())
    }
}

/// Where the run stands, on a line; with what it is doing where that line is written anew.
fn headline(run: &Run, in_detail: bool) -> String {
    let name = &run.name;
    let progress = run.progress.as_deref().filter(|_| in_detail);
    let progress = progress.map(|progress| format!(": {}", visible(progress))).unwrap_or_default();
    match run.status {
        RunStatus::Submitted | RunStatus::Provisioning => {
            format!("Launching {name} ({}{progress})", run.status)
        }
        RunStatus::Pending => match (run.due_at, run.retry_at) {
            (Some(at), _) => format!("{name} begins at {} UTC by its schedule", moment(at)),
            (None, Some(at)) => {
                format!("{name} is submitted again at {} UTC, attempt {}", moment(at), run.attempts + 1)
            }
            (None, None) => format!("{name} waits to be submitted again{progress}"),
        },
        RunStatus::Running => format!("{name} is running"),
        RunStatus::Terminating => format!("Stopping {name}"),
        RunStatus::Terminated | RunStatus::Failed | RunStatus::Done => format!("{name} is {}", run.status),
    }
}

/// What can be done with a run that has come up.
fn hints(run: &Run, client: &Client, ssh: Option<&(String, u16)>) -> String {
    let named = format!("{}{}", run.name, client.in_project());
    let mut lines = vec![format!("  page      {}", client.page(&format!("/runs/{}", run.name)))];
    if let Some((host, port)) = ssh {
        let user = ssh_name_of(client.project(), &run.name);
        lines.push(format!("  ssh       ssh {user}@{host} -p {port}"));
        lines.push(format!(
            "  attach    berth attach {named}   (VS Code, its ports and its log on your machine)"
        ));
    }
    if run.offer.as_ref().is_some_and(|offer| offer.backend == crate::provider::local::BACKEND) {
        lines.push(format!("  terminal  berth attach --local {named}   (on the server's machine)"));
    }
    lines.push(format!("  stop      berth stop {named}"));
    lines.push("  Ctrl+C detaches; its log follows.".to_owned());
    lines.join("\n")
}

/// How it ended.
fn ending(run: &Run, cost: f64) -> String {
    let why = match (&run.message, run.status) {
        (Some(message), RunStatus::Failed | RunStatus::Terminated) => format!(": {}", visible(message)),
        _ => String::new(),
    };
    let cost = if cost > 0.0 { format!(" It cost {}.", spent(cost)) } else { String::new() };
    let ended = match run.status {
        RunStatus::Failed => "failed".to_owned(),
        status => format!("is {status}"),
    };
    format!("{} {ended}{why}.{cost}", run.name)
}
