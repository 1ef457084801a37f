//! `berth events`

use std::{
    collections::BTreeMap,
    io::{self, Write as _},
    process::ExitCode,
};

use berth_shared::api::{
    DEFAULT_PROJECT, Event, EventPage, EventSeq, Page, Project, Run, RunDetail, RunId, ServerMessage, Subject,
};
use clap_complete::ArgValueCompleter;

use super::{
    client::{Access, Client, ClientError, Live, Seen, complete_runs, meant, part},
    failure::{Failure, finish},
    words::{Format, json_line, moment, visible},
};

/// How many events a request asks for.
const PIECE: u32 = 1000;
/// How many of the last events are shown when nobody says from where on.
const LAST: u64 = 50;

/// Arguments of `berth events`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only what concerns the run of this name.
    #[arg(value_name = "RUN", add = ArgValueCompleter::new(complete_runs))]
    run: Option<String>,

    /// Go on with what happens, until Ctrl+C; a server that is started anew is waited for.
    #[arg(short, long)]
    follow: bool,

    /// Only events with a number above this one; 0 shows all that are kept. Without it: all of a run, or the last 50.
    #[arg(long, value_name = "SEQ")]
    after: Option<EventSeq>,

    /// How to print the events.
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    #[command(flatten)]
    access: Access,
}

/// Prints what happened, oldest first.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    finish(events(args))
}

async fn events(args: &Args) -> Result<(), Failure> {
    args.format.fits_follow(args.follow)?;
    let client = args.access.client()?;
    let run = match &args.run {
        Some(name) => match client.get::<RunDetail>(&format!("/runs/{}", part(name))).await {
            Ok(detail) => Some(detail.run),
            Err(error) => return Err(meant(&client, name, error).await),
        },
        None => None,
    };
    let after = match (args.after, &run) {
        (Some(after), _) => after,
        (None, Some(_)) => 0,
        (None, None) => last_ones(args, &client).await?,
    };
    let mut shown = Shown { args, run, names: names(&client).await?, collected: Vec::new() };
    let mut next = past(&client, &mut shown, after).await?;
    if args.format == Format::Json {
        json_line(&mut io::stdout().lock(), &serde_json::json!({ "events": shown.collected, "next": next }))?;
    }
    if !args.follow {
        return Ok(());
    }
    let mut live = Live::open(&client, Some(next)).await?;
    loop {
        match live.next().await? {
            Seen::Away => eprintln!("note: the server is away; trying again"),
            Seen::Back => eprintln!("note: the server is back"),
            Seen::Message(message) => match *message {
                ServerMessage::Event { event, run, .. } => {
                    if let Some(run) = run {
                        shown.names.insert(run.id, run.name);
                    }
                    if event.seq > next {
                        next = event.seq;
                        shown.take(&event)?;
                    }
                }
                // Too many were missed for the stream.
                ServerMessage::Snapshot { runs, .. } => {
                    shown.names.extend(runs.into_iter().map(|run| (run.id, run.name)));
                    next = past(&client, &mut shown, next).await?;
                }
                _ => {}
            },
        }
    }
}

/// Where the last few events begin.
async fn last_ones(args: &Args, client: &Client) -> Result<EventSeq, Failure> {
    let page: EventPage = client.get("/events?limit=1").await?;
    let after = page.newest.saturating_sub(LAST);
    if after > 0 && args.format == Format::Text {
        let newest = page.newest;
        // Projects share one row of numbers: of several, nobody knows how many events are this one's.
        let projects: Page<Project> = client.get("/projects").await?;
        if projects.items.len() > 1 || client.project() != DEFAULT_PROJECT {
            let first = after + 1;
            eprintln!(
                "note: from number {first} on, of {newest} events in all projects; `--after 0` shows all of this one"
            );
        } else {
            eprintln!("note: the last {LAST} of {newest} events; `--after 0` shows all");
        }
    }
    Ok(after)
}

/// Names of the runs of late, for events say only which.
async fn names(client: &Client) -> Result<BTreeMap<RunId, String>, ClientError> {
    let page: Page<Run> = client.get("/runs?limit=200").await?;
    Ok(page.items.into_iter().map(|run| (run.id, run.name)).collect())
}

/// Shows what happened already; the number of the last event.
async fn past(client: &Client, shown: &mut Shown<'_>, after: EventSeq) -> Result<EventSeq, Failure> {
    let of_run = shown.run.as_ref().map(|run| format!("&run={}", part(&run.name))).unwrap_or_default();
    let mut after = after;
    loop {
        let page: EventPage = client.get(&format!("/events?after={after}&limit={PIECE}{of_run}")).await?;
        for event in &page.items {
            shown.take(event)?;
        }
        if page.next <= after || page.next >= page.newest {
            return Ok(page.next.max(after));
        }
        after = page.next;
    }
}

/// What is shown.
struct Shown<'a> {
    args: &'a Args,
    /// Only of this run.
    run: Option<Run>,
    names: BTreeMap<RunId, String>,
    /// For an answer that is one object.
    collected: Vec<Event>,
}

impl Shown<'_> {
    fn take(&mut self, event: &Event) -> io::Result<()> {
        if self.run.as_ref().is_some_and(|run| event.run_id != Some(run.id)) {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        match self.args.format {
            Format::Text => writeln!(out, "{}", line(event, &self.names))?,
            Format::Jsonl => json_line(&mut out, event)?,
            Format::Json => self.collected.push(event.clone()),
        }
        out.flush()
    }
}

/// An event on a line.
fn line(event: &Event, names: &BTreeMap<RunId, String>) -> String {
    let subject = match event.subject {
        Subject::Run => "run",
        Subject::Job => "job",
        Subject::Instance => "instance",
        Subject::Pool => "pool",
        Subject::Limit => "limit",
        Subject::Project => "project",
    };
    let name = event.run_id.and_then(|id| names.get(&id).cloned());
    // The beginning of an identifier tells instances apart.
    let instance = || event.instance_id.map(|id| id.to_string().chars().take(8).collect());
    let name = name.or_else(instance).unwrap_or_else(|| "-".to_owned());
    let change = match (&event.from, &event.to) {
        (Some(from), Some(to)) => format!("{from} -> {to}"),
        (None, Some(to)) => to.clone(),
        _ => "-".to_owned(),
    };
    let mut said = visible(&event.message);
    if let Some(reason) = &event.reason {
        said.push_str(&format!(" [{}]", visible(reason)));
    }
    if let Some(actor) = &event.actor {
        said.push_str(&format!(" ({})", visible(actor)));
    }
    let text = format!(
        "{:>6}  {}  {subject:<8}  {:<20}  {:<26}  {said}",
        event.seq,
        moment(event.at),
        visible(&name),
        visible(&change)
    );
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use berth_shared::time::Timestamp;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn an_event_is_a_line_that_says_when_to_what_and_why() {
        let run = RunId(Uuid::from_u128(7));
        let names = BTreeMap::from([(run, "calm-otter-1".to_owned())]);
        let event = |subject, from: Option<&str>, to: Option<&str>, message: &str| Event {
            seq: 12,
            at: Timestamp(1_790_000_000_000),
            subject,
            run_id: Some(run),
            instance_id: None,
            from: from.map(str::to_owned),
            to: to.map(str::to_owned),
            reason: None,
            message: message.to_owned(),
            actor: None,
            project: None,
            offered: None,
        };
        let submitted = Event {
            actor: Some("admin".into()),
            ..event(Subject::Run, None, Some("submitted"), "`calm-otter-1` was submitted")
        };
        let failed = Event {
            reason: Some("container_exited_with_error".into()),
            ..event(Subject::Job, Some("running"), Some("terminating"), "`false` ended\nwith 1")
        };
        let stray = Event { run_id: None, ..event(Subject::Instance, None, None, "it was removed") };
        let lines: Vec<_> = [submitted, failed, stray].iter().map(|event| line(event, &names)).collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        12  2026-09-21 14:13:20  run       calm-otter-1          submitted                   `calm-otter-1` was submitted (admin)
        12  2026-09-21 14:13:20  job       calm-otter-1          running -> terminating      `false` ended with 1 [container_exited_with_error]
        12  2026-09-21 14:13:20  instance  -                     -                           it was removed
        ");
    }
}
