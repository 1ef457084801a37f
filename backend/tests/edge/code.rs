//! Code that is sent to the server.

use berth::store::CodeStore as _;
use berth_shared::{api::CodeAnswer, time::Timestamp};

use crate::{client::Answer, server::Server};

/// SHA-256 of `hello`.
const HELLO: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

async fn put(server: &Server, session: &str, sha256: &str, body: &[u8]) -> Answer {
    let request = server.request("PUT", &format!("/api/v1/code/{sha256}")).session(session);
    request.body("application/gzip", body).send().await
}

async fn asked(server: &Server, session: &str, sha256: &str) -> CodeAnswer {
    let request = server.request("GET", &format!("/api/v1/code?sha256={sha256}")).session(session);
    serde_json::from_slice(&request.send().await.body).unwrap()
}

#[tokio::test]
async fn code_is_there_once_it_was_sent_whole() {
    let server = Server::start().await;
    let session = server.sign_in().await;
    assert_eq!(asked(&server, &session, HELLO).await, CodeAnswer { limit: 1 << 20, there: false });
    for _ in 0..2 {
        assert_eq!(put(&server, &session, HELLO, b"hello").await.status, 204);
        assert!(asked(&server, &session, HELLO).await.there);
    }
    assert_eq!(server.fake.code.needed("admin", HELLO, Timestamp(0)).await.unwrap(), Some(5));
}

#[tokio::test]
async fn code_that_is_not_what_it_is_said_to_be_is_refused_and_forgotten() {
    let server = Server::start().await;
    let session = server.sign_in().await;
    let answer = put(&server, &session, HELLO, b"hullo").await;
    insta::assert_snapshot!(answer.told(), @"422 code-damaged: the body's SHA-256 is 7835066a1457504217688c8f5d06909c6591e0ca78c254ccf17450d0d999cab0, not 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824: it was changed or cut off on its way");
    let answer = put(&server, &session, "../etc", b"hello").await;
    assert_eq!(answer.status, 404, "{}", answer.told());
    let answer = put(&server, &session, "2CF2", b"hello").await;
    insta::assert_snapshot!(answer.told(), @"422 code-invalid: an archive is named by its SHA-256, 64 hexadecimal digits in lower case");
    let answer = put(&server, &session, HELLO, &vec![0; (1 << 20) + 1]).await;
    insta::assert_snapshot!(answer.told(), @"413 code-too-large: the code is larger than the 1 MiB that this server takes, compressed; whoever runs it can change that with `--code-limit`");
    assert!(!asked(&server, &session, HELLO).await.there);
    assert_eq!(server.fake.code.forget(Timestamp(i64::MAX), Timestamp(i64::MAX)).await.unwrap(), 0);
}
