//! Why `berth serve` does not.

use std::{io, net::SocketAddr, path::PathBuf};

use berth_shared::catalog::CatalogError;

use crate::{
    access::ssh::host_key::HostKeyError,
    cli::{data_dir::NoDataDir, demo::UnsuitableDir, oidc::OidcArgsError},
    http::{PublicUrl, TlsError},
    provider::{ProviderError, container::VolumeRoot, remote::BookError, simulated::RemoteError},
    sealed::SealingKeyError,
    store,
};

#[derive(Debug, thiserror::Error)]
pub(super) enum ServeError {
    #[error(transparent)]
    NoDataDir(#[from] NoDataDir),
    #[error(transparent)]
    Unsuitable(#[from] UnsuitableDir),
    #[error(transparent)]
    Simulated(#[from] RemoteError),
    #[error(transparent)]
    Open(#[from] store::OpenError),
    #[error(
        "cannot listen on {address}: the port is in use; stop what listens there, or give another with \
         `--listen ADDR:PORT`"
    )]
    PortInUse { address: SocketAddr },
    #[error("cannot listen on {address}")]
    Listen {
        address: SocketAddr,
        #[source]
        source: io::Error,
    },
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(
        "`--public-url {0}` says that people come without TLS, and `--tls-cert` that they come with it; give an address that begins with \
         `https://`"
    )]
    PublicUrlWithoutTls(PublicUrl),
    #[error(transparent)]
    Oidc(#[from] OidcArgsError),
    #[error(transparent)]
    HostKey(#[from] HostKeyError),
    #[error(transparent)]
    SealingKey(#[from] SealingKeyError),
    #[error("cannot use the SSH hosts")]
    Hosts(#[from] BookError),
    #[error("cannot draw random numbers")]
    Random(#[from] rand::rngs::SysError),
    #[error("cannot prepare the accounts")]
    Accounts(#[from] store::StoreError),
    #[error("the catalogue inside this program cannot be used")]
    Catalog(#[from] CatalogError),
    #[error("cannot use this machine for environments")]
    Local(#[source] io::Error),
    #[error(
        "`--volume-root {}` cannot be: by it every run would reach the data directory `{}`, where everybody's secrets are; name folders \
         beside it", root.path, directory.display()
    )]
    VolumeRoot { root: VolumeRoot, directory: PathBuf },
    #[error("cannot use the container engine")]
    Engine(#[source] ProviderError),
    #[error("cannot prepare to send notifications")]
    Webhooks(#[source] reqwest::Error),
    #[error("cannot start the runtime")]
    Runtime(#[source] io::Error),
    #[error("cannot write to the data directory")]
    Announce(#[source] io::Error),
    #[error("the server stopped")]
    Serve(#[source] io::Error),
}
