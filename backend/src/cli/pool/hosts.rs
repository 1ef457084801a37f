//! SSH hosts.

use std::{
    ffi::OsStr,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use berth_shared::{
    api::{AddSshHost, Page, SshHost, SshHostFacts, SshHostStatus, SshLogin},
    time::Timestamp,
};
use clap_complete::{ArgValueCompleter, CompletionCandidate};

use crate::{
    cli::{
        ask,
        client::{Client, complete, part},
        failure::Failure,
        terminal::StatusLine,
        words::{Format, ago, print_list, say, table, visible},
    },
    clock::{Clock, SystemClock},
};

/// The longest key file that is read, bytes.
const LONGEST: u64 = 64 * 1024;

/// Arguments of `berth pool add-ssh`.
#[derive(Debug, clap::Args)]
pub(super) struct AddArgs {
    /// Where it is and as whom the server comes in: `ubuntu@gpu-1.example`.
    #[arg(value_name = "USER@HOST[:PORT]")]
    address: String,

    /// Its port, when it is not 22.
    #[arg(short, long, value_name = "PORT")]
    port: Option<u16>,

    /// Private key without a passphrase, which the server keeps sealed; else the server's SSH agent is used.
    #[arg(short = 'i', long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    identity: Option<PathBuf>,

    /// Host to go through; several in their order.
    #[arg(short = 'J', long, value_name = "USER@HOST[:PORT]", value_delimiter = ',')]
    jump: Vec<String>,

    /// What to call it; else the host's name.
    #[arg(short, long)]
    name: Option<String>,

    /// Socket of the container engine there; else it is looked for.
    #[arg(long, value_name = "SOCKET")]
    engine: Option<String>,

    /// Pool whose runs use it, made if there is none; else the default one.
    #[arg(long, value_name = "NAME", add = ArgValueCompleter::new(super::pools::complete_pools))]
    pool: Option<String>,

    /// Fingerprint of its key (`SHA256:…`), when you know it; else the key is trusted that is seen now.
    #[arg(long, value_name = "SHA256:…")]
    fingerprint: Option<String>,
}

/// Arguments of `berth pool hosts`.
#[derive(Debug, clap::Args)]
pub(super) struct ListArgs {
    /// How to print the result.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Arguments of `berth pool rm-ssh`.
#[derive(Debug, clap::Args)]
pub(super) struct RemoveArgs {
    /// The host's name.
    #[arg(value_name = "NAME", add = ArgValueCompleter::new(complete_hosts))]
    name: String,

    /// Though it is away, or has environments, which stay where they are.
    #[arg(short, long)]
    force: bool,

    /// Ask nothing.
    #[arg(short, long)]
    yes: bool,
}

/// Adds a host.
pub(super) async fn add(args: &AddArgs, client: &Client) -> Result<(), Failure> {
    let request = AddSshHost {
        address: match args.port {
            Some(port) => format!("{}:{port}", args.address),
            None => args.address.clone(),
        },
        name: args.name.clone(),
        jumps: args.jump.clone(),
        private_key: args.identity.as_deref().map(read).transpose()?,
        engine: args.engine.clone(),
        pool: args.pool.clone(),
        fingerprint: args.fingerprint.clone(),
    };
    let mut line = StatusLine::new();
    line.set(&format!("Connecting to {}", visible(&request.address)))?;
    let added: Result<SshHost, _> = client.post("/hosts", &request).await;
    line.clear()?;
    let added = added?;
    say!("Added {} ({}), key {}", visible(&added.name), visible(&added.address), added.fingerprint)?;
    Ok(say!("{}", what(added.facts.as_ref()))?)
}

fn read(file: &Path) -> Result<String, Failure> {
    let unreadable = |error: io::Error| Failure::Usage(format!("cannot read `{}`: {error}", file.display()));
    let mut text = String::new();
    let opened = std::fs::File::open(file).map_err(unreadable)?;
    opened.take(LONGEST).read_to_string(&mut text).map_err(unreadable)?;
    Ok(text)
}

/// "2 x A100 80 GB, 8 vCPUs, 64 GB of memory, 410 GB of disk free, Docker 27.1"
fn what(facts: Option<&SshHostFacts>) -> String {
    facts.map(|facts| visible(&facts.words().join(", "))).unwrap_or_default()
}

/// Lists the hosts.
pub(super) async fn list(args: &ListArgs, client: &Client) -> Result<(), Failure> {
    let hosts = client.get::<Page<SshHost>>("/hosts").await?.items;
    Ok(print_list(args.format, "hosts", &hosts, |hosts| text(hosts, SystemClock.now()))?)
}

fn text(hosts: &[SshHost], now: Timestamp) -> String {
    if hosts.is_empty() {
        return "No SSH hosts; `berth pool add-ssh USER@HOST` adds one".to_owned();
    }
    let row = |host: &SshHost| {
        let status = match host.status {
            SshHostStatus::Connecting => "connecting".to_owned(),
            SshHostStatus::Ready => "ready".to_owned(),
            SshHostStatus::Away => format!("away, {}", ago(host.since, now)),
        };
        let login = match host.login {
            SshLogin::Key => "key",
            SshLogin::Agent => "agent",
        };
        vec![
            visible(&host.name),
            visible(&host.address),
            login.to_owned(),
            host.pool.as_deref().map_or_else(|| "(default)".to_owned(), visible),
            status,
            host.problem.as_deref().map_or_else(|| what(host.facts.as_ref()), visible),
        ]
    };
    table(
        &["NAME", "ADDRESS", "LOGIN", "POOL", "STATUS", "RESOURCES"],
        &hosts.iter().map(row).collect::<Vec<_>>(),
    )
}

/// Removes a host.
pub(super) async fn remove(args: &RemoveArgs, client: &Client) -> Result<(), Failure> {
    let name = visible(&args.name);
    if !args.yes {
        ask::or_refuse("berth pool rm-ssh", &format!("Remove the SSH host {name}?"))?;
    }
    let force = if args.force { "?force=true" } else { "" };
    client.delete(&format!("/hosts/{}{force}", part(&args.name))).await?;
    Ok(say!("Removed {name}; nothing was removed from the machine itself")?)
}

fn complete_hosts(current: &OsStr) -> Vec<CompletionCandidate> {
    complete::<SshHost>("/hosts", |host| host.name, current)
}

#[cfg(test)]
mod tests {
    use berth_shared::api::SshHostGpu;

    use super::*;

    #[test]
    fn hosts_are_listed_with_what_they_have_or_why_they_are_away() {
        let gpu = SshHostGpu { name: "A100".into(), memory_gib: 80.0 };
        let ready = SshHost {
            name: "gpu-1".into(),
            address: "ubuntu@gpu-1.example:22".into(),
            jumps: Vec::new(),
            login: SshLogin::Key,
            fingerprint: "SHA256:x".into(),
            status: SshHostStatus::Ready,
            problem: None,
            since: Timestamp(0),
            facts: Some(SshHostFacts {
                arch: "amd64".into(),
                cpus: 64.0,
                memory_bytes: 512 << 30,
                disk_free_bytes: 1800 << 30,
                gpus: vec![gpu.clone(), gpu],
                engine: "Docker 27.1".into(),
            }),
            pool: Some("team".into()),
            added_by: "ada".into(),
            added_at: Timestamp(0),
        };
        let away = SshHost {
            name: "gpu-2".into(),
            address: "ubuntu@gpu-2.example:22".into(),
            login: SshLogin::Agent,
            pool: None,
            status: SshHostStatus::Away,
            problem: Some("gpu-2.example:22 cannot be reached: Connection refused (os error 111)".into()),
            facts: None,
            ..ready.clone()
        };
        insta::assert_snapshot!(text(&[ready, away], Timestamp(300_000)));
        insta::assert_snapshot!(text(&[], Timestamp(0)), @"No SSH hosts; `berth pool add-ssh USER@HOST` adds one");
    }
}
