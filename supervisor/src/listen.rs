//! Listens on a port of the environment for somebody elsewhere: connections that come to it go over this program's input and
//! output ([`crate::mux`]).
//!
//! The program says first whether it listens: one line, the port or `error:` and why. Each connection begins with the port that it
//! came from (2 bytes, big-endian).

use std::{io, net::Ipv4Addr};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::{connect::Ends, mux};

/// The longest first line, bytes.
const LONGEST: usize = 400;

/// What a listener says first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listening {
    /// It listens on this port.
    On(u16),
    /// It does not; why, in words.
    Failed(String),
}

/// Reads what a listener says first, and no byte more.
///
/// # Errors
/// When it ends before, or something else speaks.
pub async fn answer(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Listening> {
    let mut line = Vec::new();
    loop {
        match from.read_u8().await? {
            b'\n' => break,
            byte if line.len() < LONGEST => line.push(byte),
            _ => return Err(io::ErrorKind::InvalidData.into()),
        }
    }
    let line = String::from_utf8_lossy(&line);
    if let Some(why) = line.strip_prefix("error: ") {
        return Ok(Listening::Failed(why.to_owned()));
    }
    line.parse().map(Listening::On).map_err(|_| io::ErrorKind::InvalidData.into())
}

/// Listens until the other end is gone; port 0 = any that is free.
pub(super) fn run(port: &str) -> io::Result<()> {
    let port = port.parse().map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "no port"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async { serve(Ends::of_this_program()?, port).await })
}

async fn serve(mut ends: Ends, port: u16) -> io::Result<()> {
    let listener = match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
        Ok(listener) => listener,
        Err(error) => {
            let why = format!("error: port {port} cannot be listened on: {error}");
            return ends.write_all(format!("{}\n", why.replace('\n', " ")).as_bytes()).await;
        }
    };
    ends.write_all(format!("{}\n", listener.local_addr()?.port()).as_bytes()).await?;
    let (opener, carry) = mux::opener(ends);
    let take = async {
        loop {
            let Ok((mut stream, peer)) = listener.accept().await else {
                // Out of descriptors: some will be free again.
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                continue;
            };
            let _ = stream.set_nodelay(true);
            let opener = opener.clone();
            tokio::spawn(async move {
                let mut channel = opener.open().await?;
                channel.write_u16(peer.port()).await?;
                tokio::io::copy_bidirectional_with_sizes(&mut stream, &mut channel, 32 * 1024, 32 * 1024)
                    .await?;
                io::Result::Ok(())
            });
        }
    };
    tokio::select! {
        carried = carry => carried,
        () = take => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_line_is_read_and_nothing_behind_it() {
        let mut told: &[u8] = b"8080\nrest";
        assert_eq!(answer(&mut told).await.unwrap(), Listening::On(8080));
        assert_eq!(told, b"rest");
        let mut told: &[u8] = b"error: port 1 cannot be listened on: in use\n";
        let why = "port 1 cannot be listened on: in use".to_owned();
        assert_eq!(answer(&mut told).await.unwrap(), Listening::Failed(why));
        answer(&mut &b"hello\n"[..]).await.unwrap_err();
        answer(&mut &b"80"[..]).await.unwrap_err();
        answer(&mut [b'1'; 1000].as_slice()).await.unwrap_err();
    }
}
