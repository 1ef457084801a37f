//! What looks like an answer of the provider's and is none for this sign-in.

use berth_tests::server::Server;
use serde_json::json;

use crate::{
    browser::{Browser, part, with},
    doors::{name, page},
    provider::{Provider, begin, is_there},
};

fn both() -> (Provider, Server) {
    let provider = Provider::start();
    let server = provider.server(&["--oidc-new-people", "viewer"]);
    (provider, server)
}

/// Opens the address to which the provider sent the browser; the problem that is told. Nobody may be in then.
#[track_caller]
fn refused(server: &Server, browser: &Browser, back: &str) -> String {
    let answer = browser.open(back);
    let told = answer.to().strip_prefix(&page(server, "/login#problem=")).unwrap_or("none").to_owned();
    assert_eq!(name(server, browser), None, "nobody is in: {answer:?}");
    assert!(!answer.cookies.iter().any(|cookie| cookie.contains("session=")), "{answer:?}");
    told
}

#[test]
fn another_state_is_refused() {
    if !is_there() {
        return;
    }
    let (provider, server) = both();
    let browser = Browser::new();
    let asked = begin(&server, &browser, "/");
    let back = provider.sign_in(&browser, &asked, "ann");
    for state in ["", "a", &"0".repeat(64)] {
        assert_eq!(refused(&server, &browser, &with(&back, "state", state)), "stale");
    }
    // What somebody else tried in this browser has not spoilt its own sign-in.
    assert_eq!(browser.open(&back).to(), page(&server, "/"));
}

#[test]
fn an_answer_in_a_browser_that_did_not_ask_is_refused() {
    if !is_there() {
        return;
    }
    let (provider, server) = both();
    let (mallory, victim) = (Browser::new(), Browser::new());
    let asked = begin(&server, &mallory, "/");
    let back = provider.sign_in(&mallory, &asked, "mallory");
    assert_eq!(refused(&server, &victim, &back), "stale");
    // Nor in one that asked for something else.
    begin(&server, &victim, "/");
    assert_eq!(refused(&server, &victim, &back), "stale");
}

#[test]
fn an_answer_counts_once() {
    if !is_there() {
        return;
    }
    let (provider, server) = both();
    let browser = Browser::new();
    let asked = begin(&server, &browser, "/");
    let cookie = browser.cookie(server.address(), "berth_oidc").expect("a cookie of the sign-in");
    let back = provider.sign_in(&browser, &asked, "ann");
    assert_eq!(browser.open(&back).to(), page(&server, "/"));
    assert_eq!(browser.cookie(server.address(), "berth_oidc"), None, "it is over");
    let thief = Browser::new();
    thief.take_cookie(server.address(), &format!("berth_oidc={cookie}"));
    assert_eq!(refused(&server, &thief, &back), "stale");
}

#[test]
fn a_code_that_was_exchanged_already_is_refused() {
    if !is_there() {
        return;
    }
    let (provider, server) = both();
    let browser = Browser::new();
    let asked = begin(&server, &browser, "/");
    let used = provider.sign_in(&browser, &asked, "ann");
    browser.open(&used);
    let thief = Browser::new();
    let asked = begin(&server, &thief, "/");
    let back = provider.sign_in(&thief, &asked, "thief");
    let code = part(&used, "code").expect("a code");
    assert_eq!(refused(&server, &thief, &with(&back, "code", code)), "unproven");
}

#[test]
fn a_code_of_somebody_elses_sign_in_is_refused() {
    if !is_there() {
        return;
    }
    let (provider, server) = both();
    let (victim, thief) = (Browser::new(), Browser::new());
    let stolen = provider.sign_in(&victim, &begin(&server, &victim, "/"), "ann");
    let back = provider.sign_in(&thief, &begin(&server, &thief, "/"), "thief");
    // Without the verifier of the sign-in that it was made for it is worth nothing.
    assert_eq!(
        refused(&server, &thief, &with(&back, "code", part(&stolen, "code").expect("a code"))),
        "unproven"
    );
}

#[test]
fn a_code_for_another_client_is_refused() {
    if !is_there() {
        return;
    }
    let (provider, server) = both();
    let browser = Browser::new();
    let asked = with(&begin(&server, &browser, "/"), "client_id", "other");
    let back = provider.sign_in(&browser, &asked, "ann");
    assert_eq!(refused(&server, &browser, &back), "unproven");
}

#[test]
fn a_token_with_another_nonce_is_refused() {
    if !is_there() {
        return;
    }
    let (provider, server) = both();
    let browser = Browser::new();
    let asked = with(&begin(&server, &browser, "/"), "nonce", "another");
    let back = provider.sign_in(&browser, &asked, "ann");
    assert_eq!(refused(&server, &browser, &back), "unproven");
}

#[test]
fn a_token_for_somebody_else_or_of_another_time_or_key_is_refused() {
    if !is_there() {
        return;
    }
    let (provider, server) = both();
    for (how, what) in [
        (json!({ "claims": { "aud": "other" } }), "another audience"),
        (json!({ "claims": { "aud": ["berth", "other"] } }), "an audience besides"),
        (json!({ "claims": { "iss": "https://evil.example" } }), "another issuer"),
        (json!({ "claims": { "exp": 1_000_000_000 } }), "over long ago"),
        (json!({ "claims": { "nonce": null } }), "no nonce"),
        (json!({ "strange": true }), "another key"),
        (json!({ "without": true }), "no token at all"),
    ] {
        provider.tamper(&how);
        let browser = Browser::new();
        let back = provider.sign_in(&browser, &begin(&server, &browser, "/"), "ann");
        assert_eq!(refused(&server, &browser, &back), "unproven", "{what}");
    }
    // The same way of signing, and nothing wrong.
    provider.tamper(&json!({ "claims": {} }));
    let browser = Browser::new();
    assert_eq!(provider.come_in(&server, &browser, "ann").to(), page(&server, "/"));
    assert_eq!(name(&server, &browser).as_deref(), Some("ann"));
}

#[test]
fn an_answer_in_the_name_of_another_provider_is_refused() {
    if !is_there() {
        return;
    }
    let (provider, server) = both();
    let browser = Browser::new();
    let back = provider.sign_in(&browser, &begin(&server, &browser, "/"), "ann");
    assert_eq!(refused(&server, &browser, &with(&back, "iss", "https://evil.example")), "unproven");
}

#[test]
fn who_says_no_at_the_provider_is_told_so() {
    if !is_there() {
        return;
    }
    let (provider, server) = both();
    let browser = Browser::new();
    let back = provider.cancel(&browser, &begin(&server, &browser, "/"));
    assert_eq!(refused(&server, &browser, &back), "refused");
}

#[test]
fn who_tries_again_and_again_has_to_wait() {
    if !is_there() {
        return;
    }
    let (_provider, server) = both();
    let browser = Browser::new();
    let forged = page(&server, "/api/v1/oidc/back?state=a&code=b");
    for _ in 0..10 {
        assert_eq!(refused(&server, &browser, &forged), "stale");
    }
    assert_eq!(refused(&server, &browser, &forged), "too-many");
}
