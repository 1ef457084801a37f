//! How often the API may be asked.

use crate::{
    client::Answer,
    fake::NAME,
    server::{Server, Wanted},
};

async fn slow(requests_per_minute: u32) -> Server {
    Server::wanted(Wanted { requests_per_minute, ..Wanted::default() }).await
}

async fn me(server: &Server, session: &str) -> Answer {
    server.request("GET", "/api/v1/me").session(session).send().await
}

#[tokio::test]
async fn a_person_who_asks_too_often_is_told_when_to_go_on_and_nobody_else_is() {
    let server = slow(5).await;
    let (one, other) = (server.sign_in().await, server.sign_in().await);
    for _ in 0..5 {
        assert_eq!(me(&server, &one).await.status, 200);
    }
    let answer = me(&server, &one).await;
    insta::assert_snapshot!(answer.told(), @"429 too-many-requests: this server takes 5 requests a minute from each person, token or address; the next is possible in 12 s. Whoever runs it can allow more with `--requests-per-minute`");
    assert_eq!(answer.header("retry-after"), "12");
    // It is the same person in another browser; a program of theirs has a measure of its own.
    assert_eq!(me(&server, &other).await.status, 429);
    let token = server.api_token("ci").await;
    let bearer = format!("Bearer {}", token.reveal());
    let program = || server.request("GET", "/api/v1/me").without("origin").header("authorization", &bearer);
    for _ in 0..5 {
        assert_eq!(program().send().await.status, 200);
    }
    assert_eq!(program().send().await.status, 429);
    server.clock.pass(12);
    assert_eq!(me(&server, &one).await.status, 200);
    assert_eq!(me(&server, &one).await.status, 429);
}

#[tokio::test]
async fn strangers_at_an_address_are_held_up_and_who_is_signed_in_there_is_not() {
    let server = slow(4).await;
    let session = server.sign_in().await;
    let stranger = || server.request("GET", "/api/v1/me").send();
    for _ in 0..3 {
        assert_eq!(stranger().await.status, 401);
    }
    let answer = stranger().await;
    assert_eq!((answer.status, answer.code().as_str()), (429, "too-many-requests"));
    assert_eq!(answer.header("retry-after"), "15");
    // A cookie or a token that is none makes nobody of a stranger.
    assert_eq!(me(&server, "0000").await.status, 429);
    let guess = server.request("GET", "/metrics").header("authorization", "Bearer berth_0");
    assert_eq!(guess.send().await.status, 429);
    assert_eq!(server.login("guess").await.code(), "too-many-requests");
    assert_eq!(me(&server, &session).await.status, 200);
    server.clock.pass(15);
    assert_eq!(stranger().await.status, 401);
    assert_eq!(stranger().await.status, 429);
}

#[tokio::test]
async fn guesses_that_look_signed_in_are_counted_with_those_who_are_not() {
    let server = slow(3).await;
    for _ in 0..3 {
        assert_eq!(me(&server, "0000").await.status, 401);
    }
    assert_eq!(me(&server, "0000").await.status, 429);
}

#[tokio::test]
async fn files_health_and_what_goes_over_a_websocket_are_not_counted() {
    let server = slow(3).await;
    let session = server.sign_in().await;
    for path in ["/", "/healthz", "/readyz", "/schema/dstack-0.18.json"] {
        for _ in 0..5 {
            // The dashboard may not be built yet.
            let answer = server.request("GET", path).session(&session).send().await;
            assert!(
                matches!(answer.status, 200 | 503) && answer.header("retry-after").is_empty(),
                "{path}: {answer:?}"
            );
        }
    }
    let id = "00000000-0000-0000-0000-000000000001";
    let path = format!("/api/v1/terminals/{NAME}/{id}?after=0&cols=80&rows=24");
    let mut terminal = server.request("GET", &path).session(&session).connect().await.expect("a terminal");
    for _ in 0..20 {
        terminal.binary(b"x").await;
    }
    assert_eq!(me(&server, &session).await.status, 200);
    assert_eq!(me(&server, &session).await.status, 200);
    assert_eq!(me(&server, &session).await.status, 429);
}
