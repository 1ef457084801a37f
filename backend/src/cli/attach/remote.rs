//! `berth attach`: the run as a host of SSH, its ports here, its log on the screen.

use std::path::{Path, PathBuf};

use berth_shared::{
    api::{Page, RunDetail, SshGateway, SshKey, ssh_name_of},
    ide::Ide,
};
use tokio::signal::unix::{SignalKind, signal};

use super::{
    config_file::{self, Host},
    forward::{self, Ssh},
};
use crate::cli::{
    client::{Access, Client, meant, part},
    failure::Failure,
    follow::{Follow, Step, print_lines},
    saved,
};

/// What is asked for.
pub(super) struct Asked<'a> {
    pub(super) run: &'a str,
    pub(super) identity: Option<&'a Path>,
    /// Whether the log is shown.
    pub(super) logs: bool,
}

/// Attaches until the person detaches or the run ends; nothing of it is left then.
pub(super) async fn attach(asked: &Asked<'_>, access: &Access) -> Result<(), Failure> {
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::Runtime)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Failure::Runtime)?;
    let client = access.client()?;
    let detail: RunDetail = match client.get(&format!("/runs/{}", part(asked.run))).await {
        Ok(detail) => detail,
        Err(error) => return Err(meant(&client, asked.run, error).await),
    };
    let run = &detail.run;
    if !run.actions().terminal {
        return Err(Failure::No(format!("run `{}` cannot be worked in now: it is {}", run.name, run.status)));
    }
    let gateway: SshGateway = client.get("/ssh").await?;
    if client.get::<Page<SshKey>>("/keys").await?.items.is_empty() {
        return Err(Failure::No("your account has no SSH key yet; `berth key add` adds yours".to_owned()));
    }
    let ports = forward::choose(&run.ports)?;

    let home = std::env::home_dir().ok_or_else(|| Failure::No("you have no home directory".to_owned()))?;
    let config = home.join(".ssh/config");
    let folder = folder()?;
    let identity = asked.identity.map(std::path::absolute).transpose()?;
    let name = ssh_name_of(client.project(), &run.name);
    let host = Host {
        run: &name,
        address: &address(&gateway, &client),
        port: gateway.port,
        host_key: &gateway.host_key,
        identity: identity.as_deref(),
    };
    let _entry = config_file::enter(&config, &folder, &host)
        .map_err(|error| Failure::No(format!("cannot write the SSH configuration: {error}")))?;

    eprintln!("Attached to {}. Control-C detaches; the run goes on.", run.name);
    eprintln!("  Terminal  ssh {name}");
    if let Some(ide) = run.ide.as_deref().and_then(Ide::of) {
        eprintln!("  {:<10}{}", ide.title(), ide.link(&name));
    }
    for port in &ports {
        eprintln!("  Port      {} is http://127.0.0.1:{}", port.there, port.here);
    }

    let ssh = Ssh { host: &name, config: (!is_usual(&home)).then_some(&*config), ports: &ports };
    tokio::select! {
        followed = follow(&client, &detail, asked.logs) => followed,
        failed = ssh.keep(), if !ports.is_empty() => failed,
        _ = interrupt.recv() => {
            eprintln!("\nDetached; {} goes on", run.name);
            Ok(())
        }
        _ = terminate.recv() => Ok(()),
    }
}

/// Where the gateway is, as seen from here.
pub(in crate::cli) fn address(gateway: &SshGateway, client: &Client) -> String {
    let server = reqwest::Url::parse(client.server()).ok();
    let named = server.and_then(|url| url.host_str().map(|host| host.trim_matches(['[', ']']).to_owned()));
    gateway.host.clone().or(named).unwrap_or_else(|| "127.0.0.1".to_owned())
}

/// Where our own files are.
fn folder() -> Result<PathBuf, Failure> {
    let logins = saved::file().map_err(|error| Failure::No(error.to_string()))?;
    Ok(logins.with_file_name("ssh"))
}

/// Whether this is the home directory that `ssh` itself reads, which asks nobody's environment.
fn is_usual(home: &Path) -> bool {
    let user = nix::unistd::User::from_uid(nix::unistd::getuid());
    matches!(user, Ok(Some(user)) if user.dir == home)
}

/// Follows the run to its end.
async fn follow(client: &Client, detail: &RunDetail, logs: bool) -> Result<(), Failure> {
    let offset = logs.then_some(0);
    let mut follow = Follow::begin(client, detail.run.id, detail.seq, offset, false).await?;
    while let Some(step) = follow.next().await? {
        match step {
            Step::Log(chunk) => print_lines(&chunk.lines)?,
            Step::Away => eprintln!("note: the server is away; trying again"),
            Step::Back => eprintln!("note: the server is back"),
            Step::Deleted => eprintln!("note: the run was deleted"),
            Step::Run(_) => {}
        }
    }
    eprintln!("{} is over", detail.run.name);
    Ok(())
}
