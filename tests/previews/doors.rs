//! Who sees a preview, and what a preview sees.

use reqwest::Method;
use serde_json::Value;

use crate::bench::{Bench, RUN, header, read};

async fn json(answer: reqwest::Response) -> Value {
    serde_json::from_str(&answer.text().await.expect("a body")).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_of_the_dashboard_lets_in_once() {
    let bench = Bench::running().await;
    let (host, path) = bench.ticket(RUN, bench.app).await;
    let entered = bench.get(&host, &path, "").await;
    let cookie = header(&entered, "set-cookie");
    assert_eq!((entered.status().as_u16(), header(&entered, "location").as_str()), (303, "/"));
    let (pair, attributes) = cookie.split_once("; ").expect("attributes");
    assert_eq!(attributes, "Path=/; Max-Age=604800; HttpOnly; SameSite=Lax");
    assert_eq!(read(bench.get(&host, "/", pair).await).await, (200, "the application".to_owned()));
    // Somebody else who comes by the same link is not let in; who was in goes on.
    let (status, title) = read(bench.get(&host, &path, "").await).await;
    assert_eq!((status, title.as_str()), (403, "This link was used already"));
    assert_eq!(bench.get(&host, &path, pair).await.status(), 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_may_lead_to_a_place_in_the_preview_and_nowhere_else() {
    let bench = Bench::running().await;
    let dashboard = bench.server.address().trim_start_matches("http://");
    let open = format!("/api/v1/runs/{RUN}/ports/{}/open", bench.app);
    for (asked, led) in [
        ("to=%2Ftree%3Ftoken%3Da%2520b%26to%3Dx", "/tree?token=a%20b&to=x"),
        ("to=%2F", "/"),
        ("to=", "/"),
        ("to=tree", "/"),
        ("to=%2F%2Fevil.example%2F", "/"),
        ("to=%2F%5Cevil.example%2F", "/"),
        ("to=https%3A%2F%2Fevil.example%2F", "/"),
        ("to=%2Fa%0D%0Aset-cookie%3A%20a%3Db", "/"),
        ("to=%2Fn%C3%A9", "/"),
    ] {
        let answer = bench.get(dashboard, &format!("{open}?{asked}"), bench.server.session()).await;
        let entrance = header(&answer, "location");
        let (host, path) = entrance.trim_start_matches("http://").split_once('/').expect("a path");
        let entered = bench.get(host, &format!("/{path}"), "").await;
        assert_eq!((entered.status().as_u16(), header(&entered, "location").as_str()), (303, led), "{asked}");
    }
    // Whoever makes the address of an entrance themselves does no better.
    let (host, path) = bench.ticket(RUN, bench.app).await;
    let entered = bench.get(&host, &format!("{path}&to=//evil.example/"), "").await;
    assert_eq!((entered.status().as_u16(), header(&entered, "location").as_str()), (303, "/"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_a_preview_by_anything_but_its_own_cookie() {
    let bench = Bench::running().await;
    bench.begin("sly-fox-2", &[bench.app, 9]);
    let page = bench.open(RUN, bench.app).await;
    let other = bench.open("sly-fox-2", bench.app).await;
    let port = bench.open("sly-fox-2", 9).await;
    for cookie in
        ["", "berth_preview=", "berth_preview=x", bench.server.session(), &other.cookie, &port.cookie]
    {
        let (status, title) = read(bench.get(&page.host, "/", cookie).await).await;
        assert_eq!((status, title.as_str()), (401, "Open this preview from its run"), "{cookie}");
    }
    // A ticket is for its own host alone, and gone when it was tried elsewhere.
    let (host, path) = bench.ticket("sly-fox-2", bench.app).await;
    assert_eq!(bench.get(&page.host, &path, "").await.status(), 401);
    assert_eq!(bench.get(&host, &path, "").await.status(), 403);
    // Cookies beside it do no harm.
    let beside = format!("berth_preview=x; a=b; {}", page.cookie);
    assert_eq!(bench.get(&page.host, "/", &beside).await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_the_dashboard_is_at_a_previews_host_and_no_preview_at_the_dashboards() {
    let bench = Bench::running().await;
    let page = bench.open(RUN, bench.app).await;
    let both = format!("{}; {}", page.cookie, bench.server.session());
    for path in ["/api/v1/me", "/healthz", "/metrics", "/runs", "/api/v1/login"] {
        // All of it is the application's, which has none of it.
        let (status, text) = read(bench.get(&page.host, path, &both).await).await;
        assert_eq!((status, text.as_str()), (404, ""), "{path}");
        assert_eq!(bench.get(&page.host, path, bench.server.session()).await.status(), 401, "{path}");
    }
    let dashboard = bench.server.address().trim_start_matches("http://");
    for host in [dashboard, "localhost"] {
        let (_, text) = read(bench.get(host, "/said", &both).await).await;
        assert!(!text.contains("\"headers\""), "{text}");
        assert_eq!(bench.get(host, "/api/v1/me", &page.cookie).await.status(), 401);
    }
    for host in ["other.localhost", "0--sly-fox-1.localhost", "80--.localhost"] {
        assert_eq!(bench.get(host, "/api/v1/me", &both).await.status(), 404, "{host}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_learns_nothing_that_opens_a_door() {
    let bench = Bench::running().await;
    let page = bench.open(RUN, bench.app).await;
    let request = bench.request(Method::POST, &page.host, "/said?a=b%20c");
    let cookies = format!("own=1; {}; {}", page.cookie, bench.server.session());
    let answer = request
        .header("cookie", cookies)
        .header("origin", page.origin())
        .header("authorization", "Bearer berth_0123456789")
        .header("x-forwarded-for", "1.2.3.4")
        .header("connection", "x-mine")
        .header("x-mine", "1")
        .body("x")
        .send()
        .await
        .expect("an answer");
    let said: Value = json(answer).await;
    assert_eq!((said["method"].as_str(), said["path"].as_str()), (Some("POST"), Some("/said?a=b%20c")));
    let mut lines: Vec<_> =
        said["headers"].as_array().expect("lines").iter().filter_map(Value::as_str).collect();
    lines.sort_unstable();
    let wanted = [
        "accept: text/html,*/*".to_owned(),
        "content-length: 1".to_owned(),
        "cookie: own=1".to_owned(),
        format!("host: {}", page.host),
        format!("origin: {}", page.origin()),
        "x-forwarded-for: 127.0.0.1".to_owned(),
        format!("x-forwarded-host: {}", page.host),
        "x-forwarded-proto: http".to_owned(),
    ];
    assert_eq!(lines, wanted);
    let answer = bench.get(&page.host, "/cookies", &page.cookie).await;
    let set: Vec<_> = answer.headers().get_all("set-cookie").iter().collect();
    assert_eq!(set, ["own=1; Path=/"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_elsewhere_may_link_to_a_preview_and_not_use_it() {
    let bench = Bench::running().await;
    bench.begin("sly-fox-2", &[bench.app]);
    let page = bench.open(RUN, bench.app).await;
    let from = async |origin: &str| {
        let request = bench.request(Method::POST, &page.host, "/length").header("cookie", &page.cookie);
        request.header("origin", origin).body("x").send().await.expect("an answer").status().as_u16()
    };
    assert_eq!(from(&page.origin()).await, 200);
    let other = format!("http://{}", bench.host("sly-fox-2", bench.app));
    for origin in [other.as_str(), bench.server.address(), "http://evil.example", "null"] {
        assert_eq!(from(origin).await, 403, "{origin}");
        assert_eq!(bench.socket(&page, "/socket", origin).await.err(), Some(403), "{origin}");
    }
    let link = bench.request(Method::GET, &page.host, "/").header("cookie", &page.cookie);
    let link = link.header("sec-fetch-site", "cross-site").header("sec-fetch-mode", "navigate");
    let framed = link.try_clone().expect("a copy").header("sec-fetch-dest", "iframe");
    assert_eq!(link.header("sec-fetch-dest", "document").send().await.expect("an answer").status(), 200);
    assert_eq!(framed.send().await.expect("an answer").status(), 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_ports_that_the_configuration_names_are_shown() {
    let bench = Bench::running().await;
    let told = bench.link(RUN, 22).await;
    assert_eq!(told.status(), 404);
    let problem: Value = json(told).await;
    assert_eq!(problem["code"], "port-not-listed");
    assert_eq!(bench.link("no-such-run", bench.app).await.status(), 404);
    let (status, ports) = bench.server.get(&format!("/runs/{RUN}/ports"));
    let ports: Value = serde_json::from_str(&ports).expect("JSON");
    assert_eq!(status, 200);
    let preview = format!("http://{}", bench.host(RUN, bench.app));
    let wanted = serde_json::json!({
        "ports": [{ "port": bench.app, "local_port": null, "listening": true, "preview": preview }],
    });
    assert_eq!(ports, wanted);
}
