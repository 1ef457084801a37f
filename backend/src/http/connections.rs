//! Connections: each is accepted, made private where the server speaks TLS itself, and served until it ends.
//!
//! Who connects and then dawdles is hung up on: neither a handshake nor the head of a request may take for ever, or a few thousand slow
//! clients would hold all that a process can have open.

use std::{convert::Infallible, io, net::SocketAddr, pin::pin, time::Duration};

use axum::{Router, extract::ConnectInfo, serve::Listener};
use hyper::{
    Request,
    body::Incoming,
    server::conn::http1,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    sync::{mpsc, watch},
    time::timeout,
};

use super::tls::Tls;

/// What a TLS handshake begins with.
const HANDSHAKE: u8 = 0x16;

/// How much of a request that is not encrypted is read before it is answered, bytes.
const PLAIN: usize = 8 * 1024;

/// What is answered to it.
const SPEAK_TLS: &str = "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: close\r\ncontent-length: \
                         70\r\n\r\nThis server speaks HTTPS here: open the same address with `https://`.\n";

/// How long is waited for what a client has to send.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For a whole TLS handshake.
    pub handshake: Duration,
    /// For the whole head of a request; so long a connection without one is kept, too.
    pub head: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { handshake: Duration::from_secs(10), head: Duration::from_secs(60) }
    }
}

/// Serves who comes to `door`, over TLS where it is given, until `stopping` turns true and the last open request has its answer.
pub async fn serve(
    mut door: impl Listener<Io = TcpStream, Addr = SocketAddr>,
    tls: Option<Tls>,
    router: Router,
    patience: Patience,
    mut stopping: watch::Receiver<bool>,
) {
    // Nothing is ever sent: it closes with the last connection.
    let (alive, mut gone) = mpsc::channel::<Infallible>(1);
    loop {
        let (stream, peer) = tokio::select! {
            accepted = door.accept() => accepted,
            () = stopped(&mut stopping) => break,
        };
        // What is typed in a terminal is seen on its screen, and small pieces do not wait for one another.
        drop(stream.set_nodelay(true));
        let connection = Connection { peer, router: router.clone(), patience, stopping: stopping.clone() };
        let (tls, alive) = (tls.clone(), alive.clone());
        tokio::spawn(async move {
            connection.attend(stream, tls).await;
            drop(alive);
        });
    }
    drop((door, alive));
    gone.recv().await;
}

/// Resolves when the server is to stop, or nobody is there any more who could say so.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

struct Connection {
    peer: SocketAddr,
    router: Router,
    patience: Patience,
    stopping: watch::Receiver<bool>,
}

impl Connection {
    async fn attend(mut self, stream: TcpStream, tls: Option<Tls>) {
        let Some(tls) = tls else { return self.converse(stream).await };
        let greeted = tokio::select! {
            greeted = timeout(self.patience.handshake, greet(stream, &tls)) => greeted,
            () = stopped(&mut self.stopping) => return,
        };
        match greeted {
            Ok(Ok(Some(stream))) => self.converse(stream).await,
            Ok(Ok(None)) => {}
            Ok(Err(error)) => tracing::debug!(peer = %self.peer, %error, "no TLS handshake"),
            Err(_) => tracing::debug!(peer = %self.peer, "no TLS handshake in time"),
        }
    }

    async fn converse(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let Self { peer, router, patience, mut stopping } = self;
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            TowerToHyperService::new(router.clone()).call(request)
        });
        let mut protocol = http1::Builder::new();
        protocol.timer(TokioTimer::new()).header_read_timeout(patience.head);
        let mut conversation = pin!(protocol.serve_connection(TokioIo::new(stream), service).with_upgrades());
        let ended = tokio::select! {
            ended = &mut conversation => ended,
            () = stopped(&mut stopping) => {
                conversation.as_mut().graceful_shutdown();
                conversation.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%peer, %error, "a connection broke off");
        }
    }
}

/// Agrees on TLS with a client. `None`: it does not speak it, and was told.
async fn greet(
    mut stream: TcpStream,
    tls: &Tls,
) -> io::Result<Option<impl AsyncRead + AsyncWrite + Unpin + Send + 'static>> {
    let mut first = [0];
    match stream.peek(&mut first).await? {
        0 => Ok(None),
        _ if first == [HANDSHAKE] => tls.accept(stream).await.map(Some),
        _ => {
            // What is not read when the connection is closed takes the answer with it.
            let _ = stream.try_read(&mut [0; PLAIN]);
            stream.write_all(SPEAK_TLS.as_bytes()).await?;
            stream.shutdown().await?;
            Ok(None)
        }
    }
}
