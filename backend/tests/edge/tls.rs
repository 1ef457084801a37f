//! TLS of the server's own, and clients that dawdle.

use std::{sync::atomic::Ordering, time::Duration};

use berth::http::{Patience, SECURE_COOKIE};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, sleep, timeout},
};

use crate::{
    certificate::Certificate,
    client::{DEADLINE, Request, parse},
    fake::NAME,
    server::{Server, Wanted},
};

async fn private() -> Server {
    Server::wanted(Wanted { certificate: Some(Certificate::new()), ..Wanted::default() }).await
}

#[tokio::test]
async fn over_tls_the_cookie_of_a_session_is_for_this_host_and_https_alone() {
    let server = private().await;
    let answer = server.login(&server.token().await).await;
    assert_eq!(answer.status, 200);
    let (name, rest) = answer.header("set-cookie").split_once('=').expect("a cookie");
    let (value, attributes) = rest.split_once("; ").expect("attributes");
    assert_eq!(name, SECURE_COOKIE);
    // With this name browsers insist on `Secure`, this path, and no `Domain`.
    assert_eq!(attributes, "Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict; Secure");
    let me = || server.request("GET", "/api/v1/me");
    assert_eq!(me().session(value).send().await.status, 200);
    // By the name that a neighbour below the same domain could set, it opens nothing.
    assert_eq!(me().header("cookie", &format!("berth_session={value}")).send().await.status, 401);
    let out = server.request("POST", "/api/v1/logout").session(value).send().await;
    let gone = format!("{SECURE_COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict; Secure");
    assert_eq!((out.status, out.header("set-cookie")), (204, gone.as_str()));
}

#[tokio::test]
async fn over_tls_only_a_page_that_came_over_tls_may_write() {
    let server = private().await;
    let session = server.sign_in().await;
    let stop = || {
        let body = r#"{"abort":false}"#;
        server.request("POST", &format!("/api/v1/runs/{NAME}/stop")).session(&session).json(body)
    };
    assert_eq!(stop().send().await.status, 200);
    let open = stop().header("origin", &format!("http://{}", server.address)).send().await;
    assert_eq!((open.status, open.code().as_str()), (403, "wrong-origin"));
}

#[tokio::test]
async fn the_stream_and_terminals_work_over_tls() {
    let server = private().await;
    let mut stream = server.socket("/api/v1/stream").await;
    stream.next("snapshot").await;
    server.fake.happen(1);
    assert_eq!(stream.next("event").await["type"], "event");
    let id = "00000000-0000-0000-0000-000000000001";
    let mut terminal = server.socket(&format!("/api/v1/terminals/{NAME}/{id}?after=0&cols=80&rows=24")).await;
    terminal.next("attached").await;
    terminal.binary(b"hello").await;
    let mut shown = Vec::new();
    while !shown.ends_with(b"hello") {
        shown.extend_from_slice(&terminal.frame().await.into_data());
    }
}

#[tokio::test]
async fn a_preview_is_shown_over_tls() {
    let server = private().await;
    server.fake.environment.listens.store(true, Ordering::Relaxed);
    let (session, port) = (server.sign_in().await, server.address.port());
    let path = format!("/api/v1/runs/{NAME}/ports/8888/open");
    let led = server.request("GET", &path).session(&session).send().await;
    let host = format!("8888--{NAME}.localhost:{port}");
    let enter = led.header("location").strip_prefix(&format!("https://{host}")).expect("its address");
    let at = |path: &str| server.request("GET", path).header("host", &host).without("origin");
    let entered = at(enter).send().await;
    let cookie = entered.header("set-cookie");
    assert!(cookie.starts_with("__Host-berth_preview=") && cookie.ends_with("; Secure"), "{cookie}");
    let pair = cookie.split(';').next().expect("a pair");
    let shown = at("/lab").header("cookie", pair).send().await;
    assert_eq!(shown.status, 200, "{shown:?}");
    let head = String::from_utf8(shown.body).expect("the head that the program got");
    assert!(
        head.starts_with("GET /lab HTTP/1.1\r\n") && head.contains("x-forwarded-proto: https\r\n"),
        "{head}"
    );
    assert!(head.contains("x-forwarded-for: 127.0.0.1\r\n") && !head.contains("berth_preview"), "{head}");
}

#[tokio::test]
async fn who_speaks_http_to_a_tls_port_is_told_so() {
    let server = private().await;
    let answer = Request::new(server.address, "GET", "/").send().await;
    assert_eq!(answer.status, 400);
    insta::assert_snapshot!(String::from_utf8_lossy(&answer.body).trim_end(), @"This server speaks HTTPS here: open the same address with `https://`.");
}

#[tokio::test]
async fn a_server_that_stops_answers_what_was_asked_and_says_goodbye_over_tls() {
    let mut server = private().await;
    let mut socket = server.socket("/api/v1/stream").await;
    socket.next("snapshot").await;
    let body = format!(r#"{{"token":"{}"}}"#, server.token().await);
    let login = server.request("POST", "/api/v1/login").json(&body);
    let mut asked = login.stream().await.expect("a connection");
    asked.write_all(login.head().as_bytes()).await.expect("taken");
    let (begin, end) = body.split_at(5);
    asked.write_all(begin.as_bytes()).await.expect("taken");
    // Another request on a connection of its own has its answer: the head of the first has been read by then, or will be.
    assert_eq!(server.request("GET", "/healthz").send().await.status, 200);
    server.stop.send_replace(true);
    assert_eq!(socket.closed().await, (1001, "server-stopping".into()));
    asked.write_all(end.as_bytes()).await.expect("taken");
    let mut bytes = Vec::new();
    timeout(DEADLINE, asked.read_to_end(&mut bytes)).await.expect("in time").expect("an answer");
    assert_eq!(parse(&bytes).status, 200);
    timeout(DEADLINE, &mut server.task).await.expect("the server ends").expect("well");
}

#[tokio::test]
async fn a_new_certificate_is_shown_without_a_restart_and_a_broken_one_is_not() {
    let server = private().await;
    let first = server.certificate.as_ref().expect("a certificate");
    let kept = server.request("GET", "/healthz").stream().await.expect("a connection");
    let second = first.renew();
    let with = |certificate: &Certificate| server.request("GET", "/healthz").over(certificate);
    let begun = Instant::now();
    while with(&second).stream().await.is_err() {
        assert!(begun.elapsed() < DEADLINE, "the new certificate is never shown");
        sleep(Duration::from_millis(20)).await;
    }
    assert!(with(first).stream().await.is_err(), "the old one is gone");
    // Half a file, as when somebody is writing it; and a key that belongs to another certificate.
    let files = first.files();
    let whole = std::fs::read(&files.certificate).expect("readable");
    for broken in [
        &whole[..whole.len() / 2],
        b"",
        &std::fs::read(Certificate::new().files().certificate).unwrap_or_default(),
    ] {
        std::fs::write(&files.certificate, broken).expect("written");
        sleep(Duration::from_millis(100)).await;
        assert_eq!(with(&second).send().await.status, 200);
    }
    std::fs::remove_file(&files.key).expect("removed");
    sleep(Duration::from_millis(100)).await;
    assert_eq!(with(&second).send().await.status, 200);
    drop(kept);
}

/// Waits until the server hangs up, sending a byte of `slowly` now and then; tells what came.
async fn hung_up_on(server: &Server, slowly: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(server.address).await.expect("it listens");
    let mut bytes = slowly.iter().copied().cycle();
    let mut came = Vec::new();
    let begun = Instant::now();
    loop {
        let mut buffer = [0; 256];
        match timeout(Duration::from_millis(50), stream.read(&mut buffer)).await {
            Ok(Ok(0) | Err(_)) => return came,
            Ok(Ok(length)) => came.extend_from_slice(&buffer[..length]),
            Err(_) if bytes.size_hint().1 != Some(0) => {
                let _ = stream.write_all(&[bytes.next().unwrap_or_default()]).await;
            }
            Err(_) => {}
        }
        assert!(begun.elapsed() < DEADLINE, "the server holds on");
    }
}

#[tokio::test]
async fn who_sends_a_head_byte_by_byte_is_hung_up_on() {
    let patience = Patience { head: Duration::from_millis(300), ..Patience::default() };
    let server = Server::wanted(Wanted { patience, ..Wanted::default() }).await;
    let came = hung_up_on(&server, b"GET / HTTP/1.1\r\nx-a: ").await;
    assert!(!came.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&came));
    // One that asks for nothing is not kept for ever, either.
    let _ = hung_up_on(&server, b"").await;
    assert_eq!(server.request("GET", "/healthz").send().await.status, 200);
}

#[tokio::test]
async fn who_begins_a_handshake_and_does_not_end_it_is_hung_up_on() {
    let patience = Patience { handshake: Duration::from_millis(300), ..Patience::default() };
    let certificate = Some(Certificate::new());
    let server = Server::wanted(Wanted { certificate, patience, ..Wanted::default() }).await;
    for begin in [&b""[..], b"\x16", b"\x16\x03\x01\x02\x00"] {
        let _ = hung_up_on(&server, begin).await;
    }
    assert_eq!(server.request("GET", "/healthz").send().await.status, 200);
}
