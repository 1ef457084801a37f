//! Accounts that are connected with somebody at the provider.

use berth_tests::server::Server;
use serde_json::{Value, json};

use crate::{
    browser::Browser,
    doors::{name, page},
    provider::{Provider, is_there},
};

fn both() -> (Provider, Server) {
    let provider = Provider::start();
    let server = provider.server(&[]);
    (provider, server)
}

/// A browser in which the server's first person is signed in.
fn signed_in(server: &Server) -> Browser {
    let browser = Browser::new();
    browser.take_cookie(server.address(), server.session());
    browser
}

/// Presses *Connect* and says at the provider that this is `who`; where the browser is then.
fn connect(provider: &Provider, server: &Server, browser: &Browser, who: &str) -> String {
    let begun = browser.post(&page(server, "/api/v1/me/oidc"), &json!({}));
    assert_eq!(begun.status, 200, "{begun:?}");
    let begun: Value = serde_json::from_str(&begun.body).expect("an address");
    let back = provider.sign_in(browser, begun["url"].as_str().expect("an address"), who);
    // The browser comes from the provider's page, so its strict cookies stay at home.
    let session = browser.cookie(server.address(), "berth_session").expect("a session");
    browser.drop_cookie(server.address(), "berth_session");
    let to = browser.open(&back).to().to_owned();
    browser.take_cookie(server.address(), &format!("berth_session={session}"));
    to
}

fn connected(server: &Server, browser: &Browser) -> Value {
    let answer = browser.open(&page(server, "/api/v1/me/oidc")).body;
    serde_json::from_str::<Value>(&answer).expect("an answer")["connected"]["label"].clone()
}

#[test]
fn an_account_is_connected_by_its_owner_and_opened_by_the_provider_from_then_on() {
    if !is_there() {
        return;
    }
    let (provider, server) = both();
    let browser = signed_in(&server);
    assert_eq!(connected(&server, &browser), Value::Null);
    assert_eq!(connect(&provider, &server, &browser, "ann"), page(&server, "/account#oidc"));
    assert_eq!(connected(&server, &browser), "ann@example.org");
    let other = Browser::new();
    assert_eq!(provider.come_in(&server, &other, "ann").to(), page(&server, "/"));
    assert_eq!(name(&server, &other).as_deref(), Some("admin"));
    // Twice changes nothing; as somebody else it has to be disconnected first.
    assert_eq!(connect(&provider, &server, &signed_in(&server), "ann"), page(&server, "/account#oidc"));
    assert_eq!(
        connect(&provider, &server, &signed_in(&server), "bob"),
        page(&server, "/account#problem=connected")
    );
}

#[test]
fn somebody_at_the_provider_opens_one_account_alone() {
    if !is_there() {
        return;
    }
    let (provider, server) = both();
    connect(&provider, &server, &signed_in(&server), "ann");
    let (status, invited) = server.send("/people", &json!({ "name": "bob" }));
    assert_eq!(status, 201, "{invited}");
    let invited: Value = serde_json::from_str(&invited).expect("an invitation");
    let bob = Browser::new();
    let login = bob.post(&page(&server, "/api/v1/login"), &json!({ "token": invited["token"] }));
    assert_eq!(login.status, 200, "{login:?}");
    assert_eq!(connect(&provider, &server, &bob, "ann"), page(&server, "/account#problem=taken"));
    assert_eq!(connected(&server, &bob), Value::Null);
}

#[test]
fn an_account_without_a_password_stays_connected() {
    if !is_there() {
        return;
    }
    let (provider, server) = both();
    let browser = signed_in(&server);
    connect(&provider, &server, &browser, "ann");
    let refused = browser.delete(&page(&server, "/api/v1/me/oidc"));
    assert_eq!(refused.status, 409, "{refused:?}");
    assert!(refused.body.contains("password-needed"), "{refused:?}");
    let set =
        browser.put(&page(&server, "/api/v1/me/password"), &json!({ "new": "a long and quiet afternoon" }));
    assert_eq!(set.status, 204, "{set:?}");
    assert_eq!(browser.delete(&page(&server, "/api/v1/me/oidc")).status, 204);
    assert_eq!(connected(&server, &browser), Value::Null);
    let back = provider.come_in(&server, &Browser::new(), "ann");
    assert_eq!(back.to(), page(&server, "/login#problem=unknown"));
}

#[test]
fn nothing_is_connected_for_who_has_signed_out_meanwhile() {
    if !is_there() {
        return;
    }
    let (provider, server) = both();
    let browser = signed_in(&server);
    let begun = browser.post(&page(&server, "/api/v1/me/oidc"), &json!({}));
    let begun: Value = serde_json::from_str(&begun.body).expect("an address");
    let back = provider.sign_in(&browser, begun["url"].as_str().expect("an address"), "ann");
    assert_eq!(browser.post(&page(&server, "/api/v1/logout"), &json!({})).status, 204);
    // The sign-in went with the session.
    assert_eq!(browser.open(&back).to(), page(&server, "/login#problem=stale"));
    assert_eq!(
        provider.come_in(&server, &Browser::new(), "ann").to(),
        page(&server, "/login#problem=unknown")
    );
}

#[test]
fn a_page_elsewhere_and_an_api_token_connect_nothing() {
    if !is_there() {
        return;
    }
    let (_provider, server) = both();
    let (status, token) = server.send("/tokens", &json!({ "label": "a program" }));
    assert_eq!(status, 201, "{token}");
    let token: Value = serde_json::from_str(&token).expect("a token");
    let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
    let at = page(&server, "/api/v1/me/oidc");
    let by_token = agent
        .post(&at)
        .header("authorization", format!("Bearer {}", token["token"].as_str().expect("a token")));
    let mut answer = by_token.send_empty().expect("an answer");
    assert_eq!(answer.status().as_u16(), 403);
    assert!(answer.body_mut().read_to_string().expect("a body").contains("session-needed"));
    let elsewhere =
        agent.post(&at).header("cookie", server.session()).header("origin", "https://evil.example");
    assert_eq!(elsewhere.send_empty().expect("an answer").status().as_u16(), 403);
}

#[test]
fn an_invitation_is_accepted_by_the_provider() {
    if !is_there() {
        return;
    }
    let (provider, server) = both();
    let (_, invited) = server.send("/people", &json!({ "name": "bob", "role": "manager" }));
    let invited: Value = serde_json::from_str(&invited).expect("an invitation");
    let accept = |browser: &Browser, who: &str| {
        let begun =
            browser.post(&page(&server, "/api/v1/oidc/invitation"), &json!({ "token": invited["token"] }));
        let begun: Value = serde_json::from_str(&begun.body).expect("an address");
        let back = provider.sign_in(browser, begun["url"].as_str().expect("an address"), who);
        browser.open(&back).to().to_owned()
    };
    // Who opens an account already does not use the invitation up.
    connect(&provider, &server, &signed_in(&server), "ann");
    assert_eq!(accept(&Browser::new(), "ann"), page(&server, "/login#problem=taken"));
    let browser = Browser::new();
    assert_eq!(accept(&browser, "robert"), page(&server, "/"));
    assert_eq!(name(&server, &browser).as_deref(), Some("bob"));
    assert_eq!(accept(&Browser::new(), "mallory"), page(&server, "/login#problem=invitation"));
    // He comes in without it from then on.
    let other = Browser::new();
    provider.come_in(&server, &other, "robert");
    assert_eq!(name(&server, &other).as_deref(), Some("bob"));
}
