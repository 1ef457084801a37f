//! A TCP proxy in front of a Unix socket, which cuts, swallows, delays or refuses what goes through it.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, UnixStream},
    sync::watch,
    time::sleep,
};

/// What becomes of what goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It goes through.
    Open,
    /// Connections break, and new ones break at once.
    Cut,
    /// Nothing comes through, and nobody is told.
    BlackHole,
    /// It takes so long each way.
    Slow(Duration),
    /// Connections break, and nothing listens for new ones.
    Refused,
}

/// The proxy, on a free port of 127.0.0.1 until this is dropped.
pub struct Proxy {
    mode: watch::Sender<Mode>,
    address: SocketAddr,
    /// Its tasks end with it.
    _runtime: tokio::runtime::Runtime,
}

impl Proxy {
    /// Listens, and passes on to the Unix socket at `to`.
    ///
    /// # Panics
    /// When there is no free port, or no thread to be had.
    #[must_use]
    pub fn start(to: PathBuf) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let address = listener.local_addr().expect("it has an address");
        let mode = watch::Sender::new(Mode::Open);
        runtime.spawn(listen(listener, address, to, mode.subscribe()));
        Self { mode, address, _runtime: runtime }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on.
    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }
}

async fn listen(first: TcpListener, address: SocketAddr, to: PathBuf, mut mode: watch::Receiver<Mode>) {
    let mut listener = Some(first);
    loop {
        let now = *mode.borrow_and_update();
        match (&listener, now) {
            (Some(_), Mode::Refused) => listener = None,
            (None, Mode::Refused) => {
                if mode.changed().await.is_err() {
                    return;
                }
            }
            (None, _) => match TcpListener::bind(address).await {
                Ok(bound) => listener = Some(bound),
                Err(_) => sleep(Duration::from_millis(20)).await,
            },
            (Some(open), _) => {
                tokio::select! {
                    accepted = open.accept() => {
                        if let (Ok((from, _)), false) = (accepted, now == Mode::Cut)
                            && let Ok(to) = UnixStream::connect(&to).await
                        {
                            let (from_read, from_write) = from.into_split();
                            let (to_read, to_write) = to.into_split();
                            tokio::spawn(pump(from_read, to_write, mode.clone()));
                            tokio::spawn(pump(to_read, from_write, mode.clone()));
                        }
                    }
                    changed = mode.changed() => if changed.is_err() { return },
                }
            }
        }
    }
}

/// Passes on in one direction. Its end closes that direction, so that the other one ends, too.
async fn pump(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    mut mode: watch::Receiver<Mode>,
) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = tokio::select! {
            read = from.read(&mut buffer) => read,
            _ = until(&mut mode, |mode| matches!(mode, Mode::Cut | Mode::Refused)) => return,
        };
        let Ok(length @ 1..) = read else { return };
        let now = *mode.borrow();
        if let Mode::Slow(delay) = now {
            sleep(delay).await;
        }
        let Some(now) = until(&mut mode, |mode| mode != Mode::BlackHole).await else { return };
        if matches!(now, Mode::Cut | Mode::Refused) || to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}

/// Waits until it is so; `None` = the proxy is gone.
async fn until(mode: &mut watch::Receiver<Mode>, wanted: impl Fn(Mode) -> bool) -> Option<Mode> {
    loop {
        let now = *mode.borrow_and_update();
        if wanted(now) {
            return Some(now);
        }
        mode.changed().await.ok()?;
    }
}
