//! From where requests may come: the names the server answers to, and the pages that may write.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, Uri, header},
    middleware::Next,
    response::Response,
};

use super::{
    App,
    problem::Failure,
    visitor::{Scheme, Visitor},
};

/// The names that the server answers to.
#[derive(Clone, Debug)]
pub struct Names {
    /// What it speaks itself.
    scheme: Scheme,
    /// The port that it listens on, when it listens on this machine alone.
    loopback_port: Option<u16>,
    /// `https://berth.example`, when it stands behind a proxy.
    public: Option<PublicUrl>,
}

/// Where people reach the server, when that is not where it listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    scheme: String,
    authority: String,
}

impl PublicUrl {
    /// Its host, without a port.
    #[must_use]
    pub fn host(&self) -> String {
        let authority = self.authority.as_str();
        match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host.to_owned(),
            _ => authority.to_owned(),
        }
    }
}

impl std::str::FromStr for PublicUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wanted = "expected `http://HOST[:PORT]` or `https://HOST[:PORT]`, without a path";
        let uri: Uri = text.parse().map_err(|_| wanted.to_owned())?;
        match (uri.scheme_str(), uri.authority()) {
            (Some(scheme @ ("http" | "https")), Some(authority))
                if uri.path().len() <= 1 && uri.query().is_none() && !authority.as_str().contains('@') =>
            {
                Ok(Self { scheme: scheme.into(), authority: authority.as_str().to_ascii_lowercase() })
            }
            _ => Err(wanted.into()),
        }
    }
}

impl PublicUrl {
    /// `http` or `https`.
    #[must_use]
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Its host, and its port where one is given, in lower case.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }
}

impl std::fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority)
    }
}

impl Names {
    /// For a server that listens on `address`, speaks `scheme` there and is reached at `public`.
    #[must_use]
    pub fn new(address: std::net::SocketAddr, scheme: Scheme, public: Option<PublicUrl>) -> Self {
        Self { scheme, loopback_port: address.ip().is_loopback().then(|| address.port()), public }
    }

    /// What the server speaks where it listens.
    pub(super) fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Whether cookies are only to travel encrypted, for somebody who speaks `scheme` to us.
    pub(super) fn is_https(&self, scheme: Scheme) -> bool {
        scheme.is_https() || self.has_https_address()
    }

    /// Where people reach the server: the address that was given to it, or else the one that somebody came to.
    pub(super) fn address_at(&self, host: &str, scheme: Scheme) -> String {
        self.public.as_ref().map_or_else(|| format!("{scheme}://{host}"), ToString::to_string)
    }

    /// Whether people reach it encrypted, at a name that was given to it.
    fn has_https_address(&self) -> bool {
        self.public.as_ref().is_some_and(|public| public.scheme == "https")
    }

    /// Whether browsers are to come to this `Host` encrypted alone, for ever: a name that was given to the server, and no address, port or
    /// `localhost`, where there may be something else tomorrow.
    pub(super) fn insists_on_https(&self, host: &str) -> bool {
        let public = self.public.as_ref().filter(|_| self.has_https_address());
        public.is_some_and(|public| {
            let name = public.host();
            public.authority == host.to_ascii_lowercase()
                && name != "localhost"
                && !name.ends_with(".localhost")
        })
    }

    /// Whether a request for this `Host` is for us. A server that only this machine reaches answers to its
    /// own names alone, or a page elsewhere could point a name of its own at it (DNS rebinding) and read.
    fn answers_to(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        if self.public.as_ref().is_some_and(|public| public.authority == host) {
            return true;
        }
        let Some(port) = self.loopback_port else { return true };
        let (name, fits) = match host.rsplit_once(':') {
            Some((name, digits)) if !digits.ends_with(']') => (name, digits.parse() == Ok(port)),
            // A proxy on this machine, such as Trunk's, may leave the port out; names are what tells pages apart here.
            _ => (host.as_str(), true),
        };
        fits && is_loopback(name)
    }

    /// Whether a page of this `Origin` is one of ours, seen under the name `host` by somebody who speaks `scheme` to us. Where people come
    /// encrypted, a page that came in the open may be anybody's who sits on the way.
    fn is_own_page(&self, origin: &str, host: &str, scheme: Scheme) -> bool {
        let (origin, host) = (origin.to_ascii_lowercase(), host.to_ascii_lowercase());
        if self.public.as_ref().is_some_and(|public| public.to_string() == origin) {
            return true;
        }
        match origin.split_once("://") {
            Some(("https", authority)) => authority == host,
            Some(("http", authority)) => authority == host && self.may_be_open(&host, scheme),
            _ => false,
        }
    }

    /// Whether a page at `host` may have come in the open: where nothing is encrypted, or nothing is on the way, since the browser is on this
    /// machine and asks the server without its proxy.
    fn may_be_open(&self, host: &str, scheme: Scheme) -> bool {
        let name =
            host.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')).map_or(host, |(name, _)| name);
        let here = self.loopback_port.is_some() && is_loopback(name);
        !scheme.is_https() && (here || !self.has_https_address())
    }
}

/// Whether this name is the machine's own, whoever is asked.
fn is_loopback(name: &str) -> bool {
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

/// Lets a request pass that is meant for us and, when it writes or opens a WebSocket, comes from a page of
/// ours or from a program with an API token.
pub(super) async fn guard(State(app): State<App>, request: Request, next: Next) -> Result<Response, Failure> {
    let visitor = request.extensions().get::<Visitor>();
    let scheme = visitor.map_or(app.names.scheme(), |visitor| visitor.scheme);
    check(&app.names, scheme, request.method(), request.headers())?;
    Ok(next.run(request).await)
}

fn check(names: &Names, scheme: Scheme, method: &Method, headers: &HeaderMap) -> Result<(), Failure> {
    let host = text(headers, &header::HOST).unwrap_or_default();
    if !names.answers_to(host) {
        return Err(Failure::new(
            StatusCode::MISDIRECTED_REQUEST,
            "wrong-host",
            format!(
                "this server does not answer to the name `{host}`; open it by the address that `berth serve` \
                 printed, or start it with `--public-url`"
            ),
        ));
    }
    let writes = !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    if !writes && !is_websocket(headers) {
        return Ok(());
    }
    match text(headers, &header::ORIGIN) {
        Some(origin) if names.is_own_page(origin, host, scheme) => Ok(()),
        None if bearer(headers).is_some() && !headers.contains_key(header::ORIGIN) => Ok(()),
        Some(origin) => Err(Failure::new(
            StatusCode::FORBIDDEN,
            "wrong-origin",
            format!(
                "the page at `{origin}` is not part of this server, which is at `{host}`; when a proxy stands \
                 between, start the server with `--public-url {origin}`"
            ),
        )),
        None => Err(Failure::new(
            StatusCode::FORBIDDEN,
            "origin-missing",
            "a request that changes something needs an `Origin` header, or an API token in `Authorization: \
             Bearer`; `berth token create` makes one",
        )),
    }
}

/// The API token that a request carries.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = text(headers, &header::AUTHORIZATION)?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn is_websocket(headers: &HeaderMap) -> bool {
    text(headers, &header::UPGRADE).is_some_and(|value| value.to_ascii_lowercase().contains("websocket"))
}

fn text<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loopback() -> Names {
        Names::new(([127, 0, 0, 1], 8080).into(), Scheme::Http, None)
    }

    #[test]
    fn a_loopback_server_answers_to_its_own_names_and_port_alone() {
        for host in [
            "127.0.0.1:8080",
            "localhost:8080",
            "LOCALHOST:8080",
            "[::1]:8080",
            "127.0.0.1",
            "localhost",
            "[::1]",
        ] {
            assert!(loopback().answers_to(host), "{host}");
        }
        for host in [
            "",
            "127.0.0.1:80800",
            "localhost:8081",
            "evil.example:8080",
            "evil.example",
            "127.0.0.2",
            "[::2]",
            ":8080",
        ] {
            assert!(!loopback().answers_to(host), "{host}");
        }
    }

    #[test]
    fn a_server_for_others_answers_to_any_name() {
        let names = Names::new(([0, 0, 0, 0], 8080).into(), Scheme::Http, None);
        assert!(names.answers_to("berth.example"));
    }

    #[test]
    fn a_page_is_ours_when_its_origin_is_the_host_or_the_public_address() {
        let names = behind_a_proxy([127, 0, 0, 1]);
        assert!(names.is_own_page("http://127.0.0.1:8080", "127.0.0.1:8080", Scheme::Http));
        assert!(names.is_own_page("https://berth.example", "127.0.0.1:8080", Scheme::Http));
        assert!(names.answers_to("berth.example"));
        for origin in
            ["null", "", "http://127.0.0.1:8081", "https://berth.example.evil", "http://berth.example"]
        {
            assert!(!names.is_own_page(origin, "127.0.0.1:8080", Scheme::Http), "{origin}");
        }
    }

    /// For people at `https://berth.example`.
    fn behind_a_proxy(listen: [u8; 4]) -> Names {
        let public = Some("https://berth.example".parse().unwrap());
        Names::new((listen, 8080).into(), Scheme::Http, public)
    }

    #[test]
    fn where_people_come_encrypted_a_page_that_came_in_the_open_is_not_ours() {
        let own = |names: &Names, scheme, host: &str| {
            let origin = |with: &str| names.is_own_page(&format!("{with}://{host}"), host, scheme);
            (origin("http"), origin("https"))
        };
        for listen in [[127, 0, 0, 1], [0, 0, 0, 0]] {
            assert_eq!(own(&behind_a_proxy(listen), Scheme::Http, "berth.example"), (false, true));
            let tls = Names::new((listen, 8080).into(), Scheme::Https, None);
            for host in ["berth.example", "127.0.0.1:8080", "localhost:8080"] {
                assert_eq!(own(&tls, Scheme::Https, host), (false, true), "{host}");
            }
            // A trusted proxy says that it was asked over TLS.
            let plain = Names::new((listen, 8080).into(), Scheme::Http, None);
            assert_eq!(own(&plain, Scheme::Https, "berth.example"), (false, true));
            assert_eq!(own(&plain, Scheme::Http, "berth.example"), (true, true));
        }
        // A name of this machine is not everybody's when the server is for others.
        assert_eq!(own(&behind_a_proxy([0, 0, 0, 0]), Scheme::Http, "127.0.0.1:8080"), (false, true));
    }

    #[test]
    fn browsers_are_told_to_come_encrypted_to_the_public_name_alone() {
        let names = behind_a_proxy([0, 0, 0, 0]);
        assert!(names.insists_on_https("Berth.example"));
        assert!(!names.insists_on_https("127.0.0.1:8080") && !names.insists_on_https("berth.example:8443"));
        let of = |public: &str| {
            Names::new(([0, 0, 0, 0], 8080).into(), Scheme::Https, Some(public.parse().unwrap()))
        };
        assert!(!of("https://localhost:8080").insists_on_https("localhost:8080"));
        assert!(!of("http://berth.example").insists_on_https("berth.example"));
    }

    #[test]
    fn a_public_address_has_no_path() {
        for wrong in ["berth.example", "ftp://x", "https://x/berth", "https://u@x", "https://x/?q"] {
            assert!(wrong.parse::<PublicUrl>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_an_api_token_makes_up_for_a_missing_origin() {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "localhost:8080".parse().unwrap());
        let refused = |headers: &HeaderMap| {
            check(&loopback(), Scheme::Http, &Method::POST, headers).err().map(|f| f.code)
        };
        assert_eq!(refused(&headers), Some("origin-missing"));
        headers.insert(header::AUTHORIZATION, "Bearer berth_x".parse().unwrap());
        assert_eq!(refused(&headers), None);
        headers.insert(header::ORIGIN, "http://evil.example".parse().unwrap());
        assert_eq!(refused(&headers), Some("wrong-origin"));
    }
}
