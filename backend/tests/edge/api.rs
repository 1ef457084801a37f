//! Endpoints: sessions, bad input, headers.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use berth_shared::api::Role;
use sha2::{Digest as _, Sha256};

use crate::server::Server;

/// Everything that the OpenAPI document lists, with something in the place of parameters.
pub(crate) fn endpoints() -> Vec<(String, String)> {
    let document: serde_json::Value = serde_json::from_str(&berth::http::document_text()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let filled = |path: &str| {
        path.replace("{name}", "calm-otter-1")
            .replace("{host}", "calm-otter-1")
            .replace("{port}", "8888")
            .replace("{id}", "00000000-0000-0000-0000-000000000001")
            // Of nothing.
            .replace("{sha256}", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    };
    paths
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().keys();
            methods.map(move |method| (method.to_ascii_uppercase(), filled(path)))
        })
        .collect()
}

/// Whether it is there for who is not signed in yet.
fn is_way_in(path: &str) -> bool {
    path == "/api/v1/login" || path.starts_with("/api/v1/oidc/")
}

#[tokio::test]
async fn nothing_but_login_health_and_files_answers_without_a_session() {
    let server = Server::start().await;
    let mut endpoints = endpoints();
    assert!(endpoints.len() >= 15, "{endpoints:?}");
    for hidden in ["/metrics", "/api/docs", "/api/v1/openapi.json"] {
        endpoints.push(("GET".into(), hidden.into()));
    }
    for (method, path) in &endpoints {
        for cookie in [None, Some("0".repeat(64))] {
            let mut request = server.request(method, path);
            if let Some(cookie) = cookie {
                request = request.session(&cookie);
            }
            let answer = request.send().await;
            match (method.as_str(), path.as_str()) {
                // What way in there is; or to the page that says that there is none.
                ("GET", "/api/v1/login") => assert_eq!(answer.status, 200),
                ("GET", way) if is_way_in(way) => assert_eq!(answer.status, 303, "{way}"),
                // No body.
                (_, way) if is_way_in(way) => assert_eq!(answer.status, 415, "{way}"),
                _ => assert_eq!(answer.code(), "not-signed-in", "{method} {path}"),
            }
        }
    }
    for open in [
        "/healthz",
        "/readyz",
        "/schema/dstack-0.18.json",
        "/schema/dstack-0.22.json",
        "/schema/dstack-0.18-profiles.json",
    ] {
        assert_eq!(server.request("GET", open).send().await.status, 200, "{open}");
    }
}

#[tokio::test]
async fn every_endpoint_answers_with_a_session() {
    let server = Server::start().await;
    let session = server.sign_in().await;
    let secret = r#"{"value":"a"}"#;
    let set = server.request("PUT", "/api/v1/secrets/calm-otter-1").session(&session).json(secret).send();
    assert_eq!(set.await.status, 200);
    let login = r#"{"password":"a"}"#;
    let set = server.request("PUT", "/api/v1/git/calm-otter-1").session(&session).json(login).send();
    assert_eq!(set.await.status, 200);
    for (method, path) in endpoints() {
        // The one that is there is removed before it could be set.
        let is_set =
            method == "PUT" && (path.starts_with("/api/v1/secrets/") || path.starts_with("/api/v1/git/"));
        if is_way_in(&path) || path == "/api/v1/logout" || is_set {
            continue;
        }
        // Whoever is there is removed before they are changed.
        let is_member = path.starts_with("/api/v1/members/");
        let is_added_later = is_member || path.starts_with("/api/v1/limits/people/");
        if path.starts_with("/api/v1/people/") || is_added_later {
            let _ = server.auth.invite("calm-otter-1", Role::Viewer).await;
        }
        if is_member {
            server.auth.set_member("main", "calm-otter-1", Role::Viewer).await.expect("a member");
        }
        let webhook = r#"{"name":"calm-otter-1","url":"http://127.0.0.1:1/","kinds":["failed"]}"#;
        if path.ends_with("/test") {
            let add = server.request("POST", "/api/v1/webhooks").session(&session).json(webhook);
            assert_eq!(add.send().await.status, 201);
        }
        // What it cannot do without.
        let query = if path.ends_with("/search") { "?q=text" } else { "" };
        let mut request = server.request(&method, &format!("{path}{query}")).session(&session);
        if path == "/api/v1/settings" {
            request = request.json(r#"{"dialect":"0.22"}"#);
        } else if method == "PATCH" || method == "PUT" && is_member {
            request = request.json(r#"{"role":"member"}"#);
        } else if method == "PUT" && path.starts_with("/api/v1/limits/") {
            request = request.json(r#"{"instances":4}"#);
        } else if path.ends_with("/password") {
            request = request.json(r#"{"new":"correct horse battery"}"#);
        } else if method == "POST" {
            request = request.json(match path.rsplit('/').next() {
                Some("stop" | "delete" | "default" | "remove") => "{}",
                Some("keep") => r#"{"seconds":60}"#,
                Some("pools") => r#"{"name":"team"}"#,
                Some("decide") => r#"{"backend":"aws","handle":"i-1","keep":true}"#,
                Some("keys") => concat!(
                    r#"{"label":"calm-otter-1","public_key":"ssh-ed25519 "#,
                    r#"AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti me@laptop"}"#
                ),
                Some("hosts") => r#"{"address":"ada@gpu-1.example"}"#,
                Some("people") => r#"{"name":"calm-otter-1"}"#,
                Some("projects") => r#"{"name":"vision"}"#,
                Some("tokens") => r#"{"label":"calm-otter-1"}"#,
                Some("webhooks") => webhook,
                Some("terminals") => r#"{"cols":80,"rows":24}"#,
                _ => r#"{"configuration":"type: dev-environment\nide: vscode\n"}"#,
            });
        }
        let answer = request.send().await;
        if is_added_later {
            // They are added by name later.
            server.auth.remove_person("calm-otter-1").await.expect("removed");
        }
        match answer.status {
            200..=202 | 204 => {}
            303 => assert!(path.ends_with("/open"), "{path}"),
            // This server has no hosts, as a demo has none.
            409 => assert_eq!(
                (answer.code().as_str(), path.starts_with("/api/v1/hosts")),
                ("demo", true),
                "{path}"
            ),
            // What names one is not for a test to know.
            404 if path == "/api/v1/me/oidc" => assert_eq!(answer.code(), "oidc-off"),
            404 => assert_eq!(answer.code(), "session-not-found", "{path}"),
            426 => assert_eq!(answer.code(), "not-a-websocket"),
            other => panic!("{method} {path}: {other} {:?}", String::from_utf8_lossy(&answer.body)),
        }
    }
}

#[tokio::test]
async fn who_submits_too_fast_is_told_when_to_go_on() {
    let server = Server::start().await;
    let session = server.sign_in().await;
    let submit = || {
        let body = r#"{"configuration":"type: dev-environment\nide: vscode\n"}"#;
        server.request("POST", "/api/v1/runs").session(&session).json(body).send()
    };
    for _ in 0..5 {
        assert_eq!(submit().await.status, 201);
    }
    let answer = submit().await;
    insta::assert_snapshot!(answer.told(), @"429 too-many-submissions: a person may submit 5 runs a minute here; the next is possible in 12 s. Whoever runs the server can allow more with `--submissions-per-minute`");
    assert_eq!(answer.header("retry-after"), "12");
}

#[tokio::test]
async fn a_body_that_makes_no_sense_is_explained() {
    let server = Server::start().await;
    let session = server.sign_in().await;
    let plan = || server.request("POST", "/api/v1/plan").session(&session);
    insta::assert_snapshot!(plan().json("{").send().await.told(), @"400 malformed-json: the body is not JSON: EOF while parsing an object at line 1 column 1");
    insta::assert_snapshot!(plan().json("{}").send().await.told(), @"422 wrong-shape: the body does not have the expected shape: missing field `configuration` at line 1 column 2");
    insta::assert_snapshot!(plan().json(r#"{"configuration":"","colour":1}"#).send().await.told(), @"422 wrong-shape: the body does not have the expected shape: colour: unknown field `colour`, expected `configuration` or `preview` at line 1 column 28");
    insta::assert_snapshot!(plan().body("text/plain", b"{}").send().await.told(), @"415 not-json: the body must be JSON, sent with `Content-Type: application/json`");
    insta::assert_snapshot!(plan().json("\u{0}\u{1}").send().await.told(), @"400 malformed-json: the body is not JSON: expected value at line 1 column 1");
    let binary = plan().body("application/json", &[0xff, 0xfe, 0x00]).send().await;
    assert_eq!(binary.code(), "malformed-json");
}

#[tokio::test]
async fn a_large_paste_is_checked_and_a_huge_one_refused_in_words() {
    let server = Server::start().await;
    let session = server.sign_in().await;
    let plan = |length: usize| {
        let body = serde_json::json!({ "configuration": "#".repeat(length) }).to_string();
        server.request("POST", "/api/v1/plan").session(&session).json(&body).send()
    };
    let large = plan(500_000).await;
    assert_eq!(large.status, 200);
    assert_eq!(large.json()["valid"], false);
    for length in [1_000_000, 8_000_000] {
        let told = plan(length).await.told();
        insta::allow_duplicates! {
            insta::assert_snapshot!(told, @"413 body-too-large: the body is larger than 768 KiB; a configuration has at most 256 KiB, so this is probably some other file");
        }
    }
}

#[tokio::test]
async fn wrong_addresses_methods_and_parameters_are_problems_too() {
    let server = Server::start().await;
    let session = server.sign_in().await;
    let ask = |method: &str, path: &str| server.request(method, path).session(&session).send();
    insta::assert_snapshot!(ask("GET", "/api/v1/nothing").await.told(), @"404 no-such-endpoint: there is nothing at this address; `/api/docs` lists what there is");
    insta::assert_snapshot!(ask("PUT", "/api/v1/runs").await.told(), @"405 wrong-method: this address does not take that method; `/api/docs` lists what it takes");
    insta::assert_snapshot!(ask("GET", "/api/v1/runs?limit=many").await.told(), @"400 wrong-parameter: Failed to deserialize query string: limit: invalid digit found in string");
    insta::assert_snapshot!(ask("GET", "/api/v1/runs/no-such-run").await.told(), @"404 run-not-found: there is no run named `no-such-run`");
    insta::assert_snapshot!(ask("POST", "/").await.told(), @"405 wrong-method: this address can only be read");
    insta::assert_snapshot!(ask("GET", "/no-such-file.js").await.told(), @"404 no-such-file: the dashboard has no such file");
    assert_eq!(ask("PUT", "/api/v1/runs").await.header("allow"), "GET,HEAD,POST");
}

#[tokio::test]
async fn every_answer_carries_the_security_headers_and_its_number() {
    let server = Server::start().await;
    for path in ["/", "/healthz", "/api/v1/me", "/api/nothing"] {
        let answer = server.request("GET", path).send().await;
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'self'; script-src 'self' "), "{path}: {policy}");
        assert!(
            policy.contains("; style-src 'self'; ") && !policy.contains("unsafe-inline"),
            "{path}: {policy}"
        );
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert!(policy.ends_with("frame-ancestors 'none'"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        assert!(!answer.header("x-request-id").is_empty(), "{path}");
    }
}

#[tokio::test]
async fn the_page_of_the_api_looks_as_its_own_style_says_and_does_nothing_else() {
    let server = Server::start().await;
    let session = server.sign_in().await;
    let answer = server.request("GET", "/api/docs").session(&session).send().await;
    let page = String::from_utf8_lossy(&answer.body);
    let style =
        page.split_once("<style>").and_then(|(_, rest)| rest.split_once("</style>")).expect("a style").0;
    let hash = BASE64_STANDARD.encode(Sha256::digest(style));
    assert_eq!(
        answer.header("content-security-policy"),
        format!(
            "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
    );
    assert_eq!(page.matches("<style").count(), 1);
    assert!(!page.contains("<script") && !page.contains(" style="), "{page}");
}

#[tokio::test]
async fn the_catalogue_is_served_under_a_name_that_follows_its_content() {
    let server = Server::start().await;
    let session = server.sign_in().await;
    let meta = server.request("GET", "/api/v1/catalog").session(&session).send().await.json();
    let url = meta["url"].as_str().unwrap();
    assert_eq!(url, format!("/assets/catalog-{}.bin", meta["version"].as_str().unwrap()));
    let file = server.request("GET", url).send().await;
    assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable");
    assert!(file.body == berth::catalog::BUILT_IN);
    assert_eq!(server.request("GET", "/assets/catalog-0.bin").send().await.status, 404);
}

#[tokio::test]
async fn metrics_are_in_the_format_of_prometheus() {
    let server = Server::start().await;
    let session = server.sign_in().await;
    server.fake.happen(3);
    let answer = server.request("GET", "/metrics").session(&session).send().await;
    let text = String::from_utf8(answer.body).unwrap();
    assert!(text.contains("\nberth_runs{status=\"running\"} 1\n"), "{text}");
    assert!(text.contains("\nberth_events_total 3\n"), "{text}");
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (_, value) = line.rsplit_once(' ').expect("a name and a value");
        assert!(value.parse::<f64>().is_ok(), "{line}");
    }
}

#[tokio::test]
async fn the_documentation_page_names_every_endpoint() {
    let server = Server::start().await;
    let session = server.sign_in().await;
    let page = server.request("GET", "/api/docs").session(&session).send().await;
    let page = String::from_utf8(page.body).unwrap();
    for path in ["/api/v1/runs/{name}/stop", "/api/v1/stream", "/api/v1/login"] {
        assert!(page.contains(path), "{path}");
    }
    assert!(!page.contains("<script"));
}

#[tokio::test]
async fn a_launch_on_a_price_that_has_risen_is_asked_again_and_one_that_names_no_price_is_not() {
    let server = Server::start().await;
    let session = server.sign_in().await;
    let launch = |more: &str| {
        let body = format!(r#"{{"configuration":"type: dev-environment\nide: vscode\n"{more}}}"#);
        server.request("POST", "/api/v1/runs").session(&session).json(&body).send()
    };
    let answer = launch(r#","agreed_price":0.75,"agreed_catalog":"old""#).await;
    insta::assert_snapshot!(answer.told(), @"409 price-changed: the first offer now costs $1 an hour instead of $0.75: p3.2xlarge in eu-west-1 on `aws`, as the catalogue's prices are newer ones; launch again to agree to that, or look at the plan");
    let price = &answer.json()["price"];
    assert_eq!((&price["agreed"], &price["now"]), (&0.75.into(), &1.0.into()));
    assert_eq!((&price["agreed_catalog"], &price["catalog_version"]), (&"old".into(), &"new".into()));
    assert_eq!(price["offer"]["instance_type"], "p3.2xlarge");
    assert_eq!(launch(r#","agreed_price":1.0"#).await.status, 201);
    assert_eq!(launch("").await.status, 201);
}
