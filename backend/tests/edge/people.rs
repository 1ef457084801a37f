//! People: invited, signed in, changed, removed.

use berth::auth::ADMIN;
use berth_shared::api::Role;
use serde_json::{Value, json};

use crate::{
    client::{Answer, Request, Socket},
    fake::NAME,
    server::Server,
};

const PASSWORD: &str = "correct horse battery";

/// Requests of one person.
struct Person<'a> {
    server: &'a Server,
    session: String,
}

impl Person<'_> {
    fn request(&self, method: &str, path: &str) -> Request {
        self.server.request(method, &format!("/api/v1{path}")).session(&self.session)
    }

    async fn get(&self, path: &str) -> Answer {
        self.request("GET", path).send().await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.request("DELETE", path).send().await
    }

    async fn send(&self, method: &str, path: &str, body: Value) -> Answer {
        self.request(method, path).json(&body.to_string()).send().await
    }

    async fn socket(&self, path: &str) -> Socket {
        self.request("GET", path).connect().await.expect("a socket")
    }

    async fn set_password(&self, current: Option<&str>, new: &str) -> Answer {
        let body = match current {
            Some(current) => json!({ "current": current, "new": new }),
            None => json!({ "new": new }),
        };
        self.send("PUT", "/me/password", body).await
    }
}

impl Server {
    async fn admin(&self) -> Person<'_> {
        Person { server: self, session: self.sign_in().await }
    }

    async fn enter(&self, name: &str, role: Role) -> Person<'_> {
        Person { server: self, session: self.person(name, role).await }
    }

    async fn enter_by_password(&self, name: &str, password: &str) -> Person<'_> {
        let answer = self.log_in_as(name, password).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        Person { server: self, session: answer.session() }
    }
}

#[tokio::test]
async fn somebody_is_invited_comes_in_sets_a_password_and_comes_in_by_it() {
    let server = Server::start().await;
    let admin = server.admin().await;
    let invited = admin.send("POST", "/people", json!({ "name": "ann" })).await;
    assert_eq!(invited.status, 201);
    let invited = invited.json();
    assert_eq!((&invited["person"]["name"], &invited["person"]["role"]), (&json!("ann"), &json!("member")));
    assert_eq!(invited["expires_at"], 1_790_000_000_000_i64 + 7 * 86_400_000);

    server.clock.pass(6 * 86_400);
    let entered = server.login(invited["token"].as_str().expect("a token")).await;
    let is = |has_password: bool| json!({ "name": "ann", "role": "member", "project": "main", "server_role": "member", "has_password": has_password });
    assert_eq!(entered.json(), is(false));
    let ann = Person { server: &server, session: entered.session() };
    assert_eq!(ann.set_password(None, PASSWORD).await.status, 204);
    assert_eq!(ann.get("/me").await.json(), is(true));

    let again = server.enter_by_password("ann", PASSWORD).await;
    assert_eq!(again.get("/me").await.json()["name"], "ann");
    // However a keyboard writes it.
    assert_eq!(server.log_in_as(" Ann ", PASSWORD).await.status, 200);
    let people = again.get("/people").await.json();
    let ann = people["items"].as_array().expect("people").iter().find(|person| person["name"] == "ann");
    assert_eq!(ann.expect("there")["has_password"], true);
    assert_eq!(ann.expect("there")["last_seen_at"], 1_790_000_000_000_i64 + 6 * 86_400_000);
}

#[tokio::test]
async fn who_cannot_be_invited_is_said() {
    let server = Server::start().await;
    let admin = server.admin().await;
    let invite = async |body: Value| admin.send("POST", "/people", body).await;
    insta::assert_snapshot!(invite(json!({ "name": "Ann" })).await.told(), @"422 name-invalid: a name is 1 to 40 lower-case letters, digits, `-`, `_` and `.`, and begins with a letter or digit");
    insta::assert_snapshot!(invite(json!({ "name": ADMIN })).await.told(), @"409 name-taken: somebody is called `admin` already; choose another name");
    assert_eq!(invite(json!({ "name": "ann", "role": "king" })).await.code(), "wrong-shape");
    assert_eq!(
        admin.send("PATCH", "/people/bob", json!({ "role": "viewer" })).await.code(),
        "person-not-found"
    );
    insta::assert_snapshot!(admin.delete("/people/bob").await.told(), @"404 person-not-found: nobody here is called `bob`");
    assert_eq!(admin.send("POST", "/people/bob/link", json!(null)).await.code(), "person-not-found");
}

#[tokio::test]
async fn a_wrong_password_and_a_name_that_nobody_has_are_answered_alike() {
    let server = Server::start().await;
    let ann = server.enter("ann", Role::Member).await;
    server.enter("bob", Role::Member).await;
    ann.set_password(None, PASSWORD).await;
    for (name, password) in [
        ("ann", "wrong"),
        ("ann", ""),
        // Without a password, without an account, and what nobody can be called.
        ("bob", PASSWORD),
        ("carl", PASSWORD),
        ("' OR 1=1 --", PASSWORD),
        ("", ""),
    ] {
        let answer = server.log_in_as(name, password).await;
        assert_eq!(
            answer.told(),
            "401 login-wrong: the name or the password is wrong; an admin makes a new link for whoever has forgotten theirs",
            "{name}"
        );
    }
    for body in [r#"{"name":"ann"}"#, r#"{"name":"ann","password":"x","token":"x"}"#, "{}", "[]"] {
        let answer = server.request("POST", "/api/v1/login").json(body).send().await;
        assert_eq!(answer.code(), "wrong-shape", "{body}");
    }
}

#[tokio::test]
async fn whoever_guesses_a_password_waits_and_links_go_on() {
    let server = Server::start().await;
    let ann = server.enter("ann", Role::Member).await;
    ann.set_password(None, PASSWORD).await;
    // One who is in already guesses, as from a browser that was left open: that counts for the name.
    for _ in 0..10 {
        assert_eq!(server.enter_by_password("ann", PASSWORD).await.get("/me").await.status, 200);
    }
    let second = server.enter_by_password("ann", PASSWORD).await;
    for _ in 0..10 {
        assert_eq!(second.set_password(Some("wrong"), "another password").await.code(), "password-wrong");
    }
    assert_eq!(second.set_password(Some(PASSWORD), "another password").await.status, 429);
    let answer = server.log_in_as("ann", PASSWORD).await;
    insta::assert_snapshot!(answer.told(), @"429 too-many-attempts: too many failed logins for this name; the next try is possible in 60 s");
    assert_eq!(answer.header("retry-after"), "60");
    let token = server.auth.login_token("ann").await.expect("a link");
    assert_eq!(server.login(token.reveal()).await.status, 200);
    server.clock.pass(60);
    assert_eq!(server.log_in_as("ann", PASSWORD).await.status, 200);

    // From one address, whatever the names.
    for n in 0..10 {
        assert_eq!(server.log_in_as(&format!("nobody-{n}"), PASSWORD).await.status, 401);
    }
    insta::assert_snapshot!(server.log_in_as("ann", PASSWORD).await.told(), @"429 too-many-attempts: too many failed logins from this address; the next try is possible in 60 s");
}

#[tokio::test]
async fn many_guesses_at_once_are_no_way_around() {
    let server = Server::start().await;
    server.enter("ann", Role::Member).await.set_password(None, PASSWORD).await;
    let guesses = (0..30).map(|_| server.log_in_as("ann", "a wrong guess"));
    let answers = futures_util::future::join_all(guesses).await;
    let looked_at = answers.iter().filter(|answer| answer.status == 401).count();
    assert_eq!(looked_at, 10);
}

#[tokio::test]
async fn setting_a_password_ends_the_persons_other_sessions() {
    let server = Server::start().await;
    let ann = server.enter("ann", Role::Member).await;
    ann.set_password(None, PASSWORD).await;
    let other = server.enter_by_password("ann", PASSWORD).await;
    let mut stream = other.socket("/stream").await;
    stream.next("hello").await;
    let wrong = ann.set_password(Some("x"), "too short").await;
    insta::assert_snapshot!(wrong.told(), @"422 password-invalid: a password has 12 to 200 characters; a few words that do not belong together make a good one");
    insta::assert_snapshot!(ann.set_password(None, "ANN ann ann ann").await.told(), @"422 password-invalid: a password that is the name of its owner is the first that is guessed; choose another");
    // By a link within the hour.
    assert_eq!(ann.set_password(None, "another password").await.status, 204);
    assert_eq!(stream.closed().await, (1008, "session-ended".into()));
    assert_eq!(other.get("/me").await.status, 401);
    assert_eq!(ann.get("/me").await.status, 200);
    server.clock.pass(3600);
    insta::assert_snapshot!(ann.set_password(None, PASSWORD).await.told(), @"403 password-needed: say the password until now; whoever has forgotten it comes in by a new link of an admin's, and needs none within the hour");
    insta::assert_snapshot!(ann.set_password(Some(PASSWORD), PASSWORD).await.told(), @"403 password-wrong: that is not the password until now");
    assert_eq!(ann.set_password(Some("another password"), PASSWORD).await.status, 204);
}

#[tokio::test]
async fn a_new_link_lets_in_who_forgot_the_password_and_the_old_one_no_more() {
    let server = Server::start().await;
    let admin = server.admin().await;
    let invited = admin.send("POST", "/people", json!({ "name": "ann", "role": "viewer" })).await.json();
    let link = admin.send("POST", "/people/ann/link", json!(null)).await;
    assert_eq!(link.status, 200);
    assert_eq!(server.login(invited["token"].as_str().expect("a token")).await.code(), "login-token-invalid");
    let entered = server.login(link.json()["token"].as_str().expect("a token")).await;
    assert_eq!(entered.json()["role"], "viewer");
}

#[tokio::test]
async fn a_role_counts_at_once_and_what_it_does_not_allow_ends() {
    let server = Server::start().await;
    let admin = server.admin().await;
    let ann = server.enter("ann", Role::Member).await;
    *server.fake.owner.lock().unwrap() = "ann".to_owned();
    let path = format!("/terminals/{NAME}/00000000-0000-0000-0000-000000000001?cols=80&rows=24");
    let mut terminal = ann.socket(&path).await;
    terminal.next("attached").await;
    let mut stream = ann.socket("/stream").await;
    assert_eq!(stream.next("hello").await["user"]["role"], "member");
    let stop = async || ann.request("POST", &format!("/runs/{NAME}/stop")).json("{}").send().await.status;
    assert_eq!(stop().await, 200);

    let changed = admin.send("PATCH", "/people/ann", json!({ "role": "viewer" })).await;
    assert_eq!((changed.status, changed.json()["role"].as_str()), (200, Some("viewer")));
    assert_eq!(stop().await, 403);
    assert_eq!(terminal.closed().await, (1008, "not-allowed".into()));
    assert_eq!(stream.closed().await, (1012, "role-changed".into()));
    assert_eq!(ann.request("GET", &path).connect().await.err(), Some(403));
    let mut stream = ann.socket("/stream").await;
    assert_eq!(stream.next("hello").await["user"]["role"], "viewer");

    assert_eq!(admin.send("PATCH", "/people/ann", json!({ "role": "member" })).await.status, 200);
    assert_eq!(stop().await, 200);
}

#[tokio::test]
async fn whoever_is_removed_is_out_and_what_they_launched_stays() {
    let server = Server::start().await;
    let admin = server.admin().await;
    let ann = server.enter("ann", Role::Member).await;
    *server.fake.owner.lock().unwrap() = "ann".to_owned();
    let made = ann.send("POST", "/tokens", json!({ "label": "ci" })).await.json();
    let by_token = || {
        let bearer = format!("Bearer {}", made["token"].as_str().expect("a token"));
        server.request("GET", "/api/v1/me").header("authorization", &bearer).send()
    };
    assert_eq!(by_token().await.status, 200);
    let mut stream = ann.socket("/stream").await;
    stream.next("hello").await;
    let path = format!("/terminals/{NAME}/00000000-0000-0000-0000-000000000001?cols=80&rows=24");
    let mut terminal = ann.socket(&path).await;
    terminal.next("attached").await;

    assert_eq!(admin.delete("/people/ann").await.status, 204);
    assert_eq!(stream.closed().await, (1008, "session-ended".into()));
    assert_eq!(terminal.closed().await.0, 1008);
    assert_eq!(ann.get("/me").await.code(), "not-signed-in");
    assert_eq!(by_token().await.status, 401);
    assert_eq!(server.log_in_as("ann", PASSWORD).await.status, 401);
    let run = admin.get(&format!("/runs/{NAME}")).await.json();
    assert_eq!(run["run"]["owner"], "ann");
    assert_eq!(admin.request("POST", &format!("/runs/{NAME}/stop")).json("{}").send().await.status, 200);
}

#[tokio::test]
async fn the_last_admin_stays() {
    let server = Server::start().await;
    let admin = server.admin().await;
    let told = admin.send("PATCH", "/people/admin", json!({ "role": "manager" })).await.told();
    insta::assert_snapshot!(told, @"409 last-admin: `admin` is the last admin, and there has to be one; make somebody else an admin first");
    assert_eq!(admin.delete("/people/admin").await.code(), "last-admin");
    let ada = server.enter("ada", Role::Admin).await;
    assert_eq!(ada.send("PATCH", "/people/admin", json!({ "role": "viewer" })).await.status, 200);
    assert_eq!(ada.delete("/people/ada").await.code(), "last-admin");
    assert_eq!(admin.get("/me").await.json()["role"], "viewer");
    assert_eq!(admin.delete("/people/ada").await.code(), "not-allowed");
}

#[tokio::test]
async fn tokens_have_a_role_and_an_end() {
    let server = Server::start().await;
    let ann = server.enter("ann", Role::Manager).await;
    let make = async |body: Value| ann.send("POST", "/tokens", body).await;
    let secret = |answer: &Answer| answer.json()["token"].as_str().expect("a token").to_owned();
    let viewer = make(json!({ "label": "prometheus", "role": "viewer" })).await;
    let short = make(json!({ "label": "short", "expires_in": 60 })).await;
    assert_eq!((viewer.status, short.status), (201, 201));
    for expires_in in [0, 59, 315_360_001_u32] {
        let told = make(json!({ "label": "x", "expires_in": expires_in })).await;
        assert_eq!(told.code(), "token-expiry-invalid", "{expires_in}");
    }
    let by = |token: &str, method: &str, path: &str| {
        server.request(method, path).header("authorization", &format!("Bearer {token}")).send()
    };
    let me = by(&secret(&viewer), "GET", "/api/v1/me").await;
    assert_eq!(me.json()["role"], "viewer");
    assert_eq!(by(&secret(&viewer), "GET", "/metrics").await.status, 200);
    assert_eq!(by(&secret(&viewer), "POST", "/api/v1/runs").await.code(), "not-allowed");
    for token in [&viewer, &short] {
        let told = by(&secret(token), "POST", "/api/v1/tokens").await;
        assert_eq!(told.code(), "token-limited", "it could make one that opens more");
    }
    let listed = ann.get("/tokens").await.json();
    let listed: Vec<_> = listed["items"].as_array().expect("tokens").iter().collect();
    assert_eq!(listed.len(), 2);
    assert_eq!((&listed[0]["label"], &listed[0]["role"]), (&json!("prometheus"), &json!("viewer")));
    assert_eq!(listed[1]["expires_at"], 1_790_000_060_000_i64);
    assert!(listed[0]["last_used_at"].is_number());
    server.clock.pass(60);
    assert_eq!(by(&secret(&short), "GET", "/api/v1/me").await.code(), "not-signed-in");
    // Of others nothing is listed.
    assert_eq!(server.admin().await.get("/tokens").await.json()["items"], json!([]));
}

#[tokio::test]
async fn sessions_are_listed_and_ended_one_by_one() {
    let server = Server::start().await;
    let ann = server.enter("ann", Role::Viewer).await;
    server.clock.pass(5);
    let token = server.auth.login_token("ann").await.expect("a link");
    let body = json!({ "token": token.reveal() }).to_string();
    let phone =
        server.request("POST", "/api/v1/login").header("user-agent", "a phone").json(&body).send().await;
    let phone = Person { server: &server, session: phone.session() };
    let listed = ann.get("/me/sessions").await.json();
    let listed = listed["items"].as_array().expect("sessions").clone();
    assert_eq!(listed.len(), 2);
    assert_eq!((&listed[0]["agent"], &listed[0]["current"]), (&json!("a phone"), &json!(false)));
    assert_eq!((&listed[1]["agent"], &listed[1]["current"]), (&json!(""), &json!(true)));
    assert_eq!(listed[0]["address"], "127.0.0.1");
    let id = listed[0]["id"].as_str().expect("a name");
    let other = server.admin().await;
    assert_eq!(other.delete(&format!("/me/sessions/{id}")).await.code(), "session-not-found");
    let mut stream = phone.socket("/stream").await;
    assert_eq!(ann.delete(&format!("/me/sessions/{id}")).await.status, 204);
    assert_eq!(stream.closed().await.1, "session-ended");
    assert_eq!(phone.get("/me").await.status, 401);
    assert_eq!(ann.delete(&format!("/me/sessions/{id}")).await.code(), "session-not-found");
    // What names a session opens none.
    let tried = Person { server: &server, session: id.to_owned() };
    assert_eq!(tried.get("/me").await.status, 401);
}
