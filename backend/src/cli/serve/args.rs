//! What `berth serve` is told on its command line.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use ipnet::IpNet;

use crate::{
    access::{ports::PreviewDomain, ssh::ListenOn},
    cli::{data_dir::DataDir, database::DatabaseUrl, oidc::OidcArgs, tls::TlsArgs},
    http::{ProxyNetwork, PublicUrl},
    provider::container::{self, EngineSetting, VolumeRoot},
};

/// Arguments of `berth serve`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Address and port to listen on; 127.0.0.1:8080, or the next free port, when absent.
    #[arg(long, value_name = "ADDR:PORT")]
    pub(super) listen: Option<SocketAddr>,

    #[command(flatten)]
    pub(super) data_dir: DataDir,

    #[command(flatten)]
    pub(super) database: DatabaseUrl,

    /// Gives out shares of this machine. Always so with SQLite; with a database that servers share, one of them may.
    #[arg(long)]
    pub(super) local: bool,

    /// Container engine for environments on this machine: `auto` looks for Docker and Podman, `none` runs them as processes,
    /// a path is an engine's socket.
    #[arg(long, value_name = "auto|none|SOCKET", default_value = "auto", env = "BERTH_ENGINE")]
    pub(super) engine: EngineSetting,

    /// Image of environments that name none; `{version}` stands for the Python that is asked for.
    #[arg(long, value_name = "IMAGE", default_value = container::DEFAULT_IMAGE, env = "BERTH_DEFAULT_IMAGE")]
    pub(super) default_image: String,

    /// A folder below which `volumes` of configurations may mount something: `/data` of this machine, `HOST:/data` of that SSH host,
    /// `*:/data` of all of them. May be given several times; without one no folder of a machine is mounted.
    #[arg(long, value_name = "[HOST:]PATH", env = "BERTH_VOLUME_ROOT", value_delimiter = ',')]
    pub(super) volume_root: Vec<VolumeRoot>,

    /// Where people reach the server, when that is not where it listens, such as when a proxy stands before it: `https://berth.example`.
    #[arg(long, value_name = "URL")]
    pub(super) public_url: Option<PublicUrl>,

    #[command(flatten)]
    pub(super) tls: TlsArgs,

    #[command(flatten)]
    pub(super) oidc: OidcArgs,

    /// A proxy, or a network of them, whose `X-Forwarded-For`, `-Proto` and `-Host` are believed: `10.0.0.0/8`. May be given several times;
    /// what others say there is not looked at.
    #[arg(long, value_name = "CIDR", env = "BERTH_TRUSTED_PROXY", value_delimiter = ',')]
    pub(super) trusted_proxy: Vec<ProxyNetwork>,

    /// Domain below which ports of environments are shown in browsers, each at a host of its own; every name below it has to lead
    /// here. Without one they are shown to browsers on this machine alone, below `localhost`.
    #[arg(long, value_name = "DOMAIN", env = "BERTH_PREVIEW_DOMAIN")]
    pub(super) preview_domain: Option<PreviewDomain>,

    /// Lets environments on this machine reach the server, its SSH gateway and previews at the machine's addresses. Without it,
    /// what comes from the networks of their containers is closed at once.
    #[arg(long, env = "BERTH_ALLOW_ENVIRONMENTS")]
    pub(super) allow_environments: bool,

    /// Takes SSH connections to environments at this port of 127.0.0.1, or at an address and port.
    #[arg(long, value_name = "PORT|ADDR:PORT", env = "BERTH_SSH_LISTEN")]
    pub(super) ssh_listen: Option<ListenOn>,

    /// Private key by which SSH clients know the server, for servers that stand for each other; else one of its own in the data
    /// directory.
    #[arg(long, value_name = "FILE", env = "BERTH_SSH_HOST_KEY", requires = "ssh_listen")]
    pub(super) ssh_host_key: Option<PathBuf>,

    /// File with the key by which secrets are sealed in the database, for servers that share one; else one of its own in the data
    /// directory. `BERTH_SEALING_KEY` may hold the key itself.
    #[arg(long, value_name = "FILE", env = "BERTH_SEALING_KEY_FILE")]
    pub(super) sealing_key_file: Option<PathBuf>,

    /// A network, or one address, that webhooks may lead to although it is not on the internet: `10.0.0.0/8`. May be given several times.
    #[arg(long, value_name = "NETWORK", env = "BERTH_WEBHOOK_ALLOW", value_delimiter = ',', value_parser = network)]
    pub(super) webhook_allow: Vec<IpNet>,

    /// The largest code that one launch may bring, compressed: `64MiB`, `1GiB`.
    #[arg(long, value_name = "SIZE", default_value = "64MiB", env = "BERTH_CODE_LIMIT")]
    pub(super) code_limit: CodeLimit,

    /// How many requests each person, each API token, and each address from which nobody is signed in, may make in a minute, and at once.
    #[arg(long, value_name = "N", default_value_t = 6000, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) requests_per_minute: u32,

    /// How many runs one person may submit in a minute, and at once.
    #[arg(long, value_name = "N", default_value_t = 120, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) submissions_per_minute: u32,

    /// Shows Berth around: simulated clouds, nothing real, and a data directory that goes with it unless one is given.
    #[arg(long)]
    pub(super) demo: bool,

    /// Uses the simulated clouds of `berth simulated-cloud` as well, for tests.
    #[arg(long, value_name = "URL", hide = true, conflicts_with = "demo")]
    pub(super) simulated_clouds: Option<String>,
}

/// A network, or one address.
fn network(text: &str) -> Result<IpNet, String> {
    let one = || text.parse::<IpAddr>().map(|address| IpNet::from(address.to_canonical())).ok();
    let network = text.parse::<IpNet>().ok().or_else(one);
    network.ok_or_else(|| "expected an address or a network, such as `10.1.2.3` or `10.0.0.0/8`".to_owned())
}

/// A size in bytes: a number with `KiB`, `MiB` or `GiB`, or with none of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct CodeLimit(pub(super) u64);

impl std::str::FromStr for CodeLimit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let units = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("", 1)];
        let given = units.iter().find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?.trim(), *bytes)));
        let bytes = given.and_then(|(number, unit)| number.parse::<u64>().ok()?.checked_mul(unit));
        bytes.map(Self).ok_or_else(|| "expected a size such as `64MiB`".to_owned())
    }
}
