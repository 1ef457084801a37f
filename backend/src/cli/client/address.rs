//! Addresses of servers as people give them.

use reqwest::Url;

/// A server's address, and the one-time token when it is a login link.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::cli) struct Address {
    /// Without a path or a `/` at its end: `http://127.0.0.1:8080`.
    pub(in crate::cli) server: String,
    /// The token of `…/login?token=…`, or `…/login#token=…`.
    pub(in crate::cli) login_token: Option<String>,
}

impl Address {
    /// Whether what goes there can be read on the way.
    pub(in crate::cli) fn is_open(&self) -> bool {
        Url::parse(&self.server).is_ok_and(|url| url.scheme() == "http" && !is_loopback(&url))
    }

    /// Reads an address or a login link. Without a scheme it is `http` on this machine and `https` elsewhere.
    pub(in crate::cli) fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            "expected the address of a server such as `https://berth.example`, or the link that `berth serve` printed"
                .to_owned()
        };
        let text = text.trim();
        let url = match text.contains("://") {
            true => Url::parse(text),
            false => Url::parse(&format!("https://{text}")).and_then(|url| {
                if is_loopback(&url) { Url::parse(&format!("http://{text}")) } else { Ok(url) }
            }),
        };
        let url = url.map_err(|_| wrong())?;
        let named = url.host_str().is_some_and(|host| !host.is_empty());
        if !matches!(url.scheme(), "http" | "https") || !named || !url.username().is_empty() {
            return Err(wrong());
        }
        let fragment = url.fragment().and_then(|fragment| fragment.strip_prefix("token=")).map(str::to_owned);
        let token = url.query_pairs().find(|(name, _)| name == "token").map(|(_, token)| token.into_owned());
        let token = token.or(fragment);
        let login_token = token.filter(|token| url.path().ends_with("/login") && !token.is_empty());
        Ok(Self { server: url.origin().ascii_serialization(), login_token })
    }
}

/// Whether it is this machine's own: a proxy has no place before it.
pub(super) fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        host == "localhost"
            || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_login_links_are_told_apart() {
        for (text, server, token) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080", None),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080", None),
            ("http://127.0.0.1:8080/login?token=abc", "http://127.0.0.1:8080", Some("abc")),
            ("https://berth.example/login#token=abc", "https://berth.example", Some("abc")),
            ("https://Berth.Example/runs/x?token=abc", "https://berth.example", None),
            ("https://berth.example:443", "https://berth.example", None),
            ("localhost:9000", "http://localhost:9000", None),
            ("[::1]:9000", "http://[::1]:9000", None),
            ("berth.example", "https://berth.example", None),
            (" berth.example:8443 ", "https://berth.example:8443", None),
        ] {
            let address = Address::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!((address.server.as_str(), address.login_token.as_deref()), (server, token), "{text}");
        }
        let is_open = |text| Address::parse(text).is_ok_and(|address| address.is_open());
        assert!(
            is_open("http://berth.example")
                && !is_open("https://berth.example")
                && !is_open("http://[::1]:80")
        );
        for text in ["", "ftp://x", "http://", "https://u:p@x", "not an address", "file:///etc/passwd"] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }
}
