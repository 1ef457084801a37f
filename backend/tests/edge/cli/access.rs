//! Getting in.

use std::os::unix::fs::PermissionsExt;

use super::Home;
use crate::server::Server;

async fn link(server: &Server) -> String {
    format!("http://{}/login?token={}", server.address, server.token().await)
}

fn tokens(home: &Home) -> Vec<String> {
    let text = std::fs::read_to_string(home.path(".config/berth/servers.json")).expect("logins");
    let saved: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let servers = saved["servers"].as_object().expect("servers");
    servers.values().map(|login| login["token"].as_str().expect("a token").to_owned()).collect()
}

async fn works(server: &Server, token: &str) -> bool {
    let request = server.request("GET", "/api/v1/me").header("authorization", &format!("Bearer {token}"));
    request.send().await.status == 200
}

#[tokio::test]
async fn a_login_link_becomes_an_api_token_that_its_owner_alone_can_read() {
    let server = Server::start().await;
    let home = Home::new();
    let said = home.berth(&["login", &link(&server).await]).await;
    assert_eq!(said.status, Some(0), "{}", said.err);
    let address = server.address.to_string();
    insta::assert_snapshot!(said.out.replace(&address, "ADDRESS"), @"Logged in to http://ADDRESS as admin (HOME/.config/berth/servers.json)");
    let mode = std::fs::metadata(home.path(".config/berth/servers.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(works(&server, &tokens(&home)[0]).await);
    let said = home.berth(&["whoami"]).await;
    assert_eq!(said.out.replace(&address, "ADDRESS"), "admin (admin) at http://ADDRESS\n");

    // Another login from the same place takes the first one's place, there and here.
    let first = tokens(&home);
    assert_eq!(home.berth(&["login", &link(&server).await]).await.status, Some(0));
    assert_eq!(tokens(&home).len(), 1);
    assert!(works(&server, &tokens(&home)[0]).await);
    assert!(!works(&server, &first[0]).await);

    let token = tokens(&home).remove(0);
    assert_eq!(home.berth(&["logout"]).await.status, Some(0));
    assert!(!works(&server, &token).await);
    let said = home.berth(&["ps"]).await;
    insta::assert_snapshot!(said.all(), @r"
        3
        --
        --
        error: not logged in to any server: run `berth login` with the link that `berth serve` printed, or set BERTH_SERVER and BERTH_TOKEN
        ");
}

#[tokio::test]
async fn a_link_lets_in_once_and_the_second_is_told_why() {
    let server = Server::start().await;
    let home = Home::new();
    let link = link(&server).await;
    assert_eq!(home.berth(&["login", &link]).await.status, Some(0));
    let said = home.berth(&["login", &link]).await;
    insta::assert_snapshot!(said.all(), @r"
        1
        --
        --
        error: this login token was used already; each lets in once; an admin makes a new one, and so does `berth login-link`, run where the server runs
        ");
}

#[tokio::test]
async fn an_api_token_is_read_from_standard_input_and_tried() {
    let server = Server::start().await;
    let home = Home::new();
    let address = format!("http://{}", server.address);
    let token = server.api_token("mine").await;
    let said = home.berth_reads(&["login", &address], &format!("{}\n", token.reveal())).await;
    assert_eq!(said.status, Some(0), "{}", said.err);
    let said = home.berth_reads(&["login", &address], "berth_wrong\n").await;
    assert_eq!(said.status, Some(1));
    insta::assert_snapshot!(said.err.replace(&server.address.to_string(), "ADDRESS"), @"error: http://ADDRESS does not know this API token; `berth token create NAME`, run where the server runs, makes one");
    // A login that failed takes nothing away.
    assert_eq!(home.berth(&["whoami"]).await.status, Some(0));
    let said = home.berth_reads(&["login", &address], "").await;
    insta::assert_snapshot!(said.all(), @r"
        2
        --
        --
        error: no token was given; `berth token create NAME`, run where the server runs, prints one
        ");
    // A token that somebody made by hand is theirs to revoke.
    assert_eq!(home.berth(&["logout"]).await.status, Some(0));
    assert!(works(&server, token.reveal()).await);
}

#[tokio::test]
async fn without_a_server_the_status_is_3_and_the_words_say_what_to_do() {
    let said = Home::new().berth(&["ps"]).await;
    insta::assert_snapshot!(said.all(), @r"
        3
        --
        --
        error: not logged in to any server: run `berth login` with the link that `berth serve` printed, or set BERTH_SERVER and BERTH_TOKEN
        ");
    // Nobody listens there.
    let home = Home::at("http://127.0.0.1:1", "berth_x");
    for arguments in
        [&["ps"][..], &["logs", "fox"], &["stop", "-y", "fox"], &["events"], &["ps", "-w"], &["whoami"]]
    {
        let said = home.berth(arguments).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(said.all(), @r"
        3
        --
        --
        error: cannot reach the server at SERVER: Connection refused; check that `berth serve` runs there, and the address
        ");
        }
    }
    let home = Home::new();
    home.write("data/server.json", r#"{"url":"http://127.0.0.1:1","pid":1}"#);
    let said = home.berth(&["ps"]).await;
    insta::assert_snapshot!(said.all(), @r"
        3
        --
        --
        error: not logged in; a server of this machine is at http://127.0.0.1:1: run `berth login` without an address, as the user who started it
        ");
    let said = home.berth(&["ps", "--server", "ftp://x"]).await;
    insta::assert_snapshot!(said.all(), @r"
        2
        --
        --
        error: `ftp://x` is no server's address: expected the address of a server such as `https://berth.example`, or the link that `berth serve` printed
        ");
}

#[tokio::test]
async fn a_token_that_is_no_longer_good_is_told_so() {
    let server = Server::start().await;
    let said = Home::at(&format!("http://{}", server.address), "berth_old").berth(&["ps"]).await;
    insta::assert_snapshot!(said.all(), @r"
        1
        --
        --
        error: SERVER does not accept the token in BERTH_TOKEN: it was revoked, or is another server's; `berth token create NAME`, run where the server runs, makes another
        ");
    let home = Home::new();
    assert_eq!(home.berth(&["login", &link(&server).await]).await.status, Some(0));
    let label = std::fs::read_to_string(home.path(".config/berth/servers.json")).unwrap();
    let label: serde_json::Value = serde_json::from_str(&label).unwrap();
    let label =
        label["servers"].as_object().unwrap().values().next().unwrap()["label"].as_str().unwrap().to_owned();
    assert!(server.auth.revoke_api_token("admin", &label).await.unwrap());
    let said = home.berth(&["ps"]).await;
    insta::assert_snapshot!(said.all().replace(&server.address.to_string(), "ADDRESS"), @r"
        1
        --
        --
        error: http://ADDRESS does not accept this login any more: it was revoked, or is another server's; run `berth login http://ADDRESS`
        ");
}
