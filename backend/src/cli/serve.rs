//! `berth serve`

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    process::ExitCode,
};

use tokio::net::TcpListener;

use crate::http;

/// The port that is tried first.
const DEFAULT_PORT: u16 = 8080;

/// How many ports are tried from there on.
const PORTS_TRIED: u16 = 20;

/// Arguments of `berth serve`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Address and port to listen on; 127.0.0.1:8080, or the next free port, when absent.
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<SocketAddr>,
}

/// Why the server could not start.
#[derive(Debug, thiserror::Error)]
enum ServeError {
    #[error(
        "cannot listen on {address}: the port is in use; stop what listens there or give another with `--listen ADDR:PORT`"
    )]
    PortInUse { address: SocketAddr },
    #[error("cannot listen on {address}")]
    Listen {
        address: SocketAddr,
        #[source]
        source: io::Error,
    },
    #[error("cannot start the runtime")]
    Runtime(#[source] io::Error),
    #[error("the server stopped")]
    Serve(#[source] io::Error),
}

/// Runs the server until it is told to stop.
pub fn run(args: Args) -> ExitCode {
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(ServeError::Runtime)
        .and_then(|runtime| runtime.block_on(serve(args)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            super::complain(&error);
            ExitCode::FAILURE
        }
    }
}

async fn serve(args: Args) -> Result<(), ServeError> {
    let listener = listen(args.listen).await?;
    let address = listener.local_addr().map_err(ServeError::Serve)?;
    println!("Listening on http://{address}");
    axum::serve(listener, http::router()).await.map_err(ServeError::Serve)
}

/// Binds the address that was asked for, or the first free port from the default on.
async fn listen(asked: Option<SocketAddr>) -> Result<TcpListener, ServeError> {
    if let Some(address) = asked {
        return bind(address).await;
    }
    let mut last = None;
    for port in DEFAULT_PORT..DEFAULT_PORT + PORTS_TRIED {
        match bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await {
            Err(error @ ServeError::PortInUse { .. }) => last = Some(error),
            other => return other,
        }
    }
    Err(last.expect("at least one port was tried"))
}

async fn bind(address: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => ServeError::PortInUse { address },
        _ => ServeError::Listen { address, source },
    })
}
