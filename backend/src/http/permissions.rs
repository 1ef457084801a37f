//! Who may call which endpoint: the one list, and the middleware that holds requests against it.
//!
//! What is not in the list cannot be called. What each action takes, [`policy`] says.

use axum::{
    extract::{MatchedPath, RawPathParams, Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use berth_shared::{
    api::{InstanceId, Role, Run},
    policy::{self, Action, Verdict, Whose},
};

use super::{App, extract::By, problem::Failure, project};
use crate::{
    auth::{Caller, Proof},
    control::Refused,
};

/// Whose the thing is that an endpoint is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// That of whoever asks, or nobody's in particular.
    Own,
    /// That of whoever submitted the run `{name}`.
    Run,
    /// That of whoever submitted the run on the instance `{id}`; without one, of whoever the instance was made for.
    Instance,
}

impl Of {
    /// For people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Own => "",
            Self::Run => "the run’s",
            Self::Instance => "the run’s on it, else the instance’s",
        }
    }
}

/// An endpoint, and what calling it is.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint {
    /// Its method.
    pub method: &'static str,
    /// Its path, with the names of its parts in braces.
    pub path: &'static str,
    /// What it does.
    pub action: Action,
    /// Whose it is done to.
    pub of: Of,
    /// What the audit log calls it; `None` where nothing is changed or opened, and no entry written. A word stays what it is: people
    /// search for it.
    pub word: Option<&'static str>,
}

impl Endpoint {
    /// The same, written into the audit log by this word.
    const fn noted(self, word: &'static str) -> Self {
        Self { word: Some(word), ..self }
    }
}

const fn own(method: &'static str, path: &'static str, action: Action) -> Endpoint {
    Endpoint { method, path, action, of: Of::Own, word: None }
}

const fn of_run(method: &'static str, path: &'static str, action: Action) -> Endpoint {
    Endpoint { method, path, action, of: Of::Run, word: None }
}

const fn of_instance(method: &'static str, path: &'static str, action: Action) -> Endpoint {
    Endpoint { method, path, action, of: Of::Instance, word: None }
}

/// Every endpoint that asks who somebody is.
pub const ENDPOINTS: &[Endpoint] = &[
    own("GET", "/metrics", Action::SeeServer),
    own("GET", "/api/docs", Action::BeHere),
    own("GET", "/api/v1/openapi.json", Action::BeHere),
    own("GET", "/api/v1/catalog", Action::See),
    own("GET", "/api/v1/ssh", Action::BeHere),
    own("GET", "/api/v1/stream", Action::See),
    own("GET", "/api/v1/events", Action::See),
    // Whoever is in may go.
    own("POST", "/api/v1/logout", Action::BeHere).noted("logout"),
    own("GET", "/api/v1/me", Action::BeHere),
    own("PUT", "/api/v1/me/password", Action::Account).noted("password.set"),
    own("GET", "/api/v1/me/oidc", Action::BeHere),
    own("POST", "/api/v1/me/oidc", Action::Account).noted("oidc.connect"),
    own("DELETE", "/api/v1/me/oidc", Action::Account).noted("oidc.disconnect"),
    own("GET", "/api/v1/me/sessions", Action::BeHere),
    own("DELETE", "/api/v1/me/sessions/{id}", Action::Account).noted("session.end"),
    own("GET", "/api/v1/tokens", Action::BeHere),
    own("POST", "/api/v1/tokens", Action::Account).noted("token.create"),
    own("DELETE", "/api/v1/tokens/{name}", Action::Account).noted("token.revoke"),
    own("GET", "/api/v1/keys", Action::BeHere),
    own("POST", "/api/v1/keys", Action::Account).noted("key.add"),
    own("DELETE", "/api/v1/keys/{name}", Action::Account).noted("key.remove"),
    own("GET", "/api/v1/projects", Action::BeHere),
    own("POST", "/api/v1/projects", Action::ChangeProjects).noted("project.create"),
    own("GET", "/api/v1/settings", Action::See),
    own("PATCH", "/api/v1/settings", Action::ChangeSettings).noted("project.settings"),
    own("GET", "/api/v1/members", Action::See),
    own("PUT", "/api/v1/members/{name}", Action::ChangeMembers).noted("member.set"),
    own("DELETE", "/api/v1/members/{name}", Action::ChangeMembers).noted("member.remove"),
    own("GET", "/api/v1/people", Action::SeeServer),
    own("POST", "/api/v1/people", Action::ChangePeople).noted("person.add"),
    own("PATCH", "/api/v1/people/{name}", Action::ChangePeople).noted("person.role"),
    own("DELETE", "/api/v1/people/{name}", Action::ChangePeople).noted("person.remove"),
    own("POST", "/api/v1/people/{name}/link", Action::ChangePeople).noted("person.link"),
    own("POST", "/api/v1/plan", Action::See),
    // Each person's code is their own.
    own("GET", "/api/v1/code", Action::Launch),
    own("PUT", "/api/v1/code/{sha256}", Action::Launch).noted("code.send"),
    own("GET", "/api/v1/runs", Action::See),
    own("POST", "/api/v1/runs", Action::Launch).noted("run.submit"),
    own("GET", "/api/v1/runs/{name}", Action::See),
    of_run("DELETE", "/api/v1/runs/{name}", Action::ChangeRun).noted("run.delete"),
    of_run("POST", "/api/v1/runs/{name}/stop", Action::ChangeRun).noted("run.stop"),
    of_run("POST", "/api/v1/runs/{name}/keep", Action::ChangeRun).noted("run.keep"),
    own("GET", "/api/v1/runs/{name}/logs", Action::See),
    own("GET", "/api/v1/runs/{name}/logs/download", Action::See),
    own("GET", "/api/v1/runs/{name}/logs/index", Action::See),
    own("GET", "/api/v1/runs/{name}/logs/search", Action::See),
    own("GET", "/api/v1/runs/{name}/pull", Action::See),
    own("GET", "/api/v1/runs/{name}/usage", Action::See),
    own("GET", "/api/v1/runs/{name}/ports", Action::See),
    of_run("GET", "/api/v1/runs/{name}/ports/{port}/open", Action::Work).noted("preview.open"),
    own("GET", "/api/v1/runs/{name}/terminals", Action::See),
    of_run("POST", "/api/v1/runs/{name}/terminals", Action::Work).noted("terminal.open"),
    of_run("GET", "/api/v1/terminals/{name}/{id}", Action::Work).noted("terminal.open"),
    own("GET", "/api/v1/instances", Action::See),
    own("GET", "/api/v1/instances/{id}", Action::See),
    of_instance("POST", "/api/v1/instances/{id}/keep", Action::ChangeRun).noted("instance.keep"),
    of_instance("POST", "/api/v1/instances/{id}/remove", Action::ChangeRun).noted("instance.remove"),
    own("GET", "/api/v1/pools", Action::See),
    own("POST", "/api/v1/pools", Action::ChangePools).noted("pool.add"),
    own("POST", "/api/v1/pools/{name}/default", Action::ChangePools).noted("pool.default"),
    own("POST", "/api/v1/pools/{name}/delete", Action::ChangePools).noted("pool.remove"),
    own("POST", "/api/v1/pools/{name}/instances", Action::ChangePools).noted("instance.add"),
    own("GET", "/api/v1/hosts", Action::SeeServer),
    own("POST", "/api/v1/hosts", Action::ChangeHosts).noted("host.add"),
    own("DELETE", "/api/v1/hosts/{name}", Action::ChangeHosts).noted("host.remove"),
    own("GET", "/api/v1/secrets", Action::See),
    own("PUT", "/api/v1/secrets/{name}", Action::ChangeSecrets).noted("secret.set"),
    own("DELETE", "/api/v1/secrets/{name}", Action::ChangeSecrets).noted("secret.remove"),
    own("GET", "/api/v1/git", Action::See),
    own("PUT", "/api/v1/git/{host}", Action::ChangeSecrets).noted("git.set"),
    own("DELETE", "/api/v1/git/{host}", Action::ChangeSecrets).noted("git.remove"),
    // An address may be a secret by itself.
    own("GET", "/api/v1/webhooks", Action::ChangeWebhooks),
    own("POST", "/api/v1/webhooks", Action::ChangeWebhooks).noted("webhook.add"),
    own("DELETE", "/api/v1/webhooks/{name}", Action::ChangeWebhooks).noted("webhook.remove"),
    own("POST", "/api/v1/webhooks/{name}/test", Action::ChangeWebhooks).noted("webhook.test"),
    own("GET", "/api/v1/audit", Action::SeeAudit),
    own("GET", "/api/v1/audit/export", Action::SeeAudit).noted("audit.export"),
    own("GET", "/api/v1/limits", Action::See),
    own("PUT", "/api/v1/limits/project", Action::ChangeLimits).noted("limits.project"),
    own("PUT", "/api/v1/limits/everybody", Action::ChangeLimits).noted("limits.everybody"),
    own("PUT", "/api/v1/limits/people/{name}", Action::ChangeLimits).noted("limits.person"),
    own("DELETE", "/api/v1/limits/people/{name}", Action::ChangeLimits).noted("limits.lift"),
    own("GET", "/api/v1/spend", Action::See),
    own("GET", "/api/v1/spend.csv", Action::See),
    own("GET", "/api/v1/orphans", Action::SeeServer),
    own("POST", "/api/v1/orphans/decide", Action::SettleOrphans).noted("orphan.decide"),
];

/// The list in Markdown.
#[must_use]
pub fn endpoints_table() -> String {
    let mut text = String::from("| endpoint | is to | whose | in the audit log |\n|---|---|---|---|\n");
    for Endpoint { method, path, action, of, word } in ENDPOINTS {
        let word = word.map_or_else(String::new, |word| format!("`{word}`"));
        text.push_str(&format!("| `{method} {path}` | {} | {} | {word} |\n", action.words(), of.words()));
    }
    text
}

/// Lets a request pass whose sender may do what it asks for. `session::authenticate` comes before.
pub(super) async fn check(
    State(app): State<App>,
    path: MatchedPath,
    params: RawPathParams,
    By(caller): By,
    request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let Some(endpoint) = find(request.method(), path.as_str()) else {
        return Ok(unlisted(request.method(), path.as_str()));
    };
    if endpoint.action == Action::Account && matches!(caller.proof, Proof::ApiToken { is_limited: true, .. })
    {
        return Err(limited());
    }
    let (project, is_named) = project::of(&request);
    // What may not be seen is not there. Here and not before, so that who tries it is counted and written down.
    if is_named && (caller.role == Role::Guest || !app.auth.has_project(project).await?) {
        let detail = format!("there is no project `{project}`, or you are not in it; ask an admin");
        return Err(Failure::new(StatusCode::NOT_FOUND, "project-not-found", detail));
    }
    let whose = whose(&app, endpoint, &params, &caller).await?;
    match policy::decide(Some(caller.roles().over(endpoint.action)), endpoint.action, whose) {
        Verdict::Allowed => Ok(next.run(request).await),
        Verdict::Forbidden => Err(Failure::not_allowed(&caller, endpoint.action, whose)),
        Verdict::Hidden => {
            let detail = match caller.role {
                Role::Guest => {
                    "there is no such thing for a guest of this server: name a project that you are in \
                     (`berth project list` shows them, `--project NAME` names one)"
                }
                _ => "there is no such thing",
            };
            Err(Failure::new(StatusCode::NOT_FOUND, "not-found", detail))
        }
    }
}

/// What the audit log calls this; `None` = nothing is written.
pub(super) fn word(method: &Method, path: &str) -> Option<&'static str> {
    find(method, path)?.word
}

/// What calling this is. Whoever may read something may ask for its head.
fn find(method: &Method, path: &str) -> Option<&'static Endpoint> {
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    ENDPOINTS.iter().find(|endpoint| endpoint.method == method && endpoint.path == path)
}

/// Nothing says who may call this, so nobody may: whether there is no such method, or it was forgotten in the list, which a test says.
fn unlisted(method: &Method, path: &str) -> Response {
    let methods = ENDPOINTS.iter().filter(|endpoint| endpoint.path == path).map(|endpoint| endpoint.method);
    let methods = methods.flat_map(|method| if method == "GET" { vec!["GET", "HEAD"] } else { vec![method] });
    let mut allowed: Vec<&str> = methods.collect();
    allowed.sort_unstable();
    if allowed.is_empty() {
        tracing::error!(%method, path, "no permission says who may call this");
        let detail = "nothing says who may call this, so nobody may; that is a fault of the server";
        return Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail).into_response();
    }
    let mut response = Failure::wrong_method().into_response();
    if let Ok(allowed) = HeaderValue::from_str(&allowed.join(",")) {
        response.headers_mut().insert(header::ALLOW, allowed);
    }
    response
}

async fn whose(
    app: &App,
    endpoint: &Endpoint,
    params: &RawPathParams,
    caller: &Caller,
) -> Result<Whose, Failure> {
    let app = app.of(&caller.project);
    let role = caller.roles().over(endpoint.action);
    let verdict = |whose| policy::decide(Some(role), endpoint.action, whose);
    // Nobody needs to be asked for what makes no difference.
    if endpoint.of == Of::Own || verdict(Whose::Own) == verdict(Whose::Others) {
        return Ok(Whose::Own);
    }
    let part = |name: &str| {
        let found = params.iter().find(|(found, _)| *found == name).map(|(_, value)| value);
        found
            .ok_or_else(|| Failure::new(StatusCode::BAD_REQUEST, "wrong-address", "the address lacks a part"))
    };
    let owner = match endpoint.of {
        Of::Own => return Ok(Whose::Own),
        Of::Run => app.control.run(part("name")?).await?.run.owner,
        Of::Instance => {
            let id = part("id")?.parse().map_err(|_| {
                Failure::new(StatusCode::BAD_REQUEST, "wrong-address", "the address names no instance")
            })?;
            instance_owner(&app, InstanceId(id)).await?
        }
    };
    Ok(Whose::of(&owner, &caller.user))
}

/// Whose an instance is: that of whoever works on it, else of whoever it was made for and who pays for its idleness.
async fn instance_owner(app: &App, id: InstanceId) -> Result<String, Refused> {
    let instance = app.control.instance(id).await?;
    match instance.run_id {
        Some(run) => {
            let detail = app.control.run_by_id(run).await?;
            let Run { owner, .. } = detail.run;
            Ok(owner)
        }
        None => Ok(instance.owner),
    }
}

/// The API token may do less than its person, or not for ever.
fn limited() -> Failure {
    Failure::new(
        StatusCode::FORBIDDEN,
        "token-limited",
        "an API token that may do less than its owner, or expires, cannot change the account: it could make one that may do more. \
         Do it in the browser, or with a token without limits",
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// What is there beside what the document of the API lists.
    const BESIDE: [(&str, &str); 3] =
        [("GET", "/metrics"), ("GET", "/api/docs"), ("GET", "/api/v1/openapi.json")];

    #[test]
    fn the_list_has_each_endpoint_once_and_no_other() {
        let document: serde_json::Value =
            serde_json::from_str(&super::super::document_text()).expect("it is JSON");
        let mut there: BTreeSet<(String, String)> = BESIDE.map(|(m, p)| (m.into(), p.into())).into();
        for (path, item) in document["paths"].as_object().expect("paths") {
            for (method, operation) in item.as_object().expect("methods") {
                // Only what is open says that it needs nothing.
                if operation["security"] != serde_json::json!([{}]) {
                    there.insert((method.to_ascii_uppercase(), path.clone()));
                }
            }
        }
        let listed: BTreeSet<(String, String)> =
            ENDPOINTS.iter().map(|endpoint| (endpoint.method.into(), endpoint.path.into())).collect();
        assert_eq!(listed.len(), ENDPOINTS.len(), "one is there twice");
        let missing: Vec<_> = there.difference(&listed).collect();
        assert!(missing.is_empty(), "nobody can call these, for want of a line in ENDPOINTS: {missing:?}");
        let gone: Vec<_> = listed.difference(&there).collect();
        assert!(gone.is_empty(), "these are in ENDPOINTS and not there: {gone:?}");
    }

    /// What changes nothing, although its method would let one think so.
    const HARMLESS: [(&str, &str); 1] = [("POST", "/api/v1/plan")];

    #[test]
    fn what_changes_something_has_a_word_in_the_audit_log() {
        for Endpoint { method, path, word, .. } in ENDPOINTS {
            let changes = *method != "GET" && !HARMLESS.contains(&(method, path));
            assert!(word.is_some() || !changes, "{method} {path} has no word for the audit log: `.noted(…)`");
        }
        for (method, path) in HARMLESS {
            assert!(
                ENDPOINTS.iter().any(|e| e.method == method && e.path == path && e.word.is_none()),
                "{path}"
            );
        }
        let is_word = |word: &str| word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'.');
        assert!(ENDPOINTS.iter().filter_map(|endpoint| endpoint.word).all(is_word));
    }

    #[test]
    fn whose_it_is_can_be_found() {
        for Endpoint { path, of, .. } in ENDPOINTS {
            match of {
                Of::Own => {}
                Of::Run => assert!(path.contains("{name}"), "{path}"),
                Of::Instance => assert!(path.contains("{id}"), "{path}"),
            }
        }
    }

    #[test]
    fn what_is_not_in_the_list_cannot_be_called() {
        assert!(find(&Method::GET, "/api/v1/runs").is_some());
        assert!(find(&Method::HEAD, "/api/v1/runs").is_some());
        assert!(find(&Method::PATCH, "/api/v1/runs").is_none());
        assert!(find(&Method::GET, "/api/v1/runs/calm-otter-1").is_none());
    }
}
