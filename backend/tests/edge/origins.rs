//! Who may ask from where.

use crate::server::Server;

#[tokio::test]
async fn a_write_from_a_page_elsewhere_is_refused() {
    let server = Server::start().await;
    let session = server.sign_in().await;
    let stop = || {
        server.request("POST", "/api/v1/runs/calm-otter-1/stop").session(&session).json(r#"{"abort":false}"#)
    };
    assert_eq!(stop().send().await.status, 200);
    for origin in ["http://evil.example", "null", "https://127.0.0.1", "http://127.0.0.1:1"] {
        let answer = stop().header("origin", origin).send().await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "wrong-origin"), "{origin}");
    }
    let missing = stop().without("origin").send().await;
    insta::assert_snapshot!(missing.told(), @"403 origin-missing: a request that changes something needs an `Origin` header, or an API token in `Authorization: Bearer`; `berth token create` makes one");
    assert_eq!(server.login(&server.token().await).await.status, 200);
    let login = server.request("POST", "/api/v1/login").header("origin", "http://evil.example");
    assert_eq!(login.json(r#"{"token":"x"}"#).send().await.code(), "wrong-origin");
}

#[tokio::test]
async fn a_websocket_from_a_page_elsewhere_is_refused() {
    let server = Server::start().await;
    let session = server.sign_in().await;
    for path in ["/api/v1/stream", "/api/v1/terminals/calm-otter-1/00000000-0000-0000-0000-000000000001"] {
        let request = || server.request("GET", path).session(&session);
        assert!(request().connect().await.is_ok(), "{path}");
        let status = |request: crate::client::Request| async { request.connect().await.err() };
        assert_eq!(status(request().header("origin", "http://evil.example")).await, Some(403), "{path}");
        assert_eq!(status(request().without("origin")).await, Some(403), "{path}");
        assert_eq!(status(server.request("GET", path)).await, Some(401), "{path}");
    }
}

#[tokio::test]
async fn a_name_that_is_not_ours_gets_nothing() {
    let server = Server::start().await;
    for path in ["/", "/healthz", "/api/v1/me"] {
        let answer = server.request("GET", path).header("host", "rebound.example").send().await;
        assert_eq!((answer.status, answer.code().as_str()), (421, "wrong-host"), "{path}");
    }
    let port = server.address.port();
    let answer = server.request("GET", "/healthz").header("host", &format!("localhost:{port}")).send().await;
    assert_eq!(answer.status, 200);
}
