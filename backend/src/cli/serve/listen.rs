//! Where the server listens: for browsers and the API, and for SSH.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
};

use berth_shared::api::SshGateway;
use rand::rngs::StdRng;
use russh::keys::PrivateKey;
use tokio::net::TcpListener;

use super::{args::Args, error::ServeError};
use crate::{
    access::ssh::{
        self,
        host_key::{self, HostKeyError},
    },
    http::{PublicUrl, Scheme},
    orchestrator::Entrance,
};

/// The port that is tried first.
const DEFAULT_PORT: u16 = 8080;

/// How many ports are tried from there on.
const PORTS_TRIED: u16 = 100;

/// Where SSH connections are taken, and as whom.
pub(super) struct Gateway {
    pub(super) listener: TcpListener,
    pub(super) host_key: PrivateKey,
    pub(super) told: SshGateway,
}

/// Where people reach the gateway: where it listens, or at the host of the page.
pub(super) fn entrance(told: &SshGateway, public: Option<&PublicUrl>) -> Entrance {
    let host = told.host.clone().or_else(|| public.map(PublicUrl::host));
    Entrance { host: host.unwrap_or_else(|| "127.0.0.1".to_owned()), port: told.port }
}

pub(super) async fn gateway(
    args: &Args,
    address: SocketAddr,
    directory: &Path,
    rng: &mut StdRng,
) -> Result<Gateway, ServeError> {
    let host_key = match &args.ssh_host_key {
        Some(file) => host_key::at(file)?,
        None => host_key::in_directory(directory, rng)?,
    };
    let listener = bind(address).await?;
    let told = ssh::told(listener.local_addr().map_err(ServeError::Serve)?, &host_key);
    let told = told.map_err(HostKeyError::Make)?;
    Ok(Gateway { listener, host_key, told })
}

/// Where the server is reached that no `--public-url` says it of.
pub(super) fn local_url(address: SocketAddr, scheme: Scheme) -> String {
    match address.ip().is_unspecified() {
        true => format!("{scheme}://127.0.0.1:{}", address.port()),
        false => format!("{scheme}://{address}"),
    }
}

/// Binds the address that was asked for, or the first free port from the default on.
pub(super) async fn listen(asked: Option<SocketAddr>) -> Result<TcpListener, ServeError> {
    if let Some(address) = asked {
        return bind(address).await;
    }
    let mut port = DEFAULT_PORT;
    loop {
        match bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await {
            Err(ServeError::PortInUse { .. }) if port < DEFAULT_PORT + PORTS_TRIED => port += 1,
            outcome => return outcome,
        }
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => ServeError::PortInUse { address },
        _ => ServeError::Listen { address, source },
    })
}
