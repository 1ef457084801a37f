//! `berth ps -w`: the table, kept true.

use std::{
    collections::BTreeMap,
    io::{self, IsTerminal as _, Write as _},
    time::Duration,
};

use berth_shared::api::{Run, RunId, ServerMessage};
use tokio::time::{MissedTickBehavior, interval};

use super::{Args, Told, print, table};
use crate::{
    cli::{
        client::{Client, Live, Seen},
        failure::Failure,
        terminal,
        words::{Format, json_line},
    },
    clock::{Clock, SystemClock},
};

/// Runs by identifier, as the stream tells of them.
#[derive(Default)]
struct Known(BTreeMap<RunId, Run>);

impl Known {
    /// Takes a message in; the run that changed, when it tells of one, and whether anything did.
    fn take(&mut self, message: ServerMessage) -> (Option<Run>, bool) {
        match message {
            ServerMessage::Snapshot { runs, .. } => {
                self.0 = runs.into_iter().map(|run| (run.id, run)).collect();
                (None, true)
            }
            ServerMessage::Event { run, deleted_run, .. } => {
                if let Some(deleted) = deleted_run {
                    self.0.remove(&deleted);
                    return (None, true);
                }
                let Some(run) = run else { return (None, false) };
                let changed = self.0.insert(run.id, (*run).clone()).as_ref() != Some(&*run);
                (changed.then_some(*run), changed)
            }
            _ => (None, false),
        }
    }

    /// What is shown, newest first.
    fn shown(&self, all: bool) -> Vec<Run> {
        let mut runs: Vec<_> = self.0.values().collect();
        runs.sort_by_key(|run| std::cmp::Reverse((run.submitted_at, run.id)));
        let active: Vec<_> = runs.iter().filter(|run| !run.status.is_finished()).copied().cloned().collect();
        match (all, active.is_empty()) {
            (true, _) => runs.into_iter().cloned().collect(),
            (false, false) => active,
            (false, true) => runs.into_iter().take(1).cloned().collect(),
        }
    }
}

/// Follows the stream. A terminal shows one table, anew each second; elsewhere each change is a table, or a line of JSON.
pub(super) async fn watch(args: &Args, client: &Client) -> Result<(), Failure> {
    let mut live = Live::open(client, None).await?;
    let mut known = Known::default();
    let mut complete = false;
    let mut away = false;
    let on_terminal = args.format == Format::Text && io::stdout().is_terminal();
    let mut drawn = 0;
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let changed = tokio::select! {
            seen = live.next() => match seen? {
                Seen::Away => { away = true; true }
                Seen::Back => { away = false; false }
                Seen::Message(message) => {
                    complete |= matches!(*message, ServerMessage::Snapshot { .. });
                    let (run, changed) = known.take(*message);
                    if let (Some(run), true) = (&run, args.format != Format::Text) {
                        let mut out = io::stdout().lock();
                        json_line(&mut out, &Told { run, cost: run.cost(SystemClock.now()) })?;
                        out.flush()?;
                    }
                    changed
                }
            },
            _ = ticks.tick(), if on_terminal => true,
        };
        if !changed || !complete || args.format != Format::Text {
            continue;
        }
        let shown = known.shown(args.all);
        let now = SystemClock.now();
        let mut out = io::stdout().lock();
        if on_terminal {
            let mut text = if shown.is_empty() {
                "No runs yet; `berth run` launches one\n".to_owned()
            } else {
                table::runs(&shown, args.verbose, now)
            };
            if away {
                text.push_str("The server is away; this is how things stood. Trying again…\n");
            }
            drawn = terminal::redraw(&mut out, &text, drawn)?;
        } else if away {
            eprintln!("the server is away; trying again");
        } else {
            print(&mut out, args, &shown, now)?;
            writeln!(out)?;
            out.flush()?;
        }
    }
}
