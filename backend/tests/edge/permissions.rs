//! Every endpoint with every role, for what is one's own and what is not, and with nothing: against the one table.

use berth::{
    auth::{ADMIN, NewApiToken},
    http::{ENDPOINTS, Of},
};
use berth_shared::{
    api::Role,
    policy::{self, Action, Verdict, Whose},
};

use crate::{
    api::endpoints,
    client::{Answer, Request},
    server::Server,
};

/// What no answer says that let a request through to its endpoint.
const REFUSALS: [&str; 4] = ["not-signed-in", "not-allowed", "token-limited", "not-found"];

/// The person of each role.
const PEOPLE: [(&str, Role); 5] = [
    ("gus", Role::Guest),
    ("vera", Role::Viewer),
    ("mara", Role::Member),
    ("max", Role::Manager),
    ("ada", Role::Admin),
];

/// An endpoint that can be called, and what calling it is.
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) action: Action,
    pub(crate) of: Of,
}

/// All that the document lists and that asks who somebody is, and what is there beside it.
pub(crate) fn calls() -> Vec<Call> {
    let document: serde_json::Value = serde_json::from_str(&berth::http::document_text()).unwrap();
    let templates = document["paths"].as_object().unwrap().iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().keys();
        methods.map(move |method| (method.to_ascii_uppercase(), path.clone()))
    });
    let beside =
        ["/metrics", "/api/docs", "/api/v1/openapi.json"].map(|path| ("GET".to_owned(), path.to_owned()));
    // The same order as the templates'.
    let filled =
        endpoints().into_iter().map(|(_, path)| path).chain(beside.iter().map(|(_, path)| path.clone()));
    let called = templates.chain(beside.clone()).zip(filled);
    // What is open to all says that it needs nothing.
    let is_open = |method: &str, path: &str| {
        document["paths"][path][method.to_ascii_lowercase()]["security"] == serde_json::json!([{}])
    };
    let asking = called.filter(|((method, template), _)| !is_open(method, template));
    asking
        .map(|((method, template), path)| {
            let listed = ENDPOINTS.iter().find(|e| e.method == method && e.path == template);
            let listed = listed.unwrap_or_else(|| panic!("{method} {template} is not in the list"));
            Call { method, path, action: listed.action, of: listed.of }
        })
        .collect()
}

/// What was refused: status and code. `None` = the request came to its endpoint.
fn refusal(answer: &Answer) -> Option<(u16, String)> {
    let is_problem = answer.header("content-type") == "application/problem+json";
    let code = is_problem.then(|| answer.code())?;
    REFUSALS.contains(&code.as_str()).then_some((answer.status, code))
}

/// Whose things are, in turn.
pub(crate) fn cases(of: Of) -> &'static [Whose] {
    if of == Of::Own { &[Whose::Own] } else { &[Whose::Own, Whose::Others] }
}

impl Server {
    /// Calls it, when what it is about is `whose`.
    pub(crate) async fn call(
        &self,
        call: &Call,
        person: &str,
        whose: Whose,
        request: Request,
    ) -> Option<(u16, String)> {
        let owner = if whose == Whose::Own { person } else { "somebody" };
        *self.fake.owner.lock().unwrap() = owner.to_owned();
        // A name that nobody has: what is removed and changed here is not those who call.
        let answer = request.send().await;
        assert_ne!(answer.status, 500, "{} {}", call.method, call.path);
        refusal(&answer)
    }
}

/// What the table says of it.
pub(crate) fn expected(role: Role, action: Action, whose: Whose) -> Option<(u16, String)> {
    match policy::decide(Some(role), action, whose) {
        Verdict::Allowed => None,
        Verdict::Forbidden => Some((403, "not-allowed".to_owned())),
        Verdict::Hidden => Some((404, "not-found".to_owned())),
    }
}

#[tokio::test]
async fn every_endpoint_does_for_every_role_what_the_table_says() {
    let server = Server::start().await;
    let calls = calls();
    assert!(calls.len() > 50, "{}", calls.len());
    for (person, role) in PEOPLE {
        let mut session = server.person(person, role).await;
        for call in &calls {
            for &whose in cases(call.of) {
                let request = server.request(&call.method, &call.path).session(&session);
                let told = server.call(call, person, whose, request).await;
                let wanted = expected(role, call.action, whose);
                assert_eq!(told, wanted, "{role}: {} {} ({whose:?})", call.method, call.path);
                if call.path.ends_with("/logout") {
                    let token = server.auth.login_token(person).await.expect("a link");
                    session = server.login(token.reveal()).await.session();
                }
            }
        }
    }
}

#[tokio::test]
async fn nobody_may_anything_but_sign_in() {
    let server = Server::start().await;
    for call in calls() {
        let answer = server.request(&call.method, &call.path).send().await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "not-signed-in"), "{}", call.path);
        let stranger = server.request(&call.method, &call.path).header("authorization", "Bearer berth_0");
        assert_eq!(stranger.send().await.code(), "not-signed-in", "{}", call.path);
    }
}

#[tokio::test]
async fn a_token_does_what_its_role_allows_and_changes_no_account() {
    let server = Server::start().await;
    server.person("ada", Role::Admin).await;
    for limit in [Role::Guest, Role::Viewer, Role::Member, Role::Manager] {
        let new = NewApiToken { user: "ada", label: limit.as_str(), role: Some(limit), expires_at: None };
        let token = server.auth.create_api_token(new).await.expect("made");
        for call in calls() {
            for &whose in cases(call.of) {
                let request = server
                    .request(&call.method, &call.path)
                    .header("authorization", &format!("Bearer {}", token.reveal()));
                let told = server.call(&call, "ada", whose, request).await;
                let wanted = match call.action {
                    Action::Account => Some((403, "token-limited".to_owned())),
                    action => expected(limit, action, whose),
                };
                assert_eq!(told, wanted, "{limit}: {} {} ({whose:?})", call.method, call.path);
            }
        }
    }
}

#[tokio::test]
async fn a_refusal_says_what_may_not_be_done_and_who_may() {
    let server = Server::start().await;
    let viewer = server.person("vera", Role::Viewer).await;
    let member = server.person("mara", Role::Member).await;
    let post = |path: &str, session: &str| server.request("POST", path).session(session).send();
    insta::assert_snapshot!(post("/api/v1/runs", &viewer).await.told(), @"403 not-allowed: a viewer may not launch an environment; a member may: ask an admin");
    insta::assert_snapshot!(post("/api/v1/runs/calm-otter-1/stop", &member).await.told(), @"403 not-allowed: a member may not stop, keep or delete a run of somebody else’s; a manager may: ask an admin");
    insta::assert_snapshot!(post("/api/v1/hosts", &member).await.told(), @"403 not-allowed: a member may not add and remove SSH hosts; an admin of the server may: ask one");
    // What is not there is not there, for whoever might do it to their own.
    assert_eq!(post("/api/v1/runs/no-such-run/stop", &member).await.code(), "run-not-found");
    // Asking for the head of something is reading it.
    let head = server.request("HEAD", "/api/v1/runs").session(&viewer).send().await;
    assert_eq!(head.status, 200);
    let head = server.request("HEAD", "/api/v1/runs/calm-otter-1/ports/8888/open").session(&viewer).send();
    assert_eq!(head.await.status, 403);
}

#[tokio::test]
async fn whoever_works_on_an_instance_keeps_and_removes_it() {
    let server = Server::start().await;
    let member = server.person("mara", Role::Member).await;
    let path = "/api/v1/instances/00000000-0000-0000-0000-000000000001/keep";
    let keep = || server.request("POST", path).session(&member).json(r#"{"seconds":60}"#).send();
    assert_eq!(keep().await.code(), "not-allowed");
    *server.fake.owner.lock().unwrap() = "mara".to_owned();
    assert_eq!(keep().await.status, 200);
    let wrong = server.request("POST", "/api/v1/instances/box/keep").session(&member).send().await;
    assert_eq!(wrong.code(), "wrong-address");
}

#[tokio::test]
async fn the_first_admin_may_do_what_the_only_person_always_could() {
    let server = Server::start().await;
    let session = server.sign_in().await;
    for call in calls().iter().filter(|call| !call.path.ends_with("/logout")) {
        let request = server.request(&call.method, &call.path).session(&session);
        assert_eq!(
            server.call(call, ADMIN, Whose::Others, request).await,
            None,
            "{} {}",
            call.method,
            call.path
        );
    }
}
