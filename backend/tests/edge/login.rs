//! Signing in and out.

use berth::auth::{ADMIN, LOGIN_TOKEN_SECONDS, SESSION_SECONDS};

use crate::server::Server;

#[tokio::test]
async fn a_login_token_opens_a_session_and_works_once() {
    let server = Server::start().await;
    let token = server.token().await;
    let answer = server.login(&token).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["name"], ADMIN);
    let (name, rest) = answer.header("set-cookie").split_once('=').unwrap();
    let (value, attributes) = rest.split_once("; ").unwrap();
    assert_eq!(name, "berth_session");
    assert_eq!(value.len(), 64);
    assert_eq!(attributes, "Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict");

    let me = server.request("GET", "/api/v1/me").session(value).send().await;
    assert_eq!(me.json()["name"], ADMIN);

    let again = server.login(&token).await;
    insta::assert_snapshot!(again.told(), @"401 login-token-used: this login token was used already; each lets in once; an admin makes a new one, and so does `berth login-link`, run where the server runs");
    assert_eq!(again.header("set-cookie"), "");
}

#[tokio::test]
async fn two_uses_of_a_token_at_the_same_time_let_one_in() {
    let server = Server::start().await;
    let token = server.token().await;
    let answers = tokio::join!(server.login(&token), server.login(&token), server.login(&token));
    let mut statuses = [answers.0.status, answers.1.status, answers.2.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401, 401]);
}

#[tokio::test]
async fn a_wrong_token_is_refused_with_the_way_to_a_new_one() {
    let server = Server::start().await;
    let answer = server.login("0000").await;
    insta::assert_snapshot!(answer.told(), @"401 login-token-invalid: this login token is not one of this server's; an admin makes a new one, and so does `berth login-link`, run where the server runs");
}

#[tokio::test]
async fn a_token_expires_after_an_hour() {
    let server = Server::start().await;
    let (early, late) = (server.token().await, server.token().await);
    server.clock.pass(LOGIN_TOKEN_SECONDS - 1);
    assert_eq!(server.login(&early).await.status, 200);
    server.clock.pass(1);
    insta::assert_snapshot!(server.login(&late).await.told(), @"401 login-token-expired: this login token has expired; an admin makes a new one, and so does `berth login-link`, run where the server runs");
}

#[tokio::test]
async fn a_session_expires_after_thirty_days() {
    let server = Server::start().await;
    let session = server.sign_in().await;
    let me = || server.request("GET", "/api/v1/me").session(&session).send();
    server.clock.pass(SESSION_SECONDS - 1);
    assert_eq!(me().await.status, 200);
    server.clock.pass(1);
    insta::assert_snapshot!(me().await.told(), @"401 not-signed-in: sign in first, by name and password or by a link: an admin makes links for people, `berth serve` prints one, and `berth login-link`, run where the server runs, a new one");
}

#[tokio::test]
async fn the_page_on_which_one_signs_in_is_told_who_has_already() {
    let server = Server::start().await;
    let session = server.sign_in().await;
    let told = async |session: &str| {
        let answer = server.request("GET", "/api/v1/login").session(session).send().await;
        assert_eq!(answer.status, 200);
        answer.json()
    };
    assert_eq!(told(&session).await, serde_json::json!({ "signed_in": true }));
    assert_eq!(told("0").await, serde_json::json!({}));
    server.request("POST", "/api/v1/logout").session(&session).send().await;
    assert_eq!(told(&session).await, serde_json::json!({}));
}

#[tokio::test]
async fn signing_out_ends_the_session_and_no_other() {
    let server = Server::start().await;
    let (session, other) = (server.sign_in().await, server.sign_in().await);
    let out = server.request("POST", "/api/v1/logout").session(&session).send().await;
    assert_eq!(out.status, 204);
    assert_eq!(out.header("set-cookie"), "berth_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict");
    assert_eq!(server.request("GET", "/api/v1/me").session(&session).send().await.status, 401);
    assert_eq!(server.request("GET", "/api/v1/me").session(&other).send().await.status, 200);
}

#[tokio::test]
async fn who_guesses_waits_and_then_may_try_again() {
    let server = Server::start().await;
    let token = server.token().await;
    for _ in 0..10 {
        assert_eq!(server.login("guess").await.status, 401);
    }
    let answer = server.login(&token).await;
    insta::assert_snapshot!(answer.told(), @"429 too-many-attempts: too many failed logins from this address; the next try is possible in 60 s");
    assert_eq!(answer.header("retry-after"), "60");
    server.clock.pass(60);
    assert_eq!(server.login(&token).await.status, 200);
}

#[tokio::test]
async fn an_api_token_opens_without_cookie_and_origin_until_it_is_revoked() {
    let server = Server::start().await;
    let token = server.api_token("ci").await;
    let bearer = format!("Bearer {}", token.reveal());
    let plan = || {
        server
            .request("POST", "/api/v1/plan")
            .without("origin")
            .header("authorization", &bearer)
            .json(r#"{"configuration":"type: dev-environment\nide: vscode\n"}"#)
    };
    assert_eq!(plan().send().await.status, 200);
    let wrong = plan().header("authorization", "Bearer berth_0").send().await;
    assert_eq!(wrong.code(), "not-signed-in");
    assert_eq!(wrong.header("www-authenticate"), "Bearer realm=\"berth\"");
}

#[tokio::test]
async fn who_opens_a_page_without_a_session_is_sent_to_sign_in_before_the_page_is_fetched() {
    let server = Server::start().await;
    let opens = |path: &str, from: &str| {
        let headers =
            [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document"), ("sec-fetch-site", from)];
        headers
            .into_iter()
            .fold(server.request("GET", path), |request, (name, value)| request.header(name, value))
    };
    for from in ["none", "same-origin"] {
        let sent = opens("/p/vision/runs?state=active", from).send().await;
        assert_eq!(sent.status, 303, "{from}");
        assert_eq!(sent.header("location"), "/p/vision/login?next=%2Fruns%3Fstate%3Dactive");
        assert_eq!(sent.header("cache-control"), "no-store");
    }
    assert_eq!(opens("/", "none").send().await.header("location"), "/login");
    // Where one signs in, what the page is made of, and what says for itself that nobody has signed in.
    for path in ["/login", "/app-0a1b2c3d4e5f6071.js", "/api/v1/me"] {
        assert_ne!(opens(path, "none").send().await.status, 303, "{path}");
    }
    // A strict cookie stays at home behind a link on another page, so that nothing is known about who follows it; nor about a program.
    assert_ne!(opens("/runs", "cross-site").send().await.status, 303);
    assert_ne!(server.request("GET", "/runs").send().await.status, 303);
    let session = server.sign_in().await;
    assert_ne!(opens("/runs", "none").session(&session).send().await.status, 303);
}
