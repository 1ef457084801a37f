//! Ports of the environment for the client, and ports of the client for the environment.

use std::{sync::Arc, time::Duration};

use berth_supervisor::{
    listen::{self, Listening},
    mux,
};
use russh::{
    ChannelOpenFailure,
    server::{ChannelOpenHandle, Handle},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    task::JoinSet,
    time::sleep,
};

use super::{
    channel::{self, Gone, Incoming, Outgoing},
    pace::Pace,
};
use crate::provider::{Environment, Exec, ExecOutput, ExecSpec, Via};

/// How long bytes may take to arrive whose sender has closed the channel.
const LINGER: Duration = Duration::from_secs(30);

/// The most connections at once that come over one listener in an environment.
const CONNECTIONS: usize = 200;

/// Whether a host is the environment itself.
pub(super) fn is_here(host: &str, run: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    let loopback = host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    loopback || host.eq_ignore_ascii_case("localhost") || host == run
}

/// Refuses a connection, with the reason.
pub(super) async fn refuse(reply: ChannelOpenHandle, code: u32, reason: String) {
    reply.reject(ChannelOpenFailure::Other { code, reason }).await;
}

/// Codes of RFC 4254, section 5.1.
pub(super) const PROHIBITED: u32 = 1;
pub(super) const CONNECT_FAILED: u32 = 2;

/// Connects a client to a port of the environment, until both or one of them is done.
pub(super) async fn dial(
    environment: Arc<dyn Environment>,
    port: u16,
    reply: ChannelOpenHandle,
    from: Incoming,
    to: Outgoing,
) {
    match environment.dial(port).await {
        Ok(stream) => {
            reply.accept().await;
            pass(from, to, stream).await;
        }
        Err(error) => refuse(reply, CONNECT_FAILED, error.to_string()).await,
    }
}

/// Passes bytes both ways; each way ends by itself.
async fn pass(from: Incoming, to: Outgoing, stream: impl AsyncRead + AsyncWrite) {
    let (mut near, mut far) = tokio::io::split(stream);
    let Incoming { mut bytes, size: _, closed } = from;
    let forth = async {
        while let Some(held) = bytes.recv().await {
            if far.write_all(&held.bytes).await.is_err() {
                break;
            }
        }
        let _ = far.shutdown().await;
        while bytes.recv().await.is_some() {}
    };
    let back = async {
        let mut buffer = vec![0; 32 * 1024];
        while let Ok(n @ 1..) = near.read(&mut buffer).await {
            to.send(buffer[..n].to_vec()).await?;
        }
        to.end().await;
        Ok::<(), Gone>(())
    };
    // A client that has closed the channel takes no more, but what it sent before is still to arrive.
    let forth = async {
        tokio::select! {
            () = forth => {}
            () = async { closed.cancelled().await; sleep(LINGER).await } => {}
        }
    };
    let back = async {
        tokio::select! {
            _ = back => {}
            () = closed.cancelled() => {}
        }
    };
    tokio::join!(forth, back);
    to.close().await;
}

/// Listens in the environment; what connects there is passed to the client. Gives the port, and what carries it all, which is to
/// be run for as long as it shall last.
///
/// # Errors
/// Why nothing listens, in words.
pub(super) async fn listen(
    environment: &dyn Environment,
    address: String,
    port: u16,
    session: Handle,
    pace: Arc<Pace>,
) -> Result<(u16, impl Future<Output = ()> + Send + use<>), String> {
    let spec = ExecSpec {
        argv: vec!["listen".to_owned(), port.to_string()],
        via: Via::Supervisor,
        ..ExecSpec::default()
    };
    let exec = environment.exec(&spec).await.map_err(|error| error.to_string())?;
    let mut far = joined(exec);
    let bound = match listen::answer(&mut far).await {
        Ok(Listening::On(bound)) => bound,
        Ok(Listening::Failed(why)) => return Err(why),
        Err(_) => return Err("the environment does not answer".to_owned()),
    };
    let carry = async move {
        let (to, mut connections) = tokio::sync::mpsc::channel(CONNECTIONS);
        let accept = mux::accept(far, move |connection| {
            // Too many at once: it is closed.
            let _ = to.try_send(connection);
        });
        let serve = async {
            let mut open = JoinSet::new();
            while let Some(connection) = connections.recv().await {
                while open.try_join_next().is_some() {}
                if open.len() < CONNECTIONS {
                    open.spawn(forward(
                        connection,
                        session.clone(),
                        address.clone(),
                        bound,
                        Arc::clone(&pace),
                    ));
                }
            }
        };
        tokio::select! {
            _ = accept => {}
            () = serve => {}
        }
    };
    Ok((bound, carry))
}

/// One connection that came to a listener.
async fn forward(mut connection: mux::Channel, session: Handle, address: String, port: u16, pace: Arc<Pace>) {
    if mux::begun(&mut connection).await.is_err() {
        return;
    }
    let Ok(peer) = connection.read_u16().await else { return };
    let opened =
        session.channel_open_forwarded_tcpip(address, u32::from(port), "127.0.0.1", u32::from(peer)).await;
    // Who refuses has closed it by dropping it.
    if let Ok(channel) = opened {
        let (from, to) = channel::take_apart(channel, &pace);
        pass(from, to, connection).await;
    }
}

/// A program's input and output as one stream; its complaints go nowhere.
fn joined(exec: Exec) -> impl AsyncRead + AsyncWrite + Unpin + Send {
    let Exec { stdin, mut output, resize } = exec;
    let (near, mut far) = tokio::io::duplex(64 * 1024);
    tokio::spawn(async move {
        let _resize = resize;
        while let Some(output) = output.recv().await {
            match output {
                ExecOutput::Stdout(bytes) => {
                    if far.write_all(&bytes).await.is_err() {
                        return;
                    }
                }
                ExecOutput::Stderr(_) => {}
                ExecOutput::Exited(_) => return,
            }
        }
    });
    tokio::io::join(near, stdin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_environment_itself_is_forwarded_to() {
        for host in ["localhost", "LOCALHOST", "127.0.0.1", "127.0.1.1", "::1", "[::1]", "sly-fox-1"] {
            assert!(is_here(host, "sly-fox-1"), "{host}");
        }
        for host in [
            "",
            "0.0.0.0",
            "example.com",
            "10.0.0.1",
            "169.254.169.254",
            "other-run",
            "localhost.example.com",
        ] {
            assert!(!is_here(host, "sly-fox-1"), "{host}");
        }
    }
}
