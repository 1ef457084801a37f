//! What proxies say about a request, and who is believed.

use crate::{
    client::Answer,
    server::{Server, Wanted},
};

async fn trusting(proxies: &'static [&'static str]) -> Server {
    Server::wanted(Wanted { proxies, ..Wanted::default() }).await
}

async fn guess(server: &Server, from: &str) -> Answer {
    let request = server.request("POST", "/api/v1/login").json(r#"{"token":"guess"}"#);
    request.header("x-forwarded-for", from).send().await
}

#[tokio::test]
async fn who_guesses_under_invented_addresses_waits_all_the_same() {
    for proxies in [&[][..], &["192.0.2.0/24"]] {
        let server = trusting(proxies).await;
        for n in 0..10 {
            assert_eq!(guess(&server, &format!("198.51.100.{n}")).await.status, 401);
        }
        assert_eq!(guess(&server, "198.51.100.99").await.code(), "too-many-attempts");
    }
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_has_attempts_of_its_own() {
    let server = trusting(&["127.0.0.1"]).await;
    for _ in 0..10 {
        assert_eq!(guess(&server, "198.51.100.1").await.status, 401);
    }
    assert_eq!(guess(&server, "198.51.100.1").await.status, 429);
    // What the client itself wrote to the left of what the proxy added is hearsay.
    assert_eq!(guess(&server, "203.0.113.9, 198.51.100.1").await.status, 429);
    assert_eq!(guess(&server, "198.51.100.1, 198.51.100.2").await.status, 401);
}

#[tokio::test]
async fn requests_of_strangers_are_counted_by_the_address_that_the_proxy_tells() {
    let wanted = Wanted { proxies: &["127.0.0.1"], requests_per_minute: 2, ..Wanted::default() };
    let server = Server::wanted(wanted).await;
    let me = |from: &'static str| server.request("GET", "/api/v1/me").header("x-forwarded-for", from).send();
    for _ in 0..2 {
        assert_eq!(me("198.51.100.1").await.status, 401);
    }
    assert_eq!(me("198.51.100.1").await.status, 429);
    assert_eq!(me("2001:db8::1").await.status, 401);
    assert_eq!(me("2001:db8::2").await.status, 401);
    // One household has all addresses of its network.
    assert_eq!(me("2001:db8::3").await.status, 429);
}

#[tokio::test]
async fn that_a_request_came_over_tls_only_a_trusted_proxy_can_say() {
    for (proxies, believed) in [(&["127.0.0.1"][..], true), (&[], false)] {
        let server = trusting(proxies).await;
        let origin = format!("https://{}", server.address);
        let login = format!(r#"{{"token":"{}"}}"#, server.token().await);
        let login = server.request("POST", "/api/v1/login").json(&login).header("origin", &origin);
        let answer = login.header("x-forwarded-proto", "https").send().await;
        let cookie = answer.header("set-cookie");
        assert_eq!(cookie.starts_with("__Host-berth_session="), believed, "{cookie}");
        assert_eq!(cookie.ends_with("; Secure"), believed, "{cookie}");
        let open = server.request("POST", "/api/v1/login").json(r#"{"token":"x"}"#);
        let refused = open.header("x-forwarded-proto", "https").send().await;
        // The page came in the open, and the request encrypted: whose page is it?
        assert_eq!(refused.status, if believed { 403 } else { 401 });
    }
}

#[tokio::test]
async fn the_host_that_a_proxy_tells_is_taken_from_a_trusted_one_alone() {
    let server = trusting(&[]).await;
    let health = |server: &Server, host: &str, told: &str| {
        server.request("GET", "/healthz").header("host", host).header("x-forwarded-host", told).send()
    };
    let own = server.address.to_string();
    assert_eq!(health(&server, "rebound.example", &own).await.status, 421);
    assert_eq!(health(&server, &own, "rebound.example").await.status, 200);
    let server = trusting(&["127.0.0.0/8"]).await;
    let own = server.address.to_string();
    assert_eq!(health(&server, "internal.example", &own).await.status, 200);
    assert_eq!(health(&server, &own, "rebound.example").await.status, 421);
    assert_eq!(health(&server, &own, &format!("rebound.example, {own}")).await.status, 200);
}
