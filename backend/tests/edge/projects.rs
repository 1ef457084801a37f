//! Projects, from outside: who is in one sees it, and nobody else does.

use berth_shared::{
    api::{Role, endpoint_of},
    policy::{self, Roles, Whose},
};

use crate::{
    permissions::{calls, cases, expected},
    server::Server,
};

const VISION: &str = "/api/v1/projects/vision";

impl Server {
    /// With a project `vision`, made by the session of the first admin.
    async fn with_project() -> (Self, String) {
        let server = Self::start().await;
        let admin = server.sign_in().await;
        let made = server.request("POST", "/api/v1/projects").session(&admin).json(r#"{"name":"vision"}"#);
        assert_eq!(made.send().await.status, 201);
        (server, admin)
    }

    async fn put_in(&self, admin: &str, person: &str, role: &str) -> u16 {
        let path = format!("{VISION}/members/{person}");
        let body = format!(r#"{{"role":"{role}"}}"#);
        self.request("PUT", &path).session(admin).json(&body).send().await.status
    }
}

/// Names and roles of a list.
fn names(answer: &crate::client::Answer, key: &str) -> Vec<String> {
    let items = answer.json()["items"].clone();
    let all = items.as_array().expect("a list").iter();
    all.map(|item| format!("{} {}", item[key].as_str().unwrap(), item["role"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn a_project_is_there_for_whoever_is_in_it_and_for_nobody_else() {
    let (server, admin) = Server::with_project().await;
    let guest = server.person("gus", Role::Guest).await;
    let viewer = server.person("vera", Role::Viewer).await;
    let get = |path: &str, session: &str| server.request("GET", path).session(session).send();
    let projects = |session: String| async move { names(&get("/api/v1/projects", &session).await, "name") };
    assert_eq!(projects(admin.clone()).await, ["main admin", "vision admin"]);
    assert_eq!(projects(viewer.clone()).await, ["main viewer", "vision viewer"]);
    assert_eq!(projects(guest.clone()).await, [""; 0]);
    let runs = format!("{VISION}/runs");
    for (path, code) in [
        (runs.as_str(), "project-not-found"),
        ("/api/v1/projects/none/runs", "project-not-found"),
        ("/api/v1/runs", "not-found"),
    ] {
        let answer = get(path, &guest).await;
        assert_eq!((answer.status, answer.code().as_str()), (404, code), "{path}");
    }
    assert_eq!(get("/api/v1/projects/none/runs", &admin).await.code(), "project-not-found");

    assert_eq!(server.put_in(&admin, "gus", "member").await, 200);
    assert_eq!(projects(guest.clone()).await, ["vision member"]);
    assert_eq!(get(&runs, &guest).await.status, 200);
    assert_eq!(get("/api/v1/runs", &guest).await.status, 404, "of the others there is nothing to be seen");
    let me = get(&format!("{VISION}/me"), &guest).await.json();
    assert_eq!(
        (&me["role"], &me["server_role"], &me["project"]),
        (&"member".into(), &"guest".into(), &"vision".into())
    );
    let members = get(&format!("{VISION}/members"), &guest).await;
    assert_eq!(names(&members, "person"), ["admin admin", "gus member", "vera viewer"]);
    // What a project makes of somebody does not make less of them.
    assert_eq!(server.put_in(&admin, "admin", "viewer").await, 200);
    assert_eq!(projects(admin.clone()).await, ["main admin", "vision admin"]);

    let out = server.request("DELETE", &format!("{VISION}/members/gus")).session(&admin).send().await;
    assert_eq!(out.status, 204);
    assert_eq!(get(&runs, &guest).await.status, 404);
    let again = server.request("DELETE", &format!("{VISION}/members/gus")).session(&admin).send().await;
    assert_eq!((again.status, again.code().as_str()), (404, "person-not-found"));
}

#[tokio::test]
async fn a_token_that_may_less_changes_no_account_in_whichever_project_it_asks() {
    let (server, admin) = Server::with_project().await;
    let session = server.person("gus", Role::Guest).await;
    assert_eq!(server.put_in(&admin, "gus", "admin").await, 200);
    let made = server.request("POST", &format!("{VISION}/tokens")).session(&session);
    let made = made.json(r#"{"label":"ci","role":"viewer"}"#).send().await;
    assert_eq!(made.status, 201);
    let token = made.json()["token"].as_str().expect("a token").to_owned();
    for path in ["/api/v1/tokens".to_owned(), format!("{VISION}/tokens")] {
        let more = server.request("POST", &path).header("authorization", &format!("Bearer {token}"));
        let more = more.json(r#"{"label":"more"}"#).send().await;
        assert_eq!((more.status, more.code().as_str()), (403, "token-limited"), "{path}");
    }
}

#[tokio::test]
async fn who_is_in_no_project_learns_no_names_and_their_tries_are_written_down() {
    let (server, admin) = Server::with_project().await;
    let guest = server.person("gus", Role::Guest).await;
    let get = |path: &str| server.request("GET", path).session(&guest).send();
    for path in [format!("/api/v1/runs/{}", crate::fake::run().name), "/api/v1/runs/none".to_owned()] {
        assert_eq!(get(&path).await.code(), "not-found", "{path}");
    }
    let tried = server.request("DELETE", &format!("{VISION}/secrets/hub")).session(&guest).send().await;
    assert_eq!((tried.status, tried.code().as_str()), (404, "project-not-found"));
    let log = server.request("GET", "/api/v1/audit").session(&admin).send().await.json();
    let tries = log["items"].as_array().expect("entries").iter().filter(|entry| entry["actor"] == "gus");
    let actions: Vec<_> = tries.map(|entry| entry["action"].clone()).collect();
    assert!(actions.contains(&"secret.remove".into()), "{actions:?}");
}

#[tokio::test]
async fn what_makes_no_project_and_no_member_is_refused() {
    let (server, admin) = Server::with_project().await;
    let post =
        |body: &'static str| server.request("POST", "/api/v1/projects").session(&admin).json(body).send();
    insta::assert_snapshot!(post(r#"{"name":"vision"}"#).await.told(), @"409 project-taken: there is a project `vision` already; choose another name");
    insta::assert_snapshot!(post(r#"{"name":"Computer Vision"}"#).await.told(), @"422 project-name: a project's name has 2 to 13 lower-case letters, digits and `-`; it begins with a letter, ends with no `-`, and has no two `-` in a row");
    assert_eq!(server.put_in(&admin, "nobody", "member").await, 404);
    assert_eq!(server.put_in(&admin, "admin", "guest").await, 422);
}

#[tokio::test]
async fn every_endpoint_does_for_what_a_project_makes_somebody_what_the_table_says() {
    let (server, admin) = Server::with_project().await;
    for role in [Role::Viewer, Role::Member, Role::Manager, Role::Admin] {
        let person = format!("{role}-here");
        let mut session = server.person(&person, Role::Guest).await;
        assert_eq!(server.put_in(&admin, &person, role.as_str()).await, 200);
        let roles = Roles::new(Role::Guest, Some(role));
        for call in calls() {
            // What is beside the API is no project's.
            let path = endpoint_of("vision", &call.path);
            let roles = if path == call.path { Roles::new(Role::Guest, None) } else { roles };
            for &whose in cases(call.of) {
                let request = server.request(&call.method, &path).session(&session);
                let told = server.call(&call, &person, whose, request).await;
                let wanted = expected(roles.over(call.action), call.action, whose);
                assert_eq!(told, wanted, "{role}: {} {path} ({whose:?})", call.method);
                if call.path.ends_with("/logout") {
                    let token = server.auth.login_token(&person).await.expect("a link");
                    session = server.login(token.reveal()).await.session();
                }
            }
        }
    }
    // Of the server nobody has become anything.
    assert!(policy::may(Role::Guest, policy::Action::BeHere, Whose::Own));
}

#[tokio::test]
async fn a_page_hears_of_its_own_project_alone_and_misses_nothing() {
    let (server, admin) = Server::with_project().await;
    let guest = server.person("gus", Role::Guest).await;
    server.put_in(&admin, "gus", "viewer").await;
    server.fake.happen_in(Some("vision"), 1);
    server.fake.happen_in(Some("main"), 2);
    let mut socket = server.socket_of(&guest, &format!("{VISION}/stream?after=0")).await;
    assert_eq!(socket.message().await["type"], "hello");
    let mut next = async || {
        let message = socket.message().await;
        (message["type"].as_str().unwrap().to_owned(), message["seq"].as_u64().unwrap())
    };
    assert_eq!(next().await, ("event".to_owned(), 1));
    assert_eq!(next().await, ("elsewhere".to_owned(), 3));
    // What is the server's is not for who is nobody there.
    server.fake.happen_in(None, 1);
    assert_eq!(next().await, ("elsewhere".to_owned(), 4));
    server.fake.happen_in(Some("vision"), 1);
    assert_eq!(next().await, ("event".to_owned(), 5));
    let events =
        server.request("GET", &format!("{VISION}/events?after=1")).session(&guest).send().await.json();
    assert_eq!(events["items"].as_array().unwrap().len(), 1);
    assert_eq!((&events["next"], &events["newest"]), (&5.into(), &5.into()));
}

#[tokio::test]
async fn a_login_at_a_host_is_set_listed_and_removed_and_never_told() {
    let (server, admin) = Server::with_project().await;
    let at = |host: &str| format!("{VISION}/git/{host}");
    let put =
        |path: String, body: &'static str| server.request("PUT", &path).session(&admin).json(body).send();
    let set = put(at("git.example"), r#"{"username":"ann","password":"planted"}"#).await;
    assert_eq!(set.status, 200);
    assert!(!String::from_utf8_lossy(&set.body).contains("planted"));
    assert_eq!(put(at("http%3A%2F%2Fgit.lan%3A3000"), r#"{"password":"planted"}"#).await.status, 200);
    let list = server.request("GET", &format!("{VISION}/git")).session(&admin).send().await;
    assert!(!String::from_utf8_lossy(&list.body).contains("planted"));
    let hosts: Vec<_> =
        list.json()["items"].as_array().unwrap().iter().map(|login| login["host"].clone()).collect();
    assert_eq!(hosts, ["http://git.lan:3000", "git.example"]);
    let secrets = server.request("GET", &format!("{VISION}/secrets")).session(&admin).send().await;
    assert_eq!(secrets.json()["items"], serde_json::json!([]));
    let main = server.request("GET", "/api/v1/git").session(&admin).send().await;
    assert_eq!(main.json()["items"], serde_json::json!([]));
    insta::assert_snapshot!(put(at("GitHub.com"), r#"{"password":"x"}"#).await.told(), @"422 git-login-invalid: `GitHub.com` is no host of repositories: write `HOST` or `HOST:PORT` in lower case; `http://HOST:PORT` where it is reached in the open");
    let delete = |host: &str| server.request("DELETE", &at(host)).session(&admin).send();
    assert_eq!(delete("git.example").await.status, 204);
    assert_eq!(delete("git.example").await.code(), "git-login-not-found");
}

#[tokio::test]
async fn settings_of_a_project_are_changed_by_its_admins_and_seen_by_all_of_it() {
    let (server, admin) = Server::with_project().await;
    let settings = format!("{VISION}/settings");
    let patch = |session: &str, body: &'static str| {
        server.request("PATCH", &settings).session(session).json(body).send()
    };
    let read = server.request("GET", &settings).session(&admin).send().await;
    assert_eq!(read.json(), serde_json::json!({ "dialect": "0.18", "privileged": false }));
    for (role, status) in [("viewer", 403), ("manager", 403), ("admin", 200)] {
        let session = server.person(&format!("{role}-here"), Role::Guest).await;
        assert_eq!(server.put_in(&admin, &format!("{role}-here"), role).await, 200);
        let answer = patch(&session, r#"{"dialect":"0.22"}"#).await;
        assert_eq!(answer.status, status, "{role}: {}", String::from_utf8_lossy(&answer.body));
        let seen = server.request("GET", &settings).session(&session).send().await;
        assert_eq!(seen.json()["dialect"] == "0.22", status == 200, "{role}");
        // Which machines they would take over all projects share, and so their admin says.
        let refused = patch(&session, r#"{"privileged":true}"#).await;
        assert_eq!((refused.status, refused.code().as_str()), (403, "not-allowed"), "{role}");
    }
    assert_eq!(patch(&admin, r#"{"dialect":"0.18","privileged":true}"#).await.status, 200);
    // What is left out stays.
    let changed = patch(&admin, r#"{"dialect":"0.22"}"#).await;
    assert_eq!(changed.json(), serde_json::json!({ "dialect": "0.22", "privileged": true }));
    for wrong in [r#"{"dialect":"0.19"}"#, r#"{"privileged":"yes"}"#, r#"{"colour":"red"}"#] {
        let refused = patch(&admin, wrong).await;
        assert_eq!((refused.status, refused.code().as_str()), (422, "wrong-shape"), "{wrong}");
    }
    let admin_here = server.person("another-here", Role::Guest).await;
    assert_eq!(server.put_in(&admin, "another-here", "admin").await, 200);
    assert_eq!(
        patch(&admin_here, r#"{"privileged":false}"#).await.status,
        200,
        "forbidding takes no machine over"
    );
    assert_eq!(patch(&admin, r#"{"privileged":true}"#).await.status, 200);
    let log =
        server.request("GET", "/api/v1/audit?action=project.settings").session(&admin).send().await.json();
    let entries: Vec<String> = log["items"]
        .as_array()
        .expect("entries")
        .iter()
        .map(|entry| format!("{} {} {}", entry["actor"], entry["outcome"], entry["detail"]))
        .collect();
    let told = entries.join("\n");
    assert!(told.contains(r#""admin-here" "refused""#), "{told}");
    assert!(
        told.contains(
            r#""admin-here" "done" "in vision; texts that say nothing else are read as dstack 0.22""#
        ),
        "{told}"
    );
    assert!(
        told.contains(r#""admin" "done" "in vision; texts that say nothing else are read as dstack 0.22""#),
        "{told}"
    );
    assert!(told.contains(r#""viewer-here" "refused""#), "{told}");
}

#[tokio::test]
async fn the_command_line_tells_and_changes_the_settings_of_a_project() {
    let server = Server::start().await;
    let home = crate::cli::Home::of(&server).await;
    let set = home.berth(&["project", "set", "--dialect", "0.22", "--privileged", "yes"]).await;
    insta::assert_snapshot!(set.all(), @r"
    0
    --
    main is set now:
    SETTING     IS    WHAT IT SAYS
    dialect     0.22  as what a text is read that is valid in each release
    privileged  yes   whether containers may do what their machine may
    --
    ");
    home.berth(&["project", "set", "--privileged", "no"]).await;
    let told = home.berth(&["project", "settings", "--format", "json"]).await;
    assert_eq!(told.out.trim(), r#"{"dialect":"0.22","privileged":false}"#, "{}", told.err);
    for wrong in [&["project", "set"][..], &["project", "set", "--dialect", "0.19"]] {
        assert_eq!(home.berth(wrong).await.status, Some(2), "{wrong:?}");
    }
}

#[tokio::test]
async fn berth_run_reads_a_text_as_the_project_that_it_is_launched_in() {
    let server = Server::start().await;
    let home = crate::cli::Home::of(&server).await;
    server.fake.offers.lock().unwrap().push(1.0);
    home.write(".dstack.yml", "type: dev-environment\nide: vscode\n");
    let launched = async |pool: &str| {
        let said = home.berth(&["run", "-y", "-d", "--pool", "lab"]).await;
        let sent = server.fake.submitted.lock().unwrap().pop();
        let sent = sent.unwrap_or_else(|| panic!("nothing was sent: {}", said.all()));
        assert!(sent.configuration.contains(pool), "{}", sent.configuration);
    };
    launched("pool_name: lab").await;
    assert_eq!(home.berth(&["project", "set", "--dialect", "0.22"]).await.status, Some(0));
    launched("fleets: [lab]").await;
}
