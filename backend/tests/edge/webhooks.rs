//! Webhooks over HTTP and by the command line.

use berth_shared::api::Role;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    time::{Duration, sleep, timeout},
};

use crate::{cli::Home, client::DEADLINE, server::Server};

/// Takes what comes, and thanks for it; the address.
async fn receiver(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            // All of it comes at once: it is short.
            let mut request = [0; 16 * 1024];
            let _ = stream.read(&mut request).await;
            let answer = format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    format!("http://{address}")
}

#[tokio::test]
async fn a_webhook_is_added_tested_listed_and_removed_by_managers() {
    let server = Server::start().await;
    let max = server.person("max", Role::Manager).await;
    let mara = server.person("mara", Role::Member).await;
    let ask = async |session: &str, method: &str, path: &str, body: Value| {
        let request = server.request(method, &format!("/api/v1/webhooks{path}")).session(session);
        request.json(&body.to_string()).send().await
    };
    let address = receiver("200 OK").await;
    let wanted =
        json!({ "name": "ops", "url": format!("{address}/?key=pl4nted"), "kinds": ["failed", "running"] });
    assert_eq!(ask(&mara, "POST", "", wanted.clone()).await.code(), "not-allowed");
    assert_eq!(ask(&mara, "GET", "", json!(null)).await.code(), "not-allowed");
    let added = ask(&max, "POST", "", wanted).await;
    assert_eq!(added.status, 201);
    let secret = added.json()["secret"].as_str().expect("a secret").to_owned();
    assert!(secret.starts_with("whsec_"), "{secret}");
    let test = ask(&max, "POST", "/ops/test", json!(null)).await;
    assert_eq!(test.status, 202);
    let id = test.json()["id"].clone();
    let arrived = async {
        loop {
            let listed = ask(&max, "GET", "", json!(null)).await.json();
            let delivery = &listed["items"][0]["deliveries"][0];
            if delivery["delivered_at"].is_number() {
                return listed;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    let listed = timeout(DEADLINE, arrived).await.expect("it arrives");
    let hook = &listed["items"][0];
    assert_eq!((&hook["deliveries"][0]["id"], &hook["deliveries"][0]["kind"]), (&id, &json!("test")));
    assert_eq!((&hook["added_by"], &hook["kinds"]), (&json!("max"), &json!(["running", "failed"])));
    assert_eq!(hook["url"], format!("{address}/?key=***"));
    assert!(!listed.to_string().contains("pl4nted") && !listed.to_string().contains(&secret));
    for (body, code) in [
        (json!({ "name": "Ops", "url": address, "kinds": ["failed"] }), "webhook-invalid"),
        (json!({ "name": "ops", "url": "ftp://x", "kinds": ["failed"] }), "webhook-invalid"),
        (json!({ "name": "ops", "url": address, "kinds": ["test"] }), "webhook-invalid"),
        (json!({ "name": "ops", "url": "http://10.0.0.1/", "kinds": ["failed"] }), "webhook-barred"),
        (json!({ "name": "ops", "url": address, "kinds": ["rain"] }), "wrong-shape"),
    ] {
        assert_eq!(ask(&max, "POST", "", body.clone()).await.code(), code, "{body}");
    }
    assert_eq!(ask(&max, "POST", "/none/test", json!(null)).await.code(), "webhook-not-found");
    assert_eq!(ask(&max, "DELETE", "/ops", json!(null)).await.status, 204);
    assert_eq!(ask(&max, "DELETE", "/ops", json!(null)).await.code(), "webhook-not-found");
}

#[tokio::test]
async fn webhooks_are_looked_after_by_the_command_line() {
    let server = Server::start().await;
    let home = Home::of(&server).await;
    let (fine, broken) = (receiver("200 OK").await, receiver("500 No").await);
    let added = home.berth(&["webhook", "add", "ops", &fine, "--on", "failed,idle-stop"]).await;
    assert_eq!(
        (added.status, added.err.as_str()),
        (Some(0), "ops is told from now on; its signatures have this key:\n")
    );
    assert!(added.out.starts_with("whsec_"), "{}", added.out);
    assert_eq!(home.berth(&["webhook", "add", "other", &broken]).await.status, Some(0));
    let told = home.berth(&["webhook", "test", "ops"]).await;
    assert_eq!((told.status, told.out.as_str()), (Some(0), "It arrived\n"), "{}", told.err);
    let told = home.berth(&["webhook", "test", "other"]).await;
    assert_eq!(
        (told.status, told.err.as_str()),
        (Some(1), "error: it did not arrive: it answers with 500\n")
    );
    let listed = home.berth(&["webhook", "list"]).await.out;
    assert!(
        listed.contains("failed,idle_stop") && listed.contains("test: trying again: it answers with 500"),
        "{listed}"
    );
    assert_eq!(home.berth(&["webhook", "rm", "ops"]).await.out, "Removed ops\n");
    insta::assert_snapshot!(home.berth(&["webhook", "rm", "ops"]).await.err, @"error: there is no webhook `ops`");
}
