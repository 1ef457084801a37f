//! The API's description: `GET /api/v1/openapi.json`, and a page of it at `/api/docs`

use std::sync::LazyLock;

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::Html,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use berth_shared::api::{ClientMessage, TerminalClientMessage};
use sha2::{Digest as _, Sha256};
use utoipa::{
    ToSchema,
    openapi::{
        Components, Info, License, OpenApi,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};

use super::session::COOKIE;

/// The OpenAPI document.
#[must_use]
pub fn document() -> OpenApi {
    let mut document = super::open().merge(super::closed()).into_openapi();
    let mut info = Info::new("Berth", "1");
    info.description = Some(
        "Dev environments: plan, launch, watch, work, stop.\n\nErrors are `application/problem+json` with a \
         stable `code`. Requests that change something need an `Origin` that is the server's own, or an API \
         token. Moments are milliseconds since 1970. What happens comes over the stream; nothing needs to be \
         polled."
            .into(),
    );
    info.license = Some(License::new("MIT OR Apache-2.0"));
    document.info = info;
    let mut cookie = ApiKeyValue::new(COOKIE);
    cookie.description =
        Some("from `POST /api/v1/login`; over HTTPS its name is `__Host-berth_session`".into());
    let components = document.components.get_or_insert_with(Components::new);
    // What goes over a WebSocket to the server is no body of a request, where the others are found.
    add::<ClientMessage>(components);
    add::<TerminalClientMessage>(components);
    components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("from `berth token create`"))
        .build();
    components.add_security_scheme("token", SecurityScheme::Http(bearer));
    document.security = Some(vec![
        SecurityRequirement::new("session", Vec::<String>::new()),
        SecurityRequirement::new("token", Vec::<String>::new()),
    ]);
    super::docs_examples::add(&mut document);
    document
}

/// Adds a type, and those it is made of.
fn add<T: ToSchema>(components: &mut Components) {
    let mut all = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut all);
    components.schemas.extend(all);
}

/// The document as it is served and committed.
#[must_use]
pub fn document_text() -> String {
    let mut text = document().to_pretty_json().expect("the document has text keys only");
    text.push('\n');
    in_words_of_json(&text)
}

/// What was written for readers of Rust as readers of the API know it: ``[`super::Run`]`` is `Run`, and `None` is `null`.
fn in_words_of_json(text: &str) -> String {
    let mut parts = text.split("[`");
    let mut said = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once("`]") {
            Some((link, rest)) => {
                let modules = ["crate::", "super::", "Self::"];
                let name = modules.iter().fold(link, |name, module| name.trim_start_matches(module));
                said.extend(["`", name, "`", rest]);
            }
            None => said.extend(["[`", part]),
        }
    }
    said.replace("`None`", "`null`")
}

static TEXT: LazyLock<String> = LazyLock::new(document_text);

pub(super) async fn openapi() -> ([(HeaderName, &'static str); 1], &'static str) {
    ([(header::CONTENT_TYPE, "application/json")], &TEXT)
}

static PAGE: LazyLock<String> =
    LazyLock::new(|| super::docs_page::render(&serde_json::from_str(&TEXT).expect("it is JSON")));

/// What that page may do: nothing but look as its own style element says.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let style = BASE64_STANDARD.encode(Sha256::digest(super::docs_page::STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).expect("a policy is plain ASCII")
});

pub(super) async fn page() -> ([(HeaderName, HeaderValue); 1], Html<&'static str>) {
    ([(header::CONTENT_SECURITY_POLICY, POLICY.clone())], Html(&PAGE))
}
