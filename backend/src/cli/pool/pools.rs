//! Pools themselves.

use std::{
    ffi::OsStr,
    io::{self, Write as _},
    time::Duration,
};

use berth_shared::{
    api::{CreatePool, DeletePool, Page, Pool},
    schema::closest,
};
use clap_complete::{ArgValueCompleter, CompletionCandidate};

use crate::{
    cli::{
        ask,
        client::{Client, ClientError, complete, json, part},
        failure::Failure,
        terminal::StatusLine,
        words::{Format, ago, count, json_line, say, table, visible},
    },
    clock::{Clock, SystemClock},
};

/// How often a pool whose instances are being removed is tried, and how long to wait between: five minutes in all.
const TRIES: u32 = 150;
const PAUSE: Duration = Duration::from_secs(2);

/// Arguments of `berth pool list`.
#[derive(Debug, Default, clap::Args)]
pub(super) struct ListArgs {
    /// How to print the result.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A pool's name, as it is or after `-n`, as users of dstack write it.
#[derive(Debug, clap::Args)]
pub(super) struct NameArgs {
    /// The pool's name.
    #[arg(value_name = "NAME", required_unless_present = "flag", add = ArgValueCompleter::new(complete_pools))]
    name: Option<String>,

    /// The same.
    #[arg(short = 'n', long = "name", value_name = "NAME", id = "flag", conflicts_with = "name")]
    flag: Option<String>,
}

impl NameArgs {
    fn name(&self) -> &str {
        self.name.as_deref().or(self.flag.as_deref()).unwrap_or_default()
    }
}

/// Arguments of `berth pool delete`.
#[derive(Debug, clap::Args)]
pub(super) struct DeleteArgs {
    #[command(flatten)]
    name: NameArgs,

    /// Remove its instances, too; runs on them are interrupted.
    #[arg(short, long)]
    force: bool,

    /// Ask nothing.
    #[arg(short, long)]
    yes: bool,
}

/// Lists the pools.
pub(super) async fn list(args: &ListArgs, client: &Client) -> Result<(), Failure> {
    let pools = all(client).await?;
    let mut out = io::stdout().lock();
    match args.format {
        Format::Text => {
            let now = SystemClock.now();
            let row = |pool: &Pool| {
                vec![
                    visible(&pool.name),
                    if pool.default { "yes" } else { "" }.to_owned(),
                    format!("{}/{}", pool.idle, pool.instances),
                    ago(pool.created_at, now),
                ]
            };
            let rows: Vec<_> = pools.iter().map(row).collect();
            // Those that wait, of all.
            out.write_all(table(&["NAME", "DEFAULT", "INSTANCES", "CREATED"], &rows).as_bytes())?;
        }
        Format::Json => json_line(&mut out, &serde_json::json!({ "pools": pools }))?,
        Format::Jsonl => pools.iter().try_for_each(|pool| json_line(&mut out, pool))?,
    }
    Ok(out.flush()?)
}

async fn all(client: &Client) -> Result<Vec<Pool>, ClientError> {
    Ok(client.get::<Page<Pool>>("/pools").await?.items)
}

/// Makes a pool.
pub(super) async fn create(args: &NameArgs, client: &Client) -> Result<(), Failure> {
    let name = args.name().to_owned();
    let pool: Pool = client.post("/pools", &CreatePool { name }).await?;
    Ok(say!("Pool {} created", visible(&pool.name))?)
}

/// Removes a pool.
pub(super) async fn delete(args: &DeleteArgs, client: &Client) -> Result<(), Failure> {
    let name = args.name.name();
    let pools = all(client).await?;
    let Some(pool) = pools.iter().find(|pool| pool.name == name) else { return Err(not_there(name, &pools)) };
    if !args.yes {
        let question = match (args.force, pool.instances) {
            (true, 1..) => {
                format!("Delete the pool {} and its {}?", visible(name), count(pool.instances, "instance"))
            }
            _ => format!("Delete the pool {}?", visible(name)),
        };
        ask::or_refuse("berth pool delete", &question)?;
    }
    let path = format!("/pools/{}/delete", part(name));
    let body = DeletePool { force: args.force };
    let mut line = StatusLine::new();
    for _ in 0..TRIES {
        match client.send(json(client.request(reqwest::Method::POST, &path), &body)).await {
            Ok(_) => {
                line.clear()?;
                return Ok(say!("Pool {} deleted", visible(name))?);
            }
            // Its instances are being removed; it goes when they are gone.
            Err(error) if args.force && error.code() == Some("pool-not-empty") => {
                line.set(&format!("Removing the instances of {}", visible(name)))?;
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
    line.leave()?;
    Err(Failure::No(format!(
        "the instances of {0} are still being removed (`berth pool ps {0}` shows them); delete it again when they are gone",
        visible(name)
    )))
}

/// Makes a pool the default.
pub(super) async fn set_default(args: &NameArgs, client: &Client) -> Result<(), Failure> {
    let name = args.name();
    let path = format!("/pools/{}/default", part(name));
    let made: Result<Pool, _> = client.answer(client.request(reqwest::Method::POST, &path)).await;
    match made {
        Ok(pool) => Ok(say!("Runs use the pool {} now, unless they name another", visible(&pool.name))?),
        Err(error) => Err(known(client, name, error).await),
    }
}

/// Says what was probably meant when a pool is not there.
pub(super) async fn known(client: &Client, name: &str, error: ClientError) -> Failure {
    if error.code() != Some("pool-not-found") {
        return error.into();
    }
    not_there(name, &all(client).await.unwrap_or_default())
}

fn not_there(name: &str, pools: &[Pool]) -> Failure {
    let name_shown = visible(name);
    match closest(name, pools.iter().map(|pool| pool.name.as_str())) {
        Some(close) => {
            Failure::No(format!("there is no pool named `{name_shown}`; did you mean `{}`?", visible(close)))
        }
        None => Failure::No(format!("there is no pool named `{name_shown}`; `berth pool list` lists them")),
    }
}

/// The default pool's name.
pub(super) async fn default(client: &Client) -> Result<String, Failure> {
    let pools = all(client).await?;
    let default = pools.into_iter().find(|pool| pool.default);
    Ok(default.map_or_else(|| berth_shared::api::DEFAULT_POOL.to_owned(), |pool| pool.name))
}

/// Whether there is such a pool.
pub(super) async fn check(client: &Client, name: &str) -> Result<(), Failure> {
    let pools = all(client).await?;
    if pools.iter().any(|pool| pool.name == name) { Ok(()) } else { Err(not_there(name, &pools)) }
}

/// Names of pools that begin with `current`.
pub(super) fn complete_pools(current: &OsStr) -> Vec<CompletionCandidate> {
    complete::<Pool>("/pools", |pool| pool.name, current)
}
