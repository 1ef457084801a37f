//! One instance of a pool.

use std::ffi::OsStr;

use berth_shared::{
    api::{Instance, InstanceId, InstanceStatus, KeepInstance, RemoveInstance},
    schema::closest,
};
use clap_complete::{ArgValueCompleter, CompletionCandidate};

use crate::{
    cli::{
        ask,
        client::{Client, complete},
        failure::Failure,
        flags::seconds,
        words::{left, moment, say, spent, visible},
    },
    clock::{Clock, SystemClock},
};

/// Arguments of `berth pool rm`.
#[derive(Debug, clap::Args)]
pub(super) struct RemoveArgs {
    /// Name of the instance, or its identifier.
    #[arg(value_name = "INSTANCE", add = ArgValueCompleter::new(complete_instances))]
    instance: String,

    /// Which pool it is in, when several have one of its name.
    #[arg(long = "pool", value_name = "NAME")]
    pool: Option<String>,

    /// Also when a run is on it, which is interrupted.
    #[arg(short, long)]
    force: bool,

    /// Write it off without its provider's word, when removing it has failed: it may still cost money.
    #[arg(long)]
    forget: bool,

    /// Ask nothing.
    #[arg(short, long)]
    yes: bool,
}

/// Arguments of `berth pool keep`.
#[derive(Debug, clap::Args)]
pub(super) struct KeepArgs {
    /// Name of the instance, or its identifier.
    #[arg(value_name = "INSTANCE", add = ArgValueCompleter::new(complete_instances))]
    instance: String,

    /// For how long from now: `30m`, `4h`, 30 days at most.
    #[arg(value_name = "DURATION", default_value = "1h", value_parser = seconds)]
    duration: i64,

    /// Which pool it is in, when several have one of its name.
    #[arg(long = "pool", value_name = "NAME")]
    pool: Option<String>,
}

/// Has an instance removed.
pub(super) async fn remove(args: &RemoveArgs, client: &Client) -> Result<(), Failure> {
    let instance = find(client, &args.instance, args.pool.as_deref()).await?;
    let name = visible(&instance.name);
    if !args.yes {
        let question = match (args.forget, instance.status) {
            (true, _) => {
                format!("Write {name} off? It may still exist, and cost ${} an hour.", instance.offer.price)
            }
            (false, InstanceStatus::Busy) if args.force => {
                format!("Remove {name}? A run is on it, and is interrupted.")
            }
            _ => format!("Remove {name}?"),
        };
        ask::or_refuse("berth pool rm", &question)?;
    }
    let body = RemoveInstance { force: args.force, forget: args.forget };
    let removed: Result<Instance, _> =
        client.post(&format!("/instances/{}/remove", instance.id), &body).await;
    match removed {
        Ok(instance) => {
            let cost = instance.cost(SystemClock.now());
            let cost = if cost > 0.0 { format!("; it cost {} so far", spent(cost)) } else { String::new() };
            let gone = instance.status == InstanceStatus::Terminated;
            Ok(say!("{name} is {}{cost}", if gone { "gone" } else { "being removed" })?)
        }
        Err(error) if error.code() == Some("instance-busy") => Err(Failure::No(format!(
            "a run is on {name}; `berth stop` ends the run, or `berth pool rm --force {name}` interrupts it"
        ))),
        Err(error) => Err(error.into()),
    }
}

/// Moves the moment when an instance stops by itself.
pub(super) async fn keep(args: &KeepArgs, client: &Client) -> Result<(), Failure> {
    let instance = find(client, &args.instance, args.pool.as_deref()).await?;
    let body = KeepInstance { seconds: args.duration };
    let kept: Instance = client.post(&format!("/instances/{}/keep", instance.id), &body).await?;
    let name = visible(&kept.name);
    match kept.idle_stop_at {
        Some(at) => {
            let seconds = at.millis_since(SystemClock.now()) / 1000;
            say!("{name} stops in {}, at {} UTC, unless a run takes it", left(seconds), moment(at))?;
        }
        None => say!("{name} does not stop by itself")?,
    }
    Ok(())
}

/// The instance that is meant.
async fn find(client: &Client, wanted: &str, pool: Option<&str>) -> Result<Instance, Failure> {
    let instances = client.all::<Instance>("/instances").await?;
    let id = wanted.parse::<InstanceId>().ok();
    let fits = |instance: &&Instance| match id {
        Some(id) => instance.id == id,
        None => instance.name == wanted && pool.is_none_or(|pool| instance.pool == pool),
    };
    let found: Vec<_> = instances.iter().filter(fits).collect();
    let shown = visible(wanted);
    match found[..] {
        [one] => Ok(one.clone()),
        [] => {
            Err(Failure::No(match closest(wanted, instances.iter().map(|instance| instance.name.as_str())) {
                Some(close) if close != wanted => {
                    format!("there is no instance named `{shown}`; did you mean `{}`?", visible(close))
                }
                _ => format!("there is no instance named `{shown}`; `berth pool ps --all` lists them"),
            }))
        }
        _ => {
            let ids: Vec<_> = found
                .iter()
                .map(|instance| format!("{} ({})", instance.id, visible(&instance.pool)))
                .collect();
            Err(Failure::No(format!(
                "{} instances are named `{shown}`: give the identifier, one of {}",
                found.len(),
                ids.join(", ")
            )))
        }
    }
}

/// Names of instances that begin with `current`.
fn complete_instances(current: &OsStr) -> Vec<CompletionCandidate> {
    complete::<Instance>("/instances?limit=200", |instance| instance.name, current)
}
