//! What is passed on, and how.

use futures_util::{SinkExt, StreamExt};
use reqwest::Method;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_tungstenite::tungstenite::Message;

use crate::bench::{Bench, PATIENCE, RUN, header, read};

#[tokio::test(flavor = "multi_thread")]
async fn a_websocket_goes_both_ways() {
    let bench = Bench::running().await;
    let page = bench.open(RUN, bench.app).await;
    let mut socket = bench.socket(&page, "/socket", &page.origin()).await.expect("a socket");
    let large = "x".repeat(3 << 20);
    for text in ["hello", &large, ""] {
        socket.send(Message::text(text)).await.expect("taken");
        let answer = timeout(PATIENCE, socket.next()).await.expect("in time").expect("an answer");
        assert!(answer.expect("a frame") == Message::text(text), "{} bytes", text.len());
    }
    socket.close(None).await.expect("closed");
    let goodbye = timeout(PATIENCE, socket.next()).await.expect("in time");
    assert!(matches!(goodbye, Some(Ok(Message::Close(_))) | None), "{goodbye:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_seen_when_they_happen() {
    let bench = Bench::running().await;
    let page = bench.open(RUN, bench.app).await;
    let mut answer = bench.get(&page.host, "/events", &page.cookie).await;
    assert_eq!(header(&answer, "content-type"), "text/event-stream");
    // The stream does not end, so nothing waits for its end.
    let first = timeout(PATIENCE, answer.chunk()).await.expect("in time").expect("a piece");
    assert_eq!(first.as_deref(), Some(&b"data: first\n\n"[..]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_answered_while_it_is_sent() {
    let bench = Bench::running().await;
    let page = bench.open(RUN, bench.app).await;
    let address = bench.server.address().trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    let head = format!(
        "POST /echo HTTP/1.1\r\nhost: {}\r\ncookie: {}\r\ntransfer-encoding: chunked\r\n\r\n",
        page.host, page.cookie
    );
    stream.write_all(head.as_bytes()).await.expect("taken");
    let mut got = Vec::new();
    for word in ["one", "two", "three"] {
        stream.write_all(format!("{:x}\r\n{word}\r\n", word.len()).as_bytes()).await.expect("taken");
        let back = async {
            while !String::from_utf8_lossy(&got).contains(word) {
                assert_ne!(stream.read_buf(&mut got).await.expect("read"), 0);
            }
        };
        timeout(PATIENCE, back).await.expect("it comes back");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn large_things_are_passed_whole() {
    const MUCH: usize = 48 << 20;
    let bench = Bench::running().await;
    let page = bench.open(RUN, bench.app).await;
    let post = bench.request(Method::POST, &page.host, "/length").header("cookie", &page.cookie);
    let answer = post.body(vec![b'x'; MUCH]).send().await.expect("an answer");
    assert_eq!(answer.text().await.expect("a body"), MUCH.to_string());
    let mut answer = bench.get(&page.host, &format!("/many?bytes={MUCH}"), &page.cookie).await;
    let mut length = 0;
    while let Some(piece) = answer.chunk().await.expect("a piece") {
        length += piece.len();
    }
    assert_eq!(length, MUCH);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_passed_on_as_it_is() {
    let bench = Bench::running().await;
    let page = bench.open(RUN, bench.app).await;
    let answer = bench.get(&page.host, "/away", &page.cookie).await;
    assert_eq!(
        (answer.status().as_u16(), header(&answer, "location").as_str()),
        (302, "https://elsewhere.example/x?y")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_answers_it_is_said_in_words() {
    let bench = Bench::empty();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let silent = listener.local_addr().expect("its address").port();
    // Bound, and nobody listens: it stays nobody's for as long as the test lasts.
    let bound = tokio::net::TcpSocket::new_v4().expect("a socket");
    bound.bind("127.0.0.1:0".parse().expect("an address")).expect("bound");
    let nobody = bound.local_addr().expect("its address").port();
    bench.begin(RUN, &[nobody, silent]);
    let page = bench.open(RUN, nobody).await;
    let answer = bench.get(&page.host, "/", &page.cookie).await;
    assert_eq!(header(&answer, "refresh"), "3");
    assert!(header(&answer, "content-security-policy").starts_with("default-src 'none'"));
    let (status, title) = read(answer).await;
    assert_eq!((status, title), (502, format!("Nothing listens on port {nobody} of {RUN} yet")));
    let page = bench.open(RUN, silent).await;
    let other = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut taken = [0; 1024];
        let _ = stream.read(&mut taken).await;
        stream.write_all(b"SSH-2.0-OpenSSH_9.6\r\n").await.expect("taken");
    });
    let (status, title) = read(bench.get(&page.host, "/", &page.cookie).await).await;
    assert_eq!((status, title), (502, format!("Port {silent} of {RUN} gave no answer")));
    other.await.expect("it was asked");
}
