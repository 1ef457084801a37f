//! `berth pool orphans`: what providers have and nobody here has asked for.

use std::ffi::OsStr;

use berth_shared::{
    api::{DecideOrphan, Orphan, Page},
    schema::closest,
    time::Timestamp,
};
use clap::Subcommand;
use clap_complete::{ArgValueCompleter, CompletionCandidate};

use crate::{
    cli::{
        ask,
        client::{Client, ClientError, complete},
        failure::Failure,
        words::{Format, ago, left, print_list, say, spent, table, visible},
    },
    clock::{Clock, SystemClock},
};

/// Arguments of `berth pool orphans`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Lists them, with what they cost and when they are removed.
    List(ListArgs),
    /// Keeps one: it is not removed, and goes on to cost what it costs.
    Keep(OneArgs),
    /// Has one removed at once, or one that was kept after all.
    #[command(visible_alias = "remove")]
    Rm(RemoveArgs),
}

#[derive(Debug, Default, clap::Args)]
struct ListArgs {
    /// Also those that are gone, with what they came to.
    #[arg(short, long)]
    all: bool,

    /// How to print the result.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, clap::Args)]
struct OneArgs {
    /// Its provider's name for it, as `berth pool orphans` shows it, or the name that it carries.
    #[arg(value_name = "HANDLE", add = ArgValueCompleter::new(complete_orphans))]
    handle: String,

    /// Which backend has it, when several have one of its name.
    #[arg(short, long, value_name = "NAME")]
    backend: Option<String>,
}

#[derive(Debug, clap::Args)]
struct RemoveArgs {
    #[command(flatten)]
    one: OneArgs,

    /// Ask nothing.
    #[arg(short, long)]
    yes: bool,
}

/// Lists orphans when nothing else is said.
pub(super) async fn orphans(args: &Args, client: &Client) -> Result<(), Failure> {
    match &args.action {
        None => list(&ListArgs::default(), client).await,
        Some(Action::List(args)) => list(args, client).await,
        Some(Action::Keep(args)) => keep(args, client).await,
        Some(Action::Rm(args)) => remove(args, client).await,
    }
}

async fn all(client: &Client) -> Result<Vec<Orphan>, ClientError> {
    Ok(client.get::<Page<Orphan>>("/orphans").await?.items)
}

async fn list(args: &ListArgs, client: &Client) -> Result<(), Failure> {
    let mut orphans = all(client).await?;
    orphans.retain(|orphan| args.all || orphan.gone_at.is_none());
    Ok(print_list(args.format, "orphans", &orphans, |orphans| text(orphans, SystemClock.now()))?)
}

fn text(orphans: &[Orphan], now: Timestamp) -> String {
    if orphans.is_empty() {
        return "None: every machine that providers have has been asked for here".to_owned();
    }
    let row = |orphan: &Orphan| {
        let unknown = || "?".to_owned();
        vec![
            visible(&orphan.handle),
            visible(&orphan.backend),
            orphan.name.as_deref().map_or_else(|| "-".to_owned(), visible),
            orphan.price.map_or_else(unknown, |price| format!("${price}")),
            orphan.price.and(orphan.billed_from).map_or_else(unknown, |_| spent(orphan.cost(now))),
            ago(orphan.found_at, now),
            fate(orphan, now),
        ]
    };
    let rows: Vec<_> = orphans.iter().map(row).collect();
    table(&["HANDLE", "BACKEND", "NAME", "PRICE", "COST", "FOUND", "REMOVED"], &rows)
}

/// When it is removed, or why it is not.
fn fate(orphan: &Orphan, now: Timestamp) -> String {
    match (orphan.gone_at, orphan.remove_at) {
        (Some(gone), _) => format!("gone, {}", ago(gone, now)),
        _ if !orphan.ours => "no: another installation made it".to_owned(),
        (None, None) => "no: kept".to_owned(),
        (None, Some(at)) if at <= now => "at the next sweep".to_owned(),
        (None, Some(at)) => format!("in {}", left(at.millis_since(now) / 1000)),
    }
}

async fn keep(args: &OneArgs, client: &Client) -> Result<(), Failure> {
    let orphan = find(client, args).await?;
    let kept = decide(client, &orphan, true).await?;
    let costs = kept.price.map(|price| format!(", at ${price} an hour")).unwrap_or_default();
    Ok(say!("{} is kept{costs}; `berth pool orphans rm` has it removed", told(&kept))?)
}

async fn remove(args: &RemoveArgs, client: &Client) -> Result<(), Failure> {
    let orphan = find(client, &args.one).await?;
    if !args.yes {
        let question = format!("Remove {} from {}, with all that is on it?", told(&orphan), orphan.backend);
        ask::or_refuse("berth pool orphans rm", &question)?;
    }
    let removed = decide(client, &orphan, false).await?;
    Ok(say!("{} is removed at the next sweep, within a minute or two", told(&removed))?)
}

async fn decide(client: &Client, orphan: &Orphan, keep: bool) -> Result<Orphan, ClientError> {
    let (backend, handle) = (orphan.backend.clone(), orphan.handle.clone());
    client.post("/orphans/decide", &DecideOrphan { backend, handle, keep }).await
}

/// Its handle, and the name that it carries.
fn told(orphan: &Orphan) -> String {
    match &orphan.name {
        Some(name) => format!("{} ({})", visible(&orphan.handle), visible(name)),
        None => visible(&orphan.handle),
    }
}

/// The orphan that is meant, of those that are there.
async fn find(client: &Client, args: &OneArgs) -> Result<Orphan, Failure> {
    let mut orphans = all(client).await?;
    orphans.retain(|orphan| orphan.gone_at.is_none());
    let fits = |orphan: &&Orphan| args.backend.as_ref().is_none_or(|backend| orphan.backend == *backend);
    let by_handle: Vec<_> =
        orphans.iter().filter(fits).filter(|orphan| orphan.handle == args.handle).collect();
    let by_name = || orphans.iter().filter(fits).filter(|o| o.name.as_ref() == Some(&args.handle)).collect();
    let found: Vec<&Orphan> = if by_handle.is_empty() { by_name() } else { by_handle };
    let shown = visible(&args.handle);
    match found[..] {
        [one] => Ok(one.clone()),
        [] => Err(Failure::No(
            match closest(&args.handle, orphans.iter().map(|orphan| orphan.handle.as_str())) {
                Some(close) if close != args.handle => {
                    format!("no provider has an unknown `{shown}`; did you mean `{}`?", visible(close))
                }
                _ => format!("no provider has an unknown `{shown}`; `berth pool orphans` lists them"),
            },
        )),
        _ => {
            let which: Vec<_> = found
                .iter()
                .map(|orphan| format!("{} --backend {}", visible(&orphan.handle), visible(&orphan.backend)))
                .collect();
            Err(Failure::No(format!(
                "{} are called `{shown}`: say which, one of {}",
                found.len(),
                which.join(", ")
            )))
        }
    }
}

/// Handles that begin with `current`.
fn complete_orphans(current: &OsStr) -> Vec<CompletionCandidate> {
    complete::<Orphan>("/orphans", |orphan| orphan.handle, current)
}

#[cfg(test)]
mod tests {
    use berth_shared::api::InstanceId;

    use super::*;

    #[test]
    fn orphans_say_what_they_cost_and_what_becomes_of_them() {
        let now = Timestamp(1_790_000_000_000);
        let orphan = |handle: &str| Orphan {
            backend: "aws".into(),
            handle: handle.into(),
            id: InstanceId(uuid::Uuid::from_u128(1)),
            name: Some("calm-otter-1".into()),
            ours: true,
            found_at: now.plus_seconds(-300),
            remove_at: Some(now.plus_seconds(600)),
            gone_at: None,
            billed_from: Some(now.plus_seconds(-7200)),
            billed_to: None,
            price: Some(0.75),
        };
        let all = [
            orphan("i-0a"),
            Orphan { remove_at: Some(now), billed_from: None, ..orphan("i-0b") },
            Orphan { remove_at: None, price: None, name: None, ..orphan("i-0c") },
            Orphan { ours: false, remove_at: None, ..orphan("i-0d") },
            Orphan {
                gone_at: Some(now.plus_seconds(-60)),
                billed_to: Some(now.plus_seconds(-3600)),
                ..orphan("i-0e")
            },
        ];
        insta::assert_snapshot!(text(&all, now), @r"
        HANDLE  BACKEND  NAME          PRICE  COST   FOUND      REMOVED
        i-0a    aws      calm-otter-1  $0.75  $1.50  5 min ago  in 10 min
        i-0b    aws      calm-otter-1  $0.75  ?      5 min ago  at the next sweep
        i-0c    aws      -             ?      ?      5 min ago  no: kept
        i-0d    aws      calm-otter-1  $0.75  $1.50  5 min ago  no: another installation made it
        i-0e    aws      calm-otter-1  $0.75  $0.75  5 min ago  gone, 1 min ago
        ");
        insta::assert_snapshot!(text(&[], now), @"None: every machine that providers have has been asked for here");
    }
}
