//! `berth audit`: who did what, from where, and when.

use std::{io::Write as _, process::ExitCode};

use berth_shared::{
    api::{AuditEntry, AuditPage},
    time::Timestamp,
};
use clap::Subcommand;
use reqwest::Method;

use super::{
    accounts::{Accounts, AccountsError, block_on},
    client::{Access, Client, part},
    data_dir::DataDir,
    database::DatabaseUrl,
    failure::{Failure, finish},
    flags::seconds,
    words::{json_line, moment, table, visible},
};
use crate::{
    audit::{self, End, Verified},
    clock::{Clock as _, SystemClock},
};

/// Arguments of `berth audit`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,

    #[command(flatten)]
    list: List,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Follows the chain of hashes in the database from its beginning, and says whether something was changed, taken out or put in.
    Verify(Verify),
}

/// What is listed, and how.
#[derive(Debug, clap::Args)]
struct List {
    /// Only what this person did.
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,

    /// Only this, such as `run.stop`; `run.` is all that begins so.
    #[arg(long, value_name = "WORD")]
    action: Option<String>,

    /// Only what was done to this: a run, a person, a secret …
    #[arg(long, value_name = "NAME")]
    target: Option<String>,

    /// Only from then on: `2h` or `7d` ago, or a moment in UTC such as `2026-09-21` or `2026-09-21T14:30`.
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,

    /// Only before then.
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,

    /// At most so many of the newest entries as text; the other forms have all of them.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,

    /// How to print the entries.
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    #[command(flatten)]
    access: Access,
}

/// How the entries are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Text,
    /// One object.
    Json,
    /// One entry a line, oldest first, as it is hashed.
    Jsonl,
    /// A table for spreadsheets, oldest first.
    Csv,
}

/// What is verified, and against what.
#[derive(Debug, clap::Args)]
struct Verify {
    /// What an earlier `berth audit verify` printed: that entry must still be there, with this hash. Without it, nobody sees that the end
    /// of the log was cut off.
    #[arg(long, value_name = "SEQ:HASH")]
    expect: Option<End>,

    #[command(flatten)]
    data_dir: DataDir,

    #[command(flatten)]
    database: DatabaseUrl,
}

/// Lists, exports or verifies.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    match &args.action {
        Some(Action::Verify(args)) => verify(args),
        None => finish(list(&args.list)),
    }
}

async fn list(args: &List) -> Result<(), Failure> {
    let now = SystemClock.now();
    let moment = |flag: &str, text: &Option<String>| {
        let read = text.as_deref().map(|text| when(text, now));
        read.transpose().map_err(|why| Failure::Usage(format!("`--{flag}`: {why}")))
    };
    let (since, until) = (moment("since", &args.since)?, moment("until", &args.until)?);
    let mut query = String::new();
    let texts = [("actor", &args.actor), ("action", &args.action), ("target", &args.target)];
    for (name, value) in texts.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?))) {
        query.push_str(&format!("&{name}={}", part(value)));
    }
    for (name, at) in
        [("since", since), ("until", until)].into_iter().filter_map(|(name, at)| Some((name, at?)))
    {
        query.push_str(&format!("&{name}={}", at.0));
    }
    let client = args.access.client()?;
    match args.format {
        Format::Text => {
            let page: AuditPage = client.get(&format!("/audit?limit={}{query}", args.limit)).await?;
            let mut items = page.items;
            items.reverse();
            if page.next.is_some() {
                eprintln!("note: the newest {}; `--limit` shows more, `--format jsonl` all", items.len());
            }
            print(listed(&items).as_bytes())
        }
        Format::Json => {
            let mut entries = Vec::new();
            let mut before = String::new();
            loop {
                let page: AuditPage = client.get(&format!("/audit?limit=1000{query}{before}")).await?;
                entries.extend(page.items);
                match page.next {
                    Some(next) => before = format!("&before={next}"),
                    None => break,
                }
            }
            let mut out = Vec::new();
            json_line(&mut out, &serde_json::json!({ "entries": entries }))?;
            print(&out)
        }
        Format::Jsonl => export(&client, "jsonl", &query).await,
        Format::Csv => export(&client, "csv", &query).await,
    }
}

async fn export(client: &Client, format: &str, query: &str) -> Result<(), Failure> {
    let request = client.request(Method::GET, &format!("/audit/export?format={format}{query}"));
    let mut response = client.send_for_long(request).await?;
    while let Some(piece) = client.piece(&mut response).await? {
        print(&piece)?;
    }
    Ok(())
}

fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes)?;
    Ok(out.flush()?)
}

fn listed(entries: &[AuditEntry]) -> String {
    if entries.is_empty() {
        return "Nothing\n".to_owned();
    }
    let text = |text: &Option<String>| text.as_deref().map_or_else(|| "-".to_owned(), visible);
    let row = |entry: &AuditEntry| {
        vec![
            entry.seq.to_string(),
            moment(entry.at),
            text(&entry.actor),
            entry.via.as_str().to_owned(),
            text(&entry.address),
            visible(&entry.action),
            text(&entry.target),
            entry.outcome.as_str().to_owned(),
            entry.detail.as_deref().map(visible).unwrap_or_default(),
        ]
    };
    let head = ["NO", "WHEN (UTC)", "WHO", "BY", "FROM", "WHAT", "TO WHAT", "OUTCOME", "MORE"];
    table(&head, &entries.iter().map(row).collect::<Vec<_>>())
}

/// A moment: so long ago, a day, or a day with a time.
fn when(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    if let Ok(ago) = seconds(text) {
        return Ok(now.plus_seconds(-ago));
    }
    let wrong = || {
        format!(
            "`{}` is no moment; write how long ago it was, such as `2h` or `7d`, or when in UTC, such as `2026-09-21` or \
             `2026-09-21T14:30`",
            text.escape_debug()
        )
    };
    let text = text.strip_suffix('Z').unwrap_or(text);
    let full = match text.len() {
        10 => format!("{text}T00:00:00Z"),
        16 => format!("{text}:00Z"),
        _ => format!("{text}Z"),
    };
    let rfc3339 = &time::format_description::well_known::Rfc3339;
    let parsed = time::OffsetDateTime::parse(&full, rfc3339).map_err(|_| wrong())?;
    i64::try_from(parsed.unix_timestamp_nanos() / 1_000_000).map(Timestamp).map_err(|_| wrong())
}

fn verify(args: &Verify) -> ExitCode {
    match block_on(verified(args)) {
        Ok((Ok(end), database)) => {
            println!("{end}");
            let fits =
                if end.seq == 1 { "1 entry fits".to_owned() } else { format!("{} entries fit", end.seq) };
            eprintln!("The audit log in `{database}` is whole: {fits}.");
            eprintln!("Keep the line above elsewhere; `--expect` holds the log against it next time.");
            ExitCode::SUCCESS
        }
        Ok((Err(broken), database)) => {
            eprintln!("error: the audit log in `{database}` was tampered with: {broken}");
            ExitCode::FAILURE
        }
        Err(error) => {
            super::complain(&error);
            ExitCode::FAILURE
        }
    }
}

async fn verified(args: &Verify) -> Result<(Verified, String), AccountsError> {
    let accounts = Accounts::open(&args.data_dir.resolve()?, &args.database.address()?).await?;
    let verified = audit::verify(&accounts.audit, args.expect.clone()).await;
    Ok((verified.map_err(|error| accounts.failed(error))?, accounts.database().to_owned()))
}

#[cfg(test)]
mod tests {
    use berth_shared::api::{AuditOutcome, AuditVia};

    use super::*;

    #[test]
    fn entries_are_lines_that_say_who_did_what_and_from_where() {
        let entry = |seq, actor: Option<&str>, address: Option<&str>| AuditEntry {
            seq,
            at: Timestamp(1_790_000_000_000),
            actor: actor.map(str::to_owned),
            via: if actor.is_some() { AuditVia::Session } else { AuditVia::Machine },
            address: address.map(str::to_owned),
            action: "person.role".to_owned(),
            target: Some("b\x1b[2Job".to_owned()),
            outcome: AuditOutcome::Done,
            detail: actor.map(|_| "manager".to_owned()),
            hash: "00".repeat(32),
        };
        insta::assert_snapshot!(listed(&[entry(9, Some("ann"), Some("192.0.2.7")), entry(10, None, None)]), @r"
        NO  WHEN (UTC)           WHO  BY       FROM       WHAT         TO WHAT  OUTCOME  MORE
        9   2026-09-21 14:13:20  ann  session  192.0.2.7  person.role  b�[2Job  done     manager
        10  2026-09-21 14:13:20  -    machine  -          person.role  b�[2Job  done
        ");
        assert_eq!(listed(&[]), "Nothing\n");
    }

    #[test]
    fn moments_are_so_long_ago_or_days_and_times() {
        let now = Timestamp(1_790_000_000_000);
        for (text, at) in [
            ("2h", 1_789_992_800_000),
            ("2026-09-21", 1_789_948_800_000),
            ("2026-09-21T14:13", 1_789_999_980_000),
            ("2026-09-21 14:13", 1_789_999_980_000),
            ("2026-09-21T14:13:20", 1_790_000_000_000),
            ("2026-09-21T14:13:20Z", 1_790_000_000_000),
        ] {
            assert_eq!(when(text, now), Ok(Timestamp(at)), "{text}");
        }
        for wrong in ["", "yesterday", "2026-13-01", "2026-09-21T25:00", "21.9.2026", "99999999999999999999d"]
        {
            assert!(when(wrong, now).is_err(), "{wrong}");
        }
    }
}
