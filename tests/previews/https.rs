//! Previews behind a proxy that ends TLS, spoken to as it does: `Host` and `Origin` are the browser's.

use berth_tests::server::Server;
use futures_util::{SinkExt, StreamExt};
use reqwest::Method;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use crate::{
    app,
    bench::{Bench, PATIENCE, Page, RUN, header, read},
};

const DASHBOARD: &str = "https://berth.example.com";
const DOMAIN: &str = "previews.example.net";

/// A run that runs, its application's preview as a browser has it, and all of the cookie that let it in.
async fn entered() -> (Bench, Page, String) {
    let app = app::serve().await;
    let server = Server::start_behind(DASHBOARD, &["--preview-domain", DOMAIN]);
    let mut bench = Bench::of(server);
    bench.app = app;
    bench.begin(RUN, &[app]);
    let dashboard = DASHBOARD.trim_start_matches("https://");
    let path = format!("/api/v1/runs/{RUN}/ports/{app}/open");
    let answer = bench.get(dashboard, &path, bench.server.session()).await;
    let link = header(&answer, "location");
    let (host, path) =
        link.strip_prefix("https://").and_then(|link| link.split_once('/')).expect("an address");
    assert_eq!(host, format!("{app}--{RUN}.{DOMAIN}"));
    let answer = bench.get(host, &format!("/{path}"), "").await;
    assert_eq!((answer.status().as_u16(), header(&answer, "location").as_str()), (303, "/"));
    let cookie = header(&answer, "set-cookie");
    let pair = cookie.split(';').next().unwrap_or_default().to_owned();
    (bench, Page { host: host.to_owned(), cookie: pair }, cookie)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_of_a_preview_is_for_its_own_host_and_https_alone() {
    let (bench, page, cookie) = entered().await;
    let (pair, attributes) = cookie.split_once("; ").expect("attributes");
    // With this name browsers insist on `Secure`, this path, and no `Domain`.
    let value = pair.strip_prefix("__Host-berth_preview=").expect("its name");
    assert_eq!(attributes, "Path=/; Max-Age=604800; HttpOnly; SameSite=Lax; Secure");
    assert_eq!(
        read(bench.get(&page.host, "/", &page.cookie).await).await,
        (200, "the application".to_owned())
    );
    // By the name that pages of other hosts could set, it opens nothing.
    let bare = format!("berth_preview={value}");
    assert_eq!(bench.get(&page.host, "/", &bare).await.status(), 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn under_https_a_websocket_is_for_pages_that_came_by_https() {
    let (bench, page, _) = entered().await;
    let own = format!("https://{}", page.host);
    let mut socket = bench.socket(&page, "/socket", &own).await.expect("a socket");
    socket.send(Message::text("hello")).await.expect("taken");
    let answer = timeout(PATIENCE, socket.next()).await.expect("in time").expect("an answer");
    assert_eq!(answer.expect("a frame"), Message::text("hello"));
    // Whoever sits on the way can put a page at any address without TLS.
    let plain = page.origin();
    let other = format!("https://{}--sly-fox-2.{DOMAIN}", bench.app);
    for origin in [plain.as_str(), &other, DASHBOARD, "https://evil.example", "null"] {
        assert_eq!(bench.socket(&page, "/socket", origin).await.err(), Some(403), "{origin}");
        let request = bench.request(Method::POST, &page.host, "/length").header("cookie", &page.cookie);
        let answer = request.header("origin", origin).body("x").send().await.expect("an answer");
        assert_eq!(answer.status(), 403, "{origin}");
    }
}
