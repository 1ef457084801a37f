//! `berth pool ps`

use std::io::{self, IsTerminal as _, Write as _};

use berth_shared::{
    api::{Instance, ServerMessage},
    time::Timestamp,
};
use clap_complete::ArgValueCompleter;

use super::pools::{check, complete_pools, default};
use crate::{
    cli::{
        client::{Client, Live, Seen},
        failure::Failure,
        terminal,
        words::{Format, ago, json_line, left, resources, span, table, visible},
    },
    clock::{Clock, SystemClock},
};

/// Arguments of `berth pool ps`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Which pool; else the default one.
    #[arg(value_name = "NAME", add = ArgValueCompleter::new(complete_pools))]
    name: Option<String>,

    /// The same.
    #[arg(long = "pool", short = 'n', value_name = "NAME", conflicts_with = "name")]
    flag: Option<String>,

    /// The instances of every pool.
    #[arg(short, long, conflicts_with_all = ["name", "flag"])]
    all: bool,

    /// Show changes as they happen, until Ctrl+C.
    #[arg(short, long)]
    watch: bool,

    /// How to print the result.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Lists instances that are not gone.
pub(super) async fn ps(args: &Args, client: &Client) -> Result<(), Failure> {
    let pool = match args.name.as_ref().or(args.flag.as_ref()) {
        Some(name) => {
            check(client, name).await?;
            Some(name.clone())
        }
        None if args.all => None,
        None => Some(default(client).await?),
    };
    let wanted = |instance: &Instance| pool.as_ref().is_none_or(|pool| instance.pool == *pool);
    if args.watch {
        return watch(args, client, pool.as_deref(), &wanted).await;
    }
    let mut instances = client.all::<Instance>("/instances").await?;
    instances.retain(wanted);
    let mut out = io::stdout().lock();
    print(&mut out, args, pool.as_deref(), &instances)?;
    Ok(out.flush()?)
}

fn print(
    out: &mut dyn io::Write,
    args: &Args,
    pool: Option<&str>,
    instances: &[Instance],
) -> Result<(), Failure> {
    match args.format {
        Format::Text => out.write_all(text(pool, instances, SystemClock.now()).as_bytes())?,
        Format::Json => json_line(out, &serde_json::json!({ "pool": pool, "instances": instances }))?,
        Format::Jsonl => instances.iter().try_for_each(|instance| json_line(out, instance))?,
    }
    Ok(())
}

/// The table that users of dstack know, and when each instance goes by itself.
fn text(pool: Option<&str>, instances: &[Instance], now: Timestamp) -> String {
    let title = match pool {
        Some(pool) => format!("Pool  {}\n\n", visible(pool)),
        None => String::new(),
    };
    if instances.is_empty() {
        return format!(
            "{title}No instances; `berth pool add` adds one, and runs leave theirs here while it may be used again\n"
        );
    }
    let mut head = vec!["INSTANCE"];
    if pool.is_none() {
        head.push("POOL");
    }
    head.extend(["BACKEND", "REGION", "RESOURCES", "SPOT", "PRICE", "STATUS", "CREATED", "STOPS"]);
    let rows: Vec<_> = instances.iter().map(|instance| row(instance, pool.is_none(), now)).collect();
    title + &table(&head, &rows)
}

fn row(instance: &Instance, with_pool: bool, now: Timestamp) -> Vec<String> {
    let offer = &instance.offer;
    let mut row = vec![visible(&instance.name)];
    if with_pool {
        row.push(visible(&instance.pool));
    }
    row.extend([
        visible(&offer.backend),
        visible(&offer.region),
        resources(&instance.share()),
        if offer.spot { "yes" } else { "no" }.to_owned(),
        format!("${}", offer.price),
        instance.status.to_string(),
        ago(instance.created_at, now),
        stops(instance, now),
    ]);
    row
}

/// When it goes by itself.
fn stops(instance: &Instance, now: Timestamp) -> String {
    let at = |at: Timestamp| match at.millis_since(now) / 1000 {
        0 => "now".to_owned(),
        seconds => format!("in {}", left(seconds)),
    };
    match (instance.leaves_at, instance.idle_stop_at, instance.idle_seconds) {
        (Some(leaves), ..) => format!("{} (its provider takes it)", at(leaves)),
        (None, Some(stops), _) => at(stops),
        (None, None, Some(0)) => "with its run".to_owned(),
        (None, None, Some(seconds)) => format!("{} without a run", span(seconds)),
        (None, None, None) => "never".to_owned(),
    }
}

async fn watch(
    args: &Args,
    client: &Client,
    pool: Option<&str>,
    wanted: &impl Fn(&Instance) -> bool,
) -> Result<(), Failure> {
    let mut live = Live::open(client, None).await?;
    let on_terminal = args.format == Format::Text && io::stdout().is_terminal();
    let mut known: Vec<Instance> = Vec::new();
    let mut drawn = 0;
    loop {
        let message = match live.next().await? {
            Seen::Message(message) => *message,
            Seen::Away => {
                eprintln!("note: the server is away; trying again");
                drawn = 0;
                continue;
            }
            Seen::Back => continue,
        };
        match message {
            ServerMessage::Snapshot { instances, .. } => {
                known = instances.into_iter().filter(wanted).collect()
            }
            ServerMessage::Event { instance: Some(instance), .. } if wanted(&instance) => {
                known.retain(|other| other.id != instance.id);
                if args.format != Format::Text {
                    json_line(&mut io::stdout().lock(), &instance)?;
                }
                if instance.status.is_active() {
                    known.push(*instance);
                    known.sort_by_key(|instance| (instance.created_at, instance.id));
                }
            }
            _ => continue,
        }
        let mut out = io::stdout().lock();
        let text = text(pool, &known, SystemClock.now());
        if on_terminal {
            drawn = terminal::redraw(&mut out, &text, drawn)?;
        } else if args.format == Format::Text {
            writeln!(out, "{text}")?;
        }
        out.flush()?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(more: serde_json::Value) -> Instance {
        let now = Timestamp(1_790_000_000_000);
        let mut instance = serde_json::json!({
            "id": uuid::Uuid::from_u128(1),
            "name": "calm-otter-1",
            "owner": "admin",
            "status": "idle",
            "status_since": now,
            "offer": {
                "backend": "aws", "region": "eu-west-1", "instance_type": "p3.2xlarge", "cpus": 8.0,
                "memory_gib": 61.0, "gpu": null, "disk_gib": 100.0, "spot": false, "price": 3.06,
                "basis": "listed", "as_of": null, "availability": "idle",
            },
            "created_at": now.plus_seconds(-7200),
            "idle_seconds": 300,
        });
        for (key, value) in more.as_object().expect("fields") {
            instance[key] = value.clone();
        }
        serde_json::from_value(instance).expect("an instance")
    }

    #[test]
    fn instances_say_what_they_cost_and_when_they_go() {
        let now = Timestamp(1_790_000_000_000);
        let all = [
            instance(serde_json::json!({ "idle_stop_at": now.plus_seconds(240) })),
            instance(serde_json::json!({ "name": "busy-bee-2", "status": "busy" })),
            instance(serde_json::json!({ "name": "kept", "idle_seconds": null })),
            instance(serde_json::json!({ "name": "share", "status": "busy", "idle_seconds": 0 })),
            instance(
                serde_json::json!({ "name": "spot", "leaves_at": now.plus_seconds(90), "pool": "team" }),
            ),
        ];
        insta::assert_snapshot!(text(Some("default-pool"), &all[..4], now), @r"
        Pool  default-pool

        INSTANCE      BACKEND  REGION     RESOURCES                  SPOT  PRICE  STATUS  CREATED  STOPS
        calm-otter-1  aws      eu-west-1  8xCPU, 61GB, 100GB (disk)  no    $3.06  idle    2 h ago  in 4 min
        busy-bee-2    aws      eu-west-1  8xCPU, 61GB, 100GB (disk)  no    $3.06  busy    2 h ago  5 min without a run
        kept          aws      eu-west-1  8xCPU, 61GB, 100GB (disk)  no    $3.06  idle    2 h ago  never
        share         aws      eu-west-1  8xCPU, 61GB, 100GB (disk)  no    $3.06  busy    2 h ago  with its run
        ");
        insta::assert_snapshot!(text(None, &all[4..], now), @r"
        INSTANCE  POOL  BACKEND  REGION     RESOURCES                  SPOT  PRICE  STATUS  CREATED  STOPS
        spot      team  aws      eu-west-1  8xCPU, 61GB, 100GB (disk)  no    $3.06  idle    2 h ago  in 1 min (its provider takes it)
        ");
        insta::assert_snapshot!(text(Some("team"), &[], now), @r"
        Pool  team

        No instances; `berth pool add` adds one, and runs leave theirs here while it may be used again
        ");
    }
}
