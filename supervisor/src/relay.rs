//! Two streams, each passing on what the other brings.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufReader, copy_buf};

/// How much is passed on at once, bytes.
const PIECE: usize = 64 * 1024;

/// Passes bytes on both ways until both are over. The end of one way, or that nobody takes what it brings, is no reason to
/// leave what is still to come on the other: a program's last words come after it has ceased to listen.
pub(crate) async fn relay<A, B>(a: A, b: B)
where
    A: AsyncRead + AsyncWrite,
    B: AsyncRead + AsyncWrite,
{
    let (from_a, to_a) = tokio::io::split(a);
    let (from_b, to_b) = tokio::io::split(b);
    let _ = tokio::join!(pass(from_a, to_b), pass(from_b, to_a));
}

async fn pass(from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) -> io::Result<()> {
    copy_buf(&mut BufReader::with_capacity(PIECE, from), &mut to).await?;
    to.shutdown().await
}

#[cfg(test)]
mod tests {
    use tokio::{io::AsyncReadExt, net::UnixStream};

    use super::*;

    #[tokio::test]
    async fn last_words_arrive_though_nobody_listens_any_more() {
        for _ in 0..50 {
            let (mut client, near) = UnixStream::pair().unwrap();
            let (far, server) = UnixStream::pair().unwrap();
            let relayed = tokio::spawn(relay(near, far));
            // It speaks and is gone; what the client says meanwhile finds nobody.
            let mut server = server;
            server.write_all(b"last words").await.unwrap();
            drop(server);
            let _ = client.write_all(b"too late").await;
            let mut heard = String::new();
            client.read_to_string(&mut heard).await.unwrap();
            assert_eq!(heard, "last words");
            drop(client);
            relayed.await.unwrap();
        }
    }

    #[tokio::test]
    async fn each_way_ends_by_itself() {
        let (mut client, near) = UnixStream::pair().unwrap();
        let (far, mut server) = UnixStream::pair().unwrap();
        tokio::spawn(relay(near, far));
        client.write_all(b"question").await.unwrap();
        client.shutdown().await.unwrap();
        let mut heard = String::new();
        server.read_to_string(&mut heard).await.unwrap();
        server.write_all(heard.to_uppercase().as_bytes()).await.unwrap();
        drop(server);
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer, "QUESTION");
    }
}
