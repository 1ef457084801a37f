//! A preview ends with the run, and with the right to see it.

use berth_shared::api::RunStatus;
use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

use crate::bench::{Bench, PATIENCE, Page, RUN, read};

/// A WebSocket and a stream of events that are open.
async fn opened(bench: &Bench, page: &Page) -> (WebSocketStream<TcpStream>, reqwest::Response) {
    let mut socket = bench.socket(page, "/socket", &page.origin()).await.expect("a socket");
    socket.send(Message::text("hello")).await.expect("taken");
    assert_eq!(socket.next().await.expect("an answer").expect("a frame"), Message::text("hello"));
    let mut events = bench.get(&page.host, "/events", &page.cookie).await;
    assert!(events.chunk().await.expect("a piece").is_some());
    (socket, events)
}

/// Both break off. The application itself goes on: it is this test's.
async fn ended((mut socket, mut events): (WebSocketStream<TcpStream>, reqwest::Response)) {
    let socket = timeout(PATIENCE, socket.next()).await.expect("the socket is closed");
    assert!(!matches!(socket, Some(Ok(Message::Text(_)))), "{socket:?}");
    let events = timeout(PATIENCE, events.chunk()).await.expect("the stream ends");
    assert!(events.is_err(), "what breaks off is not taken for complete: {events:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_ends_with_its_run() {
    let bench = Bench::running().await;
    let page = bench.open(RUN, bench.app).await;
    let open = opened(&bench, &page).await;
    bench.server.stop(RUN, false);
    ended(open).await;
    let _ = bench.server.wait_for(RUN, RunStatus::Terminated);
    let (status, title) = read(bench.get(&page.host, "/", &page.cookie).await).await;
    assert_eq!((status, title), (503, format!("{RUN} is over")));
    // Another one of the same name is another one.
    bench.begin(RUN, &[bench.app]);
    let (status, title) = read(bench.get(&page.host, "/", &page.cookie).await).await;
    assert_eq!((status, title.as_str()), (401, "Open this preview from its run"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_ends_with_the_session_that_opened_it() {
    let bench = Bench::running().await;
    let page = bench.open(RUN, bench.app).await;
    let (host, path) = bench.ticket(RUN, bench.app).await;
    let open = opened(&bench, &page).await;
    let (status, _) = bench.server.send("/logout", &json!({}));
    assert_eq!(status, 204);
    ended(open).await;
    assert_eq!(bench.get(&page.host, "/", &page.cookie).await.status(), 401);
    assert_eq!(bench.get(&host, &path, "").await.status(), 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_ends_with_the_right_to_work_in_the_run() {
    let bench = Bench::running().await;
    let ada = bench.server.invite("ada", "admin");
    let page = bench.open(RUN, bench.app).await;
    let open = opened(&bench, &page).await;
    ada.set_role("admin", "viewer");
    ended(open).await;
    let (status, title) = read(bench.get(&page.host, "/", &page.cookie).await).await;
    assert_eq!((status, title.as_str()), (403, "You may not look at this"));
    assert_eq!(bench.link(RUN, bench.app).await.status(), 403);

    ada.set_role("admin", "member");
    assert_eq!(bench.get(&page.host, "/", &page.cookie).await.status(), 200);
    let open = opened(&bench, &page).await;
    ada.remove("admin");
    ended(open).await;
    assert_eq!(bench.get(&page.host, "/", &page.cookie).await.status(), 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_outlives_the_server_and_not_the_other_way_round() {
    let mut bench = Bench::running().await;
    let page = bench.open(RUN, bench.app).await;
    let open = opened(&bench, &page).await;
    // It would wait for what is open before it ends.
    bench.server.terminate();
    ended(open).await;
    bench.server.restart();
    assert_eq!(
        read(bench.get(&page.host, "/", &page.cookie).await).await,
        (200, "the application".to_owned())
    );
}
