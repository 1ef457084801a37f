//! Many connections over one: what a server and a container share is the two ends of one program's input and output.

use std::{
    future::poll_fn,
    io,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    sync::{mpsc, oneshot},
};
use tokio_util::compat::{Compat, FuturesAsyncReadCompatExt, TokioAsyncReadCompatExt};
use yamux::{Config, Connection, Mode, Stream};

/// One of the connections.
pub type Channel = Compat<Stream>;

/// The most connections at once: pages, terminals and ports of one environment.
const CHANNELS: usize = 256;

/// What may be on its way to a reader who does not read, bytes for each connection: what the protocol asks for at least.
const WINDOW: usize = 256 * 1024;

/// The first byte of each connection. The protocol tells the other end of a connection with the first byte that is written, and
/// here it is the other end that speaks first.
const BEGIN: u8 = 0;

fn config() -> Config {
    let mut config = Config::default();
    config.set_max_num_streams(CHANNELS);
    config.set_max_connection_receive_window(Some(CHANNELS * WINDOW));
    config
}

/// The end that opens connections. Cheap to clone; the connection is closed when the last one is gone.
#[derive(Clone, Debug)]
pub struct Opener(mpsc::Sender<oneshot::Sender<io::Result<Channel>>>);

impl Opener {
    /// Opens a connection.
    ///
    /// # Errors
    /// When there is none any more, or there are too many.
    pub async fn open(&self) -> io::Result<Channel> {
        let (to, from) = oneshot::channel();
        self.0.send(to).await.map_err(|_| io::Error::from(io::ErrorKind::NotConnected))?;
        let mut channel = from.await.map_err(|_| io::Error::from(io::ErrorKind::NotConnected))??;
        channel.write_all(&[BEGIN]).await?;
        Ok(channel)
    }

    /// Whether it is over.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.0.is_closed()
    }
}

/// The end that opens connections over `io`, and what carries them, which is to be run until it ends.
pub fn opener<T>(io: T) -> (Opener, impl Future<Output = io::Result<()>>)
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    let (to, mut asked) = mpsc::channel::<oneshot::Sender<io::Result<Channel>>>(1);
    let mut connection = Connection::new(io.compat(), config(), Mode::Client);
    let mut waiting: Option<oneshot::Sender<io::Result<Channel>>> = None;
    let mut closing = false;
    let carry = poll_fn(move |cx| {
        while !closing {
            if waiting.is_none() {
                match asked.poll_recv(cx) {
                    Poll::Ready(Some(ask)) => waiting = Some(ask),
                    Poll::Ready(None) => closing = true,
                    Poll::Pending => break,
                }
                continue;
            }
            let Poll::Ready(opened) = connection.poll_new_outbound(cx) else { break };
            if let Some(ask) = waiting.take() {
                let _ = ask.send(opened.map(FuturesAsyncReadCompatExt::compat).map_err(io::Error::other));
            }
        }
        if closing {
            return connection.poll_close(cx).map_err(io::Error::other);
        }
        // Nobody opens any from the other end: what comes is dropped, and so refused.
        carried(&mut connection, cx, drop)
    });
    (Opener(to), carry)
}

/// The end that is given connections: passes each on to `take`, until the other end is gone. What is said on each begins after
/// [`begun`].
///
/// # Errors
/// When what comes makes no sense.
pub async fn accept<T>(io: T, mut take: impl FnMut(Channel)) -> io::Result<()>
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    let mut connection = Connection::new(io.compat(), config(), Mode::Server);
    poll_fn(|cx| carried(&mut connection, cx, |stream| take(stream.compat()))).await
}

/// Takes note of a connection's beginning, at the end that was given it.
///
/// # Errors
/// When it ends there, or something else speaks.
pub async fn begun(channel: &mut Channel) -> io::Result<()> {
    match channel.read_u8().await? {
        BEGIN => Ok(()),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

fn carried<T>(
    connection: &mut Connection<Compat<T>>,
    cx: &mut Context<'_>,
    mut take: impl FnMut(Stream),
) -> Poll<io::Result<()>>
where
    Compat<T>: futures_util::AsyncRead + futures_util::AsyncWrite + Unpin,
{
    loop {
        match std::task::ready!(connection.poll_next_inbound(cx)) {
            Some(Ok(stream)) => take(stream),
            Some(Err(error)) => return Poll::Ready(Err(io::Error::other(error))),
            None => return Poll::Ready(Ok(())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both() -> (Opener, tokio::task::JoinHandle<io::Result<()>>) {
        let (near, far) = tokio::io::duplex(4096);
        tokio::spawn(accept(far, |mut channel| {
            tokio::spawn(async move {
                begun(&mut channel).await.unwrap();
                let mut text = Vec::new();
                channel.read_to_end(&mut text).await.unwrap();
                text.reverse();
                channel.write_all(&text).await.unwrap();
                channel.shutdown().await.unwrap();
            });
        }));
        let (opener, carry) = opener(near);
        (opener, tokio::spawn(carry))
    }

    async fn reversed(opener: &Opener, text: &[u8]) -> Vec<u8> {
        let channel = opener.open().await.unwrap();
        let (mut from, mut to) = tokio::io::split(channel);
        let mut answer = Vec::new();
        let write = async {
            to.write_all(text).await.unwrap();
            to.shutdown().await.unwrap();
        };
        tokio::join!(write, async { from.read_to_end(&mut answer).await.unwrap() });
        answer
    }

    #[tokio::test]
    async fn many_connections_go_over_one_and_each_ends_by_itself() {
        let (opener, _carry) = both();
        let long: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
        let mut back = long.clone();
        back.reverse();
        let all = (0..50).map(|_| reversed(&opener, b"abc"));
        let (long, short) = tokio::join!(reversed(&opener, &long), futures_util::future::join_all(all));
        assert!(long == back);
        assert!(short.iter().all(|text| text == b"cba"));
    }

    #[tokio::test]
    async fn the_other_end_may_speak_first() {
        let (near, far) = tokio::io::duplex(4096);
        tokio::spawn(accept(far, |mut channel| {
            tokio::spawn(async move {
                begun(&mut channel).await.unwrap();
                channel.write_all(b"hello").await.unwrap();
                channel.read_u8().await.unwrap_err();
            });
        }));
        let (opener, carry) = opener(near);
        tokio::spawn(carry);
        let mut hello = [0; 5];
        opener.open().await.unwrap().read_exact(&mut hello).await.unwrap();
        assert_eq!(&hello, b"hello");
    }

    #[tokio::test]
    async fn the_end_of_one_end_is_the_end_of_the_other() {
        let (near, far) = tokio::io::duplex(4096);
        let (opener, carry) = opener(near);
        let carry = tokio::spawn(carry);
        drop(far);
        let _ = carry.await.unwrap();
        assert!(opener.open().await.is_err());
        assert!(opener.is_closed());
    }

    #[tokio::test]
    async fn a_connection_without_an_opener_is_closed() {
        let (opener, carry) = both();
        drop(opener);
        tokio::time::timeout(std::time::Duration::from_secs(5), carry).await.unwrap().unwrap().unwrap();
    }
}
