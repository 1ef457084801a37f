//! Who gets in.

use berth_tests::server::{self, Server};
use serde_json::{Value, json};

use crate::{
    browser::{Browser, origin},
    provider::{Provider, begin, is_there},
};

/// Who a browser is at a server.
pub(crate) fn me(server: &Server, browser: &Browser) -> Option<Value> {
    let answer = browser.open(&format!("{}/api/v1/me", server.address()));
    (answer.status == 200).then(|| serde_json::from_str(&answer.body).expect("a person"))
}

pub(crate) fn name(server: &Server, browser: &Browser) -> Option<String> {
    me(server, browser).map(|me| me["name"].as_str().expect("a name").to_owned())
}

pub(crate) fn page(server: &Server, path: &str) -> String {
    format!("{}{path}", server.address())
}

#[test]
fn somebody_new_gets_an_account_where_there_may_be_new_people() {
    if !is_there() {
        return;
    }
    let provider = Provider::start();
    let server = provider.server(&["--oidc-new-people", "viewer"]);
    let browser = Browser::new();
    let asked = begin(&server, &browser, "/runs%3Ffilter%3Dall");
    assert!(asked.starts_with(provider.address()) && asked.contains("code_challenge_method=S256"), "{asked}");
    let back = browser.open(&provider.sign_in(&browser, &asked, "Ann.Lee"));
    assert_eq!(back.to(), page(&server, "/runs?filter=all"));
    let session = back.cookies.iter().find(|cookie| cookie.starts_with("berth_session=")).expect("a session");
    assert!(session.contains("HttpOnly; SameSite=Strict"), "{session}");
    assert_eq!(
        me(&server, &browser).expect("she is in"),
        json!({ "name": "ann.lee", "role": "viewer", "project": "main", "server_role": "viewer", "has_password": false })
    );
    // Again in another browser: the same account.
    let other = Browser::new();
    assert_eq!(provider.come_in(&server, &other, "Ann.Lee").to(), page(&server, "/"));
    assert_eq!(name(&server, &other).as_deref(), Some("ann.lee"));
    let people: Value = serde_json::from_str(&server.get("/people").1).expect("people");
    assert_eq!(people["items"].as_array().expect("a list").len(), 2, "{people}");
}

#[test]
fn nobody_gets_in_whom_nobody_has_invited() {
    if !is_there() {
        return;
    }
    let provider = Provider::start();
    let server = provider.server(&[]);
    // Not by having the name of somebody who is here, either.
    for who in ["ann", "admin"] {
        let browser = Browser::new();
        let back = provider.come_in(&server, &browser, who);
        assert_eq!(back.to(), page(&server, "/login#problem=unknown"));
        assert_eq!(name(&server, &browser), None);
    }
}

#[test]
fn an_equal_name_is_no_key_to_somebodys_account() {
    if !is_there() {
        return;
    }
    let provider = Provider::start();
    let server = provider.server(&["--oidc-new-people", "member"]);
    let browser = Browser::new();
    provider.come_in(&server, &browser, "admin");
    let me = me(&server, &browser).expect("they are in");
    assert_eq!((&me["name"], &me["role"]), (&json!("admin-2"), &json!("member")));
}

#[test]
fn only_confirmed_addresses_of_the_domains_get_in() {
    if !is_there() {
        return;
    }
    let provider = Provider::start();
    let server = provider.server(&["--oidc-new-people", "viewer", "--oidc-email-domain", "Example.org"]);
    let (ann, newton) = (Browser::new(), Browser::new());
    assert_eq!(provider.come_in(&server, &newton, "newton").to(), page(&server, "/login#problem=email"));
    assert_eq!(name(&server, &newton), None);
    assert_eq!(provider.come_in(&server, &ann, "ann").to(), page(&server, "/"));
    let strict = provider.server(&["--oidc-new-people", "viewer", "--oidc-email-domain", "example.com"]);
    assert_eq!(provider.come_in(&strict, &ann, "ann").to(), page(&strict, "/login#problem=email"));
}

#[test]
fn an_account_is_named_by_the_claim_that_was_chosen() {
    if !is_there() {
        return;
    }
    let provider = Provider::start();
    let server = provider.server(&["--oidc-new-people", "viewer", "--oidc-claim", "email"]);
    let browser = Browser::new();
    provider.come_in(&server, &browser, "Bob");
    assert_eq!(name(&server, &browser).as_deref(), Some("bob"));
    let nameless = provider.server(&["--oidc-new-people", "viewer", "--oidc-claim", "nickname"]);
    let back = provider.come_in(&nameless, &Browser::new(), "bob");
    assert_eq!(back.to(), page(&nameless, "/login#problem=name"));
}

#[test]
fn who_was_removed_comes_back_as_somebody_else_if_at_all() {
    if !is_there() {
        return;
    }
    let provider = Provider::start();
    let server = provider.server(&["--oidc-new-people", "viewer"]);
    let browser = Browser::new();
    provider.come_in(&server, &browser, "ann");
    assert_eq!(server.delete("/people/ann").0, 204);
    assert_eq!(name(&server, &browser), None, "her session is over");
    provider.come_in(&server, &browser, "ann");
    // What was hers is not: neither her role nor her name, by which runs are somebody's.
    assert_eq!(name(&server, &browser).as_deref(), Some("ann-2"));
}

#[test]
fn a_role_that_was_taken_away_stays_away() {
    if !is_there() {
        return;
    }
    let provider = Provider::start();
    let server = provider.server(&["--oidc-new-people", "member"]);
    let admin = server.invite("root", "admin");
    let browser = Browser::new();
    provider.come_in(&server, &browser, "ann");
    admin.set_role("ann", "viewer");
    provider.come_in(&server, &browser, "ann");
    assert_eq!(me(&server, &browser).expect("she is in")["role"], "viewer");
}

#[test]
fn nobody_is_sent_elsewhere_after_a_sign_in() {
    if !is_there() {
        return;
    }
    let provider = Provider::start();
    let server = provider.server(&["--oidc-new-people", "viewer"]);
    for elsewhere in [
        "//evil.example",
        "https://evil.example/",
        "%2F%5Cevil.example",
        "/api/v1/logout",
        "%0d%0aset-cookie:a=b",
    ] {
        let browser = Browser::new();
        let asked = begin(&server, &browser, elsewhere);
        let back = browser.open(&provider.sign_in(&browser, &asked, "ann"));
        assert_eq!(back.to(), page(&server, "/"), "{elsewhere}");
    }
}

#[test]
fn a_provider_that_is_away_is_told_and_asked_again_by_the_next() {
    if !is_there() {
        return;
    }
    let provider = Provider::start();
    let port = provider.address().rsplit(':').next().expect("a port").parse().expect("a number");
    let options = ["--oidc-new-people", "viewer", "--oidc-client-id", "berth", "--oidc-name", "Example"];
    let folder = tempfile::tempdir().expect("a folder");
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "a secret, with signs: +/%&").expect("a file");
    let address = provider.address().to_owned();
    drop(provider);
    let secret = secret.to_str().expect("a plain path");
    let server = Server::start_with(
        &[&options[..], &["--oidc-issuer", &address, "--oidc-client-secret-file", secret]].concat(),
    );
    let browser = Browser::new();
    let begun = browser.open(&page(&server, "/api/v1/oidc/begin"));
    assert_eq!(begun.to(), page(&server, "/login#problem=no-answer"));
    let ways = |server: &Server| browser.open(&page(server, "/api/v1/login")).body;
    assert_eq!(ways(&server), r#"{"oidc":{"name":"Example","answers":false}}"#);
    // It comes back, and nobody needs to restart anything.
    let provider = Provider::start_at(port);
    let asked = server::until("the provider is asked again", || {
        let begun = browser.open(&page(&server, "/api/v1/oidc/begin"));
        begun.location.filter(|to| to.starts_with(&address))
    });
    let back = provider.sign_in(&browser, &asked.expect("the provider is asked again"), "ann");
    assert_eq!(origin(&back), server.address());
    assert_eq!(browser.open(&back).to(), page(&server, "/"));
    assert_eq!(ways(&server), r#"{"oidc":{"name":"Example","answers":true},"signed_in":true}"#);
}

#[test]
fn a_server_without_a_provider_says_so() {
    let server = Server::start();
    let browser = Browser::new();
    assert_eq!(browser.open(&page(&server, "/api/v1/login")).body, "{}");
    let begun = browser.open(&page(&server, "/api/v1/oidc/begin"));
    assert_eq!(begun.to(), page(&server, "/login#problem=off"));
    assert_eq!(server.get("/me/oidc").1, "{}");
}

#[test]
fn what_makes_no_sense_of_a_provider_is_refused_at_the_start() {
    let server = Server::start();
    let folder = tempfile::tempdir().expect("a folder");
    let secret = folder.path().join("secret");
    std::fs::write(&secret, " \n").expect("a file");
    let file = secret.to_str().expect("a plain path");
    let of = |issuer: &str, file: &str| {
        let options =
            ["--oidc-issuer", issuer, "--oidc-client-id", "berth", "--oidc-client-secret-file", file];
        server.refused(folder.path(), &options)
    };
    assert!(of("http://accounts.example", file).contains("a provider is asked over `https://`"));
    assert!(of("https://accounts.example", file).contains("holds no secret for single sign-on"));
    assert!(of("https://accounts.example", "/nowhere").contains("cannot read the secret for single sign-on"));
}
